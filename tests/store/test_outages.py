"""The store goes away, hangs, loads, turns read-only, runs full: parts wait and go on, and nothing is dropped."""

import asyncio
import resource
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from bot.app import App
from bot.clock import SystemClock
from bot.errors import StoreUnavailable
from bot.models import Cadence, Listing, Paper, Subscription, When
from bot.ports import CommandHandler
from bot.settings import CoreSettings, Settings
from bot.storage import store_at
from bot.store import Database, Store
from bot.testing.adapter import RecordingAdapter
from tests.chaos.valkey import ValkeyServer
from tests.core import ANA, ML, paper

SETTINGS = Settings(CoreSettings(), {}, {})


class Source:
    """A listing that brings a page again until we have kept its cursor, as the real ones do."""

    name = "arxiv"

    def __init__(self) -> None:
        self.pages: list[tuple[Paper, ...]] = []

    def bring(self, *papers: Paper) -> None:
        self.pages.append(papers)

    async def fetch(self, cursor: str | None) -> Listing:
        at = int(cursor or 0)
        if at >= len(self.pages):
            return Listing(source=self.name, papers=(), cursor=str(at), unchanged=True)
        return Listing(source=self.name, papers=self.pages[at], cursor=str(at + 1))


class CountedAdapter(RecordingAdapter):
    """Counts its connections: each is an IDENTIFY of the day's thousand."""

    connections = 0

    @asynccontextmanager
    async def connect(self, handle: CommandHandler | None) -> AsyncIterator[None]:
        self.connections += 1
        async with super().connect(handle):
            yield


@contextmanager
def serving(folder: Path) -> Iterator[ValkeyServer]:
    server = ValkeyServer(folder)
    server.start()
    try:
        yield server
    finally:
        server.kill()


class Running:
    """The whole bot, in this process, on a store that gets into trouble."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.adapter = CountedAdapter()
        self.work: asyncio.Task[None] | None = None
        self.source = Source()
        self.app = App(
            SETTINGS,
            store,
            SystemClock(),
            sources=[self.source],
            adapters=[self.adapter],
            roles=("poll", "match", "send", "chat"),
            poll_every=timedelta(seconds=0.1),
            worker="w",
        )

    async def until_posted(self, papers: int) -> None:
        async with asyncio.timeout(30):
            while len(self.adapter.posted) < papers:
                assert self.work is None or not self.work.done(), self.work
                await SystemClock().sleep(0.05)


@asynccontextmanager
async def running(server: ValkeyServer) -> AsyncIterator[Running]:
    async with store_at(server.url, SETTINGS, SystemClock()) as opened:
        store = Store(opened.database, retention=timedelta(days=90), lease=timedelta(seconds=6))
        await store.subscriptions.create(
            Subscription(
                number=0, query="robot", destination=ML, cadence=Cadence(when=When.INSTANT), created_by=ANA
            )
        )
        bot = Running(store)
        bot.source.bring()
        await bot.app.pollers[0].once()
        bot.work = asyncio.create_task(bot.app.run())
        bot.source.bring(paper(1), paper(2))
        await bot.until_posted(2)
        try:
            yield bot
        finally:
            bot.work.cancel()
            await asyncio.wait([bot.work])


def killed(server: ValkeyServer) -> Callable[[], None]:
    server.kill()
    return server.start


def loading(server: ValkeyServer) -> Callable[[], None]:
    server.kill()
    server._lines.append("key-load-delay 40000")
    server.start(wait=False)
    return server.wait


def read_only(server: ValkeyServer) -> Callable[[], None]:
    server.ask("REPLICAOF", "127.0.0.1", 1)
    return lambda: server.ask("REPLICAOF", "NO", "ONE") and None


def out_of_memory(server: ValkeyServer) -> Callable[[], None]:
    server.ask("CONFIG", "SET", "maxmemory", 1)
    return lambda: server.ask("CONFIG", "SET", "maxmemory", 0) and None


def hung(server: ValkeyServer) -> Callable[[], None]:
    server.pause()
    return server.resume


def disk_full(server: ValkeyServer) -> Callable[[], None]:
    """No file of the server may grow: the next write ends it, as a full disk does with appendfsync always."""
    size = max(one.stat().st_size for one in (server.folder / "appendonlydir").iterdir())
    resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))
    return server.restart


@pytest.mark.parametrize(
    ("trouble", "length"),
    [
        pytest.param(killed, 1.0, id="killed"),
        pytest.param(loading, 0.5, id="loading"),
        pytest.param(read_only, 1.0, id="read-only"),
        pytest.param(out_of_memory, 1.0, id="out of memory"),
        pytest.param(hung, 6.0, id="hung"),
        pytest.param(disk_full, 1.0, id="disk full"),
    ],
)
async def test_parts_wait_and_go_on(
    tmp_path: Path, trouble: Callable[[ValkeyServer], Callable[[], None]], length: float
) -> None:
    with serving(tmp_path) as server:
        async with running(server) as bot:
            over = trouble(server)
            bot.source.bring(paper(3), paper(4))
            await SystemClock().sleep(length)
            await asyncio.to_thread(over)
            bot.source.bring(paper(5))
            await bot.until_posted(5)
            titles = [posted.card.title for posted in bot.adapter.posted]
    assert sorted(titles) == sorted(set(titles))
    assert len(titles) == 5
    assert bot.adapter.connections == 1, "the platform's connection outlives the store's trouble"


async def test_a_hung_server_holds_nobody_longer_than_our_deadline(tmp_path: Path) -> None:
    clock = SystemClock()
    with serving(tmp_path) as server:
        database = Database.connect(server.url)
        await database.call(database.client.ping())
        server.pause()
        began = clock.monotonic()
        with pytest.raises(StoreUnavailable, match="did not answer"):
            await database.call(database.client.get("x"))
        assert clock.monotonic() - began < 10.5
        server.resume()
        await database.close()


async def test_an_emptied_store_is_seeded_and_nothing_floods(tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        async with running(server) as bot:
            server.ask("FLUSHALL")
            # The same listing as ever: twenty papers that were posted long ago, as far as anybody knows.
            bot.source.bring(*(paper(number) for number in range(1, 21)))
            await SystemClock().sleep(1.0)
            assert len(bot.adapter.posted) == 2, "without subscriptions there is nobody to flood"
            await bot.store.subscriptions.create(
                Subscription(
                    number=0,
                    query="robot",
                    destination=ML,
                    cadence=Cadence(when=When.INSTANT),
                    created_by=ANA,
                )
            )
            bot.source.bring(paper(21))
            await bot.until_posted(3)
            await SystemClock().sleep(0.5)
            assert bot.adapter.posted[-1].card.title.endswith("part 21")
            assert len(bot.adapter.posted) == 3
