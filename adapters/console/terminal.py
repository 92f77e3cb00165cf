"""Cards drawn for a terminal with rich. Texts are never read as rich's markup."""

from __future__ import annotations

import io
from collections.abc import Iterable
from typing import Final, TextIO

from rich.box import ROUNDED
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.panel import Panel
from rich.rule import Rule
from rich.style import Style
from rich.table import Table
from rich.text import Text

from adapters.console.layout import Face, Line, inert, safe_url
from bot.cards import Span

WIDEST: Final = 100
"""Columns of a card on a wide terminal: longer lines are hard to read."""
_BOXED: Final = 40
"""Narrower terminals get no box."""
_FACES: Final = {
    Face.TITLE: Style(bold=True),
    Face.TEXT: Style(),
    Face.SMALL: Style(dim=True),
    Face.CODE: Style(),
    Face.OFFER: Style(dim=True),
}
_BORDERS: Final = {"error": "red", "notice": "yellow", "huggingface": "yellow"}


class Terminal:
    """Draws for one terminal: its width and colours."""

    def __init__(self, output: TextIO, *, width: int = 0) -> None:
        # Asked once for its colours; NO_COLOR and TERM are rich's to honour.
        self._real = Console(file=output)
        self._width = width

    def draw(self, head: str, lines: Iterable[Line], *, accent: str = "") -> str:
        """The card as text with the terminal's own codes; in a box unless it is very narrow."""
        width = self._width or min(self._real.width, WIDEST)
        page = Console(
            file=io.StringIO(),
            force_terminal=True,
            color_system=self._real.color_system,  # type: ignore[arg-type]
            no_color=self._real.no_color,
            width=width,
            height=25,  # without both, rich takes a dumb terminal for 80 columns
            legacy_windows=False,
            highlight=False,
            emoji=False,
        )
        body = Group(*(_line(line) for line in lines))
        if width < _BOXED:
            shown: RenderableType = Group(Text(inert(head), style="bold"), body, Text())
        else:
            shown = Panel(
                body,
                box=ROUNDED,
                title=Text(inert(head)) if head else None,
                title_align="left",
                border_style=_BORDERS.get(accent, "cyan"),
                width=width,
            )
        with page.capture() as captured:
            page.print(shown)
        return captured.get()


def _line(line: Line) -> RenderableType:
    if line.face is Face.RULE:
        return Rule(style="dim")
    text = Text(style=_FACES[line.face], overflow="fold")
    for span in line.spans:
        text.append(inert(span.text, lines=True), _style(span))
    if not line.lead:
        return text
    if not line.lead.strip():
        return Padding(text, (0, 0, 0, len(line.lead)), expand=False)
    row = Table.grid(padding=0)
    row.add_column(width=len(line.lead))
    row.add_column(ratio=1, overflow="fold")
    row.add_row(Text(line.lead), text)
    return row


def _style(span: Span) -> Style:
    url = safe_url(span.url)
    return Style(
        bold=span.bold or None,
        italic=span.italic or None,
        color="cyan" if span.code else None,
        underline=bool(url) or None,
        link=url,
    )
