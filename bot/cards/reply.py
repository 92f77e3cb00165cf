"""The few shapes that answers to commands have."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from bot.cards.card import Action, Block, Card, CardKind, Heading, Item, Note, Paragraph, Span, Spans, plain

Line = str | Spans
"""A line of an answer: spans, or a sentence as errors are worded, in which backticks enclose what can be typed."""


@dataclass(frozen=True, slots=True)
class Step:
    """A rung of a ladder: something that was asked of a paper, and what came of it."""

    passed: bool | None
    """``None`` for what was not reached or does not apply."""
    text: Line
    note: Line = ()


_TYPED: Final = re.compile(r"`([^`\n]+)`")  # noqa: TID251
_SIGNS: Final = {True: "✓ ", False: "✗ ", None: "– "}


def message(
    title: str,
    *lines: Line,
    items: Iterable[Block] = (),
    notes: Iterable[Line] = (),
    actions: Sequence[Action] = (),
    kind: CardKind = CardKind.REPLY,
    accent: str = "",
) -> Card:
    """An answer: a title (may be empty), paragraphs, then ``items``, then small print and buttons."""
    blocks: list[Block] = [Heading((Span(title),))] if title else []
    blocks.extend(Paragraph(_spans(line)) for line in lines if line)
    blocks.extend(items)
    blocks.extend(Note(_spans(line)) for line in notes if line)
    first = " ".join(line if isinstance(line, str) else plain(line) for line in lines[:2] if line)
    said = ": ".join(part for part in (title.rstrip(".:"), first) if part) if title else first
    return Card(
        kind=kind, blocks=tuple(blocks), actions=tuple(actions), fallback=said or "Done.", accent=accent
    )


def error_card(sentence: str, *, actions: Sequence[Action] = (), note: Line = "") -> Card:
    """What went wrong, why, and what to do next, in one sentence or a few (the text of a PigeonError)."""
    return message("", sentence, notes=(note,), actions=actions, kind=CardKind.ERROR, accent="error")


def ladder(
    title: str, steps: Iterable[Step], *, notes: Iterable[Line] = (), actions: Sequence[Action] = ()
) -> Card:
    """Rungs with ✓ and ✗: why a paper was or was not posted."""
    items = [Item((Span(_SIGNS[step.passed]), *_spans(step.text)), note=_spans(step.note)) for step in steps]
    return message(title, items=items, notes=notes, actions=actions)


def undo(token: str) -> Action:
    """The button that takes a change back; ``token`` names the change."""
    return Action("Undo", command=f"undo {token}")


def _spans(line: Line) -> Spans:
    """A sentence as spans, `what can be typed` in a fixed-width face; a lone backtick stays."""
    if not isinstance(line, str):
        return line
    made: list[Span] = []
    at = 0
    for found in _TYPED.finditer(line):
        made += [Span(line[at : found.start()]), Span(found[1], code=True)]
        at = found.end()
    return tuple(span for span in (*made, Span(line[at:])) if span.text)
