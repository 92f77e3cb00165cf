"""One tenant that is slow or huge does not slow the others, in simulated time over a real store."""

import asyncio
import random
from collections import defaultdict
from datetime import timedelta

import pytest

from bot.cards import Card
from bot.delivery.compose import Composer
from bot.delivery.destinations import Destinations
from bot.delivery.lanes import Lanes
from bot.delivery.sender import Sender
from bot.models import Delivery, DeliveryKind, Destination, MessageRef, delivery_key
from bot.store import Store
from bot.store.deliveries import Plan
from bot.testing.adapter import RecordingAdapter
from tests.delivery.simulated import Simulated, simulated_database

TENANTS = 5
"""Others beside it."""
EVERY = 0.5
"""Seconds between two cards of each of them."""
CARDS = 8


class Tenants(RecordingAdapter):
    """Takes 30 ms for a card; for one of ``slow`` so many seconds."""

    def __init__(self, time: Simulated, slow: dict[str, float]) -> None:
        super().__init__("recording")
        self.time, self.slow = time, slow
        self.at: dict[str, float] = {}

    async def send(self, destination: Destination, card: Card, *, key: str) -> MessageRef:
        await self.time.sleep(self.slow.get(destination.workspace, 0.03))
        self.at[key] = self.time.monotonic()
        return await super().send(destination, card, key=key)


async def waited(url: str, *, lanes: int, slow: float) -> float:
    """The p95 of what the others wait for a card, in seconds, while one tenant has so many cards on so many lanes."""
    time = Simulated()
    database = simulated_database(url, time, random.Random(2))
    store = Store(database, retention=timedelta(days=1))
    adapter = Tenants(time, {"one": slow})
    composer = Composer(store, paper_actions=(), digest_actions=())
    sender = Sender(adapter, store, composer, Destinations(store, time), time)
    begun: dict[str, float] = defaultdict(float)

    async def plan(workspace: str, channel: str, numbers: range) -> list[str]:
        where = Destination(platform="recording", workspace=workspace, channel=channel)
        made = []
        for number in numbers:
            key = delivery_key(where, DeliveryKind.NOTICE, str(number))
            card = Delivery(
                key=key, kind=DeliveryKind.NOTICE, destination=where, papers=(), due=time.now(), note="Hello."
            )
            made.append(Plan(card, {}, "", 0.0))
            begun[key] = time.monotonic()
        await store.deliveries.plan_all(made, now=time.now())
        return [one.delivery.key for one in made]

    async def story() -> None:
        for lane in range(lanes):
            await plan("one", f"c{lane}", range(5))
        work = asyncio.create_task(Lanes("recording", store, sender, time, worker="w").run())
        await time.sleep(5.0)
        keys: list[str] = []
        for number in range(CARDS):
            for tenant in range(TENANTS):
                keys += await plan(f"{lanes}-{tenant}", "c", range(number, number + 1))
            await time.sleep(EVERY)
        while any(key not in adapter.at for key in keys):
            await time.sleep(1.0)
        work.cancel()
        await asyncio.wait([work])
        took.extend(sorted(adapter.at[key] - begun[key] for key in keys))

    took: list[float] = []
    await time.run(story(), most=2000.0)
    await database.close()
    return took[int(len(took) * 0.95)]


@pytest.mark.parametrize(("lanes", "slow"), [(100, 0.03), (100, 10.0)], ids=["huge", "slow"])
async def test_the_others_wait_no_longer_for_it(redis_url: str, lanes: int, slow: float) -> None:
    alone = await waited(redis_url, lanes=0, slow=0.0)
    beside = await waited(redis_url, lanes=lanes, slow=slow)
    print(  # noqa: T201 - the figure
        f"a card of the others, p95: {alone:.2f} s alone, {beside:.2f} s beside {lanes} lanes that take {slow} s a card"
    )
    assert beside < alone + 0.5, (alone, beside)
