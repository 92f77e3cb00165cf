"""Leaves that are not about words: names, categories, counts and properties, each found by looking it up."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable, Iterator
from operator import attrgetter
from typing import Final

from bot.models import Paper
from bot.query.authors import Name, given_compatible, of_plain, plain_words, taken_apart
from bot.query.fields import COUNTS
from bot.query.tree import Author, Category, Compare, Comparison

_REMEMBERED: Final = 4096
"""Categories of papers; the listings we know have some hundreds."""
_number: Final = attrgetter("number")


class Authors:
    """Names, by the parts that a compatible name must share."""

    def __init__(self) -> None:
        self._single: dict[str, list[int]] = {}
        """Names of one part, which any but the first given name may be."""
        self._fuller: dict[str, dict[str, list[tuple[Name, int]]]] = {}
        """All others, by :func:`_start`, and then under each of :func:`_keys`."""

    def put(self, author: Author, atom: int) -> None:
        """Look for ``author`` from now on."""
        if (name := taken_apart(author.name)) is None:
            return
        if _one_part(name):
            self._single.setdefault(name.key, []).append(atom)
        else:
            by_given = self._fuller.setdefault(_start(name), {})
            for key in _keys(name):
                by_given.setdefault(key, []).append((name, atom))

    def drop(self, author: Author, atom: int) -> None:
        """Look for ``author`` no longer."""
        if (name := taken_apart(author.name)) is None:
            return
        if _one_part(name):
            self._single[name.key].remove(atom)
            if not self._single[name.key]:
                del self._single[name.key]
        else:
            by_given = self._fuller[_start(name)]
            for key in _keys(name):
                by_given[key].remove((name, atom))
                if not by_given[key]:
                    del by_given[key]
            if not by_given:
                del self._fuller[_start(name)]

    def find(self, authors: Iterable[str], present: set[int]) -> None:
        """Add to ``present`` every name that may be one of the authors', each as the listing has it."""
        if not (self._single or self._fuller):
            return
        for written in authors:
            words = plain_words(written)
            if words is not None and not self._may_find(words):
                continue  # as most are
            author = taken_apart(written) if words is None else of_plain(words)
            if author is not None:
                present.update(self._found(author))

    def _may_find(self, words: list[str]) -> bool:
        """Whether anybody may be found for a plain name."""
        first, *_, family = words
        by_given = self._fuller.get(f"{family}, {first[0]}")
        if by_given is not None and (
            len(first) == 1 or not by_given.keys().isdisjoint((first, first[0], "".join(words[:-1])))
        ):
            return True
        return family in self._fuller or not self._single.keys().isdisjoint(words[1:])

    def _found(self, author: Name) -> Iterator[int]:
        given = author.given
        for part in (*given[1:], *author.family):
            yield from self._single.get(part, ())
        for _, atom in self._fuller.get(" ".join(author.core), {}).get("", ()):
            yield atom
        by_given = self._fuller.get(_start(author)) if given else None
        if by_given is None:
            return
        initial, keys = given[0][0], _keys(author)
        for key in by_given if initial in keys else (*keys, initial):
            for asked, atom in by_given.get(key, ()):
                if given_compatible(asked.given, given):
                    yield atom


class Categories:
    """Patterns, by what a category must be or begin with."""

    def __init__(self) -> None:
        self._patterns: dict[Category, int] = {}
        self._found: dict[str, tuple[int, ...]] = {}
        """What each category of a paper falls under, as far as asked since the last change."""

    def put(self, category: Category, atom: int) -> None:
        """Look for ``category`` from now on."""
        self._patterns[category] = atom
        self._found.clear()

    def drop(self, category: Category) -> None:
        """Look for ``category`` no longer."""
        del self._patterns[category]
        self._found.clear()

    def find(self, categories: Iterable[str], present: set[int]) -> None:
        """Add to ``present`` every pattern that one of the categories falls under."""
        if not self._patterns:
            return
        for category in categories:
            if (found := self._found.get(category)) is None:
                if len(self._found) >= _REMEMBERED:
                    self._found.clear()
                found = tuple(atom for pattern, atom in self._patterns.items() if pattern.accepts(category))
                self._found[category] = found
            present.update(found)


class Counts:
    """Comparisons, by field and sign, in the order of their numbers."""

    def __init__(self) -> None:
        self._sorted: dict[tuple[str, Comparison], list[Compare]] = {}
        self._atoms: dict[Compare, int] = {}

    def put(self, compare: Compare, atom: int) -> None:
        """Look for ``compare`` from now on."""
        self._atoms[compare] = atom
        insort(self._sorted.setdefault((compare.field, compare.op), []), compare, key=_number)

    def drop(self, compare: Compare) -> None:
        """Look for ``compare`` no longer."""
        del self._atoms[compare]
        held = self._sorted[compare.field, compare.op]
        del held[bisect_left(held, compare.number, key=_number)]
        if not held:
            del self._sorted[compare.field, compare.op]

    def find(self, paper: Paper, present: set[int]) -> None:
        """Add to ``present`` every comparison that the paper's counts pass; an unknown count passes none."""
        if not self._sorted:
            return
        for field in COUNTS:
            count: int | None = getattr(paper, field)
            if count is None:
                continue
            for (name, sign), held in self._sorted.items():
                if name == field:
                    below = bisect_left(held, count, key=_number)
                    upto = bisect_right(held, count, key=_number)
                    start, end = {
                        ">=": (0, upto),
                        ">": (0, below),
                        "<=": (below, len(held)),
                        "<": (upto, len(held)),
                        "=": (below, upto),
                    }[sign]
                    present.update(self._atoms[one] for one in held[start:end])


def _start(name: Name) -> str:
    """What all compatible names have in common: the core of the family name, and the first letter of a given one."""
    return ", ".join([" ".join(name.core), *[one[0] for one in name.given[:1]]])


def _keys(name: Name) -> set[str]:
    """What compatible names have in common: the first given name, or all of them written as one.

    Of a name with hyphens or an initial it is the first letter: that of any other may be compatible.
    """
    if not name.given:
        return {""}
    first = name.given[0]
    if len(first) == 1 or "-" in first:
        return {first[0]}
    return {first, "".join(name.given).replace("-", "")}


def _one_part(name: Name) -> bool:
    return not name.given and len(name.family) == 1
