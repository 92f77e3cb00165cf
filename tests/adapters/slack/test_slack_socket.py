"""Socket Mode: reconnecting when Slack says so or falls silent, and an end where nothing can help."""

import asyncio

import pytest

from adapters.slack.socket import pause
from bot.errors import StartError
from tests.adapters.slack.conftest import Core, MemoryShelf, made, serving_with
from tests.peers.slack_server import SlackPeer, rate_limited, refuse, status


class QuickClock:
    """The system's clock, whose sleeps are noted and take no time."""

    def __init__(self) -> None:
        from bot.clock import SystemClock

        self._clock = SystemClock()
        self.slept: list[float] = []

    def now(self):
        return self._clock.now()

    def monotonic(self) -> float:
        return self._clock.monotonic()

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        await self._clock.sleep(0.001)


@pytest.mark.parametrize("reason", ["warning", "refresh_requested", "too_many_websockets"])
async def test_a_disconnect_that_is_announced_loses_no_command(
    peer: SlackPeer, shelf: MemoryShelf, core: Core, reason: str
):
    adapter = made(peer, shelf, clock=QuickClock())
    async with adapter.connect(core):
        await peer.until_connected()
        await (await peer.slash("/papers list")).reply()
        await peer.disconnect(reason)
        await peer.until(lambda: peer.connected == 2 and len(peer.sockets) == 1)
        await (await peer.slash("/papers status")).reply()
    assert [command.verb for command, _ in core.asked] == ["list", "status"]


async def test_every_socket_may_get_a_command(peer: SlackPeer, shelf: MemoryShelf, core: Core):
    other = Core()
    async with serving_with(peer, shelf, core), serving_with(peer, shelf, other):
        await peer.until_connected(2)
        for _ in range(6):
            await (await peer.slash("/papers status")).reply()
    assert len(core.asked) == len(other.asked) == 3


async def test_the_same_delivery_on_two_sockets_is_done_once(peer: SlackPeer, shelf: MemoryShelf, core: Core):
    async with serving_with(peer, shelf, core), serving_with(peer, shelf, core):
        await peer.until_connected(2)
        asked = await peer.slash("/papers pause 7")
        await asked.reply()
        for _ in range(3):
            await peer.again(asked)
        await (await peer.slash("/papers status")).reply()
    assert [command.verb for command, _ in core.asked] == ["pause", "status"]


async def test_a_busy_or_failing_slack_is_waited_for(peer: SlackPeer, shelf: MemoryShelf, core: Core):
    clock = QuickClock()
    peer.faults.next("apps.connections.open", rate_limited(9), status(503), refuse("internal_error"))
    async with made(peer, shelf, clock=clock).connect(core):
        await peer.until_connected()
        await (await peer.slash("/papers list")).reply()
    assert 9 in clock.slept
    assert all(0 < slept <= 60 for slept in clock.slept)


@pytest.mark.parametrize("word", ["invalid_auth", "not_allowed_token_type", "missing_scope"])
async def test_a_refused_app_token_is_told(peer: SlackPeer, shelf: MemoryShelf, core: Core, word: str):
    peer.faults.always("apps.connections.open", refuse(word))
    with pytest.raises(StartError, match="PIGEON_SLACK__APP_TOKEN"):
        async with made(peer, shelf).connect(core):
            pytest.fail("it is not connected")


async def test_a_token_that_dies_later_ends_the_connection(peer: SlackPeer, shelf: MemoryShelf, core: Core):
    async def run() -> None:
        async with made(peer, shelf, clock=QuickClock()).connect(core):
            await asyncio.Event().wait()

    running = asyncio.create_task(run())
    await peer.until_connected()
    peer.faults.always("apps.connections.open", refuse("token_revoked"))
    await peer.disconnect("refresh_requested")
    with pytest.raises(StartError, match="token_revoked"):
        await running


async def test_being_cancelled_is_not_mistaken_for_a_dead_token(
    peer: SlackPeer, shelf: MemoryShelf, core: Core
):
    async def run() -> None:
        async with made(peer, shelf).connect(core):
            await asyncio.Event().wait()

    task = asyncio.create_task(run())
    await peer.until_connected()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_what_breaks_inside_comes_out_as_it_is(peer: SlackPeer, shelf: MemoryShelf, core: Core):
    with pytest.raises(ZeroDivisionError):
        async with made(peer, shelf).connect(core):
            raise ZeroDivisionError


async def test_without_a_handler_no_socket_is_opened(peer: SlackPeer, shelf: MemoryShelf):
    async with made(peer, shelf).connect(None):
        assert peer.calls("apps.connections.open") == []


def test_pauses_grow_and_differ():
    assert 0.5 <= pause(1) <= 1
    assert 30 <= pause(20) <= 60
    assert len({pause(5) for _ in range(10)}) > 1
