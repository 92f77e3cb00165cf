"""``pigeon health``: one question for a container's supervisor. It starts nothing and changes nothing."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import typer

from bot.cli.opening import open_running, open_settings
from bot.clock import SystemClock
from bot.errors import PigeonError
from bot.health import ailing


def health() -> None:
    """Print one sentence; exit 1 where all is not well."""
    asyncio.run(_health())


async def _health() -> None:
    settings = open_settings(quiet=True).settings
    every = timedelta(seconds=settings.core.poll_seconds)
    try:
        async with open_running(settings) as store:
            why = await ailing(store, await store.papers.healths(), every=every, now=SystemClock().now())
    except PigeonError as error:
        why = str(error)
    typer.echo(why or "Well: the store answers, and listings are read.")
    if why:
        raise typer.Exit(1)
