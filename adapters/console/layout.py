"""Which lines a card has, in which order: one answer for the terminal and for a pipe. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final
from urllib.parse import urlsplit

from bot.cards import (
    Action,
    Attachment,
    Block,
    Card,
    Code,
    Form,
    Heading,
    Item,
    Note,
    Paragraph,
    Picture,
    Rule,
    Span,
    plain,
)

_CONTROL: Final = re.compile(  # noqa: TID251 - a pattern of ours
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
)
_OWN_SIGNS: Final = frozenset("✓✗–")
"""An item that begins with one of these needs no bullet."""
_FILE: Final = 4_000
"""Characters of an attached text that are printed."""


class Face(StrEnum):
    """How a line is set."""

    TITLE = "title"
    TEXT = "text"
    SMALL = "small"
    CODE = "code"
    RULE = "rule"
    OFFER = "offer"
    """Something to type."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line before wrapping; ``lead`` stands before it, and as space before what wraps."""

    face: Face
    spans: tuple[Span, ...] = ()
    lead: str = ""


def inert(text: str, *, lines: bool = False) -> str:
    """Text that cannot drive a terminal: control and bidirectional characters are shown as «�».

    Line ends stay where ``lines`` allows them, else they become spaces.
    """
    return _CONTROL.sub("\ufffd", text if lines else " ".join(text.splitlines()) if "\n" in text else text)


def safe_url(url: str | None) -> str | None:
    """The address if it is a web address; nothing else becomes a link."""
    try:
        ok = bool(url) and urlsplit(url).scheme in {"http", "https"}
    except ValueError:
        return None
    return inert(url) if url and ok else None


def layout(card: Card) -> Iterator[Line]:
    """The lines of a card without its actions."""
    for block in card.blocks:
        yield from _block(block)
    for file in card.files:
        yield from _file(file)


def offers(actions: Sequence[Action]) -> Iterator[Line]:
    """The actions of a reply, numbered: the number or the command may be typed."""
    for number, action in enumerate(actions, 1):
        yield Line(Face.OFFER, (Span(action.label, bold=True), Span("  "), *_what(action)), f"[{number}] ")


def aside(card: Card) -> Iterator[Line]:
    """The actions of a posted card, on one line; those behind «⋯», and links that are on it, are left out."""
    linked = {span.url for block in card.blocks if isinstance(block, Heading) for span in block.spans}
    shown: list[Span] = []
    for action in card.actions:
        if not action.more and (action.command or action.url not in linked):
            shown += [Span(" · " if shown else ""), Span(f"{action.label}: "), *_what(action, typed=False)]
    if shown:
        yield Line(Face.OFFER, tuple(span for span in shown if span.text))


def form(asked: Form, written: str) -> Iterator[Line]:
    """A dialogue as the command to type; ``written`` is that command with the fields as they stand."""
    yield Line(Face.TITLE, (Span(asked.title),))
    if asked.error:
        yield Line(Face.TEXT, (Span(asked.error),))
    for field in asked.fields:
        choices = " | ".join(value for value, _ in field.choices)
        said = " – ".join(part for part in (field.label, field.hint, choices) if part)
        yield Line(Face.SMALL, (Span(f"{field.name}:", code=True), Span(f"  {said}")), "  ")
    yield Line(Face.OFFER, (Span("type: "), Span(written, code=True)))


def _block(block: Block) -> Iterator[Line]:
    if isinstance(block, Heading):
        yield Line(Face.TITLE, tuple(replace(span, url=None) for span in block.spans))
        yield from _addresses(block.spans)
    elif isinstance(block, Paragraph):
        yield Line(Face.TEXT, tuple(_quoted(span) for span in block.spans))
    elif isinstance(block, Note):
        yield Line(Face.SMALL, block.spans)
    elif isinstance(block, Item):
        lead = "  " if plain(block.spans)[:1] in _OWN_SIGNS else "• "
        yield Line(Face.TEXT, tuple(replace(span, url=None) for span in block.spans), lead)
        yield from _addresses(block.spans, "  ")
        if block.note:
            yield Line(Face.SMALL, block.note, "  ")
        actions = tuple(action for action in (block.action, *block.actions) if action and action.command)
        if actions:
            spans = [
                part for action in actions for part in (Span(" | "), Span(action.command or "", code=True))
            ]
            yield Line(Face.OFFER, tuple(spans[1:]), "  ")
    elif isinstance(block, Code):
        for line in block.text.split("\n"):
            yield Line(Face.CODE, (Span(line, code=True),))
    elif isinstance(block, Picture):
        yield Line(Face.SMALL, (Span(f"[picture: {block.alt}]", url=block.url),))
    elif isinstance(block, Rule):
        yield Line(Face.RULE)


def _quoted(span: Span) -> Span:
    """What can be typed, between backticks: without colours nothing else would set it apart."""
    typed = span.code and "`" not in span.text and any("!" <= sign <= "~" for sign in span.text)
    return replace(span, text=f"`{span.text}`") if typed else span


def _addresses(spans: Sequence[Span], lead: str = "") -> Iterator[Line]:
    """The links of a title each on a line of their own, so that they can be clicked or copied anywhere."""
    for url in dict.fromkeys(safe_url(span.url) for span in spans):
        if url:
            yield Line(Face.SMALL, (Span(url),), lead)


def _file(file: Attachment) -> Iterator[Line]:
    yield Line(Face.SMALL, (Span(f"{file.name} ({len(file.content):,} bytes)"),))
    try:
        text = file.content.decode()
    except UnicodeDecodeError:
        return  # no text: there is nothing to show but its name
    for line in text[:_FILE].rstrip("\r\n").splitlines():
        yield Line(Face.CODE, (Span(line, code=True),))
    if len(text) > _FILE:
        yield Line(Face.SMALL, (Span(f"… and {len(text) - _FILE:,} characters more"),))


def _what(action: Action, *, typed: bool = True) -> tuple[Span, ...]:
    if action.command:
        return (Span("type: " if typed else ""), Span(action.command, code=True))
    return (Span(safe_url(action.url) or ""),)
