"""Verbs, buttons, menus, dialogues and typing, as people use them, in simcord's Discord."""

from __future__ import annotations

from dataclasses import replace

import pytest

from adapters.discord.commands import DISCUSS, SAVE
from bot.cards import Action, Card, CardKind, Field, Form, Paragraph, Span
from bot.commands.model import Choice
from bot.commands.verbs import OFFERED
from bot.errors import CommandError
from bot.models import Destination
from bot.ports import Reply
from bot.testing.cards import EXAMPLE_CARDS
from tests.adapters.discord.fakes import said
from tests.adapters.discord.sim import World, texts, world

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


def with_button(command: str, label: str = "Press", **more) -> Reply:
    card = Card(
        kind=CardKind.REPLY,
        blocks=(Paragraph((Span("pressable"),)),),
        actions=(Action(label, command=command),),
        fallback="x",
    )
    return Reply(card=card, **more)


def as_it_is(w: World, shown):
    """A message as it is now."""
    return type(shown)(w.env, w.env.backend.get_message(w.channel.id, shown.id))


async def test_every_verb_is_a_subcommand_and_reaches_the_core() -> None:
    async with world() as w:
        offered = w.bob.available_commands(w.channel)
        assert set(offered) >= {f"papers {verb.name}" for verb in OFFERED}
        for verb in OFFERED:
            required = {
                option.name: 7 if option.kind == "integer" else "7"
                for option in verb.options
                if option.required
            }
            result = await w.bob.slash(w.channel, f"papers {verb.name}", **required)
            assert w.core.last[0].verb == verb.name
            assert result.response.ephemeral
            assert texts(result.response) == f"did {verb.name}"


async def test_options_arrive_as_people_would_have_typed_them() -> None:
    async with world() as w:
        await w.bob.slash(w.channel, "papers settings", announcements=False, threads="never")
        command, origin = w.core.last
        assert dict(command.options) == {"announcements": "off", "threads": "never"}
        assert origin.where == Destination(
            platform="discord", workspace=str(w.guild.id), channel=str(w.channel.id)
        )
        assert origin.where.name == "#ml"
        assert origin.person.id == str(w.bob.id)
        assert origin.me.direct


async def test_the_public_sees_one_line_and_only_that() -> None:
    async with world() as w:
        line = Card(kind=CardKind.NOTICE, blocks=(Paragraph((Span("alice subscribed"),)),), fallback="x")
        w.core.answers["subscribe"] = said("Subscribed: s7", announce=line)
        result = await w.alice.slash(w.channel, "papers subscribe", query="robots")
        assert result.response.ephemeral
        assert [(texts(one), one.ephemeral) for one in result.followups] == [("alice subscribed", False)]


async def test_a_public_reply_is_public() -> None:
    async with world() as w:
        w.core.answers["status"] = Reply(card=EXAMPLE_CARDS["paper-full"], private=False)
        result = await w.bob.slash(w.channel, "papers status")
        assert not result.response.ephemeral


@pytest.mark.parametrize("private", [True, False])
async def test_a_slow_answer_is_acknowledged_first(private: bool) -> None:
    async with world() as w:
        w.core.delay = 1.2
        w.core.answers["status"] = said("all well", private=private)
        result = await w.bob.slash(w.channel, "papers status")
        await w.env.advance_time(2.0)
        first = next(one for one in w.env.http_requests if one.path.endswith("/callback"))
        assert first.json == {"type": 5, "data": {"flags": 64}}
        shown = [result.response, *result.followups]
        assert ("all well", private) in [(texts(one), one.ephemeral) for one in shown]
        assert len(shown) == (1 if private else 2)


async def test_what_looks_through_many_papers_is_acknowledged_before_it_begins() -> None:
    async with world() as w:
        begun = []
        w.core.begins = lambda: begun.append([one for one in w.env.http_requests if "/callback" in one.path])
        for line, options in {
            "papers search": {"query": "robots"},
            "papers subscribe": {"query": "robots"},
            "papers preview": {"query": "robots"},
        }.items():
            await w.alice.slash(w.channel, line, **options)
            first = begun[-1][-1]
            assert first.json == {"type": 5, "data": {"flags": 64}}, line
        assert [len(one) for one in begun] == [1, 2, 3]
        await w.alice.slash(w.channel, "papers list")
        assert len(begun[-1]) == 3, "what is quick is answered at once"


async def test_a_failure_is_a_sentence_with_a_number_and_never_a_stack_trace() -> None:
    async with world() as w:
        w.core.answers["status"] = RuntimeError("secret detail")
        result = await w.bob.slash(w.channel, "papers status")
        assert "Something went wrong" in texts(result.response)
        assert "secret" not in texts(result.response)
        w.core.answers["status"] = CommandError("Do that instead.")
        assert texts((await w.bob.slash(w.channel, "papers status")).response) == "Do that instead."


async def test_buttons_work_after_a_restart_and_say_who_pressed() -> None:
    async with world() as w:
        w.core.answers["list"] = with_button("pause s7 for:1d", private=False)
        shown = (await w.alice.slash(w.channel, "papers list")).response
        await w.env.restart_bot(w.client())
        result = await w.bob.click(shown.message, label="Press")
        command, origin = w.core.last
        assert (command.verb, dict(command.options)) == ("pause", {"subscription": "7", "for": "1d"})
        assert origin.person.id == str(w.bob.id)
        assert origin.message.message == str(shown.id)
        assert result.response.ephemeral or result.followups[0].ephemeral


async def test_menus_carry_commands_too() -> None:
    async with world() as w:
        w.core.answers["list"] = Reply(card=EXAMPLE_CARDS["reply-list"])
        shown = (await w.alice.slash(w.channel, "papers list")).response
        await w.alice.select(shown.message, ["pause s1"], custom_id="p1-menu")
        assert w.core.last[0].verb == "pause"


async def test_a_button_nobody_knows_any_more_says_so() -> None:
    async with world() as w:
        w.core.answers["list"] = with_button("fly s7")
        shown = (await w.alice.slash(w.channel, "papers list")).response
        result = await w.alice.click(shown.message, label="Press")
        assert "fly" in texts(result.response)


async def test_a_private_card_is_replaced_and_a_public_one_is_not() -> None:
    async with world() as w:
        for private in (True, False):
            w.core.answers["list"] = with_button("undo u1", private=private)
            w.core.answers["undo"] = said("undone", replace=True)
            shown = (await w.alice.slash(w.channel, "papers list")).response
            await w.alice.click(shown.message, label="Press")
            assert texts(as_it_is(w, shown)) == ("undone" if private else "pressable")


FORM = Form(
    title="Edit s7",
    command="edit s7",
    fields=(
        Field("query", "Filter", value="old", required=True, long=True),
        Field("when", "How often", value="daily", choices=(("daily", "Daily"), ("weekly", "Weekly"))),
        Field("name", "Name", hint="What to call it"),
    ),
)


async def test_a_form_opens_and_its_answers_are_a_command() -> None:
    async with world() as w:
        w.core.answers["edit"] = said("x", form=FORM)
        shown = await w.alice.slash(w.channel, "papers edit", subscription="7")
        assert shown.modal["title"] == "Edit s7"
        w.core.answers["edit"] = said("changed")
        result = await w.alice.submit_modal(shown, {"query": "new (a OR b)", "when": "weekly"})
        command, _ = w.core.last
        assert command.verb == "edit"
        assert command.options["subscription"] == "7"
        assert command.options["query"] == "new (a OR b)"
        assert command.options["when"] == "weekly"
        assert texts(result.response) == "changed"


@pytest.mark.parametrize("kind", [CardKind.ERROR, CardKind.REPLY])
async def test_a_refused_form_keeps_what_was_typed(kind: CardKind) -> None:
    async with world() as w:
        w.core.answers["edit"] = said("x", form=FORM)
        shown = await w.alice.slash(w.channel, "papers edit", subscription="7")
        w.core.answers["edit"] = refusal = said("A ) is missing.")
        if kind is CardKind.ERROR:  # what the core says of a filter with a fault
            w.core.answers["edit"] = replace(refusal, card=replace(refusal.card, kind=kind))
        else:
            w.core.answers["edit"] = replace(refusal, form=replace(FORM, error="A ) is missing."))
        refused = await w.alice.submit_modal(shown, {"query": "(a OR", "when": "daily"})
        assert "A ) is missing." in texts(refused.response)
        await w.env.restart_bot(w.client())
        again = await w.alice.click(refused.response.message, label="Open the form")
        query, when, *_ = again.modal["components"]
        assert query["component"]["value"] == "(a OR"
        assert query["description"] == "A ) is missing."
        assert [one["value"] for one in when["component"]["options"] if one["default"]] == ["daily"]
        w.core.answers["edit"] = said("changed")
        await w.alice.submit_modal(again, {"query": "(a OR b)"})
        assert w.core.last[0].options["query"] == "(a OR b)"
        assert texts(as_it_is(w, refused.response)) == "changed", "in the place of the refusal"


LONG = Form(
    title="Edit s7",
    command="edit s7",
    fields=(
        Field("query", "Filter", value="old", required=True, long=True),
        Field("to", "To", value="<#1|was>"),
        Field("when", "When", value="daily", choices=(("daily", "Daily"), ("weekly", "Weekly"))),
        Field("at", "At", value="09:00"),
        Field("name", "Name", value="mine", cleared="none"),
        Field("days", "Days", value="mon,fri"),
        Field("mention", "Mention", value="55", cleared="none"),
        Field("sources", "Sources", value="arxiv"),
    ),
)


async def test_a_long_form_goes_on_behind_a_button_and_sends_all_of_it() -> None:
    async with world() as w:
        w.core.answers["edit"] = said("x", form=LONG)
        shown = await w.alice.slash(w.channel, "papers edit", subscription="7")
        first = {part["component"]["custom_id"]: part["component"] for part in shown.modal["components"]}
        assert list(first) == ["query", "to", "when", "at", "name"]
        offered = [option["value"] for option in first["to"]["options"]]
        assert offered == ["<#1|was>", "here", "me", f"<#{w.channel.id}|ml>"]
        assert first["to"]["options"][0]["default"]
        assert first["when"]["type"] == 21
        w.core.answers["edit"] = said("changed")
        done = await w.alice.submit_modal(
            shown, {"query": "new", "to": ["me"], "when": "weekly", "at": "09:00", "name": ""}
        )
        assert dict(w.core.last[0].options) == {
            "subscription": "7", "query": "new", "to": "me", "when": "weekly", "at": "09:00", "name": "none",
        }  # fmt: skip
        await w.env.restart_bot(w.client())
        more = await w.alice.click(done.response.message, label="More settings")
        second = {part["component"]["custom_id"]: part["component"] for part in more.modal["components"]}
        assert list(second) == ["days", "mention", "sources"]
        assert [one["value"] for one in second["days"]["options"] if one["default"]] == ["mon", "fri"]
        assert second["mention"]["default_values"] == [{"id": "55", "type": "role"}]
        await w.alice.submit_modal(more, {"days": ["tue", "sun"], "mention": [], "sources": "arxiv"})
        options = w.core.last[0].options
        assert (options["days"], options["mention"], options["sources"]) == ("tue,sun", "none", "arxiv")
        assert (options["query"], options["to"]) == ("new", "me"), "what the first page held goes along"
        assert "More settings" not in str(as_it_is(w, done.response).components), "that was the last page"


async def test_a_form_that_is_too_old_says_so() -> None:
    async with world() as w:
        w.core.answers["edit"] = said("x", form=FORM)
        shown = await w.alice.slash(w.channel, "papers edit", subscription="7")
        w.shelf.kept.clear()
        asked = len(w.core.asked)
        result = await w.alice.submit_modal(shown, {"query": "new"})
        assert "Use the command again" in texts(result.response)
        assert len(w.core.asked) == asked


async def test_a_slow_form_waits_behind_a_button() -> None:
    async with world() as w:
        w.core.delay = 1.2  # a dialogue cannot be opened later, so it is waited for
        w.core.answers["edit"] = said("x", form=FORM)
        waited = await w.alice.slash(w.channel, "papers edit", subscription="7")
        await w.env.advance_time(1.5)
        assert waited.modal["title"] == "Edit s7"
        w.core.delay = 2.5
        shown = await w.alice.slash(w.channel, "papers edit", subscription="7")
        await w.env.advance_time(3.0)
        opened = await w.alice.click(shown.response.message, label="Open the form")
        assert opened.modal["title"] == "Edit s7"


async def test_typing_offers_what_the_core_knows() -> None:
    async with world() as w:
        w.core.choices = [Choice("7", "7 · robotics · daily 09:00 · #ml")]
        offered = await w.alice.autocomplete(w.channel, "papers edit", "subscription", "rob")
        assert offered == [{"name": "7 · robotics · daily 09:00 · #ml", "value": "7"}]
        assert w.core.completions == [("edit", "subscription", "rob")]


async def test_typing_a_place_offers_channels_and_says_what_is_missing() -> None:
    async with world() as w:
        closed = w.guild.create_text_channel(
            "closed", overwrites={w.guild.default_role: _deny("send_messages")}
        )
        offered = await w.alice.autocomplete(w.channel, "papers subscribe", "to", "")
        labels = {choice["value"]: choice["name"] for choice in offered}
        assert {"here", "me", f"<#{w.channel.id}|ml>", f"<#{closed.id}|closed>"} <= labels.keys()
        assert labels[f"<#{closed.id}|closed>"] == "#closed (I lack Send Messages)"
        assert [
            c["value"] for c in await w.alice.autocomplete(w.channel, "papers subscribe", "to", "#clo")
        ] == [f"<#{closed.id}|closed>"]


async def test_typing_a_role_offers_the_servers_roles() -> None:
    async with world() as w:
        phd = w.guild.create_role("phd")
        offered = await w.alice.autocomplete(w.channel, "papers subscribe", "mention", "")
        labels = {choice["name"]: choice["value"] for choice in offered}
        assert labels["none"] == "none"
        assert labels["@phd"] == f"<@&{phd.id}>"
        assert "@everyone" not in str(labels)
        (only,) = await w.alice.autocomplete(w.channel, "papers subscribe", "mention", "@ph")
        assert only["value"] == f"<@&{phd.id}>"
        typed = f"<@&{phd.id}> man"
        (second,) = await w.alice.autocomplete(w.channel, "papers settings", "managers", typed)
        assert second["name"] == "@phd @manager"
        assert second["value"].startswith(f"<@&{phd.id}> <@&")


def _deny(name: str):
    import discord

    return discord.PermissionOverwrite(**{name: False})


@pytest.mark.parametrize("typed", ["#ml", "ml", "<#{id}>", "{id}"])
async def test_places_are_understood_however_they_are_typed(typed: str) -> None:
    async with world() as w:
        await w.alice.slash(w.channel, "papers subscribe", query="x", to=typed.format(id=w.channel.id))
        assert w.core.last[0].options["to"] == f"<#{w.channel.id}|ml>"
        for kept in ("here", "me", "#no-such-channel"):
            await w.alice.slash(w.channel, "papers subscribe", query="x", to=kept)
            assert w.core.last[0].options["to"] == kept


async def test_what_cannot_be_undone_is_asked_first() -> None:
    async with world() as w:
        erase = Action("Erase it", command="forget-me erase", confirm="Erase it all?")
        card = Card(kind=CardKind.REPLY, blocks=(Paragraph((Span("kept"),)),), actions=(erase,), fallback="x")
        w.core.answers["forget-me"] = Reply(card=card)
        shown = await w.bob.slash(w.channel, "papers forget-me")
        question = await w.bob.click(shown.response.message, label="Erase it")
        assert len(w.core.asked) == 1
        assert "«Erase it»: do you really want that?" in texts(question.response)
        assert question.response.ephemeral
        await w.bob.click(question.response.message, label="Erase it")
        assert dict(w.core.last[0].options) == {"action": "erase"}


@pytest.mark.parametrize(("menu", "verb"), [(DISCUSS, "discuss"), (SAVE, "save")])
async def test_message_menus_find_the_paper(menu: str, verb: str) -> None:
    async with world() as w:
        message = await w.bob.send(w.channel, "look: https://huggingface.co/papers/2401.01234, great")
        await w.bob.context_menu(w.channel, menu, message)
        command, _ = w.core.last
        assert (command.verb, dict(command.options)) == (verb, {"paper": "arxiv:2401.01234"})


async def test_message_menus_say_when_there_is_no_paper() -> None:
    async with world() as w:
        message = await w.bob.send(w.channel, "nothing here: https://example.org")
        result = await w.bob.context_menu(w.channel, DISCUSS, message)
        assert "no link to a paper" in texts(result.response)
        assert not w.core.asked


async def test_message_menus_read_our_own_cards() -> None:
    async with world() as w:
        where = Destination(platform="discord", workspace=str(w.guild.id), channel=str(w.channel.id))
        await w.adapter.send(where, EXAMPLE_CARDS["paper-compact"], key="a" * 24)
        await w.bob.context_menu(w.channel, SAVE, w.channel.last_message)
        assert w.core.last[0].options["paper"] == "arxiv:2511.01234"


async def test_in_direct_messages_a_person_is_their_own_workspace() -> None:
    async with world() as w:
        carol = w.env.create_user("carol")
        await carol.slash("papers list")
        _, origin = w.core.last
        assert origin.where.workspace == f"@{carol.id}"
        assert origin.where.direct
        assert origin.where.channel == str(carol.id)
        assert await origin.rights.may_manage(origin.me, ())
        other = Destination(platform="discord", workspace=str(w.guild.id), channel=str(w.channel.id))
        assert not await origin.rights.may_manage(other, ())
