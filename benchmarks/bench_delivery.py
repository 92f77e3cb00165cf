"""What delivery costs and reaches: ``python -m benchmarks.bench_delivery [drain] [senders] [pipeline] [memory] [recovery]``.

A loopback platform in a process of its own enforces 50 requests a second; senders are processes, too. Each figure
stands beside the one of a plain loop that sends directly. Without a word all parts are run; the bursts of 10,000
destinations are ``drain --cards 2000`` (two minutes) and ``drain --cards 20000`` (a quarter of an hour).
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import tempfile
from collections import deque
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path

import aiohttp
import structlog
from aiohttp import web

from bot.clock import SystemClock
from bot.delivery.compose import Composer
from bot.delivery.destinations import Destinations
from bot.delivery.lanes import Lanes
from bot.delivery.sender import Sender
from bot.matcher import Matcher
from bot.models import Cadence, Delivery, DeliveryKind, Destination, Subscription, When, delivery_key
from bot.ports import Limit
from bot.store import Database, Store
from bot.store.deliveries import Plan
from bot.store.papers import Change
from bot.testing.adapter import RecordingAdapter
from tests.chaos.plain import PlainAdapter
from tests.chaos.valkey import ValkeyServer
from tests.core import ANA, paper

PERMITTED = 50
PARTS = ("drain", "senders", "pipeline", "memory", "recovery")
UNLIMITED = 1_000_000
SLOW = 1.0
"""Seconds."""
CLOCK = SystemClock()


async def platform(pipe: int, *, permitted: int = PERMITTED, after: float = 0.03) -> None:
    """Takes so many messages in any second, answers after 30 ms, counts what it refused."""
    seen: deque[float] = deque()
    posted: list[float] = []
    refused = 0

    async def send(request: web.Request) -> web.Response:
        nonlocal refused
        await request.read()
        now = CLOCK.monotonic()
        while seen and seen[0] <= now - 1.0:
            seen.popleft()
        if len(seen) >= permitted:
            refused += 1
            return web.json_response({"after": 1.0}, status=429)
        seen.append(now)
        posted.append(now)
        await asyncio.sleep(after)
        return web.json_response({"id": str(len(posted))})

    async def count(_: web.Request) -> web.Response:
        span = posted[-1] - posted[0] if posted else 0.0
        return web.json_response({"posted": len(posted), "refused": refused, "seconds": span})

    async def reset(_: web.Request) -> web.Response:
        nonlocal refused
        posted.clear()
        refused = 0
        return web.json_response({})

    app = web.Application()
    app.add_routes([web.post("/send", send), web.get("/count", count), web.post("/reset", reset)])
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    os.write(pipe, f"http://127.0.0.1:{runner.addresses[0][1]}".encode())
    os.close(pipe)
    await asyncio.Event().wait()


def store_at(url: str) -> Store:
    return Store(Database.connect(url), retention=timedelta(days=90))


def lanes(store: Store, adapter: PlainAdapter | RecordingAdapter, worker: str) -> Lanes:
    composer = Composer(store, paper_actions=(), digest_actions=())
    sender = Sender(adapter, store, composer, Destinations(store, CLOCK), CLOCK)
    return Lanes(adapter.name, store, sender, CLOCK, worker=worker)


async def sender(url: str, address: str, number: int, folder: Path, *, permitted: int = PERMITTED) -> None:
    adapter = PlainAdapter(
        address, resend_window=timedelta(days=1), deadline=10, limits=[Limit("plain:all", permitted, 1.0)]
    )
    stalls: list[float] = []

    async def watch() -> None:
        while True:
            began = CLOCK.monotonic()
            await asyncio.sleep(0.005)
            stalls.append(CLOCK.monotonic() - began - 0.005)
            if len(stalls) % 100 == 0:
                (folder / f"stalls-{number}").write_text(json.dumps(sorted(stalls)))

    async with adapter.connect(None):
        await asyncio.gather(lanes(store_at(url), adapter, f"s{number}").run(), watch())


@contextmanager
def forked(*parts: Callable[[], Awaitable[None]]) -> Iterator[None]:
    pids = []
    for part in parts:
        pid = os.fork()
        if not pid:
            try:
                structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(40))
                asyncio.run(part())  # type: ignore[arg-type]
            finally:
                os._exit(0)
        pids.append(pid)
    try:
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)


@contextmanager
def served(*, permitted: int = PERMITTED, after: float = 0.03) -> Iterator[str]:
    """The platform in a process of its own; its address."""
    out, into = os.pipe()
    with forked(partial(platform, into, permitted=permitted, after=after)):
        yield os.read(out, 200).decode()


async def plan(url: str, cards: int, destinations: int) -> None:
    store = store_at(url)
    await store.database.call(store.database.client.flushall())
    now = CLOCK.now()
    for first in range(0, cards, 1000):
        plans = []
        for number in range(first, min(first + 1000, cards)):
            at = number % destinations
            where = Destination(platform="plain", workspace=f"w{at // 50}", channel=f"c{at}")
            card = Delivery(
                key=delivery_key(where, DeliveryKind.NOTICE, str(number)),
                kind=DeliveryKind.NOTICE,
                destination=where,
                papers=(),
                due=now,
                note="A card of the usual length, so that its bytes are what they are.",
            )
            plans.append(Plan(card, {}, "", 0.0))
        await store.deliveries.plan_all(plans, now=now)
    await store.database.close()


async def ask(address: str, path: str = "/count", method: str = "GET") -> dict[str, float]:
    async with aiohttp.ClientSession() as session, session.request(method, address + path) as answer:
        return dict(await answer.json())


async def until(address: str, cards: int) -> dict[str, float]:
    while (found := await ask(address))["posted"] < cards:
        await CLOCK.sleep(0.2)
    return found


def report(name: str, cards: int, found: dict[str, float], more: str = "") -> None:
    rate = (cards - 1) / found["seconds"]
    print(
        f"{name}: cards={cards} seconds={found['seconds']:.1f} rate={rate:.1f}/s "
        f"achieved/permitted={rate / PERMITTED:.3f} refused_429={found['refused']:.0f}{more}"
    )


def drain(url: str, address: str, folder: Path, cards: int, destinations: int) -> None:
    for senders in (1, 4):
        asyncio.run(plan(url, cards, destinations))
        asyncio.run(asyncio.sleep(1.0))
        asyncio.run(ask(address, "/reset", "POST"))
        with forked(*(partial(sender, url, address, number, folder) for number in range(senders))):
            found = asyncio.run(until(address, cards))
        stalls = sorted(x for one in folder.glob("stalls-*") for x in json.loads(one.read_text()))
        late = f" loop_stall_p99={stalls[int(len(stalls) * 0.99)] * 1000:.0f}ms" if stalls else ""
        report(f"drain destinations={destinations} senders={senders}", cards, found, late)
    few = min(cards, 500)
    asyncio.run(asyncio.sleep(1.0))
    asyncio.run(ask(address, "/reset", "POST"))
    asyncio.run(plainly(address, few))
    report("plain loop, a send each 1/50 s", few, asyncio.run(ask(address)))


def senders(url: str, folder: Path) -> None:
    """A slow platform without a limit that could be reached: what one more process adds."""
    with served(permitted=UNLIMITED, after=SLOW) as address:
        rates: list[float] = []
        for count in (1, 2, 4):
            cards = 500 * count
            asyncio.run(plan(url, cards, cards))
            asyncio.run(ask(address, "/reset", "POST"))
            parts = (
                partial(sender, url, address, number, folder, permitted=UNLIMITED) for number in range(count)
            )
            with forked(*parts):
                found = asyncio.run(until(address, cards))
            rates.append((cards - 1) / found["seconds"])
            print(
                f"senders={count}, answers after {SLOW:g} s: cards={cards} rate={rates[-1]:.1f}/s "
                f"against one={rates[-1] / rates[0]:.2f}"
            )


async def plainly(address: str, cards: int) -> None:
    """What everybody writes first: no store, a pause between two sends, a second try after a 429."""
    async with aiohttp.ClientSession() as session:
        for number in range(cards):
            while True:
                async with session.post(f"{address}/send", json={"n": number}) as answer:
                    if answer.status == 200:
                        break
                await asyncio.sleep(1.0)
            await asyncio.sleep(max(0.0, 1 / PERMITTED - 0.03))


async def pipeline(url: str) -> None:
    """From a paper's storing to the call that sends its card."""
    for rate, papers in ((1, 5), (100, 300), (1000, 2000)):
        store = store_at(url)
        await store.database.call(store.database.client.flushall())
        adapter = RecordingAdapter("plain")
        stored: dict[str, float] = {}
        took: list[float] = []
        send = adapter.send

        async def timed(destination, card, *, key, send=send, took=took, stored=stored):  # type: ignore[no-untyped-def]
            took.append(CLOCK.monotonic() - stored[card.title])
            return await send(destination, card, key=key)

        adapter.send = timed  # type: ignore[method-assign]
        for number in range(50):
            where = Destination(platform="plain", workspace=f"w{number}", channel="c")
            await store.subscriptions.create(
                Subscription(
                    number=0, query=f"bucket{number}", destination=where, cadence=Cadence(when=When.INSTANT),
                    created_by=ANA,
                )
            )  # fmt: skip
        matcher = Matcher(store, CLOCK, worker="w")
        parts = [asyncio.create_task(matcher.run()), asyncio.create_task(lanes(store, adapter, "w").run())]
        await asyncio.sleep(0.5)
        at_once = max(1, rate // 50)
        for first in range(0, papers, at_once):
            batch = [
                paper(n, f"Title {n} bucket{n % 50}") for n in range(first, min(first + at_once, papers))
            ]
            now = CLOCK.monotonic()
            stored.update({one.title: now for one in batch})
            changes = [Change(one, "", "new") for one in batch]
            await store.papers.save("arxiv", changes, cursor=None, seed=False, now=CLOCK.now())
            await asyncio.sleep(at_once / rate)
        while len(took) < papers:
            await CLOCK.sleep(0.05)
        for part in parts:
            part.cancel()
        await asyncio.wait(parts)
        await store.database.close()
        took.sort()
        print(
            f"stored → first byte at {rate}/s: p50={took[len(took) // 2] * 1000:.0f}ms "
            f"p99={took[int(len(took) * 0.99)] * 1000:.0f}ms papers={papers}"
        )


async def memory(url: str) -> None:
    store = store_at(url)
    client = store.database.client
    await client.flushall()

    async def used() -> int:
        return int((await client.info("memory"))["used_memory"])

    before, count = await used(), 20_000
    for first in range(0, count, 500):
        changes = [
            Change(paper(n, abstract="We teach a robot to open doors. " * 40), "", "")
            for n in range(first, first + 500)
        ]
        await store.papers.save("arxiv", changes, cursor=None, seed=False, now=CLOCK.now())
    after = await used()
    print(
        f"memory of 1,000,000 known papers (1,280-character abstracts): {(after - before) * 1e6 / count / 2**30:.2f} GiB"
    )
    for number in range(5_000):
        where = Destination(platform="plain", workspace=f"w{number // 10}", channel=f"c{number % 10}")
        made = Subscription(
            number=number, query=f"(diffusion OR robot) AND NOT survey{number}", destination=where,
            cadence=Cadence(when=When.DAILY), created_by=ANA,
        )  # fmt: skip
        await store.subscriptions.create(made)
    print(f"memory of 100,000 subscriptions: {(await used() - after) * 20 / 2**20:.0f} MiB")
    await store.database.close()


def recovery(server: ValkeyServer) -> None:
    server.ask("FLUSHALL")
    fill = "for n = ARGV[1], ARGV[2] do redis.call('SET', 'k:' .. n, string.rep('x', 200)) end return 1"
    for first in range(0, 1_000_000, 20_000):
        server.ask("EVAL", fill, 0, first, first + 19_999)
    server.kill()
    began = CLOCK.monotonic()
    server.start()
    print(f"ready after kill -9 with {server.ask('DBSIZE')[1:]} keys: {CLOCK.monotonic() - began:.1f} s")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], help="all of them where none is named")
    parser.add_argument("--cards", type=int, default=500)
    parser.add_argument("--destinations", type=int, default=10_000)
    asked = parser.parse_args()
    parts = asked.parts or PARTS
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(40))
    with tempfile.TemporaryDirectory() as folder:
        server = ValkeyServer(Path(folder) / "store")
        server.start()
        try:
            if "drain" in parts:
                with served() as address:
                    drain(server.url, address, Path(folder), asked.cards, asked.destinations)
            if "senders" in parts:
                senders(server.url, Path(folder))
            if "pipeline" in parts:
                asyncio.run(pipeline(server.url))
            if "memory" in parts:
                asyncio.run(memory(server.url))
            if "recovery" in parts:
                recovery(server)
        finally:
            server.kill()


if __name__ == "__main__":
    main()
