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

from bot.commands.about_papers import PAPERS
from bot.commands.about_places import PLACES
from bot.commands.about_subscriptions import SUBSCRIPTIONS
from bot.commands.buttons import BUTTONS
from bot.commands.model import Choice, Option, OptionKind, Verb

TOPICS: Final = (
    Choice("getting-started", "Getting started"),
    Choice("query", "Writing a filter"),
    Choice("digests", "When papers arrive"),
    Choice("threads", "Discussing a paper"),
    Choice("privacy", "What is stored"),
    Choice("all", "Every command"),
)
"""The topics of ``help``; their texts are in :mod:`bot.commands.help`."""


_ORDER: Final = (
    "help",
    "setup",
    "subscribe",
    "list",
    "edit",
    "pause",
    "resume",
    "remove",
    "preview",
    "explain",
    "search",
    "paper",
    "digest",
    "discuss",
    "save",
    "saved",
    "profile",
    "web",
    "feeds",
    "status",
    "settings",
    "forget-me",
)
"""The order in which help and platforms show what is offered."""

_BY_NAME: Final = {verb.name: verb for verb in (*SUBSCRIPTIONS, *PAPERS, *PLACES)}
_OFFERED: Final = tuple(_BY_NAME[name] for name in _ORDER)


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
