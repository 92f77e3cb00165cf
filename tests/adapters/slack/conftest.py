"""A loopback Slack, the adapter connected to it, and a core that answers as it is told."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from adapters.slack.adapter import SlackAdapter
from adapters.slack.settings import SlackSettings
from bot.cards.reply import message
from bot.clock import SystemClock
from bot.commands.model import Choice, Command
from bot.commands.write import write
from bot.ports import Happening, Origin, PluginContext, Reply
from tests.peers.slack_server import SlackPeer


class MemoryShelf:
    """A Shelf for tests; ``broken`` is raised by every call while it is set."""

    def __init__(self) -> None:
        self.kept: dict[str, str] = {}
        self.ttls: dict[str, timedelta | None] = {}
        self.broken: Exception | None = None

    def _check(self) -> None:
        if self.broken is not None:
            raise self.broken

    async def get(self, name: str) -> str | None:
        self._check()
        return self.kept.get(name)

    async def put(self, name: str, value: str, *, ttl: timedelta | None = None) -> None:
        self._check()
        self.kept[name], self.ttls[name] = value, ttl

    async def add(self, name: str, value: str, *, ttl: timedelta) -> bool:
        self._check()
        if name in self.kept:
            return False
        self.kept[name], self.ttls[name] = value, ttl
        return True

    async def drop(self, name: str) -> None:
        self._check()
        self.kept.pop(name, None)

    async def names(self, prefix: str = "") -> Sequence[str]:
        self._check()
        return sorted(name for name in self.kept if name.startswith(prefix))


class Hurried(SystemClock):
    """The machine's clock, in whose hands nobody waits; ``slept`` says for how long somebody wanted to."""

    def __init__(self) -> None:
        self.slept: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)


class Core:
    """A command handler: notes what it is asked, answers with a card that says it."""

    def __init__(self) -> None:
        self.asked: list[tuple[Command, Origin]] = []
        self.happenings: list[Happening] = []
        self.replies: dict[str, Reply | Exception | Callable[[Command, Origin], Any]] = {}
        self.choices: list[Choice] = []
        self.told = asyncio.Event()

    @property
    def written(self) -> list[str]:
        return [write(command) for command, _ in self.asked]

    async def __call__(self, command: Command, origin: Origin) -> Reply:
        self.asked.append((command, origin))
        reply = self.replies.get(command.verb)
        if isinstance(reply, Exception):
            raise reply
        if callable(reply) and not isinstance(reply, Reply):
            return await reply(command, origin)
        return reply or Reply(card=message("Heard", write(command)))

    async def complete(self, verb: str, option: str, typed: str, origin: Origin) -> Sequence[Choice]:
        return [choice for choice in self.choices if typed in choice.value]

    async def happened(self, happening: Happening) -> None:
        self.happenings.append(happening)
        self.told.set()


@pytest.fixture
async def peer(contracts: Path) -> AsyncIterator[SlackPeer]:
    async with SlackPeer() as peer:
        yield peer
        assert peer.violations == [], "every body was one that Slack takes"


@pytest.fixture
def shelf() -> MemoryShelf:
    return MemoryShelf()


@pytest.fixture
def core() -> Core:
    return Core()


def made(
    peer: SlackPeer, shelf: Any, tmp_path: Path = Path(), *, clock: Any = None, **settings: Any
) -> SlackAdapter:
    given = {"api_url": peer.api_url, "bot_token": "xoxb-1", "app_token": "xapp-1", **settings}
    context = PluginContext(
        settings=SlackSettings(**given), clock=clock or SystemClock(), shelf=shelf, data_dir=tmp_path
    )
    return SlackAdapter(context)


@pytest.fixture
def hurried() -> Hurried:
    return Hurried()


@pytest.fixture
async def adapter(peer: SlackPeer, shelf: MemoryShelf, hurried: Hurried) -> AsyncIterator[SlackAdapter]:
    """Able to send; hears nothing."""
    adapter = made(peer, shelf, clock=hurried)
    async with adapter.connect(None):
        yield adapter


@asynccontextmanager
async def _serving(
    peer: SlackPeer, shelf: MemoryShelf, core: Core, **settings: Any
) -> AsyncIterator[SlackAdapter]:
    adapter = made(peer, shelf, **settings)
    async with adapter.connect(core):
        if settings.get("mode") != "http":
            await peer.until_connected()
        yield adapter


@pytest.fixture
async def serving(peer: SlackPeer, shelf: MemoryShelf, core: Core) -> AsyncIterator[SlackAdapter]:
    """Able to send, and heard by socket."""
    async with _serving(peer, shelf, core) as adapter:
        yield adapter


serving_with = _serving
