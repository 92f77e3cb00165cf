"""Modals: forms made from the registry, previewed, sent, and reopened with what was wrong."""

import json
from dataclasses import replace
from typing import Any

import pytest

from adapters.slack import forms, render
from adapters.slack.desk import Asked
from bot.cards import Action, Field, Form
from bot.cards.reply import error_card, message
from bot.commands.model import Choice
from bot.commands.verbs import OFFERED, VERBS
from bot.ports import Reply
from bot.testing.cards import EXAMPLE_CARDS
from tests.adapters.slack.conftest import Core
from tests.peers.slack_contract import check_view
from tests.peers.slack_server import SlackPeer, refuse
from tests.peers.slack_surfaces import filled

pytestmark = pytest.mark.usefixtures("serving")


def text_of(part: object) -> str:
    return json.dumps(part, ensure_ascii=False)


def _posted(name: str) -> dict[str, Any]:
    return render.message(EXAMPLE_CARDS[name])


async def test_a_bare_verb_opens_the_form_of_the_registry(peer: SlackPeer, core: Core):
    asked = await peer.slash("/papers subscribe")
    view = await asked.modal()
    fields = [block["block_id"] for block in view["blocks"] if block["block_id"].startswith("field.")]
    verb = next(verb for verb in VERBS if verb.name == "subscribe")
    assert fields == [f"field.{option.name}" for option in verb.options]
    assert core.asked == []


@pytest.mark.parametrize("verb", [verb for verb in OFFERED if verb.options], ids=lambda verb: verb.name)
async def test_every_form_is_one_that_slack_takes(peer: SlackPeer, verb):
    asked = Asked(workspace="T1", user="U1", channel="C1")
    view = forms.view(replace(forms.verb_form(verb), error="`x` <!channel> is wrong"), asked)
    check_view(view)
    check_view(forms.refilled(filled(view, {}), preview=EXAMPLE_CARDS["digest"]))
    check_view(forms.refilled(filled(view, {}), error=EXAMPLE_CARDS["error"]))


async def test_errors_reopen_the_form_filled_in(peer: SlackPeer, core: Core):
    core.replies["subscribe"] = Reply(card=error_card("I can't read the query: a ) is missing."))
    view = await (await peer.slash("/papers subscribe")).modal()
    await peer.submit(view, {"query": "(a OR", "name": "mine", "channel.to": "C2"})
    await peer.until(lambda: "is missing" in text_of(peer.views[view["id"]]))
    again = peer.views[view["id"]]
    held = {block["block_id"]: block["element"] for block in again["blocks"] if block["type"] == "input"}
    assert held["field.query"]["initial_value"] == "(a OR"
    assert held["field.name"]["initial_value"] == "mine"
    assert held["channel.to"]["initial_conversation"] == "C2"
    assert core.asked[0][0].options["to"] == "<#C2>"
    core.replies.clear()
    await peer.submit(again, {"query": "a OR b"})
    await peer.until(lambda: "Heard" in text_of(peer.views[view["id"]]))
    assert core.asked[-1][0].options == {"query": "a OR b", "name": "mine", "to": "<#C2>"}


async def test_what_the_form_itself_lacks_is_said_in_it(peer: SlackPeer, core: Core):
    view = await (await peer.slash("/papers search")).modal()
    await peer.submit(view, {"query": "", "days": "9999"})
    await peer.until(lambda: "passing." in text_of(peer.views[view["id"]]))
    assert core.asked == []


async def test_menus_are_filled_while_somebody_types(peer: SlackPeer, core: Core):
    core.choices = [Choice("7", "7 · robotics · daily 09:00 · #ml"), Choice("12", "12 · vision")]
    view = await (await peer.slash("/papers pause")).modal()
    assert [row["value"] for row in await peer.suggest(view, "subscription", "")] == ["7", "12"]
    assert [row["value"] for row in await peer.suggest(view, "subscription", "12")] == ["12"]
    assert [row["value"] for row in await peer.suggest(view, "subscription", "99")] == ["99"]


async def test_a_form_of_the_core_opens_from_a_button(peer: SlackPeer, core: Core):
    form = Form(
        "Edit s7",
        "edit s7",
        (
            Field("query", "Filter", "diffusion"),
            Field("when", "When", "daily", choices=(("daily", "Daily"), ("instant", "At once"))),
        ),
    )
    core.replies["edit"] = Reply(card=message("Edit s7"), form=form)
    asked = await peer.press("Edit", message={"ts": "1.0", **_posted("reply-list")})
    view = await asked.modal()
    core.replies.clear()
    await peer.submit(view, {"when": "instant"})
    await peer.until(lambda: "Heard" in text_of(peer.views[view["id"]]))
    assert core.asked[-1][0].options == {"subscription": "7", "query": "diffusion", "when": "instant"}


async def test_a_stale_trigger_leaves_a_button_to_open_the_form(peer: SlackPeer, core: Core):
    peer.faults.next("views.open", refuse("expired_trigger_id"), refuse("expired_trigger_id"))
    reply = await (await peer.slash("/papers subscribe")).reply()
    view = await (
        await peer.press("Open the form", message={"ts": "1.0", **reply}, response_url=True)
    ).reply()
    assert "Open the form" in text_of(view)
    opened = await (await peer.press("Open the form", message={"ts": "1.0", **view})).modal()
    assert "field.query" in text_of(opened)


async def test_buttons_in_a_modal_answer_in_it(peer: SlackPeer, core: Core):
    core.replies["search"] = Reply(
        card=message("Found", actions=(Action("More", command="search x days:90"),))
    )
    view = await (await peer.slash("/papers search")).modal()
    await peer.submit(view, {"query": "x"})
    shown = await peer.until(lambda: [v for v in peer.views.values() if "Found" in text_of(v)])
    core.replies.clear()
    await peer.press("More", view=shown[0])
    await peer.until(lambda: "Heard" in text_of(peer.views[view["id"]]))
    assert core.written[-1] == "search x days:90"
