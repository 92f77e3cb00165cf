"""Every answer that changed something has an Undo, and that brings back exactly what was."""

import pytest

from bot.cards import CardKind
from bot.models import Person, SubscriptionState
from tests.core import AllRights, Core, commands, origin, paper, words

BOB = Person(id="bob", name="Bob")


async def digest_of_three(core: Core) -> int:
    asked = await core.say("subscribe robot when:daily at:09:00 name:robots")
    await core.say(commands(asked)["Confirm"])
    await core.bring(*(paper(number) for number in range(1, 4)))
    return (await core.store.subscriptions.of("recording", "lab"))[-1].number


@pytest.mark.parametrize(
    "line",
    [
        "edit 1 when:weekly",
        "pause 1",
        "remove 1",
        "resume 1",
        "resume 1 missed:skip",
        "settings card:full",
        "save 2601.00001",
        "save 2601.00001 tag:new",
        "unsave 2601.00002",
    ],
)
async def test_every_change_has_an_undo_that_brings_back_what_was(core: Core, line: str) -> None:
    await core.seeded()
    number = await digest_of_three(core)
    await core.say("save 2601.00002 tag:old")
    await core.say("save 2601.00003")
    if line.startswith("resume"):
        await core.say(f"pause {number}")

    async def state() -> object:
        (one,) = await core.store.subscriptions.of("recording", "lab")
        waiting = await core.store.deliveries.pending(one)
        saved = {one.paper_id: one for one in await core.store.saved.of("recording", "lab", "ana")}
        held = await core.store.preferences.get("recording", "lab", "ml")
        return one.query, one.cadence, one.state, sorted(waiting), saved, held

    before = await state()
    changed = await core.say(line)
    assert await state() != before
    assert "Undone" in words(await core.say(commands(changed)["Undo"]))
    assert await state() == before
    assert "nothing to undo" in words(await core.say(commands(changed)["Undo"])), "once"


async def test_what_was_skipped_and_brought_back_comes_with_the_next_digest(core: Core) -> None:
    await core.seeded()
    number = await digest_of_three(core)
    await core.say(f"pause {number}")
    await core.say(f"resume {number}")
    skipped = await core.say(f"resume {number} missed:skip")
    await core.say(commands(skipped)["Undo"])
    (one,) = await core.store.subscriptions.of("recording", "lab")
    assert one.state is SubscriptionState.ACTIVE
    assert await core.store.deliveries.next_digest(one) is not None


async def test_an_older_change_is_not_undone_over_a_later_one(core: Core) -> None:
    number = (await core.subscribe("robot")).number
    first = await core.say(f"edit {number} query:drone")
    second = await core.say(f"edit {number} name:flyers")
    refused = await core.say(commands(first)["Undo"])
    assert refused.card.kind is CardKind.ERROR
    assert "changed again after that" in words(refused)
    await core.say(commands(second)["Undo"])
    found = await core.store.subscriptions.get("recording", "lab", number)
    assert found is not None and (found.query, found.name) == ("drone", "")


async def test_the_undo_of_settings_and_lists_is_not_for_everybody(core: Core) -> None:
    await core.bring(paper(1))
    changed = await core.say("settings card:full")
    saved = await core.say("save 2601.00001")
    stranger = origin(BOB, rights=AllRights(manage=False))
    assert "Only people who can manage" in words(await core.say(commands(changed)["Undo"], stranger))
    assert "nothing to undo" in words(await core.say(commands(saved)["Undo"], stranger))
    assert "Undone" in words(await core.say(commands(saved)["Undo"]))
    assert "Undone" in words(await core.say(commands(changed)["Undo"]))
