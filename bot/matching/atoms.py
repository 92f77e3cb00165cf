"""Atoms: the smallest things that a paper has or has not, each known once however many filters ask for it.

An atom is a leaf of a filter without its weight, and here it is nothing but a number. What is known of it stands in
columns by that number. Who waits for it is one string of bytes: a paper has two hundred atoms out of hundreds of
thousands, and what it costs is how many places of memory have to be fetched for them, two for an atom here.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable
from itertools import compress
from struct import Struct
from typing import Final

EVERY: Final = 0
"""An atom that every paper has."""
INNER: Final = 1
"""What stands for every word and beginning of grams that is no gram itself: nobody waits for it."""
NONE: Final = -1
"""An atom that no paper has."""
_ROW: Final = Struct("=ii")


class Atoms:
    """All atoms, how rare they are, and who waits for them.

    Who waits is written as a number, a *claim*: that of a filter, from 1, which passes then, or the negative number of
    something that has to be checked first (:mod:`bot.matching.checks`).
    """

    def __init__(self) -> None:
        self.rarity = array("f", (1.0, 1.0))
        """The share of papers that have it, estimated."""
        self.uses = array("I", (1, 1))
        """At how many places of distinct filters it stands; at 0 it is forgotten."""
        self.spellings = array("H", (0, 0))
        """How many a term has; 0 for what is no term."""
        self.longer = bytearray((0, 1))
        """Whether a longer gram may begin with it, or have it as a word; 1 for some with which none does."""
        self._rows = [b"", b""]
        """Who waits: for each a second atom that must be there as well, :data:`EVERY` if none need be, and a claim."""
        self._free: list[int] = []

    def add(self, share: float, spellings: int = 0) -> int:
        """One more atom."""
        if self._free:
            atom = self._free.pop()
            self.rarity[atom], self.spellings[atom], self.longer[atom] = share, spellings, 0
            return atom
        self.rarity.append(share)
        self.uses.append(0)
        self.spellings.append(spellings)
        self.longer.append(0)
        self._rows.append(b"")
        return len(self._rows) - 1

    def forget(self, atom: int) -> None:
        """Give a number back; nobody waits for it any more."""
        self._free.append(atom)

    def wait(self, first: int, second: int, claim: int) -> None:
        """Let somebody wait for two atoms."""
        self._rows[first] += _ROW.pack(second, claim)

    def leave(self, first: int, second: int, theirs: Callable[[int], bool]) -> list[int]:
        """Let those wait there no longer whose claims are ``theirs``; gives these back."""
        gone: list[int] = []
        kept: list[bytes] = []
        for other, claim in _ROW.iter_unpack(self._rows[first]):
            if other == second and theirs(claim):
                gone.append(claim)
            else:
                kept.append(_ROW.pack(other, claim))
        self._rows[first] = b"".join(kept)
        return gone

    def awake(self, present: set[int]) -> Iterable[int]:
        """The claims of all who wait for atoms that a paper has."""
        rows = memoryview(b"".join(map(self._rows.__getitem__, present))).cast("i").tolist()
        return compress(rows[1::2], map(present.__contains__, rows[::2]))
