"""Reads many texts at once: their words as numbers, and where two of them make a compound.

It finds what :func:`bot.text.words.scanned` finds text by text, at a quarter of the cost: where words begin and end, and what
stands between them, is asked of all letters of all texts in a dozen steps of numpy's, and of a word that was met before
nothing but its number is looked up. A test holds the two against each other. A text with signs that need a closer look
(LaTeX, Han characters, letters beyond the first 65,536) is read by itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from random import SystemRandom
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from bot.matching.vocabulary import DIGITS, JOINS, Vocabulary
from bot.text.words import APOSTROPHES, HYPHENS, TYPESETTING, is_simple, scanned

if TYPE_CHECKING:
    from numpy.typing import NDArray

AT_ONCE: Final = 1 << 15
"""Letters that are read at once; a longer text is read by itself."""
_PLANE: Final = 1 << 16
_END: Final = "\0"
"""Behind each text; it is no letter, and parts like a full stop."""
_OTHER: Final = 1 << 16
"""What a sign adds to a gap that nothing joins over; a hyphen adds 1, and what is like a space nothing."""
_POWER: Final = SystemRandom().getrandbits(64) & ~7 | 5
"""Words are hashed as polynomials of it, modulo 2⁶⁴: of a million any two look alike with a chance of less than one to a
million. It is another one in every process, so that nobody can make words that do."""


class Read(NamedTuple):
    """The words of some texts in a row, and behind each text a 0."""

    words: NDArray[np.int64]
    """Numbers in the vocabulary."""
    joins: NDArray[np.bool_]
    """Whether a word makes a compound with the next."""
    sizes: NDArray[np.int64]
    """How many places each text takes, the 0 included."""


_NOTHING: Final = Read(np.zeros(0, np.int64), np.zeros(0, np.bool_), np.zeros(0, np.int64))


def read(texts: Sequence[str], vocabulary: Vocabulary) -> Read:
    """Read texts, of any number and length."""
    parts = [_read_some(some, vocabulary) for some in _portions(texts)]
    if len(parts) == 1:
        return parts[0]
    return Read(*map(np.concatenate, zip(_NOTHING, *parts, strict=True)))


def _portions(texts: Iterable[str]) -> Iterator[list[str]]:
    """The texts, as many together as are read at once."""
    some: list[str] = []
    size = 0
    for text in texts:
        size += len(text) + 1
        if some and size > AT_ONCE:
            yield some
            some, size = [], len(text) + 1
        some.append(text)
    if some:
        yield some


def _read_some(texts: Sequence[str], vocabulary: Vocabulary) -> Read:
    joined: list[str] = []
    apart: list[int] = []
    for at, text in enumerate(texts):
        plain = text.lower() if text.isascii() else text  # in lower case there are fewer words to remember
        if not is_simple(plain) or len(plain) >= AT_ONCE or _END in plain or _is_beyond(plain):
            apart.append(at)
            plain = ""
        joined += (plain, _END)
    found = _read_simple("".join(joined), vocabulary)
    return _with_those_apart(found, texts, apart, vocabulary) if apart else found


def _is_beyond(text: str) -> bool:
    return not text.isascii() and len(text.encode("utf-16-le", "surrogatepass")) > 2 * len(text)


def _read_simple(text: str, vocabulary: Vocabulary) -> Read:
    letters = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)
    inside, gaps = _signs()
    within = inside.take(letters)
    for sign in APOSTROPHES:
        if sign in text:
            places = np.flatnonzero(letters == ord(sign))
            within[places] |= within[places - 1] & within[places + 1]  # the last letter is no apostrophe
    borders = (within[1:] != within[:-1]).nonzero()[0] + 1
    if within[0]:
        borders = np.concatenate([[0], borders])
    starts, ends = borders[::2], borders[1::2]  # and no part of a word either
    powers, inverse = _powers()
    sums = np.zeros(len(letters) + 1, np.uint64)
    np.cumsum(letters * powers[: len(letters)], out=sums[1:])
    keys = ((sums.take(ends) - sums.take(starts)) * inverse.take(starts) >> np.uint64(2)).view(np.int64) | 1
    words = vocabulary.find(keys, lambda at: text[starts[at] : ends[at]])
    # What stands outside of words is added up, and each word has the sum of all before it.
    outside = gaps.take(letters.take((within == 0).nonzero()[0]))
    before = np.concatenate([[0], outside.cumsum()]).take(ends - (ends - starts).cumsum())
    there = np.frombuffer(vocabulary.exact, np.int32).take(words) != 0
    if not there.all():  # a word of which nothing is left parts the others
        before = (before + (~there).cumsum() * _OTHER)[there]
        starts, words = starts[there], words[there]
    gap = np.diff(before)
    kinds = np.frombuffer(vocabulary.kind, np.uint8).take(words)
    both = kinds[1:] & kinds[:-1]
    joins = np.where(gap == 0, both & JOINS != 0, (gap == 1) & (both & DIGITS == 0))
    texts = (letters == ord(_END)).nonzero()[0]
    of = np.searchsorted(texts, starts)
    places = np.arange(len(words)) + of
    size = len(words) + len(texts)
    all_words, all_joins = np.zeros(size, np.int64), np.zeros(size, np.bool_)
    all_words[places], all_joins[places[:-1]] = words, joins
    return Read(all_words, all_joins, np.bincount(of, minlength=len(texts)) + 1)


def _with_those_apart(
    found: Read, texts: Sequence[str], apart: Sequence[int], vocabulary: Vocabulary
) -> Read:
    """What was read, and those texts that have to be read by themselves, which it has as empty ones."""
    words, joins, sizes = found
    borders = np.cumsum(sizes) - 1
    sizes = sizes.copy()
    for at in reversed(apart):
        exact, _, compounds = scanned(texts[at])
        words = np.insert(words, borders[at], vocabulary.folded(exact))
        joins = np.insert(joins, borders[at], [compound != "" for compound in compounds])
        sizes[at] += len(exact)
    return Read(words, joins, sizes)


@cache
def _signs() -> tuple[NDArray[np.uint8], NDArray[np.int32]]:
    """Of each letter whether it is one of a word, and what it adds to a gap."""
    inside = np.array([chr(one).isalnum() for one in range(_PLANE)], np.uint8)
    gaps = np.full(_PLANE, _OTHER, np.int32)
    gaps[[*map(ord, TYPESETTING)]] = 0
    gaps[[*map(ord, HYPHENS)]] = 1
    return inside, gaps


@cache
def _powers() -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    """The powers of :data:`_POWER` from 0 on, and from 1 down: so a word's key has none of its first letter as it is."""
    both = np.ones((2, AT_ONCE + 2), np.uint64)
    both[:, 1:] = [[_POWER], [pow(_POWER, -1, 1 << 64)]]
    both[1, 0] = _POWER
    powers, inverse = np.cumprod(both, axis=1)
    return powers, inverse
