"""A sample server on a clock that stands still, and what its answers are compared with."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import aiohttp
import pytest
import pytest_asyncio

from bot.samples.server import SampleServer
from bot.testing.clock import FakeClock


@pytest.fixture
def clock() -> FakeClock:
    """A Sunday noon: demos are run at weekends too."""
    return FakeClock(datetime(2026, 3, 8, 12, tzinfo=UTC))


@pytest_asyncio.fixture
async def server(clock: FakeClock) -> AsyncIterator[SampleServer]:
    async with SampleServer(clock) as running:
        yield running


@pytest_asyncio.fixture
async def whole(clock: FakeClock) -> AsyncIterator[SampleServer]:
    """A server that has come to the last sample day."""
    async with SampleServer(clock, start_day=4) as running:
        yield running


@pytest_asyncio.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session
