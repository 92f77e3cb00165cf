"""Keeps an adapter's lanes moving: claims what is due and carries it out, many at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Final

import structlog

from bot.clock import Clock
from bot.delivery.sender import Sender
from bot.errors import PigeonError
from bot.store import Store, keys
from bot.store.claims import Claim

log = structlog.get_logger(__name__)

AT_ONCE: Final = 32
"""Sends under way in one process. Lanes are served one card at a time; this many lanes go side by side."""
LOOK_EVERY: Final = 0.25
"""Seconds between two looks while nothing is due; other processes plan, too, so we have to look."""


class Lanes:
    """The ``send`` role of one platform."""

    def __init__(self, platform: str, store: Store, sender: Sender, clock: Clock, *, worker: str) -> None:
        self.platform = platform
        self._shards = keys.shards(platform)
        self._store = store
        self._sender = sender
        self._clock = clock
        self._worker = worker
        self._under_way: set[asyncio.Task[None]] = set()
        self._claimed = 0

    async def run(self) -> None:
        """Send what is due for as long as it runs; on cancellation finish what was begun."""
        try:
            while True:
                if not await self._round():
                    await self._clock.sleep(LOOK_EVERY)
        finally:
            if self._under_way:
                # A send that has begun is seen through: its outcome is worth more than its seconds.
                await asyncio.wait(self._under_way)

    async def once(self) -> None:
        """Send everything that is due now, and return."""
        while await self._round() or self._under_way:
            if self._under_way:
                await asyncio.wait(self._under_way, return_when=asyncio.FIRST_COMPLETED)

    async def waits_until(self) -> datetime | None:
        """When the next delivery of this platform is due; ``None`` where nothing is planned."""
        due = await self._store.claims.next_due(self._shards)
        return min((moment for moment in due.values() if moment), default=None)

    async def _round(self) -> int:
        """Claim from every shard that has something due, in turn; how many lanes were claimed."""
        now = self._clock.now()
        due = [
            shard
            for shard, moment in (await self._store.claims.next_due(self._shards)).items()
            if moment is not None and moment <= now
        ]
        claimed = 0
        while due:
            due, taken = await self._one_each(due)
            claimed += taken
        return claimed

    async def _one_each(self, shards: Sequence[str]) -> tuple[list[str], int]:
        """One claim from each shard, so that no shard waits for another's backlog."""
        going, taken = [], 0
        for shard in shards:
            while len(self._under_way) >= AT_ONCE:
                await asyncio.wait(self._under_way, return_when=asyncio.FIRST_COMPLETED)
            await self._store.claims.promote(shard, self._clock.now())
            claim = await self._store.claims.claim(shard, self._worker, self._clock.now())
            if isinstance(claim, Claim):
                task = asyncio.create_task(self._carry_out(claim), name=f"send {claim.key}")
                self._under_way.add(task)
                task.add_done_callback(self._under_way.discard)
                going.append(shard)
                taken += 1
        return going, taken

    async def _carry_out(self, claim: Claim) -> None:
        try:
            await self._sender.carry_out(claim)
        except PigeonError as error:
            # The store is away. The lease runs out by itself, and the next claim reconciles.
            log.warning("A delivery could not be recorded", why=str(error), delivery=claim.key)
        except Exception:
            log.exception("A delivery failed by a bug of ours", delivery=claim.key)
