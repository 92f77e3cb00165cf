"""How words begin, so that of the compounds of a paper only those are looked at that may be asked for."""

from __future__ import annotations

from bisect import bisect_left
from typing import Final

from bot.matching.vocabulary import bucket

_LAST: Final = chr(0x10FFFF)


class Heads:
    """For a word of a paper, how typed words go on that begin with it: a bit for each bucket of two letters.

    The stem of a compound keeps its first word and two letters of its second one
    (:func:`bot.text.words.compound_stems`).
    """

    def __init__(self) -> None:
        self._typed: list[str] = []
        self._new: list[str] = []

    def put(self, word: str) -> None:
        """One more word was typed."""
        self._new.append(word)

    def drop(self, word: str) -> None:
        """A word is typed nowhere now."""
        self._sort()
        del self._typed[bisect_left(self._typed, word)]

    def go_on(self, word: str) -> int:
        """The buckets of the letters with which typed words go on."""
        self._sort()
        low, found = bisect_left(self._typed, word), 0
        for one in self._typed[low : bisect_left(self._typed, word + _LAST, low)]:
            if one != word:
                found |= 1 << bucket(one[len(word) : len(word) + 2])
        return found

    def _sort(self) -> None:
        if self._new:
            self._typed += self._new
            self._typed.sort()  # nearly sorted already, which Python's sort makes use of
            self._new.clear()
