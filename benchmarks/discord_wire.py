"""Discord over loopback sockets: how soon commands are acknowledged, and what a burst of cards costs.

``python -m benchmarks.discord_wire [cards] [channels]``. The Discord runs in a process of its own, with the rate limits
that Discord's headers usually say. Printed: p50 and p99 of the acknowledgement, seen from Discord's side, alone and
while 20,000 cards are rendered in the same process; requests, refusals and seconds of a burst that waits for the budgets
that the adapter names, as the core does.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections import defaultdict, deque
from statistics import quantiles

import aiohttp

from adapters.discord.adapter import DiscordAdapter
from adapters.discord.render import render
from adapters.discord.settings import DiscordSettings
from bot.clock import SystemClock
from bot.errors import RetryLater
from bot.models import Destination
from bot.testing.cards import EXAMPLE_CARDS
from tests.adapters.discord.fakes import Core, DictShelf

CARD = EXAMPLE_CARDS["paper-compact"]


class Budgets:
    """Waits for every limit of a destination, as the core does before it declares an intent."""

    def __init__(self):
        self.sent = defaultdict(deque)

    async def wait(self, limits):
        while True:
            now = time.monotonic()
            pause = 0.0
            for limit in limits:
                window = self.sent[limit.name]
                while window and window[0] <= now - limit.seconds:
                    window.popleft()
                if len(window) >= limit.count:
                    pause = max(pause, window[0] + limit.seconds - now)
            if pause <= 0:
                break
            await asyncio.sleep(pause)
        for limit in limits:
            self.sent[limit.name].append(time.monotonic())


async def burst(adapter, server, channels, cards):
    budgets, late = Budgets(), 0

    async def lane(channel, numbers):
        nonlocal late
        where = Destination(platform="discord", workspace=str(server), channel=str(channel))
        for number in numbers:
            while True:
                await budgets.wait(adapter.limits(where))
                try:
                    await adapter.send(where, CARD, key=f"{number:024x}")
                    break
                except RetryLater as error:
                    late += 1
                    await asyncio.sleep(error.after)

    started = time.monotonic()
    await asyncio.gather(*(lane(one, range(at, cards, len(channels))) for at, one in enumerate(channels)))
    return time.monotonic() - started, late


async def acknowledge(order, person, channel, times):
    return [
        (await order("slash", person=person, channel=channel, line="papers status"))["seconds"] * 1000
        for _ in range(times)
    ]


def say(name, values):
    cut = quantiles(values, n=100)
    print(
        f"{name}: p50 {cut[49]:.1f} ms, p99 {cut[98]:.1f} ms, worst {max(values):.1f} ms ({len(values)} commands)"
    )


async def main(cards, lanes):
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.peers.discord_server", stdout=asyncio.subprocess.PIPE
    )
    told = json.loads(await process.stdout.readline())
    async with aiohttp.ClientSession() as session:

        async def order(verb, **said):
            async with session.post(f"{told['control_url']}/{verb}", json=said) as answer:
                return await answer.json(content_type=None)

        names = [f"c{number}" for number in range(lanes)]
        server = await order("server", name="Lab", channels=names)
        ada = (await order("person", name="ada", server=server["id"]))["id"]
        channels = list(server["channels"].values())
        settings = DiscordSettings(
            token=told["token"], api_url=told["api_url"], gateway_url=told["gateway_url"]
        )
        adapter = DiscordAdapter(settings, SystemClock(), DictShelf())
        async with adapter.connect(Core()):
            await asyncio.sleep(3)
            say("acknowledged, idle", await acknowledge(order, ada, channels[0], 300))

            async def busy():
                for number in range(20_000):
                    render(CARD, key=f"{number:024x}")
                    if number % 10 == 0:
                        await asyncio.sleep(0)

            task = asyncio.ensure_future(busy())
            say("acknowledged, while cards are rendered", await acknowledge(order, ada, channels[0], 300))
            task.cancel()
            before = await order("report")
            seconds, late = await burst(adapter, server["id"], channels, cards)
            after = await order("report")
        requests = after["requests"] - before["requests"]
        print(
            f"{cards} cards to {lanes} channels: {seconds:.1f} s, {requests} requests "
            f"({requests / cards:.3f} a card), {after['refused']} answered 429, {late} put off without a request, "
            f"{len(after['violations'])} against the contract"
        )
    process.terminate()
    await process.wait()


if __name__ == "__main__":
    given = [int(one) for one in sys.argv[1:]]
    asyncio.run(main(*(given + [2000, 100][len(given) :])))
