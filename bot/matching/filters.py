"""Who holds which filter: equal ones are one, under a number."""

from __future__ import annotations

from array import array
from collections import deque
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from bot.matching.table import ByText
from bot.query import Query

READ: Final = 1 << 13
"""Filters whose trees are at hand: those that match many papers."""
REST: Final = 4096
"""So many numbers are freed before the first of them is given again: matches at hand keep their reasons meanwhile."""


State: TypeAlias = tuple[list[str], list[str], dict[int, set[str]], "array[int]", deque[int]]
"""Texts and keys by number, and what else is kept of them."""


class Filters:
    """Filters by number, from 1, and their holders by key.

    A hundred thousand are held by what stands in each record of the store anyway, so their texts are not kept here where
    somebody else can give them, and neither texts nor keys are kept a second time to be found by.
    """

    def __init__(
        self, read: Callable[[str], Query] | None, text_of: Callable[[str], str] | None = None
    ) -> None:
        """With ``read``, which gives a filter again from its text, no trees are kept.

        With ``text_of``, which gives the text of whoever holds a filter from its key, no texts either.
        """
        self._read = None if read is None else lru_cache(maxsize=READ)(read)
        self._text_of = text_of
        self._texts: dict[int, str] = {}
        """By number; with ``text_of`` only of those that nobody holds now."""
        self._queries: dict[int, Query] = {}
        """By number, without ``read``."""
        self._held = ByText(
            lambda number, key: key == self._key[number] or key in self._shared.get(number, ())
        )
        self._known = ByText(lambda number, text: text == self._text(number))
        self._key: list[str] = [""]
        """By number, one of the keys."""
        self._shared: dict[int, set[str]] = {}
        """All keys of the filters that have more than one: sets are large, and most filters have one holder."""
        self._further = array("I", (0,))
        """By number, how many keys there are beside the one."""
        self._free: deque[int] = deque()
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def __contains__(self, key: str) -> bool:
        return self._held.get(key) != 0

    @property
    def distinct(self) -> int:
        """How many different filters are held."""
        return len(self._key) - 1 - len(self._free)

    def query(self, number: int) -> Query:
        """A filter, or one that was dropped not long ago."""
        return self._queries[number] if self._read is None else self._read(self._text(number))

    def _text(self, number: int) -> str:
        """The normal form of a filter, or of one that was dropped not long ago."""
        if (text := self._texts.get(number)) is None:
            assert self._text_of is not None
            text = self._text_of(self._key[number])
        return text

    def texts(self) -> dict[str, str]:
        """The normal form of each key's filter."""
        free = {*self._free}
        held = [number for number in range(1, len(self._key)) if number not in free]
        return {
            key: text
            for number, text in zip(held, map(self._text, held), strict=True)
            for key in self._names(number)
        }

    def _names(self, number: int) -> Iterable[str]:
        return self._shared.get(number) or (self._key[number],)

    def put(self, key: str, query: Query) -> tuple[int, bool]:
        """Hold a filter for a key that holds none: its number, and whether nobody held it before."""
        number = self._known.get(query.normal)
        if new := not number:
            number = self._next(key, query)
            self._known.put(query.normal, number)
        else:
            self._shared.setdefault(number, {self._key[number]}).add(key)
            self._further[number] += 1
        self._held.put(key, number)
        self._count += 1
        return number, new

    def drop(self, key: str) -> tuple[int, bool]:
        """Hold a filter no longer: its number, and whether nobody else holds it; 0 where the key held none."""
        if not (number := self._held.get(key)):
            return 0, False
        self._held.drop(key)
        self._count -= 1
        keys = self._shared.get(number)
        if keys is None:
            query = self.query(number)
            self._known.drop(query.normal)
            self._texts[number] = query.normal
            self._free.append(number)
            return number, True
        keys.discard(key)
        self._further[number] -= 1
        if self._key[number] == key:
            self._key[number] = next(iter(keys))
        if len(keys) == 1:
            del self._shared[number]
        return number, False

    def _next(self, key: str, query: Query) -> int:
        """A number for one more filter."""
        if len(self._free) > REST:
            number = self._free.popleft()
            self._key[number] = key
        else:
            number = len(self._key)
            self._key.append(key)
            self._further.append(0)
        if self._read is None:
            self._queries[number] = query
        if self._text_of is None:
            self._texts[number] = query.normal
        else:
            self._texts.pop(number, None)
        return number

    def state(self) -> State:
        """All of it, to be saved; with the texts, which nobody else has then."""
        free = {*self._free}
        texts = ["" if number in free else self._text(number) for number in range(len(self._key)) if number]
        return texts, self._key, self._shared, self._further, self._free

    def restore(self, state: State) -> None:
        """Be what was saved. The texts are its own until :meth:`texts_from`."""
        texts, self._key, self._shared, self._further, self._free = state
        free = {*self._free}
        self._texts = {number: text for number, text in enumerate(texts, 1) if number not in free}
        self._known.fill([*self._texts.values()], [*self._texts])
        names = [(key, number) for number in self._texts for key in self._names(number)]
        self._held.fill(*map(list, zip(*names, strict=True)))
        self._count = len(names)

    def texts_from(self, text_of: Callable[[str], str]) -> None:
        """Keep no texts from now on, but ask whoever has them."""
        self._text_of = text_of
        free = {*self._free}
        self._texts = {number: text for number, text in self._texts.items() if number in free}

    def holders(self, numbers: NDArray[np.int64]) -> NDArray[np.int64]:
        """How many hold one of these filters: of the first of them, from none to all."""
        found = np.zeros(len(numbers) + 1, np.int64)
        np.cumsum(np.frombuffer(self._further, np.uint32).take(numbers) + np.int64(1), out=found[1:])
        return found

    def named(self, numbers: NDArray[np.int64]) -> dict[str, int]:
        """All who hold one of these filters, and the number of each."""
        listed = numbers.tolist()
        by_key = dict(zip(map(self._key.__getitem__, listed), listed, strict=True))
        for number in self._shared.keys() & listed:
            by_key.update(dict.fromkeys(self._shared[number], number))
        return by_key
