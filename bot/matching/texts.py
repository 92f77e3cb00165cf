"""The words of several papers, one after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from itertools import compress, count
from operator import attrgetter
from typing import TYPE_CHECKING, Final

import numpy as np

from bot.query.document import Words
from bot.text.words import compound_stems

if TYPE_CHECKING:
    from numpy.typing import NDArray

_BORDER: Final = ""
"""The word between two texts: no gram runs over it."""


class Texts:
    """Some texts of each paper, each part made when it is asked for."""

    def __init__(self, papers: Sequence[Sequence[Words]]) -> None:
        self._pieces: list[tuple[Words, int, int]] = []
        """Runs of words that a gram may lie in: from where to where in their text."""
        self._ends: list[int] = []
        """Where the words of each paper end."""
        size = 0
        for texts in papers:
            for text in texts:
                start = 0
                for end in (*sorted(text.breaks - {0}), len(text.exact)):
                    self._pieces.append((text, start, end))
                    size += end - start + 1
                    start = end
            self._ends.append(size)

    @cached_property
    def exact(self) -> list[str]:
        """The words as written."""
        return self._in_a_row(attrgetter("exact"))

    @cached_property
    def stems(self) -> list[str]:
        """Their stems."""
        return self._in_a_row(attrgetter("stems"))

    @cached_property
    def joined(self) -> list[str]:
        """The compound with the next word as written, "" where there is none."""
        return self._in_a_row(attrgetter("joined"))

    def _in_a_row(self, part: Callable[[Words], Sequence[str]]) -> list[str]:
        found: list[str] = []
        for text, start, end in self._pieces:
            found += part(text)[start:end]
            found.append(_BORDER)
        return found

    @cached_property
    def compounds(self) -> dict[int, str]:
        """The stems of all compounds, by where they begin."""
        return dict(self.compounds_at(list(compress(count(), self.joined))))

    def compounds_at(self, places: Sequence[int]) -> Iterator[tuple[int, str]]:
        """The stems of the compounds that begin at some places."""
        pairs = [(self.exact[at], self.exact[at + 1]) for at in places]
        return zip(places, compound_stems(pairs), strict=True)

    @cached_property
    def owners(self) -> NDArray[np.int64]:
        """Which paper each word is of."""
        return np.repeat(np.arange(len(self._ends)), np.diff(self._ends, prepend=0))

    def papers(self) -> Iterator[tuple[int, range]]:
        """Each paper and the places of its words."""
        start = 0
        for paper, end in enumerate(self._ends):
            yield paper, range(start, end)
            start = end
