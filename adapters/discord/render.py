"""Card → the body of a Discord message in Components V2. Pure: the same card gives the same bytes.

The body is written as Discord's own JSON rather than through ``discord.ui.LayoutView``: a view that is
sent is remembered by discord.py for as long as the process lives, and a bot that posts thousands of cards
must not grow with them. Layout: one container in the colour of the source; heading, small print and
picture in a section; a row of a list in a section with its button; buttons and a menu «More…» below.

https://discord.com/developers/docs/components/reference
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from adapters.discord import escape, limits, marker
from adapters.discord.buttons import Component, Controls, menu
from adapters.discord.fit import Line, Paragraphs, fit
from bot.cards import (
    Action,
    Attachment,
    Block,
    Card,
    CardKind,
    Code,
    Heading,
    Item,
    Note,
    Paragraph,
    Picture,
    Rule,
    Span,
    plain,
)
from bot.text.cut import Unit, cut

COMPONENTS_V2: Final = 1 << 15
EPHEMERAL: Final = 1 << 6
"""https://discord.com/developers/docs/resources/message#message-object-message-flags"""
NO_MENTIONS: Final[dict[str, list[str]]] = {"parse": []}

_SECTION, _TEXT, _THUMBNAIL, _GALLERY, _FILE, _SEPARATOR, _CONTAINER = 9, 10, 11, 12, 13, 14, 17
_ACCENTS: Final = {
    "arxiv": 0xB31B1B,
    "huggingface": 0xFFB000,
    "biorxiv": 0xBD2736,
    "medrxiv": 0x0B5C8C,
    "error": 0xDA373C,
    "notice": 0x5865F2,
}
_FILE_NAME: Final = re.compile(r"[^A-Za-z0-9_.-]+")  # noqa: TID251 — our own pattern


@dataclass(frozen=True, slots=True)
class Message:
    """The body of a request, and the files that go with it."""

    body: dict[str, Any]
    files: tuple[Attachment, ...] = ()


@dataclass(slots=True)
class _Row:
    """One part of the container: text, with a picture or a button beside it or not, or something ready."""

    lines: list[Line] = field(default_factory=list)
    accessory: Component | None = None
    action: Action | None = None
    ready: Component | None = None

    @property
    def weight(self) -> int:
        """Components it takes."""
        return 3 if self.accessory else 1


def render(card: Card, *, key: str = "", private: bool = False) -> Message:
    """The message for a card. ``key`` marks it so that a look-up finds it again (:mod:`.marker`)."""
    controls = Controls()
    rows = list(_rows(card))
    files = tuple(card.files[: limits.FILES])
    entries = _entries(card)
    plain_actions = [action for action in card.actions if not action.more]
    below = controls.rows(plain_actions)
    room = limits.COMPONENTS - 1 - sum(1 + len(row["components"]) for row in below) - len(files)
    room -= 2  # the menu and its row
    room -= bool(card.mention)
    _place_actions(rows, controls, room, entries)
    _join_texts(rows, room)
    parts = _components(rows)
    mentions = NO_MENTIONS
    if card.mention.isdecimal():
        parts.insert(0, _text(f"<@&{card.mention}>"))
        mentions = {"parse": [], "roles": [card.mention]}
    parts += below
    if more := menu(entries):
        parts.append(more)
    names = _names(files)
    parts += [{"type": _FILE, "file": {"url": f"attachment://{name}"}} for name in names]
    container: Component = {"type": _CONTAINER, "components": parts or [_text("\u2014")]}
    if card.accent in _ACCENTS:
        container["accent_color"] = _ACCENTS[card.accent]
    if key:
        marker.mark(container, key)
    body: dict[str, Any] = {
        "flags": COMPONENTS_V2 | (EPHEMERAL if private else 0),
        "components": [container],
        "allowed_mentions": mentions,
    }
    if names:
        body["attachments"] = [{"id": number, "filename": name} for number, name in enumerate(names)]
    kept = tuple(
        Attachment(name, file.content, file.media_type) for name, file in zip(names, files, strict=True)
    )
    return Message(body, kept)


def _rows(card: Card) -> Iterator[_Row]:
    """The card's blocks as rows; text that belongs together shares one."""
    row: _Row | None = None
    above: Block | None = None
    picture = _thumbnail(card.thumbnail)
    for block in card.blocks:
        lines = _lines(block, card.kind)
        if isinstance(block, Item) and block.action:
            if row:
                yield row
            row = None
            yield _Row(lines, action=block.action)
            continue
        if not lines:
            if row:
                yield row
            row = None
            if (ready := _ready(block)) is not None:
                yield _Row(ready=ready)
            continue
        # Small print belongs to a heading, a row or other small print; under a paragraph it stands apart.
        apart = isinstance(block, Note) and isinstance(above, Paragraph)
        above = block
        if row is not None and isinstance(block, Note | Item) and not apart:
            row.lines += lines
            continue
        if row:
            yield row
        row = _Row(lines)
        if picture and isinstance(block, Heading):
            row.accessory, picture = picture, None
    if links := _more_links(card):
        if row and isinstance(above, Note):
            row.lines.append(links)
        else:
            if row:
                yield row
            row = _Row([links])
    if row:
        yield row


def _lines(block: Block, kind: CardKind) -> list[Line]:
    match block:
        case Heading(run):
            return [Line(run, "## " if kind is CardKind.DIGEST else "### ", most=300, least=120)]
        case Paragraph(run):
            return [Line(run)]
        case Note(run):
            return [Line(run, "-# ", most=500, least=80)]
        case Item(run, note):
            lines = [Line(run, most=300, least=60)]
            return [*lines, Line(note, "-# ", most=250, least=40)] if note else lines
        case Code(text):
            return [Line((), most=1500, least=200, fixed=text)]
        case _:
            return []


def _ready(block: Block) -> Component | None:
    if isinstance(block, Rule):
        return {"type": _SEPARATOR, "divider": True, "spacing": 1}
    if isinstance(block, Picture) and (url := escape.safe_url(block.url, limits.MEDIA_URL)):
        item: Component = {"media": {"url": url}}
        if alt := _alt(block):
            item["description"] = alt
        return {"type": _GALLERY, "items": [item]}
    return None


def _thumbnail(picture: Picture | None) -> Component | None:
    url = escape.safe_url(picture.url, limits.MEDIA_URL) if picture else None
    if picture is None or url is None:
        return None
    made: Component = {"type": _THUMBNAIL, "media": {"url": url}}
    if alt := _alt(picture):
        made["description"] = alt
    return made


def _alt(picture: Picture) -> str:
    return cut(escape.line(picture.alt), limits.MEDIA_ALT, unit=Unit.UTF16)


def _entries(card: Card) -> list[tuple[str, str]]:
    """What goes behind «More…»: the card's own further actions, then those of its rows."""
    made = [(action.label, action.command) for action in card.actions if action.more and action.command]
    for block in card.blocks:
        if isinstance(block, Item):
            made += [(_label(action, block), action.command) for action in block.actions if action.command]
    return made


def _label(action: Action, item: Item) -> str:
    return f"{action.label} · {plain(item.spans)}"


def _more_links(card: Card) -> Line | None:
    """Addresses behind «⋯» cannot be opened from a menu: they become small print, unless shown already."""
    shown = {span.url for block in card.blocks for span in _spans(block)}
    run: list[Span] = []
    for action in card.actions:
        if action.more and action.url and action.url not in shown:
            run += [Span(" · ")] if run else []
            run.append(Span(action.label, url=action.url))
    return Line(tuple(run), "-# ", most=300) if run else None


def _spans(block: Block) -> Iterable[Span]:
    match block:
        case Heading(run) | Paragraph(run) | Note(run):
            return run
        case Item(run, note):
            return (*run, *note)
        case _:
            return ()


def _place_actions(rows: list[_Row], controls: Controls, room: int, entries: list[tuple[str, str]]) -> None:
    """Put row buttons beside their rows while there is room; the others go behind «More…»."""
    offering = [row for row in rows if row.action]
    base = len(rows) - len(offering)
    most = len(offering) if base + 3 * len(offering) <= room else max(0, (room - base - 1) // 3)
    late: list[tuple[str, str]] = []
    for row in offering:
        assert row.action is not None
        button = controls.button(row.action) if most > 0 else None
        if button is not None:
            row.accessory = button
            most -= 1
        elif row.action.command:
            late.append((f"{row.action.label} · {plain(row.lines[0].run)}", row.action.command))
    entries[:0] = late


def _join_texts(rows: list[_Row], room: int) -> None:
    """Join neighbouring texts, from the end, until the components fit; then drop what is still too much."""
    at = len(rows) - 1
    while sum(row.weight for row in rows) > room and at > 0:
        upper, lower = rows[at - 1], rows[at]
        if not (upper.accessory or lower.accessory or upper.ready or lower.ready):
            upper.lines += lower.lines
            del rows[at]
        at -= 1
    while sum(row.weight for row in rows) > room:
        rows.pop()


def _components(rows: Sequence[_Row]) -> list[Component]:
    texts = fit([Paragraphs(tuple(row.lines)) for row in rows if not row.ready])
    made: list[Component] = []
    waiting = iter(texts)
    for row in rows:
        if row.ready:
            made.append(row.ready)
            continue
        text = next(waiting)
        if not text:
            continue
        if row.accessory:
            made.append({"type": _SECTION, "components": [_text(text)], "accessory": row.accessory})
        else:
            made.append(_text(text))
    return made


def _text(content: str) -> Component:
    return {"type": _TEXT, "content": content}


def _names(files: Sequence[Attachment]) -> list[str]:
    """File names that Discord leaves as they are: it rewrites others, and the card would miss its file."""
    made: list[str] = []
    for number, file in enumerate(files):
        name = _FILE_NAME.sub("_", file.name).strip("_.")[-80:] or f"file{number}"
        made.append(name if name not in made else f"{number}_{name}")
    return made
