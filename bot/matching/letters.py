"""Words as characters: how :mod:`bot.matching.corpus` holds a paper in a few short texts."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from functools import lru_cache
from math import inf
from typing import Final
from zlib import crc32

from bot.models import Paper
from bot.query.authors import Name
from bot.query.document import Words
from bot.text.words import stem

PART: Final = "\x01"
"""Between fields and between keywords: no phrase runs over it."""
JOIN: Final = "\x02"
"""Between two words that make a compound."""
_FIRST: Final = 0x100
"""The first character that stands for a word."""
_SURROGATES: Final = range(0xD800, 0xE000)
"""Half characters, which stand for nothing: https://www.unicode.org/glossary/#surrogate_code_point."""
_PLACE_BITS: Final = 11
"""A place on a shelf (:attr:`Shelf.ROOM`) in bits."""
_BUCKETS: Final = 1 << 20
_REREAD: Final = 256
"""Texts that are kept as they were read: a preview looks at the same ones again and again. About 20 kB each."""
_LAST: Final = chr(0x10FFFF)


class Kept:
    """One paper."""

    __slots__ = ("exact", "flags", "joined", "names", "paper", "stems", "title")

    def __init__(
        self,
        paper: Paper,
        flags: frozenset[tuple[str, str]],
        texts: tuple[str, str, str, str],
        title: int,
    ) -> None:
        self.paper = paper
        """The record without title, abstract and keywords."""
        self.flags = flags
        """As in :class:`bot.query.Document`."""
        self.stems, self.exact, self.joined, self.names = texts
        self.title = title
        """Where in ``stems`` the title ends."""


class Shelf:
    """Some thousand papers, and which of them have which letter of ``stems``."""

    __slots__ = ("_categories", "_compounds", "_news", "_seen", "_sorted", "_with", "held", "kept")

    ROOM: Final = 2048
    _NONE: Final = array("H")
    _LOOSE: Final = 256
    """The latest papers, whose compounds are looked at one by one."""

    def __init__(self) -> None:
        self.kept: list[Kept | None] = []
        """The papers; ``None`` where one was taken away."""
        self.held = 0
        self._with: dict[str, array[int]] = {}
        self._categories: dict[str, array[int]] = {}
        self._seen = array("d")
        """When each was first seen, in seconds since 1970; -∞ where that is not known, or it was taken away."""
        self._news = array("d")
        """The same, and -∞ as well for those of which nothing but a revision was announced."""
        self._compounds: list[int] = []
        """Letters of ``joined`` with the places that have them, as one number for each pair, in order."""
        self._sorted = 0
        """The places before this one are in ``_compounds``."""

    @property
    def full(self) -> bool:
        """Whether no more go in."""
        return len(self.kept) >= self.ROOM

    def put(self, kept: Kept) -> int:
        """Add a paper; its place."""
        at = len(self.kept)
        self.kept.append(kept)
        self.held += 1
        seen = kept.paper.first_seen.timestamp() if kept.paper.first_seen else -inf
        self._seen.append(seen)
        self._news.append(-inf if kept.paper.only_revised else seen)
        for category in set(kept.paper.categories):
            self._categories.setdefault(category, array("H")).append(at)
        if at - self._sorted >= self._LOOSE:
            self._sort(at)
        for letter in set(kept.stems):
            if letter in self._with:
                self._with[letter].append(at)
            else:
                self._with[letter] = array("H", (at,))
        return at

    def drop(self, at: int) -> None:
        """Take a paper away."""
        self.kept[at] = None
        self._seen[at] = self._news[at] = -inf
        self.held -= 1

    def since(self, moment: float, *, revisions: bool) -> list[int]:
        """The places of papers first seen from a moment on (seconds since 1970), perhaps those only revised as well."""
        return [at for at, seen in enumerate(self._seen if revisions else self._news) if seen >= moment]

    def oldest(self, places: Collection[int]) -> float:
        """When the first of the papers at some places was first seen, in seconds since 1970."""
        return min(map(self._seen.__getitem__, places))

    def with_category(self, accepts: Callable[[str], bool]) -> set[int]:
        """The places of papers with a category that is accepted, and perhaps of some that were taken away."""
        return set().union(*(places for name, places in self._categories.items() if accepts(name)))

    def with_compound(self, letter: str) -> Iterator[int]:
        """The places of papers with a letter in ``joined``, and perhaps of some that were taken away."""
        low = ord(letter) << _PLACE_BITS
        held = self._compounds
        for at in range(bisect_left(held, low), bisect_left(held, low + self.ROOM)):
            yield held[at] - low
        for at in range(self._sorted, len(self.kept)):
            if (kept := self.kept[at]) is not None and letter in kept.joined:
                yield at

    def _sort(self, end: int) -> None:
        """Take the compounds of the papers before ``end`` in. The rest is sorted already, which Python's sort makes use of."""
        for at in range(self._sorted, end):
            if (kept := self.kept[at]) is not None:
                self._compounds += [ord(letter) << _PLACE_BITS | at for letter in kept.joined]
        self._compounds.sort()
        self._sorted = end

    def with_letter(self, letter: str) -> array[int]:
        """The places of papers with a letter, and perhaps of some that were taken away."""
        return self._with.get(letter, self._NONE)


class Hints:
    """Words that were seen, as a table of bits: now and then it takes a word for seen that was not."""

    _BITS: Final = 1 << 26

    def __init__(self) -> None:
        self._seen = bytearray(self._BITS // 8)

    def __contains__(self, word: str) -> bool:
        code = _code(word) % self._BITS
        return bool(self._seen[code >> 3] & 1 << (code & 7))

    def add(self, word: str) -> None:
        """Note a word."""
        code = _code(word) % self._BITS
        self._seen[code >> 3] |= 1 << (code & 7)


class Letters:
    """A character for each word that was ever written with them."""

    def __init__(self) -> None:
        self._letters: dict[str, str] = {}
        self._words: dict[str, str] = {}
        self._sorted: list[str] = []
        self.read = lru_cache(maxsize=_REREAD)(self._words_of)
        """What was written with its compounds and breaks, prepared for comparing; without the text and its places."""

    def __len__(self) -> int:
        return len(self._letters)

    def letter(self, word: str) -> str:
        """The character of a word that has one."""
        return self._letters[word]

    def word(self, letter: str) -> str:
        """The word that a character stands for."""
        return self._words[letter]

    def beginning(self, start: str) -> list[str]:
        """Every word that begins so."""
        if len(self._sorted) != len(self._letters):
            # Nearly sorted already, which Python's sort makes use of.
            self._sorted += list(self._letters)[len(self._sorted) :]
            self._sorted.sort()
        low = bisect_left(self._sorted, start)
        return self._sorted[low : bisect_left(self._sorted, start + _LAST, low)]

    def get(self, word: str) -> str | None:
        """The character of a word, if it has one."""
        return self._letters.get(word)

    def known(self, words: Iterable[str]) -> str | None:
        """A run of words as characters; ``None`` if one of them was never written."""
        letters = [self._letters.get(word) for word in words]
        return None if None in letters else "".join(letter for letter in letters if letter)

    def written(
        self, words: Sequence[str], breaks: Collection[int] = (), joined: Sequence[str] | None = None
    ) -> str:
        """Words as characters; a mark at each break and, with ``joined``, at each compound."""
        letters = [self._letters.get(word) or self._new(word) for word in words]
        if joined is not None:
            letters = [
                letter + JOIN if compound else letter
                for letter, compound in zip(letters, joined, strict=True)
            ]
        for at in breaks:
            if 0 < at < len(letters):
                letters[at] = PART + letters[at]
        return "".join(letters)

    def _words_of(self, text: str) -> Words:
        exact: list[str] = []
        breaks: set[int] = set()
        joins: set[int] = set()
        for letter in text:
            if letter == JOIN:
                joins.add(len(exact) - 1)
            elif letter == PART:
                breaks.add(len(exact))
            else:
                exact.append(self._words[letter])
        joined = [word + exact[at + 1] if at in joins else "" for at, word in enumerate(exact)]
        return Words("", tuple(exact), tuple(map(stem, exact)), tuple(joined), frozenset(breaks))

    def _new(self, word: str) -> str:
        code = _FIRST + len(self._letters)
        if code >= _SURROGATES.start:
            code += len(_SURROGATES)
        letter = self._letters[word] = chr(code)
        self._words[letter] = word
        return letter


def hashed(word: str) -> str:
    """One of a million characters, the same for the same word: a hint, to be followed by a close look."""
    code = _FIRST + _code(word) % (_BUCKETS - _FIRST)
    return chr(code if code < _SURROGATES.start else code + len(_SURROGATES))


def name_hints(name: Name) -> set[str]:
    """Characters for all that a compatible name may be asked by."""
    core = " ".join(name.core)
    return {
        hashed(text) for text in (*name.keys, f"{core},", *(f"{core},{one[0]}" for one in name.given[:1]))
    }


def name_hint(asked: Name) -> str:
    """The character that every author has who may be the one asked for."""
    if not asked.given and len(asked.family) == 1:
        return hashed(asked.key)
    return hashed(f"{' '.join(asked.core)},{asked.given[0][0] if asked.given else ''}")


def _code(word: str) -> int:
    return crc32(word.encode("utf-8", "surrogatepass"))
