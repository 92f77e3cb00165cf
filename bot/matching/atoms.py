"""Atoms: the smallest things that a paper has or has not, each known once however many filters ask for it.

An atom is a leaf of a filter without its weight, and here it is nothing but a number. What is known of it stands in
columns by that number, and who waits for it in a row of one large table: a paper has two hundred atoms out of hundreds
of thousands, and what it costs is how many places of memory have to be fetched for them. numpy fetches many of them at
a time, while Python waits for each.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable
from itertools import pairwise
from typing import Final, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

TOGETHER: Final = 32
"""Papers that are matched in one go: as many as a number in :data:`Present` has bits, enough that what numpy costs for each
step hardly counts, and ten milliseconds with a hundred thousand filters."""
EVERY: Final = 0
"""An atom that every paper has."""
NONE: Final = -1
"""An atom that no paper has."""

Present: TypeAlias = NDArray[np.uint32]
"""For each atom a bit for each paper that has it. It is one longer than there are atoms, for :data:`NONE`."""


class Had(NamedTuple):
    """What papers have, in parallel: each paper by its place among those that are matched together, and what it is."""

    papers: NDArray[np.int64]
    what: NDArray[np.int64]


class Atoms:
    """All atoms, how rare they are, and who waits for them.

    Who waits is written as a number, a *claim*: that of a filter, from 1, which passes then, or the negative number of
    something that has to be checked first (:mod:`bot.matching.checks`).
    """

    def __init__(self) -> None:
        self.rarity = array("f", (1.0,))
        """The share of papers that have it, estimated."""
        self.uses = array("I", (1,))
        """At how many places of distinct filters it stands; at 0 it is forgotten."""
        self.spellings = array("H", (0,))
        """How many a term has; 0 for what is no term."""
        self._free: list[int] = []
        self._start = array("I", (0,))
        """Where the row of each begins in the table."""
        self._size = array("I", (0,))
        """How many wait in it."""
        self._room = bytearray((0,))
        """How many it has room for, as the power of two above: 0, 1, 2, 4, 8 …"""
        self._second = array("i", (0,))
        """The table: for each who waits a second atom that must be there as well, :data:`EVERY` if none need be, …"""
        self._claim = array("i", (0,))
        """… and a claim."""
        self._rooms: dict[int, list[int]] = {}
        """Rows that are free, by their room."""
        self._present = array("I")

    def add(self, share: float, spellings: int = 0) -> int:
        """One more atom."""
        if self._free:
            atom = self._free.pop()
            self.rarity[atom], self.spellings[atom] = share, spellings
            return atom
        self.rarity.append(share)
        self.uses.append(0)
        self.spellings.append(spellings)
        self._start.append(0)
        self._size.append(0)
        self._room.append(0)
        return len(self._size) - 1

    def forget(self, atom: int) -> None:
        """Give a number back; nobody waits for it any more."""
        self._free.append(atom)

    def wait(self, first: int, second: int, claim: int) -> None:
        """Let somebody wait for two atoms."""
        size, room = self._size[first], self._room[first]
        if not room and 1 not in self._rooms:  # nearly all have nobody or one
            self._start[first], self._room[first] = len(self._claim), 1
            self._second.append(0)
            self._claim.append(0)
        elif size == (1 << room) >> 1:
            self._move(first, room + 1)
        at = self._start[first] + size
        self._second[at], self._claim[at] = second, claim
        self._size[first] = size + 1

    def _move(self, first: int, room: int) -> None:
        """Give a row more room, or take it away with a room of 0."""
        start, size, former = self._start[first], self._size[first], self._room[first]
        if room:
            free = self._rooms.get(room)
            to = free.pop() if free else len(self._claim)
            if not free:
                self._rooms.pop(room, None)
            if to == len(self._claim):
                more = bytes(4 * ((1 << room) >> 1))
                self._second.frombytes(more)
                self._claim.frombytes(more)
            self._second[to : to + size] = self._second[start : start + size]
            self._claim[to : to + size] = self._claim[start : start + size]
            self._start[first] = to
        if former:
            self._rooms.setdefault(former, []).append(start)
        self._room[first] = room

    def leave(self, first: int, second: int, theirs: Callable[[int], bool]) -> list[int]:
        """Let those wait there no longer whose claims are ``theirs``; gives these back."""
        gone: list[int] = []
        at, end = self._start[first], self._start[first] + self._size[first]
        while at < end:
            if self._second[at] == second and theirs(self._claim[at]):
                gone.append(self._claim[at])
                end -= 1
                self._second[at], self._claim[at] = self._second[end], self._claim[end]
            else:
                at += 1
        self._size[first] -= len(gone)
        if gone and not self._size[first]:
            self._move(first, 0)
        return gone

    def there(self, had: Had) -> Present:
        """Which atoms papers have, each given once, paper by paper. To be given back empty."""
        width = len(self._size) + 1
        if len(self._present) < width:
            self._present = array("I", bytes(4 * (width + width // 4)))
        there = np.frombuffer(self._present, np.uint32)[:width]
        for paper, (start, end) in enumerate(pairwise(ends_of(had.papers))):
            if start < end:
                there[had.what[start:end]] |= np.uint32(1 << paper)
        return there

    def awake(self, had: Had, there: Present) -> Had:
        """The claims of all who wait for atoms that papers have, given each once, where ``there`` has them as well."""
        papers, atoms = had
        sizes = np.frombuffer(self._size, np.uint32).take(atoms)
        ends = np.cumsum(sizes, dtype=np.int64)
        starts = np.frombuffer(self._start, np.uint32).take(atoms) - (ends - sizes)
        places = np.repeat(starts, sizes) + np.arange(ends[-1] if len(ends) else 0)
        owners = np.repeat(papers, sizes)
        both = (
            there.take(np.frombuffer(self._second, np.int32).take(places)) >> owners.astype(np.uint32) & 1
        ).nonzero()[0]
        return Had(
            owners.take(both), np.frombuffer(self._claim, np.int32).take(places.take(both)).astype(np.int64)
        )


def ends_of(papers: NDArray[np.int64]) -> list[int]:
    """Where what each of some papers has begins and ends, given the paper of each in order."""
    ends: list[int] = np.searchsorted(papers, np.arange(TOGETHER + 1)).tolist()
    return ends
