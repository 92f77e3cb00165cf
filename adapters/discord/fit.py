"""Lines of a card and how they are cut: 4,000 characters a message, and the link always survives."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from adapters.discord import escape, limits
from bot.cards import Span, Spans
from bot.text.cut import Unit, cut, length

_LINK: Final = 800
"""The longest address of a link within text; longer ones lose the link, never the words."""
_SHORT_LINK: Final = 250
"""The same where the message is too full otherwise."""
_STEPS: Final = 24


@dataclass(frozen=True, slots=True)
class Line:
    """One line (or paragraph) of text and how far it may be cut."""

    run: Spans
    prefix: str = ""
    most: int = 1800
    """Visible characters kept at first."""
    least: int = 60
    """Never fewer than this, where the text has them."""
    fixed: str = ""
    """Ready Markdown instead of spans: a code block."""

    def markdown(self, scale: float = 1.0, link: int = _LINK) -> str:
        """The line with its length limit scaled down, but not below ``least``."""
        room = max(self.least, int(self.most * scale))
        if self.fixed:
            return escape.fence(cut(self.fixed, room, unit=Unit.UTF16)) if self.fixed.strip() else ""
        run = [
            replace(span, url=None) if span.url and len(span.url) > link else span
            for span in shorten(self.run, room)
        ]
        if self.prefix:
            run = [replace(span, text=" ".join(span.text.split("\n"))) for span in run]
        text = escape.markdown(run).strip()
        return f"{self.prefix}{text}" if text else ""


@dataclass(frozen=True, slots=True)
class Paragraphs:
    """Lines that are shown in one text display."""

    lines: tuple[Line, ...]

    def markdown(self, scale: float, link: int) -> str:
        """The lines below each other, empty ones left out."""
        made = (line.markdown(scale, link) for line in self.lines)
        return "\n".join(text for text in made if text)


def shorten(run: Sequence[Span], room: int) -> list[Span]:
    """The beginning of a run, with «…» where something is missing; links and styles stay."""
    kept: list[Span] = []
    for span in run:
        size = length(span.text, Unit.UTF16)
        if size > room:
            text = cut(span.text, room, unit=Unit.UTF16) or "…"
            kept.append(replace(span, text=text, at=None))
            return kept
        kept.append(span)
        room -= size
    return kept


def fit(groups: Sequence[Paragraphs], budget: int = limits.TEXT) -> list[str]:
    """The Markdown of each group, together at most ``budget`` UTF-16 units.

    All lines shrink together, long ones first; then long addresses lose their link; at last the groups
    that have no room are left out from the end, and the last one shown says how many.
    """
    link, scale = _LINK, 1.0
    for step in range(_STEPS):
        made = [group.markdown(scale, link) for group in groups]
        if _size(made) <= budget:
            return made
        scale *= 0.8
        if step >= _STEPS // 2:
            link = _SHORT_LINK
    shown: list[str] = []
    for number, text in enumerate(made):
        left = len(made) - number
        if _size([*shown, text]) > budget - 40:
            shown.append(f"-# … and {left} more")
            return shown + [""] * (left - 1)
        shown.append(text)
    return shown


def _size(texts: Sequence[str]) -> int:
    return sum(length(text, Unit.UTF16) for text in texts)
