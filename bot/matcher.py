"""Holds each new paper against all subscriptions and plans what is to be said.

Any number of processes share the stream of papers; each has the whole index. A plan is idempotent, so an
entry is acknowledged after all of its plans are written: a crash in between repeats them to no effect.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import structlog

from bot.audience import Audience
from bot.clock import Clock
from bot.errors import PigeonError
from bot.found import Found, by_destination, older, precedence, speaks_now
from bot.matching import TOGETHER
from bot.meaning import Followed, Meanings, Refused
from bot.merging import before
from bot.models import (
    Delivery,
    DeliveryKind,
    DeliveryState,
    Destination,
    Paper,
    SubscriptionState,
    When,
    delivery_key,
)
from bot.private import feed_of, identity
from bot.query import Document, Like, Verdict
from bot.schedule import due
from bot.snapshot import Snapshot
from bot.store import Store
from bot.store.deliveries import Plan
from bot.store.papers import LATE, NEWS, SEED, read_was
from bot.store.records import DamagedRecordError
from bot.store.stream import Entry

log = structlog.get_logger(__name__)

BATCH: Final = 100
REASONS_AT_ONCE: Final = 10
"""Matches explained between two looks at the event loop: a few milliseconds."""
WRITTEN_TOGETHER: Final = 100
"""Plans that are gathered before they are written; a batch of papers may come to hundreds of thousands."""
FEW: Final = 2
"""Papers of a batch that may all fail by their own fault."""
STALE: Final = timedelta(seconds=60)
"""Entries of a matcher that was silent for so long are taken over."""
FIRST_CARDS: Final = 3
"""Cards that the first listing of a source brings at once to a destination; the rest is one digest."""
FIRST_DIGEST: Final = timedelta(seconds=20)
"""How long that first digest waits, so that one poll of several categories falls into it whole."""
LATE_DIGEST: Final = timedelta(minutes=10)
"""How long the digest of a catch-up waits, so that all of its pages fall into it."""


@dataclass(slots=True)
class Plans:
    """What a batch came to, for the log."""

    papers: int = 0
    matches: int = 0
    planned: int = 0

    def add(self, other: Plans) -> None:
        """Count those of another batch as well."""
        self.papers += other.papers
        self.matches += other.matches
        self.planned += other.planned


class Matcher:
    """Reads the stream of papers for as long as it runs."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        *,
        worker: str,
        meanings: Meanings | None = None,
        snapshot: Snapshot | None = None,
    ) -> None:
        """Without ``meanings`` texts are compared by their words alone; without ``snapshot`` no index is saved."""
        self._store = store
        self._clock = clock
        self._worker = worker
        self._meanings = meanings or Meanings(store, clock)
        self._followed = Followed(self._meanings, clock)
        self._audience = Audience(store, clock, snapshot)

    async def run(self) -> None:
        """Match what comes; first what this worker had taken before a crash."""
        await self.refresh()
        await self._drain(again=True)
        last_look = self._clock.monotonic()
        while True:
            if self._clock.monotonic() - last_look > STALE.total_seconds() / 2:
                last_look = self._clock.monotonic()
                stale = await self._store.papers.stream.claim_stale(
                    self._worker, idle_ms=int(STALE.total_seconds() * 1000), count=BATCH
                )
                await self.match(stale)
                await self._store.papers.stream.forget_consumers(idle_ms=3_600_000, keep=self._worker)
            entries = await self._store.papers.stream.read(self._worker, count=BATCH, block_ms=1000)
            await self.match(entries)

    async def once(self) -> Plans:
        """Match everything that waits now, and return."""
        await self.refresh()
        return await self._drain(again=False)

    async def _drain(self, *, again: bool) -> Plans:
        total = Plans()
        while True:
            entries = await self._store.papers.stream.read(
                self._worker, count=BATCH, block_ms=None, again=again
            )
            if not entries:
                if again:
                    return total
                entries = await self._store.papers.stream.read(self._worker, count=BATCH, block_ms=None)
                if not entries:
                    return total
            plans = await self.match(entries)
            total.add(plans)

    async def refresh(self) -> None:
        """Bring what is matched up to what the store holds."""
        await self._audience.refresh()

    async def match(self, entries: Sequence[Entry]) -> Plans:
        """Plan for these papers, then acknowledge them.

        One that cannot be matched (a damaged record, a bug of ours) is set aside for a person, and the others go on.
        """
        if not entries:
            return Plans()
        await self.refresh()
        outcome = await self._tried(entries)
        if isinstance(outcome, Plans):
            return outcome
        log.error("Papers could not be matched together; each is tried alone", count=len(entries))
        total, failed = Plans(), []
        for entry in entries:  # what was planned before is planned again to no effect
            outcome = await self._tried([entry])
            if isinstance(outcome, Plans):
                total.add(outcome)
            else:
                failed.append((entry, outcome))
        if len(failed) == len(entries) > FEW:
            raise failed[0][1]  # it is not the papers: a bot that set all aside would seem to run
        for entry, fault in failed:
            why = str(fault) if isinstance(fault, PigeonError) else f"{type(fault).__name__}: a bug of ours."
            log.critical(
                "A paper cannot be matched and is set aside", paper=entry.fields["id"], exc_info=fault
            )
            await self._store.aside.put(entry, why, self._clock.now())
        return total

    async def _tried(self, entries: Sequence[Entry]) -> Plans | Exception:
        """What it came to, or a fault that may be a paper's."""
        try:
            return await self._match(entries)
        except DamagedRecordError as error:
            return error
        except PigeonError:
            raise
        except Exception as error:  # noqa: BLE001 - a bug of ours must cost one paper and not all
            return error

    async def _match(self, entries: Sequence[Entry]) -> Plans:
        plans = Plans(papers=len(entries))
        papers = await self._store.papers.many([entry.fields["id"] for entry in entries])
        near = await self._followed.near(self._audience.index.likes, list(papers.values()))
        owners = await self._store.feeds.givers({feed for one in papers if (feed := feed_of(one))})
        twins = await self._store.papers.twins([identity(one) for one in papers])
        refused: Refused = {}
        shown: list[str] = []
        waiting: list[Plan] = []
        async for paper, event, wanting in self._found(entries, papers, near):
            feed = feed_of(paper.id)
            found = [one for one in wanting if feed is None or one.subscription.workspace in owners[feed]]
            plans.matches += len(found)
            if found and feed is None:
                shown.append(paper.id)
            for destination, wanted in by_destination(found).items():
                if await self._meanings.refused(destination, paper, refused):
                    continue
                paper_id = paper.id
                if identity(paper.id) in twins:
                    plans.planned += await self._write(waiting)
                    waiting = []
                    paper_id = await self._said_as(destination, paper.id)
                waiting += await self._plan(destination, wanted, paper_id, seed=event["seed"])
                if len(waiting) >= WRITTEN_TOGETHER:
                    plans.planned += await self._write(waiting)
                    waiting = []
            # A paper of thousands of matches must not hold up commands in the same process.
            await self._clock.sleep(0)
        plans.planned += await self._write(waiting)
        await self._store.shown.note(shown, self._clock.now())
        await self._store.papers.stream.done([entry.id for entry in entries])
        if plans.matches:
            log.info("Matched papers", papers=plans.papers, matches=plans.matches, planned=plans.planned)
        return plans

    async def _found(
        self, entries: Sequence[Entry], papers: Mapping[str, Paper], near: Mapping[str, Mapping[Like, float]]
    ) -> AsyncIterator[tuple[Paper, Mapping[str, str], list[Found]]]:
        """Each paper, what happened to it, and who wants it now and did not before."""
        # Those that expired between queueing and matching are left out: months have passed.
        known = [entry.fields for entry in entries if entry.fields["id"] in papers]
        for start in range(0, len(known), TOGETHER):
            some = known[start : start + TOGETHER]
            asked = [(Document.of(papers[one["id"]]), near.get(one["id"], {})) for one in some]
            await self._clock.sleep(0)
            for event, verdicts in zip(some, self._audience.index.match_all(asked), strict=True):
                paper = papers[event["id"]]
                yield paper, event, await self._newly(paper, event, verdicts, near.get(paper.id, {}))

    async def _newly(
        self,
        paper: Paper,
        event: Mapping[str, str],
        verdicts: Mapping[str, Verdict],
        near: Mapping[Like, float],
    ) -> list[Found]:
        """Who of those whose filter it passes wants it now and did not before.

        A changed paper counts only for a filter that it passes *because* of the change: otherwise every
        upvote would bring yesterday's papers to a subscription made today.
        """
        wanted = self._audience.wanted_by(paper, verdicts)
        if event["event"] == "changed" and wanted:
            was = before(paper, dict(read_was(event["was"])))
            former = set(self._audience.wanted_by(was, self._audience.index.match(Document.of(was), near)))
            wanted = [one for one in wanted if one not in former]
        # As they are now: what changes while we give others their turn is for the next paper.
        subscriptions = await self._audience.held(wanted)
        if event["event"] == "new":
            subscriptions = [one for one in subscriptions if not older(paper, one)]
        found = []
        for at, subscription in enumerate(subscriptions):
            if at % REASONS_AT_ONCE == REASONS_AT_ONCE - 1:
                await self._clock.sleep(0)
            verdict = verdicts[subscription.id]
            found.append(Found(subscription, paper, verdict.reasons, verdict.score))
        return found

    async def _said_as(self, destination: Destination, paper_id: str) -> str:
        """The id under which the paper waits there already: a given feed and a listing may both have brought it."""
        key = delivery_key(destination, DeliveryKind.PAPER, paper_id)
        record = await self._store.deliveries.get(destination, key)
        return record.papers[0] if record is not None and record.papers else paper_id

    async def _plan(
        self, destination: Destination, wanted: Sequence[Found], paper_id: str, *, seed: str
    ) -> list[Plan]:
        """The delivery of a paper at a destination, once for each who wants it there.

        Whoever plans first decides how it is said, so instant ones come first; the others add their reasons.
        """
        now = self._clock.now()
        ordered = sorted(wanted, key=precedence)
        found = []
        for at, one in enumerate(ordered):
            subscription = one.subscription
            reasons = (
                {each.subscription.number: each.reasons for each in ordered}
                if at == 0
                else {subscription.number: one.reasons}
            )
            instant = speaks_now(subscription)
            if instant and seed != NEWS:
                instant = seed == SEED and await self._first_cards_left(destination)
            delivery = Delivery(
                key=delivery_key(destination, DeliveryKind.PAPER, paper_id),
                kind=DeliveryKind.PAPER,
                destination=destination,
                papers=(paper_id,),
                due=due(subscription.cadence, now) if instant else self._gather_until(one, now, seed=seed),
                state=DeliveryState.PLANNED if instant else DeliveryState.PENDING,
            )
            found.append(Plan(delivery, reasons, subscription.id, one.score))
        return found

    async def _write(self, plans: Sequence[Plan]) -> int:
        """Write plans; how many deliveries were new."""
        return sum(await self._store.deliveries.plan_all(plans, now=self._clock.now()))

    def _gather_until(self, one: Found, now: datetime, *, seed: str) -> datetime | None:
        """When the digest that this paper waits in is due; ``None`` while its subscription is paused."""
        if one.subscription.state is SubscriptionState.PAUSED:
            return None
        if seed == SEED:
            return now + FIRST_DIGEST
        if seed == LATE and one.subscription.cadence.when is When.INSTANT:
            return now + LATE_DIGEST
        return due(one.subscription.cadence, now)

    async def _first_cards_left(self, destination: Destination) -> bool:
        """Take one of the few first cards of a destination: a budget that refills in ten days."""
        taken, _ = await self._store.limits.reserve(
            f"first:{destination.key}", count=FIRST_CARDS * 10, seconds=864_000, patience=0
        )
        return taken
