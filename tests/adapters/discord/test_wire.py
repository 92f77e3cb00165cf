"""Over real sockets: sends that break, limits, sessions that end, and what becomes of each delivery."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest

from adapters.discord import permissions
from adapters.discord.adapter import DiscordAdapter
from adapters.discord.settings import DiscordSettings
from bot.clock import SystemClock
from bot.errors import Ambiguous, CardRejected, DestinationGone, RetryLater, SettingsError, ThreadRefused
from bot.models import Destination
from bot.testing.cards import EXAMPLE_CARDS
from tests.adapters.discord.fakes import Core, DictShelf
from tests.peers.discord_people import parts
from tests.peers.discord_server import DiscordPeer, Server

CARD = EXAMPLE_CARDS["paper-compact"]
KEY = "0123456789abcdef01234567"


def settings(peer: DiscordPeer, **more: Any) -> DiscordSettings:
    return DiscordSettings(
        token=more.pop("token", peer.token), api_url=peer.api_url, gateway_url=peer.gateway_url, **more
    )


def place(server: Server, channel: str = "ml", thread: str | None = None) -> Destination:
    return Destination(
        platform="discord",
        workspace=str(server.id),
        channel=str(server.channels[channel]),
        thread=thread,
        name=f"#{channel}",
    )


@asynccontextmanager
async def sender(
    peer: DiscordPeer, shelf: DictShelf | None = None, **more: Any
) -> AsyncIterator[DiscordAdapter]:
    adapter = DiscordAdapter(settings(peer, **more), SystemClock(), shelf or DictShelf())
    async with adapter.connect(None):
        yield adapter


@pytest.fixture
async def peer() -> AsyncIterator[DiscordPeer]:
    async with DiscordPeer() as made:
        yield made
        assert made.violations == []


async def test_a_card_is_posted_once_with_its_nonce_and_found_again(peer: DiscordPeer) -> None:
    lab = peer.server()
    async with sender(peer) as adapter:
        since = SystemClock().now()
        posted = await adapter.send(place(lab), CARD, key=KEY)
        again = await adapter.send(place(lab), CARD, key=KEY)
        assert posted == again
        assert len(peer.messages(lab.channels["ml"])) == 1
        assert peer.sent()[0].body["nonce"] == KEY
        assert await adapter.find(place(lab), key=KEY, since=since) == posted
        assert await adapter.find(place(lab), key="f" * 24, since=since) is None
        assert posted.url == f"https://discord.com/channels/{lab.id}/{posted.channel}/{posted.message}"
    assert not peer.gateway.identified


@pytest.mark.parametrize("name", EXAMPLE_CARDS)
async def test_every_example_card_is_taken(peer: DiscordPeer, name: str) -> None:
    lab = peer.server()
    async with sender(peer) as adapter:
        posted = await adapter.send(place(lab), EXAMPLE_CARDS[name], key=KEY)
        await adapter.edit(posted, EXAMPLE_CARDS["paper-full"])
    assert all(request.status == 200 for request in peer.requests)


@pytest.mark.parametrize("fault", ["drop-before", "drop-after", "slow-after", "status"])
async def test_an_unknown_outcome_is_ambiguous_and_a_second_try_makes_no_second_card(
    peer: DiscordPeer, fault: str
) -> None:
    lab = peer.server()
    peer.faults.add(fault, seconds=1.0, status=503)
    async with sender(peer, deadline=0.5) as adapter:
        with pytest.raises(Ambiguous):
            await adapter.send(place(lab), CARD, key=KEY)
        await adapter.send(place(lab), CARD, key=KEY)
    assert len(peer.messages(lab.channels["ml"])) == 1


async def test_a_card_that_somebody_deleted_was_delivered(peer: DiscordPeer) -> None:
    lab = peer.server()
    async with sender(peer) as adapter:
        posted = await adapter.send(place(lab), CARD, key=KEY)
        peer.backend.delete_message(int(posted.channel), int(posted.message))
        assert (await adapter.send(place(lab), CARD, key=KEY)).message == ""
    assert peer.messages(lab.channels["ml"]) == []


async def test_a_lost_answer_is_found_in_the_history_after_the_nonce_is_forgotten() -> None:
    async with DiscordPeer(nonce_window=0.0) as peer:
        lab = peer.server()
        peer.faults.add("drop-after")
        async with sender(peer) as adapter:
            since = SystemClock().now()
            with pytest.raises(Ambiguous):
                await adapter.send(place(lab), CARD, key=KEY)
            found = await adapter.find(place(lab), key=KEY, since=since)
            assert found is not None
            assert found.message == peer.messages(lab.channels["ml"])[0]["id"]


async def test_an_unreadable_history_is_not_an_empty_one(peer: DiscordPeer) -> None:
    lab = peer.server()
    channel = lab.channels["ml"]
    async with sender(peer) as adapter:
        since = SystemClock().now()
        assert await adapter.find(place(lab), key=KEY, since=since) is None
        peer.deny(channel, permissions.READ_MESSAGE_HISTORY)
        with pytest.raises(Ambiguous, match="Read Message History"):
            await adapter.find(place(lab), key=KEY, since=since)
        peer.deny(channel, permissions.VIEW_CHANNEL)
        with pytest.raises(Ambiguous):
            await adapter.find(place(lab), key=KEY, since=since)


async def test_a_long_history_is_paged(peer: DiscordPeer) -> None:
    lab = peer.server()
    channel = lab.channels["ml"]
    async with sender(peer) as adapter:
        since = SystemClock().now()
        talker = peer.person("talker", lab)
        for number in range(150):
            peer.backend.create_message(channel, talker.id, content=f"talk {number}")
        posted = await adapter.send(place(lab), CARD, key=KEY)
        assert await adapter.find(place(lab), key=KEY, since=since) == posted


@pytest.mark.parametrize(
    ("fault", "after"), [("429", 1.5), ("429-global", 1.5), ("429-shared", 1.5), ("429-cloudflare", 60.0)]
)
async def test_rate_limits_are_said_at_once_and_nothing_sleeps(
    peer: DiscordPeer, fault: str, after: float
) -> None:
    lab = peer.server()
    peer.faults.add(fault, seconds=1.5)
    async with sender(peer) as adapter:
        clock = SystemClock()
        started = clock.monotonic()
        with pytest.raises(RetryLater) as raised:
            await adapter.send(place(lab), CARD, key=KEY)
        assert clock.monotonic() - started < 1.0
        assert raised.value.after == pytest.approx(1.5)
        if fault in {"429-global", "429-cloudflare"}:
            asked = len(peer.requests)
            with pytest.raises(RetryLater) as closed:
                await adapter.send(place(lab), CARD, key=KEY)
            assert len(peer.requests) == asked, "the circuit is open: no request at all"
            assert closed.value.after == pytest.approx(after, abs=1.0)


async def test_a_full_bucket_is_told_without_a_request(peer: DiscordPeer) -> None:
    lab = peer.server()
    async with sender(peer) as adapter:
        for number in range(5):
            await adapter.send(place(lab), CARD, key=f"{number:024d}")
        asked = len(peer.requests)
        with pytest.raises(RetryLater) as raised:
            await adapter.send(place(lab), CARD, key=KEY)
        assert 3.0 < raised.value.after <= 5.0
        assert len(peer.requests) == asked
        assert peer.buckets.refused == 0
        learnt = adapter.limits(place(lab))
        assert [(limit.count, round(limit.seconds)) for limit in learnt] == [(50, 1), (5, 5)]


@pytest.mark.parametrize(
    ("status", "code", "expected"),
    [
        (404, 10003, DestinationGone),
        (403, 50001, DestinationGone),
        (403, 50013, DestinationGone),
        (403, 160005, DestinationGone),
        (429, 20016, RetryLater),
        (400, 40005, CardRejected),
        (403, 200000, CardRejected),
        (400, 40062, RetryLater),
        (503, 130000, RetryLater),
    ],
)
async def test_refusals_have_their_class(peer: DiscordPeer, status: int, code: int, expected: type) -> None:
    lab = peer.server()
    peer.faults.add("status", status=status, code=code)
    async with sender(peer) as adapter:
        with pytest.raises(expected):
            await adapter.send(place(lab), CARD, key=KEY)
    assert peer.messages(lab.channels["ml"]) == []


async def test_refused_components_go_out_once_as_an_embed(peer: DiscordPeer) -> None:
    lab = peer.server()
    peer.faults.add("status", status=400, code=50035)
    async with sender(peer) as adapter:
        since = SystemClock().now()
        posted = await adapter.send(place(lab), CARD, key=KEY)
        message = peer.messages(lab.channels["ml"])[0]
        assert message["embeds"][0]["title"] == "Diffusion Policies that Forget"
        assert await adapter.find(place(lab), key=KEY, since=since) == posted
        peer.faults.add("status", method="PATCH", path="*", status=400, code=50035)
        await adapter.edit(posted, EXAMPLE_CARDS["paper-full"])
        assert peer.messages(lab.channels["ml"])[0]["embeds"] == []
        peer.faults.add("status", status=400, code=50035, times=2)
        with pytest.raises(CardRejected):
            await adapter.send(place(lab), CARD, key="e" * 24)


async def test_direct_messages_and_closed_ones(peer: DiscordPeer) -> None:
    lab = peer.server()
    ada = peer.person("ada", lab)
    where = Destination(platform="discord", workspace=str(lab.id), channel=str(ada.id), direct=True)
    shelf = DictShelf()
    async with sender(peer, shelf) as adapter:
        since = SystemClock().now()
        posted = await adapter.send(where, CARD, key=KEY)
        assert await adapter.find(where, key=KEY, since=since) == posted
        assert "/@me/" in posted.url
        peer.closed_to_dms.add(ada.id)
        with pytest.raises(DestinationGone) as gone:
            await adapter.send(where, CARD, key="e" * 24)
        assert "direct messages" in gone.value.remedy
    assert len(peer.direct(ada)) == 1
    assert peer.messages(lab.channels["ml"]) == [], "never posted elsewhere"


async def test_forum_posts_have_tags_and_are_made_once(peer: DiscordPeer) -> None:
    lab = peer.server(forums=["papers"])
    forum = lab.channels["papers"]
    peer.backend.channels[forum].available_tags = [
        {"id": "77", "name": "cs.RO", "moderated": False, "emoji_id": None, "emoji_name": None}
    ]
    peer.faults.add("drop-after", path="/channels/*/threads")
    async with sender(peer) as adapter:
        since = SystemClock().now()
        with pytest.raises(Ambiguous):
            await adapter.send(place(lab, "papers"), CARD, key=KEY)
        again = await adapter.send(place(lab, "papers"), CARD, key=KEY)
        assert await adapter.find(place(lab, "papers"), key=KEY, since=since) == again
        assert await adapter.find(place(lab, "papers"), key="f" * 24, since=since) is None
    posts = peer.threads(forum)
    assert len(posts) == 1
    assert [str(tag) for tag in posts[0].applied_tags] == ["77"]
    assert again.thread == again.message == str(posts[0].id)


async def test_a_paper_has_one_thread_however_often_it_is_opened(peer: DiscordPeer) -> None:
    lab = peer.server()
    async with sender(peer) as adapter:
        card = await adapter.send(place(lab), CARD, key=KEY)
        opener = EXAMPLE_CARDS["paper-full"]
        both = await asyncio.gather(
            *(
                adapter.open_thread(card, opener, name="2511.01234 · Diffusion", key="d" * 24)
                for _ in range(2)
            )
        )
        third = await adapter.open_thread(card, opener, name="another name", key="d" * 24)
    assert {one.thread for one in [*both, third]} == {card.message}
    assert len(peer.threads(lab.channels["ml"])) == 1
    assert len(peer.messages(int(card.message))) == 1, "one opener"


async def test_an_opener_is_looked_for_where_its_nonce_is_forgotten() -> None:
    async with DiscordPeer(nonce_window=0.0) as peer:
        lab = peer.server()
        async with sender(peer) as adapter:
            card = await adapter.send(place(lab), CARD, key=KEY)
            for _ in range(2):
                await adapter.open_thread(card, CARD, name="x", key="d" * 24)
        assert len(peer.messages(int(card.message))) == 1


async def test_a_crash_between_thread_and_opener_is_healed(peer: DiscordPeer) -> None:
    lab = peer.server()
    async with sender(peer) as adapter:
        card = await adapter.send(place(lab), CARD, key=KEY)
        peer.faults.add("drop-before", path=f"/channels/{card.message}/messages")
        with pytest.raises(Ambiguous):
            await adapter.open_thread(card, CARD, name="x", key="d" * 24)
        assert len(peer.messages(int(card.message))) == 0
        await adapter.open_thread(card, CARD, name="x", key="d" * 24)
        assert len(peer.messages(int(card.message))) == 1


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (160006, ThreadRefused),
        (50013, ThreadRefused),
        (10008, ThreadRefused),
        (10003, DestinationGone),
        (50001, DestinationGone),
        (130000, RetryLater),
    ],
)
async def test_threads_that_cannot_be_opened_make_no_storm(
    peer: DiscordPeer, code: int, expected: type
) -> None:
    lab = peer.server()
    async with sender(peer) as adapter:
        card = await adapter.send(place(lab), CARD, key=KEY)
        peer.faults.add("status", path="/channels/*/threads", status=400, code=code)
        asked = len(peer.requests)
        with pytest.raises(expected) as raised:
            await adapter.open_thread(card, CARD, name="x", key="d" * 24)
        assert len(peer.requests) == asked + 1
        if code == 50013:
            assert "Create Public Threads" in raised.value.remedy
        if expected is ThreadRefused:
            assert raised.value.card_gone is (code == 10008)


@pytest.mark.parametrize(("code", "gone"), [(50013, False), (10003, True)])
async def test_a_thread_that_cannot_be_written_in_leaves_its_channel_alone(
    peer: DiscordPeer, code: int, gone: bool
) -> None:
    lab = peer.server()
    async with sender(peer) as adapter:
        card = await adapter.send(place(lab), CARD, key=KEY)
        peer.faults.add("status", path=f"/channels/{card.message}/messages", status=403, code=code)
        with pytest.raises(ThreadRefused) as raised:
            await adapter.open_thread(card, CARD, name="x", key="d" * 24)
        assert raised.value.card_gone is gone


async def test_messages_of_threads_are_counted_in_one_request_and_shown_on_the_card(
    peer: DiscordPeer,
) -> None:
    lab = peer.server()
    async with sender(peer) as adapter:
        first = await adapter.send(place(lab), CARD, key=KEY)
        second = await adapter.send(place(lab), CARD, key="e" * 24)
        opened = await adapter.open_thread(first, CARD, name="x", key="d" * 24)
        asked = len(peer.requests)
        assert await adapter.thread_counts(str(lab.id)) == {opened.thread: 1}
        assert len(peer.requests) == asked + 1
        await adapter.open_thread(second, CARD, name="y", key="c" * 24)
        assert set((await adapter.thread_counts(str(lab.id))).values()) == {1}
        posts = len(peer.sent())
        await adapter.edit(opened, EXAMPLE_CARDS["paper-full"])
        assert len(peer.sent()) == posts
        changed = peer.messages(lab.channels["ml"])[0]
        assert "Discuss (3)" in [part["label"] for part in parts(changed) if part.get("label")]


async def test_archived_and_locked_threads(peer: DiscordPeer) -> None:
    lab = peer.server()
    async with sender(peer) as adapter:
        card = await adapter.send(place(lab), CARD, key=KEY)
        peer.faults.add("status", path=f"/channels/{card.message}/messages", status=400, code=50083)
        opened = await adapter.open_thread(card, CARD, name="x", key="d" * 24)
        assert len(peer.messages(int(opened.thread))) == 1
        assert peer.sent("PATCH", opened.thread)[0].body == {"archived": False}
        peer.faults.add("status", path=f"/channels/{card.message}/messages", status=403, code=160005)
        locked = await adapter.open_thread(card, CARD, name="x", key="c" * 24)
        assert locked.thread == opened.thread


async def test_an_edit_of_a_deleted_card_is_gone(peer: DiscordPeer) -> None:
    lab = peer.server()
    async with sender(peer) as adapter:
        card = await adapter.send(place(lab), CARD, key=KEY)
        peer.backend.delete_message(int(card.channel), int(card.message))
        with pytest.raises(DestinationGone):
            await adapter.edit(card, CARD)


async def test_files_go_along(peer: DiscordPeer) -> None:
    lab = peer.server()
    async with sender(peer) as adapter:
        await adapter.send(place(lab), EXAMPLE_CARDS["reply-everything"], key=KEY)
    message = peer.messages(lab.channels["ml"])[0]
    assert [one["filename"] for one in message["attachments"]] == ["saved.bib"]


async def test_a_wrong_token_is_said_and_asked_once(peer: DiscordPeer) -> None:
    adapter = DiscordAdapter(settings(peer, token="wrong"), SystemClock(), DictShelf())
    with pytest.raises(SettingsError, match="PIGEON_DISCORD__TOKEN"):
        async with adapter.connect(Core()):
            pytest.fail("unreachable")
    assert len(peer.requests) == 1
    assert peer.gateway.identified == 0


async def test_a_token_that_is_reset_stops_every_call(peer: DiscordPeer) -> None:
    lab = peer.server()
    async with sender(peer) as adapter:
        await adapter.send(place(lab), CARD, key=KEY)
        peer.token = "reset"
        with pytest.raises(RetryLater, match="token"):
            await adapter.send(place(lab), CARD, key="e" * 24)
        asked = len(peer.requests)
        for _ in range(3):
            with pytest.raises(RetryLater, match="token"):
                await adapter.send(place(lab), CARD, key="e" * 24)
        assert len(peer.requests) == asked


async def test_discord_away_at_the_start_is_no_reason_not_to_start() -> None:
    async with DiscordPeer() as gone:
        dead = settings(gone)
    adapter = DiscordAdapter(dead, SystemClock(), DictShelf())
    async with adapter.connect(None):
        with pytest.raises(RetryLater):
            await adapter.send(Destination(platform="discord", workspace="1", channel="2"), CARD, key=KEY)


def test_the_adapter_has_its_powers() -> None:
    from bot.ports import (
        CheckedAdapter,
        CountingAdapter,
        EditingAdapter,
        PacedAdapter,
        ReconcilingAdapter,
        ThreadingAdapter,
    )

    adapter = DiscordAdapter(DiscordSettings(token="x"), SystemClock(), DictShelf())
    for power in (
        CheckedAdapter,
        CountingAdapter,
        EditingAdapter,
        PacedAdapter,
        ReconcilingAdapter,
        ThreadingAdapter,
    ):
        assert isinstance(adapter, power)
    assert adapter.resend_window == timedelta(seconds=120)
