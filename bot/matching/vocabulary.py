"""The words of papers as numbers: a word that was met before is no text any more."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Final

import numpy as np

from bot.matching.table import Table
from bot.text.words import reading

if TYPE_CHECKING:
    from numpy.typing import NDArray

ROOM: Final = 1 << 16
"""Words that are known at most; then all are forgotten, and the common ones are back after a few papers."""
JOINS: Final = 1
"""Of a word: it may join another over a space."""
DIGITS: Final = 2
"""Of a word: it is a number."""
BUCKETS: Final = 61


class Vocabulary:
    """Words as they were written, from 1, and their forms, from 1: folded ones and stems. 0 is no word."""

    def __init__(self) -> None:
        self.age = 0
        """How often all were forgotten: their numbers are others then."""
        self._forget()

    def _forget(self) -> None:
        self._by_key = Table()
        self._by_form: dict[int, int] = {}
        """Words of which nothing but the folded form is known, by it."""
        self.forms: dict[str, int] = {}
        self.text = [""]
        """Forms by number."""
        self.begins = bytearray((0,))
        """Of each form the bucket of its first two letters."""
        self.exact = array("i", (0,))
        """The folded form of each word, 0 for one of which nothing is left, …"""
        self.stem = array("i", (0,))
        """… its stem, …"""
        self.kind = bytearray((0,))
        """… and :data:`JOINS` or :data:`DIGITS`."""

    def __reduce__(self) -> tuple[type[Vocabulary], tuple[()]]:
        """Nothing of it is saved."""
        return Vocabulary, ()

    def __len__(self) -> int:
        return len(self.exact) - 1

    def make_room(self) -> None:
        """Forget all if there are too many; the numbers of words at hand lose their meaning."""
        if len(self.exact) > ROOM:
            self.age += 1
            self._forget()

    def find(self, keys: NDArray[np.int64], written: Callable[[int], str]) -> NDArray[np.int64]:
        """The number of each word, given a key that is as good as its text; ``written`` gives the text at a place."""
        found = self._by_key.find(keys).astype(np.int64)
        for at in np.flatnonzero(found == 0).tolist():
            key = int(keys[at])
            if not (number := self._by_key.get(key)):
                number = self._add(*reading(written(at)))
                self._by_key.put(key, number)
            found[at] = number
        return found

    def folded(self, words: Iterable[str]) -> list[int]:
        """The numbers of words in their folded form."""
        return [self._by_form.get(self.forms.get(word, 0)) or self._add_folded(word) for word in words]

    def _add_folded(self, word: str) -> int:
        number = self._add(*reading(word))
        self._by_form[self.exact[number]] = number
        return number

    def _add(self, exact: str, stem: str, joins: bool) -> int:  # noqa: FBT001 - as a reading has it
        self.exact.append(self._form(exact))
        self.stem.append(self._form(stem))
        self.kind.append(JOINS * joins | DIGITS * exact.isdigit())
        return len(self.exact) - 1

    def _form(self, text: str) -> int:
        if not text:
            return 0
        number = self.forms.setdefault(text, len(self.text))
        if number == len(self.text):
            self.text.append(text)
            self.begins.append(bucket(text[:2]))
        return number


def bucket(letters: str) -> int:
    """One of :data:`BUCKETS` for one or two letters: a hint, to be followed by a close look."""
    return (31 * ord(letters[0]) + ord(letters[-1])) % BUCKETS
