"""Atoms: the smallest things that a paper has or has not, each known once however many queries ask for it.

An atom is a leaf of a query without its weight. It knows the queries that wait for it; a paper that has it wakes them.
"""

from __future__ import annotations

from array import array
from collections.abc import Set as AbstractSet
from typing import TypeAlias

from bot.query.tree import Query


class Held:
    """One distinct query and the keys of whoever holds it."""

    __slots__ = ("keys", "normal", "number", "query")

    def __init__(self, query: Query, key: str, number: int, *, keep: bool) -> None:
        self.normal = query.normal
        self.query = query if keep else None
        """``None`` where it is read again from its normal form when it is needed: trees are half of all memory."""
        self.number = number
        """What stands for it in the lists of those that wait: hundreds are gathered for each paper, and numbers side by
        side in memory are gathered many times faster than objects that lie all over it."""
        self.keys: str | set[str] = key
        """The only key itself, or a set of two and more: most queries have one holder, and sets are large."""

    def add(self, key: str) -> None:
        """One more holder."""
        if isinstance(self.keys, str):
            self.keys = {self.keys}
        self.keys.add(key)

    def discard(self, key: str) -> bool:
        """One holder less; whether none is left."""
        if isinstance(self.keys, str):
            return True
        self.keys.discard(key)
        if len(self.keys) == 1:
            self.keys = self.keys.pop()
        return False

    def holders(self) -> tuple[str, ...]:
        """The keys, in no order."""
        return (self.keys,) if isinstance(self.keys, str) else tuple(self.keys)


class Atom:
    """A leaf, how rare it is, and who waits for it."""

    __slots__ = ("pairs", "rarity", "uses", "waiting", "whole")

    def __init__(self, share: float) -> None:
        self.rarity = share
        """The share of papers that have it, estimated."""
        self.uses = 0
        """At how many places of distinct queries it stands; at 0 it is forgotten."""
        self.whole: array[int] | None = None
        """Numbers of queries that it satisfies alone."""
        self.waiting: list[Check] | None = None
        """Queries to be checked when it is there."""
        self.pairs: dict[Atom, list[int | Check]] | None = None
        """Queries that need it and a second atom, by the second."""


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


class Check:
    """What is left to verify of a query once the atoms that woke it are there."""

    __slots__ = ("number", "rest")

    def __init__(self, number: int, rest: All) -> None:
        self.number = number
        self.rest = rest


Group: TypeAlias = All | Any_
