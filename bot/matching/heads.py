"""How words begin, so that of the compounds of a paper only those are looked at that may be asked for."""

from __future__ import annotations

from bisect import bisect_left
from typing import Final

_REMEMBERED: Final = 1 << 14
"""Words of papers that are remembered."""
_LAST: Final = chr(0x10FFFF)


class Heads(dict[str, frozenset[str]]):
    """For a word of a paper, the letters with which typed words go on that begin with it: one letter, and two.

    The stem of a compound keeps its first word and two letters of its second one
    (:func:`bot.text.words.compound_stems`).
    """

    def __init__(self) -> None:
        super().__init__()
        self._typed: list[str] = []
        self._new: list[str] = []

    def put(self, word: str) -> None:
        """One more word was typed."""
        self._new.append(word)
        for size in range(1, len(word)) if self else ():
            if (held := self.get(word[:size])) is not None:
                self[word[:size]] = held | {word[size], word[size : size + 2]}

    def drop(self, word: str) -> None:
        """A word is typed nowhere now. Its letters are looked at in vain until they are forgotten."""
        self._sort()
        del self._typed[bisect_left(self._typed, word)]

    def __missing__(self, word: str) -> frozenset[str]:
        self._sort()
        if len(self) >= _REMEMBERED:
            self.clear()
        low = bisect_left(self._typed, word)
        longer = self._typed[low : bisect_left(self._typed, word + _LAST, low)]
        # Most are empty, and there is one empty set.
        found = self[word] = frozenset(
            [one[len(word) :][:size] for one in longer if one != word for size in (1, 2)]
        )
        return found

    def _sort(self) -> None:
        if self._new:
            self._typed += self._new
            self._typed.sort()  # nearly sorted already, which Python's sort makes use of
            self._new.clear()
