"""The papers of the last weeks side by side: which are near a text, and how near «about five a week» is.

No cosine is «near enough» for every text: a rare topic has ten papers a year, «deep learning» a thousand a day. So the
cut is taken from the papers themselves: where the score of the fifth best paper of a week lies.
"""

from __future__ import annotations

from array import array
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from heapq import nlargest
from itertools import islice
from typing import Final

from bot.matching.meaning.compare import RELATED_JOINED, RELATED_WORDS, WORDS, Meaning
from bot.matching.meaning.vectors import Rows, Vector
from bot.matching.meaning.words import Words

KEPT: Final = 40_000
"""Papers held, about 4.5 kB each with vectors: four weeks of the whole of arXiv."""
SCORE: Final = 3.0
"""What the nearest possible paper counts in a match: as much as a word in the title."""
FLOOR_WORDS: Final = 0.06
FLOOR_JOINED: Final = 0.25
"""Below it two texts are strangers, and no rate, however high, makes them near: a sentence and an abstract of another
field hardly ever reach it, of one narrow field every fifth pair does."""
NEW_WORDS: Final = 0.2
NEW_JOINED: Final = 0.45
"""The cut while no papers are known that it could be taken from: a little less than the ten best of a thousand reach."""
_ROUNDING: Final = 1e-5
"""A paper scores the same here, with weights of 32 bits, and alone; up to this."""
_REMEMBERED: Final = 8
WEEK: Final = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Cut:
    """Where «near enough» begins, for papers with words alone and for those that the model has read as well."""

    words: float
    joined: float

    def of(self, *, vector: bool) -> float:
        """The cut that holds for a paper."""
        return self.joined if vector else self.words


class Scores:
    """How near each of the papers is to a text, as they were when that was asked."""

    def __init__(self, ids: Sequence[str], rows: Mapping[str, int], scores: Sequence[float]) -> None:
        self._ids = ids
        self._rows = rows
        self._scores = scores

    def __len__(self) -> int:
        return len(self._scores)

    def of(self, paper_id: str) -> float | None:
        """How near one is; ``None`` where it is not held."""
        row = self._rows.get(paper_id)
        return self._scores[row] if row is not None and row < len(self._scores) else None

    def above(self, floor: float) -> list[tuple[float, str]]:
        """Those that are at least so near, nearest first."""
        found = [(score, self._ids[row]) for row, score in enumerate(self._scores) if score >= floor]
        return sorted(found, reverse=True)


class Recent:
    """The newest papers, each once; the oldest go when there are too many."""

    def __init__(self, kept: int = KEPT) -> None:
        self._kept = kept
        self._ids: list[str] = []
        self._rows: dict[str, int] = {}
        self._seen: list[datetime] = []
        self._has_vector: list[bool] = []
        self._words: dict[str, tuple[array[int], array[float]]] = {}
        """Stem → the rows that have it, and its weight in each."""
        self._vectors = Rows()
        self._read = 0
        self._latest: tuple[Meaning, tuple[int, int], list[float]] | None = None
        """The text that was compared last, how much was held then, and the scores."""
        self._found: dict[tuple[int, Cut], tuple[Meaning, tuple[int, int], Mapping[str, float]]] = {}
        """The latest answers of :meth:`near`, likewise."""

    def __len__(self) -> int:
        return len(self._ids)

    def __contains__(self, paper_id: object) -> bool:
        return paper_id in self._rows

    @property
    def full(self) -> bool:
        """Whether it has grown so far that it should be begun anew with the newest."""
        return len(self._ids) >= self._kept * 5 // 4

    def put(self, paper_id: str, meaning: Meaning, seen: datetime) -> None:
        """Hold a paper; one that is held already only gets the vector it may have lacked."""
        row = self._rows.get(paper_id)
        if row is None:
            row = self._rows[paper_id] = len(self._ids)
            self._ids.append(paper_id)
            self._seen.append(seen)
            self._has_vector.append(False)
            for word, weight in meaning.words.items():
                rows, weights = self._words.setdefault(word, (array("I"), array("f")))
                rows.append(row)
                weights.append(weight)
        if meaning.vector is not None and not self._has_vector[row]:
            self._vectors.put(row, meaning.vector)
            self._has_vector[row] = True
            self._read += 1

    def without_vector(self, most: int) -> list[str]:
        """Papers that the model has still to read, at most so many: the latest, which it reads first."""
        if self._read == len(self._ids):
            return []
        rows = reversed(range(len(self._ids)))
        return list(islice((self._ids[row] for row in rows if not self._has_vector[row]), most))

    def nearest(
        self, meaning: Meaning, count: int, *, without: Collection[str] = ()
    ) -> list[tuple[str, float]]:
        """The papers nearest to a text, nearest first, none that is not related."""
        if meaning.vector is not None and self._read:
            scores = self._joined(meaning)
            floor = RELATED_JOINED
        else:
            scores = self._by_words(meaning.words)
            floor = RELATED_WORDS
        best = nlargest(count + len(without), zip(scores, self._ids, strict=True))
        return [(one, score) for score, one in best if score >= floor and one not in without][:count]

    def scores(self, meaning: Meaning) -> Scores:
        """How near each paper is to a text; those that the model has still to read count as its usual paper."""
        if meaning.vector is None or not self._read:
            return Scores(self._ids, self._rows, self._by_words(meaning.words))
        scores = self._joined_anew(meaning, meaning.vector)
        if self._read < len(self._ids):
            usual = (1 - WORDS) * sum(self._vectors.dots(meaning.vector, len(self._ids))) / self._read
            for row, read in enumerate(self._has_vector):
                if not read:
                    scores[row] += usual
        return Scores(self._ids, self._rows, scores)

    def near(self, meaning: Meaning, cut: Cut) -> Mapping[str, float]:
        """The papers that are near enough, with what that counts."""
        # A preview asks again for each form that is a little wider.
        state, key = (len(self._ids), self._read), (id(meaning), cut)
        held = self._found.get(key)
        if held is None or held[0] is not meaning or held[1] != state:
            if len(self._found) >= _REMEMBERED:
                self._found.clear()
            held = self._found[key] = meaning, state, self._near_anew(meaning, cut)
        return held[2]

    def _near_anew(self, meaning: Meaning, cut: Cut) -> dict[str, float]:
        joined = meaning.vector is not None and self._read > 0
        both = self._joined(meaning) if joined else []
        by_words = self._by_words(meaning.words) if not joined or self._read < len(self._ids) else []
        found = {}
        for row, one in enumerate(self._ids):
            read = joined and self._has_vector[row]
            score = both[row] if read else by_words[row]
            if score >= (cut.joined if read else cut.words):
                found[one] = SCORE * score
        return found

    def cut(self, meaning: Meaning, rate: int, *, without: Collection[str] = ()) -> Cut:
        """Where to cut so that about ``rate`` papers a week are near enough to ``meaning``.

        ``without`` are the examples themselves, which would always be the nearest.
        """
        by_words = self._by_words(meaning.words)
        rows = [row for row, one in enumerate(self._ids) if one not in without]
        weeks = self._weeks(rows)
        words = _at_rate([by_words[row] for row in rows], rate * weeks)
        read = [row for row in rows if self._has_vector[row]] if meaning.vector is not None else []
        scores = self._joined(meaning) if read else []
        both = _at_rate(
            [scores[row] for row in read], rate * (weeks if len(read) == len(rows) else self._weeks(read))
        )
        return Cut(
            NEW_WORDS if words is None else max(words, FLOOR_WORDS),
            NEW_JOINED if both is None else max(both, FLOOR_JOINED),
        )

    def _weeks(self, rows: Sequence[int]) -> float:
        """For how long papers came; a day at least."""
        seen = [self._seen[row] for row in rows]
        span = max(seen) - min(seen) if seen else timedelta(0)
        return max(span, timedelta(days=1)) / WEEK

    def _joined(self, meaning: Meaning) -> list[float]:
        """Scores of all rows; without a vector a row counts as strange to the model."""
        assert meaning.vector is not None
        # A cut is asked for, and right after it what is nearer than it.
        state = len(self._ids), self._read
        if self._latest is None or self._latest[0] is not meaning or self._latest[1] != state:
            self._latest = meaning, state, self._joined_anew(meaning, meaning.vector)
        return self._latest[2]

    def _joined_anew(self, meaning: Meaning, vector: Vector) -> list[float]:
        words = self._postings(meaning.words, WORDS)
        return self._vectors.joined(vector, len(self._ids), 1 - WORDS, words)

    def _postings(self, words: Words, share: float) -> list[tuple[float, array[int], array[float]]]:
        held = ((share * asked, self._words.get(word)) for word, asked in words.items())
        return [(factor, *found) for factor, found in held if found is not None]

    def _by_words(self, words: Words) -> list[float]:
        if self._read:
            return self._vectors.joined(None, len(self._ids), 0.0, self._postings(words, 1.0))
        scores = [0.0] * len(self._ids)
        for word, asked in words.items():
            if (held := self._words.get(word)) is not None:
                for row, weight in zip(*held, strict=True):
                    scores[row] += asked * weight
        return scores


def _at_rate(scores: Sequence[float], rate: float) -> float | None:
    """Half-way between the last score that is in and the first that is out; ``None`` without papers."""
    if not scores:
        return None
    wanted = max(1, round(rate))
    best = nlargest(wanted + 1, scores)
    return (sum(best[-2:]) / 2 if len(best) > wanted else best[-1]) - _ROUNDING
