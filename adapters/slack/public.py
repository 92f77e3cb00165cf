"""Channels that Slack said are public, for some minutes: every member of the workspace may read them.

``conversations.info`` may be asked fifty times a minute (tier 3, https://docs.slack.dev/apis/web-api/rate-limits), and a
list of all subscriptions asks for each of their channels. A channel that is made private meanwhile is new to nobody
who could read it a moment ago. What is private is asked of Slack each time.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

from bot.clock import Clock

KEPT: Final = 600.0
"""Seconds."""
MOST: Final = 10_000


class PublicChannels:
    """The public channels of all workspaces, as far as they were asked for lately."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._until: OrderedDict[tuple[str, str], float] = OrderedDict()

    def has(self, team: str, channel: str) -> bool:
        """Whether Slack said so within the last minutes."""
        return self._until.get((team, channel), float("-inf")) > self._clock.monotonic()

    def add(self, team: str, channel: str) -> None:
        """Slack just said so."""
        self._until[team, channel] = self._clock.monotonic() + KEPT
        self._until.move_to_end((team, channel))
        while len(self._until) > MOST:
            self._until.popitem(last=False)
