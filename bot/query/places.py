"""Where in a text a term is found."""

from __future__ import annotations

from bot.query.document import Words
from bot.query.tree import Joined, Term


def places(term: Term, words: Words) -> list[tuple[int, int]]:
    """Every run of positions ``(first, after the last)`` that satisfies ``term``, from left to right.

    Of runs inside each other the shorter is kept (``diffusion``, not «diffusion policy» for its compound), of runs
    that overlap the left one.
    """
    found: set[tuple[int, int]] = set()
    for pattern in term.patterns:
        for first in _starts(term, pattern, words):
            found.update((first, end) for end in _ends(term, pattern, 0, words, first))
    kept: list[tuple[int, int]] = []
    for first, end in sorted(found, key=lambda run: (run[1], -run[0])):
        if not kept or first >= kept[-1][1]:
            kept.append((first, end))
    return kept


def _starts(term: Term, pattern: tuple[str, ...], words: Words) -> set[int]:
    """The positions where the first word of a pattern stands."""
    word = pattern[0]
    if term.prefix and len(pattern) == 1:
        starts = {i for i, form in enumerate(words.exact) if form.startswith(word)}
        if not term.exact:
            starts |= {i for i, form in enumerate(words.joined) if form.startswith(word)}
        return starts
    if term.exact:
        return set(words.at_exact.get(word, ()))
    if isinstance(word, Joined):
        return set(words.at_stem.get(word, ()))
    return {*words.at_stem.get(word, ()), *words.at_joined.get(word, ())}


def _ends(term: Term, pattern: tuple[str, ...], i: int, words: Words, position: int) -> list[int]:
    """The positions behind a match of ``pattern[i:]`` that begins at ``position``."""
    if i == len(pattern):
        return [position]
    if position >= len(words.exact) or (i and position in words.breaks):
        return []
    word, last = pattern[i], i == len(pattern) - 1
    ends = []
    if term.prefix and last:
        single = words.exact[position].startswith(word)
        double = not term.exact and words.joined[position].startswith(word)
    elif term.exact:
        single, double = words.exact[position] == word, False
    else:
        single = words.stems[position] == word
        double = words.joined_stems[position] == word and not isinstance(word, Joined)
    if single:
        ends += _ends(term, pattern, i + 1, words, position + 1)
    if double:
        ends += _ends(term, pattern, i + 1, words, position + 2)
    return ends
