"""What a channel, or somebody, wants more of: learnt from 👍 and 👎, from three labels on, without a language model.

Rocchio's rule (https://nlp.stanford.edu/IR-book/html/htmledition/rocchio-classification-1.html): the mean of what was
liked, half the text that was asked for, less a quarter of the mean of what was not. On the development sets nothing
with more to learn (logistic regression, a support vector machine, positive-unlabelled learning, nearest neighbours)
was better with ten labels, and most were worse (``docs/decisions-meaning.md``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from bot.matching.meaning import vectors, words
from bot.matching.meaning.compare import RELATED_JOINED, RELATED_WORDS, Meaning, joined, mixed, similarity

ASKED: Final = 0.5
"""The share of the text that was asked for, against 1 for what was liked."""
UNLIKED: Final = 0.25
FEWEST: Final = 3
"""Labels from which on a profile says anything."""


@dataclass(frozen=True, slots=True)
class Label:
    """A paper that people rated."""

    paper_id: str
    meaning: Meaning
    value: int
    """Above 0 liked, below 0 not, by how many; 0 where they do not agree."""
    title: str = ""


@dataclass(frozen=True, slots=True)
class Why:
    """One thing that a score is made of."""

    text: str
    """A stem, or the title of a rated paper."""
    share: float
    """What it adds to the score, or takes away."""


class Profile:
    """The labels of one place as one direction."""

    def __init__(self, labels: Sequence[Label], asked: Meaning | None = None) -> None:
        """``asked`` is the text of the filter for which the papers come, where there is one."""
        self.liked = [one for one in labels if one.value > 0]
        self.unliked = [one for one in labels if one.value < 0]
        self._parts = [(1.0 / len(self.liked), one.meaning) for one in self.liked]
        self._parts += [(-UNLIKED / len(self.unliked), one.meaning) for one in self.unliked]
        if asked is not None and asked.words:
            self._parts.append((ASKED, asked))
        self._direction = _sum(self._parts)

    @property
    def speaks(self) -> bool:
        """Whether there are labels enough to order papers by it."""
        return bool(self.liked) and len(self.liked) + len(self.unliked) >= FEWEST

    def score(self, meaning: Meaning) -> float:
        """How much this is what is wanted; comparable only within one profile and for papers of one tier."""
        both = self._direction.vector is not None and meaning.vector is not None
        return joined(
            words.product(self._direction.words, meaning.words),
            vectors.dot(self._direction.vector, meaning.vector)
            if both and self._direction.vector is not None and meaning.vector is not None
            else None,
        )

    def refuses(self, meaning: Meaning) -> bool:
        """Whether it is related to what was not liked, and nearer to it than to what was: what a profile leaves out."""
        if not self.speaks or not self.unliked:
            return False
        against = _nearest(self.unliked, meaning)
        related = RELATED_WORDS if meaning.vector is None else RELATED_JOINED
        return against >= related and against > _nearest(self.liked, meaning)

    def words(self, count: int) -> list[Why]:
        """The stems that weigh most, both ways."""
        every = [Why(word, weight) for word, weight in self._direction.words.items()]
        return sorted(every, key=lambda one: -abs(one.share))[:count]

    def papers(self, meaning: Meaning, count: int) -> list[Why]:
        """The rated papers that bring a paper nearer or drive it off, the strongest first."""
        shares = {1: 1.0 / max(1, len(self.liked)), -1: -UNLIKED / max(1, len(self.unliked))}
        every = [
            Why(one.title, shares[sign] * similarity(one.meaning, meaning))
            for sign, labels in ((1, self.liked), (-1, self.unliked))
            for one in labels
        ]
        return sorted(every, key=lambda one: -abs(one.share))[:count]

    def shared_words(self, meaning: Meaning, count: int) -> list[Why]:
        """The stems of a paper that count for or against it."""
        held: Mapping[str, float] = self._direction.words
        every = [Why(word, weight * held[word]) for word, weight in meaning.words.items() if word in held]
        return sorted(every, key=lambda one: -abs(one.share))[:count]


def centre(meanings: Sequence[Meaning]) -> Meaning:
    """Several examples as one."""
    return meanings[0] if len(meanings) == 1 else mixed([(1.0, one) for one in meanings])


def _sum(parts: Sequence[tuple[float, Meaning]]) -> Meaning:
    """The direction; weights below zero stay, for they tell what is not wanted."""
    sums = words.mixed((share, part.words) for share, part in parts)
    held = [(share, part.vector) for share, part in parts if part.vector is not None]
    return Meaning(words.unit(sums), vectors.mixed(held) if held and len(held) == len(parts) else None)


def _nearest(labels: Sequence[Label], meaning: Meaning) -> float:
    """The mean of the three nearest."""
    best = sorted((similarity(one.meaning, meaning) for one in labels), reverse=True)[:3]
    return sum(best) / len(best)
