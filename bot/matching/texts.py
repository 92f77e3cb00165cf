"""The words of several papers, one after the other."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from functools import cached_property
from itertools import zip_longest
from typing import TYPE_CHECKING

import numpy as np

from bot.matching.reading import Read, read
from bot.matching.vocabulary import Vocabulary
from bot.models import Paper
from bot.query.document import TEXTS
from bot.text.words import compound_stems

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Texts:
    """Some texts of each paper, word by word; between two texts is a place without a word, which no gram runs over."""

    def __init__(
        self,
        vocabulary: Vocabulary,
        found: Read,
        fields: Sequence[str],
        papers: Sequence[int],
    ) -> None:
        """``fields`` and ``papers`` say of each text whose it is."""
        self.vocabulary = vocabulary
        self.joins = found.joins
        """Whether a word makes a compound with the next."""
        self._words = found.words
        self._sizes = found.sizes
        self._fields = fields
        self._papers = papers

    @classmethod
    def of(cls, papers: Sequence[Paper], fields: Collection[str], vocabulary: Vocabulary) -> Texts:
        """Read some fields of papers."""
        texts: list[str] = []
        names: list[str] = []
        owners: list[int] = []
        for at, paper in enumerate(papers):
            for name in fields:
                for text in TEXTS[name](paper):
                    texts.append(text)
                    names.append(name)
                    owners.append(at)
        vocabulary.make_room()
        return cls(vocabulary, read(texts, vocabulary), names, owners)

    def within(self, fields: Collection[str]) -> Texts:
        """Those of some fields alone."""
        chosen = np.array([name in fields for name in self._fields], np.bool_)
        if chosen.all():
            return self
        places = np.repeat(chosen, self._sizes)
        found = Read(self._words[places], self.joins[places], self._sizes[chosen])
        of = chosen.nonzero()[0].tolist()
        return Texts(self.vocabulary, found, [self._fields[at] for at in of], [self._papers[at] for at in of])

    @cached_property
    def exact(self) -> NDArray[np.int32]:
        """The folded form of each word, by its number in the vocabulary."""
        return np.frombuffer(self.vocabulary.exact, np.int32).take(self._words)

    @cached_property
    def stems(self) -> NDArray[np.int32]:
        """The stem of each."""
        return np.frombuffer(self.vocabulary.stem, np.int32).take(self._words)

    @cached_property
    def owners(self) -> NDArray[np.int64]:
        """Which paper each word is of."""
        return np.repeat(np.array(self._papers, np.int64), self._sizes)

    def written(self, forms: NDArray[np.int32]) -> list[str]:
        """Forms as text."""
        return list(map(self.vocabulary.text.__getitem__, forms.tolist()))

    def compounds_at(self, places: NDArray[np.int64]) -> list[str]:
        """The stems of the compounds that begin at some places."""
        pairs = zip(self.written(self.exact[places]), self.written(self.exact[places + 1]), strict=True)
        return compound_stems(pairs)

    @cached_property
    def compounds(self) -> dict[int, str]:
        """The stems of all compounds, by where they begin."""
        places = np.flatnonzero(self.joins)
        return dict(zip(places.tolist(), self.compounds_at(places), strict=True))

    @cached_property
    def joined(self) -> list[str]:
        """The compound of each word with the next as written, "" where there is none."""
        words = self.written(self.exact)
        return [
            word + after if joins else ""
            for word, after, joins in zip_longest(words, words[1:], self.joins.tolist(), fillvalue="")
        ]

    def papers(self) -> Iterator[tuple[int, range]]:
        """Each paper and the places of its words."""
        ends = np.cumsum(np.bincount(self.owners)).tolist()
        for paper, (start, end) in enumerate(zip([0, *ends], ends, strict=False)):
            yield paper, range(start, end)
