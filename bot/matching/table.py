"""A table of numbers by numbers, in which thousands are looked up at once."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Sequence
from functools import lru_cache
from hashlib import blake2b
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_SPREAD: Final = 0x9E3779B97F4A7C15
"""2⁶⁴ by the golden ratio: multiplying by it mixes low bits into high ones."""
_ALL: Final = (1 << 64) - 1
_GONE: Final = -1
"""In the place of a key that was taken away: the search goes on behind it."""
_HASH: Final = (1 << 62) - 1
_MOST_NEW: Final = 1 << 15
"""So many are new before they are put into their places all the same."""
_FEW: Final = 24
"""So few keys are looked for one by one."""
_BITS: Final = np.left_shift(1, np.arange(8)).astype(np.uint8)
_REMEMBERED: Final = 1 << 12
"""Words whose lasting keys are."""
_ONE_BY_ONE: Final = 1000
"""Keys that are put into their places one by one; more of them all at once, with the whole table made anew."""


class Table:
    """What keys lead to: keys are whole numbers from 1 below 2⁶³, values have 31 bits and a sign and are not 0.

    Keys stand at the place that is computed from them, or the first free one of those that are 1, 3, 6, 10 … behind it, so that
    they do not gather in crowds; a fifth of the places or more is free. A dictionary of Python's takes five times as much memory, and answers one key after the other. What is new is
    in one all the same until somebody searches.
    """

    def __init__(self) -> None:
        self._new: dict[int, int] = {}
        """What changed since somebody searched; 0 for what leads nowhere now."""
        self._shift, self._last = 60, 15
        """How far the product of a key and :data:`_SPREAD` is shifted to be a place, and the last place."""
        self._used = 0
        """Places that are not free, those of keys that are gone among them."""
        self._keys = array("q", bytes(8 * 16))
        self._values = array("i", bytes(4 * 16))
        self._marks = bytearray(16)
        """For each place a bit for each eighth of the keys whose search begins there: most keys that are not here are
        known by it, without the search that the nearly full table makes long."""

    def __getstate__(self) -> dict[str, object]:
        """With everything in its place, which would else be the work of the first search after a start."""
        self._settle()
        return self.__dict__

    def __len__(self) -> int:
        self._settle()
        return int(np.count_nonzero(np.frombuffer(self._values, np.int32)))

    def __bool__(self) -> bool:
        return bool(self._used or self._new)

    def get(self, key: int) -> int:
        """What a key leads to, 0 for nothing."""
        if (value := self._new.get(key)) is not None:
            return value
        home, mark = self._home(key)
        return self._values[self._place(key, home)] if self._marks[home] & mark else 0  # 0 in a free place

    def put(self, key: int, value: int) -> None:
        """Let a key lead to a value, or nowhere (0)."""
        self._new[key] = value
        if len(self._new) > _MOST_NEW:
            self._settle()

    def fill(self, keys: NDArray[np.int64], values: NDArray[np.int32]) -> None:
        """Let many different keys lead to their values."""
        self._settle()
        self._make_anew(keys, values)

    def find(self, keys: NDArray[np.int64]) -> NDArray[np.int32]:
        """What each of these leads to, 0 for nothing."""
        self._settle()
        held, values = np.frombuffer(self._keys, np.int64), np.frombuffer(self._values, np.int32)
        places, marks = self._homes(keys)
        found = np.zeros(len(keys), np.int32)
        sought = (np.frombuffer(self._marks, np.uint8).take(places) & marks).nonzero()[0]
        keys, places = keys.take(sought), places.take(sought)
        step = 0
        while len(sought) > _FEW:
            step += 1
            there = held.take(places)
            hit = (there == keys).nonzero()[0]
            found[sought.take(hit)] = values.take(places.take(hit))
            further = ((there != keys) & (there != 0)).nonzero()[0]
            sought, keys = sought.take(further), keys.take(further)
            places = (places.take(further) + step) & self._last
        for at, key, place in zip(sought.tolist(), keys.tolist(), places.tolist(), strict=True):
            found[at] = self._values[self._place(key, place, step)]
        return found

    def _home(self, key: int) -> tuple[int, int]:
        """Where the search for a key begins, and its bit there."""
        product = (key * _SPREAD & _ALL) >> self._shift - 3
        return product >> 3, 1 << (product & 7)

    def _homes(self, keys: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.uint8]]:
        """The same for many."""
        products = (keys.view(np.uint64) * np.uint64(_SPREAD) >> np.uint64(self._shift - 3)).view(np.int64)
        return products >> 3, _BITS.take(products & 7)

    def _place(self, key: int, at: int, step: int = 0) -> int:
        """Where a key stands, or the free place at which its search ends; it goes on at a place, after so many steps."""
        keys = self._keys
        while keys[at] != key and keys[at]:
            step += 1
            at = at + step & self._last
        return at

    def _settle(self) -> None:
        """Put what is new into its places."""
        if not self._new:
            return
        if len(self._new) > _ONE_BY_ONE or 5 * (self._used + len(self._new)) > 4 * len(self._keys):
            self._make_anew(
                np.fromiter(self._new.keys(), np.int64, len(self._new)),
                np.fromiter(self._new.values(), np.int32, len(self._new)),
            )
        else:
            for key, value in self._new.items():
                home, mark = self._home(key)
                at = self._place(key, home)
                if not self._keys[at]:
                    if not value:
                        continue
                    self._used += 1
                    self._marks[home] |= mark
                self._keys[at], self._values[at] = key if value else _GONE, value
        self._new = {}

    def _make_anew(self, new: NDArray[np.int64], new_values: NDArray[np.int32]) -> None:
        held, values = np.frombuffer(self._keys, np.int64), np.frombuffer(self._values, np.int32)
        kept = (held > 0).nonzero()[0]
        if len(kept):
            kept = kept[~np.isin(held[kept], new)]
        keys = np.concatenate([held[kept], new])
        leads = np.concatenate([values[kept], new_values])
        keys, leads = keys[leads != 0], leads[leads != 0]
        self._used = len(keys)
        bits = (5 * self._used // 4 + _ONE_BY_ONE).bit_length()
        self._shift, self._last = 64 - bits, (1 << bits) - 1
        held, values = np.zeros(1 << bits, np.int64), np.zeros(1 << bits, np.int32)
        places, eighths = self._homes(keys)
        marks = np.zeros(len(held), np.uint8)
        for bit in _BITS:  # keys with the same bit do not disturb each other where they share a place
            marks[places[eighths == bit]] |= bit
        step = 0
        while len(keys):
            # Of several that want one place one gets it, if it is free; the others try the next.
            step += 1
            free = held[places] == 0
            held[places[free]] = keys[free]
            values[places[free]] = leads[free]
            homeless = held[places] != keys
            keys, leads, places = keys[homeless], leads[homeless], (places[homeless] + step) & self._last
        self._keys, self._values = array("q", held.tobytes()), array("i", values.tobytes())
        self._marks = bytearray(marks.tobytes())


class ByText:
    """Numbers by texts that are kept elsewhere.

    Two texts that look alike in 62 bits are told apart by whoever has them: one of them is kept as it is.
    """

    def __init__(self, same: Callable[[int, str], bool]) -> None:
        """``same`` says whether a number is that of a text."""
        self._same = same
        self._numbers = Table()
        self._others: dict[str, int] = {}

    def get(self, text: str) -> int:
        """The number of a text; 0 if it has none."""
        number = self._numbers.get(hashed(text))
        if number and self._same(number, text):
            return number
        return self._others.get(text, 0) if self._others else 0

    def put(self, text: str, number: int) -> None:
        """Give a number to a text that has none."""
        key = hashed(text)
        if self._numbers.get(key):
            self._others[text] = number
        else:
            self._numbers.put(key, number)

    def fill(self, texts: Sequence[str], numbers: Sequence[int]) -> None:
        """Give numbers to many texts while none has one. Two texts may have the same."""
        keys = np.fromiter(map(hashed, texts), np.int64, len(texts))
        ordered = np.sort(keys)
        if (ordered[1:] == ordered[:-1]).any():  # of a million, nearly never
            for text, number in zip(texts, numbers, strict=True):
                self.put(text, number)
        else:
            self._numbers.fill(keys, np.array(numbers, np.int32))

    def drop(self, text: str) -> None:
        """Take the number of a text away."""
        if self._others.pop(text, None) is None:
            self._numbers.put(hashed(text), 0)


def hashed(text: str) -> int:
    """A key for a text, another in each process: of a million texts any two have the same with a chance of 1 to 10⁷."""
    return hash(text) & _HASH or 1


@lru_cache(maxsize=_REMEMBERED)
def lasting(text: str) -> int:
    """The same, but one key in all processes, for what is saved; it takes ten times as long."""
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "little") & _HASH or 1
