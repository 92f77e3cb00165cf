"""Is the bot well? One question for supervisors: ``pigeon health`` and the web page's ``/ready`` ask it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from bot.store import Store
from bot.store.schema import first_used

GRACE: Final = timedelta(minutes=5)
"""For so long a new store may be without any poll."""
SLACK: Final = timedelta(minutes=2)

Healths = Mapping[str, Mapping[str, str]]
"""For each source how its last polls went (:meth:`bot.store.papers.Papers.health`)."""


async def ailing(store: Store, healths: Healths, *, every: timedelta, now: datetime) -> str:
    """Why the bot is not well, in a sentence; empty where it is.

    It is well while any listing was read within three intervals and two minutes: one that is down is no
    fault of ours. ``every`` is the interval between two polls.

    Raises:
        StoreUnavailable: it cannot be asked.
    """
    polled = list(succeeded(healths).values())
    if not polled:
        since = await first_used(store.database)
        if since is not None and now - since <= GRACE:
            return ""
        return "No listing was ever read. `pigeon doctor` says why."
    if now - max(polled) <= 3 * every + SLACK:
        return ""
    return f"No listing was read since {max(polled):%Y-%m-%d %H:%M} UTC. `pigeon doctor` says why."


def succeeded(healths: Healths) -> Mapping[str, datetime]:
    """When each source was last read; one that never was is left out."""
    return {
        name: datetime.fromisoformat(one["succeeded_at"])
        for name, one in healths.items()
        if "succeeded_at" in one
    }


def failing(healths: Healths) -> Mapping[str, datetime]:
    """The sources whose last poll failed, with the moment of it."""
    good = succeeded(healths)
    bad = {
        name: datetime.fromisoformat(one["failed_at"]) for name, one in healths.items() if "failed_at" in one
    }
    return {name: moment for name, moment in bad.items() if name not in good or moment > good[name]}
