"""What a filter would have brought: the stored papers of the last days, held against it."""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from bot.clock import Clock
from bot.meaning import Meanings
from bot.models import Paper
from bot.query import Document, Query, Variant, Verdict, evaluate, near
from bot.store import Store

KEPT: Final = 20_000
"""Prepared papers kept in memory, about 15 kB each at most for a long abstract."""
BREATH: Final = 25
"""Papers between two looks at the event loop: about ten milliseconds."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A stored paper that a filter would have brought."""

    paper: Paper
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Replayed:
    """What a filter would have brought."""

    days: int
    checked: int
    hits: Sequence[Hit]
    """Best first."""
    per_day: Sequence[int]
    """Hits on each of the last days, oldest first."""

    @property
    def rate(self) -> float:
        """Hits a day, over the days for which there are papers at all."""
        return len(self.hits) / max(1, self.days)


class Replay:
    """Runs filters over what is stored."""

    def __init__(self, store: Store, clock: Clock, meanings: Meanings) -> None:
        self._store = store
        self._meanings = meanings
        self._clock = clock
        self._documents: OrderedDict[str, tuple[Paper, Document]] = OrderedDict()

    async def run(self, query: Query, *, days: int, sources: Sequence[str] = ()) -> Replayed:
        """Hold the papers of the last ``days`` against ``query``."""
        now = self._clock.now()
        hits: list[Hit] = []
        documents = await self._recent(now - timedelta(days=days))
        near_by = await self._meanings.near(query)
        for at, document in enumerate(documents):
            if at % BREATH == 0:
                await self._clock.sleep(0)
            if sources and not any(one.source in sources for one in document.paper.sightings):
                continue
            verdict = evaluate(query, document, near_by.get(document.paper.id, {}))
            if verdict.matched:
                hits.append(Hit(document.paper, verdict))
        hits.sort(key=lambda hit: (-hit.verdict.score, -(hit.paper.upvotes or 0), hit.paper.id))
        return Replayed(
            days=self._known_days([document.paper for document in documents], now, days),
            checked=len(documents),
            hits=hits,
            per_day=_by_day([hit.paper for hit in hits], now, days),
        )

    async def variants(self, query: Query, *, days: int, wider: bool) -> list[tuple[Variant, int]]:
        """Queries one step wider or narrower, with how many papers each would have brought."""
        documents = await self._recent(self._clock.now() - timedelta(days=days))
        found = []
        for variant in [one for one in near(query) if one.wider is wider][:6]:
            await self._clock.sleep(0)
            near_by = await self._meanings.near(variant)
            found.append(
                (
                    variant,
                    sum(evaluate(variant, one, near_by.get(one.paper.id, {})).matched for one in documents),
                )
            )
        return found

    async def _recent(self, since: datetime) -> list[Document]:
        ids = await self._store.papers.recent(since, limit=KEPT)
        documents = []
        for start in range(0, len(ids), 500):
            papers = await self._store.papers.many(ids[start : start + 500])
            for at, (paper_id, paper) in enumerate(papers.items()):
                if at % BREATH == 0:
                    await self._clock.sleep(0)
                documents.append(self._document(paper_id, paper))
        return documents

    def _document(self, paper_id: str, paper: Paper) -> Document:
        held = self._documents.get(paper_id)
        if held is not None and held[0] == paper:
            self._documents.move_to_end(paper_id)
            return held[1]
        document = Document.of(paper)
        self._documents[paper_id] = (paper, document)
        if len(self._documents) > KEPT:
            self._documents.popitem(last=False)
        return document

    @staticmethod
    def _known_days(papers: Sequence[Paper], now: datetime, days: int) -> int:
        """A store that is two days old cannot tell a weekly rate: count the days it has."""
        oldest = min((paper.first_seen for paper in papers if paper.first_seen), default=now)
        return max(1, min(days, (now.date() - oldest.date()).days + 1))


def _by_day(papers: Sequence[Paper], now: datetime, days: int) -> list[int]:
    counted: Counter[date] = Counter(
        paper.first_seen.date() for paper in papers if paper.first_seen is not None
    )
    return [counted[(now - timedelta(days=back)).date()] for back in range(days - 1, -1, -1)]
