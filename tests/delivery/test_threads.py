"""The one thread of a paper in a channel, by the channel's policy."""

from datetime import timedelta

import pytest

from bot.models import Cadence, When
from tests.core import Core, paper, words


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
    from tests.handlers.test_asking import press

    await press(core, "discuss 2601.00001")
    await press(core, "discuss 2601.00001")
    await core.lanes.once()
    assert len(core.adapter.threads) == 1
    assert "Sent" in words(await core.say("explain 2601.00001"))
