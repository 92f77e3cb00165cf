"""A card says what is meant; how it looks is the renderer's affair.

No string of a card holds markup. A renderer escapes every string, cuts to its platform's limits (the
link always survives) and lays the blocks out. One card serves Discord, Slack, the terminal and HTML.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Span:
    """A run of text in one style."""

    text: str
    bold: bool = False
    italic: bool = False
    code: bool = False
    """Shown in a fixed-width face, unchanged: ids, queries, commands."""
    url: str | None = None
    at: datetime | None = None
    """A moment that the platform shows in the reader's own zone; ``text`` is the fallback."""


Spans = tuple[Span, ...]


def spans(*parts: str | Span) -> Spans:
    """Build spans, taking plain strings as they are and leaving empty ones out."""
    made = (Span(part) if isinstance(part, str) else part for part in parts)
    return tuple(span for span in made if span.text)


class ActionStyle(StrEnum):
    """How strongly an action is offered."""

    PLAIN = "plain"
    PRIMARY = "primary"
    DANGER = "danger"


@dataclass(frozen=True, slots=True)
class Action:
    """A button: either a written command, or a link.

    A command is parsed and its permission checked like any other (``mute s7``). It has at most 90
    characters, so that Discord's 100 for a custom id hold it with its version prefix.
    """

    label: str
    command: str | None = None
    url: str | None = None
    style: ActionStyle = ActionStyle.PLAIN
    more: bool = False
    """Belongs behind «⋯» where the platform has such a menu."""
    confirm: str | None = None
    """A question to ask first, where the platform can; such actions also have an Undo."""


@dataclass(frozen=True, slots=True)
class Heading:
    """A title line."""

    spans: Spans


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Body text."""

    spans: Spans


@dataclass(frozen=True, slots=True)
class Note:
    """Small print: authors, counts, «matched: …»."""

    spans: Spans


@dataclass(frozen=True, slots=True)
class Item:
    """One row of a list: a line, small print under it, and at most one action beside it."""

    spans: Spans
    note: Spans = ()
    action: Action | None = None
    actions: tuple[Action, ...] = ()
    """Further actions of this row, for a menu «⋯»."""


@dataclass(frozen=True, slots=True)
class Code:
    """Lines in a fixed-width face: a ladder of checks, a grid, an exported record."""

    text: str


@dataclass(frozen=True, slots=True)
class Picture:
    """An image by address; ``alt`` is read aloud by screen readers."""

    url: str
    alt: str


@dataclass(frozen=True, slots=True)
class Rule:
    """A dividing line."""


Block = Heading | Paragraph | Note | Item | Code | Picture | Rule


class CardKind(StrEnum):
    """What a card is for; renderers may choose a layout by it."""

    PAPER = "paper"
    DIGEST = "digest"
    REPLY = "reply"
    NOTICE = "notice"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Field:
    """A question of a form."""

    name: str
    label: str
    value: str = ""
    hint: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    """Value and label of each; a free line where there are none."""
    required: bool = False
    long: bool = False
    cleared: str = ""
    """What stands for a value that was taken away («none»); empty where an empty field changes nothing."""


@dataclass(frozen=True, slots=True)
class Form:
    """A dialogue that a platform opens as a modal, and a terminal prints as the command to type.

    Submitting it carries out ``command`` with the fields as its options.
    """

    title: str
    command: str
    fields: tuple[Field, ...]
    error: str = ""
    """Why the last try failed; the fields hold what was typed."""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that goes with a reply (an export)."""

    name: str
    content: bytes
    media_type: str = "text/plain; charset=utf-8"


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """Something to say."""

    kind: CardKind
    blocks: tuple[Block, ...]
    actions: tuple[Action, ...] = ()
    fallback: str
    """All of it in one plain line: notifications and screen readers get this."""
    accent: str = ""
    """Names a colour by what it stands for: a source (``arxiv``), or ``error``, ``notice``."""
    thumbnail: Picture | None = None
    files: tuple[Attachment, ...] = ()
    mention: str = ""
    """The platform's id of a role or user group to call. Only a subscription's own setting fills it; no text of
    a paper ever does."""
    tags: tuple[str, ...] = ()
    """Categories, for platforms whose posts carry tags (Discord forums)."""

    @property
    def title(self) -> str:
        """The plain text of the first heading, else the fallback."""
        for block in self.blocks:
            if isinstance(block, Heading):
                return plain(block.spans)
        return self.fallback


def plain(run: Iterable[Span]) -> str:
    """The text of a run without its styles."""
    return "".join(span.text for span in run)
