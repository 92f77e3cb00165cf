"""By which odds the loopback platforms fail, and in which form each of them does."""

from __future__ import annotations

import random
from collections import Counter

from bot.clock import SystemClock
from tests.peers import discord_faults, slack_state

LOST, SERVER_ERROR, TOO_MANY = 0.05, 0.03, 0.05
PAUSE = 0.3
"""Seconds that a 429 asks to wait."""


class Odds:
    """Draws what befalls a request: '', lost, 5xx, 5xx-after or 429."""

    def __init__(self, seed: int, *, latency: float = 0.03) -> None:
        self._random = random.Random(seed)
        self._latency = latency
        self._clock = SystemClock()
        self.on = True
        self.drawn: Counter[str] = Counter()

    def draw(self) -> str:
        """What befalls this request."""
        if not self.on:
            return ""
        at, fault = self._random.random(), ""
        for name, share in (
            ("lost", LOST),
            ("5xx", SERVER_ERROR / 2),
            ("5xx-after", SERVER_ERROR / 2),
            ("429", TOO_MANY),
        ):
            if at < share:
                fault = name
                break
            at -= share
        self.drawn[fault] += 1
        return fault

    def seconds(self) -> float:
        """How long the network takes this time."""
        return self._random.uniform(0, self._latency)

    def heads(self) -> bool:
        """One of two."""
        return self._random.random() < 0.5

    async def latency(self) -> None:
        """Take that long."""
        await self._clock.sleep(self.seconds())


class DiscordFaults(discord_faults.Faults):
    """The odds as the loopback Discord asks for its faults. There is no 5xx after the fact: a drop stands for it."""

    def __init__(self, odds: Odds) -> None:
        super().__init__()
        self._odds = odds

    def take(self, method: str, path: str) -> discord_faults.Fault | None:
        if not path.endswith("/messages"):
            return None
        match self._odds.draw():
            case "lost" | "5xx-after":
                return discord_faults.Fault("drop-after", method, times=1)
            case "5xx":
                return discord_faults.Fault("status", method, status=502)
            case "429":
                return discord_faults.Fault("429", method, seconds=PAUSE)
        kind = "slow" if self._odds.heads() else "slow-after"
        return discord_faults.Fault(kind, method, seconds=self._odds.seconds())


class SlackFaults(slack_state.Faults):
    """The same for the loopback Slack."""

    def __init__(self, odds: Odds) -> None:
        super().__init__()
        self._odds = odds

    def take(self, method: str) -> slack_state.Fault | None:
        if method not in {"chat.postMessage", "conversations.history"}:
            return None
        match self._odds.draw():
            case "lost" | "5xx-after":
                return slack_state.DROP_AFTER
            case "5xx":
                return slack_state.status(503)
            case "429":
                return slack_state.rate_limited(1)
        return slack_state.slow(self._odds.seconds())
