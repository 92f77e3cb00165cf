"""«Discuss (12)»: the cards of papers say how much their threads have, and asking for it costs little."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest

from bot.cards import Card
from bot.delivery.discussions import EDITS, FORGOTTEN, LATEST, RARELY, SOONEST, Counts
from bot.errors import Ambiguous, DestinationGone, RetryLater
from bot.models import Cadence, Destination, Person, When
from bot.ports import Happening, HappeningKind
from bot.store import keys
from tests.core import ML, AllRights, Core, origin, paper
from tests.handlers.test_asking import press


def counts(core: Core, worker: str = "w1") -> Counts:
    return Counts(core.adapter, core.store, core.composer, core.clock, worker=worker)


def button(card: Card) -> str:
    return next(action.label for action in card.actions if action.label.startswith("Discuss"))


async def discussed(core: Core, numbers: int = 1) -> None:
    """So many cards with a thread each, in which there is the opener."""
    await core.subscribe("robot")
    await core.bring(*(paper(number) for number in range(1, numbers + 1)))
    await core.lanes.once()
    for number in range(1, numbers + 1):
        await press(core, f"discuss 2601.{number:05d}")
    await core.lanes.once()
    core.adapter.said = {f"t{number}": 1 for number in range(1, numbers + 1)}


async def test_the_number_stands_on_the_card_as_soon_as_the_thread_is_open(core: Core) -> None:
    await discussed(core)
    posted = len(core.adapter.posted)
    await counts(core).once()
    (edited, card), *more = core.adapter.edits
    assert not more
    assert edited.message == core.adapter.posted[0].message.message
    assert button(card) == "Discuss (1)"
    assert len(core.adapter.posted) == posted, "counting never posts"
    await counts(core).once()
    assert core.adapter.counted == 1, "and it is not asked again at once"


async def test_it_is_changed_only_when_it_changed_and_knows_after_a_restart(core: Core) -> None:
    await discussed(core)
    await counts(core).once()
    await core.clock.advance(SOONEST)
    await counts(core).once()
    assert (core.adapter.counted, len(core.adapter.edits)) == (2, 1)
    core.adapter.said["t1"] = 7
    await core.clock.advance(LATEST)
    await counts(core, "another process").once()
    assert [button(card) for _, card in core.adapter.edits] == ["Discuss (1)", "Discuss (7)"]


async def test_the_quieter_a_workspace_the_rarer_it_is_asked(core: Core) -> None:
    await discussed(core)
    asked = []
    for _ in range(600):
        before = core.adapter.counted
        await counts(core).once()
        if core.adapter.counted > before:
            asked.append(core.clock.now())
        await core.clock.advance(60)
    gaps = [later - earlier for earlier, later in pairwise(asked)]
    assert gaps[0] == SOONEST
    assert max(gaps) <= LATEST + timedelta(minutes=1)
    assert len(asked) < 50, "ten hours of silence"
    assert len(core.adapter.edits) == 1


async def test_many_cards_are_changed_a_few_at_a_time(core: Core) -> None:
    await discussed(core, 3 * EDITS)
    for expected in (EDITS, 2 * EDITS, 3 * EDITS, 3 * EDITS):
        await counts(core).once()
        assert len(core.adapter.edits) == expected
        await core.clock.advance(SOONEST)
    assert core.adapter.counted == 4
    assert {button(card) for _, card in core.adapter.edits} == {"Discuss (1)"}
    assert len({edited.message for edited, _ in core.adapter.edits}) == 3 * EDITS


async def test_a_lively_thread_does_not_change_its_card_all_the_time(core: Core) -> None:
    await discussed(core)
    changed = []
    for minute in range(180):
        core.adapter.said["t1"] += 1
        before = len(core.adapter.edits)
        await counts(core).once()
        if len(core.adapter.edits) > before:
            changed.append(minute)
        await core.clock.advance(60)
    gaps = [later - earlier for earlier, later in pairwise(changed)]
    assert min(gaps) >= SOONEST.total_seconds() / 60
    assert min(gaps[-5:]) >= RARELY.total_seconds() / 60, "older messages are edited more rarely"


async def test_a_platform_that_wants_to_be_left_alone_is(core: Core) -> None:
    await discussed(core, 2)
    core.adapter.edit_faults.append(RetryLater("Older messages are edited too often.", after=600))
    await counts(core).once()
    assert core.adapter.edits == []
    await core.clock.advance(590)
    await counts(core).once()
    assert core.adapter.counted == 1
    await core.clock.advance(20)
    await counts(core).once()
    assert len(core.adapter.edits) == 2


@pytest.mark.parametrize("error", [RetryLater("busy", after=300), Ambiguous("lost")])
async def test_a_count_that_fails_comes_later_and_forgets_nothing(core: Core, error: Exception) -> None:
    await discussed(core)
    await core.clock.advance(FORGOTTEN + timedelta(days=1))
    core.adapter.blind = error
    await counts(core).once()
    core.adapter.blind = None
    await core.clock.advance(LATEST)
    await counts(core).once()
    assert [button(card) for _, card in core.adapter.edits] == ["Discuss (1)"]


async def test_what_is_gone_is_followed_no_more(core: Core) -> None:
    await discussed(core)
    core.adapter.edit_faults.append(DestinationGone("The message does not exist any more."))
    await counts(core).once()
    assert core.adapter.edits == []
    assert await core.store.discussions.next_look("recording", "lab") is None


async def test_a_thread_that_was_closed_keeps_its_number_and_is_forgotten_one_day(core: Core) -> None:
    await discussed(core)
    core.adapter.said["t1"] = 4
    await counts(core).once()
    core.adapter.said = {}
    await core.clock.advance(LATEST)
    await counts(core).once()
    assert [button(card) for _, card in core.adapter.edits] == ["Discuss (4)"]
    await core.clock.advance(FORGOTTEN)
    await counts(core).once()
    assert await core.store.discussions.next_look("recording", "lab") is None


async def test_after_a_thread_was_deleted_discuss_opens_one_anew(core: Core) -> None:
    await discussed(core)
    await counts(core).once()
    core.adapter.threads.clear()
    gone = Happening(kind=HappeningKind.THREAD_GONE, destination=replace(ML, thread="t1"))
    await core.handlers.happened(gone)
    await core.handlers.happened(gone)
    assert await core.store.discussions.one("recording", "lab", "t1") is None
    await press(core, "discuss 2601.00001")
    await core.lanes.once()
    assert len(core.adapter.threads) == 1
    assert len(core.adapter.posted) == 1, "under the same card"


class Looking(AllRights):
    """Rights on a platform whose deleted threads can be asked for."""

    def __init__(self, gone: set[str]) -> None:
        super().__init__()
        self.gone = gone
        self.asked: list[str | None] = []

    async def stands(self, thread: Destination) -> bool:
        self.asked.append(thread.thread)
        return thread.thread not in self.gone


async def test_a_thread_deleted_while_nobody_was_told_is_opened_anew_when_asked_for(core: Core) -> None:
    await discussed(core)
    rights = Looking(set())
    await press(core, "discuss 2601.00001", origin(rights=rights))
    await core.lanes.once()
    assert rights.asked == ["t1"]
    assert len(core.adapter.threads) == 1, "it stands"

    rights.gone = {"t1"}
    core.adapter.threads.clear()
    await press(core, "discuss 2601.00001", origin(rights=rights))
    await core.lanes.once()
    assert len(core.adapter.threads) == 1
    assert len(core.adapter.posted) == 1, "under the same card"


async def test_so_is_one_in_which_nothing_was_said_for_long(core: Core) -> None:
    await discussed(core)
    followed = await core.store.discussions.one("recording", "lab", "t1")
    assert followed is not None
    await core.store.discussions.drop(followed)
    core.adapter.threads.clear()
    await press(core, "discuss 2601.00001", origin(rights=Looking({"t1"})))
    await core.lanes.once()
    assert len(core.adapter.threads) == 1


async def test_a_thread_opened_during_a_look_is_looked_at_next(core: Core) -> None:
    await discussed(core)
    held = await core.store.discussions.begin("recording", "lab", core.clock.now() + SOONEST)
    await core.store.discussions.follow(held[0], core.clock.now())
    await core.store.discussions.end(
        "recording", "lab", core.clock.now() + SOONEST, core.clock.now() + LATEST
    )
    assert await core.store.discussions.next_look("recording", "lab") == core.clock.now()


async def test_a_record_that_cannot_be_read_harms_no_other(core: Core) -> None:
    await discussed(core, 2)
    held = keys.in_shard(keys.shard("recording", "lab"), "discussions", "lab")
    await core.store.database.client.hset(held, "t1", "{")
    await counts(core).once()
    assert [edited.thread for edited, _ in core.adapter.edits] == ["t2"]


async def test_one_process_at_a_time_counts(core: Core) -> None:
    await discussed(core)
    assert await core.store.leases.take("counting:recording", "another", timedelta(minutes=1))
    going = asyncio.create_task(counts(core).run())
    async with asyncio.timeout(30):
        await core.clock.until_asleep()
    going.cancel()
    assert core.adapter.counted == 0


# --- the first message of a thread ------------------------------------------------------------


def lines(card: Card) -> str:
    return "\n".join("".join(span.text for span in getattr(block, "spans", ())) for block in card.blocks)


async def test_the_opener_names_subscriptions_and_who_made_them_and_nobody_else(core: Core) -> None:
    await core.subscribe("robot", name="robots")
    await core.subscribe("doors", name="doors", created_by=Person(id="bob", name="Bob @everyone"))
    await core.subscribe("learn", name="daily robots", cadence=Cadence(when=When.DAILY))
    alone = Destination(platform="recording", workspace="lab", channel="eve", direct=True, name="Eve")
    await core.subscribe("robot", name="private", destination=alone, created_by=Person(id="eve", name="Eve"))
    await core.bring(paper(1))
    await core.lanes.once()
    await press(core, "discuss 2601.00001")
    await core.lanes.once()
    ((_, opener, _),) = core.adapter.threads
    said = lines(opener)
    assert "«robots»" in said
    assert "matched: " in said
    assert "subscribed by Ana, Bob @everyone" in said
    assert "Eve" not in said
    assert "private" not in said
    assert opener.mention == ""
    card = next(one.card for one in core.adapter.posted if one.destination.key == ML.key)
    assert "subscribed by" not in lines(card)


async def test_the_opener_pings_no_role_again(core: Core) -> None:
    await core.subscribe("robot", mention="7")
    await core.bring(paper(1))
    await core.lanes.once()
    await press(core, "discuss 2601.00001")
    await core.lanes.once()
    ((_, opener, _),) = core.adapter.threads
    assert core.adapter.posted[0].card.mention == "7"
    assert opener.mention == ""
