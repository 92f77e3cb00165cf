"""``pigeon health``: one question for a container's supervisor. It starts nothing and changes nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

import typer

from bot.cli.opening import open_running, open_settings
from bot.clock import SystemClock
from bot.errors import PigeonError
from bot.store import Store
from bot.store.schema import first_used

GRACE: Final = timedelta(minutes=5)
"""For so long a new store may be without any poll."""
SLACK: Final = timedelta(minutes=2)


def health() -> None:
    """Print one sentence; exit 1 where all is not well."""
    asyncio.run(_health())


async def _health() -> None:
    settings = open_settings(quiet=True).settings
    every = timedelta(seconds=settings.core.poll_seconds)
    try:
        async with open_running(settings) as store:
            why = await ailing(store, every=every, now=SystemClock().now())
    except PigeonError as error:
        why = str(error)
    typer.echo(why or "Well: the store answers, and listings are read.")
    if why:
        raise typer.Exit(1)


async def ailing(store: Store, *, every: timedelta, now: datetime) -> str:
    """Why the bot is not well, in a sentence; empty where it is.

    It is well while any listing was read within three intervals and two minutes: one that is down is no
    fault of ours. ``every`` is the interval between two polls.
    """
    polled = await _moments(store, "succeeded_at")
    if not polled:
        since = await first_used(store.database)
        if since is not None and now - since <= GRACE:
            return ""
        return "No listing was ever read. `pigeon doctor` says why."
    if now - max(polled) <= 3 * every + SLACK:
        return ""
    return f"No listing was read since {max(polled):%Y-%m-%d %H:%M} UTC. `pigeon doctor` says why."


async def _moments(store: Store, field: str) -> Sequence[datetime]:
    healths = await store.papers.healths()
    return [datetime.fromisoformat(one[field]) for one in healths.values() if field in one]
