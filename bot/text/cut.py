"""Cuts that a reader does not stumble over: whole characters, whole words, and «…» where something is missing.

A «character» is what a person sees as one: an emoji with its skin tone, a flag, a letter with its accents
(an extended grapheme cluster, https://www.unicode.org/reports/tr29/).
"""

from __future__ import annotations

from enum import StrEnum

import regex

ELLIPSIS = "…"
_GRAPHEME = regex.compile(r"\X")
_NEAR = 24
"""A word's end this close before the cut is preferred, in code points."""


class Unit(StrEnum):
    """What a limit counts."""

    CODE_POINTS = "code points"
    UTF16 = "UTF-16 units"
    """Discord and JavaScript count these: an emoji outside the basic plane is two."""
    BYTES = "bytes"
    """Of UTF-8."""


def length(text: str, unit: Unit = Unit.CODE_POINTS) -> int:
    """How long a text is in that unit."""
    if unit is Unit.CODE_POINTS or text.isascii():
        return len(text)
    if unit is Unit.UTF16:
        return len(text) + sum(character > "\uffff" for character in text)
    return len(text.encode("utf-8", "surrogatepass"))


def cut(text: str, limit: int, *, unit: Unit = Unit.CODE_POINTS, ending: str = ELLIPSIS) -> str:
    """Cut ``text`` so that it and ``ending`` together are at most ``limit`` long; return it whole where it fits.

    The cut falls between characters as people see them, and at the end of a word where one is near. Where not
    even ``ending`` fits, nothing is left.
    """
    if len(text) <= limit and length(text, unit) <= limit:
        return text
    room = limit - length(ending, unit)
    if room < 0:
        return ""
    end = used = 0
    for found in _GRAPHEME.finditer(text):
        used += length(found.group(), unit)
        if used > room:
            break
        end = found.end()
    odd = " \t\n,;:–—(." if ending.startswith(ELLIPSIS) else " \t\n,;:–—("  # nobody writes four dots
    return text[: _word_end(text, end)].rstrip(odd) + ending


def boundaries(text: str) -> frozenset[int] | None:
    """The offsets at which a text may be cut without splitting a character; ``None`` stands for all of them."""
    if text.isascii():
        return None
    return frozenset(found.start() for found in _GRAPHEME.finditer(text)) | {len(text)}


def _word_end(text: str, end: int) -> int:
    """The end of the last whole word before ``end`` if it is near and something stays, else ``end``."""
    if end >= len(text) or text[end].isspace():
        return end
    for place in range(end - 1, max(end // 2, end - _NEAR), -1):
        if text[place].isspace():
            return place
    return end
