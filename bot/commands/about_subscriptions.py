"""Verbs about subscriptions.

The registry (:mod:`bot.commands.verbs`) joins and orders them.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from bot.commands.model import Option, OptionKind, Verb
from bot.commands.options import (
    ANY_SUBSCRIPTION,
    FIELDS,
    QUERY,
    SUBSCRIPTION,
    choices,
)

SUBSCRIPTIONS: Final = (
    Verb(
        name="subscribe",
        summary="Get new papers that match a filter, here or by direct message.",
        options=(QUERY, *FIELDS),
        manages=True,
        aliases=("sub", "follow", "add"),
        free="query",
        slow=True,
        dialogue=True,
        examples=(
            "subscribe diffusion (policy OR planning) -survey",
            'subscribe author:"Sergey Levine" to:me when:instant',
            "subscribe cat:cs.RO upvotes>=20 when:weekly days:fri at:16:00 name:robots",
        ),
    ),
    Verb(
        name="list",
        summary="The subscriptions here, with their numbers and when they post next.",
        options=(
            Option(
                name="scope",
                kind=OptionKind.CHOICE,
                description="Whose subscriptions to show.",
                choices=choices(
                    ("here", "This channel"),
                    ("server", "This whole server or workspace"),
                    ("mine", "Those I made"),
                ),
                default="here",
            ),
            Option(
                name="state",
                kind=OptionKind.CHOICE,
                description="Only those in this state.",
                choices=choices(
                    ("active", "Active"),
                    ("paused", "Paused by somebody"),
                    ("blocked", "Blocked: the channel takes no cards"),
                    ("removed", "Removed within the last 30 days"),
                ),
                default="all but removed ones",
            ),
        ),
        aliases=("ls", "subs", "subscriptions"),
        free="scope",
        examples=("list", "list mine", "list state:removed"),
    ),
    Verb(
        name="edit",
        summary="Change a subscription: its filter, its place, or when it posts.",
        options=(SUBSCRIPTION, QUERY, *(replace(option, default="") for option in FIELDS)),
        manages=True,
        aliases=("change",),
        free="subscription",
        dialogue=True,
        examples=("edit 7 when:daily at:08:30", 'edit 7 query:"diffusion -survey"', "edit 7 to:me"),
    ),
    Verb(
        name="pause",
        summary="Stop a subscription for a while; what matches meanwhile is kept.",
        options=(
            SUBSCRIPTION,
            Option(
                name="for",
                kind=OptionKind.DURATION,
                description="How long: 2h, 1d, 2w, or until 2026-12-01.",
                default="until you resume it",
            ),
        ),
        manages=True,
        aliases=("mute", "stop"),
        free="subscription",
        examples=("pause 7", "pause 7 for:1w", 'pause 7 for:"until 2026-12-01"'),
    ),
    Verb(
        name="resume",
        summary="Start a paused subscription again, with or without what was missed.",
        options=(
            SUBSCRIPTION,
            Option(
                name="missed",
                kind=OptionKind.CHOICE,
                description="What becomes of the papers that matched during the pause.",
                choices=choices(
                    ("ask", "Ask me"), ("send", "Send them as one digest"), ("skip", "Skip them")
                ),
                default="ask",
            ),
        ),
        manages=True,
        aliases=("unpause", "unmute"),
        free="subscription",
        examples=("resume 7", "resume 7 missed:send"),
    ),
    Verb(
        name="remove",
        summary="Delete a subscription; it can be brought back for 30 days.",
        options=(SUBSCRIPTION,),
        manages=True,
        aliases=("unsubscribe", "unsub", "delete", "rm"),
        free="subscription",
        examples=("remove 7",),
    ),
    Verb(
        name="preview",
        summary="What a filter would have brought lately, and how many papers a day.",
        options=(
            QUERY,
            ANY_SUBSCRIPTION,
            Option(
                name="days",
                kind=OptionKind.INTEGER,
                description="How many days to look back.",
                default="7",
                minimum=1,
                maximum=30,
            ),
        ),
        aliases=("test", "try"),
        free="query",
        slow=True,
        examples=(
            "preview diffusion -survey",
            "preview cat:cs.RO upvotes>=20 days:30",
            "preview subscription:7",
        ),
    ),
    Verb(
        name="digest",
        summary="The next digest of a subscription as it stands.",
        options=(
            SUBSCRIPTION,
            Option(
                name="action",
                kind=OptionKind.CHOICE,
                description="Look at it, or post it now.",
                choices=choices(("preview", "Show it to me"), ("send-now", "Post it now")),
                default="preview",
            ),
        ),
        free="subscription",
        slow=True,
        examples=("digest 7", "digest 7 action:send-now"),
    ),
)
