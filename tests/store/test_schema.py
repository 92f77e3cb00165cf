"""Upgrades of the store: in order, by one process, from where the last one stopped, after a backup."""

import asyncio
from pathlib import Path

import pytest

from bot.clock import SystemClock
from bot.errors import SchemaTooNew
from bot.models import Subscription
from bot.settings import CoreSettings, Settings
from bot.storage import store_at
from bot.store import Database, keys
from bot.store.schema import CURRENT, Step, upgrade
from tests.core import ANA, ML


async def test_an_old_store_is_saved_and_brought_up_to_date(redis_url: str, tmp_path: Path) -> None:
    database = Database.connect(redis_url)
    await database.pipeline(
        [
            ("SET", keys.SCHEMA, 1),
            ("SET", keys.EPOCH, "2026-01-01T00:00:00+00:00"),
            ("SET", "pp:limit:first:x", "7.5", "PX", 60000),
        ]
    )
    settings = Settings(CoreSettings(data_dir=tmp_path), {}, {})
    async with store_at(redis_url, settings, SystemClock()) as store:
        assert await database.call(database.client.get(keys.SCHEMA)) == str(CURRENT)
        assert await database.call(database.client.get(keys.limit("first:x"))) == "7.5"
        assert not [name async for name in database.scan("pp:limit:*")]
        await store.subscriptions.create(
            Subscription(number=0, query="robot", destination=ML, created_by=ANA)
        )
    (saved,) = tmp_path.glob("before-schema-2-*.jsonl")
    assert "paper_pigeon_backup" in saved.read_text()
    async with store_at(redis_url, settings, SystemClock()):
        pass
    assert len(list(tmp_path.glob("before-*"))) == 1, "a store that is up to date is left alone"
    await database.close()


async def test_two_processes_take_each_step_once_in_order_and_resume_after_a_crash(redis_url: str) -> None:
    databases = [Database.connect(redis_url) for _ in range(2)]
    await databases[0].call(databases[0].client.set(keys.SCHEMA, 1))
    done: list[int] = []
    saved: list[int] = []
    crash = [True]

    def step(to: int) -> Step:
        async def carry_out(_: Database) -> None:
            await SystemClock().sleep(0.02)
            if to == 3 and crash.pop() if crash else False:
                raise RuntimeError("the machine stops here")
            done.append(to)

        return Step(to, f"step {to}", carry_out)

    steps = [step(number) for number in (2, 3, 4)]

    async def save(schema: int) -> None:
        saved.append(schema)

    with pytest.raises(RuntimeError):
        await upgrade(databases[0], SystemClock(), worker="dies", save=save, steps=steps)
    assert done == [2]
    await databases[0].call(databases[0].client.delete(keys.lease("upgrade")))  # its lease ends
    await asyncio.gather(
        *(
            upgrade(database, SystemClock(), worker=f"w{number}", save=save, steps=steps)
            for number, database in enumerate(databases)
        )
    )
    assert done == [2, 3, 4]
    assert saved == [1, 2]
    for database in databases:
        await database.close()


async def test_an_older_program_refuses_a_newer_store_with_a_sentence(redis_url: str, tmp_path: Path) -> None:
    database = Database.connect(redis_url)
    await database.call(database.client.set(keys.SCHEMA, CURRENT + 1))
    settings = Settings(CoreSettings(data_dir=tmp_path), {}, {})
    with pytest.raises(SchemaTooNew, match="newer Paper Pigeon"):
        async with store_at(redis_url, settings, SystemClock()):
            raise AssertionError("it must not open")
    assert await database.call(database.client.get(keys.SCHEMA)) == str(CURRENT + 1)
    await database.close()
