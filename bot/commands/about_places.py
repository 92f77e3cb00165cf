"""Verbs about the place and the person: help, set-up, page, feeds, status, settings, what is stored.

The registry (:mod:`bot.commands.verbs`) joins and orders them.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from bot.commands.model import Option, OptionKind, Verb
from bot.commands.options import (
    CARD,
    ON_OFF,
    QUIET,
    TIMEZONE,
    choices,
)

PLACES: Final = (
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
        name="feeds",
        summary="RSS and Atom feeds of your own: give one, list them, take one away.",
        options=(
            Option(
                name="add",
                kind=OptionKind.TEXT,
                description="Address of a feed to read here; you see what is in it before it is added.",
            ),
            Option(
                name="remove",
                kind=OptionKind.TEXT,
                description="Name of a feed that is not to be read here any more.",
            ),
        ),
        manages=True,
        slow=True,
        aliases=("feed", "rss"),
        free="add",
        examples=("feeds", "feeds https://example.org/feed.xml", "feeds remove:example.org-1f3a9c2b"),
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
