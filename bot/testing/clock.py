"""A clock that stands still until a test moves it."""

from __future__ import annotations

import asyncio
import heapq
import itertools
from datetime import UTC, datetime, timedelta

_TURNS = 50
"""Turns of the event loop that woken tasks get before time goes on."""


class FakeClock:
    """A :class:`bot.clock.Clock` for tests: deterministic, and a year passes in no time.

    ::

        clock = FakeClock(datetime(2026, 3, 9, 8, tzinfo=UTC))
        task = asyncio.create_task(send_digests(clock))
        await clock.until_asleep()          # the task has done its work and waits
        await clock.advance(timedelta(hours=1))

    Sleepers wake in the order of their due times, each at exactly its own time, and get
    some turns of the event loop before the next one wakes. That suffices for work in memory; a task that talks
    to a real server is waited for with :meth:`until_asleep`.
    """

    def __init__(self, now: datetime = datetime(2026, 1, 5, 9, tzinfo=UTC)) -> None:
        """Begin at ``now``, which must be aware; by default a Monday morning."""
        if now.tzinfo is None:
            raise ValueError("FakeClock needs an aware time, such as datetime(2026, 1, 5, 9, tzinfo=UTC)")
        self._began = now.astimezone(UTC)
        self._elapsed = 0.0
        self._jumped = timedelta()
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._order = itertools.count()
        self._fell_asleep = asyncio.Condition()

    def now(self) -> datetime:
        return self._began + timedelta(seconds=self._elapsed) + self._jumped

    def monotonic(self) -> float:
        return self._elapsed

    async def sleep(self, seconds: float) -> None:
        if seconds <= 0:
            await _turn()
            return
        waker: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self._elapsed + seconds, next(self._order), waker))
        async with self._fell_asleep:
            self._fell_asleep.notify_all()
        await waker

    @property
    def asleep(self) -> int:
        """How many tasks sleep now."""
        return sum(not waker.done() for _, _, waker in self._sleepers)

    async def until_asleep(self, tasks: int = 1) -> None:
        """Wait, in real time, until at least that many tasks sleep. Give it a deadline with asyncio.timeout."""
        async with self._fell_asleep:
            await self._fell_asleep.wait_for(lambda: self.asleep >= tasks)

    async def advance(self, by: float | timedelta) -> None:
        """Let time pass, in seconds or as a timedelta, and wake who is due on the way."""
        seconds = by.total_seconds() if isinstance(by, timedelta) else by
        if seconds < 0:
            raise ValueError("time does not run backwards; jump() sets the calendar back")
        end = self._elapsed + seconds
        await _settle()
        while self._sleepers and self._sleepers[0][0] <= end:
            due, _, waker = heapq.heappop(self._sleepers)
            if waker.done():  # its task was cancelled
                continue
            self._elapsed = max(self._elapsed, due)
            waker.set_result(None)
            await _settle()
        self._elapsed = end
        await _settle()

    async def advance_to(self, moment: datetime) -> None:
        """Let time pass until :meth:`now` is ``moment``."""
        await self.advance(moment - self.now())

    def jump(self, by: timedelta) -> None:
        """Set the calendar on or back without time passing, as a correction of the machine's clock does."""
        self._jumped += by


async def _settle() -> None:
    for _ in range(_TURNS):
        await _turn()


async def _turn() -> None:
    await asyncio.sleep(0)  # noqa: TID251 - no time passes: others get their turn
