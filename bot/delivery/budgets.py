"""Places in a platform's budgets: each names a moment, and no window ever holds more than the platform allows.

A place is taken while there is time, the intent is written just before its moment, and the send leaves at it. Moments
lie a little further apart than the platform asks (:data:`PACE`). That alone is not enough: a disk, a network or a busy
machine makes a send late, and late ones meet those that are in time. So places are numbered, and where a send's answer
came late, the place that comes one whole budget later is held until a window's length after that answer. Each of the
``count`` chains (1, 51, 101 …; 2, 52, 102 …) then puts at most one request into any window, in whatever order they come.

When a request counts, between its start and its answer, is the platform's secret: so it counts here until its answer,
less what the quickest of the last answers took, which all of them take. The processes agree on moments by the server's
clock. How far it is from ours is known to within a round trip: of both ends the one that is taken is the one that
sends later and holds longer.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Final

from bot.clock import Clock
from bot.errors import StoreUnavailable
from bot.models import Destination
from bot.ports import Adapter, Limit, PacedAdapter
from bot.store import Store
from bot.store.limits import Full, Place

PACE: Final = 0.98
"""Share of a shared budget that moments are given out for: an answer may be late by the rest without consequence."""
PATIENCE: Final = 5.0
"""Seconds ahead that a moment may lie; for a longer wait the lane is given back."""
OWN_PATIENCE: Final = 0.02
"""The same for a limit of the destination's own: nobody else would use its place meanwhile."""
SOON: Final = 0.2
"""Seconds before the place behind it may leave, when a send without an answer begins to hold it."""
UNANSWERED: Final = 15.0
"""Seconds that it is held for at most: no send lasts longer."""
LOOK: Final = 0.05
"""Seconds between two looks at a place that is held."""
REMEMBERED: Final = 200
"""Answers of which the quickest is remembered."""
GRAIN: Final = 0.0001
"""Seconds that two clocks are not told apart by: nobody sleeps for less, and places are held for so much more."""
ENOUGH: Final = 20
"""Answers after which the quickest is trusted to be about as quick as any."""


@dataclass(frozen=True, slots=True)
class Moment:
    """When a send may leave, and its places."""

    at: float
    """On this process's monotonic clock."""
    server: float = 0.0
    """The same on the store server's clock."""
    places: tuple[tuple[Limit, int], ...] = ()
    """Shared budgets, and the number of its place in each."""
    from_answer: tuple[Limit, ...] = ()
    """Budgets in which it counts from its answer."""

    @property
    def rest(self) -> float:
        """Seconds from its answer until the next may go to the same destination."""
        return max((limit.seconds / limit.count for limit in self.from_answer), default=0.0)


class Budgets:
    """The budgets of one adapter, as one sender sees them."""

    def __init__(self, adapter: Adapter, store: Store, clock: Clock) -> None:
        self._adapter = adapter
        self._limits = store.limits
        self._clock = clock
        self._least: deque[float] = deque(maxlen=REMEMBERED)
        self._most: deque[float] = deque(maxlen=REMEMBERED)
        """Between these our clock was ahead of the server's, as each answer of it told."""
        self._answers: deque[float] = deque(maxlen=REMEMBERED)

    async def take(
        self, destination: Destination, *, shared: bool = False, patience: float = PATIENCE
    ) -> Moment | Full:
        """Take a place in every budget of one send, all for one moment; or none, where that is too far off.

        With ``shared`` only in those that other destinations draw from, too.
        """
        limits = self._adapter.limits(destination) if isinstance(self._adapter, PacedAdapter) else ()
        limits = [limit for limit in limits if limit.shared or not shared]
        if not limits:
            return Moment(self._clock.monotonic())
        asked = self._clock.monotonic()
        taken = await self._limits.take([_place(limit, patience) for limit in limits])
        if isinstance(taken, Full):
            return taken
        numbered = tuple(pair for pair in zip(limits, taken.numbers, strict=True) if pair[1])
        self._compare(asked, taken.now, self._clock.monotonic())
        from_answer = tuple(limit for limit in limits if limit.from_answer)
        return Moment(self._here(taken.moment), taken.moment, numbered, from_answer)

    def _compare(self, asked: float, server: float, answered: float) -> None:
        """Take note of what the server's clock said between our question and its answer."""
        least, most = asked - server, answered - server
        if self._most and (least > min(self._most) or most < max(self._least)):
            # One of the clocks was set, or this machine slept: what was known is no longer true.
            self._least.clear()
            self._most.clear()
        self._least.append(least)
        self._most.append(most)

    def _here(self, server: float) -> float:
        """A moment of the server's on our clock, rather later than too early."""
        return server + min(self._most)

    def _there(self, here: float) -> float:
        """A moment of ours on the server's clock, rather later than too early."""
        return here - max(self._least) + GRAIN

    async def wait(self, moment: Moment, *, until: float = 0.0) -> None:
        """Sleep until the moment, less ``until`` seconds; at the moment itself also until nothing holds its places."""
        if (ahead := moment.at - until - self._clock.monotonic()) > GRAIN:
            await self._clock.sleep(ahead)
        if until or not moment.places:
            return
        names = [(limit.name, number) for limit, number in moment.places]
        while held := await self._limits.held(names):
            left = self._here(held) - self._clock.monotonic()
            if left <= GRAIN:
                break
            await self._clock.sleep(min(left, LOOK))

    @asynccontextmanager
    async def leaving(self, moment: Moment) -> AsyncIterator[None]:
        """One send. If its answer is late, the places that come a whole budget later are held for it."""
        try:
            async with self._watched(moment):
                yield
        finally:
            # What became of the send matters more than a budget; the platform's own refusal is the net.
            with suppress(StoreUnavailable):
                await self._limits.answered([_place(limit) for limit in moment.from_answer])

    @asynccontextmanager
    async def _watched(self, moment: Moment) -> AsyncIterator[None]:
        if not moment.places:
            yield
            return
        began = self._clock.monotonic()
        watch = asyncio.create_task(self._hold_if_slow(moment), name="watch over a slow send")
        try:
            yield
            self._answers.append(self._clock.monotonic() - began)
        finally:
            slow = watch.done()
            watch.cancel()
            quickest = min(self._answers) if len(self._answers) >= ENOUGH else 0.0
            ended = self._there(self._clock.monotonic() - quickest)
            for limit, number in moment.places:
                free = ended + limit.seconds
                if slow or free > moment.server + limit.seconds / PACE:
                    await self._hold(limit, number, free)

    async def _hold_if_slow(self, moment: Moment) -> None:
        soonest = min(limit.seconds for limit, _ in moment.places)
        await self._clock.sleep(max(0.0, moment.at + soonest / PACE - SOON - self._clock.monotonic()))
        for limit, number in moment.places:
            await self._hold(limit, number, self._there(self._clock.monotonic()) + UNANSWERED)

    async def _hold(self, limit: Limit, number: int, free: float) -> None:
        """The place one budget after ``number`` may not leave before ``free``, on the server's clock."""
        left = free - self._there(self._clock.monotonic())
        with suppress(
            StoreUnavailable
        ):  # whoever sends next must reach the store itself; the post counts for more
            await self._limits.hold(
                limit.name, number + limit.count, free, seconds=left + limit.seconds + PATIENCE
            )


def _place(limit: Limit, patience: float = PATIENCE) -> Place:
    """A shared budget's moments lie a little further apart, and have numbers; one of a destination's own comes in turn."""
    if limit.shared:
        return Place(limit.name, limit.count, limit.seconds / PACE, patience, numbered=True)
    return Place(limit.name, limit.count, limit.seconds, OWN_PATIENCE)
