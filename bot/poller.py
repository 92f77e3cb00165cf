"""Asks a source when it is due, and stores what it brought.

One process at a time polls a source (a lease), because a listing's etiquette counts all our machines. One that lost its
lease while it asked writes nothing: the store refuses its fencing number.
A failed poll is not retried here: the next one asks again from the same cursor, a little later each time.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

import structlog

from bot.clock import Clock
from bot.errors import ListingBusy, ListingError, ListingQuarantined
from bot.keeper import Keeper, Sheet
from bot.ledger import Arrival
from bot.merging import merged, one_each, what_was
from bot.models import Destination, Listing, Paper
from bot.ports import Source
from bot.private import feed_of, given_feed, identity
from bot.store import Store
from bot.store.papers import Change, ChangedMeanwhileError, FencedError
from bot.text.tidy import tidy

log = structlog.get_logger(__name__)

LEASE: Final = timedelta(minutes=3)
LONGEST_WAIT: Final = timedelta(hours=1)
PIECE: Final = 20
"""Papers that are worked on between two looks at the event loop: about ten milliseconds. A day's listing of a
thousand would hold up everything else in the process for a second, and chat platforms wait three."""


@dataclass(frozen=True, slots=True)
class Poll:
    """How one poll went."""

    source: str
    papers: int = 0
    new: int = 0
    changed: int = 0
    skipped: int = 0
    unchanged: bool = False
    asked: bool = True
    """Whether the listing was asked at all: a nightly one mostly is not."""
    first: bool = False
    """The first listing of this source: its papers are the ground, not the news."""
    error: ListingError | None = None


class Poller:
    """Polls one source for as long as it runs."""

    def __init__(
        self,
        source: Source,
        store: Store,
        clock: Clock,
        *,
        every: timedelta,
        worker: str,
        told: Callable[[Poll], None] = lambda _: None,
        operator: Destination | None = None,
    ) -> None:
        self.source = source
        self._store = store
        self._clock = clock
        self._every = every
        self._worker = worker
        self._told = told
        self._keeper = Keeper(source, store, clock, operator=operator)
        self._failures = 0
        self._feed = given_feed(source.name)

    async def run(self) -> None:
        """Poll again and again; other processes stand by until our lease ends."""
        while True:
            if await self._hold():
                try:
                    poll = await self.once()
                    await self.keep()
                except FencedError as lost:
                    log.warning("A poll took longer than its lease", source=self.source.name, why=str(lost))
                    continue
                await self._rest(self.wait(poll).total_seconds())
            else:
                await self._clock.sleep(min(self._every, LEASE / 3).total_seconds())

    async def _hold(self) -> bool:
        """Take or keep the lease of this source; whether it is ours."""
        name = f"poll:{self.source.name}"
        number = await self._store.leases.take(name, self._worker, LEASE)
        if number and number != self._keeper.fence:
            await self._store.papers.fence(self.source.name, number)
            self._keeper.fence = number
        return bool(number)

    async def _rest(self, seconds: float) -> None:
        """Let time pass until the next poll, and keep the lease meanwhile: whoever dies is replaced in minutes."""
        step = LEASE.total_seconds() / 3
        while seconds > step:
            await self._clock.sleep(step)
            seconds -= step
            if not await self._hold():
                return
        await self._clock.sleep(seconds)

    async def stop(self) -> None:
        """Let another process take over at once."""
        await self._store.leases.give_back(f"poll:{self.source.name}", self._worker)

    async def once(self) -> Poll:
        """Ask once and store; a failure of the listing is a result, not an exception."""
        started = self._clock.now()
        sheet = await self._keeper.open(started)
        cursor = await self._store.papers.cursor(self.source.name)
        try:
            listing = await self.source.fetch(cursor)
        except ListingError as error:
            self._failures += 1
            log.warning("A listing could not be read", source=self.source.name, why=str(error))
            await self._store.papers.note_health(
                self.source.name,
                {
                    "failed_at": started.isoformat(),
                    "why": str(error),
                    "failures": str(self._failures),
                },
            )
            await self._keeper.failed(sheet, str(error))
            if isinstance(error, ListingQuarantined) and self._feed is None:
                await self._keeper.quarantined(str(error), started)
            poll = Poll(self.source.name, error=error)
        else:
            self._failures = 0
            poll = await self._store_listing(listing, sheet, first=cursor is None or listing.ground)
            await self._store.papers.note_health(
                self.source.name,
                {
                    "succeeded_at": self._clock.now().isoformat(),
                    "papers": str(poll.papers),
                    "new": str(poll.new),
                    "unchanged": str(int(poll.unchanged)),
                    "failures": "0",
                    **({"began_at": self._clock.now().isoformat()} if poll.first else {}),
                },
            )
            log.info(
                "Polled a listing",
                source=poll.source,
                papers=poll.papers,
                new=poll.new,
                changed=poll.changed,
                skipped=poll.skipped,
                unchanged=poll.unchanged,
            )
        self._told(poll)
        return poll

    async def keep(self) -> None:
        """Catch up what the ledger misses, and tell the operator; for the time after :meth:`once`."""
        await self._keeper.keep(self._bring)

    async def _store_listing(self, listing: Listing, sheet: Sheet, *, first: bool) -> Poll:
        brought = await self._known_as(listing)
        while True:
            changes, arrivals = await self._changes(brought, sheet)
            if first and self._feed is not None:
                # Whoever gives a feed has just seen what is in it.
                changes = [replace(change, event="") for change in changes]
            if self._feed is not None:
                named = [identity(paper.id) for paper in brought]
                await self._store.papers.note_twins(
                    [one for one in named if feed_of(one) is None], self._clock.now()
                )
            try:
                await self._store.papers.save(
                    listing.source,
                    changes,
                    cursor=listing.cursor,
                    seed=first,
                    now=self._clock.now(),
                    ledger=sheet.answered(listing, arrivals),
                    feed=self._feed,
                    fence=self._keeper.fence,
                )
            except ChangedMeanwhileError:
                continue  # another source brought one of them just now; what it wrote is merged in
            break
        touched = {change.paper.id for change in changes}
        await self._store.papers.touch([paper.id for paper in brought if paper.id not in touched])
        kinds = Counter(change.event for change in changes)
        return Poll(
            listing.source,
            papers=len(brought),
            new=kinds["new"],
            changed=kinds["changed"],
            skipped=listing.skipped,
            unchanged=listing.unchanged,
            asked=listing.asked,
            first=first,
        )

    async def _known_as(self, listing: Listing) -> list[Paper]:
        """The papers of a listing, tidy, each once and under the id under which it is known already."""
        return one_each(await self._store.papers.names.as_known(await self._tidied(listing.papers)))

    async def _bring(self, listing: Listing) -> Sequence[Arrival]:
        """Store a page of a catch-up: neither the source's bookmark nor its ledger moves by it."""
        before = self._keeper.fence
        held = await self._hold()  # many pages take longer than a lease
        if not held or before not in {0, self._keeper.fence}:
            raise FencedError(f"Another process polls {self.source.name} now.")
        sheet = await self._keeper.open(self._clock.now())
        brought = await self._known_as(listing)
        while True:
            changes, arrivals = await self._changes(brought, sheet)
            try:
                await self._store.papers.save(
                    listing.source,
                    changes,
                    cursor=None,
                    seed=False,
                    now=self._clock.now(),
                    fence=self._keeper.fence,
                )
            except ChangedMeanwhileError:
                continue
            return arrivals

    async def _tidied(self, papers: Sequence[Paper]) -> Sequence[Paper]:
        """The papers with clean texts, each once."""
        made: list[Paper] = []
        for start in range(0, len(papers), PIECE):
            made += map(tidy, papers[start : start + PIECE])
            await self._clock.sleep(0)
        return one_each(made)

    async def _changes(
        self, brought: Sequence[Paper], sheet: Sheet
    ) -> tuple[list[Change], Sequence[Arrival]]:
        now = self._clock.now()
        held = await self._store.papers.stored([paper.id for paper in brought])
        arrivals = sheet.arrivals(brought, {key: one.paper for key, one in held.items()}, self.source.name)
        changes: list[Change] = []
        for at, paper in enumerate(brought, 1):
            if at % PIECE == 0:
                await self._clock.sleep(0)
            known = held.get(paper.id)
            after = merged(known.paper if known else None, paper, source=self.source.name, now=now)
            late = sheet.is_old(arrivals.get(paper.id))
            if known is None:
                changes.append(Change(after, "", "new", late=late))
            elif after != known.paper:
                was = what_was(known.paper, after)
                changes.append(Change(after, known.raw, "changed" if was else "", was, late))
        return changes, list(arrivals.values())

    def wait(self, poll: Poll) -> timedelta:
        """How long after that poll the next one is due."""
        if poll.error is None:
            return self._every * random.uniform(0.95, 1.05)  # noqa: S311 - spreads polls, guards nothing
        if isinstance(poll.error, ListingBusy):
            return max(self._every, timedelta(seconds=poll.error.after))
        return min(LONGEST_WAIT, self._every * float(2 ** min(self._failures - 1, 6)))
