"""From a listing to the platform: each paper once, with its reasons, whatever is repeated."""

import asyncio
from dataclasses import replace
from datetime import timedelta

from bot.cards import plain
from bot.errors import ListingUnavailable
from bot.models import Announce, Cadence, Destination, Listing, Sighting, When
from tests.core import ML, Core, open_core, paper


async def test_a_matching_paper_is_posted_once(core: Core) -> None:
    await core.subscribe("robot")
    await core.bring(paper(1), paper(2, "On graphs", abstract="Trees."))
    await core.bring(paper(1), paper(2, "On graphs", abstract="Trees."))
    assert [posted.card.title for posted in core.adapter.posted] == ["Robots that learn, part 1"]


async def test_a_card_names_its_reasons_and_subscription(core: Core) -> None:
    await core.subscribe("robot", name="robotics")
    await core.bring(paper(1))
    said = " ".join(
        plain(block.spans) for block in core.adapter.posted[0].card.blocks if hasattr(block, "spans")
    )
    assert "matched: robot (title)" in said
    assert "robotics" in said


async def test_two_subscriptions_of_one_channel_give_one_card_with_both_reasons(core: Core) -> None:
    await core.subscribe("robot", name="robots")
    await core.subscribe("author:turing", name="turing")
    await core.bring(paper(1))
    assert len(core.adapter.posted) == 1
    said = " ".join(
        plain(block.spans) for block in core.adapter.posted[0].card.blocks if hasattr(block, "spans")
    )
    assert "robots" in said and "turing" in said


async def test_a_paper_of_two_listings_is_one_paper(core: Core) -> None:
    await core.subscribe("robot")
    other = open_core(core.store.database.url, core.clock, worker="w2")
    other.poller.source.name = "huggingface"
    await core.bring(paper(1))
    other.source.bring(paper(1, sightings=(Sighting(source="huggingface"),), upvotes=7))
    await other.poller.once()
    await core.settle()
    assert len(core.adapter.posted) == 1
    known = await core.store.papers.get("arxiv:2601.00001")
    assert known is not None
    assert {sighting.source for sighting in known.sightings} == {"arxiv", "huggingface"}
    assert known.upvotes == 7
    await other.store.database.close()


async def test_a_threshold_fires_when_it_is_crossed_and_once(core: Core) -> None:
    await core.subscribe("upvotes>=20")
    await core.bring(paper(1, upvotes=11))
    assert not core.adapter.posted
    for votes in (19, 20, 25, 12, 30):
        await core.bring(paper(1, upvotes=votes))
    assert len(core.adapter.posted) == 1


async def test_votes_do_not_bring_old_papers_to_a_new_subscription(core: Core) -> None:
    await core.bring(paper(1, upvotes=3))
    await core.clock.advance(timedelta(hours=1))
    await core.subscribe("robot")
    await core.bring(paper(1, upvotes=4))
    assert not core.adapter.posted


async def test_a_revision_comes_only_to_those_who_asked(core: Core) -> None:
    await core.subscribe("robot")
    await core.subscribe("robot announce:replace", destination=replace(ML, channel="revisions"))
    first = paper(1, version=1)
    again = paper(1, version=2, sightings=(Sighting(source="arxiv", announce=Announce.REPLACE),))
    await core.bring(first)
    await core.bring(again)
    assert [posted.destination.channel for posted in core.adapter.posted] == ["ml", "revisions"]


async def test_the_first_listing_does_not_flood(redis_url: str, clock) -> None:
    core = open_core(redis_url, clock)
    await core.subscribe("robot")
    await core.bring(*(paper(number) for number in range(40)))
    assert len(core.adapter.posted) == 3
    await clock.advance(timedelta(seconds=30))
    await core.settle()
    assert len(core.adapter.posted) == 4
    digest = core.adapter.posted[-1]
    assert "37" in digest.card.title
    await core.bring(*(paper(number) for number in range(40)))
    assert len(core.adapter.posted) == 4
    await core.store.database.close()


async def test_a_failed_poll_keeps_the_cursor_and_loses_nothing(core: Core) -> None:
    await core.subscribe("robot")
    before = await core.store.papers.cursor("arxiv")
    core.source._listings.append(ListingUnavailable("The network is down."))
    poll = await core.poller.once()
    assert poll.error is not None
    assert await core.store.papers.cursor("arxiv") == before
    await core.bring(paper(1))
    assert len(core.adapter.posted) == 1


async def test_only_the_sources_that_were_chosen(core: Core) -> None:
    await core.subscribe("robot", sources=("huggingface",))
    await core.bring(paper(1))
    assert not core.adapter.posted
    await core.bring(paper(1, sightings=(Sighting(source="huggingface"),)))
    assert len(core.adapter.posted) == 1


async def test_an_instant_card_waits_for_the_end_of_quiet_hours(core: Core) -> None:
    from datetime import time

    quiet = Cadence(when=When.INSTANT, quiet=(time(8), time(12)), zone="UTC")
    await core.subscribe("robot", cadence=quiet)
    await core.bring(paper(1))
    assert not core.adapter.posted
    await core.clock.advance(timedelta(hours=3))
    await core.lanes.once()
    assert len(core.adapter.posted) == 1


async def test_a_subscription_saved_by_another_process_matches_at_once(core: Core) -> None:
    await core.matcher.once()
    other = open_core(core.store.database.url, core.clock, worker="w2")
    await other.subscribe("robot")
    await core.bring(paper(1))
    assert len(core.adapter.posted) == 1
    await other.store.database.close()


async def test_order_is_kept_within_a_destination(core: Core) -> None:
    await core.subscribe("robot")
    await core.bring(*(paper(number) for number in range(1, 21)))
    assert [posted.card.title for posted in core.adapter.posted] == [
        f"Robots that learn, part {number}" for number in range(1, 21)
    ]


async def test_a_damaged_subscription_harms_no_other(core: Core) -> None:
    await core.subscribe("robot")
    broken = await core.subscribe(
        "robot", destination=Destination(platform="recording", workspace="x", channel="y")
    )
    await core.store.subscriptions.put(replace(broken, query="((("))
    await core.bring(paper(1))
    assert [posted.destination for posted in core.adapter.posted] == [ML]


async def test_two_pollers_that_bring_one_paper_at_once_keep_what_both_know(core: Core) -> None:
    other = open_core(core.store.database.url, core.clock, worker="w2")
    other.poller.source.name = "huggingface"
    await core.bring(paper(1))
    read = core.store.papers.stored

    async def then_the_other_writes(ids):
        found = await read(ids)
        core.store.papers.stored = read  # type: ignore[method-assign]
        other.source.bring(paper(1, sightings=(Sighting(source="huggingface"),), upvotes=7))
        await other.poller.once()
        return found

    core.store.papers.stored = then_the_other_writes  # type: ignore[method-assign]
    core.source.bring(paper(1, comment="10 pages"))
    await core.poller.once()
    known = await core.store.papers.get("arxiv:2601.00001")
    assert known is not None
    assert known.upvotes == 7, "the slower poller did not write over the quicker one"
    await other.store.database.close()


async def test_a_poller_that_lost_its_lease_while_it_asked_writes_nothing(core: Core) -> None:
    other = open_core(core.store.database.url, core.clock, worker="w2")
    fetch, asked, answered = core.source.fetch, asyncio.Event(), asyncio.Event()

    async def slow(cursor: str | None) -> Listing:
        listing = await fetch(cursor)
        asked.set()
        await answered.wait()
        return listing

    core.source.fetch = slow  # type: ignore[method-assign]
    core.source.bring(paper(1), paper(2))
    other.source.bring(paper(1, upvotes=7))
    other.source.bring()
    async with asyncio.timeout(20):
        first = asyncio.create_task(core.poller.run())
        await asked.wait()
        await core.store.leases.give_back("poll:arxiv", "w1")  # as when it runs out
        await other.store.papers.save("arxiv", (), cursor="5", seed=False, now=core.clock.now())
        second = asyncio.create_task(other.poller.run())
        await core.clock.until_asleep(1)
        answered.set()
        await core.clock.until_asleep(2)
    assert await core.store.papers.cursor("arxiv") == "6", "the bookmark of who polls now"
    known = await core.store.papers.many(["arxiv:2601.00001", "arxiv:2601.00002"])
    assert [one.upvotes for one in known.values()] == [7], "nothing of the other's"
    first.cancel()
    second.cancel()
    await asyncio.wait([first, second])
    await other.store.database.close()
