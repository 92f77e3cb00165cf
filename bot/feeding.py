"""Polls the feeds that were given in chat: each once for all workspaces that gave it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

import structlog

from bot.clock import Clock
from bot.errors import ListingQuarantined
from bot.models import Delivery, DeliveryKind, Destination, delivery_key
from bot.poller import Poller
from bot.ports import GivenFeeds
from bot.store import Store
from bot.store.feeds import GivenFeed, Workspace

log = structlog.get_logger(__name__)

EVERY: Final = timedelta(minutes=30)
"""Between two polls of one feed."""
LOOK: Final = timedelta(minutes=1)
"""Between two looks at what was given or taken away."""
LEASE: Final = timedelta(minutes=5)
AT_ONCE: Final = 4
_NAME: Final = "poll:given-feeds"


class Feeding:
    """Polls given feeds for as long as it runs; one process at a time does."""

    def __init__(self, given: GivenFeeds, store: Store, clock: Clock, *, worker: str) -> None:
        self._given = given
        self._store = store
        self._clock = clock
        self._worker = worker
        self._pollers: dict[str, tuple[str, Poller]] = {}
        self._due: dict[str, datetime] = {}

    async def run(self) -> None:
        """Look for what is due again and again; other processes stand by until our lease ends."""
        while True:
            if await self._hold():
                await self.once()
            await self._clock.sleep(LOOK.total_seconds())

    async def stop(self) -> None:
        """Let another process take over at once."""
        await self._store.leases.give_back(_NAME, self._worker)

    async def once(self) -> int:
        """Poll the feeds that are due; how many these were."""
        addresses = await self._store.feeds.addresses()
        for name in [name for name, (url, _) in self._pollers.items() if addresses.get(name) != url]:
            del self._pollers[name]
            self._due.pop(name, None)
        for name, url in addresses.items():
            if name not in self._pollers:
                source = self._given.open(name, url)
                poller = Poller(source, self._store, self._clock, every=EVERY, worker=self._worker)
                self._pollers[name] = (url, poller)
        now = self._clock.now()
        due = [name for name in self._pollers if self._due.get(name, now) <= now]
        for start in range(0, len(due), AT_ONCE):
            if not await self._hold():
                break
            await asyncio.gather(*(self._poll(name) for name in due[start : start + AT_ONCE]))
        return len(due)

    async def _hold(self) -> bool:
        return bool(await self._store.leases.take(_NAME, self._worker, LEASE))

    async def _poll(self, name: str) -> None:
        _, poller = self._pollers[name]
        poll = await poller.once()
        now = self._clock.now()
        self._due[name] = now + poller.wait(poll)
        await self._store.papers.forget_of_feed(name, now)
        if isinstance(poll.error, ListingQuarantined):
            log.warning("A given feed is quarantined", feed=name)
            await self._tell(await self._store.feeds.quarantine(name), now)

    async def _tell(self, owners: Sequence[tuple[Workspace, GivenFeed]], now: datetime) -> None:
        for (platform, workspace), feed in owners:
            if not feed.added_by.id:
                continue
            owner = Destination(
                platform=platform,
                workspace=workspace,
                channel=feed.added_by.id,
                direct=True,
                name=feed.added_by.name,
            )
            await self._store.deliveries.plan(
                Delivery(
                    key=delivery_key(
                        owner, DeliveryKind.NOTICE, f"quarantined:{feed.name}:{now.isoformat()}"
                    ),
                    kind=DeliveryKind.NOTICE,
                    destination=owner,
                    papers=(),
                    due=now,
                    note=f"I stopped reading the feed {feed.name} that you gave: its answers were three times in a row "
                    "too much to read. When it is mended, give it again with `feeds`; its papers so far stay.",
                ),
                now=now,
            )
