"""How arXiv writes things: lists of authors in one line, and that a paper was withdrawn (pure)."""

from __future__ import annotations

import re
from typing import Final

_SUFFIXES: Final = frozenset({"jr", "jr.", "sr", "sr.", "ii", "iii", "iv"})
_WITHDRAWN: Final = re.compile(  # noqa: TID251
    r"\b(?:paper|article|manuscript|submission|work|preprint|version|document)\s+(?:has\s+been|is|was)\s+(?:\w+\s+)?"
    r"withdrawn\b|\bwithdrawn\s+by\b|\barxiv\s+withdrawal\b|^\s*withdrawn\b",
    re.IGNORECASE,
)


def authors(line: str) -> tuple[str, ...]:
    """Names out of «A. One, B. Two (Institute, Town) and C. Three, Jr.»; what stands in parentheses is left out."""
    names: list[str] = []
    depth, begun = 0, []
    paired = line.count("(") == line.count(")")
    for letter in f"{line},":
        if letter == "(" and paired:
            depth += 1
        elif letter == ")" and paired:
            depth = max(0, depth - 1)
        elif depth:
            continue
        elif letter != ",":
            begun.append(letter)
        else:
            for name in re.split(r"\s+and\s+|^and\s+", "".join(begun)):
                words = " ".join(name.split())
                if words.lower() in _SUFFIXES and names:
                    names[-1] = f"{names[-1]}, {words}"
                elif words:
                    names.append(words)
            begun = []
    return tuple(names)


def says_withdrawn(*texts: str | None) -> bool:
    """Do the authors or arXiv say so, in the comment or in place of the abstract?"""
    return any(_WITHDRAWN.search(text[:400]) for text in texts if text)
