"""The schema number of the whole store, and the steps from one to the next."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import structlog

from bot.clock import Clock
from bot.errors import SchemaTooNew
from bot.store import keys
from bot.store.database import Database
from bot.store.leases import Leases

log = structlog.get_logger(__name__)

UPGRADE: Final = timedelta(minutes=10)
"""How long one step may take before another process may take it up."""


@dataclass(frozen=True, slots=True)
class Step:
    """The way to the next schema. It may be cut off anywhere and carried out again."""

    to: int
    what: str
    carry_out: Callable[[Database], Awaitable[None]]


async def _tag_limits(database: Database) -> None:
    """Budgets got a common hash tag, so that one script can take a place in several of them."""
    async for name in database.scan("pp:limit:*"):
        held, left = await database.pipeline([("GET", name), ("PTTL", name)])
        if held is not None and int(left) > 0:
            limit = keys.limit(name.removeprefix("pp:limit:"))
            await database.call(database.client.set(limit, held, px=int(left), nx=True))
        await database.call(database.client.delete(name))


STEPS: Final = (Step(2, "budgets under one hash tag", _tag_limits),)
CURRENT: Final = STEPS[-1].to
"""Counted up when keys change their shape; each number has its step."""


async def upgrade(
    database: Database,
    clock: Clock,
    *,
    worker: str,
    save: Callable[[int], Awaitable[None]],
    steps: Sequence[Step] = STEPS,
) -> int:
    """Bring the store to the newest schema, one process at a time; how many steps were taken.

    ``save`` is called with the schema that is left behind, before the first step changes anything. Whoever
    comes while another is at it waits; whoever comes after one that died goes on from its last whole step.
    """
    leases, taken, saved = Leases(database), 0, False
    while True:
        held = int(await database.call(database.client.get(keys.SCHEMA)) or 0)
        step = next((one for one in steps if one.to > held), None)
        if step is None:
            break
        if not await leases.take("upgrade", worker, UPGRADE):
            await clock.sleep(1)
            continue
        if int(await database.call(database.client.get(keys.SCHEMA)) or 0) != held:
            continue  # another one took this step between our look and our lease
        if not saved:
            await save(held)
            saved = True
        await step.carry_out(database)
        await database.call(database.client.set(keys.SCHEMA, step.to))
        taken += 1
        log.info("The store was brought to a new schema", schema=step.to, what=step.what)
    await leases.give_back("upgrade", worker)
    return taken


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
    if held is None:
        await database.call(database.client.set(keys.SCHEMA, CURRENT, nx=True))
    return bool(await database.call(database.client.set(keys.EPOCH, now.isoformat(), nx=True)))
