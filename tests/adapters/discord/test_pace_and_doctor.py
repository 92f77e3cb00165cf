"""Budgets are learnt, the circuit opens in time, and the doctor names what is wrong and how to mend it."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from adapters.discord import commands, limits, permissions
from adapters.discord.adapter import DiscordAdapter
from adapters.discord.pace import Made, Pace
from bot.clock import SystemClock
from bot.errors import RetryLater
from bot.ports import Limit, Severity
from bot.testing.clock import FakeClock
from tests.adapters.discord.fakes import DictShelf
from tests.adapters.discord.test_wire import place, sender, settings
from tests.peers.discord_server import DiscordPeer

VIA = {"Via": "1.1 google", "Retry-After": "2"}


def test_a_channels_window_is_learnt_from_its_headers() -> None:
    pace = Pace(FakeClock(), "app")
    assert pace.limits("7")[1] == Limit("discord:app:7", 5, 5.0, shared=False)
    headers = {"X-RateLimit-Limit": "3", "X-RateLimit-Remaining": "2", "X-RateLimit-Reset-After": "4.5"}
    pace.answered("POST", "/api/v10/channels/7/messages", 200, headers)
    assert pace.limits("7")[1] == Limit("discord:app:7", 3, 4.5, shared=False)
    assert pace.limits("8")[1] == Limit("discord:app:8", 5, 5.0, shared=False)
    pace.answered("POST", "/api/v10/channels/7/messages", 200, {**headers, "X-RateLimit-Remaining": "1"})
    assert pace.limits("7")[1].seconds == 4.5, "only the first answer of a window tells its length"
    pace.answered("POST", "/api/v10/channels/7/messages", 200, {**headers, "X-RateLimit-Limit": "many"})
    assert pace.limits("7")[0] == Limit("discord:app:global", *limits.GLOBAL_SENDS)


@pytest.mark.parametrize(
    ("status", "headers"), [(403, {}), (401, {}), (429, {**VIA, "X-RateLimit-Scope": "user"})]
)
async def test_the_circuit_opens_long_before_a_ban(status: int, headers: dict) -> None:
    clock = FakeClock()
    pace = Pace(clock, "app")
    for _ in range(limits.INVALID_STOP - 1):
        pace._count_invalid()
    if status != 401:
        pace.check()
    pace.answered("POST", "/x", status, headers)
    with pytest.raises(RetryLater) as raised:
        pace.check()
    assert 0 < raised.value.after <= 600
    assert limits.INVALID_STOP <= 10_000 / 5
    await clock.advance(timedelta(seconds=601))
    pace.check()


def test_answers_to_interactions_go_on_while_the_requests_of_a_second_are_used_up() -> None:
    pace = Pace(FakeClock(), "app")
    pace.answered("POST", "/x", 429, {**VIA, "X-RateLimit-Scope": "global"})
    with pytest.raises(RetryLater):
        pace.check()
    pace.check(answer=True)
    pace.answered("POST", "/x", 429, {"Retry-After": "60"})  # Cloudflare: nothing may go
    with pytest.raises(RetryLater):
        pace.check(answer=True)


async def test_no_second_of_discords_can_hold_more_than_it_allows() -> None:
    clock = FakeClock()
    pace = Pace(clock, "app")
    answered = asyncio.Event()
    going = 0

    async def call(requests: int) -> None:
        nonlocal going
        made = Made()
        async with pace.request(made):
            going += 1
            made.requests = requests
            await answered.wait()

    unanswered = [asyncio.create_task(call(1)) for _ in range(limits.PER_SECOND + 20)]
    async with asyncio.timeout(30):
        await clock.until_asleep()
    await clock.advance(10)
    assert going == limits.PER_SECOND, "without an answer a request may count at any moment"
    answered.set()
    async with asyncio.timeout(30):
        await asyncio.wait(unanswered[: limits.PER_SECOND])
        await clock.until_asleep()
    await clock.advance(0.75)
    assert going == limits.PER_SECOND, "after the answer, and not after the start"
    await clock.advance(0.2)
    async with asyncio.timeout(30):
        await asyncio.wait(unanswered)
    assert going == limits.PER_SECOND + 20


async def test_what_every_answer_takes_counts_once() -> None:
    clock = FakeClock()
    pace = Pace(clock, "app")

    async def call() -> None:
        made = Made()
        async with pace.request(made):
            made.requests = 1
            await clock.sleep(0.1)

    async with asyncio.timeout(30):
        calls = [asyncio.create_task(call()) for _ in range(limits.PER_SECOND * 2)]
        await clock.until_asleep(limits.PER_SECOND)
        await clock.advance(0.99)
        assert sum(one.done() for one in calls) == limits.PER_SECOND
        await clock.advance(0.2)
        await asyncio.wait(calls)


async def test_what_made_no_request_takes_no_place() -> None:
    pace = Pace(FakeClock(), "app")
    async with asyncio.timeout(30):
        for _ in range(limits.PER_SECOND * 2):
            async with pace.request(Made()):
                pass


def test_an_interactions_expired_token_is_not_ours() -> None:
    pace = Pace(FakeClock(), "app")
    pace.answered("PATCH", "/api/v10/webhooks/1/token/messages/@original", 401, {"Via": "1.1 google"})
    pace.check()
    pace.answered("GET", "/api/v10/users/@me", 401, {"Via": "1.1 google"})
    with pytest.raises(RetryLater, match="token"):
        pace.check()


def test_shared_limits_are_not_counted() -> None:
    pace = Pace(FakeClock(), "app")
    for _ in range(limits.INVALID_STOP * 2):
        pace.answered("POST", "/x", 429, {**VIA, "X-RateLimit-Scope": "shared"})
    pace.check()


async def test_old_refusals_are_forgotten() -> None:
    clock = FakeClock()
    pace = Pace(clock, "app")
    for _ in range(limits.INVALID_STOP - 1):
        pace.answered("POST", "/x", 403, {})
    await clock.advance(timedelta(seconds=700))
    pace.answered("POST", "/x", 403, {})
    pace.check()


async def findings(peer: DiscordPeer, destinations=(), shelf: DictShelf | None = None):
    async with sender(peer, shelf) as adapter:
        return {one.subject: one for one in await adapter.check(destinations)}


async def test_a_healthy_set_up_is_all_ok() -> None:
    async with DiscordPeer() as peer:
        lab = peer.server()
        shelf = DictShelf()
        shelf.kept[f"commands/{peer.backend.application_id}"] = commands.fingerprint(commands.payload())
        peer.backend.register_commands(None, commands.payload())
        found = await findings(peer, [place(lab)], shelf)
        assert {one.severity for one in found.values()} == {Severity.OK}, found
        assert peer.violations == []


async def test_missing_permissions_are_named_with_the_way_to_give_them() -> None:
    async with DiscordPeer() as peer:
        lab = peer.server(channels=["ml", "quiet", "hidden", "shy"], forums=["papers"])
        peer.deny(lab.channels["quiet"], permissions.SEND_MESSAGES | permissions.EMBED_LINKS)
        peer.deny(lab.channels["hidden"], permissions.VIEW_CHANNEL)
        peer.deny(lab.channels["shy"], permissions.READ_MESSAGE_HISTORY)
        peer.deny(lab.channels["papers"], permissions.SEND_MESSAGES_IN_THREADS)
        found = await findings(peer, [place(lab, name) for name in lab.channels])
        assert found["Discord #ml"].severity is Severity.OK
        assert "Send Messages is off" in found["Discord #quiet"].text
        assert "allow Send Messages" in found["Discord #quiet"].remedy
        assert found["Discord #hidden"].severity is Severity.FAILURE
        assert "Read Message History is off" in found["Discord #shy"].text
        assert found["Discord #shy"].severity is Severity.WARNING
        assert "allow Read Message History" in found["Discord #shy"].remedy
        assert "Send Messages in Threads is off" in found["Discord #papers"].text


async def test_gone_channels_commands_sessions_and_tokens() -> None:
    async with DiscordPeer() as peer:
        lab = peer.server()
        channel = lab.channels["ml"]
        peer.backend.delete_channel(channel)
        peer.sessions_left = 5
        found = await findings(peer, [place(lab)])
        assert "does not exist" in found["Discord #ml"].text
        assert found["Discord commands"].severity is Severity.FAILURE
        assert "papers" in found["Discord commands"].text
        assert found["Discord gateway"].severity is Severity.FAILURE
        peer.backend.register_commands(None, commands.payload())
        found = await findings(peer)
        assert found["Discord commands"].severity is Severity.WARNING
        wrong = DiscordAdapter(settings(peer, token="wrong"), SystemClock(), DictShelf())
        (only,) = await wrong.check([])
        assert only.severity is Severity.FAILURE
        assert "PIGEON_DISCORD__TOKEN" in only.remedy
        await wrong.rest.close()
    dead = DiscordAdapter(settings(peer), SystemClock(), DictShelf())
    (only,) = await dead.check([])
    assert "cannot be reached" in only.text
