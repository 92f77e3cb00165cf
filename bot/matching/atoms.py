"""Atoms: the smallest things that a paper has or has not, each known once however many queries ask for it.

An atom is a leaf of a query without its weight. It knows the queries that wait for it; a paper that has it wakes them.
"""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from typing import TypeAlias

from bot.matching.rarity import rarity
from bot.query.tree import Author, Category, Leaf, Query, Term


class Held:
    """One distinct query and the keys of whoever holds it."""

    __slots__ = ("keys", "query")

    def __init__(self, query: Query, key: str) -> None:
        self.query = query
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

    def __init__(self, leaf: Leaf) -> None:
        self.rarity = rarity(leaf)
        self.uses = 0
        """At how many places of distinct queries it stands; at 0 it is forgotten."""
        self.whole: list[Held] | None = None
        """Queries that it satisfies alone."""
        self.waiting: list[Check] | None = None
        """Queries to be checked when it is there."""
        self.pairs: dict[Atom, list[Held | Check]] | None = None
        """Queries that need it and a second atom, by the second."""


@dataclass(frozen=True, slots=True)
class All:
    """Clauses that must all hold."""

    needed: tuple[Atom, ...]
    banned: tuple[Atom, ...]
    groups: tuple[Any_, ...]

    def holds(self, present: AbstractSet[Atom]) -> bool:
        """Whether they do, for a paper that has the atoms ``present`` and no others."""
        for atom in self.needed:
            if atom not in present:
                return False
        for atom in self.banned:
            if atom in present:
                return False
        return not self.groups or all(group.holds(present) for group in self.groups)


@dataclass(frozen=True, slots=True)
class Any_:  # noqa: N801 - typing has the plain name
    """Clauses of which one must hold."""

    wanted: frozenset[Atom]
    missing: frozenset[Atom]
    """One of these not being there is enough."""
    groups: tuple[All, ...]

    def holds(self, present: AbstractSet[Atom]) -> bool:
        """Whether one does, for a paper that has the atoms ``present`` and no others."""
        return (
            not self.wanted.isdisjoint(present)
            or not self.missing <= present
            or any(group.holds(present) for group in self.groups)
        )


@dataclass(frozen=True, slots=True, eq=False)
class Check:
    """What is left to verify of a query once the atoms that woke it are there."""

    held: Held
    rest: All


Group: TypeAlias = All | Any_


def weightless(leaf: Leaf) -> Leaf:
    """The leaf as far as matching goes."""
    if isinstance(leaf, Term | Author | Category) and leaf.weight != 1:
        return replace(leaf, weight=1.0)
    return leaf
