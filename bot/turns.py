"""One turn at a host for all machines of ours: arXiv's rule counts every one of them.

https://info.arxiv.org/help/api/tou.html. The store keeps whose turn it is; a process that dies in its turn
loses it after :data:`TURN`.
"""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Final

from bot.clock import Clock
from bot.errors import ListingBusy
from bot.listings.politeness import Cooling, Manners
from bot.store.turns import Turns

TURN: Final = timedelta(minutes=2)
"""The longest request: fetching has a deadline far below it."""
LOOK: Final = 1.0
"""Seconds between two looks at whether the turn before ours has ended."""


class SharedLimiter:
    """A :class:`bot.listings.politeness.HostLimiter` over the store."""

    def __init__(self, turns: Turns, clock: Clock, *, worker: str) -> None:
        self._turns = turns
        self._clock = clock
        self._worker = worker

    @asynccontextmanager
    async def turn(self, manners: Manners) -> AsyncIterator[None]:
        # Two requests of one process take turns like those of two.
        owner = f"{self._worker}/{secrets.token_hex(4)}"
        while True:
            wait, reason = await self._turns.take(manners.family, owner, TURN)
            if reason is not None:
                raise ListingBusy(
                    f"{manners.family} is left alone for another {wait:.0f} seconds, because {reason}.",
                    after=wait,
                )
            if not wait:
                break
            await self._clock.sleep(min(wait, LOOK))
        try:
            yield
        finally:
            await self._turns.end(manners.family, owner, manners.interval)

    async def cool(self, manners: Manners, seconds: float, reason: str) -> None:
        await self._turns.cool(manners.family, seconds, reason)

    async def coolings(self) -> Mapping[str, Cooling]:
        now = self._clock.now()
        return {
            family: Cooling(family, until, reason)
            for family, (until, reason) in (await self._turns.cooling()).items()
            if until > now
        }
