"""Opens the store: the one that the settings name, or an embedded one; and keeps it there."""

from __future__ import annotations

import asyncio
import os
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

import structlog

from bot.clock import Clock
from bot.errors import BackupError, PigeonError, StoreUnavailable
from bot.settings import Settings
from bot.store import Database, Store
from bot.store.backup_file import write
from bot.store.database import ServerFacts
from bot.store.schema import open_schema, upgrade

if TYPE_CHECKING:
    from bot.embedded import EmbeddedServer

log = structlog.get_logger(__name__)

LOOK_AT_STORE: Final = 30.0
"""Seconds between two looks at whether the store has replicas."""
SAY_AGAIN: Final = 60.0
"""Seconds between two lines in the log while the store is away for one reason."""


@asynccontextmanager
async def open_store(
    settings: Settings, clock: Clock, *, data_dir: Path | None = None
) -> AsyncIterator[Store]:
    """The store that the settings name, or an embedded one in ``data_dir``; within it, it is there.

    Raises:
        StartError: it cannot be opened; the sentence says why and what to do.
    """
    url = settings.core.redis_url.get_secret_value()
    if url and data_dir is None:
        async with store_at(url, settings, clock) as store:
            yield store
        return
    from bot.embedded import open_embedded  # noqa: PLC0415 - only where it is wanted: it needs the server's program

    async with await open_embedded(data_dir or settings.core.data_dir, clock=clock) as server:
        for note in server.notes:
            log.info(note)
        async with store_at(server.url, settings, clock) as store:
            guard = asyncio.create_task(_keep_alive(server, clock))
            try:
                yield store
            finally:
                guard.cancel()


@asynccontextmanager
async def store_at(url: str, settings: Settings, clock: Clock) -> AsyncIterator[Store]:
    """The store at an address.

    Raises:
        StartError: it cannot be reached or used.
    """
    database = Database.connect(url)
    try:
        for weakness in weaknesses(await database.facts()):
            log.warning(weakness)
        await open_schema(database, clock.now())
        await upgrade(
            database,
            clock,
            worker=f"{os.getpid()}-{secrets.token_hex(4)}",
            save=partial(_save, database, settings, clock),
        )
        watch = asyncio.create_task(_watch(database, clock))
        try:
            yield Store(database, retention=timedelta(days=settings.core.retention_days))
        finally:
            watch.cancel()
    finally:
        await database.close()


async def _save(database: Database, settings: Settings, clock: Clock, schema: int) -> None:
    """Write a backup before the store is changed for good: whoever wants to go back restores it.

    Raises:
        BackupError: it cannot be written. Then nothing is changed.
    """
    now = clock.now()
    path = settings.core.data_dir / f"before-schema-{schema + 1}-{now:%Y%m%d-%H%M%S}.jsonl"
    store = Store(database, retention=timedelta(days=settings.core.retention_days))
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with path.open("xb") as target:
            await write(store.backup, target, now)
            target.flush()
            os.fsync(target.fileno())
    except OSError as error:
        raise BackupError(
            f"The store must be upgraded, and no backup can be written to {path} ({error.strerror}). "
            "Make room or rights there, or set PIGEON_DATA_DIR to a folder that this user may write."
        ) from error
    log.info("A backup was written before the store is upgraded", file=str(path))


async def _watch(database: Database, clock: Clock) -> None:
    """Notice when the store gains or loses its replicas: durable writes wait for one where there are any."""
    while True:
        await clock.sleep(LOOK_AT_STORE)
        try:
            await database.facts()
        except PigeonError:
            continue  # whoever needs the store says so


async def _keep_alive(server: EmbeddedServer, clock: Clock) -> None:
    """Start the embedded server again if it dies: its data are on the disk, and all parts try again."""
    said, say_again = "", 0.0
    while True:
        await clock.sleep(1)
        try:
            if await server.ensure():
                said = ""
                log.error("The embedded Valkey had died and was started again", notes=server.notes[-1:])
        except PigeonError as error:
            if str(error) != said or clock.monotonic() >= say_again:
                said, say_again = str(error), clock.monotonic() + SAY_AGAIN
                log.critical("The embedded Valkey died and does not start", why=said)


def weaknesses(facts: ServerFacts) -> list[str]:
    """What is weaker at this server than at the embedded one; raises where it cannot be used at all."""
    version = ".".join(map(str, facts.version))
    if facts.version < (7,):
        raise StoreUnavailable(
            f"{facts.name} {version} is too old: Paper Pigeon needs Valkey, or Redis 7 or newer. "
            "Upgrade it, or leave PIGEON_REDIS_URL empty for the embedded one."
        )
    if facts.eviction.startswith("allkeys"):
        raise StoreUnavailable(
            f"The store evicts keys when memory runs low (maxmemory-policy {facts.eviction}): subscriptions and "
            "deliveries would vanish. Set maxmemory-policy noeviction there."
        )
    found = []
    if not facts.appendonly:
        found.append(
            "The store keeps no append-only file: a crash of the server loses what it was told since its last "
            "snapshot. Set appendonly yes there."
        )
    elif facts.appendfsync and facts.appendfsync != "always":
        found.append(
            f"The store writes to disk with appendfsync {facts.appendfsync}: a power loss may cost up to a second."
        )
    if facts.eviction and facts.eviction != "noeviction":
        found.append(f"The store may evict keys (maxmemory-policy {facts.eviction}). Set it to noeviction.")
    return found
