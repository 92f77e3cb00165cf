"""Thresholds that move: `upvotes>=20` fires when it is crossed, and once, whatever happens in between."""

from datetime import timedelta

from bot.models import Cadence, Sighting, When
from bot.testing.adapter import RecordingAdapter
from tests.core import Core, open_core, paper


async def posted(*cores: Core) -> int:
    return sum(len(one.adapter.posted) for one in cores)


def restarted(core: Core, worker: str) -> Core:
    """Another process on the same store, with nothing in memory."""
    return open_core(core.store.database.url, core.clock, worker=worker, adapter=RecordingAdapter())


async def test_a_crossing_that_was_stored_before_a_restart_is_told_after_it_and_once(core: Core) -> None:
    await core.subscribe("robot upvotes>=20")
    await core.bring(paper(1, upvotes=11))
    core.source.bring(paper(1, upvotes=21))
    await core.poller.once()  # and here the process ends, before anything was matched
    second = restarted(core, "w2")
    await second.settle()
    assert await posted(core, second) == 1
    for votes in (25, 12, 40):
        await second.bring(paper(1, upvotes=votes))
    third = restarted(core, "w3")
    for votes in (19, 60):
        await third.bring(paper(1, upvotes=votes))
    assert await posted(core, second, third) == 1
    for one in (second, third):
        await one.store.database.close()


async def test_a_paper_that_was_seen_before_the_subscription_comes_when_it_crosses_later(core: Core) -> None:
    await core.bring(paper(1, upvotes=11), paper(2, upvotes=50))
    await core.clock.advance(timedelta(days=2))
    await core.subscribe("robot upvotes>=20")
    await core.bring(paper(1, upvotes=15), paper(2, upvotes=51))
    assert await posted(core) == 0, "one is still below, the other was above before"
    await core.bring(paper(1, upvotes=20), paper(2, upvotes=52))
    await core.bring(paper(1, upvotes=20), paper(2, upvotes=53))
    assert [one.card.fallback.split(" · ")[0] for one in core.adapter.posted] == ["Robots that learn, part 1"]


async def test_another_listing_that_tells_the_count_lets_it_fire(core: Core) -> None:
    """arXiv knows no upvotes; Hugging Face brings the same paper with them."""
    await core.subscribe("robot upvotes>=20")
    await core.bring(paper(1))
    assert await posted(core) == 0, "unknown is not enough"
    await core.bring(paper(1, upvotes=33, sightings=(Sighting(source="huggingface"),)))
    await core.bring(paper(1, upvotes=34, sightings=(Sighting(source="huggingface"),)))
    assert await posted(core) == 1


async def test_one_card_though_two_thresholds_of_a_channel_are_crossed_one_after_the_other(
    core: Core,
) -> None:
    await core.subscribe("robot upvotes>=20")
    await core.subscribe("robot upvotes>=40")
    for votes in (11, 25, 45, 60):
        await core.bring(paper(1, upvotes=votes))
    assert await posted(core) == 1


async def test_in_a_digest_it_stands_once(core: Core) -> None:
    await core.subscribe("robot upvotes>=20", cadence=Cadence(when=When.HOURLY))
    for votes in (11, 25, 12, 30):
        await core.bring(paper(1, upvotes=votes))
    await core.clock.advance(timedelta(hours=1))
    await core.settle()
    for votes in (12, 31):
        await core.bring(paper(1, upvotes=votes))
    await core.clock.advance(timedelta(hours=1))
    await core.settle()
    assert await posted(core) == 1
