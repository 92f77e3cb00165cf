"""A text as weighted words: how often each stands there, and how rare it is.

A word counts as in BM25 (https://doi.org/10.1561/1500000019), with its rarity shared evenly between the two texts
that are compared, so that the product of two texts of length one is symmetric: a sentence against an abstract, or an
abstract against another. How rare a word is stands in the table that the index of filters uses too. No model is needed.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Final, TypeAlias

from bot.matching.rarity import share_of
from bot.text.words import STOP_WORDS, scanned

Words: TypeAlias = Mapping[str, float]
"""Stems and their weights; the squares add up to one, or there are none."""

TITLE: Final = 2
"""How often a word of the title counts: it says more than one of the abstract."""
_SATURATION: Final = 1.2
"""BM25's k1: how soon a word that is repeated says nothing more."""
_LENGTH: Final = 0.75
"""BM25's b: how far long texts are held down."""
_USUAL: Final = 130.0
"""Words of a usual title and abstract, stop words left out."""
MOST: Final = 5_000
"""Words of a text that are read; a long abstract has four hundred."""


def weighed(text: str, *, title: str = "") -> Words:
    """The words of a text and, counted twice, of its title."""
    counted = Counter(_told(text))
    for word in _told(title):
        counted[word] += TITLE
    total = sum(counted.values())
    held_down = _SATURATION * (1 - _LENGTH + _LENGTH * total / _USUAL)
    return unit({word: _rarity(word) * count / (count + held_down) for word, count in counted.items()})


def unit(words: Mapping[str, float]) -> Words:
    """The same weights, of length one; empty stays empty."""
    length = math.sqrt(math.fsum(weight * weight for weight in words.values()))
    return {word: weight / length for word, weight in words.items()} if length > 0 else {}


def product(left: Words, right: Words) -> float:
    """The cosine of two texts: 0 where they share no word, 1 where they are the same."""
    few, many = (left, right) if len(left) <= len(right) else (right, left)
    return sum(weight * many[word] for word, weight in few.items() if word in many)


def mixed(parts: Iterable[tuple[float, Words]]) -> dict[str, float]:
    """The weighted sum of texts; weights below zero take away."""
    total: dict[str, float] = {}
    for share, words in parts:
        for word, weight in words.items():
            total[word] = total.get(word, 0.0) + share * weight
    return total


def _told(text: str) -> list[str]:
    found = scanned(text[: MOST * 12])
    return [
        stem
        for exact, stem in zip(found.exact[:MOST], found.stems, strict=False)
        if len(stem) > 1 and exact not in STOP_WORDS
    ]


@lru_cache(maxsize=1 << 16)
def _rarity(stem: str) -> float:
    return math.sqrt(-math.log(min(0.9, share_of(stem))))
