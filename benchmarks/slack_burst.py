"""A burst of cards through the whole product, against a Slack that takes one a second and channel and not one more.

``python -m benchmarks.slack_burst [cards] [channels] [posts a minute] [processes]``: an embedded store with every card
planned and due; that many processes ``pigeon run --roles send`` and one ``--roles chat`` share it; a loopback Slack
of its own process, to which each request travels for up to 50 ms and each answer as long, and which refuses a
message that arrives less than a second after the channel's last one, or that is more in a minute than a quarter
above the budget that the product is given. Commands are typed meanwhile. The plain line is what everybody writes first: a message a second to each channel,
timed from its sending, and a second try after a 429.
"""

from __future__ import annotations

import asyncio
import json
import os
import statistics
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiohttp
import structlog

from adapters.slack.render import message
from bot.clock import SystemClock
from bot.embedded import open_embedded
from bot.models import Delivery, DeliveryKind, Destination, delivery_key
from bot.store import Database, Store
from bot.store.papers import Change
from bot.store.schema import open_schema
from bot.testing.cards import EXAMPLE_CARDS
from tests.core import paper

ROOT = Path(__file__).resolve().parents[1]
CLOCK = SystemClock()
LATENCY = 0.05
SECOND = 1.0


class Slack:
    """The loopback Slack of another process."""

    def __init__(self, told: dict[str, str], session: aiohttp.ClientSession) -> None:
        self.told = told
        self._session = session
        self._base = told["api_url"].removesuffix("api/")

    async def order(self, what: str, **said: Any) -> Any:
        """See :mod:`tests.peers.slack_control`."""
        async with self._session.post(f"{self._base}control/{what}", json=said) as answer:
            return await answer.json()

    async def report(self) -> Any:
        """What has been posted so far."""
        async with self._session.get(f"{self._base}control/report") as answer:
            return await answer.json()


@asynccontextmanager
async def slack(channels: int, posts: int) -> AsyncIterator[Slack]:
    """Start one with that many channels; end it."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.peers.slack_server", stdout=asyncio.subprocess.PIPE, cwd=ROOT
    )
    assert process.stdout is not None
    try:
        told = json.loads(await process.stdout.readline())
        async with aiohttp.ClientSession() as session:
            peer = Slack(told, session)
            names = [f"B{number}" for number in range(channels)]
            await peer.order("channels", names=names, burst=1, latency=LATENCY, per_minute=posts * 5 // 4)
            yield peer
    finally:
        process.terminate()
        await process.wait()


async def plan(url: str, channels: int, cards: int) -> None:
    """Papers, and a card of each for one channel, all due now."""
    database = Database.connect(url)
    store = Store(database, retention=timedelta(days=90))
    now = CLOCK.now()
    await open_schema(database, now)
    papers = [paper(number) for number in range(cards)]
    await store.papers.save("arxiv", [Change(one, "") for one in papers], cursor=None, seed=True, now=now)
    for number, one in enumerate(papers):
        where = Destination(platform="slack", workspace="T1", channel=f"CB{number % channels}")
        key = delivery_key(where, DeliveryKind.PAPER, one.id)
        made = Delivery(key=key, kind=DeliveryKind.PAPER, destination=where, papers=(one.id,), due=now)
        await store.deliveries.plan(made, now=now)
    await database.close()


@asynccontextmanager
async def running(peer: Slack, url: str, folder: str, posts: int, senders: int) -> AsyncIterator[None]:
    """``pigeon run``: the senders, and one process for commands."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PIGEON_")}
    environment |= {
        "PYTHONPATH": str(ROOT),
        "PIGEON_ADAPTERS": "slack",
        "PIGEON_REDIS_URL": url,
        "PIGEON_SLACK__API_URL": peer.told["api_url"],
        "PIGEON_SLACK__BOT_TOKEN": peer.told["bot_token"],
        "PIGEON_SLACK__APP_TOKEN": peer.told["app_token"],
        "PIGEON_SLACK__POSTS_PER_MINUTE": str(posts),
    }
    quiet = asyncio.subprocess.DEVNULL
    processes = []
    for number, role in enumerate(["chat", *["send"] * senders]):
        place = Path(folder) / f"{role}{number}"
        place.mkdir()
        processes.append(
            await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "bot", "run", "--roles", role),
                cwd=place,
                env=environment,
                stdout=quiet,
                stderr=quiet,
            )
        )
    try:
        yield
    finally:
        for process in processes:
            process.terminate()
        await asyncio.gather(*(process.wait() for process in processes))


async def product(cards: int, channels: int, posts: int, senders: int) -> None:
    """Everything as it runs in earnest."""
    with tempfile.TemporaryDirectory() as folder:
        async with (
            await open_embedded(Path(folder) / "store", clock=CLOCK) as server,
            slack(channels, posts) as peer,
        ):
            await plan(server.url, channels, cards)
            async with running(peer, server.url, folder, posts, senders):
                while (found := await peer.report())["posted"] < cards:
                    if found["sockets"]:
                        await peer.order("slash", text="/papers list")
                    await CLOCK.sleep(0.25)
                await CLOCK.sleep(SECOND)  # what came too often would come now
                say(f"product, {senders} senders", min(channels, posts / 60), await peer.report())


async def plainly(cards: int, channels: int, posts: int) -> None:
    """No store, no budgets."""
    body = message(EXAMPLE_CARDS["paper-compact"])

    async def lane(session: aiohttp.ClientSession, url: str, number: int) -> None:
        for card in range(cards // channels):
            metadata = {"event_type": "paper_alert", "event_payload": {"d": f"{number}/{card}"}}
            while True:
                sent = CLOCK.monotonic()
                async with session.post(
                    f"{url}chat.postMessage", json={**body, "channel": f"CB{number}", "metadata": metadata}
                ) as answer:
                    wait = float(answer.headers.get("Retry-After", 0)) if answer.status == 429 else 0.0
                await CLOCK.sleep(wait or SECOND - (CLOCK.monotonic() - sent))
                if not wait:
                    break

    async with slack(channels, posts) as peer:
        headers = {"Authorization": f"Bearer {peer.told['bot_token']}"}
        async with aiohttp.ClientSession(headers=headers) as session:
            await asyncio.gather(*(lane(session, peer.told["api_url"], number) for number in range(channels)))
        say("plain loop", min(channels, posts / 60), await peer.report())


def say(name: str, permitted: float, found: dict[str, Any]) -> None:
    """One line, and one on the commands meanwhile."""
    rate = (found["posted"] - 1) / found["seconds"]
    sys.stdout.write(
        f"{name}: posted={found['posted']} distinct={found['distinct']} requests={found['requests']} "
        f"refused_429={found['refused']} seconds={found['seconds']:.1f} rate={rate:.1f}/s "
        f"achieved/permitted={rate / permitted:.3f} against_contract={len(found['violations'])}\n"
    )
    acks = sorted(found["acknowledged"])
    if len(acks) > 1:
        p99 = statistics.quantiles(acks, n=100)[98]
        sys.stdout.write(
            f"  {len(acks)} commands meanwhile: acknowledged after {statistics.median(acks) * 1000:.1f} ms (p50), "
            f"{p99 * 1000:.1f} ms (p99), {acks[-1] * 1000:.1f} ms (worst)\n"
        )
    sys.stdout.flush()


async def main(cards: int, channels: int, posts: int, senders: int) -> None:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(40))
    await product(cards, channels, posts, senders)
    await plainly(cards, channels, posts)


if __name__ == "__main__":
    given = [int(one) for one in sys.argv[1:]]
    asyncio.run(main(*(given + [2000, 50, 3000, 2][len(given) :])))
