"""Loopback servers and sources built as the program builds them."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
import pytest_asyncio
from aiohttp import web
from pydantic import BaseModel

from bot.clock import SystemClock
from bot.listings.fetch import Fetcher
from bot.listings.parser import Parser
from bot.listings.politeness import LocalLimiter
from bot.ports import PluginContext, Source, SourcePlugin

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Host:
    """A web server of the test's own: a handler for every path, and what was asked of it."""

    def __init__(self) -> None:
        self.asked: list[web.Request] = []
        self.answer: Handler = self._nothing
        self.url = ""

    @property
    def paths(self) -> list[str]:
        return [request.path_qs for request in self.asked]

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(request)
        return await self.answer(request)

    async def _nothing(self, request: web.Request) -> web.StreamResponse:
        return web.Response(status=404)


class MovingClock(SystemClock):
    """The machine's clock, with a date of the test's own."""

    def __init__(self) -> None:
        self.time = datetime(2025, 11, 24, 12, tzinfo=UTC)

    def now(self) -> datetime:
        return self.time


@pytest.fixture
def clock() -> MovingClock:
    return MovingClock()


async def _serve() -> AsyncIterator[Host]:
    host = Host()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", host.handle)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield host
    await runner.cleanup()


host = pytest_asyncio.fixture(_serve)
other_host = pytest_asyncio.fixture(_serve)


@pytest_asyncio.fixture
async def fetcher(clock) -> AsyncIterator[Fetcher]:
    fetcher = Fetcher(clock=clock, limiter=LocalLimiter(clock), contact="mailto:who@example.org")
    yield fetcher
    await fetcher.aclose()


@pytest_asyncio.fixture
async def parser() -> AsyncIterator[Parser]:
    parser = Parser()
    yield parser
    await parser.aclose()


@pytest.fixture
def make(clock, fetcher, parser) -> Callable[[SourcePlugin, BaseModel], list[Source]]:
    """Build a plugin's sources on the test's fetcher and parser."""

    def make(plugin: SourcePlugin, settings: BaseModel) -> list[Source]:
        context = PluginContext(
            settings=settings,
            clock=clock,
            shelf=None,  # type: ignore[arg-type] - no source keeps anything there
            data_dir=Path(),
            options={"fetcher": fetcher, "parser": parser},
        )
        return list(plugin.create(context))

    return make
