"""The schema number of the whole store, and whether it has been used before."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from bot.errors import SchemaTooNew
from bot.store import keys
from bot.store.database import Database

CURRENT: Final = 1
"""Counted up when keys change their shape; each step has a migration."""


async def first_used(database: Database) -> datetime | None:
    """When this store was first used; ``None`` where it never was."""
    held = await database.call(database.client.get(keys.EPOCH))
    return None if held is None else datetime.fromisoformat(held)


async def open_schema(database: Database, now: datetime) -> bool:
    """Check the store's schema and mark a new store as ours; whether it was new.

    Raises:
        SchemaTooNew: a newer version has used it.
    """
    held = await database.call(database.client.get(keys.SCHEMA))
    if held is not None and int(held) > CURRENT:
        raise SchemaTooNew(
            f"The store was written by a newer Paper Pigeon (schema {held}; this version knows {CURRENT}). "
            "Start the newer version again, or restore a backup that was made before the upgrade."
        )
    await database.call(database.client.set(keys.SCHEMA, CURRENT))
    return bool(await database.call(database.client.set(keys.EPOCH, now.isoformat(), nx=True)))
