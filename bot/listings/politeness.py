"""How often a host is asked: one turn at a time, a pause between turns, and a cool-down when it asks for one.

The limiter here serves one process. Where several processes poll, the store brings one of the same
protocol that all of them share, because arXiv's rule counts every machine of ours
(https://info.arxiv.org/help/api/tou.html).
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from bot.clock import Clock
from bot.errors import ListingBusy


@dataclass(frozen=True, slots=True)
class Manners:
    """What a family of hosts asks of its visitors."""

    family: str
    """The name under which hosts are counted together: ``arxiv`` for its RSS, API and OAI hosts."""
    interval: float = 0.0
    """Seconds between the end of one request and the start of the next."""
    cooldown: float = 0.0
    """Least seconds to stay away after a 403, 429 or 503; the host may ask for more."""


@dataclass(frozen=True, slots=True)
class Cooling:
    """That a family of hosts is left alone for now; shown to operators."""

    family: str
    until: datetime
    reason: str


class HostLimiter(Protocol):
    """Gives out turns."""

    def turn(self, manners: Manners) -> AbstractAsyncContextManager[None]:
        """Hold the family's only turn; waits for it, and for the interval.

        Raises ListingBusy at once while the family is cooling down.
        """

    async def cool(self, manners: Manners, seconds: float, reason: str) -> None:
        """Nobody asks this family again for so many seconds. A longer cool-down is never shortened."""

    async def coolings(self) -> Mapping[str, Cooling]:
        """The families left alone now, by name."""


@dataclass(slots=True)
class _Family:
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    free_at: float = float("-inf")
    """On the monotonic clock: when the next request may start."""
    cool_until: float = float("-inf")
    cooling: Cooling | None = None


class LocalLimiter:
    """Turns within this process."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._families: dict[str, _Family] = {}

    @asynccontextmanager
    async def turn(self, manners: Manners) -> AsyncIterator[None]:
        family = self._families.setdefault(manners.family, _Family())
        self._refuse_while_cooling(manners, family)
        async with family.lock:
            self._refuse_while_cooling(manners, family)  # it may have begun while we waited
            await self._clock.sleep(family.free_at - self._clock.monotonic())
            try:
                yield
            finally:
                family.free_at = self._clock.monotonic() + manners.interval

    async def cool(self, manners: Manners, seconds: float, reason: str) -> None:
        family = self._families.setdefault(manners.family, _Family())
        until = self._clock.monotonic() + seconds
        if until <= family.cool_until:
            return
        family.cool_until = until
        family.cooling = Cooling(manners.family, self._clock.now() + timedelta(seconds=seconds), reason)

    async def coolings(self) -> Mapping[str, Cooling]:
        now = self._clock.monotonic()
        return {
            name: family.cooling
            for name, family in self._families.items()
            if family.cooling is not None and now < family.cool_until
        }

    def _refuse_while_cooling(self, manners: Manners, family: _Family) -> None:
        left = family.cool_until - self._clock.monotonic()
        if left > 0 and family.cooling is not None:
            raise ListingBusy(
                f"{manners.family} is left alone for another {left:.0f} seconds, because {family.cooling.reason}.",
                after=left,
            )
