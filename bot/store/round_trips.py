"""Commands that are asked for at the same time share a round trip, and with it one wait for the disk.

Many lanes are served side by side, each a step after the other. Alone, each step would pay for a connection, a
system call and a wakening of its own: together they cost a fifth.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Any, Final

from redis.asyncio import Redis

_Word = str | int | float | bytes

AT_ONCE: Final = 2
"""Round trips under way at the same time: while one waits for the disk, the next is gathered and sent."""
MOST: Final = 200
"""Commands of one round trip."""

_Asked = tuple[tuple[_Word, ...], asyncio.Future[Any]]


class RoundTrips:
    """A server's commands, gathered. They have no order but that of those who wait for each answer."""

    def __init__(self, client: Redis) -> None:
        self._client = client
        self._waiting: deque[_Asked] = deque()
        self._under_way = 0
        self._tasks: set[asyncio.Task[None]] = set()

    async def ask(self, *command: _Word) -> Any:
        """The answer to one command; raises what redis-py does. Not for one that blocks the connection."""
        answer = asyncio.get_running_loop().create_future()
        self._waiting.append((command, answer))
        if self._under_way < AT_ONCE:
            # Counted here and in the trip itself, not by the tasks: one that has looked for the last time is still
            # among them for a turn of the loop, and whoever asked in that turn would wait for nobody.
            self._under_way += 1
            trip = asyncio.create_task(self._travel(), name="round trip to the store")
            self._tasks.add(trip)
            trip.add_done_callback(self._tasks.discard)
        return await answer

    async def _travel(self) -> None:
        """Make round trips for as long as somebody waits."""
        try:
            while self._waiting:
                taken: list[_Asked] = []
                while self._waiting and len(taken) < MOST:
                    one = self._waiting.popleft()
                    if not one[1].done():  # whoever asked may have given up meanwhile
                        taken.append(one)
                if taken:
                    await self._carry(taken)
        finally:
            self._under_way -= 1

    async def _carry(self, taken: list[_Asked]) -> None:
        found: list[Any] = []
        try:
            pipe = self._client.pipeline(transaction=False)
            for command, _ in taken:
                pipe.execute_command(*command)
            found = await pipe.execute(raise_on_error=False)
        except Exception as error:  # noqa: BLE001 - each of them is told, and translates it
            found = [error] * len(taken)
        finally:
            for (_, answer), said in zip(taken, found or [None] * len(taken), strict=True):
                if answer.done():
                    continue
                if not found:
                    answer.cancel()  # we are being ended
                elif isinstance(said, Exception):
                    answer.set_exception(said)
                else:
                    answer.set_result(said)
