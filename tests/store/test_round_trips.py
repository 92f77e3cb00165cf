"""Commands asked for at the same time share a round trip; each gets its own answer, and nobody waits for nobody."""

import asyncio

import pytest

from bot.errors import StoreUnavailable
from bot.store import Database, round_trips
from bot.store.limits import Limits, Place
from tests.chaos.proxy import Proxy


async def test_each_gets_its_own_answer_and_its_own_error(redis_url: str) -> None:
    database = Database.connect(redis_url)
    await database.ask("SET", "text", "abc")
    await asyncio.gather(*(database.ask("SET", f"k{number}", number) for number in range(500)))
    answers = await asyncio.gather(
        database.ask("INCR", "text"),
        *(database.ask("GET", f"k{number}") for number in range(500)),
        return_exceptions=True,
    )
    assert isinstance(answers[0], Exception) and "not an integer" in str(answers[0])
    assert answers[1:] == [str(number) for number in range(500)]
    await database.close()


async def test_whoever_asks_while_the_last_trip_ends_is_not_forgotten(
    redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With an answer in hand one asks again at once: in the turn of the loop in which the trip has ended already."""
    monkeypatch.setattr(round_trips, "AT_ONCE", 1)
    database = Database.connect(redis_url)
    async with asyncio.timeout(30):
        for number in range(1, 20):
            assert await database.ask("INCR", "n") == number
    await database.close()


async def test_who_gives_up_takes_nobody_along(redis_url: str) -> None:
    database = Database.connect(redis_url)
    asked = [asyncio.create_task(database.ask("INCR", "n")) for _ in range(10)]
    await asyncio.sleep(0)  # noqa: TID251
    asked[3].cancel()
    answers = await asyncio.gather(*asked, return_exceptions=True)
    assert isinstance(answers[3], asyncio.CancelledError)
    assert sum(isinstance(one, int) for one in answers) == 9
    await database.close()


async def test_a_lost_connection_is_an_outage_for_all_who_travelled(redis_url: str) -> None:
    async with Proxy(redis_url.removeprefix("unix://")) as proxy:
        database = Database.connect(proxy.url)
        await database.ask("PING")
        proxy.lose = b"lost-one"
        answers = await asyncio.gather(
            *(database.ask("SET", name, 1) for name in ("a", "lost-one", "b")), return_exceptions=True
        )
        assert all(isinstance(one, StoreUnavailable) for one in answers)
        assert await database.ask("PING") is not None
        await database.close()


async def test_a_server_that_forgot_its_scripts_gets_them_again(redis_url: str) -> None:
    database = Database.connect(redis_url)
    limits = Limits(database)
    place = Place("x", 1000, 1.0)
    await limits.take([place])
    await database.call(database.client.script_flush())
    taken = await asyncio.gather(*(limits.take([place]) for _ in range(20)))
    assert len(taken) == 20
    with pytest.raises(Exception, match="WRONGTYPE"):
        await database.ask("LPUSH", "pp:{limits}:x", 1)
    await database.close()
