"""What is left to verify of a filter once the atoms that it waited for are there.

Nearly always that is one more atom that must be there, one that must not, or both, which columns by the number of the
check hold: the checks of a paper are then made all at once. Whatever else there is, is kept as a tree.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from typing import TypeAlias

import numpy as np

from bot.matching.atoms import EVERY, NONE, Had, Present


class All:
    """Clauses that must all hold."""

    __slots__ = ("banned", "groups", "needed")

    def __init__(self, needed: tuple[int, ...], banned: tuple[int, ...], groups: tuple[Any_, ...]) -> None:
        self.needed = needed
        self.banned = banned
        self.groups = groups

    def holds(self, there: Sequence[int], paper: int) -> bool:
        """Whether they do for a paper, given as its bit in what atoms are there."""
        for atom in self.needed:
            if not there[atom] & paper:
                return False
        for atom in self.banned:
            if there[atom] & paper:
                return False
        for group in self.groups:  # noqa: SIM110 - called hundreds of times for each paper
            if not group.holds(there, paper):
                return False
        return True


class Any_:  # noqa: N801 - typing has the plain name
    """Clauses of which one must hold."""

    __slots__ = ("groups", "missing", "wanted")

    def __init__(self, wanted: tuple[int, ...], missing: tuple[int, ...], groups: tuple[All, ...]) -> None:
        self.wanted = wanted
        self.missing = missing
        """One of these not being there is enough."""
        self.groups = groups

    def holds(self, there: Sequence[int], paper: int) -> bool:
        """Whether one does for a paper, given as its bit in what atoms are there."""
        for atom in self.wanted:
            if there[atom] & paper:
                return True
        for atom in self.missing:
            if not there[atom] & paper:
                return True
        for group in self.groups:  # noqa: SIM110 - called hundreds of times for each paper
            if group.holds(there, paper):
                return True
        return False


Group: TypeAlias = All | Any_


def leaves(group: Group) -> int:
    """How many atoms are looked at to verify it, at most."""
    plain = (
        len(group.needed) + len(group.banned)
        if isinstance(group, All)
        else len(group.wanted) + len(group.missing)
    )
    return plain + sum(map(leaves, group.groups))


class Checks:
    """All checks, each with the number of the filter that passes if it holds."""

    def __init__(self) -> None:
        self._needed = array("i", (EVERY,))
        self._banned = array("i", (NONE,))
        self._filter = array("i", (0,))
        self._more = bytearray((0,))
        """1 where there is more to it: in ``_rest``."""
        self._rest: dict[int, All] = {}
        self._free: list[int] = []

    def add(self, check: All, number: int) -> int:
        """The number, from 1, of one more check, for the filter of that number."""
        needed, banned = check.needed, check.banned
        one, other = needed[0] if needed else EVERY, banned[0] if banned else NONE
        if self._free:
            at = self._free.pop()
            self._needed[at], self._banned[at], self._filter[at] = one, other, number
        else:
            at = len(self._filter)
            self._needed.append(one)
            self._banned.append(other)
            self._filter.append(number)
            self._more.append(0)
        if len(needed) > 1 or len(banned) > 1 or check.groups:
            self._rest[at] = All(needed[1:], banned[1:], check.groups)
            self._more[at] = 1
        return at

    def drop(self, at: int) -> None:
        """Forget one."""
        if self._rest.pop(at, None) is not None:
            self._more[at] = 0
        self._filter[at] = 0
        self._free.append(at)

    def filter_of(self, claim: int) -> int:
        """The number of the filter that has a claim."""
        return claim if claim > 0 else self._filter[-claim]

    def passed(self, claims: Had, there: Present) -> Had:
        """The filters whose claims hold for papers with the atoms ``there``."""
        papers, claimed = claims
        checked = (claimed < 0).nonzero()[0]
        of, checks = papers.take(checked), -claimed.take(checked)
        needed, banned = (np.frombuffer(one, np.int32).take(checks) for one in (self._needed, self._banned))
        held = ((there.take(needed) & ~there.take(banned)) >> of.astype(np.uint32) & 1).nonzero()[0]
        of, checks = of.take(held), checks.take(held)
        if self._rest:
            more = np.frombuffer(self._more, np.uint8).take(checks).nonzero()[0]
            fails = [
                at
                for at, paper, check in zip(
                    more.tolist(), of.take(more).tolist(), checks.take(more).tolist(), strict=True
                )
                if not self._rest[check].holds(there.data, 1 << paper)
            ]
            of, checks = np.delete(of, fails), np.delete(checks, fails)
        plain = (claimed > 0).nonzero()[0]
        filters = np.frombuffer(self._filter, np.int32).take(checks)
        return Had(np.concatenate([papers.take(plain), of]), np.concatenate([claimed.take(plain), filters]))
