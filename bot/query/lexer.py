"""Cut a typed query into pieces: words, quotations, parentheses, and the signs for and, or and not."""

from __future__ import annotations

from enum import Enum
from typing import Final, NamedTuple

from bot.query.faults import Fault

_WIDTH: Final = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
"""The full-width forms of ASCII (https://www.unicode.org/charts/PDF/UFF00.pdf)."""
_SIGNS: Final = str.maketrans(
    _WIDTH
    | {ord(c): '"' for c in "“”„‟«»″〝〞＂「」『』"}
    | {ord(c): "'" for c in "‘’‚‛′ʼ"}
    | {ord(c): "-" for c in "‐‑‒–—―−"}
    | {ord(c): "|" for c in "∨¦"}
    | {0x2227: "&", 0x00AC: "-"}
)
_CLOSERS: Final = frozenset('()"|')
_OPERATORS: Final = {"and": "and", "or": "or", "not": "not", "andnot": "not", "&": "and", "&&": "and"}


class Kind(Enum):
    """What a piece is."""

    WORD = "word"
    QUOTED = "quoted"
    OPEN = "("
    CLOSE = ")"
    AND = "and"
    OR = "or"
    NOT = "not"
    END = "end"


class Piece(NamedTuple):
    """A piece of the typed text."""

    kind: Kind
    text: str
    """Of a quotation what stands between the quotes."""
    start: int
    end: int
    glued: bool
    """No space before it."""


def plain_signs(text: str) -> str:
    """Curly quotes, long dashes and full-width characters as on a keyboard; every offset stays what it was."""
    return text.translate(_SIGNS)


def pieces(text: str) -> list[Piece]:
    """Cut ``text``; the last piece is the end. Fails on a quotation that never closes."""
    found: list[Piece] = []
    signs = plain_signs(text)
    at, size = 0, len(signs)
    glued = False
    while at < size:
        sign = signs[at]
        if sign.isspace() or sign in "\x00\u200b\ufeff":
            at, glued = at + 1, False
            continue
        start = at
        if sign in "()":
            at += 1
            found.append(Piece(Kind.OPEN if sign == "(" else Kind.CLOSE, sign, start, at, glued))
        elif sign == "|":
            while at < size and signs[at] == "|":
                at += 1
            found.append(Piece(Kind.OR, "|", start, at, glued))
        elif sign == '"' or (
            sign == "'" and not _inside_word(found, glued=glued) and _single_quoted(signs, at)
        ):
            close = signs.find(sign, at + 1)
            if close < 0:
                raise Fault("a closing quote is missing", start, size, signs[start:].rstrip() + '"')
            at = close + 1
            found.append(Piece(Kind.QUOTED, signs[start + 1 : close], start, at, glued))
        elif (
            sign == "-"
            and not _inside_word(found, glued=glued)
            and at + 1 < size
            and not signs[at + 1].isspace()
        ):
            at += 1
            found.append(Piece(Kind.NOT, sign, start, at, glued))
        else:
            while at < size and not signs[at].isspace() and signs[at] not in _CLOSERS:
                at += 1
            word = signs[start:at]
            kind = Kind(_OPERATORS.get(word.lower(), "word"))
            found.append(Piece(kind, word, start, at, glued))
        glued = True
    found.append(Piece(Kind.END, "", size, size, glued=False))
    return found


def _inside_word(found: list[Piece], *, glued: bool) -> bool:
    """Whether what follows belongs to the word or quotation just read: the minus of ``"a"-b`` leaves nothing out."""
    return glued and bool(found) and found[-1].kind in {Kind.WORD, Kind.QUOTED}


def _single_quoted(signs: str, at: int) -> bool:
    """Whether the apostrophe at ``at`` opens a quotation: one that also closes, before a space or the end."""
    close = signs.find("'", at + 1)
    return close > at + 1 and (
        close + 1 == len(signs) or signs[close + 1].isspace() or signs[close + 1] in "()|^"
    )
