"""What every test may ask for."""

import os
import socket
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import hypothesis
import pytest
import pytest_asyncio

from bot.clock import SystemClock
from bot.embedded import EmbeddedServer, open_embedded
from bot.testing.clock import FakeClock
from tests.core import Core, open_core

hypothesis.settings.register_profile("pigeon", deadline=None)
hypothesis.settings.load_profile("pigeon")  # a busy machine makes nothing wrong: no test is timed

ROOT = Path(__file__).resolve().parent.parent


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--run-long", action="store_true", help="run the long form of each proof, too")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not config.getoption("--run-long"):
        skip = pytest.mark.skip(reason="the long form of a proof: --run-long runs it")
        for item in items:
            if item.get_closest_marker("long"):
                item.add_marker(skip)


def _folder(variable: str, name: str) -> Path:
    folder = Path(os.environ.get(variable) or ROOT.parent / "shared" / name)
    if not folder.is_dir():
        pytest.skip(f"{folder} is not there: set {variable} to where the {name} are")
    return folder


@pytest.fixture(scope="session")
def recordings() -> Path:
    """Recorded answers of the real listings; the test is skipped where they are not at hand."""
    return _folder("PIGEON_RECORDINGS", "recordings")


@pytest.fixture(scope="session")
def contracts() -> Path:
    """The platforms' published schemas; the test is skipped where they are not at hand."""
    return _folder("PIGEON_CONTRACTS", "contracts")


@pytest.fixture
def clock() -> FakeClock:
    """A clock that stands still until the test moves it."""
    return FakeClock()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def store_server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[EmbeddedServer]:
    """One real Valkey for all tests of this process (each xdist worker has its own)."""
    async with await open_embedded(tmp_path_factory.mktemp("store"), clock=SystemClock()) as server:
        yield server


@pytest.fixture
def redis_url(store_server: EmbeddedServer) -> str:
    """The address of an empty database on a real Valkey."""
    with closing(socket.socket(socket.AF_UNIX)) as connection:
        connection.settimeout(5)
        connection.connect(store_server.url.removeprefix("unix://"))
        # Subscribers, blocked readers, scripts and libraries of the test before must not reach into this one.
        for command in (
            b"CLIENT KILL TYPE normal SKIPME yes",
            b"CLIENT KILL TYPE pubsub",
            b"FUNCTION FLUSH",
            b"SCRIPT FLUSH",
            b"FLUSHALL",
        ):
            connection.sendall(command + b"\r\n")
            answer = connection.recv(100)
            assert answer[:1] in b"+:", answer
    return store_server.url


@pytest_asyncio.fixture
async def core(redis_url: str, clock: FakeClock) -> AsyncIterator[Core]:
    """The core on a real store, past the first listing, with a platform that remembers."""
    made = await open_core(redis_url, clock).seeded()
    yield made
    await made.store.database.close()
