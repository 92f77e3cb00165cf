"""What Discord's answers tell of its budgets, and the circuit that opens long before a ban.

Counted in each process for itself, which is why the circuit opens at a fifth of what Discord allows
(https://discord.com/developers/docs/topics/rate-limits#invalid-request-limit-aka-cloudflare-bans). The budgets
that several processes share are the core's: it asks :meth:`Pace.limits`.
"""

from __future__ import annotations

import asyncio
import re
from collections import OrderedDict, deque
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

import structlog

from adapters.discord import limits
from bot.clock import Clock
from bot.errors import RetryLater
from bot.ports import Limit

_log = structlog.get_logger(__name__)
_SEND: Final = re.compile(r"/channels/(\d+)/messages$")  # noqa: TID251 — our own pattern
_REMEMBERED: Final = 10_000
_SURELY: Final = 0.2
"""Seconds that the quickest answer is taken to last at most, until one was quicker."""
_LOOK_AGAIN: Final = 0.05
"""Seconds between two looks while every request of the second waits for its answer."""


@dataclass(slots=True)
class Made:
    """Requests that one call came to: discord.py repeats some, and makes none where its bucket is used up."""

    requests: int = 0


class Pace:
    """Learns from every answer; says when to stay away."""

    def __init__(self, clock: Clock, name: str) -> None:
        self._clock = clock
        self._name = name
        self._invalid: deque[float] = deque()
        self._turn = asyncio.Lock()
        self._under_way = 0
        self._quickest = _SURELY
        self._ended: deque[float] = deque()
        self._closed_until = 0.0
        self._answers_closed_until = 0.0
        self._why = ""
        self._channels: OrderedDict[str, tuple[int, float]] = OrderedDict()

    def check(self, *, answer: bool = False) -> None:
        """Raise RetryLater while Discord, or our own caution, wants no requests from this process.

        An ``answer`` to an interaction may go while the bot has merely used up its requests a second: it is not one of
        them (https://discord.com/developers/docs/topics/rate-limits#global-rate-limit).
        """
        wait = (self._answers_closed_until if answer else self._closed_until) - self._clock.monotonic()
        if wait > 0:
            raise RetryLater(self._why, after=wait)

    @asynccontextmanager
    async def request(self, made: Made) -> AsyncIterator[None]:
        """Hold one of the bot's requests of a second; waits for it, in the order of asking.

        When a request counts, between its start and its answer, is Discord's secret. So one counts here until a second
        after its answer, less what the quickest answer took, which all of them take: then no second of Discord's holds
        more than it allows, however the network bunches them.
        ``made`` says afterwards how many requests there were. Raises RetryLater as :meth:`check` does.
        """
        async with self._turn:
            while (wait := self._full_for()) > 0:
                self.check()
                await self._clock.sleep(wait)
            self.check()
            self._under_way += 1
        began = self._clock.monotonic()
        try:
            yield
        finally:
            now = self._clock.monotonic()
            self._under_way -= 1
            self._ended.extend([now] * made.requests)
            if made.requests:
                self._quickest = min(self._quickest, now - began)

    def _full_for(self) -> float:
        """Seconds until there may be room for a request; 0 where there is."""
        now, second = self._clock.monotonic(), 1.0 - self._quickest
        while self._ended and self._ended[0] <= now - second:
            self._ended.popleft()
        if self._under_way + len(self._ended) < limits.PER_SECOND:
            return 0.0
        return self._ended[0] + second - now if self._ended else _LOOK_AGAIN

    def stay_away(self, seconds: float, why: str, *, answers: bool = True) -> None:
        """Make no request for so long; ``answers`` to interactions neither, or those still."""
        until = self._clock.monotonic() + seconds
        if answers:
            self._answers_closed_until = max(self._answers_closed_until, until)
        if until > self._closed_until:
            self._closed_until, self._why = until, why
            _log.warning("Discord is left alone for a while.", seconds=round(seconds, 1), reason=why)

    def answered(self, method: str, path: str, status: int, headers: Mapping[str, str]) -> None:
        """Take note of one answer's status and headers."""
        if status == 429:
            self._limited(headers)
        if status in {401, 403} or (status == 429 and headers.get("X-RateLimit-Scope") != "shared"):
            self._count_invalid()
        if status == 401 and "/webhooks/" not in path and "/interactions/" not in path:
            # (an interaction's own token ends after 15 minutes, and says 401 then, too)
            self.stay_away(
                600.0, "Discord refuses the bot's token. Set PIGEON_DISCORD__TOKEN to a current one."
            )
        found = _SEND.search(path) if method == "POST" else None
        if found and "X-RateLimit-Limit" in headers:
            self._learn(found[1], headers)

    def limits(self, channel: str) -> tuple[Limit, ...]:
        """The budgets of one send to that channel."""
        count, seconds = self._channels.get(channel, limits.CHANNEL_SENDS)
        return (
            Limit(f"discord:{self._name}:global", *limits.GLOBAL_SENDS),
            Limit(f"discord:{self._name}:{channel}", count, seconds, shared=False),
        )

    def _limited(self, headers: Mapping[str, str]) -> None:
        try:
            after = float(headers.get("Retry-After", "60"))
        except ValueError:
            after = 60.0
        if not headers.get("Via"):
            self.stay_away(max(after, 60.0), "Discord's outer guard (Cloudflare) turns us away.")
        elif (
            headers.get("X-RateLimit-Global", "").lower() == "true"
            or headers.get("X-RateLimit-Scope") == "global"
        ):
            self.stay_away(after, "The bot has used up its requests a second.", answers=False)

    def _count_invalid(self) -> None:
        now = self._clock.monotonic()
        self._invalid.append(now)
        while self._invalid and self._invalid[0] < now - limits.INVALID_WINDOW:
            self._invalid.popleft()
        if len(self._invalid) >= limits.INVALID_STOP:
            self.stay_away(
                self._invalid[0] + limits.INVALID_WINDOW - now,
                f"{len(self._invalid):,} refused requests in ten minutes: more would have Discord ban this address.",
            )

    def _learn(self, channel: str, headers: Mapping[str, str]) -> None:
        """A window's length shows on its first request, when all but one of its sends remain."""
        try:
            count, left = int(headers["X-RateLimit-Limit"]), int(headers["X-RateLimit-Remaining"])
            seconds = float(headers["X-RateLimit-Reset-After"])
        except (KeyError, ValueError):
            return
        if count < 1 or left != count - 1 or seconds <= 0:
            return
        self._channels[channel] = (count, seconds)
        self._channels.move_to_end(channel)
        while len(self._channels) > _REMEMBERED:
            self._channels.popitem(last=False)
