"""The words of grams as numbers, *nodes*, and what else is known of each; and what leads from word to word in a text."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

import numpy as np

from bot.matching.atoms import Had

if TYPE_CHECKING:
    from numpy.typing import NDArray

SEVERAL: Final = -1


class Nodes:
    """Words of grams and beginnings of longer ones, and whatever else more than one thing is known of."""

    def __init__(self) -> None:
        self.end = array("i", (0,))
        """The atom of the gram that ends there, 0 if none does, :data:`SEVERAL` if there are more atoms."""
        self.several: dict[int, tuple[int, ...]] = {}
        self.uses = array("I", (0,))
        """How many grams have it as a word or go on from there."""
        self.twin = array("I", (0,))
        """Of a word that somebody typed, the node of the same word as a term has joined it; 0 if none has."""
        self._free: list[int] = []

    def add(self, *ends: int) -> int:
        """One more, from 1."""
        if self._free:
            node = self._free.pop()
        else:
            node = len(self.end)
            self.end.append(0)
            self.uses.append(0)
            self.twin.append(0)
        self.lead(node, ends)
        return node

    def ends(self, node: int) -> tuple[int, ...]:
        """The atoms of the grams that end there."""
        if (one := self.end[node]) == SEVERAL:
            return self.several[node]
        return (one,) if one else ()

    def lead(self, node: int, atoms: Sequence[int]) -> None:
        """Let grams with these atoms end there, and no others."""
        if len(atoms) > 1:
            self.end[node], self.several[node] = SEVERAL, tuple(atoms)
        else:
            self.end[node] = atoms[0] if atoms else 0
            self.several.pop(node, None)

    def forget(self, node: int) -> None:
        """Give a number back."""
        self.twin[node] = 0
        self._free.append(node)

    def idle(self, node: int) -> bool:
        """Whether nothing ends there and nothing goes on."""
        return not (self.uses[node] or self.end[node])

    def found(self, papers: NDArray[np.int64], nodes: NDArray[np.int64]) -> Iterator[Had]:
        """What ends at the nodes that papers have."""
        ends = np.frombuffer(self.end, np.int32).take(nodes)
        one = (ends > 0).nonzero()[0]
        yield Had(papers.take(one), ends.take(one).astype(np.int64))
        more = (ends == SEVERAL).nonzero()[0]
        if len(more):
            pairs = zip(papers.take(more).tolist(), nodes.take(more).tolist(), strict=True)
            found = [(paper, atom) for paper, node in pairs for atom in self.several[node]]
            yield Had(*np.array(found, np.int64).T)


class Edges:
    """What leads from one place of a text to another, beside most words."""

    def __init__(self, starts: NDArray[np.int64], ends: NDArray[np.int64], nodes: NDArray[np.int64]) -> None:
        order = np.argsort(starts, kind="stable")
        self.starts, self.ends, self.nodes = starts.take(order), ends.take(order), nodes.take(order)

    def after(self, places: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """All that begin where something ends: which place each is at, and which edge it is."""
        low = np.searchsorted(self.starts, places)
        sizes = np.searchsorted(self.starts, places, "right") - low
        which = np.repeat(np.arange(len(places)), sizes)
        return which, np.arange(len(which)) + np.repeat(low - (np.cumsum(sizes) - sizes), sizes)
