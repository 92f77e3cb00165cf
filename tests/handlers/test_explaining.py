"""«Why did I not get this?» has an answer in every state that a paper can be in."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import time, timedelta

import pytest

from bot.errors import Ambiguous, CardRejected, DestinationGone, RetryLater
from bot.models import Announce, Cadence, DeliveryKind, Sighting, When, delivery_key
from bot.poller import Poller
from bot.store import keys
from bot.testing.adapter import Lost
from bot.testing.source import ListSource
from tests.core import ML, Core, paper, words

Situation = Callable[[Core], Awaitable[None]]
DAILY = Cadence(when=When.DAILY, at=time(9, 0))
STATES: list[tuple[Situation, list[str]]] = []


def state(*said: str) -> Callable[[Situation], Situation]:
    """What `explain 2601.00001` must say after the function."""

    def note(situation: Situation) -> Situation:
        STATES.append((situation, list(said)))
        return situation

    return note


@state("✗ No listing has brought 2601.00001 so far", "arXiv: read just now", "Hugging Face: not asked yet")
async def never_fetched(core: Core) -> None:
    await core.subscribe("robot")


@state("No listing has brought", "Hugging Face: failed just now", "The list was away")
async def never_fetched_because_a_listing_is_away(core: Core) -> None:
    from bot.errors import ListingUnavailable

    source = ListSource("huggingface", [ListingUnavailable("The list was away.")])
    await Poller(source, core.store, core.clock, every=timedelta(hours=1), worker="w1").once()


@state("It was fetched, and has been forgotten since", "kept for 90 days", "1 · robot", "Sent 1 h ago")
async def expired(core: Core) -> None:
    await core.subscribe("robot")
    await core.bring(paper(1))
    await core.clock.advance(timedelta(hours=1))
    await core.store.database.client.delete(keys.paper("arxiv:2601.00001"))


@state("arXiv (new", "Hugging Face (", "merged into one paper", "✓ Sent")
async def merged(core: Core) -> None:
    await core.subscribe("robot")
    await core.bring(paper(1))
    source = ListSource("huggingface", [[paper(1, sightings=(Sighting(source="huggingface"),), upvotes=3)]])
    await Poller(source, core.store, core.clock, every=timedelta(hours=1), worker="w1").once()
    await core.settle()
    assert len(core.adapter.posted) == 1


@state(
    "It was in the first listing that I read of this source", "three cards at once", "Waits for the digest of"
)
async def seeded_and_in_the_first_digest(core: Core) -> None:
    await core.subscribe("robot")
    await core.clock.advance(timedelta(minutes=1))
    rows = [paper(number, sightings=(Sighting(source="huggingface"),)) for number in (5, 4, 3, 2, 1)]
    source = ListSource("huggingface", [rows])
    await Poller(source, core.store, core.clock, every=timedelta(hours=1), worker="w1").once()
    await core.matcher.once()


@state("✗ 1 · robot", "✓ robot", "✗ cat:cs.XX", "not found")
async def a_clause_failed(core: Core) -> None:
    await core.subscribe("robot cat:cs.XX")
    await core.bring(paper(1))


@state("✗ drone OR cat:cs.XX", "✗ drone: not found · ✗ cat:cs.XX: not found")
async def every_part_of_a_group_failed(core: Core) -> None:
    await core.subscribe("robot (drone OR cat:cs.XX)")
    await core.bring(paper(1))


@state("✗ announced by huggingface", "✓ robot")
async def another_source_brought_it(core: Core) -> None:
    await core.subscribe("robot", sources=("huggingface",))
    await core.bring(paper(1))


@state("✗ upvotes>=20", "it has 11, read at 09:00")
async def below_a_threshold(core: Core) -> None:
    await at(core, 9)
    await core.subscribe("robot upvotes>=20")
    await core.bring(paper(1, upvotes=11))


@state("✓ upvotes>=20", "it had 11 at 09:00, 41 now", "✓ Sent just now")
async def over_a_threshold_since(core: Core) -> None:
    await below_a_threshold(core)
    await core.clock.advance(timedelta(hours=3))
    await core.bring(paper(1, upvotes=41))


@state("✗ upvotes>=20", "unknown")
async def a_count_that_no_listing_told(core: Core) -> None:
    await core.subscribe("robot upvotes>=20")
    await core.bring(paper(1))


@state("Only a revision of it was announced", "new-version:yes")
async def an_old_paper_revised(core: Core) -> None:
    await core.subscribe("robot")
    await core.bring(paper(1, sightings=(Sighting(source="arxiv", announce=Announce.REPLACE),)))


@state("It was known before this subscription was made")
async def older_than_the_subscription(core: Core) -> None:
    await core.bring(paper(1))
    await core.clock.advance(timedelta(hours=1))
    await core.subscribe("robot")


@state("It came just now and waits to be matched")
async def not_matched_yet(core: Core) -> None:
    await core.subscribe("robot")
    core.source.bring(paper(1))
    await core.poller.once()


@state("– It came just now and waits to be matched")
async def behind_a_thousand_others(core: Core) -> None:
    await core.subscribe("robot")
    await core.store.database.pipeline(
        [
            ("XADD", keys.PAPERS_STREAM, "*", "id", f"arxiv:2602.{number:05d}", "event", "new")
            for number in range(2_500)
        ]
    )
    core.source.bring(paper(1))
    await core.poller.once()


@state("✗ It could not be matched and was set aside: A bug of ours.", "pigeon dead")
async def set_aside(core: Core) -> None:
    await not_matched_yet(core)
    await core.store.papers.stream.read("w1", count=10, block_ms=None)  # which makes the group
    (entry,) = await core.store.papers.stream.read("w1", count=10, block_ms=None)
    await core.store.aside.put(entry, "A bug of ours.", core.clock.now())


@state("✗ It was fetched, but its record is damaged, so it is not matched", "cannot be read")
async def damaged(core: Core) -> None:
    await core.subscribe("robot")
    await core.bring(paper(1))
    await core.store.database.client.set(keys.paper("arxiv:2601.00001"), '{"v": 1, "title": 7}')


@state("✗ like:", "not near enough in meaning: 0.00; for about 5 a week it takes 0.")
async def not_near_enough(core: Core) -> None:
    await core.subscribe("like:chromatography")
    await core.bring(paper(1))


@state("✓ like:", "near in meaning: 0.", "near enough, for about 5 a week, begins at 0.", "✓ Sent just now")
async def near_enough(core: Core) -> None:
    await core.subscribe('like:"a robot that opens doors"')
    await core.bring(paper(1))


@state("Not planned", "The subscription was changed")
async def the_filter_was_widened_afterwards(core: Core) -> None:
    made = await core.subscribe("drone")
    await core.bring(paper(1))
    await core.store.subscriptions.put(replace(made, query="robot"))


@state("✗ The profile of this place leaves it out", "settings profile:order")
async def left_out_by_the_profile(core: Core) -> None:
    await core.subscribe("robot")
    await core.bring(
        paper(7, "Cooking with robots", abstract="Soup and bread from a robot kitchen."),
        paper(8, "Robots that weld steel", abstract="Welding seams of steel with a robot arm."),
        paper(9, "Robots that solder steel", abstract="Soldering seams of steel with a robot arm."),
    )
    for line in ("like 2601.00008", "like 2601.00009", "unlike 2601.00007", "settings profile:filter"):
        await core.say(line)
    await core.bring(paper(1, "Cooking soup with robots", abstract="Bread and soup from a robot kitchen."))


@state("✓ robot", "– Waits for the digest of Tue 06 Jan 09:00 UTC")
async def in_the_next_digest(core: Core) -> None:
    await at(core, 12)
    await core.subscribe("robot", cadence=DAILY)
    await core.bring(paper(1))


@state("– Waits for the digest of subscription 1 of Tue 06 Jan 09:00 UTC")
async def in_the_digest_of_another_subscription(core: Core) -> None:
    await in_the_next_digest(core)
    await core.subscribe("door", cadence=DAILY, created_at=core.clock.now() - timedelta(hours=1))


@state("✓ Sent just now in a digest")
async def sent_in_a_digest(core: Core) -> None:
    await in_the_next_digest(core)
    await core.clock.advance(timedelta(hours=21))
    await core.settle()


@state("– Waits for the end of the quiet hours: Tue 06 Jan 07:00 UTC")
async def in_quiet_hours(core: Core) -> None:
    await at(core, 23)
    await core.subscribe("robot", cadence=Cadence(when=When.INSTANT, quiet=(time(22), time(7))))
    await core.bring(paper(1))


@state("– Kept while the subscription is paused until Wed 07 Jan 12:00 UTC", "resume 1")
async def paused(core: Core) -> None:
    from bot.models import SubscriptionState

    await at(core, 12)
    made = await core.subscribe("robot")
    await core.store.subscriptions.put(
        replace(made, state=SubscriptionState.PAUSED, paused_until=core.clock.now() + timedelta(days=2))
    )
    await core.bring(paper(1))


@state("✗ The destination takes no cards: I may not write there.", "tried every hour")
async def blocked(core: Core) -> None:
    await core.subscribe("robot")
    core.adapter.faults.append(DestinationGone("I may not write there."))
    await core.bring(paper(1))


@state("✓ Sent 1 h ago")
async def sent_before_the_place_was_blocked(core: Core) -> None:
    await core.subscribe("robot")
    await core.bring(paper(1))
    await core.clock.advance(timedelta(hours=1))
    core.adapter.faults.append(DestinationGone("I may not write there."))
    await core.bring(paper(2))


@state("– Waits for another attempt", "The platform is busy.", "Attempts so far: 0")
async def put_off_by_the_platform(core: Core) -> None:
    await core.subscribe("robot")
    core.adapter.faults.append(RetryLater("The platform is busy.", after=60))
    await core.bring(paper(1))


@state(
    "– Posted or not: the answer to the last attempt was lost", "I look for it there", "Attempts so far: 1"
)
async def of_unknown_outcome(core: Core) -> None:
    await core.subscribe("robot")
    core.adapter.faults.append(Lost())
    await core.bring(paper(1))


@state("✗ Given up: Too long.", "pigeon dead replay")
async def given_up(core: Core) -> None:
    await core.subscribe("robot")
    core.adapter.faults.append(CardRejected("Too long."))
    await core.bring(paper(1))


@state("✗ Given up: No answer", "It may have been posted all the same")
async def given_up_in_doubt(core: Core) -> None:
    await core.subscribe("robot")
    core.adapter.blind = Ambiguous("No answer to the look-up.")
    core.adapter.faults.extend([Lost()])
    await core.bring(paper(1))
    for _ in range(12):
        await core.clock.advance(timedelta(hours=3))
        await core.settle()


@state("– On its way: it waits for its turn in this place")
async def planned(core: Core) -> None:
    await core.subscribe("robot")
    core.source.bring(paper(1))
    await core.poller.once()
    await core.matcher.once()


@state("– It is being posted this very moment")
async def being_posted(core: Core) -> None:
    await planned(core)
    tag = keys.shard_of(ML)
    key = delivery_key(ML, DeliveryKind.PAPER, "arxiv:2601.00001")
    await core.store.database.client.hset(keys.in_shard(tag, "d", key), mapping={"state": "intent"})


async def at(core: Core, hour: int) -> None:
    """Let it be that hour of Monday, 5 January 2026, in UTC."""
    wanted = core.clock.now().replace(year=2026, month=1, day=5, hour=hour, minute=0, second=0, microsecond=0)
    while wanted < core.clock.now():
        wanted += timedelta(days=1)
    await core.clock.advance(wanted - core.clock.now())


@pytest.mark.parametrize(("situation", "said"), STATES, ids=[one.__name__ for one, _ in STATES])
async def test_there_is_an_answer(core: Core, situation: Situation, said: list[str]) -> None:
    await situation(core)
    answer = words(await core.say("explain 2601.00001"))
    for part in said:
        assert part in answer, answer


async def test_the_last_day_tells_of_each_paper_what_became_of_it(core: Core) -> None:
    await core.bring(paper(1, "Robots before"))
    await core.clock.advance(timedelta(hours=1))
    made = await core.subscribe("robot")
    await core.bring(
        paper(2, "Robots sent"),
        paper(3, "Robots revised", sightings=(Sighting(source="arxiv", announce=Announce.REPLACE),)),
    )
    core.source.bring(paper(4, "Robots waiting"))
    await core.poller.once()
    said = words(await core.say(f"explain {made.number}"))
    assert "✗ Robots before\nIt was known before this subscription was made" in said
    assert "✓ Robots sent\nSent just now" in said
    assert "– Robots waiting\nIt came just now and waits to be matched" in said
    assert "Robots revised" not in said, "it passes only filters that ask for revisions"


async def test_the_last_day_of_a_subscription_says_whether_it_runs(core: Core) -> None:
    made = await core.subscribe("robot")
    number = made.number
    for named in (f"subscription:{number}", f"{number}", f"s{number}", f"#{number}", f"{number} · robot"):
        line = f"explain {named}"
        assert "✓ It runs: at once" in words(await core.say(line))
    await core.say(f"pause {made.number}")
    assert "– It is paused" in words(await core.say(f"explain subscription:{made.number}"))
