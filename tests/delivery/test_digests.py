"""Digests: one for each local date, best first, nothing dropped."""

from datetime import UTC, datetime, time, timedelta

import pytest

from bot.models import Cadence, When
from bot.testing.clock import FakeClock
from tests.core import Core, open_core, paper, words

DAILY = Cadence(when=When.DAILY, at=time(9), days=frozenset(range(7)), zone="Europe/Paris")


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(datetime(2026, 3, 26, 12, tzinfo=UTC))


async def days(core: Core, count: int) -> None:
    """Let hours pass, with a look at what is due in each."""
    for _ in range(count * 24):
        await core.clock.advance(timedelta(hours=1))
        await core.settle()


async def test_one_digest_a_local_date_over_a_change_of_the_clocks(core: Core) -> None:
    # Paris changes to summer time on 29 March 2026.
    await core.subscribe("robot", cadence=DAILY)
    for number in range(1, 7):
        await core.bring(paper(number))
        await days(core, 1)
    titles = [posted.card.title for posted in core.adapter.posted]
    assert len(titles) == 6
    assert len(set(titles)) == 6
    assert [title.split(" · ")[1].split(" ", 1)[1] for title in titles] == [
        "27 Mar",
        "28 Mar",
        "29 Mar",
        "30 Mar",
        "31 Mar",
        "1 Apr",
    ]


async def test_no_digest_when_nothing_matched(core: Core) -> None:
    await core.subscribe("robot", cadence=DAILY)
    await days(core, 3)
    assert not core.adapter.posted


async def test_best_first_and_the_rest_is_one_command_away(core: Core) -> None:
    await core.subscribe("robot", cadence=DAILY, limit=3)
    await core.bring(paper(1, "On doors", abstract="A robot."), *(paper(number) for number in range(2, 9)))
    await days(core, 1)
    card = core.adapter.posted[0].card
    assert "3 of 8" in card.title
    rest = next(action for action in card.actions if action.label.startswith("Show"))
    assert rest.label == "Show the other 5"
    said = words(await core.say(rest.command or ""))
    assert "page 1 of 1 · 5" in said
    assert said.rindex("On doors") > said.rindex("Robots that learn"), "the weakest match comes last"


async def test_a_short_absence_sends_late_a_long_one_merges_into_the_next(core: Core) -> None:
    await core.subscribe("robot", cadence=DAILY)
    await core.bring(paper(1))
    await core.clock.advance(timedelta(hours=26))  # due at 08:00 UTC on the 27th; it is 14:00 now
    await core.settle()
    assert len(core.adapter.posted) == 1
    await core.bring(paper(2))
    await core.clock.advance(timedelta(hours=32))  # due at 08:00 on the 28th; it is 22:00 now
    await core.settle()
    assert len(core.adapter.posted) == 1, "so late that it joins the next one"
    await core.bring(paper(3))
    await days(core, 1)
    assert len(core.adapter.posted) == 2
    assert core.adapter.posted[1].card.title.endswith("2")


async def test_a_restart_at_the_hour_of_the_digest_posts_it_once(core: Core) -> None:
    await core.subscribe("robot", cadence=DAILY)
    await core.bring(paper(1))
    await core.clock.advance(timedelta(hours=21))
    others = [
        open_core(core.store.database.url, core.clock, worker=f"w{n}", adapter=core.adapter) for n in range(3)
    ]
    for other in others:
        await other.digests.once()
    for other in others:
        await other.settle()
        await other.store.database.close()
    assert len(core.adapter.posted) == 1


async def test_an_instant_subscription_takes_a_paper_out_of_a_digest_that_waits(core: Core) -> None:
    await core.subscribe("robot", cadence=DAILY)
    await core.subscribe("upvotes>=10", name="hot")
    await core.bring(paper(1, upvotes=1))
    await core.bring(paper(1, upvotes=12))
    assert len(core.adapter.posted) == 1
    await days(core, 1)
    assert len(core.adapter.posted) == 1, "it was said at once, so the digest does not repeat it"


async def test_a_paused_subscription_keeps_what_matches(core: Core) -> None:
    made = await core.subscribe("robot", cadence=DAILY)
    await core.say(f"pause {made.number}")
    await core.bring(paper(1), paper(2))
    await days(core, 2)
    assert not core.adapter.posted
    reply = await core.say(f"resume {made.number}")
    assert "2 papers matched during the pause" in words(reply)
    await core.say(f"resume {made.number} missed:send")
    await core.settle()
    assert core.adapter.posted[0].card.title.endswith("2")


@pytest.mark.parametrize("chosen", ["send", "skip", "nothing"])
async def test_what_an_instant_subscription_missed_waits_for_the_decision(core: Core, chosen: str) -> None:
    made = await core.subscribe("robot")
    await core.say(f"pause {made.number}")
    await core.bring(paper(1), paper(2))
    reply = await core.say(f"resume {made.number}")
    assert "2 papers matched during the pause" in words(reply)
    await core.clock.advance(timedelta(minutes=5))
    await core.settle()
    assert not core.adapter.posted, "nobody has decided yet"
    if chosen != "nothing":
        await core.say(f"resume {made.number} missed:{chosen}")
        await core.settle()
        assert len(core.adapter.posted) == (chosen == "send")
    await core.clock.advance(timedelta(minutes=6))
    await core.settle()
    assert len(core.adapter.posted) == (chosen != "skip")


async def test_a_pause_ends_by_itself(core: Core) -> None:
    made = await core.subscribe("robot", cadence=DAILY)
    await core.say(f"pause {made.number} for:2d")
    await core.bring(paper(1))
    await days(core, 4)
    assert len(core.adapter.posted) == 1


async def test_a_card_on_its_way_when_it_is_paused_waits_for_the_resume(core: Core) -> None:
    made = await core.subscribe("robot")
    core.source.bring(paper(1))
    await core.poller.once()
    await core.matcher.once()
    await core.say(f"pause {made.number}")
    await core.lanes.once()
    assert not core.adapter.posted
    await core.say(f"resume {made.number} missed:send")
    await core.settle()
    assert len(core.adapter.posted) == 1


async def test_a_change_of_zone_brings_no_second_digest_on_one_date(core: Core) -> None:
    made = await core.subscribe("robot", cadence=DAILY)
    await core.bring(paper(1))
    await days(core, 1)
    assert len(core.adapter.posted) == 1
    await core.bring(paper(2))
    await core.say(f"edit {made.number} timezone:Pacific/Honolulu")
    dates = set()
    for _ in range(72):
        before = len(core.adapter.posted)
        await core.clock.advance(timedelta(hours=1))
        await core.settle()
        if len(core.adapter.posted) > before:
            dates.add(core.adapter.posted[-1].card.title)
    assert len(core.adapter.posted) == 2
    assert len(dates) == 1


async def test_what_a_removed_subscription_held_goes_to_another_that_wants_it(core: Core) -> None:
    first = await core.subscribe("robot", cadence=DAILY, name="first")
    await core.bring(paper(1, upvotes=1))
    await core.say(f"remove {first.number}")
    await core.subscribe("upvotes>=5", cadence=DAILY, name="second", created_at=None)
    await core.bring(paper(1, upvotes=6))
    await days(core, 1)
    assert [posted.card.title.split(" · ")[0] for posted in core.adapter.posted] == ["second"]
