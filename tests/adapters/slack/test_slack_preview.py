"""The preview in a form keeps up with what is typed, and never ahead of Slack's budget or of an answer."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from adapters.slack.live import PER_MINUTE, QUIET, Live
from bot.cards import Field, Form
from bot.cards.reply import error_card, message
from bot.commands.verbs import BY_NAME
from bot.ports import Reply
from bot.testing.cards import EXAMPLE_CARDS
from bot.testing.clock import FakeClock
from tests.adapters.slack.conftest import Core, MemoryShelf, serving_with
from tests.peers.slack_server import SlackPeer, rate_limited
from tests.peers.slack_surfaces import filled


def text_of(part: object) -> str:
    return json.dumps(part, ensure_ascii=False)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture(autouse=True)
async def served(peer: SlackPeer, shelf: MemoryShelf, core: Core, clock: FakeClock) -> AsyncIterator[None]:
    core.replies["preview"] = Reply(card=EXAMPLE_CARDS["reply-subscribed"])
    async with serving_with(peer, shelf, core, clock=clock):
        yield


async def asleep(clock: FakeClock, tasks: int = 1) -> None:
    async with asyncio.timeout(30):
        await clock.until_asleep(tasks)


async def opened(peer: SlackPeer) -> dict[str, Any]:
    return await (await peer.slash("/papers subscribe")).modal()


async def drawn(peer: SlackPeer, view: dict[str, Any], text: str) -> dict[str, Any]:
    """The form, once it shows that."""
    return await peer.until(lambda: text in text_of(peer.views[view["id"]]) and peer.views[view["id"]])


async def test_it_follows_what_is_typed_and_is_drawn_once_for_all_of_it(
    peer: SlackPeer, core: Core, clock: FakeClock
):
    view = await opened(peer)
    await peer.type_in(view, "query", "diffusion -survey")
    await asleep(clock, len("diffusion -survey"))
    assert not peer.calls("views.update"), "somebody who types is not disturbed"
    await clock.advance(QUIET)
    shown = await drawn(peer, view, "Written: `/papers subscribe diffusion -survey`")
    assert "about 1.7 a day" in text_of(shown), "the rate"
    assert len(peer.calls("views.update")) == 1
    assert core.written == ["preview diffusion -survey"]
    ids = [block["block_id"] for block in shown["blocks"]]
    assert ids[ids.index("field.query") + 1].startswith("passing."), "right under the filter"
    query = shown["blocks"][ids.index("field.query")]
    assert query["element"]["initial_value"] == "diffusion -survey", "what was typed stays"
    assert [one for one in ids if not one.startswith("passing.")] == [
        one["block_id"] for one in view["blocks"] if not one["block_id"].startswith("passing.")
    ], "the fields are the same, so that Slack keeps what is in them"


async def test_every_choice_changes_the_written_form(peer: SlackPeer, clock: FakeClock):
    view = await opened(peer)
    held = {"query": "robot"}
    for field, value in (("when", "weekly"), ("to", "me"), ("name", "mine")):
        held[field] = value
        await peer.type_in(view, field, value, values=held)
        await asleep(clock)
        await clock.advance(QUIET)
        written = [f"{name}:{held[name]}" for name in ("to", "when", "name") if name in held]
        view = await drawn(peer, view, f"Written: `/papers subscribe robot {' '.join(written)}`")


@pytest.mark.parametrize("name", ["subscribe", "preview", "search", "edit"])
async def test_every_field_of_a_form_with_a_filter_is_followed(peer: SlackPeer, name: str):
    view = await (await peer.slash(f"/papers {name}")).modal()
    fields = [block for block in view["blocks"] if block["type"] == "input"]
    assert len(fields) >= len(BY_NAME[name].options)
    assert all(block["dispatch_action"] for block in fields)
    assert "shows here as you type" in text_of(view)


async def test_a_filter_that_is_not_finished_says_what_is_missing_below_it(
    peer: SlackPeer, core: Core, clock: FakeClock
):
    core.replies["preview"] = Reply(card=error_card("I can't read the query: a ) is missing."))
    view = await opened(peer)
    await peer.type_in(view, "query", "(a")
    await asleep(clock)
    await clock.advance(QUIET)
    shown = await drawn(peer, view, "is missing")
    assert shown["blocks"][0]["block_id"] == "field.query", "the fields stay where they are"
    assert "Written" not in text_of(shown)
    await peer.type_in(shown, "query", "")
    await asleep(clock)
    await clock.advance(QUIET)
    assert "is missing" not in text_of(await drawn(peer, view, "shows here as you type"))


async def test_a_form_that_opens_with_a_filter_opens_with_its_preview(peer: SlackPeer, core: Core):
    form = Form("Edit s7", "edit s7", (Field("query", "Filter", "diffusion"), Field("when", "When", "daily")))
    core.replies["edit"] = Reply(card=message("Edit s7"), form=form)
    view = await (await peer.slash("/papers edit 7")).modal()
    await drawn(peer, view, r"edit 7 query:\"diffusion\" when:daily`")
    assert core.written[-1] == "preview diffusion"


async def test_a_preview_that_comes_late_does_not_cover_the_answer(
    peer: SlackPeer, core: Core, clock: FakeClock
):
    view = await opened(peer)
    await peer.type_in(view, "query", "ab")
    await asleep(clock, 2)
    await peer.submit(view, {"query": "ab"})
    await drawn(peer, view, "Heard")
    await clock.advance(QUIET)
    await peer.slash("/papers list")  # what was woken has had its turn
    assert "Heard" in text_of(peer.views[view["id"]])
    assert core.written == ["subscribe ab", "list"]


async def test_slack_may_ask_to_slow_down(peer: SlackPeer, core: Core, clock: FakeClock):
    view = await opened(peer)
    peer.faults.next("views.update", rate_limited(7))
    await peer.type_in(view, "query", "a")
    await asleep(clock)
    await clock.advance(QUIET)
    await peer.until(lambda: peer.calls("views.update"))
    await asleep(clock)
    await clock.advance(6)
    assert len(peer.calls("views.update")) == 1
    await clock.advance(1)
    await drawn(peer, view, "Written: `/papers subscribe a`")


async def test_a_workspace_draws_no_more_than_its_budget(clock: FakeClock, shelf: MemoryShelf):
    live = Live(shelf, clock)
    for _ in range(PER_MINUTE):
        await live.turn("T1")
    await live.turn("T2")
    waiting = asyncio.create_task(live.turn("T1"))
    await asleep(clock)
    await clock.advance(59)
    assert not waiting.done()
    await clock.advance(1)
    await waiting


async def test_only_who_saw_the_last_key_draws(clock: FakeClock, shelf: MemoryShelf):
    one, another = Live(shelf, clock), Live(shelf, clock)
    first = await one.mark("V1")
    second = await another.mark("V1")
    assert not await one.is_last("V1", first)
    assert await another.is_last("V1", second)


async def test_a_form_is_filled_in_and_sent(peer: SlackPeer, core: Core, clock: FakeClock):
    view = await opened(peer)
    await peer.type_in(view, "query", "x", values={"when": "weekly", "to": "me"})
    await asleep(clock)
    await clock.advance(QUIET)
    shown = await drawn(peer, view, "Written: `/papers subscribe x to:me when:weekly`")
    sent = await peer.submit(shown, {})
    assert sent.ack is not None
    assert sent.ack["response_action"] == "update"
    await drawn(peer, view, "Heard")
    assert core.written[-1] == "subscribe x to:me when:weekly"
    assert core.asked[-1][1].where.channel == "C1", "the channel in which the form was asked for"
    assert filled(shown, {})["state"]["values"]["field.query"]["pigeon.value"]["value"] == "x"
