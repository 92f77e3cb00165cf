"""``pigeon web``: what opens the web page, for the operator."""

from __future__ import annotations

import asyncio

import typer

from bot.cli.opening import open_beside, open_settings
from bot.text.counted import count


def rotate(*, feeds: bool) -> None:
    """End every link to the page, and with ``feeds`` every feed address, of everybody."""
    asyncio.run(_rotate(feeds=feeds))


async def _rotate(*, feeds: bool) -> None:
    settings = open_settings(quiet=True).settings
    async with open_beside(settings) as store:
        await store.web.rotate()
        typer.echo("A new secret signs links to the web page; those given out before have ended.")
        if feeds:
            ended = await store.web.revoke_everything()
            typer.echo(f"Revoked the addresses of {count(ended, 'feed')}.")
