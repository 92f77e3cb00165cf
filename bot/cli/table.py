"""Rows under a head, aligned by spaces: easy to read, and to cut up with other tools."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence


def rows_of(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """The table; the last column is not padded. Control characters are taken out of every cell."""
    cells = [[_inert(cell) for cell in row] for row in (head, *rows)]
    widths = [max(_width(row[at]) for row in cells) for at in range(len(head))]
    return "\n".join(
        "  ".join(
            cell + " " * (width - _width(cell)) for cell, width in zip(row, widths, strict=True)
        ).rstrip()
        for row in cells
    )


def _inert(text: str) -> str:
    return "".join(char if char.isprintable() else " " for char in text)


def _width(text: str) -> int:
    """Columns in a terminal, where East Asian characters take two."""
    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1
        for char in text
    )
