"""Commands, buttons, forms, shortcuts and the App Home: the real Bolt over a socket."""

import asyncio
import json
from datetime import timedelta

import pytest

from adapters.slack.adapter import SlackAdapter
from bot.cards import Action, Attachment, Card, CardKind
from bot.cards.reply import message
from bot.commands.verbs import OFFERED
from bot.errors import StoreUnavailable
from bot.models import Destination, MessageRef
from bot.ports import HappeningKind, Reply
from bot.testing.cards import EXAMPLE_CARDS
from tests.adapters.slack.conftest import Core, MemoryShelf, serving_with
from tests.peers.slack_server import SlackPeer, refuse

pytestmark = pytest.mark.usefixtures("serving")


def text_of(part: object) -> str:
    return json.dumps(part, ensure_ascii=False)


# --- written commands --------------------------------------------------------------------------


async def test_a_command_is_acknowledged_carried_out_and_answered_privately(peer: SlackPeer, core: Core):
    asked = await peer.slash("/papers subscribe diffusion (policy OR planning) when:daily at:09:00")
    reply = await asked.reply()
    assert reply["response_type"] == "ephemeral"
    assert reply["replace_original"] is False
    assert core.written == ["subscribe diffusion (policy OR planning) when:daily at:09:00"]
    origin = core.asked[0][1]
    assert origin.where == Destination(platform="slack", workspace="T1", channel="C1")
    assert (origin.where.name, origin.person.name, origin.zone, origin.locale) == (
        "#robotics",
        "ann",
        "Europe/Paris",
        "en-GB",
    )
    assert origin.me.direct


async def test_slacks_escapes_and_curly_quotes_are_understood(peer: SlackPeer, core: Core):
    await (await peer.slash("/papers subscribe “robot learning” upvotes&gt;=20 to:<#C2|random>")).reply()
    command = core.asked[0][0]
    assert command.options == {"query": '"robot learning" upvotes>=20', "to": "<#C2>"}


async def test_every_verb_works_by_the_same_registry(peer: SlackPeer, core: Core):
    examples = [example for verb in OFFERED for example in verb.examples]
    for example in examples:
        asked = await peer.slash(f"/papers {example}")
        if asked.trigger not in peer.triggers:
            continue  # a bare verb opened its form
        await asked.reply()
    heard = {command.verb for command, _ in core.asked}
    assert heard >= {verb.name for verb in OFFERED}


async def test_mistakes_are_answered_with_a_sentence(peer: SlackPeer, core: Core):
    reply = await (await peer.slash("/papers subscrbe x")).reply()
    assert "subscribe" in reply["text"]
    assert core.asked == []


async def test_a_public_reply_and_a_public_line_go_to_the_channel(peer: SlackPeer, core: Core):
    core.replies["status"] = Reply(card=message("All well"), private=False)
    assert (await (await peer.slash("/papers status")).reply())["response_type"] == "in_channel"
    core.replies["remove"] = Reply(card=message("Removed"), announce=message("ann removed s7"))
    asked = await peer.slash("/papers remove 7")
    assert (await asked.reply())["response_type"] == "ephemeral"
    assert (await asked.reply(2))["response_type"] == "in_channel"
    assert "ann removed" in text_of(peer.posts("C1")[-1])


async def test_a_mention_is_answered_where_it_was_written(peer: SlackPeer, core: Core):
    parent = peer.stamp()
    peer.messages["C1"].append({"ts": parent, "user": "U2", "text": "look"})
    await peer.mention("<@UBOT> explain 2511.01234", thread=parent)
    said = (await peer.until(lambda: peer.ephemerals))[0]
    assert (said["channel"], said["user"], said["thread_ts"]) == ("C1", "U1", parent)
    assert core.written == ["explain 2511.01234"]
    assert core.asked[0][1].message == MessageRef(
        platform="slack", channel="C1", message=parent, thread=parent
    )


async def test_direct_messages_are_commands_too(peer: SlackPeer, core: Core):
    await peer.say("list mine")
    await peer.until(lambda: len(peer.posts("DU1")) == 2)
    assert core.written == ["list mine"]
    assert core.asked[0][1].where == core.asked[0][1].me


async def test_what_bots_write_and_what_was_edited_is_no_command(peer: SlackPeer, core: Core):
    await peer.say("list", bot_id="B1")
    await peer.say("list", subtype="message_changed")
    await peer.mention("<@UBOT> list", bot_id="B9")
    await (await peer.slash("/papers status")).reply()
    assert core.written == ["status"]


async def test_people_of_another_company_cannot_command(peer: SlackPeer, core: Core):
    peer.add_user("X1", name="eve", team="T2")
    peer.channels["C1"]["members"].add("X1")
    await peer.mention("<@UBOT> list", user="X1", team="T2")
    said = (await peer.until(lambda: peer.ephemerals))[0]
    assert "Only members of the workspace" in said["text"]
    reply = await (
        await peer.press("Pause", message={"ts": "1.0", **_posted("reply-list")}, user="X1")
    ).reply()
    assert "Only members of the workspace" in reply["text"]
    assert core.asked == []


# --- safety ------------------------------------------------------------------------------------


async def test_what_is_delivered_again_is_not_done_again(peer: SlackPeer, core: Core, shelf: MemoryShelf):
    asked = await peer.slash("/papers pause 7")
    await asked.reply()
    event = await peer.mention("<@UBOT> list")
    await peer.until(lambda: len(core.asked) == 2)
    for exchange in (asked, event):
        again = await peer.again(exchange)
        assert again.acknowledged_after is not None
    await (await peer.slash("/papers status")).reply()
    assert [command.verb for command, _ in core.asked] == ["pause", "list", "status"]
    assert {shelf.ttls[name] for name in shelf.kept if name.startswith("seen/")} == {timedelta(hours=24)}


async def test_the_acknowledgement_waits_for_nothing(peer: SlackPeer, core: Core, shelf: MemoryShelf):
    held = asyncio.Event()

    async def slowly(command, origin):
        await held.wait()
        return Reply(card=message("Late"))

    core.replies["search"] = slowly
    shelf.broken = StoreUnavailable("The store is down.")
    asked = await peer.slash("/papers search diffusion")
    assert asked.acknowledged_after is not None
    assert asked.acknowledged_after < 1
    assert asked.responses == []
    held.set()
    assert "Late" in (await asked.reply())["text"]


async def test_a_broken_core_is_told_and_not_shown(peer: SlackPeer, core: Core):
    core.replies["list"] = RuntimeError("secret detail")
    reply = await (await peer.slash("/papers list")).reply()
    assert "Something broke" in reply["text"]
    assert "secret" not in text_of(reply)
    core.replies["list"] = StoreUnavailable("The store cannot be reached.")
    assert "The store cannot be reached" in (await (await peer.slash("/papers list")).reply())["text"]


async def test_who_pressed_comes_from_slack_and_never_from_the_button(peer: SlackPeer, core: Core):
    forged = {"type": "button", "action_id": "pigeon.1.0", "value": "remove 7 workspace:T2 user:U9"}
    reply = await (
        await peer.press("", message={"ts": "1.0", "blocks": []}, user="U2", action=forged)
    ).reply()
    assert core.asked == []
    assert "not the number of a subscription" in reply["text"]
    forged["value"] = "remove 7"
    await (await peer.press("", message={"ts": "1.0", "blocks": []}, user="U2", action=forged)).reply()
    assert core.asked[0][1].person.id == "U2"
    assert core.asked[0][1].workspace == ("slack", "T1")


# --- buttons -----------------------------------------------------------------------------------


def _posted(name: str) -> dict:
    from adapters.slack import render

    return render.message(EXAMPLE_CARDS[name])


async def test_buttons_and_menus_carry_written_commands(peer: SlackPeer, core: Core, serving: SlackAdapter):
    where = Destination(platform="slack", workspace="T1", channel="C1")
    ref = await serving.send(where, EXAMPLE_CARDS["paper-full"], key="k")
    post = peer.posts("C1")[0]
    await (await peer.press("Save", message=post)).reply()
    await (await peer.press("BibTeX", message=post)).reply()
    assert core.written == ["save 2511.01234", "bibtex 2511.01234"]
    assert core.asked[0][1].message == MessageRef(platform="slack", channel="C1", message=ref.message)


async def test_a_reply_takes_the_place_of_the_private_message(peer: SlackPeer, core: Core):
    core.replies["confirm"] = Reply(card=message("Removed all"), replace=True)
    reply = await (await peer.press("Remove all", message={"ts": "1.0", **_posted("reply-confirm")})).reply()
    assert reply["replace_original"] is True


async def test_links_are_acknowledged_and_nothing_else(peer: SlackPeer, core: Core):
    asked = await peer.press("arXiv", message={"ts": "1.0", **_posted("paper-compact")})
    await (await peer.slash("/papers status")).reply()
    assert asked.responses == []
    assert core.written == ["status"]


async def test_buttons_of_another_version_say_so(peer: SlackPeer, core: Core):
    old = {"type": "button", "action_id": "pigeon.0.x", "value": "mute s7"}
    reply = await (await peer.press("", message={"ts": "1.0", "blocks": []}, action=old)).reply()
    assert "another version" in reply["text"]
    assert core.asked == []


async def test_files_are_handed_over_by_direct_message(peer: SlackPeer, core: Core):
    card = Card(
        kind=CardKind.REPLY, blocks=(), fallback="Saved", files=(Attachment("saved.bib", b"@misc{a}\n"),)
    )
    core.replies["saved"] = Reply(card=card)
    reply = await (await peer.slash("/papers saved bibtex")).reply()
    assert "Sent to your direct messages: saved.bib" in text_of(reply)
    (file,) = peer.files.values()
    assert (file["content"], file["channel"]) == (b"@misc{a}\n", "DU1")
    peer.faults.always("files.getUploadURLExternal", refuse("missing_scope"))
    assert "@misc{a}" in text_of(await (await peer.slash("/papers saved bibtex")).reply())


# --- shortcuts, Home, events ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("callback", "verb"), [("pigeon_discuss", "discuss 2511.01234"), ("pigeon_save", "save 2511.01234")]
)
async def test_shortcuts_on_messages_find_the_paper(peer: SlackPeer, core: Core, callback: str, verb: str):
    said = {"ts": "1.0", "user": "U2", "text": "see <https://arxiv.org/abs/2511.01234v2|this> &amp; that"}
    await (await peer.shortcut(callback, message=said)).reply()
    (command,) = [command for command, _ in core.asked]
    assert f"{command.verb} {command.options['paper'].removeprefix('arxiv:')}" == verb
    reply = await (await peer.shortcut(callback, message={"ts": "2.0", "text": "lunch?"})).reply()
    assert "no paper" in reply["text"]
    await (await peer.shortcut(callback, message={"ts": "1.0", **_posted("paper-compact")})).reply()
    assert core.asked[-1][0].options["paper"] == "arxiv:2511.01234", "our own cards work, too"


async def test_global_shortcuts_open_their_forms(peer: SlackPeer, core: Core):
    assert (await (await peer.shortcut("pigeon_find")).modal())["title"]["text"] == "Search"
    view = await (await peer.shortcut("pigeon_new_subscription")).modal()
    await peer.submit(view, {"query": "x"})
    await peer.until(lambda: core.asked)
    assert core.asked[0][1].where.direct, "asked for nowhere: one's own direct messages"


async def test_the_home_shows_alerts_saved_papers_and_status(peer: SlackPeer, core: Core):
    offered = (
        Action("Set up this channel", command="welcome channel"),
        Action("Show me an example", command="preview diffusion"),
    )
    core.replies["welcome"] = Reply(card=message("Hello", actions=offered))
    core.replies["list"] = Reply(card=EXAMPLE_CARDS["reply-list"])
    await peer.open_home()
    home = await peer.until(lambda: peer.homes.get("U1"))
    assert [command.verb for command, _ in core.asked] == ["welcome", "list", "list", "saved", "status"]
    headers = [block["text"]["text"] for block in home["blocks"] if block["type"] == "header"]
    assert headers == ["Hello", "My alerts", "This workspace", "Saved papers", "Status"]
    assert "Show me an example" in text_of(home)
    assert "this channel" not in text_of(home), "there is none"
    peer.homes.clear()
    await peer.open_home()
    home = await peer.until(lambda: peer.homes.get("U1"))
    assert "Hello" not in text_of(home), "the welcome is for the first visit"


async def test_pressing_in_the_home_opens_a_modal_and_draws_it_anew(peer: SlackPeer, core: Core):
    core.replies["list"] = Reply(card=EXAMPLE_CARDS["reply-list"])
    await peer.open_home()
    home = await peer.until(lambda: peer.homes.get("U1"))
    peer.homes.clear()
    await peer.press("Pause", view=home)
    await peer.until(lambda: peer.homes.get("U1"))
    assert any("Heard" in text_of(view) for view in peer.views.values())
    await peer.press("New subscription", view=home)
    await peer.until(lambda: any("field.query" in text_of(view) for view in peer.views.values()))


async def test_the_messages_tab_is_not_the_home(peer: SlackPeer, core: Core):
    await peer.event({"type": "app_home_opened", "user": "U1", "channel": "DU1", "tab": "messages"})
    await (await peer.slash("/papers status")).reply()
    assert core.written == ["status"]
    assert peer.homes == {}


@pytest.mark.parametrize(
    ("event", "kind"),
    [
        ({"type": "channel_archive", "channel": "C1"}, HappeningKind.DESTINATION_GONE),
        ({"type": "channel_deleted", "channel": "C1"}, HappeningKind.DESTINATION_GONE),
        ({"type": "group_left", "channel": "G1"}, HappeningKind.DESTINATION_GONE),
        ({"type": "channel_unarchive", "channel": "C1"}, HappeningKind.DESTINATION_BACK),
        ({"type": "member_joined_channel", "channel": "C2", "user": "UBOT"}, HappeningKind.DESTINATION_BACK),
        ({"type": "app_uninstalled"}, HappeningKind.WORKSPACE_LEFT),
        (
            {"type": "tokens_revoked", "tokens": {"oauth": ["U1"], "bot": ["UBOT"]}},
            HappeningKind.WORKSPACE_LEFT,
        ),
    ],
    ids=lambda value: value["type"] if isinstance(value, dict) else "",
)
async def test_what_slack_reports_reaches_the_core(
    peer: SlackPeer, core: Core, event: dict, kind: HappeningKind
):
    await peer.event({"type": "member_joined_channel", "channel": "C2", "user": "U2"})
    await peer.event(event)
    async with asyncio.timeout(30):
        await core.told.wait()
    (happening,) = core.happenings
    assert happening.kind is kind
    assert happening.destination == Destination(
        platform="slack", workspace="T1", channel=event.get("channel", "")
    )


async def test_leaving_lets_running_commands_finish(peer: SlackPeer, core: Core, shelf: MemoryShelf):
    began, held = asyncio.Event(), asyncio.Event()

    async def slowly(command, origin):
        began.set()
        await held.wait()
        return Reply(card=message("Done at last"))

    core.replies["search"] = slowly
    async with serving_with(peer, shelf, core):
        await peer.until_connected(2)
        asked = [await peer.slash("/papers search x") for _ in range(2)]
        await began.wait()
        asyncio.get_running_loop().call_later(0.05, held.set)
    for exchange in asked:
        assert "Done at last" in (await exchange.reply())["text"]
