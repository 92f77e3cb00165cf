"""The connection: cancellations hold, errors are ours, addresses of every kind."""

import asyncio
from datetime import timedelta

import pytest

from bot.errors import StoreUnavailable
from bot.store import Database
from bot.store.leases import Leases


async def test_a_cancellation_holds_whenever_it_arrives(redis_url: str) -> None:
    for turns in range(40):
        database = Database.connect(redis_url)
        work = asyncio.create_task(Leases(database).take("x", "me", timedelta(seconds=1)))
        for _ in range(turns):
            await asyncio.sleep(0)  # noqa: TID251 - turns of the loop, no time
        if work.done():
            break
        work.cancel()
        with pytest.raises(asyncio.CancelledError):
            await work
        await database.close()
    await database.close()


@pytest.mark.parametrize("url", ["redis://127.0.0.1:9/0", "unix:///nowhere/at/all", "valkey://127.0.0.1:9"])
async def test_a_store_that_is_not_there_is_one_sentence(url: str) -> None:
    database = Database.connect(url)
    with pytest.raises(StoreUnavailable, match="Could not connect to the store"):
        await database.facts()
    await database.close()
