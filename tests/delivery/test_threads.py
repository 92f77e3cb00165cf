"""The one thread of a paper in a channel, by the channel's policy."""

import asyncio
from datetime import timedelta

import pytest

from bot.errors import ThreadRefused
from bot.models import Cadence, When
from tests.core import ML, Core, paper, words
from tests.handlers.test_asking import press


async def hour(core: Core) -> None:
    await core.clock.advance(timedelta(hours=1))
    await core.settle()
    await core.lanes.once()


@pytest.mark.parametrize(("policy", "threads"), [("never", 0), ("on-demand", 0), ("upvotes", 1), ("tops", 0)])
async def test_a_card_gets_a_thread_by_the_policy_of_its_channel(
    core: Core, policy: str, threads: int
) -> None:
    await core.say(f"settings threads:{policy} thread_upvotes:20")
    await core.subscribe("robot")
    await core.bring(paper(1, upvotes=25), paper(2, upvotes=3))
    await core.lanes.once()
    assert len(core.adapter.threads) == threads
    assert len(core.adapter.posted) == 2
    for _, opener, _ in core.adapter.threads:
        assert not {"Discuss", "Abstract"} & {action.label for action in opener.actions}


async def test_the_best_of_a_digest_get_threads_with_their_reasons(core: Core) -> None:
    await core.say("settings threads:tops")
    await core.subscribe("robot", cadence=Cadence(when=When.HOURLY), name="robots")
    await core.bring(*(paper(number) for number in range(1, 6)))
    await hour(core)
    await hour(core)
    assert len(core.adapter.threads) == 3
    cards = [posted.card for posted in core.adapter.posted if posted.card.kind == "paper"]
    assert len(cards) == 3
    assert "robots" in str(cards[0].blocks)


async def test_pressing_discuss_on_a_row_of_a_digest_opens_one_thread(core: Core) -> None:
    await core.subscribe("robot", cadence=Cadence(when=When.HOURLY))
    await core.bring(paper(1), paper(2))
    await hour(core)
    await press(core, "discuss 2601.00001")
    await press(core, "discuss 2601.00001")
    await core.lanes.once()
    assert len(core.adapter.threads) == 1
    assert "Sent" in words(await core.say("explain 2601.00001"))


async def test_a_thread_that_is_refused_holds_up_no_papers_and_is_tried_when_asked_again(core: Core) -> None:
    await core.subscribe("robot")
    await core.bring(paper(1))
    await core.lanes.once()
    core.adapter.thread_faults.append(
        ThreadRefused("The server has as many open threads as it may.", remedy="Close some.")
    )
    await press(core, "discuss 2601.00001")
    await core.bring(paper(2))
    await core.lanes.once()
    assert len(core.adapter.posted) == 2, "the next paper came all the same"
    assert not core.adapter.threads
    assert await core.store.deliveries.blocked(ML) is None
    told = words(await core.say("explain 2601.00001"))
    assert "Sent" in told
    answers = asyncio.create_task(core.say("discuss 2601.00001"))
    async with asyncio.timeout(30):
        await core.clock.until_asleep()
    await core.lanes.once()
    await core.clock.advance(1)
    assert "is open" in words(await answers)
    assert len(core.adapter.threads) == 1
    assert len(core.adapter.posted) == 2


async def test_who_asks_for_a_refused_thread_is_told_why(core: Core) -> None:
    await core.subscribe("robot")
    await core.bring(paper(1))
    await core.lanes.once()
    core.adapter.thread_faults.append(ThreadRefused("I may not open a thread here.", remedy="Allow it."))
    answer = asyncio.create_task(core.say("discuss 2601.00001"))
    async with asyncio.timeout(30):
        await core.clock.until_asleep()
    await core.lanes.once()
    await core.clock.advance(1)
    assert "I may not open a thread here. Allow it." in words(await answer)


async def test_a_card_that_was_deleted_is_posted_anew_only_when_asked_for(core: Core) -> None:
    await core.subscribe("robot")
    await core.bring(paper(1))
    await core.lanes.once()
    core.adapter.thread_faults.append(ThreadRefused("The card was deleted.", card_gone=True))
    await press(core, "discuss 2601.00001")
    await core.lanes.once()
    await core.bring(paper(1, upvotes=9))
    await core.lanes.once()
    assert len(core.adapter.posted) == 1
    await press(core, "discuss 2601.00001")
    await core.lanes.once()
    assert len(core.adapter.posted) == 2
    assert len(core.adapter.threads) == 1
