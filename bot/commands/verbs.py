"""The registry: every verb with its options, said once for all platforms and for help.

What is not carried out is not in here. Limits that the registry keeps, because Discord shows it as one
application command with subcommands: at most 25 verbs that are offered, 25 options of a verb, 100
characters a description, 8,000 characters in all
(https://discord.com/developers/docs/interactions/application-commands). An option with more than 25 choices
(``topic`` of ``help``) is completed there while somebody types.
"""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import Final

from bot.commands.buttons import BUTTONS
from bot.commands.model import Choice, Option, OptionKind, Verb
from bot.commands.options import (
    ANY_SUBSCRIPTION,
    CARD,
    FIELDS,
    ON_OFF,
    PAPER,
    QUERY,
    QUIET,
    SUBSCRIPTION,
    TIMEZONE,
    choices,
)

TOPICS: Final = (
    Choice("getting-started", "Getting started"),
    Choice("query", "Writing a filter"),
    Choice("digests", "When papers arrive"),
    Choice("threads", "Discussing a paper"),
    Choice("privacy", "What is stored"),
    Choice("all", "Every command"),
)
"""The topics of ``help``; their texts are in :mod:`bot.commands.help`."""


_OFFERED = (
    Verb(
        name="help",
        summary="What I can do, with examples to copy.",
        free="topic",
        aliases=("?", "commands"),
        examples=("help", "help query", "help subscribe"),
    ),
    Verb(
        name="setup",
        summary="Set up paper alerts for this channel, step by step.",
        manages=True,
        aliases=("start",),
        examples=("setup",),
    ),
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
        name="explain",
        summary="Why a paper came or did not come, step by step.",
        options=(replace(PAPER, required=False), ANY_SUBSCRIPTION),
        free="paper",
        slow=True,
        examples=("explain 2401.01234", "explain 2401.01234 subscription:7", "explain 7"),
    ),
    Verb(
        name="search",
        summary="Search the papers I know.",
        options=(
            replace(QUERY, required=True),
            Option(
                name="days",
                kind=OptionKind.INTEGER,
                description="How many days to look back.",
                default="30",
                minimum=1,
                maximum=365,
            ),
            Option(
                name="sort",
                kind=OptionKind.CHOICE,
                description="Which papers come first.",
                choices=choices(
                    ("relevance", "Best match first"),
                    ("new", "Newest first"),
                    ("upvotes", "Most upvotes first"),
                ),
                default="relevance",
            ),
            Option(
                name="delivered",
                kind=OptionKind.DESTINATION,
                description="Only papers that were posted there: here, me, or a channel.",
            ),
        ),
        aliases=("find",),
        free="query",
        slow=True,
        examples=(
            "search world models",
            'search author:"Sergey Levine" sort:new',
            "search cat:cs.RO days:90",
            "search diffusion delivered:here",
        ),
    ),
    Verb(
        name="paper",
        summary="Show one paper as a full card.",
        options=(PAPER,),
        aliases=("show",),
        free="paper",
        slow=True,
        examples=("paper 2401.01234", "paper https://arxiv.org/abs/2401.01234"),
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
    Verb(
        name="discuss",
        summary="Open the thread of a paper in a channel, or find the one that is there.",
        options=(
            PAPER,
            Option(
                name="in",
                kind=OptionKind.DESTINATION,
                description="In which channel.",
                default="here",
            ),
        ),
        aliases=("thread",),
        free="paper",
        examples=("discuss 2401.01234",),
    ),
    Verb(
        name="save",
        summary="Keep a paper on your own list.",
        options=(
            PAPER,
            Option(name="tag", kind=OptionKind.TEXT, description="A word to file it under."),
        ),
        aliases=("bookmark",),
        free="paper",
        examples=("save 2401.01234", "save 2401.01234 tag:reading-group"),
    ),
    Verb(
        name="saved",
        summary="Your saved papers, as a list or as a file.",
        options=(
            Option(
                name="format",
                kind=OptionKind.CHOICE,
                description="How to get them.",
                choices=choices(
                    ("list", "As a list here"),
                    ("bibtex", "BibTeX file"),
                    ("ris", "RIS file, for Zotero or EndNote"),
                    ("csv", "CSV file"),
                    ("json", "JSON file"),
                ),
                default="list",
            ),
            Option(name="tag", kind=OptionKind.TEXT, description="Only papers filed under this word."),
        ),
        free="format",
        examples=("saved", "saved bibtex tag:reading-group"),
    ),
    Verb(
        name="profile",
        summary="What is wanted here, as learnt from 👍 and 👎; why a paper scores as it does.",
        options=(
            Option(
                name="action",
                kind=OptionKind.CHOICE,
                description="What to do with it.",
                choices=choices(("show", "Show it"), ("export", "Export it"), ("erase", "Erase it")),
                default="show",
            ),
            Option(
                name="paper",
                kind=OptionKind.PAPER,
                description="Say why this paper scores as it does.",
            ),
        ),
        free="action",
        examples=("profile", "profile paper:2401.01234", "profile export"),
    ),
    Verb(
        name="web",
        summary="A private page of what comes here, and feeds for your feed reader.",
        options=(
            Option(
                name="action",
                kind=OptionKind.CHOICE,
                description="What to do.",
                choices=choices(
                    ("open", "Give me a link to it"),
                    ("feeds", "Give me the addresses of feeds"),
                    ("revoke", "End my feed addresses"),
                ),
                default="open",
            ),
        ),
        aliases=("page",),
        free="action",
        examples=("web", "web feeds", "web revoke"),
    ),
    Verb(
        name="status",
        summary="How the sources, the queue and this channel are doing.",
        aliases=("health",),
        examples=("status",),
    ),
    Verb(
        name="settings",
        summary="What holds for everybody here: time zone, cards, threads, managers.",
        options=(
            replace(
                TIMEZONE, description="Time zone of new subscriptions, e.g. Europe/Paris.", default="UTC"
            ),
            CARD,
            Option(
                name="threads",
                kind=OptionKind.CHOICE,
                description="When a thread is opened under a paper in this channel.",
                choices=choices(
                    ("never", "Never"),
                    ("on-demand", "When somebody presses Discuss"),
                    ("tops", "Also for the best three papers of a digest"),
                    ("upvotes", "Also above a number of upvotes"),
                ),
                default="on-demand",
            ),
            Option(
                name="thread_upvotes",
                kind=OptionKind.INTEGER,
                description="With threads:upvotes, how many upvotes it takes.",
                default="50",
                minimum=1,
                maximum=100_000,
            ),
            Option(
                name="profile",
                kind=OptionKind.CHOICE,
                description="What 👍 and 👎 do to the papers here.",
                choices=choices(
                    ("order", "Put digests in order"),
                    ("filter", "Also leave out what is nearer to 👎"),
                    ("off", "Nothing"),
                ),
                default="order",
            ),
            replace(QUIET, default="off"),
            Option(
                name="managers",
                kind=OptionKind.GROUP,
                description="Who else may manage subscriptions: roles, groups or people, or none.",
                default="none",
            ),
            Option(
                name="announcements",
                kind=OptionKind.BOOLEAN,
                description="Say in the channel when somebody changes its subscriptions.",
                choices=ON_OFF,
                default="on",
            ),
        ),
        manages=True,
        aliases=("config",),
        examples=("settings", "settings timezone:Europe/Paris", "settings quiet_hours:22:00-07:00"),
    ),
    Verb(
        name="forget-me",
        summary="What I store about you; export it or erase it.",
        options=(
            Option(
                name="action",
                kind=OptionKind.CHOICE,
                description="What to do with it.",
                choices=choices(("show", "Show it"), ("export", "Export it"), ("erase", "Erase it")),
                default="show",
            ),
        ),
        aliases=("forget", "forget me"),
        free="action",
        examples=("forget-me", "forget-me export"),
    ),
)


def _with_help(verbs: tuple[Verb, ...]) -> tuple[Verb, ...]:
    """Give ``help`` its topics: those of TOPICS, and one for each verb that is offered."""
    topic = Option(
        name="topic",
        kind=OptionKind.CHOICE,
        description="A topic, or the name of a command.",
        choices=(*TOPICS, *(Choice(verb.name, verb.summary) for verb in verbs if verb.name != "help")),
        default="getting-started",
    )
    return tuple(replace(verb, options=(topic,)) if verb.name == "help" else verb for verb in verbs)


VERBS: Final[tuple[Verb, ...]] = (*_with_help(_OFFERED), *BUTTONS)
"""Everything that can be asked, in the order in which help shows it; buttons last."""

OFFERED: Final[tuple[Verb, ...]] = tuple(verb for verb in VERBS if not verb.button)
"""What platforms offer as commands and help lists."""

BY_NAME: Final = MappingProxyType({verb.name: verb for verb in VERBS})
"""A verb by its own name; aliases are resolved when a written command is parsed."""

ALIASES: Final = MappingProxyType({alias: verb.name for verb in VERBS for alias in verb.aliases})
"""Other words for a verb, and the verb's name."""
