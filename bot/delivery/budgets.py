"""Places in a platform's budgets: whoever sends has one, and no window ever holds more than the platform allows.

The platform counts a request when it arrives, on a clock that nobody else sees. A sender knows two things for certain: it
let the request go at ``t0`` and read its answer at ``t1``, so the arrival lies between. A budget of 50 in a second has
50 places. A place is had by one request at a time, and the next one that has it leaves no sooner than a second after
the ``t1`` of the one before. So two requests that had one place arrive at least a second apart, however long they were on
their way, whatever stalled (the disk, the network, this process, the platform), and in whatever order they came. A
window of a second holds at most one request of each place: 50.

What is not known is held to be the worst. A request without an answer may arrive until its deadline is over. A place
that nobody reports (its process died) is free when its holder can no longer be sending: it leaves within :data:`LATE` of
its moment or not at all. Senders agree on moments by the store server's clock. How far it is from ours is known to
within a round trip: of both ends the one that is taken is the one that leaves later and holds longer.

So places turn once in a second and the time that a request is on its way, and a platform far off would never be used to
the full. A part of that time is certain, too: an answer is not back before both ways are gone. Half of the quickest
answer that this process ever had is taken off, once there were enough of them. That alone is an assumption: that of
all answers the quickest took no more than twice what is possible. Slow times do not shake it; only a process that never
saw anything else could err.

Nothing here depends on even spacing. Moments lie apart (:data:`SPREAD`) so that a burst does not hinder itself.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Final
from weakref import WeakValueDictionary

from bot.clock import Clock
from bot.errors import Ambiguous, DeliveryError, RetryLater, StoreUnavailable
from bot.models import Destination
from bot.ports import Adapter, Limit, PacedAdapter
from bot.store import Store
from bot.store.limits import Full, Place

PATIENCE: Final = 5.0
"""Seconds ahead that a moment may lie; for a longer wait the lane is given back."""
NEAR: Final = 0.5
"""Seconds ahead of its moment at which a place is taken: what a sender has that dies is held long, so it has no more
than it is about to use."""
OWN_PATIENCE: Final = 0.02
"""The same for a limit of the destination's own: nobody else would use its place meanwhile."""
SPREAD: Final = 0.5
"""Moments of a whole budget lie within its window less so many seconds (but at most half of it): what one stall has
pushed together is apart again after as many of them, and until then each costs its place a little."""
LATE: Final = 2.0
"""Seconds after its moment within which a send leaves, or not at all; half of a short deadline."""
UNANSWERED: Final = 15.0
"""Seconds after its start that a request may still arrive where no answer came; no send lasts longer."""
MARGIN: Final = 1.0
"""Seconds more that a place is held that nobody reports; half of a short deadline."""
AGAIN: Final = 0.1
"""Seconds until it is asked again whether a place is free, while all are in use."""
DRIFT: Final = 0.0005
"""Seconds in a second by which two clocks may go apart: NTP sets none right any faster."""
GRAIN: Final = 0.0001
"""Seconds that two clocks are not told apart by: nobody sleeps for less, and places are held for so much more."""
ENOUGH: Final = 50
"""Answers after which half of the quickest is trusted to be on the way for certain."""


@dataclass(eq=False, slots=True)
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
    left: bool = False
    """It was used: a send left in it."""

    @property
    def rest(self) -> float:
        """Seconds from its answer until the next may go to the same destination."""
        return max((limit.seconds / limit.count for limit in self.from_answer), default=0.0)


class Budgets:
    """The budgets of one adapter, as one sender sees them."""

    def __init__(self, adapter: Adapter, store: Store, clock: Clock, *, deadline: float = UNANSWERED) -> None:
        """No send lasts longer than ``deadline`` seconds."""
        self._adapter = adapter
        self._limits = store.limits
        self._clock = clock
        self._deadline = deadline
        self._late = min(LATE, deadline / 2)
        self._held = self._late + deadline + min(MARGIN, deadline / 2)
        self._least, self._most, self._compared = -math.inf, math.inf, 0.0
        """Between these our clock was ahead of the server's when they were last compared."""
        self._quickest = math.inf
        self._answers = 0
        self._turns: WeakValueDictionary[tuple[str, ...], asyncio.Lock] = WeakValueDictionary()
        """While all places of a shared budget are in use, one of us asks for them and the others stand behind it."""

    async def take(
        self, destination: Destination, *, shared: bool = False, patience: float = PATIENCE
    ) -> Moment | Full:
        """Take a place in every budget of one send, all for one moment; or none, where that is too far off.

        With ``shared`` only in those that other destinations draw from, too. Who takes one uses it in
        :meth:`leaving`, or gives it back.
        """
        limits = self._adapter.limits(destination) if isinstance(self._adapter, PacedAdapter) else ()
        limits = [limit for limit in limits if limit.shared or not shared]
        if not limits:
            return Moment(self._clock.monotonic())
        until = self._clock.monotonic() + patience
        turn = self._turns.setdefault(tuple(limit.name for limit in limits if limit.shared), asyncio.Lock())
        if not turn.locked():
            taken = await self._ask(limits, patience)
            if not self._worth_waiting(taken, until):
                return taken
        async with turn:
            while self._worth_waiting(taken := await self._ask(limits, patience), until):
                await self._clock.sleep(AGAIN)
            return taken

    def _worth_waiting(self, taken: Moment | Full, until: float) -> bool:
        return isinstance(taken, Full) and taken.shared and self._clock.monotonic() + taken.wait <= until

    async def _ask(self, limits: list[Limit], patience: float) -> Moment | Full:
        asked = self._clock.monotonic()
        taken = await self._limits.take([self._place(limit, patience) for limit in limits])
        if isinstance(taken, Full):
            return taken
        numbered = tuple(pair for pair in zip(limits, taken.numbers, strict=True) if pair[1])
        self._compare(asked, taken.now, self._clock.monotonic())
        from_answer = tuple(limit for limit in limits if limit.from_answer)
        return Moment(self._here(taken.moment), taken.moment, numbered, from_answer)

    def _compare(self, asked: float, server: float, answered: float) -> None:
        """Take note of what the server's clock said between our question and its answer."""
        apart = DRIFT * (answered - self._compared)
        least, most = self._least - apart, self._most + apart
        if asked - server > most or answered - server < least:
            # One of the clocks was set, or this machine slept: what was known is no longer true.
            least, most = -math.inf, math.inf
        self._least, self._most = max(least, asked - server), min(most, answered - server)
        self._compared = answered

    def _here(self, server: float) -> float:
        """A moment of the server's on our clock, rather later than too early."""
        here = server + self._most
        return here + DRIFT * max(0.0, here - self._compared)

    def _there(self, here: float) -> float:
        """A moment of ours on the server's clock, rather later than too early."""
        return here - self._least + DRIFT * max(0.0, here - self._compared) + GRAIN

    async def wait(self, moment: Moment) -> None:
        """Sleep until the moment."""
        if (ahead := moment.at - self._clock.monotonic()) > GRAIN:
            await self._clock.sleep(ahead)

    @asynccontextmanager
    async def leaving(self, moment: Moment) -> AsyncIterator[None]:
        """One send, and the report when its places are free again.

        Raises RetryLater, before anything was sent, where the moment is too long gone.
        """
        began = self._clock.monotonic()
        if moment.places and began > moment.at + self._late:
            raise RetryLater("The moment of its place in a budget had passed.", after=AGAIN)
        moment.left = True
        counted = began + self._deadline
        try:
            yield
            ended = self._clock.monotonic()
            self._answers += 1
            self._quickest = min(self._quickest, ended - began)
            counted = ended - (self._quickest / 2 if self._answers >= ENOUGH else 0.0)
        except Ambiguous:  # without an answer that can be trusted it may count until its deadline
            raise
        except DeliveryError:
            counted = self._clock.monotonic()
            raise
        finally:
            # What became of the send matters more than a budget: a place that is not reported is held longer.
            with suppress(StoreUnavailable):
                there = self._there(counted) if moment.places else 0.0
                await self._limits.free(
                    [(limit.name, number, there + limit.seconds) for limit, number in moment.places]
                )
                await self._limits.answered([self._place(limit) for limit in moment.from_answer])

    async def give_back(self, moment: Moment) -> None:
        """Leave the places of a moment to others, unless a send left in it."""
        if moment.left or not moment.places:
            return
        moment.left = True
        with suppress(StoreUnavailable):
            # For the moment they were free at: what was sent in them before is no longer ago.
            await self._limits.free([(limit.name, number, moment.server) for limit, number in moment.places])

    def _place(self, limit: Limit, patience: float = PATIENCE) -> Place:
        """A shared budget has places; one of a destination's own comes in turn."""
        if not limit.shared:
            return Place(limit.name, limit.count, limit.seconds, OWN_PATIENCE)
        spread = limit.seconds - min(SPREAD, limit.seconds / 2)
        near = min(patience, NEAR)
        return Place(limit.name, limit.count, spread, near, window=limit.seconds, held=self._held)
