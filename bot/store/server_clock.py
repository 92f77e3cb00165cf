"""The clock of the server, which may not be that of this machine."""

from __future__ import annotations

from datetime import UTC, datetime

from bot.store.database import Database


async def server_now(database: Database) -> datetime:
    """The server's present moment, in UTC."""
    answer = await database.call(database.client.time())
    # A Cluster answers for each of its nodes.
    seconds, micros = next(iter(answer.values())) if isinstance(answer, dict) else answer
    return datetime.fromtimestamp(int(seconds) + int(micros) / 1_000_000, UTC)
