"""The stored papers of the last weeks in memory, kept in line with the store, so that questions need not read them.

The first question reads what it asks about; each later one only what was written since. At most :data:`KEPT` papers
are held, the newest, at about four kilobytes each.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from bot.clock import Clock
from bot.matching.corpus import Corpus
from bot.matching.letters import Kept, Shelf
from bot.query import Document, Like, Query
from bot.store import Store

KEPT: Final = 50_000
"""Three months of all that arXiv announces in the fields where most subscriptions are."""
MOST_WORDS: Final = 600_000
"""Different words after which the corpus is built anew; a year of arXiv brings about as many."""
CHUNK: Final = 25
"""Papers read from the store at once."""
BREATH: Final = 6
"""Papers between two looks at the event loop: about five milliseconds of preparing them."""

Near = Mapping[str, Mapping[Like, float]]


@dataclass(frozen=True, slots=True)
class Window:
    """The papers that a question is about: places on shelves, as they were when it was asked."""

    parts: Sequence[tuple[Shelf, Collection[int]]]

    @property
    def count(self) -> int:
        """How many papers."""
        return sum(len(places) for _, places in self.parts)

    @property
    def oldest(self) -> float | None:
        """When the first of them was first seen, in seconds since 1970."""
        return min((shelf.oldest(places) for shelf, places in self.parts if places), default=None)

    def having(self, ids: Collection[str]) -> Window:
        """Those with one of the ids."""
        return Window(
            [
                (shelf, [at for at in places if (one := shelf.kept[at]) is not None and one.paper.id in ids])
                for shelf, places in self.parts
            ]
        )

    def papers(self) -> list[Kept]:
        """The papers."""
        return [one for shelf, places in self.parts for at in places if (one := shelf.kept[at]) is not None]


class Archive:
    """The corpus of this process."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._corpus = Corpus()
        self._since: datetime | None = None
        """Papers first seen from here on are in the corpus; ``None`` before the first question."""
        self._place = 0
        self._reading = asyncio.Lock()

    @property
    def corpus(self) -> Corpus:
        """The papers that are held."""
        return self._corpus

    async def window(
        self, since: datetime, *, revisions: bool = True, sources: Collection[str] = ()
    ) -> Window:
        """The papers first seen since then, up to date.

        Without ``revisions`` those are left out of which nothing but a revision was announced; with ``sources`` only
        what one of them announced is in it.
        """
        async with self._reading:
            await self._read(since)
        moment, flags = since.timestamp(), [("source", name.lower()) for name in sources]
        parts = []
        for shelf in tuple(self._corpus.shelves):
            await self._clock.sleep(0)
            places = shelf.since(moment, revisions=revisions)
            if flags:
                kept = shelf.kept
                places = [
                    at for at in places if (one := kept[at]) is not None and not one.flags.isdisjoint(flags)
                ]
            parts.append((shelf, places))
        return Window(parts)

    def inside(self, window: Window) -> Callable[[str], bool]:
        """Whether a paper, by its id, is in a window."""
        places = {shelf: frozenset(among) for shelf, among in window.parts}

        def holds(paper_id: str) -> bool:
            place = self._corpus.place(paper_id)
            return place is not None and place[1] in places.get(place[0], ())

        return holds

    async def find(self, query: Query, window: Window, near: Near) -> Window:
        """Those papers of ``window`` that pass ``query``."""
        find = self._corpus.finder(query, near)
        parts = []
        for shelf, places in window.parts:
            await self._clock.sleep(0)
            if found := find(shelf, places):
                parts.append((shelf, found))
        return Window(parts)

    async def _read(self, since: datetime) -> None:
        if self._corpus.vocabulary > MOST_WORDS:
            self._corpus, self._since = Corpus(), None
        if self._since is None:
            self._place = await self._store.papers.last_write()
            await self._put(await self._store.papers.recent(since, limit=KEPT))
            self._since = since
            return
        if since < self._since and len(self._corpus) < KEPT:
            room = KEPT - len(self._corpus)
            await self._put(await self._store.papers.recent(since, until=self._since, limit=room))
            self._since = since
        while True:
            self._place, ids = await self._store.papers.written(self._place)
            if not ids:
                break
            await self._put(ids)
        if len(self._corpus) > KEPT + KEPT // 50:  # not for each new paper: it puts all of them in order
            self._corpus.keep_newest(KEPT)

    async def _put(self, ids: Sequence[str]) -> None:
        for start in range(0, len(ids), CHUNK):
            some = ids[start : start + CHUNK]
            papers = await self._store.papers.many(some)
            for at, one in enumerate(some, 1):
                if at % BREATH == 0:
                    await self._clock.sleep(0)
                if (paper := papers.get(one)) is None:
                    self._corpus.drop(one)
                else:
                    self._corpus.put(Document.of(paper))
            await self._clock.sleep(0)
