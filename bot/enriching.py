"""Asks enrichers about papers that people saw or are about to see, a few at a time, beside everything else.

No poll and no card waits for it: what is found is written to the paper, and shown from then on. A failure waits for
the next round, each time longer; requests are counted over a day.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

import structlog

from bot.clock import Clock
from bot.errors import ListingBusy, ListingError
from bot.merging import enriched, what_was
from bot.models import Paper
from bot.ports import Enricher
from bot.store import Store
from bot.store.papers import Change, ChangedMeanwhileError
from bot.text.tidy import tidy

log = structlog.get_logger(__name__)

EVERY: Final = timedelta(minutes=1)
LEASE: Final = timedelta(minutes=5)
REQUESTS: Final = 20
"""Most requests of one round."""
LONGEST_WAIT: Final = timedelta(hours=6)
AGES: Final = ((timedelta(days=3), timedelta(days=1)), (timedelta(days=14), timedelta(days=3)))
"""While a paper is younger than the first, it is asked about again after the second."""
OLD: Final = timedelta(days=7)
"""After so long an older one is, if it was shown lately."""


class Enriching:
    """Works with one enricher for as long as it runs; one process at a time does."""

    def __init__(self, enricher: Enricher, store: Store, clock: Clock, *, worker: str) -> None:
        self.enricher = enricher
        self._store = store
        self._clock = clock
        self._worker = worker
        self._shelf = store.shelf(f"enricher-{enricher.name}")
        self._failures = 0

    async def run(self) -> None:
        """Ask again and again; other processes stand by until our lease ends."""
        while True:
            wait = EVERY
            if await self._hold():
                wait = await self.once()
            while wait > EVERY:  # the lease is kept meanwhile
                await self._clock.sleep(EVERY.total_seconds())
                await self._hold()
                wait -= EVERY
            await self._clock.sleep(wait.total_seconds())

    async def _hold(self) -> bool:
        """Take or keep the lease of this enricher; whether it is ours."""
        return bool(await self._store.leases.take(f"enrich:{self.enricher.name}", self._worker, LEASE))

    async def stop(self) -> None:
        """Let another process take over at once."""
        await self._store.leases.give_back(f"enrich:{self.enricher.name}", self._worker)

    async def once(self) -> timedelta:
        """One round: what is due is asked, as far as the day's budget goes. How long to wait for the next."""
        now, name = self._clock.now(), self.enricher.name
        mark, shown = await self._store.shown.since(int(await self._shelf.get("mark") or 0))
        await self._store.shown.want(name, shown, now)
        await self._shelf.put("mark", str(mark))
        due = await self._store.shown.due(name, now, limit=REQUESTS * self.enricher.at_once)
        papers = await self._store.papers.many(due)
        askable = [paper for paper in papers.values() if self.enricher.knows(paper)]
        can = {paper.id for paper in askable}
        await self._store.shown.plan(name, {one: None for one in due if one not in can})
        for start in range(0, len(askable), self.enricher.at_once):
            if not await self._hold() or not await self._spend(now):
                break
            try:
                await self._ask(askable[start : start + self.enricher.at_once])
            except ListingError as error:
                self._failures += 1
                log.warning(
                    "An enricher could not be asked; papers are shown without it",
                    enricher=name,
                    why=str(error),
                )
                if isinstance(error, ListingBusy):
                    return max(EVERY, timedelta(seconds=error.after))
                return min(LONGEST_WAIT, EVERY * float(2 ** min(self._failures, 9)))
            self._failures = 0
        return EVERY

    async def _ask(self, papers: Sequence[Paper]) -> None:
        found = {paper.id: tidy(paper) for paper in await self.enricher.enrich(papers)}
        await self._write(found)
        now = self._clock.now()
        still = set(await self._store.shown.still([paper.id for paper in papers]))
        await self._store.shown.plan(
            self.enricher.name,
            {paper.id: _again(paper, now) if paper.id in still else None for paper in papers},
        )

    async def _write(self, found: dict[str, Paper]) -> None:
        while found:
            held = await self._store.papers.stored(list(found))
            changes = []
            for one, stored in held.items():
                after = enriched(stored.paper, found[one])
                if after != stored.paper:
                    was = what_was(stored.paper, after)
                    changes.append(Change(after, stored.raw, "changed" if was else "", was))
            try:
                await self._store.papers.save(
                    self.enricher.name, changes, cursor=None, seed=False, now=self._clock.now()
                )
            except ChangedMeanwhileError:
                continue  # a poller was quicker; what it wrote is kept
            return

    async def _spend(self, now: datetime) -> bool:
        """Take one request out of the day's budget. Only the holder of the lease counts, so none is counted twice."""
        day = f"asked:{now.date().isoformat()}"
        asked = int(await self._shelf.get(day) or 0)
        if asked >= self.enricher.per_day:
            return False
        await self._shelf.put(day, str(asked + 1), ttl=timedelta(days=2))
        return True


def _again(paper: Paper, now: datetime) -> datetime:
    """When to ask about a paper again: while it is young its numbers move."""
    age = now - (paper.first_seen or now)
    return now + next((wait for younger, wait in AGES if age < younger), OLD)
