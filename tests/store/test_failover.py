"""A primary dies and its replica takes over: what was acknowledged and is gone, with and without WAIT.

A replica that lags is made by holding it still (SIGSTOP) while the primary writes on.
"""

import asyncio
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bot.clock import SystemClock
from bot.store.database import Database, Script
from tests.chaos.valkey import ValkeyServer

NOTE = Script("note", "return redis.call('SET', KEYS[1], ARGV[1])")
WRITES = 300


@contextmanager
def pair(folder: Path) -> Iterator[tuple[ValkeyServer, ValkeyServer]]:
    """A primary, and a replica that follows it."""
    primary = ValkeyServer(folder / "primary", fsync="everysec", config=("repl-diskless-sync-delay 0",))
    replica = ValkeyServer(
        folder / "replica", fsync="everysec", config=(f"replicaof 127.0.0.1 {primary.port}",)
    )
    primary.start()
    replica.start()
    try:
        while "master_link_status:up" not in replica.whole("INFO", "replication"):
            assert replica.pid
        yield primary, replica
    finally:
        primary.kill()
        replica.resume()
        replica.kill()


async def _lost(folder: Path, *, wait: bool) -> tuple[int, int]:
    """Writes acknowledged before the primary died, and those of them that the replica does not have.

    With WAIT a write counts as acknowledged only when a replica had it; the rest are those that a sender
    reconciles.
    """
    with pair(folder) as (primary, replica):
        database = Database.connect(primary.url)
        await database.facts()
        assert database.replicas == 1
        acknowledged = []
        for number in range(WRITES):
            if number == WRITES * 2 // 3:
                replica.pause()
            copied = await _write(database, number, wait=wait)
            if copied or not wait:
                acknowledged.append(number)
            if number > WRITES * 2 // 3 + 5 and wait:
                break  # nothing is acknowledged any more
        primary.kill()
        replica.resume()
        replica.ask("REPLICAOF", "NO", "ONE")
        await database.close()
        follower = Database.connect(replica.url)
        held = await follower.pipeline([("EXISTS", f"n{number}") for number in acknowledged])
        await follower.close()
        return len(acknowledged), held.count(0)


async def _write(database: Database, number: int, *, wait: bool) -> bool:
    before = database.uncopied
    # Large ones: what waits in the sockets between the two would arrive all the same.
    await database.run(NOTE, [f"n{number}"], ["x" * 100_000], durable=wait)
    return database.uncopied == before


async def test_with_wait_nothing_that_a_replica_acknowledged_is_lost(tmp_path: Path) -> None:
    written, lost = await _lost(tmp_path / "wait", wait=True)
    sys.stdout.write(f"with WAIT 1: {written} acknowledged, {lost} lost\n")
    assert written >= WRITES * 2 // 3
    assert lost == 0


async def test_without_wait_the_lag_of_the_replica_is_lost(tmp_path: Path) -> None:
    written, lost = await _lost(tmp_path / "none", wait=False)
    sys.stdout.write(f"without WAIT: {written} acknowledged, {lost} lost\n")
    assert written == WRITES
    assert 0 < lost <= WRITES // 3


async def test_replicas_that_come_later_are_noticed(tmp_path: Path) -> None:
    with pair(tmp_path) as (primary, replica):
        database = Database.connect(primary.url)
        replica.ask("REPLICAOF", "NO", "ONE")
        async with asyncio.timeout(30):
            while (await database.facts()).replicas:
                await SystemClock().sleep(0.05)
        replica.ask("REPLICAOF", "127.0.0.1", primary.port)
        async with asyncio.timeout(30):
            while not (await database.facts()).replicas:
                await SystemClock().sleep(0.05)
        await database.close()


@pytest.fixture
def sentinel(tmp_path: Path) -> Iterator[tuple[ValkeyServer, ValkeyServer, ValkeyServer]]:
    """A primary, a replica, and one sentinel that decides alone."""
    with pair(tmp_path) as (primary, replica):
        watch = ValkeyServer(tmp_path / "sentinel")
        watch.start_sentinel(primary.port)
        try:
            yield primary, replica, watch
        finally:
            watch.kill()


async def test_sentinel_leads_to_the_new_primary(
    sentinel: tuple[ValkeyServer, ValkeyServer, ValkeyServer],
) -> None:
    from bot.errors import StoreUnavailable

    primary, replica, watch = sentinel
    async with asyncio.timeout(30):
        while "slave" not in watch.whole("SENTINEL", "REPLICAS", "pigeon"):
            await SystemClock().sleep(0.05)
    database = Database.connect(f"redis+sentinel://127.0.0.1:{watch.port}/pigeon")
    await database.run(NOTE, ["before"], ["x"], durable=True)
    primary.kill()
    async with asyncio.timeout(30):
        while True:
            try:
                await database.run(NOTE, ["after"], ["x"])
            except StoreUnavailable:
                await SystemClock().sleep(0.1)
            else:
                break
    assert replica.ask("GET", "after") == "$1"
    await database.close()
