"""The budget of new gateway sessions: Discord resets the token of a bot that opens more than 1,000 a day.

https://discord.com/developers/docs/events/gateway#session-start-limit-object
"""

from __future__ import annotations

from typing import Final

import structlog

from bot.clock import Clock

_log = structlog.get_logger(__name__)
BURST: Final = 40
"""Sessions at once: the shards of a large bot, and a few restarts."""
EVERY: Final = 100.0
"""Seconds in which one more may be opened: 864 a day, and what Discord itself counts is asked besides."""
RESERVE: Final = 25
"""Sessions of the day that a starting process leaves untouched."""


class IdentifyBudget:
    """Makes a process that keeps losing its session slower, rather than dead."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._left = float(BURST)
        self._counted_at = clock.monotonic()

    def wait(self) -> float:
        """Seconds until a session may be opened."""
        now = self._clock.monotonic()
        self._left = min(float(BURST), self._left + (now - self._counted_at) / EVERY)
        self._counted_at = now
        return max(0.0, (1.0 - self._left) * EVERY)

    async def spend(self) -> None:
        """Wait for one and take it."""
        pause = self.wait()
        if pause > 0:
            _log.warning(
                "Discord keeps ending the session; the next one is opened later.", seconds=round(pause)
            )
            await self._clock.sleep(pause)
            self.wait()
        self._left -= 1.0


def day_budget(remaining: int, shards: int, reset_after_ms: int) -> float:
    """Seconds to wait before a start, from what Discord says is left of the day's sessions."""
    return reset_after_ms / 1000 if remaining < shards + RESERVE else 0.0
