"""Somebody's direct messages are closed to us: their next command says so, and tries the door again."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Final

from bot.cards import Note, spans
from bot.handlers.asked import Asked
from bot.ports import Reply

AGAIN: Final = timedelta(minutes=10)
"""Between two tries because of commands: each that fails is one that a platform counts against us."""


async def told(reply: Reply, asked: Asked) -> Reply:
    """The reply, with a line about their alerts where the asker's own messages took none."""
    mine = asked.origin.me
    why = await asked.store.deliveries.blocked(mine)
    if why is None:
        return reply
    free, _ = await asked.store.limits.reserve(
        f"door:{mine.key}", count=1, seconds=AGAIN.total_seconds(), patience=0
    )
    if free:
        await asked.services.destinations.took_a_card(mine)
    then = "I try it again now." if free else "I try it again within the hour."
    line = Note(spans(f"Your alerts by direct message wait: {why} {then}"))
    return replace(reply, card=replace(reply.card, blocks=(*reply.card.blocks, line)))
