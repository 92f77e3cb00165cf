"""How often each method may be asked (https://docs.slack.dev/apis/web-api/rate-limits), and a client that keeps to it.

Limits hold for a method, a workspace and an app. What is asked in the background is counted before it is sent; what
a person waits for is sent, since the tiers are what Slack grants at least. Once Slack says «wait», nobody asks that method
before. ``chat.postMessage`` has a limit for each channel instead, which the sender keeps
(:meth:`adapters.slack.adapter.SlackAdapter.limits`): one busy channel must not close the others.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from adapters.slack.errors import delivery_error
from bot.clock import Clock
from bot.errors import RetryLater

MINUTE: Final = 60.0
TIER_2: Final = 20
TIER_3: Final = 50
COUNTED: Final[Mapping[str, int]] = MappingProxyType(
    {
        "usergroups.list": TIER_2,
        "usergroups.users.list": TIER_2,
        "chat.update": TIER_3,
        "conversations.history": TIER_3,
        "conversations.open": TIER_3,
        "conversations.replies": TIER_3,
    }
)
"""Requests a minute of the methods that are asked in the background or can be asked a little later."""
BY_CHANNEL: Final = frozenset(("chat.postMessage",))


class Tiers:
    """The budgets of one workspace, in this process."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._asked: dict[str, deque[float]] = {}
        self._closed_until: dict[str, float] = {}

    def enter(self, method: str) -> None:
        """Take a place among the requests of a minute. Raises RetryLater where there is none."""
        now = self._clock.monotonic()
        wait = self._closed_until.get(method, now) - now
        if wait > 0:
            raise RetryLater(f"Slack asked to wait with {method}.", after=wait)
        most = COUNTED.get(method)
        if most is None:
            return
        asked = self._asked.setdefault(method, deque())
        while asked and asked[0] <= now - MINUTE:
            asked.popleft()
        if len(asked) >= most:
            after = asked[0] + MINUTE - now
            raise RetryLater(f"Slack's budget for {method} is used up for now.", after=after)
        asked.append(now)

    def refused(self, method: str, error: SlackApiError) -> None:
        """Take note of a refusal: where Slack asks to slow down, the method is left alone for so long."""
        failure = delivery_error(error)
        if isinstance(failure, RetryLater) and method not in BY_CHANNEL:
            self._closed_until[method] = self._clock.monotonic() + failure.after


class TieredClient(AsyncWebClient):
    """The SDK's client, which asks no method more often than Slack allows. Raises RetryLater instead."""

    def __init__(self, clock: Clock, **settings: Any) -> None:
        super().__init__(**settings)
        self._tiers = Tiers(clock)

    async def api_call(self, api_method: str, **arguments: Any) -> AsyncSlackResponse:
        self._tiers.enter(api_method)
        try:
            return await super().api_call(api_method, **arguments)
        except SlackApiError as error:
            self._tiers.refused(api_method, error)
            raise
