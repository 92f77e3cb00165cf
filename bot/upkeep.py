"""Once an hour: forget what is past its time, so that the store stays as large as what it is for."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Final

import structlog

from bot.clock import Clock
from bot.errors import StoreUnavailable
from bot.handlers.asked import RESTORABLE
from bot.models import SubscriptionState
from bot.store import Store, keys
from bot.store.subscriptions import ChangedByAnotherError

log = structlog.get_logger(__name__)

EVERY: Final = timedelta(hours=1)
SENT_KEPT: Final = timedelta(days=90)
"""How long ``status`` and ``dead list`` can look back."""


class Upkeep:
    """Forgets. Harmless where several processes do it at once."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def run(self) -> None:
        """Forget again and again."""
        while True:
            try:
                await self.once()
            except StoreUnavailable as error:
                log.warning("Upkeep waits for the store", why=str(error))
            await self._clock.sleep(EVERY.total_seconds())

    async def once(self) -> None:
        """Drop expired papers from the index of times, old marks of deliveries, and what was long removed."""
        now = self._clock.now()
        papers = await self._store.papers.forget_old(now)
        await self._store.shown.forget_old(now)
        removed = 0
        platforms = set()
        async for subscription in self._store.subscriptions.everything():
            platforms.add(subscription.destination.platform)
            if subscription.state is not SubscriptionState.REMOVED:
                continue
            if subscription.removed_at is None:  # removed by a report of the platform: count from now
                with suppress(ChangedByAnotherError):  # restored at this moment
                    await self._store.subscriptions.put(replace(subscription, removed_at=now))
            elif now - subscription.removed_at > RESTORABLE:
                await self._store.deliveries.drop_pending(subscription)
                await self._store.subscriptions.drop(subscription)
                removed += 1
        for platform in platforms:
            for shard in keys.shards(platform):
                await self._store.deliveries.forget_old(shard, now - SENT_KEPT)
        if papers or removed:
            log.info("Forgot what was past its time", papers=papers, subscriptions=removed)
