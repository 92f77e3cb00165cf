"""Places in a platform's budgets: however late sends are, no window holds more than the platform allows."""

import asyncio
import random
from collections.abc import Sequence

import pytest

from bot.clock import SystemClock
from bot.delivery.budgets import Budgets, Moment
from bot.ports import Limit
from bot.store.limits import Full
from bot.testing.adapter import RecordingAdapter
from tests.core import ML, open_core

COUNT, WINDOW = 20, 0.4
LIMIT = Limit("recording:all", COUNT, WINDOW)


def fullest(counted: Sequence[float], window: float = WINDOW) -> int:
    """The most requests that any window holds."""
    times = sorted(counted)
    return max(sum(1 for other in times[at:] if other < time + window) for at, time in enumerate(times))


@pytest.mark.parametrize("senders", [1, 3])
async def test_no_window_holds_more_than_the_platform_allows_however_late_sends_are(
    redis_url: str, senders: int
) -> None:
    """Now and then a request counts a tenth of a second late, the others at any time before their answer."""
    clock, chance = SystemClock(), random.Random(5)
    core = open_core(redis_url, clock)  # type: ignore[arg-type]
    counted: list[float] = []
    numbers = iter(range(80))

    async def send(number: int) -> None:
        late = 0.1 if number in (COUNT, COUNT * 2 + 7) else chance.uniform(0.0, 0.004)
        await clock.sleep(0.002 + late)
        counted.append(clock.monotonic())
        await clock.sleep(0.002 + chance.uniform(0.0, 0.004))

    async def serve(budgets: Budgets) -> None:
        for number in numbers:
            moment = await budgets.take(ML)
            assert isinstance(moment, Moment)
            await budgets.wait(moment)
            async with budgets.leaving(moment):
                await send(number)

    of_each = [Budgets(RecordingAdapter(limits=[LIMIT]), core.store, clock) for _ in range(senders)]
    await asyncio.gather(*(serve(one) for one in of_each for _ in range(24 // senders)))
    assert len(counted) == 80
    assert fullest(counted) <= COUNT
    await core.store.database.close()


async def test_a_send_without_an_answer_holds_the_place_behind_it(redis_url: str) -> None:
    clock = SystemClock()
    core = open_core(redis_url, clock)  # type: ignore[arg-type]
    budgets = Budgets(RecordingAdapter(limits=[Limit("recording:all", 1, 0.3)]), core.store, clock)
    answered: list[float] = []

    async def slow() -> None:
        moment = await budgets.take(ML)
        assert isinstance(moment, Moment)
        await budgets.wait(moment)
        async with budgets.leaving(moment):
            await clock.sleep(0.5)  # its answer comes after the moment of the next
            answered.append(clock.monotonic())

    first = asyncio.create_task(slow())
    await clock.sleep(0.05)
    second = await budgets.take(ML)
    assert isinstance(second, Moment)
    await budgets.wait(second)
    assert answered, "without an answer it may count at any moment"
    assert clock.monotonic() - answered[0] >= 0.3
    await first
    await core.store.database.close()


async def test_a_place_that_is_too_far_off_is_not_taken(redis_url: str) -> None:
    clock = SystemClock()
    core = open_core(redis_url, clock)  # type: ignore[arg-type]
    budgets = Budgets(RecordingAdapter(limits=[Limit("recording:all", 1, 100.0)]), core.store, clock)
    assert isinstance(await budgets.take(ML), Moment)
    refused = await budgets.take(ML)
    assert isinstance(refused, Full)
    assert 90 < refused.wait <= 103
    again = await budgets.take(ML)
    assert isinstance(again, Full) and again.wait <= refused.wait, "a refusal takes no place"
    await core.store.database.close()
