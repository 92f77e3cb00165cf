"""When a form's preview is drawn anew: after a pause in typing, by whoever saw the last key, within Slack's budget.

A field with ``dispatch_action`` sends each character
(https://docs.slack.dev/reference/block-kit/composition-objects/dispatch-action-configuration-object), and each may
reach another process. So what came last is marked on the shelf, and only who made the mark draws.
"""

from __future__ import annotations

import secrets
from collections import OrderedDict, deque
from datetime import timedelta
from typing import Final

from bot.clock import Clock
from bot.ports import Shelf

QUIET: Final = 0.4
"""Seconds without a further key before a preview is drawn."""
PER_MINUTE: Final = 60
"""Previews drawn in a minute, by this process for one workspace. ``views.update`` is of tier 4, a hundred and more
(https://docs.slack.dev/apis/web-api/rate-limits); the rest is for answers."""
MINUTE: Final = 60.0
MARK_KEPT: Final = timedelta(hours=1)
WORKSPACES: Final = 1000
"""How many workspaces' budgets are remembered."""


class Live:
    """The pauses and the budget of live previews."""

    def __init__(self, shelf: Shelf, clock: Clock) -> None:
        self._shelf = shelf
        self._clock = clock
        self._drawn: OrderedDict[str, deque[float]] = OrderedDict()
        self._closed_until: dict[str, float] = {}

    async def mark(self, view_id: str) -> str:
        """Something was typed or sent in that form: what was typed before draws nothing any more."""
        mark = secrets.token_hex(8)
        await self._shelf.put(f"typed/{view_id}", mark, ttl=MARK_KEPT)
        return mark

    async def is_last(self, view_id: str, mark: str) -> bool:
        """Has nothing been typed or sent there since?"""
        return await self._shelf.get(f"typed/{view_id}") == mark

    async def pause(self) -> None:
        """Wait as long as people do between two words."""
        await self._clock.sleep(QUIET)

    async def turn(self, workspace: str) -> None:
        """Wait for a place in the workspace's budget, and take it."""
        drawn = self._drawn.setdefault(workspace, deque())
        self._drawn.move_to_end(workspace)
        while len(self._drawn) > WORKSPACES:
            self._closed_until.pop(self._drawn.popitem(last=False)[0], None)
        while (wait := self._full_for(workspace, drawn)) > 0:
            await self._clock.sleep(wait)
        drawn.append(self._clock.monotonic())

    def close(self, workspace: str, seconds: float) -> None:
        """Draw nothing in that workspace for so long: Slack asked us to wait."""
        self._closed_until[workspace] = self._clock.monotonic() + seconds

    def _full_for(self, workspace: str, drawn: deque[float]) -> float:
        now = self._clock.monotonic()
        while drawn and drawn[0] <= now - MINUTE:
            drawn.popleft()
        full = drawn[0] + MINUTE - now if len(drawn) >= PER_MINUTE else 0.0
        return max(full, self._closed_until.get(workspace, 0.0) - now)
