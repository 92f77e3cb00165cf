"""No second holds more requests than the platform allows, whatever it does with them between start and answer."""

import asyncio
import random
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from bot.delivery.budgets import LATE, MARGIN, NEAR, UNANSWERED, Budgets, Moment
from bot.errors import Ambiguous, RetryLater
from bot.ports import Limit
from bot.store import Store
from bot.store.limits import Full
from bot.testing.adapter import RecordingAdapter
from tests.core import ML
from tests.delivery.simulated import Apart, Simulated, SimulatedDatabase, simulated_database

COUNT = 50
LIMIT = Limit("recording:all", COUNT, 1.0)
ONE_WAY = 0.01
"""Seconds that the way to the platform takes at least; as many back."""


def fullest(counted: list[float], window: float = 1.0) -> int:
    """The most requests that any window holds."""
    times, most, first = sorted(counted), 0, 0
    for at, time in enumerate(times):
        while times[first] <= time - window:
            first += 1
        most = max(most, at - first + 1)
    return most


@dataclass
class Platform:
    """Counts each request somewhere between its start and its answer; where is for ``counts`` to say."""

    time: Simulated
    takes: Callable[[float], float]
    """Seconds until the answer, by the time."""
    counts: Callable[[float], float]
    """Where it counts between the earliest possible (0) and the latest possible moment (1), by the time."""
    lost: float = 0.0
    """The share of answers that do not arrive."""
    chance: random.Random = field(default_factory=lambda: random.Random(3))
    counted: list[float] = field(default_factory=list)

    async def send(self) -> None:
        began = self.time.monotonic()
        if self.chance.random() < self.lost:
            self.counted.append(began + self.chance.choice((ONE_WAY, UNANSWERED)))
            await self.time.sleep(self.chance.uniform(0.1, UNANSWERED))
            raise Ambiguous("No answer.")
        took = max(2 * ONE_WAY, self.takes(began))
        self.counted.append(began + ONE_WAY + self.counts(began) * (took - 2 * ONE_WAY))
        await self.time.sleep(took)


@dataclass
class Senders:
    """Processes that share one budget."""

    time: Simulated
    database: SimulatedDatabase
    platform: Platform
    processes: int
    chance: random.Random = field(default_factory=lambda: random.Random(4))
    stall: float = 0.0
    """Seconds that one in ten sends stands still at most between its moment and its leaving."""

    async def send(self, cards: int, at_once: int = 32) -> None:
        store = Store(self.database, retention=timedelta(days=1))
        numbers = iter(range(cards))
        for_each = [
            Budgets(RecordingAdapter(limits=[LIMIT]), store, Apart(self.time, 1000.0 * number))
            for number in range(self.processes)
        ]
        await asyncio.gather(*(self._serve(one, numbers) for one in for_each for _ in range(at_once)))

    async def _serve(self, budgets: Budgets, numbers: Iterator[int]) -> None:
        for _ in numbers:
            while not await self._sent(budgets):
                await self.time.sleep(0.1)

    async def _sent(self, budgets: Budgets) -> bool:
        moment = await budgets.take(ML)
        if not isinstance(moment, Moment):
            return False
        try:
            await budgets.wait(moment)
            if self.stall and self.chance.random() < 0.1:
                await self.time.sleep(self.chance.uniform(0.0, self.stall))
            async with budgets.leaving(moment):
                await self.platform.send()
        except RetryLater:
            return False
        except Ambiguous:
            return True
        finally:
            await budgets.give_back(moment)
        return True


async def drained(
    url: str, platform: Callable[[Simulated], Platform], *, cards: int, senders: int = 1, **world: float
) -> Platform:
    time = Simulated()
    database = simulated_database(url, time, random.Random(5))
    database.slowest = world.get("store", database.slowest)
    database.unreported = world.get("unreported", 0.0)
    there = platform(time)
    await time.run(
        Senders(time, database, there, senders, stall=world.get("stall", 0.0)).send(cards), most=3600.0
    )
    await database.close()
    return there


def usual(time: Simulated) -> Platform:
    """Answers after 30 ms, some later; counts at any moment between."""
    chance = random.Random(1)
    return Platform(time, lambda _: 0.03 + chance.expovariate(1 / 0.004), lambda _: chance.random())


@pytest.mark.parametrize("senders", [1, 4])
async def test_almost_all_that_is_permitted_is_used_and_never_more(redis_url: str, senders: int) -> None:
    seen = await drained(redis_url, usual, cards=1000, senders=senders)
    assert fullest(seen.counted) <= COUNT
    rate = (len(seen.counted) - 1) / (max(seen.counted) - min(seen.counted))
    assert 0.97 <= rate / COUNT <= 1.0 + COUNT / 1000


def slow_for_a_while(time: Simulated) -> Platform:
    """Every ten seconds all answers are slow for five; those of one second count late and those of the next early."""
    chance = random.Random(1)

    def takes(now: float) -> float:
        return 0.025 + (chance.uniform(0.2, 3.0) if now % 10 > 5 else chance.uniform(0.0, 0.01))

    return Platform(time, takes, lambda now: 1.0 - int(now) % 2)


def slow_from_the_first(time: Simulated) -> Platform:
    """Nobody ever saw a quick answer: each takes twice what is possible, or more. Late ones meet early ones."""
    chance = random.Random(1)
    return Platform(time, lambda _: 4 * ONE_WAY + chance.uniform(0, 0.4), lambda now: 1.0 - int(now * 2) % 2)


def slower_and_slower(time: Simulated) -> Platform:
    """As a queue that grows, until nothing is answered within the second."""
    return Platform(time, lambda now: 0.02 + now / 20, lambda now: 1.0 - int(now) % 2)


WORLDS = {
    "all slow for a while": (slow_for_a_while, {}),
    "slow from the first": (slow_from_the_first, {}),
    "slower and slower": (slower_and_slower, {}),
    "a store that is slow": (usual, {"store": 0.4}),
    "senders that stand still": (usual, {"stall": 4.0}),
    "all of it": (slow_for_a_while, {"store": 0.4, "stall": 4.0}),
}


@pytest.mark.parametrize("senders", [1, 4])
@pytest.mark.parametrize("world", WORLDS)
async def test_no_second_holds_more_than_it_may(redis_url: str, world: str, senders: int) -> None:
    platform, more = WORLDS[world]
    seen = await drained(redis_url, platform, cards=400, senders=senders, **more)
    assert fullest(seen.counted) <= COUNT


@pytest.mark.parametrize("senders", [1, 4])
async def test_a_request_without_an_answer_may_count_until_its_deadline(redis_url: str, senders: int) -> None:
    """Neither answers that are lost nor senders that die before they report let others leave too early."""

    def losing(time: Simulated) -> Platform:
        there = usual(time)
        there.lost = 0.1
        return there

    seen = await drained(redis_url, losing, cards=300, senders=senders, unreported=0.05)
    assert fullest(seen.counted) <= COUNT


async def in_turn(url: str, story: Callable[[Budgets, Simulated], Coroutine[None, None, None]]) -> None:
    """Run a story with a budget of one place, in no real time."""
    time = Simulated()
    database = simulated_database(url, time, random.Random(6))
    store = Store(database, retention=timedelta(days=1))
    budgets = Budgets(RecordingAdapter(limits=[Limit("recording:one", 1, 1.0)]), store, time)
    await time.run(story(budgets, time), most=120.0)
    await database.close()


async def place(budgets: Budgets) -> Moment:
    """The only place, however far off it is."""
    taken = await budgets.take(ML, patience=60.0)
    assert isinstance(taken, Moment)
    return taken


async def test_the_next_leaves_a_window_after_the_answer_and_not_after_the_start(redis_url: str) -> None:
    async def story(budgets: Budgets, time: Simulated) -> None:
        async with budgets.leaving(await place(budgets)):
            await time.sleep(3.0)
        answered = time.monotonic()
        assert answered + 1.0 <= (await place(budgets)).at < answered + 1.1

    await in_turn(redis_url, story)


async def test_the_next_of_one_without_an_answer_leaves_after_its_deadline(redis_url: str) -> None:
    async def story(budgets: Budgets, time: Simulated) -> None:
        first = await place(budgets)
        began = time.monotonic()
        with pytest.raises(Ambiguous):
            async with budgets.leaving(first):
                raise Ambiguous("The connection broke.")
        assert began + UNANSWERED + 1.0 <= (await place(budgets)).at < began + UNANSWERED + 1.1

    await in_turn(redis_url, story)


async def test_a_place_whose_holder_died_is_free_when_it_can_no_longer_be_sending(redis_url: str) -> None:
    async def story(budgets: Budgets, time: Simulated) -> None:
        first = await place(budgets)
        latest = first.at + LATE + UNANSWERED
        assert latest + 1.0 <= (await place(budgets)).at < latest + 1.0 + 2 * MARGIN

    await in_turn(redis_url, story)


async def test_a_place_is_taken_shortly_before_its_moment_and_not_for_a_time_to_come(redis_url: str) -> None:
    """Who dies with it takes no more away from the others than what was about to be used."""

    async def story(budgets: Budgets, time: Simulated) -> None:
        async with budgets.leaving(await place(budgets)):
            pass
        for _ in range(3):
            taken = await place(budgets)
            assert taken.at - time.monotonic() <= NEAR + 0.01
            async with budgets.leaving(taken):
                await budgets.wait(taken)

    await in_turn(redis_url, story)


async def test_nobody_leaves_in_a_place_whose_moment_is_long_gone(redis_url: str) -> None:
    async def story(budgets: Budgets, time: Simulated) -> None:
        first = await place(budgets)
        await time.sleep(LATE + 0.1)
        with pytest.raises(RetryLater):
            async with budgets.leaving(first):
                pytest.fail("it left")

    await in_turn(redis_url, story)


async def test_a_place_given_back_is_as_free_as_it_was(redis_url: str) -> None:
    async def story(budgets: Budgets, time: Simulated) -> None:
        async with budgets.leaving(await place(budgets)):
            await time.sleep(0.5)
        second = await place(budgets)
        await budgets.give_back(second)
        third = await place(budgets)
        assert second.server <= third.server < second.server + 1.1

    await in_turn(redis_url, story)


async def test_a_place_that_is_too_far_off_is_not_taken(redis_url: str) -> None:
    async def story(budgets: Budgets, time: Simulated) -> None:
        assert isinstance(await budgets.take(ML), Moment)
        refused = await budgets.take(ML, patience=0.1)
        assert isinstance(refused, Full)
        assert 0 < refused.wait <= 1.0
        again = await budgets.take(ML, patience=0.1)
        assert isinstance(again, Full) and again.wait <= refused.wait, "a refusal takes no place"

    await in_turn(redis_url, story)
