"""Cards through the product's own lanes, to a Slack that takes one a second and channel and not one more."""

import asyncio
from collections import Counter
from datetime import timedelta

from adapters.slack.adapter import SlackAdapter
from bot.clock import SystemClock
from bot.delivery.compose import Composer
from bot.delivery.destinations import Destinations
from bot.delivery.lanes import Lanes
from bot.delivery.sender import Sender
from bot.handlers import Handlers
from bot.models import Delivery, DeliveryKind, Destination, delivery_key
from bot.store import Database, Store
from bot.store.papers import Change
from tests.adapters.slack.conftest import MemoryShelf, made
from tests.core import paper
from tests.peers.slack_server import SlackPeer, late

CLOCK = SystemClock()
CHANNELS = ("C1", "C2")
CARDS = 3


async def plan(store: Store) -> None:
    now = CLOCK.now()
    papers = [paper(number) for number in range(CARDS)]
    await store.papers.save("arxiv", [Change(one, "") for one in papers], cursor=None, seed=True, now=now)
    for channel in CHANNELS:
        where = Destination(platform="slack", workspace="T1", channel=channel)
        for one in papers:
            key = delivery_key(where, DeliveryKind.PAPER, one.id)
            delivery = Delivery(
                key=key, kind=DeliveryKind.PAPER, destination=where, papers=(one.id,), due=now
            )
            await store.deliveries.plan(delivery, now=now)


def lanes(store: Store, adapter: SlackAdapter, worker: str) -> Lanes:
    composer = Composer(
        store,
        paper_actions=Handlers.PAPER_ACTIONS,
        digest_actions=Handlers.DIGEST_ACTIONS,
        threading=["slack"],
    )
    sender = Sender(adapter, store, composer, Destinations(store, CLOCK), CLOCK)
    return Lanes("slack", store, sender, CLOCK, worker=worker)


async def test_two_senders_keep_a_strict_slacks_second_however_late_a_message_arrives(
    peer: SlackPeer, redis_url: str
) -> None:
    peer.paced, peer.burst = True, 1
    database = Database.connect(redis_url)
    store = Store(database, retention=timedelta(days=1))
    await plan(store)
    # The first messages are under way for long, the next ones are not: they would come too close after them.
    peer.faults.next("chat.postMessage", late(0.5), late(0.5))
    one, other = (made(peer, MemoryShelf(), posts_per_minute=6000) for _ in range(2))
    async with one.connect(None), other.connect(None):
        running = [
            asyncio.create_task(lanes(store, adapter, f"w{number}").run())
            for number, adapter in enumerate((one, other))
        ]
        await peer.until(lambda: sum(map(len, peer.messages.values())) == CARDS * len(CHANNELS), 30)
        for task in running:
            task.cancel()
        await asyncio.wait(running)
    await database.close()
    outcomes = Counter(request.outcome for request in peer.requests if request.method == "chat.postMessage")
    assert outcomes == {"ok": CARDS * len(CHANNELS)}, "no 429"
