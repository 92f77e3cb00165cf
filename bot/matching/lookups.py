"""Leaves that are not about words: names, categories, counts and properties, each found by looking it up."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable, Sequence
from operator import attrgetter
from typing import Final

from bot.models import Paper
from bot.query.authors import Name, given_compatible, plain_words, taken_apart
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
        self._fuller: dict[str, list[tuple[Name, int]]] = {}
        """All others, under each of :func:`_places`."""

    def put(self, author: Author, atom: int) -> None:
        """Look for ``author`` from now on."""
        if (name := taken_apart(author.name)) is None:
            return
        if _one_part(name):
            self._single.setdefault(name.key, []).append(atom)
        else:
            for place in _places(name):
                self._fuller.setdefault(place, []).append((name, atom))

    def drop(self, author: Author, atom: int) -> None:
        """Look for ``author`` no longer."""
        if (name := taken_apart(author.name)) is None:
            return
        if _one_part(name):
            self._single[name.key].remove(atom)
            if not self._single[name.key]:
                del self._single[name.key]
        else:
            for place in _places(name):
                self._fuller[place].remove((name, atom))
                if not self._fuller[place]:
                    del self._fuller[place]

    def find(self, authors: Iterable[str], present: set[int]) -> None:
        """Add to ``present`` every name that may be one of the authors', each as the listing has it."""
        single, fuller = self._single, self._fuller
        if not (single or fuller):
            return
        for written in authors:
            if (words := plain_words(written)) is not None:
                *given, core = words
                others = words[1:]
            elif (name := taken_apart(written)) is not None:
                given, core = [*name.given], " ".join(name.core)
                others = [*name.given[1:], *name.family]
            else:
                continue
            if not single.keys().isdisjoint(others):
                present.update([atom for part in others for atom in single.get(part, ())])
            if not fuller.keys().isdisjoint(places := _looked_at(core, given)):
                for place in places:
                    for asked, atom in fuller.get(place, ()):
                        if not asked.given or given_compatible(asked.given, tuple(given)):
                            present.add(atom)


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


def _places(name: Name) -> set[str]:
    """Where a name waits, so that every compatible one looks at one of its places.

    By its core and its first given name, or all of them written as one; of one with hyphens or an initial by the first letter. Who
    is written with an initial looks at all with that letter.
    """
    core, given = " ".join(name.core), name.given
    if not given:
        return {core}
    start = f"{core}, {given[0][0]}"
    if _is_short(given[0]):
        return {start, f"{start}*"}
    return {f"{core}, {given[0]}", f"{core}, {''.join(given).replace('-', '')}", f"{start}*"}


def _looked_at(core: str, given: Sequence[str]) -> tuple[str, ...]:
    """The places at which names wait that may be compatible with the author of a paper."""
    if not given:
        return (core,)
    first = given[0]
    start = f"{core}, {first[0]}"
    if _is_short(first):
        return core, f"{start}*"
    return core, start, f"{core}, {first}", f"{core}, {''.join(given).replace('-', '')}"


def _is_short(given: str) -> bool:
    """Whether names may be compatible that have only the first letter in common with this one."""
    return len(given) == 1 or "-" in given


def _one_part(name: Name) -> bool:
    return not name.given and len(name.family) == 1
