"""What a text means, and how near two texts are.

Words and the model's vector are joined: the model knows that «robot» and «manipulator» are near, words know names that
no model has met. Three parts words to seven parts model was the best of both on the development sets; anything from
one to five was within a point (``docs/decisions-meaning.md``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from bot.matching.meaning import vectors, words
from bot.matching.meaning.vectors import Vector
from bot.matching.meaning.words import Words

WORDS: Final = 0.3
"""The share of words where there is a model."""
RELATED_WORDS: Final = 0.15
RELATED_JOINED: Final = 0.4
"""Below it two papers are not called related, for words alone and joined. Among 20,000 papers nine of ten have three
that are; of two papers picked at random one pair in thirty is."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """A text as it is compared."""

    words: Words
    vector: Vector | None = None
    """``None`` where there is no model, or the text is still to be read by it: then words alone are compared."""


def of_text(text: str, *, title: str = "", vector: Vector | None = None) -> Meaning:
    """The meaning of a text."""
    return Meaning(words.weighed(text, title=title), vector)


def similarity(left: Meaning, right: Meaning) -> float:
    """How near two texts are: about 0 for strangers, 1 for the same.

    Comparable only between pairs that both have vectors, or between pairs that do not.
    """
    return joined(
        words.product(left.words, right.words),
        vectors.dot(left.vector, right.vector) if left.vector and right.vector else None,
    )


def joined(by_words: float, by_model: float | None) -> float:
    """One number of the two cosines."""
    return by_words if by_model is None else WORDS * by_words + (1 - WORDS) * by_model


def mixed(parts: Sequence[tuple[float, Meaning]]) -> Meaning:
    """The weighted sum of meanings, of length one; words with a weight below zero are left out.

    It has a vector only if all parts have one.
    """
    sums = words.mixed((share, part.words) for share, part in parts)
    held = [(share, part.vector) for share, part in parts if part.vector is not None]
    return Meaning(
        words.unit({word: weight for word, weight in sums.items() if weight > 0}),
        vectors.mixed(held) if held and len(held) == len(parts) else None,
    )
