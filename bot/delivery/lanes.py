"""Keeps an adapter's lanes moving: claims what is due and carries it out, many at a time."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Final

import structlog

from bot.clock import Clock
from bot.delivery.sender import Sender
from bot.errors import PigeonError, StoreUnavailable
from bot.store import Store, keys
from bot.store.claims import Claim

log = structlog.get_logger(__name__)

AT_ONCE: Final = 64
"""Sends under way in one process. Lanes are served one card at a time; this many lanes go side by side.

A workspace gets another send while it has fewer under way than there are places free: one alone takes half of them, and
however slowly its platform answers, the next one finds a place, and takes half of what is left.
"""
LOOK_EVERY: Final = 0.25
"""Seconds between two looks while nothing is due; other processes plan, too, so we have to look."""
OUTAGE: Final = (0.25, 0.5, 1.0, 2.0, 5.0)
"""Seconds between two looks while the store is away, by how many failed in a row."""
SEEN_THROUGH: Final = 5.0
"""Seconds that sends get to end when we are told to stop; what takes longer is reconciled by the next start."""


class Lanes:
    """The ``send`` role of one platform."""

    def __init__(self, platform: str, store: Store, sender: Sender, clock: Clock, *, worker: str) -> None:
        self.platform = platform
        self._shards = keys.shards(platform)
        self._store = store
        self._sender = sender
        self._clock = clock
        self._worker = worker
        self._under_way: dict[asyncio.Task[None], str] = {}
        """Each send, and for which workspace."""
        self._passed_over = False
        """Something may be due that has to wait for a place."""
        self._more = asyncio.Event()
        """A lane that was at work has another card to send, or a place is free that was waited for."""

    async def run(self) -> None:
        """Send what is due for as long as it runs; on cancellation finish what was begun.

        An outage of the store is waited out here: the platform's connection need not be opened again for it.
        """
        failed = 0
        try:
            while True:
                try:
                    claimed, wait = await self._round()
                except StoreUnavailable as error:
                    pause = OUTAGE[min(failed, len(OUTAGE) - 1)]
                    failed += 1
                    if failed == 1:  # once: the process says it again after a while
                        log.warning("Sending waits for the store", platform=self.platform, why=str(error))
                else:
                    failed, pause = 0, 0.0 if claimed else wait
                await self._pause(pause)
        finally:
            await self._see_through()

    async def once(self) -> None:
        """Send everything that is due now, and return."""
        while (await self._round())[0] or self._under_way:
            if self._under_way:
                await asyncio.wait(self._under_way, return_when=asyncio.FIRST_COMPLETED)

    async def waits_until(self) -> datetime | None:
        """When the next delivery of this platform is due; ``None`` where nothing is planned."""
        due = await self._store.claims.next_due(self._shards)
        return min((moment for moment in due.values() if moment), default=None)

    async def _round(self) -> tuple[int, float]:
        """Claim from every shard that has something due, in turn.

        How many lanes were claimed, and the seconds until the next look where none was.
        """
        self._more.clear()
        self._passed_over = False
        now = self._clock.now()
        planned = await self._store.claims.next_due(self._shards)
        due = [shard for shard, moment in planned.items() if moment is not None and moment <= now]
        await asyncio.gather(*(self._store.claims.promote(shard, now) for shard in due))
        claimed = 0
        while due:
            due = await self._one_each(due)
            claimed += len(due)
        if self._passed_over and not claimed:
            return 0, LOOK_EVERY
        soonest = min((moment for moment in planned.values() if moment), default=None)
        ahead = (soonest - now).total_seconds() if soonest else LOOK_EVERY
        return claimed, min(LOOK_EVERY, max(0.001, ahead))

    async def _one_each(self, shards: Sequence[str]) -> list[str]:
        """One claim from each shard, so that no shard waits for another's backlog; those that gave one."""
        going: list[str] = []
        waiting = list(shards)
        while waiting:
            while len(self._under_way) >= AT_ONCE:
                await asyncio.wait(self._under_way, return_when=asyncio.FIRST_COMPLETED)
            room = AT_ONCE - len(self._under_way)
            going += await self._claim(waiting[:room])
            waiting = waiting[room:]
        return going

    async def _claim(self, shards: Sequence[str]) -> list[str]:
        """Claim from these shards in one round trip and begin to carry out; those that gave one."""
        now = self._clock.now()
        served = self._served()
        self._passed_over = self._passed_over or bool(served)
        asked = asyncio.ensure_future(
            asyncio.gather(
                *(self._store.claims.claim(shard, self._worker, now, but=served) for shard in shards),
                return_exceptions=True,
            )
        )
        try:
            answers = await asyncio.shield(asked)
        except asyncio.CancelledError:
            # Told to stop meanwhile: a lane that we were given must not wait for its lease.
            for claim in await asked:
                if isinstance(claim, Claim):
                    await self._store.claims.put_off(claim, due=now, keep_doubt=True)
            raise
        going = []
        for shard, claim in zip(shards, answers, strict=True):
            if isinstance(claim, Claim):
                task = asyncio.create_task(self._carry_out(claim), name=f"send {claim.key}")
                self._under_way[task] = claim.workspace
                task.add_done_callback(self._ended)
                going.append(shard)
        for failure in answers:
            if isinstance(failure, BaseException):
                raise failure
        return going

    def _served(self) -> list[str]:
        """The workspaces that have their share of the places."""
        free = AT_ONCE - len(self._under_way)
        return [one for one, count in Counter(self._under_way.values()).items() if count >= free]

    def _ended(self, task: asyncio.Task[None]) -> None:
        del self._under_way[task]
        if self._passed_over:
            self._more.set()

    async def _pause(self, seconds: float) -> None:
        """Sleep, or for less where a lane that was at work goes on."""
        if not seconds:
            await self._clock.sleep(0)
            return
        waits = [asyncio.create_task(self._clock.sleep(seconds)), asyncio.create_task(self._more.wait())]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for one in waits:
                one.cancel()

    async def _carry_out(self, claim: Claim) -> None:
        try:
            if await self._sender.carry_out(claim):
                self._more.set()
        except PigeonError as error:
            # The store is away. The lease runs out by itself, and the next claim reconciles.
            log.warning("A delivery could not be recorded", why=str(error), delivery=claim.key)
        except Exception:
            log.exception("A delivery failed by a bug of ours", delivery=claim.key)

    async def _see_through(self) -> None:
        """See sends that have begun through: their outcome is worth more than their seconds. Give the rest back."""
        self._sender.stop()
        if not self._under_way:
            return
        _, unfinished = await asyncio.wait(self._under_way, timeout=SEEN_THROUGH)
        for task in unfinished:
            task.cancel()
        if unfinished:
            log.warning("Sends were cut off; the next start looks for them", count=len(unfinished))
            await asyncio.wait(unfinished, timeout=1.0)
