"""What people type, and what comes of it: subscribe, change, take back."""

from dataclasses import replace

import pytest

from bot.cards import CardKind, Form
from bot.commands import BY_NAME, VERBS, Command
from bot.commands.write import write
from bot.handlers import HANDLERS
from bot.models import Destination, Person, SubscriptionState, When
from tests.core import ANA, ML, AllRights, Core, commands, origin, paper, words

BOB = Person(id="bob", name="Bob")
NOBODY = AllRights(manage=False)


async def subscribed(core: Core, line: str = "subscribe robot when:instant") -> int:
    asked = await core.say(line)
    done = await core.say(commands(asked)["Confirm"])
    assert "Subscribed" in words(done)
    return (await core.store.subscriptions.of("recording", "lab"))[-1].number


def test_every_verb_has_one_handler() -> None:
    assert set(HANDLERS) == {verb.name for verb in VERBS}


async def test_subscribe_shows_what_it_would_bring_and_then_asks(core: Core) -> None:
    await core.bring(*(paper(number) for number in range(1, 5)), paper(9, "On graphs", abstract="Trees."))
    reply = await core.say('subscribe robot -"deep sea" when:daily at:8 name:robots')
    said = words(reply)
    assert "4 of 5 papers" in said
    assert "about 4 a day" in said
    assert 'robot -"deep sea"' in said, "the normal form is echoed"
    assert "Robots that learn" in said
    assert not await core.store.subscriptions.of("recording", "lab"), "nothing is made before Confirm"
    assert list(commands(reply)) == ["Confirm", "Cancel"]


async def test_confirm_makes_it_once(core: Core) -> None:
    asked = await core.say("subscribe robot when:instant")
    token = commands(asked)["Confirm"]
    await core.say(token)
    again = await core.say(token)
    assert again.card.kind is CardKind.ERROR
    (made,) = await core.store.subscriptions.of("recording", "lab")
    assert made.created_by == ANA
    assert made.cadence.when is When.INSTANT
    await core.bring(paper(1))
    assert len(core.adapter.posted) == 1


async def test_cancel_leaves_nothing(core: Core) -> None:
    asked = await core.say("subscribe robot")
    await core.say(commands(asked)["Cancel"])
    assert (await core.say(commands(asked)["Confirm"])).card.kind is CardKind.ERROR
    assert not await core.store.subscriptions.of("recording", "lab")


async def test_confirm_is_the_askers_own(core: Core) -> None:
    asked = await core.say("subscribe robot")
    other = await core.say(commands(asked)["Confirm"], origin(BOB))
    assert "Only the person who asked" in words(other)


async def test_the_channel_sees_one_line_with_undo(core: Core) -> None:
    asked = await core.say("subscribe robot name:robots")
    done = await core.say(commands(asked)["Confirm"])
    assert done.private
    assert done.announce is not None
    assert done.announce.fallback == "Subscribed #ml to «robots» (Ana)."
    assert [action.label for action in done.announce.actions] == ["Undo"]


async def test_alerts_by_direct_message_are_announced_to_nobody_and_need_no_rights(core: Core) -> None:
    asked = await core.say("subscribe robot to:me when:instant", origin(rights=NOBODY))
    done = await core.say(commands(asked)["Confirm"], origin(rights=NOBODY))
    assert done.announce is None
    await core.bring(paper(1))
    assert core.adapter.posted[0].destination.direct
    assert core.adapter.posted[0].destination.channel == "ana"


@pytest.mark.parametrize(
    "line", ["subscribe robot", "edit 1 when:weekly", "pause 1", "remove 1", "settings card:full"]
)
async def test_without_the_right_to_manage_nothing_changes(core: Core, line: str) -> None:
    await core.subscribe("robot")
    before = await core.store.subscriptions.of("recording", "lab")
    reply = await core.say(line, origin(BOB, rights=NOBODY))
    assert "Only people who can manage" in words(reply)
    assert await core.store.subscriptions.of("recording", "lab") == before


async def test_rights_are_checked_again_at_confirm_and_undo(core: Core) -> None:
    asked = await core.say("subscribe robot")
    assert "Only people" in words(await core.say(commands(asked)["Confirm"], origin(rights=NOBODY)))
    number = await subscribed(core)
    removed = await core.say(f"remove {number}")
    assert "Only people" in words(await core.say(commands(removed)["Undo"], origin(BOB, rights=NOBODY)))
    assert "Undone" in words(await core.say(commands(removed)["Undo"]))


async def test_a_filter_that_cannot_be_read_is_pointed_at_and_mended(core: Core) -> None:
    reply = await core.say("subscribe diffusion (policy OR")
    assert reply.card.kind is CardKind.ERROR
    assert "▸" in words(reply)
    assert "Try" in words(reply)


async def test_edit_says_what_changed_and_undo_takes_it_back(core: Core) -> None:
    number = await subscribed(core)
    changed = await core.say(f"edit {number} query:diffusion when:weekly days:fri name:gen")
    said = words(changed)
    assert "query: robot → diffusion" in said
    assert "weekly" in said
    await core.say(commands(changed)["Undo"])
    found = await core.store.subscriptions.get("recording", "lab", number)
    assert found is not None
    assert (found.query, found.name, found.cadence.when) == ("robot", "", When.INSTANT)


async def test_edit_without_a_change_opens_a_dialogue_that_holds_the_values(core: Core) -> None:
    number = await subscribed(core)
    reply = await core.say(f"edit {number}")
    assert reply.form is not None
    assert reply.form.command == f"edit {number}"
    assert {field.name: field.value for field in reply.form.fields}["query"] == "robot"


def typed(form: Form, **changed: str) -> str:
    """The command of a dialogue that was sent with everything it showed and these changes."""
    values = {field.name: field.value for field in form.fields} | changed
    return write(Command(verb="edit", options={"subscription": form.command.split()[1], **values}))


async def test_every_field_of_a_subscription_can_be_changed_in_the_dialogue(core: Core) -> None:
    number = await subscribed(core)
    form = (await core.say(f"edit {number}")).form
    assert form is not None
    names = {option.name for option in BY_NAME["edit"].options} - {"subscription", "min_upvotes"}
    assert {field.name for field in form.fields} == names
    assert [field.name for field in form.fields][:5] == ["query", "to", "when", "at", "name"]
    assert "Nothing to change" in words(await core.say(typed(form)))


async def test_the_rhythm_can_be_changed_in_the_dialogue_both_ways(core: Core) -> None:
    number = await subscribed(core)  # at once
    for when in ("daily", "weekly", "daily", "instant", "hourly"):
        form = (await core.say(f"edit {number}")).form
        assert form is not None
        assert "when: " in words(await core.say(typed(form, when=when)))
        found = await core.store.subscriptions.get("recording", "lab", number)
        assert found is not None
        assert found.cadence.when == when


async def test_what_was_taken_away_in_the_dialogue_is_gone(core: Core) -> None:
    number = await subscribed(core)
    await core.say(f"edit {number} name:gen quiet_hours:22:00-07:00 sources:arxiv mention:<@&77>")
    form = (await core.say(f"edit {number}")).form
    assert form is not None
    cleared = {field.name: field.cleared for field in form.fields if field.cleared}
    assert {name: field.value for field in form.fields if (name := field.name) in cleared} == {
        "name": "gen", "quiet_hours": "22:00-07:00", "sources": "arxiv", "mention": "77",
    }  # fmt: skip
    await core.say(typed(form, **cleared))
    found = await core.store.subscriptions.get("recording", "lab", number)
    assert found is not None
    assert (found.name, found.cadence.quiet, found.sources, found.mention) == ("", None, (), "")


async def test_remove_is_restorable_and_undo_works_once(core: Core) -> None:
    number = await subscribed(core)
    removed = await core.say(f"remove {number}")
    await core.bring(paper(1))
    assert not core.adapter.posted
    await core.say(commands(removed)["Undo"])
    assert "nothing to undo" in words(await core.say(commands(removed)["Undo"]))
    await core.bring(paper(2))
    assert len(core.adapter.posted) == 1
    await core.say(f"remove {number}")
    await core.say(f"resume {number}")
    found = await core.store.subscriptions.get("recording", "lab", number)
    assert found is not None and found.state is SubscriptionState.ACTIVE


async def test_undo_of_a_subscribe_removes_it(core: Core) -> None:
    asked = await core.say("subscribe robot")
    done = await core.say(commands(asked)["Confirm"])
    await core.say(commands(done)["Undo"])
    (made,) = await core.store.subscriptions.of("recording", "lab")
    assert made.state is SubscriptionState.REMOVED


async def test_list_shows_numbers_states_and_places(core: Core) -> None:
    assert "No subscriptions here yet" in words(await core.say("list"))
    number = await subscribed(core, "subscribe robot name:robots when:daily")
    await core.say(f"pause {number}")
    said = words(await core.say("list"))
    assert f"{number}  robots" in said
    assert "paused" in said
    elsewhere = origin(where=replace(ML, channel="other", name="#other"))
    said = words(await core.say("list", elsewhere))
    assert "No subscriptions here yet. 1 subscription elsewhere: list scope:server" in said
    assert "1 subscription in this workspace" in words(await core.say("list server", elsewhere))
    assert "#ml" in words(await core.say("list server", elsewhere))


async def test_somebody_elses_alerts_are_nobodys_business(core: Core) -> None:
    asked = await core.say("subscribe secret-project to:me")
    await core.say(commands(asked)["Confirm"])
    for line in ("list server", "explain subscription:1", "preview subscription:1", "pause 1", "digest 1"):
        assert "secret" not in words(await core.say(line, origin(BOB)))


async def test_one_workspace_never_reaches_another(core: Core) -> None:
    number = await subscribed(core)
    stranger = origin(BOB, where=Destination(platform="recording", workspace="rival", channel="ml"))
    for line in (
        f"edit {number} query:x",
        f"pause {number}",
        f"resume {number}",
        f"remove {number}",
        f"preview subscription:{number}",
        f"explain subscription:{number}",
        f"digest {number} action:send-now",
    ):
        reply = await core.say(line, stranger)
        assert f"There is no subscription {number} here" in words(reply), line
    assert (await core.store.subscriptions.of("recording", "lab"))[0].state is SubscriptionState.ACTIVE
    removed = await core.say(f"remove {number}")
    assert "nothing to undo" in words(await core.say(commands(removed)["Undo"], stranger))


async def test_min_upvotes_becomes_part_of_the_filter(core: Core) -> None:
    number = await subscribed(core, "subscribe robot OR drone min_upvotes:20")
    found = await core.store.subscriptions.get("recording", "lab", number)
    assert found is not None and found.query == "(robot OR drone) upvotes>=20"


async def test_the_settings_of_a_channel_hold_for_new_subscriptions(core: Core) -> None:
    await core.say("settings timezone:Asia/Tokyo card:full quiet_hours:22:00-07:00")
    number = await subscribed(core, "subscribe robot when:daily")
    found = await core.store.subscriptions.get("recording", "lab", number)
    assert found is not None
    assert found.cadence.zone == "Asia/Tokyo"
    assert found.card == "full"
    assert found.cadence.quiet is not None
    assert "Asia/Tokyo" in words(await core.say("settings"))


async def test_buttons_fit_into_a_custom_id(core: Core) -> None:
    for number in range(1, 4):
        await core.bring(paper(number))
    replies = [
        await core.say(line)
        for line in (
            "subscribe robot",
            "list",
            "help",
            "status",
            "paper 2601.00001",
            "explain 2601.00001",
            "setup",
        )
    ]
    for reply in replies:
        for action in reply.card.actions:
            if action.command:
                assert len(action.command) <= 90
                assert action.command.split()[0] in BY_NAME


async def test_a_change_of_another_channel_is_told_there_and_not_where_it_was_typed(core: Core) -> None:
    asked = await core.say("subscribe secret-project to:#private when:instant")
    done = await core.say(commands(asked)["Confirm"])
    assert done.announce is None
    await core.lanes.once()
    (line,) = core.adapter.posted
    assert line.destination.channel == "private"
    assert line.card.fallback == "Subscribed #private to «secret-project» (Ana)."


async def test_what_stands_in_the_way_of_posting_is_said_before_confirm(core: Core) -> None:
    reply = await core.say("subscribe robot", origin(rights=AllRights(missing=("Send Messages",))))
    assert "I cannot post there yet: Send Messages missing" in words(reply)


async def test_a_match_mentions_the_group_that_the_subscription_names_and_nobody_else(core: Core) -> None:
    await subscribed(core, "subscribe robot when:instant mention:<@&123456>")
    await core.bring(paper(1, "@everyone look at this robot"))
    assert core.adapter.posted[-1].card.mention == "123456"
    assert "not a role or user group" in words(await core.say("subscribe robot mention:@everyone"))


async def test_a_channel_is_named_as_its_platform_names_it(core: Core) -> None:
    asked = await core.handlers(
        Command(verb="subscribe", options={"query": "robot", "to": "<#C1|papers>"}), origin()
    )
    await core.say(commands(asked)["Confirm"])
    (made,) = await core.store.subscriptions.of("recording", "lab")
    assert (made.destination.channel, made.destination.name) == ("C1", "#papers")
