"""What a filter finds among the papers of the feeds that a workspace gave: nobody else's questions come here."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from bot.clock import Clock
from bot.models import Paper
from bot.private import identity
from bot.query import Document, Query, Verdict, evaluate
from bot.store import Store

MOST: Final = 100
"""Papers of one feed that a question looks at: its newest."""
CHUNK: Final = 25
"""Papers between two looks at the event loop."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A stored paper that a filter would have brought."""

    paper: Paper
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Own:
    """What was found."""

    hits: Sequence[Hit]
    checked: int
    """How many papers were looked at."""


class Given:
    """The papers of given feeds."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def hits(
        self,
        query: Query,
        workspace: tuple[str, str],
        since: datetime,
        sources: Sequence[str],
        *,
        without: Collection[str],
    ) -> Own:
        """Papers that pass, but for those that were found under their public ids (``without``) already."""
        found: list[Hit] = []
        checked = 0
        said = set(without)
        for feed in await self._store.feeds.of(*workspace):
            if sources and feed.name not in sources:
                continue
            ids = await self._store.papers.of_feed(feed.name, since, limit=MOST)
            for start in range(0, len(ids), CHUNK):
                papers = await self._store.papers.many(ids[start : start + CHUNK])
                for paper in papers.values():
                    checked += 1
                    verdict = evaluate(query, Document.of(paper), {})
                    if verdict.matched and identity(paper.id) not in said:
                        said.add(identity(paper.id))
                        found.append(Hit(paper, verdict))
                await self._clock.sleep(0)
        return Own(tuple(found), checked)
