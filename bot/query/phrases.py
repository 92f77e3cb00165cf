"""Words of foreign queries as ours: truncation, open letters, phrases and subject headings."""

from __future__ import annotations

import re
from itertools import product
from typing import Final, TypeAlias

Notes: TypeAlias = dict[str, None]
"""Sentences on what a translation changed, each once, in their order."""

_LIMITED = re.compile(r"[$*:]\d?(?=$|[\s\"'),.])")  # noqa: TID251 - a pattern of ours
_OPEN = re.compile(r"(?<=\w)([?#])(?=\w)")  # noqa: TID251 - a pattern of ours
_LETTERS: Final = {"?": ("", "a", "o", "u", "s", "z"), "#": ("a", "e", "i", "o", "s", "u", "y", "z")}
"""What stands for a letter left open: the ones by which English spellings differ (paediatric, randomised, women)."""
_WHOLE_WORD: Final = 4
"""With so many letters on either side it is a hyphen that is left open: ``meta?analysis``."""
_MOST_SPELLINGS: Final = 64
_ENDS: Final = " \t,.;:'"


def phrase(words: str, scope: str = "") -> str:
    """``words`` side by side, or one word; ``$``, ``*`` and ``:`` truncate, with or without a number of letters.

    A phrase of which inner words are truncated becomes the demand for all of them.
    """
    quoted = words.startswith('"')
    text = _LIMITED.sub("*", words.replace('"', " ")).strip(_ENDS)
    spellings = _spelled_out(text)
    if len(spellings) > 1:
        return f"({' OR '.join(_side_by_side(s, scope, quoted=quoted) for s in spellings)})"
    return _side_by_side(text, scope, quoted=quoted)


def heading(words: str) -> str:
    """A subject heading as words: ``Infant, Newborn`` is ``newborn-infant``; what follows a slash is dropped."""
    text = words.replace('"', " ").strip(_ENDS + "*").partition("/")[0]
    first, comma, rest = text.partition(",")
    parts = [*(rest.split() if comma else ()), *first.split()]
    return "-".join(p for part in parts if (p := part.strip(_ENDS + "-&"))) or '""'


def _side_by_side(text: str, scope: str, *, quoted: bool) -> str:
    parts = text.split()
    if len(parts) < 2 and not (quoted and parts and not parts[0].endswith("*")):
        return scope + text
    if any("*" in part for part in parts[:-1]):
        return f"{scope}({' '.join(parts)})"
    return f'{scope}"{" ".join(parts)}"'


def _spelled_out(text: str) -> list[str]:
    """Every spelling of a text with letters left open; the text itself if there would be too many."""
    pieces = _OPEN.split(text)
    choices = [_LETTERS[piece] if i % 2 else (piece,) for i, piece in enumerate(pieces)]
    for i in range(1, len(choices), 2):
        if pieces[i] == "?" and min(len(pieces[i - 1]), len(pieces[i + 1])) >= _WHOLE_WORD:
            choices[i] = ("", "-")
    count = 1
    for choice in choices:
        count *= len(choice)
    return ["".join(parts) for parts in product(*choices)] if 1 < count <= _MOST_SPELLINGS else [text]
