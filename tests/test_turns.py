"""arXiv counts all our machines: one request at a time, a pause between, and one cool-down for everybody."""

import asyncio
import itertools
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from bot.clock import SystemClock
from bot.errors import ListingBusy
from bot.listings.politeness import Manners
from bot.store import Database
from bot.store.turns import Turns
from bot.turns import SharedLimiter

ARXIV = Manners("arxiv", interval=0.2, cooldown=60)


@pytest_asyncio.fixture
async def machines(redis_url: str) -> AsyncIterator[list[SharedLimiter]]:
    databases = [Database.connect(redis_url) for _ in range(3)]
    yield [
        SharedLimiter(Turns(database), SystemClock(), worker=f"m{number}")
        for number, database in enumerate(databases)
    ]
    for database in databases:
        await database.close()


async def test_three_machines_ask_one_after_another_with_a_pause(machines: list[SharedLimiter]) -> None:
    clock, spans = SystemClock(), []

    async def ask(limiter: SharedLimiter) -> None:
        for _ in range(2):
            async with limiter.turn(ARXIV):
                began = clock.monotonic()
                await clock.sleep(0.02)
                spans.append((began, clock.monotonic()))

    await asyncio.gather(*(ask(limiter) for limiter in machines))
    spans.sort()
    gaps = [later[0] - earlier[1] for earlier, later in itertools.pairwise(spans)]
    assert len(gaps) == 5
    assert min(gaps) >= 0.19


async def test_one_that_is_turned_away_keeps_all_away(machines: list[SharedLimiter]) -> None:
    await machines[0].cool(ARXIV, 60, "it answered 429")
    await machines[1].cool(ARXIV, 5, "a shorter one")
    with pytest.raises(ListingBusy, match="it answered 429") as raised:
        async with machines[2].turn(ARXIV):
            raise AssertionError("nobody may ask")
    assert 55 < raised.value.after <= 60
    assert list(await machines[1].coolings()) == ["arxiv"]
    async with machines[2].turn(Manners("biorxiv")):
        pass


async def test_other_families_do_not_wait(machines: list[SharedLimiter]) -> None:
    async with machines[0].turn(ARXIV), asyncio.timeout(30), machines[1].turn(Manners("crossref")):
        pass
