"""Closes digests when they are due: once for each period, best first, nothing dropped."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import structlog

from bot.clock import Clock
from bot.errors import QueryError
from bot.ledger import Book
from bot.ledger.ready import ready
from bot.matching.meaning.asked import asked
from bot.meaning import Meanings
from bot.models import (
    Delivery,
    DeliveryKind,
    Subscription,
    SubscriptionState,
    When,
    delivery_key,
)
from bot.query import parse
from bot.schedule import PERIODS, Late, catch_up, due, may_be_early, period, replan
from bot.store import Store, keys
from bot.store.subscriptions import ChangedByAnotherError
from bot.text.when import day

log = structlog.get_logger(__name__)

EVERY: Final = timedelta(seconds=1)
LISTS_EVERY: Final = timedelta(seconds=30)
"""How often it is looked whether lists that digests wait for are complete."""
MOST_WAITING: Final = 20_000
"""Digests of a shard that are looked at for it."""


class Digests:
    """Looks for digests that are due. Several processes may look: a period's digest is made once."""

    def __init__(self, store: Store, clock: Clock, meanings: Meanings | None = None) -> None:
        """``meanings`` put a digest in the order of its place's profile; without, texts are compared by words."""
        self._store = store
        self._meanings = meanings or Meanings(store, clock)
        self._clock = clock
        self._looked = float("-inf")

    async def run(self) -> None:
        """Close what is due, for as long as it runs."""
        while True:
            await self.once()
            await self._clock.sleep(EVERY.total_seconds())

    async def once(self) -> int:
        """End pauses that are over, and close everything that is due now; how many digests were made."""
        made = 0
        for asleep in await self._store.subscriptions.due_to_wake(self._clock.now()):
            await self._wake(asleep)
        platforms = {platform for platform, _ in await self._store.subscriptions.workspaces()}
        for platform in sorted(platforms):
            for shard in keys.shards(platform):
                for subscription_id, since in await self._store.deliveries.due_digests(
                    shard, self._clock.now()
                ):
                    subscription = await self._store.subscriptions.by_id(subscription_id)
                    if subscription is None or subscription.state is SubscriptionState.REMOVED:
                        await self._store.deliveries.forget_digest(shard, subscription_id)
                    elif subscription.state is SubscriptionState.PAUSED:
                        await self._store.deliveries.set_digest(subscription, None)
                    else:
                        made += await self._close(subscription, since)
        if self._clock.monotonic() - self._looked >= LISTS_EVERY.total_seconds():
            self._looked = self._clock.monotonic()
            made += await self._close_early(sorted(platforms))
        return made

    async def _close_early(self, platforms: Sequence[str]) -> int:
        """Close the digests of today whose lists are complete before their latest time; how many."""
        now = self._clock.now()
        if await self._store.papers.stream.length():
            return 0  # what came is not matched yet
        made = 0
        books: dict[tuple[str, ...], Sequence[Book]] = {}
        for shard in (shard for platform in platforms for shard in keys.shards(platform)):
            planned = await self._store.deliveries.due_digests(
                shard, now + timedelta(days=1), count=MOST_WAITING
            )
            times = {one: at for one, at in planned if at > now}
            for subscription in await self._store.subscriptions.waiting_for_lists(list(times)):
                cadence, at = subscription.cadence, times[subscription.id]
                if subscription.state is not SubscriptionState.ACTIVE or not may_be_early(cadence, at, now):
                    continue
                if subscription.sources not in books:
                    books[subscription.sources] = await self._store.ledgers.many(subscription.sources)
                gathered = at - PERIODS.get(cadence.when, timedelta(days=1))
                lists = books[subscription.sources]
                if ready(lists, since=gathered, until=at, now=now) and await self._store.deliveries.pending(
                    subscription
                ):
                    made += await self._close(subscription, at)
        return made

    async def close_now(self, subscription: Subscription, *, name: str) -> int:
        """Close what is gathered outside its schedule (somebody asked); how many papers it holds."""
        pending = await self._store.deliveries.pending(subscription)
        if pending:
            await self._make(
                subscription,
                [one for one, _ in pending],
                name=name,
                said="",
                following=await self._store.deliveries.next_digest(subscription),
            )
        return len(pending)

    async def reschedule(self, before: Subscription, after: Subscription) -> None:
        """Bring a digest that is being gathered in line with a changed cadence, state or place."""
        now = self._clock.now()
        pending = await self._store.deliveries.pending(before)
        if before.destination.key != after.destination.key:
            # What waits there was matched for there: it is said there, once, before the move.
            if pending:
                await self.close_now(before, name=f"moved:{now.isoformat()}")
            await self._store.deliveries.set_digest(before, None)
        elif before.cadence != after.cadence or before.state is not after.state:
            planned = await self._store.deliveries.next_digest(before)
            last = await self._store.deliveries.last_digest(after)
            moved = (
                replan(after.cadence, planned, now, last=last)
                if planned
                else due(after.cadence, now, last=last)
            )
            running = after.state in {SubscriptionState.ACTIVE, SubscriptionState.BLOCKED}
            await self._store.deliveries.set_digest(
                after, moved if running and (planned or pending) else None
            )

    async def _wake(self, subscription: Subscription) -> None:
        """A pause is over: what it gathered is said with the next digest, or now where there is none."""
        try:
            awake = await self._store.subscriptions.put(
                replace(subscription, state=SubscriptionState.ACTIVE, paused_until=None)
            )
        except ChangedByAnotherError:
            return  # somebody changed it at this moment; the next look sees what they made of it
        last = await self._store.deliveries.last_digest(awake)
        await self._store.deliveries.set_digest(awake, due(awake.cadence, self._clock.now(), last=last))
        log.info("A pause is over", subscription=awake.id)

    async def _close(self, subscription: Subscription, since: datetime) -> bool:
        now = self._clock.now()
        pending = await self._store.deliveries.pending(subscription)
        following = None
        if subscription.cadence.when is not When.INSTANT:
            following = due(subscription.cadence, now, last=since)
            if catch_up(subscription.cadence, since, now) is Late.MERGE:
                # Too late for that day: what it would have said is in the next one.
                await self._store.deliveries.set_digest(subscription, following)
                log.info("A digest was late and joins the next", subscription=subscription.id)
                return False
        if not pending:
            await self._store.deliveries.set_digest(subscription, following)
            return False
        return await self._make(
            subscription,
            [one for one, _ in pending],
            name=period(subscription.cadence, since),
            said=_said(subscription, since),
            following=following,
            since=since,
        )

    async def _make(
        self,
        subscription: Subscription,
        papers: Sequence[str],
        *,
        name: str,
        said: str,
        following: datetime | None,
        since: datetime | None = None,
    ) -> bool:
        now = self._clock.now()
        destination = subscription.destination
        delivery = Delivery(
            key=delivery_key(destination, DeliveryKind.DIGEST, f"{subscription.number}:{name}"),
            kind=DeliveryKind.DIGEST,
            destination=destination,
            papers=await self._in_order(subscription, papers),
            subscriptions=(subscription.number,),
            due=now,
            period=name,
            note=said,
        )
        made = await self._store.deliveries.close_digest(
            subscription, delivery, next_due=following, since=since, now=now
        )
        if made:
            log.info("A digest is due", subscription=subscription.id, papers=len(papers), period=name)
        return made

    async def _in_order(self, subscription: Subscription, papers: Sequence[str]) -> tuple[str, ...]:
        """Best first: by what people of the place rated, else by how well the filter fits. None is lost."""
        known = await self._store.papers.many(papers)
        try:
            text = asked(parse(subscription.query))
        except QueryError:  # an older or newer version wrote it: what it gathered is said all the same
            text = ""
        ordered = await self._meanings.ordered(
            subscription.destination, [known[one] for one in papers if one in known], text
        )
        return tuple(dict.fromkeys([*(one.id for one in ordered), *papers]))


def _said(subscription: Subscription, since: datetime) -> str:
    """The period in words: «Fri 20 Nov», with the hour where there are several a day."""
    local = since.astimezone(ZoneInfo(subscription.cadence.zone))
    hour = f" {local:%H:%M}" if subscription.cadence.when is When.HOURLY else ""
    return day(local.date()) + hour
