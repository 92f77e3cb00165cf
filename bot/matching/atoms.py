"""Atoms: the smallest things that a paper has or has not, each known once however many queries ask for it.

An atom is a leaf of a query without its weight. It knows the queries that wait for it; a paper that has it wakes them.
A hundred thousand filters have as many atoms, so one that waits alone is kept bare, without a list around it.
"""

from __future__ import annotations

from array import array
from collections.abc import Set as AbstractSet
from typing import TypeAlias


class Atom:
    """A leaf, how rare it is, and who waits for it."""

    __slots__ = ("joint", "others", "pairs", "rarity", "uses", "waiting", "whole")

    def __init__(self, share: float, others: tuple[str, ...] = ()) -> None:
        self.rarity = share
        """The share of papers that have it, estimated."""
        self.others = others
        """All spellings of a term but the written one."""
        self.uses = 0
        """At how many places of distinct queries it stands; at 0 it is forgotten."""
        self.whole: int | array[int] | None = None
        """Numbers of queries that it satisfies alone."""
        self.waiting: Check | list[Check] | None = None
        """Queries to be checked when it is there."""
        self.pairs: tuple[Atom, Waits] | dict[Atom, Waits] | None = None
        """Queries that need it and a second atom, by the second."""
        self.joint: tuple[Atom, ...] | None = None
        """What is there when it is: only of what stands for a spelling that several terms share."""

    def pair(self, second: Atom, one: int | Check) -> None:
        """Let a query wait for it and a second atom."""
        pairs = self.pairs
        if pairs is None:
            self.pairs = (second, one)
        elif isinstance(pairs, dict):
            pairs[second] = _with(pairs.get(second), one)
        elif pairs[0] is second:
            self.pairs = (second, _with(pairs[1], one))
        else:
            self.pairs = {pairs[0]: pairs[1], second: one}

    def part(self, second: Atom, number: int) -> None:
        """Let the query of that number wait for it and the second no longer."""
        pairs = self.pairs
        if isinstance(pairs, dict):
            left = _without(pairs.get(second), number)
            if left is not None:
                pairs[second] = left
            else:
                pairs.pop(second, None)
                self.pairs = pairs or None
        elif pairs is not None and pairs[0] is second:
            left = _without(pairs[1], number)
            self.pairs = None if left is None else (second, left)

    def wait(self, one: int | Check) -> None:
        """Let a query wait for it alone."""
        if isinstance(one, int):
            if self.whole is None:
                self.whole = one
            elif isinstance(self.whole, int):
                self.whole = array("L", (self.whole, one))
            else:
                self.whole.append(one)
        elif self.waiting is None:
            self.waiting = one
        elif isinstance(self.waiting, Check):
            self.waiting = [self.waiting, one]
        else:
            self.waiting.append(one)

    def leave(self, one: int | Check) -> None:
        """Let a query wait for it alone no longer."""
        if isinstance(one, int):
            if isinstance(self.whole, array):
                if one in self.whole:
                    self.whole.remove(one)
                    self.whole = self.whole or None
            elif self.whole == one:
                self.whole = None
        elif isinstance(self.waiting, list):
            self.waiting = [check for check in self.waiting if check.number != one.number] or None
        elif self.waiting is not None and self.waiting.number == one.number:
            self.waiting = None


class All:
    """Clauses that must all hold."""

    __slots__ = ("banned", "groups", "needed")

    def __init__(self, needed: tuple[Atom, ...], banned: tuple[Atom, ...], groups: tuple[Any_, ...]) -> None:
        self.needed = needed
        self.banned = banned
        self.groups = groups

    def holds(self, present: AbstractSet[Atom]) -> bool:
        """Whether they do, for a paper that has the atoms ``present`` and no others."""
        for atom in self.needed:
            if atom not in present:
                return False
        for atom in self.banned:
            if atom in present:
                return False
        return not self.groups or all(group.holds(present) for group in self.groups)


class Any_:  # noqa: N801 - typing has the plain name
    """Clauses of which one must hold."""

    __slots__ = ("groups", "missing", "wanted")

    def __init__(self, wanted: frozenset[Atom], missing: frozenset[Atom], groups: tuple[All, ...]) -> None:
        self.wanted = wanted
        self.missing = missing
        """One of these not being there is enough."""
        self.groups = groups

    def holds(self, present: AbstractSet[Atom]) -> bool:
        """Whether one does, for a paper that has the atoms ``present`` and no others."""
        return (
            not self.wanted.isdisjoint(present)
            or not self.missing <= present
            or any(group.holds(present) for group in self.groups)
        )


class Check(All):
    """What is left to verify of a query once the atoms that woke it are there."""

    __slots__ = ("number",)

    def __init__(
        self, number: int, needed: tuple[Atom, ...], banned: tuple[Atom, ...], groups: tuple[Any_, ...]
    ) -> None:
        super().__init__(needed, banned, groups)
        self.number = number


Group: TypeAlias = All | Any_
Waits: TypeAlias = int | Check | list[int | Check]
"""One query, or several."""


def _with(waits: Waits | None, one: int | Check) -> Waits:
    if waits is None:
        return one
    if isinstance(waits, list):
        waits.append(one)
        return waits
    return [waits, one]


def _without(waits: Waits | None, number: int) -> Waits | None:
    if waits is None:
        return None
    several = waits if isinstance(waits, list) else [waits]
    left = [one for one in several if (one if isinstance(one, int) else one.number) != number]
    return left[0] if len(left) == 1 else left or None
