"""Simulated time over a real store: hours pass in seconds, and the scripts in the store see the same clock.

Time goes on only while nobody is at work: neither a task of ours nor the store. So a run depends on its seed alone.
"""

import asyncio
import heapq
import itertools
import random
from collections.abc import Awaitable, Coroutine, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.errors import StoreUnavailable
from bot.store.database import DEADLINE, Database, Script, Value

TURNS = 12
"""Turns of the loop in which nobody goes to the store: then all tasks of ours sleep, or wait for one that does."""
BEGIN = datetime(2026, 1, 5, 9, tzinfo=UTC)


class Simulated:
    """A :class:`bot.clock.Clock` that runs from one sleeper's due time to the next."""

    def __init__(self) -> None:
        self.elapsed = 0.0
        self.at_store = 0
        self._returned = asyncio.Event()
        self._order = itertools.count()
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []

    def now(self) -> datetime:
        return BEGIN + timedelta(seconds=self.elapsed)

    def monotonic(self) -> float:
        return self.elapsed

    async def sleep(self, seconds: float) -> None:
        if seconds <= 0:
            await asyncio.sleep(0)  # noqa: TID251 - no time passes: others get their turn
            return
        waker: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self.elapsed + seconds, next(self._order), waker))
        await waker

    async def back(self, call: Coroutine[Any, Any, Any]) -> Any:
        """Await a call of the store, in no time."""
        self.at_store += 1
        try:
            return await call
        finally:
            self.at_store -= 1
            self._returned.set()

    async def run(self, main: Coroutine[Any, Any, None], *, most: float = 1e6) -> None:
        """Let time pass until ``main`` ends, or ``most`` seconds are over."""
        task = asyncio.create_task(main)
        while not task.done():
            await self._quiet()
            if task.done():
                break
            while self._sleepers and self._sleepers[0][2].done():
                heapq.heappop(self._sleepers)
            assert self._sleepers, "everybody waits for somebody else"
            due, _, waker = heapq.heappop(self._sleepers)
            self.elapsed = max(self.elapsed, due)
            assert self.elapsed < most, "it should have ended by now"
            waker.set_result(None)
        await task

    async def _quiet(self) -> None:
        turns = 0
        while turns < TURNS:
            if self.at_store:
                self._returned.clear()
                await self._returned.wait()
                turns = 0
            await asyncio.sleep(0)  # noqa: TID251 - no time passes: others get their turn
            turns += 1


class Apart:
    """The clock of another process: its monotonic one began at another time."""

    def __init__(self, time: Simulated, ahead: float) -> None:
        self._time, self._ahead = time, ahead

    def now(self) -> datetime:
        return self._time.now()

    def monotonic(self) -> float:
        return self._time.monotonic() + self._ahead

    async def sleep(self, seconds: float) -> None:
        await self._time.sleep(seconds)


class SimulatedDatabase(Database):
    """A real server whose scripts ask the simulated clock, some milliseconds away."""

    time: Simulated
    chance: random.Random
    slowest: float = 0.004
    """Seconds of the slowest way there or back."""
    unreported = 0.0
    """The share of reports that never arrive, as if their process had died."""

    async def run(
        self, script: Script, keys: Sequence[str], args: Sequence[Value] = (), *, durable: bool = False
    ) -> Any:
        await self.time.sleep(self.chance.uniform(0.0002, self.slowest))
        if script.name == "free-places" and self.chance.random() < self.unreported:
            raise StoreUnavailable("The process is dead.")
        if "redis.call('TIME')" in script.source:
            source = script.source.replace("redis.call('TIME')", "{ARGV[#ARGV - 1], ARGV[#ARGV]}")
            script = Script(script.name, source, script.even_full)
            seconds, part = divmod(self.time.now().timestamp(), 1)
            args = [*args, int(seconds), int(part * 1e6)]
        answer = await self.time.back(super().run(script, keys, args, durable=durable))
        await self.time.sleep(self.chance.uniform(0.0002, self.slowest))
        return answer

    async def call(self, reply: Awaitable[Any], *, deadline: float = DEADLINE) -> Any:
        return await self.time.back(super().call(reply, deadline=deadline))

    async def ask(self, *command: Value) -> Any:
        return await self.time.back(super().ask(*command))

    async def run_each(
        self, script: Script, runs: Sequence[tuple[Sequence[str], Sequence[Value]]]
    ) -> list[Any]:
        answers: list[Any] = await self.time.back(super().run_each(script, runs))
        return answers

    async def pipeline(self, calls: Sequence[tuple[Value, ...]]) -> list[Any]:
        answers: list[Any] = await self.time.back(super().pipeline(calls))
        return answers


def simulated_database(url: str, time: Simulated, chance: random.Random) -> SimulatedDatabase:
    """A connection to the server at that address, with that clock."""
    database = SimulatedDatabase.connect(url)
    assert isinstance(database, SimulatedDatabase)
    database.time, database.chance = time, chance
    return database
