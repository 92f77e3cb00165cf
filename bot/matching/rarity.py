"""How rare a leaf is: an estimate that decides which leaf of a query is looked for first.

A wrong estimate costs time and never a match. The table beside this module is a count of word stems and categories in
20,000 papers of 2025 and 2026; ``python benchmarks/make_rarity.py`` makes it anew.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Final

from bot.query.tree import Author, Category, Compare, Flag, Like
from bot.text.words import fold, stem

UNKNOWN: Final = 0.0003
"""The share of papers with a word that the table does not have."""
_NEXT_WORD: Final = 0.1
"""A phrase is about ten times as rare for each further word."""
_BY_LENGTH: Final = tuple([_NEXT_WORD**further for further in range(12)])
_IN_FIELD: Final = {None: 1.0, "abstract": 0.9, "title": 0.1, "keyword": 0.02, "org": 0.02}
_PREFIX: Final = 3.0
"""A beginning stands for about as many words."""
_FLAGS: Final = {"has": 0.5, "source": 0.5, "announce": 0.5, "new-version": 0.5}
_COUNT: Final = 0.3
_SAME: Final[dict[float, float]] = {}
"""Each share once: a hundred thousand atoms have some thousands."""
_MOST_SAME: Final = 10_000


def rarity(leaf: Author | Category | Compare | Flag | Like) -> float:
    """The share of papers of which ``leaf`` is true, roughly; above 0, at most 1."""
    match leaf:
        case Author(name):
            return 0.0002 if " " in name else 0.002
        case Category(pattern):
            return _category(fold(pattern))
        case Flag(field, _):
            return _FLAGS.get(field, 0.5)
        case Compare():
            return _COUNT
        case Like():
            return 0.01


def share_of(stemmed: str) -> float:
    """The share of papers that have a word of this stem; above 0, at most 1."""
    return _table()[0].get(stemmed, UNKNOWN)


def rarity_of_words(
    spellings: tuple[tuple[str, ...], ...], field: str | None, *, exact: bool, prefix: bool
) -> float:
    """The same for a term: stems, or words as written if ``exact``; the last word may be a beginning.

    Of its spellings after the written one those count that are words of the table.
    """
    words, table = spellings[0], _table()[0]
    forms = [*map(stem, words)] if exact else words
    if prefix:
        forms = (*forms[:-1], stem(words[-1]))
    found = table.get(forms[-1], UNKNOWN) * (_PREFIX if prefix else 1.0)
    if len(words) > 1:
        for form in forms[:-1]:
            found = min(found, table.get(form, UNKNOWN))
        found *= _BY_LENGTH[min(len(words), len(_BY_LENGTH)) - 1]
    for other in spellings[1:]:
        if len(other) == 1:
            found += table.get(other[0], 0.0)
    found *= _IN_FIELD[field]
    return _SAME.setdefault(found, found) if len(_SAME) < _MOST_SAME else found


def _category(pattern: str) -> float:
    _, categories = _table()
    if not pattern.endswith("*") and pattern in categories:
        return categories[pattern]
    start = pattern.rstrip("*")
    within = sum(share for name, share in categories.items() if name.startswith(start))
    return min(1.0, max(within, UNKNOWN))


@cache
def _table() -> tuple[dict[str, float], dict[str, float]]:
    """Shares of stems and of folded categories. Each line of the file is a kind, a share, and all that have it."""
    shares: dict[str, dict[str, float]] = {"word": {}, "cat": {}}
    for line in files(__package__).joinpath("rarity.txt").read_text(encoding="utf-8").splitlines():
        kind, share, *names = line.split(" ")
        shares[kind].update(dict.fromkeys(names, float(share)))
    return shares["word"], shares["cat"]
