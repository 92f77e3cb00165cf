"""Posting, looking for what may have been posted, threads and edits: the real SDK against a loopback Slack."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from adapters.slack.adapter import SlackAdapter
from bot.clock import SystemClock
from bot.errors import Ambiguous, CardRejected, DestinationGone, RetryLater, StartError, ThreadRefused
from bot.models import Destination, MessageRef
from bot.ports import (
    Adapter,
    CheckedAdapter,
    EditingAdapter,
    PacedAdapter,
    ReconcilingAdapter,
    Severity,
    ThreadingAdapter,
)
from bot.testing.cards import EXAMPLE_CARDS
from tests.adapters.slack.conftest import Hurried, MemoryShelf, made
from tests.peers.slack_server import DROP_AFTER, DROP_BEFORE, SlackPeer, rate_limited, refuse, slow, status

C1 = Destination(platform="slack", workspace="T1", channel="C1")
ME = Destination(platform="slack", workspace="T1", channel="U1", direct=True)
CARD = EXAMPLE_CARDS["paper-compact"]
KEY = "0123456789abcdef01234567"


def since() -> datetime:
    return SystemClock().now() - timedelta(seconds=1)


def test_it_has_every_optional_power(adapter: SlackAdapter):
    _: Adapter = adapter
    for power in (ThreadingAdapter, EditingAdapter, ReconcilingAdapter, PacedAdapter, CheckedAdapter):
        assert isinstance(adapter, power)
    assert adapter.resend_window == timedelta(0)


async def test_a_card_is_posted_once_with_its_key(adapter: SlackAdapter, peer: SlackPeer):
    ref = await adapter.send(C1, CARD, key=KEY)
    (post,) = peer.posts("C1")
    assert ref == MessageRef(
        platform="slack",
        channel="C1",
        message=post["ts"],
        url=f"https://acme.slack.com/archives/C1/p{post['ts'].replace('.', '')}",
    )
    (sent,) = peer.calls("chat.postMessage")
    assert sent["metadata"] == {"event_type": "paper_alert", "event_payload": {"d": KEY}}
    assert (sent["unfurl_links"], sent["unfurl_media"], sent["parse"], sent["link_names"]) == (
        False,
        False,
        "none",
        False,
    )
    assert sent["text"].startswith("Diffusion Policies that Forget")


async def test_direct_messages_are_opened_once_and_reused(adapter: SlackAdapter, peer: SlackPeer):
    first = await adapter.send(ME, CARD, key="a")
    await adapter.send(ME, CARD, key="b")
    assert first.channel == "DU1"
    assert len(peer.posts("DU1")) == 2
    assert len(peer.calls("conversations.open")) == 1


async def test_a_thread_destination_posts_into_the_thread(adapter: SlackAdapter, peer: SlackPeer):
    parent = await adapter.send(C1, CARD, key="a")
    there = Destination(platform="slack", workspace="T1", channel="C1", thread=parent.message)
    ref = await adapter.send(there, CARD, key="b")
    assert ref.thread == parent.message
    assert "thread_ts=" in (ref.url or "")
    assert [post["ts"] for post in peer.posts("C1", thread=parent.message)] == [parent.message, ref.message]
    found = await adapter.find(there, key="b", since=since())
    assert found == ref


AMBIGUOUS = [
    (DROP_AFTER, True),
    (DROP_BEFORE, False),
    (status(502), False),
    (status(503), False),
    (refuse("internal_error"), False),
    (refuse("fatal_error"), False),
]


@pytest.mark.parametrize(
    ("fault", "posted"), AMBIGUOUS, ids=lambda value: getattr(value, "word", "") or str(value)[:30]
)
async def test_an_unknown_outcome_is_told_and_found_out(
    adapter: SlackAdapter, peer: SlackPeer, fault, posted: bool
):
    peer.faults.next("chat.postMessage", fault)
    with pytest.raises(Ambiguous):
        await adapter.send(C1, CARD, key=KEY)
    assert len(peer.calls("chat.postMessage")) == 1, "the SDK's own repetition would have posted twice"
    found = await adapter.find(C1, key=KEY, since=since())
    assert (found is not None) is posted
    if posted:
        assert found is not None
        assert found.message == peer.posts("C1")[0]["ts"]


async def test_a_slow_answer_is_an_unknown_outcome(peer: SlackPeer, shelf: MemoryShelf):
    adapter = made(peer, shelf, timeout=0.3)
    async with adapter.connect(None):
        peer.faults.next("chat.postMessage", slow(5))
        with pytest.raises(Ambiguous):
            await adapter.send(C1, CARD, key=KEY)
        assert await adapter.find(C1, key=KEY, since=since()) is not None


async def test_slowing_down_is_certainly_not_posted(adapter: SlackAdapter, peer: SlackPeer):
    peer.faults.next("chat.postMessage", rate_limited(7), refuse("ratelimited"))
    with pytest.raises(RetryLater) as told:
        await adapter.send(C1, CARD, key=KEY)
    assert told.value.after == 7
    with pytest.raises(RetryLater):
        await adapter.send(C1, CARD, key=KEY)
    assert peer.posts("C1") == []


@pytest.mark.parametrize(
    "word", ["is_archived", "not_in_channel", "restricted_action", "account_inactive", "missing_scope"]
)
async def test_a_closed_destination_says_what_to_do(adapter: SlackAdapter, peer: SlackPeer, word: str):
    peer.faults.channels["C1"] = word
    with pytest.raises(DestinationGone) as told:
        await adapter.send(C1, CARD, key=KEY)
    assert word in str(told.value)
    assert told.value.remedy


async def test_what_is_not_there_is_gone(adapter: SlackAdapter, peer: SlackPeer):
    for channel in ("C404", "G2"):
        with pytest.raises(DestinationGone):
            await adapter.send(Destination(platform="slack", workspace="T1", channel=channel), CARD, key=KEY)
    peer.users["U2"]["deleted"] = True
    with pytest.raises(DestinationGone):
        await adapter.send(
            Destination(platform="slack", workspace="T1", channel="U2", direct=True), CARD, key=KEY
        )
    with pytest.raises(DestinationGone, match="T9"):
        await adapter.send(Destination(platform="slack", workspace="T9", channel="C1"), CARD, key=KEY)


async def test_opening_direct_messages_never_leaves_a_doubt(adapter: SlackAdapter, peer: SlackPeer):
    peer.faults.next("conversations.open", DROP_AFTER)
    with pytest.raises(RetryLater):
        await adapter.send(ME, CARD, key=KEY)


async def test_refused_blocks_are_drawn_plainer(peer: SlackPeer, shelf: MemoryShelf, hurried: Hurried):
    adapter = made(peer, shelf, card_style="native", clock=hurried)
    async with adapter.connect(None):
        peer.faults.next("chat.postMessage", refuse("invalid_blocks"))
        await adapter.send(C1, CARD, key="a")
        await adapter.send(C1, CARD, key="b")
    kinds = [[block["type"] for block in call["blocks"]] for call in peer.calls("chat.postMessage")]
    assert kinds[0][0] == "card"
    assert kinds[1][0] == kinds[2][0] == "section", (
        "it is remembered that this workspace refuses native blocks"
    )
    assert len(peer.posts("C1")) == 2
    assert hurried.slept == [1.0], "also a refused message may count in the channel's budget"


async def test_a_dead_picture_does_not_cost_the_card(adapter: SlackAdapter, peer: SlackPeer):
    peer.faults.next(
        "chat.postMessage",
        refuse("invalid_blocks", response_metadata={"messages": ["downloading image failed"]}),
    )
    await adapter.send(C1, CARD, key=KEY)
    (post,) = peer.posts("C1")
    assert "accessory" not in post["blocks"][0]


async def test_a_dead_picture_is_not_held_against_the_native_style(
    peer: SlackPeer, shelf: MemoryShelf, hurried: Hurried
):
    adapter = made(peer, shelf, card_style="native", clock=hurried)
    async with adapter.connect(None):
        peer.faults.next("chat.postMessage", refuse("invalid_blocks"), refuse("invalid_blocks"))
        await adapter.send(C1, CARD, key="a")
        await adapter.send(C1, CARD, key="b")
    assert "accessory" not in peer.posts("C1")[0]["blocks"][0]
    assert peer.posts("C1")[1]["blocks"][0]["type"] == "card"


async def test_a_card_that_slack_refuses_altogether_is_our_bug(adapter: SlackAdapter, peer: SlackPeer):
    peer.faults.always(
        "chat.postMessage", refuse("invalid_blocks", response_metadata={"messages": ["/blocks/0"]})
    )
    with pytest.raises(CardRejected, match="/blocks/0"):
        await adapter.send(C1, CARD, key=KEY)


async def test_without_the_right_to_look_the_setting_decides(peer: SlackPeer, shelf: MemoryShelf):
    peer.teams["T1"].scopes -= {"channels:history"}
    async with made(peer, shelf).connect(None):
        pass
    for policy in ("park", "resend"):
        adapter = made(peer, shelf, on_ambiguous=policy)
        async with adapter.connect(None):
            if policy == "park":
                with pytest.raises(Ambiguous, match="missing_scope"):
                    await adapter.find(C1, key=KEY, since=since())
            else:
                assert await adapter.find(C1, key=KEY, since=since()) is None
                assert await adapter.find(C1, key=KEY, since=since()) is None
    told = [found.text for found in await made(peer, shelf).check(()) if found.subject == "Slack sends"]
    assert told == [
        "In 30 days 2 of unknown outcome could not be looked up: 1 may have been posted twice, 1 may be missing."
    ]


async def test_not_being_in_the_channel_is_not_not_found(adapter: SlackAdapter):
    with pytest.raises(Ambiguous, match="not_in_channel"):
        await adapter.find(
            Destination(platform="slack", workspace="T1", channel="C2"), key=KEY, since=since()
        )


async def test_reading_stays_within_its_budget(adapter: SlackAdapter, peer: SlackPeer):
    peer.faults.next("conversations.history", rate_limited(30))
    for _ in range(3):
        with pytest.raises(RetryLater) as told:
            await adapter.find(C1, key=KEY, since=since())
        assert 25 < told.value.after <= 30
    assert len(peer.calls("conversations.history")) == 1, "it is not asked again before the time"


async def test_a_look_reaches_over_pages_and_ignores_others(adapter: SlackAdapter, peer: SlackPeer):
    early = since()
    await adapter.send(C1, CARD, key="wanted")
    metadata = {"event_type": "paper_alert", "event_payload": {"d": "forged"}}
    peer.messages["C1"] += [
        {"ts": peer.stamp(), "user": "U2", "text": "x", "metadata": metadata, "bot_id": "B9"}
        for _ in range(150)
    ]
    found = await adapter.find(C1, key="wanted", since=early)
    assert found is not None
    assert await adapter.find(C1, key="forged", since=early) is None
    assert await adapter.find(C1, key="wanted", since=datetime.now(UTC) + timedelta(hours=1)) is None  # noqa: TID251
    peer.faults.next("conversations.history", DROP_BEFORE, DROP_BEFORE)  # aiohttp repeats a GET once
    with pytest.raises(RetryLater):
        await adapter.find(C1, key="wanted", since=early)


async def test_a_paper_has_one_thread(adapter: SlackAdapter, peer: SlackPeer):
    parent = await adapter.send(C1, CARD, key="a")
    first = await adapter.open_thread(parent, EXAMPLE_CARDS["paper-full"], name="2511.01234", key="t")
    again = await adapter.open_thread(parent, EXAMPLE_CARDS["paper-full"], name="2511.01234", key="t")
    assert first == again
    assert first.thread == parent.message
    assert len(peer.posts("C1", thread=parent.message)) == 2
    assert peer.calls("chat.postMessage")[-1]["reply_broadcast"] is False


@pytest.mark.parametrize(
    ("word", "card_gone"),
    [
        ("thread_not_found", True),
        ("cannot_reply_to_message", False),
        ("restricted_action_non_threadable_channel", False),
        ("restricted_action_thread_locked", False),
    ],
)
async def test_a_thread_that_cannot_be_does_not_close_its_channel(
    adapter: SlackAdapter, peer: SlackPeer, word: str, card_gone: bool
):
    parent = await adapter.send(C1, CARD, key="a")
    if card_gone:
        peer.messages["C1"].clear()
    else:
        peer.faults.next("chat.postMessage", refuse(word))
    with pytest.raises(ThreadRefused, match=word) as told:
        await adapter.open_thread(parent, CARD, name="x", key="u")
    assert told.value.card_gone is card_gone
    peer.faults.next("chat.postMessage", refuse("is_archived"))
    with pytest.raises(DestinationGone):
        await adapter.open_thread(parent, CARD, name="x", key="v")


async def test_a_card_is_changed_in_place(adapter: SlackAdapter, peer: SlackPeer):
    ref = await adapter.send(C1, CARD, key="a")
    await adapter.edit(ref, EXAMPLE_CARDS["paper-full"])
    (post,) = peer.posts("C1")
    assert "edited" in post
    peer.messages["C1"].clear()
    with pytest.raises(DestinationGone):
        await adapter.edit(ref, CARD)


def test_budgets_are_the_channels_and_the_workspaces(adapter: SlackAdapter):
    channel, workspace = adapter.limits(C1)
    assert (channel.count, channel.seconds) == (1, 1.0)
    assert channel.from_answer, "when Slack counts a message, between its start and its answer, is not told"
    assert not channel.shared
    assert workspace.seconds == 60.0
    assert {limit.name for limit in adapter.limits(ME)} & {channel.name, workspace.name} == {workspace.name}


@pytest.mark.parametrize("word", ["invalid_auth", "account_inactive", "token_revoked"])
async def test_a_token_that_does_not_work_is_told_at_the_start(
    peer: SlackPeer, shelf: MemoryShelf, word: str
):
    peer.faults.always("auth.test", refuse(word))
    with pytest.raises(StartError, match=word):
        async with made(peer, shelf).connect(None):
            pass


async def test_a_slack_out_of_reach_is_told_at_the_start(peer: SlackPeer, shelf: MemoryShelf):
    with pytest.raises(StartError, match="PIGEON_SLACK__API_URL"):
        async with made(peer, shelf, api_url="http://127.0.0.1:9/api/").connect(None):
            pass


async def test_the_doctor_looks_at_token_scopes_socket_and_channels(peer: SlackPeer, shelf: MemoryShelf):
    peer.teams["T1"].scopes -= {"users:read", "chat:write.public"}
    peer.channels["C1"]["is_archived"] = True
    here = [
        C1,
        ME,
        Destination(platform="slack", workspace="T1", channel="C2"),
        Destination(platform="slack", workspace="T1", channel="G9"),
    ]
    findings = await made(peer, shelf).check(here)
    text = "\n".join(f"{finding.severity.value} {finding.text} {finding.remedy}" for finding in findings)
    assert "warning The app lacks 1 of its scopes: users:read" in text
    assert "ok The app was not granted what it can do without: chat:write.public" in text
    assert "users:read (" in text
    assert "ok Socket Mode can be opened." in text
    assert "failure That channel is archived" in text
    assert "/invite" in text
    findings = await made(peer, shelf, app_token="xapp-bad").check([])
    assert [f.severity for f in findings if "Socket Mode" in f.text] == [Severity.FAILURE]
    findings = await made(peer, shelf, bot_token="xoxb-bad").check([])
    assert findings[0].severity is Severity.FAILURE


async def test_channels_do_not_share_their_pace(peer: SlackPeer, shelf: MemoryShelf):
    for number in range(10):
        peer.add_channel(f"CB{number}", f"burst-{number}", members=("UBOT",))
    peer.paced = True
    adapter = made(peer, shelf)
    async with adapter.connect(None):
        places = [
            Destination(platform="slack", workspace="T1", channel=f"CB{number}") for number in range(10)
        ]
        await asyncio.gather(*(adapter.send(place, CARD, key=place.channel) for place in places))
        assert all(request.outcome == "ok" for request in peer.requests)
        await adapter.send(places[0], CARD, key="a burst of two")
        with pytest.raises(RetryLater):
            await adapter.send(places[0], CARD, key="too soon")
