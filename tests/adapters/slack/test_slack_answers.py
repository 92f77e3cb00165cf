"""Answers arrive, also where Slack takes no picture, is busy, or says ``ok: false`` with HTTP 200."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from bot.cards import Picture
from bot.cards.reply import message
from bot.ports import Reply
from bot.testing.cards import EXAMPLE_CARDS
from tests.adapters.slack.conftest import Core, Hurried, MemoryShelf, serving_with
from tests.peers.slack_server import DROP_BEFORE, SlackPeer, rate_limited, refuse, status

PICTURED = replace(
    EXAMPLE_CARDS["paper-compact"], thumbnail=Picture("https://example.org/dead.png", alt="a picture")
)


def text_of(part: object) -> str:
    return json.dumps(part, ensure_ascii=False)


@pytest.fixture(autouse=True)
async def served(peer: SlackPeer, shelf: MemoryShelf, core: Core, hurried: Hurried) -> AsyncIterator[None]:
    core.replies["paper"] = Reply(card=PICTURED)
    async with serving_with(peer, shelf, core, clock=hurried):
        yield


async def test_a_dead_picture_does_not_cost_the_answer(peer: SlackPeer):
    peer.faults.next("response_url", refuse("invalid_blocks"))
    reply = await (await peer.slash("/papers paper 2401.01234")).reply()
    assert "dead.png" not in text_of(reply)
    assert reply["blocks"][-1]["type"] == "actions", "all else is there"


async def test_nor_in_a_thread_or_in_a_modal(peer: SlackPeer):
    peer.faults.next("chat.postEphemeral", refuse("invalid_blocks"))
    await peer.mention("<@UBOT> paper 2401.01234")
    (shown,) = await peer.until(lambda: peer.ephemerals)
    assert "dead.png" not in text_of(shown)
    view = await (await peer.slash("/papers paper")).modal()
    peer.faults.next("views.update", refuse("invalid_blocks"))
    await peer.submit(view, {"paper": "2401.01234"})
    await peer.until(lambda: "Abstract" in text_of(peer.views[view["id"]]))
    assert "dead.png" not in text_of(peer.views[view["id"]])


async def test_an_answer_whose_blocks_are_refused_altogether_is_still_told(peer: SlackPeer):
    peer.faults.next("response_url", *[refuse("invalid_blocks")] * 2)
    reply = await (await peer.slash("/papers paper 2401.01234")).reply()
    assert [block["type"] for block in reply["blocks"]] == ["section"]
    assert reply["text"]


@pytest.mark.parametrize(
    "fault", [refuse("used_url"), status(404), status(503)], ids=lambda f: f.kind + f.word
)
async def test_a_response_url_that_takes_nothing_leaves_the_conversation(peer: SlackPeer, fault):
    peer.faults.next("response_url", fault)
    await peer.slash("/papers list")
    (shown,) = await peer.until(lambda: peer.ephemerals)
    assert shown["user"] == "U1"


async def test_a_busy_slack_is_asked_again(peer: SlackPeer, hurried: Hurried):
    peer.faults.next("response_url", rate_limited(7))
    assert "Heard" in (await (await peer.slash("/papers list")).reply())["text"]
    peer.faults.next("chat.postMessage", rate_limited(1))
    await peer.say("list")
    await peer.until(lambda: len(peer.posts("DU1")) == 2)
    assert len(peer.calls("chat.postMessage")) == 2
    assert hurried.slept == [7, 1]


@pytest.mark.parametrize("fault", [status(503), DROP_BEFORE], ids=["503", "dropped"])
async def test_a_public_line_of_unknown_outcome_is_not_said_twice(peer: SlackPeer, core: Core, fault):
    core.replies["pause"] = Reply(card=message("Paused"), announce=message("Ann paused 7"))
    peer.faults.next("response_url", None, fault)
    await (await peer.slash("/papers pause 7")).reply()
    await (await peer.slash("/papers list")).reply()
    assert not peer.posts("C1")
    assert not peer.calls("chat.postMessage")


async def test_the_bots_name_may_stand_in_its_mention(peer: SlackPeer, core: Core):
    await peer.mention("<@UBOT|paperpigeon> list")
    await peer.until(lambda: core.asked)
    assert core.written == ["list"]
