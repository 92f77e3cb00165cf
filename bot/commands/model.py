"""The shape of what can be asked: verbs, their options, and one request."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class OptionKind(StrEnum):
    """What an option takes; adapters choose pickers and completion by it."""

    TEXT = "text"
    QUERY = "query"
    """A filter in the language of :mod:`bot.query`; free words of a written command land here."""
    SUBSCRIPTION = "subscription"
    """A subscription of the asker's workspace, by number: ``7`` or ``s7``."""
    PAPER = "paper"
    """A paper by id, address or DOI."""
    DESTINATION = "destination"
    """``here``, ``me``, or a channel in the platform's own form."""
    CHOICE = "choice"
    INTEGER = "integer"
    DURATION = "duration"
    """``1d``, ``2w``, or a date until which."""
    TIME = "time"
    """A local time of day, ``09:00``."""
    DAYS = "days"
    """``mon-fri``, ``mon,wed``, ``every day``."""
    ZONE = "zone"
    """An IANA time zone."""
    BOOLEAN = "boolean"
    GROUP = "group"
    """Roles, user groups or people in the platform's own form, or ``none``."""
    SOURCES = "sources"
    """Names of listings with commas between them, or ``all``."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One value offered by a picker or by completion."""

    value: str
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One argument of a verb."""

    name: str
    kind: OptionKind
    description: str
    """At most 100 characters, Discord's limit for an option's description."""
    choices: tuple[Choice, ...] = ()
    default: str = ""
    """What holds where it is left out, for help texts; empty where nothing does."""
    required: bool = False
    minimum: int | None = None
    maximum: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Verb:
    """Something people can ask for."""

    name: str
    summary: str
    """One line in plain words; at most 100 characters."""
    options: tuple[Option, ...] = ()
    manages: bool = False
    """Needs the right to manage the channel it is about; never asked of somebody's own direct messages."""
    aliases: tuple[str, ...] = ()
    button: bool = False
    """Reached by buttons only: not offered as a slash command nor in help, though it may be typed."""
    free: str = ""
    """The name of the option that takes the free words of a written command."""
    examples: tuple[str, ...] = ()
    """Written forms that can be copied, without ``/papers``."""
    slow: bool = False
    """Looks through many papers: who waits for the answer is told at once that it is on its way."""
    dialogue: bool = False
    """Opens a dialogue where no query is given, on a platform that has them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One request: a verb and the options that were given, as text."""

    verb: str
    options: Mapping[str, str] = field(default_factory=dict)

    def get(self, name: str, default: str = "") -> str:
        """The option's text without surrounding space, or ``default`` where it was not given."""
        return self.options.get(name, default).strip() or default
