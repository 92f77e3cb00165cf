"""What a filter would have brought: the stored papers of the last days, held against it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Final, Literal, TypeAlias

from bot.clock import Clock
from bot.handlers.archive import Archive, Near, Window
from bot.handlers.own import Given, Hit, Own
from bot.matching.letters import Kept
from bot.meaning import Meanings
from bot.models import Paper
from bot.query import And, Document, Not, Query, Variant, evaluate, near, printed
from bot.store import Store

Order: TypeAlias = Literal["relevance", "new", "upvotes"]
BEST: Final = 10
"""Hits whose papers are read and whose reasons are made; of the others only the number is known."""
MOST_VARIANTS: Final = 6
_LOOKED_AT: Final = 3
"""For each hit that is wanted, so many are evaluated: the quick score that chooses them is a rough one."""
_SOME: Final = 500
_NEVER: Final = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Replayed:
    """What a filter would have brought."""

    days: int
    checked: int
    count: int
    """How many papers passed."""
    hits: Sequence[Hit]
    """The best of them, best first."""
    per_day: Sequence[int]
    """Hits on each of the last days, oldest first."""
    terms: Sequence[tuple[str, int]] = ()
    """What the filter asks for, as written, and how many of the hits have it; most first."""
    sources: Sequence[str] = ()
    """Only what one of these announced was looked at; empty means all."""
    window: Window = field(default_factory=lambda: Window(()), repr=False)
    """The hits themselves."""

    @property
    def rate(self) -> float:
        """Hits a day, over the days for which there are papers at all."""
        return self.count / max(1, self.days)


class Replay:
    """Runs filters over what is stored."""

    def __init__(self, store: Store, clock: Clock, meanings: Meanings) -> None:
        self._store = store
        self._meanings = meanings
        self._clock = clock
        self._archive = Archive(store, clock)
        self.given = Given(store, clock)
        """The papers of feeds that workspaces gave; those of one are nobody else's."""

    @property
    def archive(self) -> Archive:
        """The papers in memory."""
        return self._archive

    async def warm(self, days: int) -> None:
        """Read the papers of the last ``days`` now, so that the first question need not wait for it."""
        await self._archive.window(self._clock.now() - timedelta(days=days))

    async def run(
        self,
        query: Query,
        *,
        days: int,
        sources: Sequence[str] = (),
        best: int = BEST,
        order: Order = "relevance",
        only: Callable[[Sequence[str]], Awaitable[Collection[str]]] | None = None,
        revisions: bool = False,
        workspace: tuple[str, str] | None = None,
    ) -> Replayed:
        """Hold the papers of the last ``days`` against ``query``.

        With ``workspace`` those of the feeds that were given there, too; else only everybody's. ``only`` says which of the
        papers that passed are wanted, by their ids; with ``revisions`` papers are looked at, too, that a subscription is
        not told of, because nothing but a revision of them was announced.
        """
        now = self._clock.now()
        window = await self._archive.window(
            now - timedelta(days=days), revisions=revisions or query.revisions, sources=sources
        )
        near_by = await self._meanings.near(query)
        found = await self._archive.find(query, window, near_by)
        if only is not None:
            chosen = set(await only([one.paper.id for one in found.papers()]))
            found = found.having(chosen)
        passed = found.papers()
        own = (
            Own((), 0)
            if workspace is None
            else await self.given.hits(
                query,
                workspace,
                now - timedelta(days=days),
                sources,
                without={one.paper.id for one in passed},
            )
        )
        if only is not None and own.hits:
            chosen = set(await only([hit.paper.id for hit in own.hits]))
            own = Own(tuple(hit for hit in own.hits if hit.paper.id in chosen), own.checked)
        return Replayed(
            days=_known_days(window.oldest, now, days),
            checked=window.count + own.checked,
            count=len(passed) + len(own.hits),
            hits=_first_of([*await self._best(query, passed, near_by, best, order), *own.hits], order)[:best],
            per_day=_by_day([*(one.paper for one in passed), *(hit.paper for hit in own.hits)], now, days),
            terms=await self._terms(query, found, near_by),
            sources=tuple(sources),
            window=found,
        )

    async def variants(
        self, query: Query, *, days: int, wider: bool, sources: Sequence[str] = ()
    ) -> list[tuple[Variant, int]]:
        """Queries one step wider or narrower, with how many papers each would have brought."""
        window = await self._archive.window(
            self._clock.now() - timedelta(days=days), revisions=query.revisions, sources=sources
        )
        found = []
        for variant in [one for one in near(query) if one.wider is wider][:MOST_VARIANTS]:
            near_by = await self._meanings.near(variant)
            found.append((variant, (await self._archive.find(variant, window, near_by)).count))
        return found

    async def missed(self, variant: Query, replayed: Replayed, *, days: int) -> Paper | None:
        """The best of the papers that a wider form brings and the filter does not."""
        window = await self._archive.window(
            self._clock.now() - timedelta(days=days), revisions=variant.revisions, sources=replayed.sources
        )
        near_by = await self._meanings.near(variant)
        inside = self._archive.inside(replayed.window)
        more = (await self._archive.find(variant, window, near_by)).papers()
        others = [one for one in more if not inside(one.paper.id)]
        best = [one.paper.id for one in await self.first(variant, others, near_by, 1, "relevance")]
        return next(iter((await self._store.papers.many(best)).values()), None)

    async def clauses(
        self, query: Query, *, days: int, sources: Sequence[str] = ()
    ) -> list[tuple[Query, int]]:
        """What each clause of a query would have brought by itself; none where it is but one."""
        parts = query.root.children if isinstance(query.root, And) else ()
        window = await self._archive.window(
            self._clock.now() - timedelta(days=days), revisions=query.revisions, sources=sources
        )
        found = []
        for part in [one for one in parts if not isinstance(one, Not)][:MOST_VARIANTS]:
            alone = Query(part, printed(part), "")
            near_by = await self._meanings.near(alone)
            found.append((alone, (await self._archive.find(alone, window, near_by)).count))
        return found

    async def shared(self, replayed: Replayed, others: Mapping[int, Query]) -> dict[int, int]:
        """How many of the hits each of the other filters brings as well, by its number; none left out."""
        found = {}
        for number, other in others.items():
            near_by = await self._meanings.near(other)
            if count := (await self._archive.find(other, replayed.window, near_by)).count:
                found[number] = count
        return found

    async def _best(
        self, query: Query, passed: Sequence[Kept], near_by: Near, count: int, order: Order
    ) -> list[Hit]:
        """Read and evaluate the best ones; those that changed or expired meanwhile are left out."""
        chosen = await self.first(query, passed, near_by, count * _LOOKED_AT, order)
        papers = await self._store.papers.many([one.paper.id for one in chosen])
        hits = []
        for one in chosen:
            if (paper := papers.get(one.paper.id)) is not None:
                verdict = evaluate(query, Document.of(paper), near_by.get(paper.id, {}))
                if verdict.matched:
                    hits.append(Hit(paper, verdict))
        return _first_of(hits, order)[:count]

    async def first(
        self, query: Query, passed: Sequence[Kept], near_by: Near, count: int, order: Order
    ) -> list[Kept]:
        """The best of the papers that passed, by a rough score of their words, or by the order that is asked for."""
        if order == "new":
            return sorted(passed, key=lambda one: one.paper.first_seen or _NEVER, reverse=True)[:count]
        if order == "upvotes":
            return sorted(passed, key=lambda one: -(one.paper.upvotes or 0))[:count]
        score = self._archive.corpus.scorer(query)
        scored = []
        for start in range(0, len(passed), _SOME):
            await self._clock.sleep(0)
            scored += [
                (
                    -score(one) - sum(near_by.get(one.paper.id, {}).values()),
                    -(one.paper.upvotes or 0),
                    one.paper.id,
                    one,
                )
                for one in passed[start : start + _SOME]
            ]
        return [row[3] for row in sorted(scored, key=lambda row: row[:3])[:count]]

    async def _terms(self, query: Query, found: Window, near_by: Near) -> list[tuple[str, int]]:
        counted = []
        for text, pick in self._archive.corpus.tally(query, near_by):
            await self._clock.sleep(0)
            counted.append((text, sum(len(pick(shelf, places)) for shelf, places in found.parts)))
        return sorted(counted, key=lambda one: -one[1])


def _first_of(hits: list[Hit], order: Order) -> list[Hit]:
    """In the order asked for; equal ones stay as they are."""
    if order == "new":
        return sorted(hits, key=lambda hit: hit.paper.first_seen or _NEVER, reverse=True)
    if order == "upvotes":
        return sorted(hits, key=lambda hit: -(hit.paper.upvotes or 0))
    return sorted(hits, key=lambda hit: (-hit.verdict.score, -(hit.paper.upvotes or 0), hit.paper.id))


def _known_days(oldest: float | None, now: datetime, days: int) -> int:
    """A store that is two days old cannot tell a weekly rate: count the days it has."""
    first = now if oldest is None else datetime.fromtimestamp(oldest, UTC)
    return max(1, min(days, (now.date() - first.date()).days + 1))


def _by_day(papers: Sequence[Paper], now: datetime, days: int) -> list[int]:
    counted: Counter[date] = Counter(
        paper.first_seen.date() for paper in papers if paper.first_seen is not None
    )
    return [counted[(now - timedelta(days=back)).date()] for back in range(days - 1, -1, -1)]
