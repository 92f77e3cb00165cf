"""One turn at a time, a pause between turns, and a cool-down that is kept."""

import asyncio

import pytest

from bot.errors import ListingBusy
from bot.listings.politeness import LocalLimiter, Manners
from bot.testing.clock import FakeClock

ARXIV = Manners("arxiv", interval=3)


async def test_three_seconds_lie_between_the_requests_of_a_family_and_never_two_run_at_once():
    clock = FakeClock()
    limiter = LocalLimiter(clock)
    times: list[tuple[float, float]] = []

    async def visit() -> None:
        async with limiter.turn(ARXIV):
            begun = clock.monotonic()
            await clock.sleep(0.5)
            times.append((begun, clock.monotonic()))

    visits = [asyncio.create_task(visit()) for _ in range(4)]
    for _ in range(40):
        await clock.advance(0.5)
    await asyncio.gather(*visits)
    assert [begun for begun, _ in times] == [0.0, 3.5, 7.0, 10.5]


async def test_families_do_not_wait_for_each_other():
    clock = FakeClock()
    limiter = LocalLimiter(clock)
    async with limiter.turn(ARXIV), limiter.turn(Manners("huggingface.co")):
        assert clock.monotonic() == 0


async def test_a_cool_down_is_kept_seen_and_over_in_time():
    clock = FakeClock()
    limiter = LocalLimiter(clock)
    await limiter.cool(ARXIV, 660, "it answered with 429")
    await limiter.cool(ARXIV, 5, "a shorter one shortens nothing")
    for left in (660, 330):
        with pytest.raises(ListingBusy) as caught:
            async with limiter.turn(ARXIV):
                pass
        assert caught.value.after == left
        cooling = (await limiter.coolings())["arxiv"]
        assert cooling.reason == "it answered with 429"
        await clock.advance(330)
    async with limiter.turn(ARXIV):
        assert await limiter.coolings() == {}


async def test_who_waits_when_a_cool_down_begins_does_not_knock():
    clock = FakeClock()
    limiter = LocalLimiter(clock)

    async def late() -> None:
        async with limiter.turn(ARXIV):
            raise AssertionError

    async with limiter.turn(ARXIV):
        waiting = asyncio.create_task(late())
        await clock.advance(0)
        await limiter.cool(ARXIV, 600, "it answered with 403")
    with pytest.raises(ListingBusy):
        await waiting


async def test_a_turn_ends_with_an_error_too():
    clock = FakeClock()
    limiter = LocalLimiter(clock)
    with pytest.raises(ZeroDivisionError):
        async with limiter.turn(Manners("x")):
            raise ZeroDivisionError
    async with limiter.turn(Manners("x")):
        pass
