"""A burst of cards through the product's own lanes: requests, refusals and the rate, against a loopback Discord.

``python -m benchmarks.discord_burst [cards] [channels]``: embedded store, lanes, sender and adapter in this process;
the Discord in another, with 50 requests in any second and five sends in five seconds a channel. The plain line below
is what everybody writes first: a send each fiftieth of a second, and a second try after a 429.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiohttp
import structlog

from adapters.discord.adapter import DiscordAdapter
from adapters.discord.render import render
from adapters.discord.settings import DiscordSettings
from bot.clock import SystemClock
from bot.delivery.compose import Composer
from bot.delivery.destinations import Destinations
from bot.delivery.lanes import Lanes
from bot.delivery.sender import Sender
from bot.embedded import open_embedded
from bot.handlers import Handlers
from bot.models import Delivery, DeliveryKind, Destination, delivery_key
from bot.store import Database, Store
from bot.store.papers import Change
from bot.testing.cards import EXAMPLE_CARDS
from tests.core import paper

PERMITTED = 50
CLOCK = SystemClock()


class Discord:
    """The loopback Discord of another process."""

    def __init__(self, told: dict[str, str], session: aiohttp.ClientSession) -> None:
        self.told = told
        self._session = session

    async def order(self, verb: str, **said: Any) -> Any:
        """See :mod:`tests.peers.discord_control`."""
        async with self._session.post(f"{self.told['control_url']}/{verb}", json=said) as answer:
            return await answer.json(content_type=None)


@asynccontextmanager
async def discord() -> AsyncIterator[Discord]:
    """Start it; end it."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.peers.discord_server", stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    try:
        told = json.loads(await process.stdout.readline())
        async with aiohttp.ClientSession() as session:
            yield Discord(told, session)
    finally:
        process.terminate()
        await process.wait()


async def plan(store: Store, server: int, channels: list[int], cards: int) -> None:
    """Papers, and a card of each for one channel, all due now."""
    now = CLOCK.now()
    papers = [paper(number) for number in range(cards)]
    changes = [Change(one, "") for one in papers]
    await store.papers.save("arxiv", changes, cursor=None, seed=True, now=now)
    for number, one in enumerate(papers):
        where = Destination(
            platform="discord", workspace=str(server), channel=str(channels[number % len(channels)])
        )
        key = delivery_key(where, DeliveryKind.PAPER, one.id)
        made = Delivery(key=key, kind=DeliveryKind.PAPER, destination=where, papers=(one.id,), due=now)
        await store.deliveries.plan(made, now=now)


async def burst(peer: Discord, url: str, cards: int, lanes: int) -> None:
    """Through store, lanes, sender and adapter."""
    server = await peer.order("server", name="Lab", channels=[f"c{number}" for number in range(lanes)])
    database = Database.connect(url)
    store = Store(database, retention=timedelta(days=90))
    settings = DiscordSettings.model_validate(
        {name: peer.told[name] for name in ("token", "api_url", "gateway_url")}
    )
    adapter = DiscordAdapter(settings, CLOCK, store.shelf("discord"))
    composer = Composer(
        store,
        paper_actions=Handlers.PAPER_ACTIONS,
        digest_actions=Handlers.DIGEST_ACTIONS,
        threading=["discord"],
    )
    sender = Sender(adapter, store, composer, Destinations(store, CLOCK), CLOCK)
    await plan(store, server["id"], list(server["channels"].values()), cards)
    async with adapter.connect(None):
        running = asyncio.create_task(Lanes("discord", store, sender, CLOCK, worker="w").run())
        while (found := await peer.order("report"))["posted"] < cards:
            await CLOCK.sleep(0.5)
        running.cancel()
        await asyncio.wait([running])
    await database.close()
    say("lanes", cards, found)


async def plainly(peer: Discord, cards: int, lanes: int) -> None:
    """No store, no budgets."""
    server = await peer.order("server", name="Lab", channels=[f"c{number}" for number in range(lanes)])
    channels = list(server["channels"].values())
    body = render(EXAMPLE_CARDS["paper-compact"], key="0" * 24).body
    headers = {"Authorization": f"Bot {peer.told['token']}"}

    async def send(session: aiohttp.ClientSession, channel: int) -> None:
        while True:
            async with session.post(
                f"{peer.told['api_url']}/channels/{channel}/messages", json=body
            ) as answer:
                if answer.status != 429:
                    return
                wait = float(answer.headers["Retry-After"])
            await CLOCK.sleep(wait)

    async with aiohttp.ClientSession(headers=headers) as session, asyncio.TaskGroup() as group:
        for number in range(cards):
            group.create_task(send(session, channels[number % lanes]))
            await CLOCK.sleep(1 / PERMITTED)
    say("plain loop", cards, await peer.order("report"))


def say(name: str, cards: int, found: dict[str, Any]) -> None:
    rate = (found["posted"] - 1) / found["seconds"]
    sys.stdout.write(
        f"{name}: cards={cards} posted={found['posted']} requests={found['requests']} "
        f"refused_429={found['refused']} seconds={found['seconds']:.1f} rate={rate:.1f}/s "
        f"achieved/permitted={rate / PERMITTED:.3f} against_contract={len(found['violations'])}\n"
    )


async def main(cards: int, lanes: int) -> None:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(40))
    with tempfile.TemporaryDirectory() as folder:
        async with await open_embedded(Path(folder), clock=CLOCK) as server, discord() as peer:
            await burst(peer, server.url, cards, lanes)
    async with discord() as peer:
        await plainly(peer, cards, lanes)


if __name__ == "__main__":
    given = [int(one) for one in sys.argv[1:]]
    asyncio.run(main(*(given + [2000, 100][len(given) :])))
