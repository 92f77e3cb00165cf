"""FakeClock keeps time as the real one does, only when told to."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from bot.testing.clock import FakeClock


async def test_time_stands_still_until_it_is_advanced() -> None:
    clock = FakeClock(datetime(2026, 3, 9, 8, tzinfo=UTC))
    assert clock.now() == clock.now() == datetime(2026, 3, 9, 8, tzinfo=UTC)
    before = clock.monotonic()
    await clock.advance(90)
    assert clock.now() == datetime(2026, 3, 9, 8, 1, 30, tzinfo=UTC)
    assert clock.monotonic() - before == 90


async def test_sleepers_wake_in_order_each_at_its_own_time() -> None:
    clock = FakeClock()
    woken: list[tuple[str, float]] = []

    async def sleeper(name: str, *naps: float) -> None:
        for nap in naps:
            await clock.sleep(nap)
            woken.append((name, clock.monotonic()))

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(sleeper("a", 5, 5, 5))
        tasks.create_task(sleeper("b", 10))
        tasks.create_task(sleeper("c", 1))
        await clock.until_asleep(3)
        await clock.advance(12)
        assert woken == [("c", 1), ("a", 5), ("b", 10), ("a", 10)]
        assert clock.monotonic() == 12
        await clock.advance(timedelta(minutes=1))
    assert woken[-1] == ("a", 15)


async def test_a_sleeper_is_not_woken_early_and_a_cancelled_one_not_at_all() -> None:
    clock = FakeClock()
    early = asyncio.create_task(clock.sleep(10))
    cancelled = asyncio.create_task(clock.sleep(5))
    await clock.until_asleep(2)
    cancelled.cancel()
    await clock.advance(9.999)
    assert not early.done()
    assert cancelled.cancelled()
    await clock.advance(0.001)
    assert early.done()
    assert clock.asleep == 0


async def test_no_time_passes_in_a_sleep_of_zero_or_less() -> None:
    clock = FakeClock()
    async with asyncio.timeout(30):
        await clock.sleep(0)
        await clock.sleep(-3)
    assert clock.monotonic() == 0


async def test_until_asleep_waits_for_a_task_that_is_busy_elsewhere() -> None:
    clock = FakeClock()
    gate = asyncio.Event()

    async def busy() -> None:
        await gate.wait()
        await clock.sleep(1)

    task = asyncio.create_task(busy())
    waiting = asyncio.create_task(clock.until_asleep())
    await clock.advance(100)
    assert not waiting.done()
    gate.set()
    async with asyncio.timeout(30):
        await waiting
    await clock.advance(1)
    await task


async def test_the_calendar_may_jump_while_no_time_passes() -> None:
    clock = FakeClock()
    before, began = clock.now(), clock.monotonic()
    clock.jump(timedelta(hours=-1))
    assert clock.now() == before - timedelta(hours=1)
    assert clock.monotonic() == began


async def test_advance_to_a_moment_and_never_backwards() -> None:
    clock = FakeClock()
    goal = clock.now() + timedelta(days=3)
    await clock.advance_to(goal)
    assert clock.now() == goal
    with pytest.raises(ValueError, match="backwards"):
        await clock.advance(-1)
    with pytest.raises(ValueError, match="aware"):
        FakeClock(datetime(2026, 1, 1))  # noqa: DTZ001 - that is the point
