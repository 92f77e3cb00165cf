"""Intent, send, reconcile, record: what happens when an answer is lost, late, or a refusal."""

import asyncio
from datetime import timedelta

import pytest

from bot.clock import SystemClock
from bot.commands import parse
from bot.delivery.sender import MOST_ATTEMPTS
from bot.errors import Ambiguous, CardRejected, DestinationGone, RetryLater
from bot.models import DeliveryKind, DeliveryState, Person, SubscriptionState, delivery_key
from bot.store import keys
from bot.store.claims import Claim
from bot.testing.adapter import Lost, RecordingAdapter
from tests.core import ML, AllRights, Core, open_core, origin, paper, words

SHARD = keys.shard_of(ML)
FIRST = delivery_key(ML, DeliveryKind.PAPER, "arxiv:2601.00001")


async def state(core: Core, key: str = FIRST) -> DeliveryState:
    found = await core.store.deliveries.get(ML, key)
    assert found is not None
    return found.state


async def later(core: Core, **length: float) -> None:
    await core.clock.advance(timedelta(**length))
    await core.lanes.once()


async def test_a_lost_answer_is_looked_up_and_not_posted_again(core: Core) -> None:
    await core.subscribe("robot")
    core.adapter.faults.append(Lost())
    await core.bring(paper(1))
    assert await state(core) is DeliveryState.INTENT
    await later(core, seconds=10)
    assert len(core.adapter.posted) == 1
    assert core.adapter.lookups == 1
    assert await state(core) is DeliveryState.SENT


async def test_what_was_not_posted_is_posted_after_the_look_up(core: Core) -> None:
    await core.subscribe("robot")
    core.adapter.faults.append(Ambiguous("No answer."))
    await core.bring(paper(1))
    assert not core.adapter.posted
    await later(core, seconds=10)
    assert len(core.adapter.posted) == 1


async def test_a_crash_between_intent_and_record_leaves_a_doubt_that_is_reconciled(core: Core) -> None:
    await core.subscribe("robot")

    def crash() -> None:
        raise KeyboardInterrupt

    core.adapter.faults.append(Lost())
    await core.matcher.once()
    core.source.bring(paper(1))
    await core.poller.once()
    await core.matcher.once()
    # A worker claims, declares its intent, posts, and dies before it can record.
    claim = await core.store.claims.claim(SHARD, "dead", core.clock.now())
    assert isinstance(claim, Claim)
    await core.store.claims.intend(claim, core.clock.now())
    composed = await core.composer.compose(claim.delivery, now=core.clock.now())
    with pytest.raises(Ambiguous):
        await core.adapter.send(ML, composed.card, key=claim.key)
    await core.lanes.once()
    assert len(core.adapter.posted) == 1, "the lease still holds"
    await later(core, seconds=41)
    assert len(core.adapter.posted) == 1
    assert await state(core) is DeliveryState.SENT


async def test_a_look_up_that_is_not_allowed_is_not_an_absence(core: Core) -> None:
    await core.subscribe("robot")
    core.adapter.faults.append(Lost())
    core.adapter.blind = Ambiguous("The history of this channel cannot be read.")
    await core.bring(paper(1))
    await later(core, seconds=10)
    assert len(core.adapter.posted) == 1
    assert await state(core) is DeliveryState.INTENT
    core.adapter.blind = None
    await later(core, hours=1)
    assert len(core.adapter.posted) == 1
    assert await state(core) is DeliveryState.SENT


async def test_within_the_platforms_own_window_the_same_key_is_sent_again(core: Core) -> None:
    core.adapter.resend_window = timedelta(seconds=120)
    await core.subscribe("robot")
    core.adapter.faults.append(Ambiguous("No answer."))
    await core.bring(paper(1))
    await later(core, seconds=10)
    assert core.adapter.lookups == 0
    assert [posted.key for posted in core.adapter.posted] == [FIRST]


async def test_after_the_window_it_is_looked_up(core: Core) -> None:
    core.adapter.resend_window = timedelta(seconds=120)
    await core.subscribe("robot")
    core.adapter.faults.extend([Lost(), Ambiguous("No answer."), Ambiguous("No answer.")])
    await core.bring(paper(1))
    await later(core, seconds=121)
    assert core.adapter.lookups == 1
    assert len(core.adapter.posted) == 1


async def test_a_refusal_to_serve_now_waits_as_long_as_asked_and_costs_no_attempt(core: Core) -> None:
    await core.subscribe("robot")
    core.adapter.faults.extend([RetryLater("Too fast.", after=30)] * 12)
    await core.bring(paper(1))
    await later(core, seconds=29)
    assert len(core.adapter.faults) == 11
    for _ in range(12):
        await later(core, minutes=61)
    assert len(core.adapter.posted) == 1


async def test_after_eight_unknown_outcomes_it_is_given_up_with_a_reason(core: Core) -> None:
    await core.subscribe("robot")
    core.adapter.faults.extend([Ambiguous("The platform is broken.")] * 8)
    await core.bring(paper(1))
    for _ in range(8):
        await later(core, hours=1)
    assert await state(core) is DeliveryState.DEAD
    found = await core.store.deliveries.get(ML, FIRST)
    assert found is not None and found.why == "The platform is broken."


async def test_after_a_day_it_is_given_up(core: Core) -> None:
    await core.subscribe("robot")
    core.adapter.faults.extend([RetryLater("Closed.", after=3600)] * 40)
    await core.bring(paper(1))
    for _ in range(26):
        await later(core, hours=1)
    assert await state(core) is DeliveryState.DEAD


async def test_a_poison_card_does_not_block_its_lane(core: Core) -> None:
    await core.subscribe("robot")
    core.adapter.faults.append(CardRejected("Invalid form body."))
    await core.bring(paper(1), paper(2))
    assert [posted.card.title for posted in core.adapter.posted] == ["Robots that learn, part 2"]
    assert await state(core) is DeliveryState.DEAD


async def test_a_card_that_kills_whoever_prepares_it_is_given_up_and_the_lane_goes_on(core: Core) -> None:
    await core.subscribe("robot")
    core.source.bring(paper(1), paper(2))
    await core.poller.once()
    await core.matcher.once()
    for _ in range(MOST_ATTEMPTS + 1):
        claim = await core.store.claims.claim(SHARD, "dies", core.clock.now())
        assert isinstance(claim, Claim)
        await core.clock.advance(timedelta(seconds=41))  # its lease runs out
    await core.lanes.once()
    assert [posted.card.title for posted in core.adapter.posted] == ["Robots that learn, part 2"]
    found = await core.store.deliveries.get(ML, FIRST)
    assert found is not None
    assert found.state is DeliveryState.DEAD
    assert "ended while they prepared or sent it" in found.why


async def test_an_attempt_that_ended_with_its_process_is_none_of_the_eight(core: Core) -> None:
    await core.subscribe("robot")
    core.source.bring(paper(1))
    await core.poller.once()
    await core.matcher.once()
    for _ in range(MOST_ATTEMPTS - 1):  # a storm of kills, each between the intent and the answer
        claim = await core.store.claims.claim(SHARD, "dies", core.clock.now())
        assert isinstance(claim, Claim)
        assert await core.store.claims.intend(claim, core.clock.now())
        await core.clock.advance(timedelta(seconds=41))
    core.adapter.faults.extend([Ambiguous("No answer.")] * 2)
    await core.lanes.once()
    await later(core, minutes=1)
    assert await state(core) is DeliveryState.INTENT, "two answers are missing, and nobody gives up"
    await later(core, minutes=2)
    assert len(core.adapter.posted) == 1
    assert await state(core) is DeliveryState.SENT


async def test_who_ends_while_a_delivery_waits_for_its_moment_did_not_die_of_it(core: Core) -> None:
    await core.subscribe("robot")
    core.source.bring(paper(1))
    await core.poller.once()
    await core.matcher.once()
    for _ in range(3 * MOST_ATTEMPTS):
        claim = await core.store.claims.claim(SHARD, "waits", core.clock.now())
        assert isinstance(claim, Claim)
        assert claim.vanished <= 1
        await core.store.claims.acquit(claim)
        await core.clock.advance(timedelta(seconds=41))
    await core.lanes.once()
    assert len(core.adapter.posted) == 1


async def test_a_card_that_kills_whoever_sends_it_is_given_up(core: Core) -> None:
    await core.subscribe("robot")
    core.source.bring(paper(1))
    await core.poller.once()
    await core.matcher.once()
    for _ in range(MOST_ATTEMPTS):
        claim = await core.store.claims.claim(SHARD, "dies", core.clock.now())
        assert isinstance(claim, Claim)
        await core.store.claims.acquit(claim)
        assert await core.store.claims.intend(claim, core.clock.now())
        await core.clock.advance(timedelta(seconds=41))
    await core.lanes.once()
    assert not core.adapter.posted
    assert await state(core) is DeliveryState.DEAD


async def test_a_lane_that_was_given_back_counts_as_no_death(core: Core) -> None:
    await core.subscribe("robot")
    core.source.bring(paper(1))
    await core.poller.once()
    await core.matcher.once()
    for _ in range(MOST_ATTEMPTS + 2):
        claim = await core.store.claims.claim(SHARD, "stops", core.clock.now())
        assert isinstance(claim, Claim)
        await core.store.claims.put_off(claim, due=core.clock.now(), keep_doubt=True)
    await core.lanes.once()
    assert len(core.adapter.posted) == 1


async def test_an_untranslated_exception_is_a_doubt_and_not_a_loss(core: Core) -> None:
    await core.subscribe("robot")
    core.adapter.faults.append(RuntimeError("a bug in the adapter"))
    await core.bring(paper(1))
    await later(core, seconds=10)
    assert len(core.adapter.posted) == 1


async def test_a_gone_destination_blocks_tells_once_and_returns_with_one_digest(core: Core) -> None:
    made = await core.subscribe("robot")
    core.adapter.faults.append(DestinationGone("I may not post there.", remedy="Give me Send Messages."))
    await core.bring(*(paper(number) for number in range(1, 6)))
    blocked = await core.store.subscriptions.by_id(made.id)
    assert blocked is not None and blocked.state is SubscriptionState.BLOCKED
    told = [posted for posted in core.adapter.posted if posted.destination.direct]
    assert len(told) == 1 and "Send Messages" in told[0].card.fallback
    assert told[0].destination.channel == "ana"
    assert [(one.label, one.command) for one in told[0].card.actions] == [("Retry", f"resume {made.number}")]
    await core.bring(paper(6))
    core.adapter.faults.append(DestinationGone("I may not post there."))
    await later(core, hours=1, minutes=1)
    assert len([posted for posted in core.adapter.posted if posted.destination.direct]) == 1
    await later(core, hours=1, minutes=1)
    here = [posted for posted in core.adapter.posted if not posted.destination.direct]
    assert len(here) == 2, "the card that tried the door, and one digest of the other five"
    assert "5" in here[1].card.title
    running = await core.store.subscriptions.by_id(made.id)
    assert running is not None and running.state is SubscriptionState.ACTIVE
    await core.bring(paper(7))
    assert core.adapter.posted[-1].card.title == "Robots that learn, part 7"


async def test_retry_tries_a_closed_place_at_once(core: Core) -> None:
    made = await core.subscribe("robot")
    core.adapter.faults.append(DestinationGone("I may not post there."))
    await core.bring(paper(1))
    lacking = AllRights(missing=["Send Messages"])
    reply = await core.handlers(parse(f"resume {made.number}"), origin(rights=lacking))
    assert "I still cannot post to #ml: Send Messages missing" in reply.card.fallback
    await core.lanes.once()
    here = [posted for posted in core.adapter.posted if not posted.destination.direct]
    assert here == [], "nothing has changed"
    reply = await core.handlers(parse(f"resume {made.number}"), origin())
    assert "I try #ml again now" in reply.card.fallback
    await core.lanes.once()
    here = [posted for posted in core.adapter.posted if not posted.destination.direct]
    assert len(here) == 1
    running = await core.store.subscriptions.by_id(made.id)
    assert running is not None and running.state is SubscriptionState.ACTIVE


async def test_closed_direct_messages_are_told_of_by_the_next_command_and_tried_again(core: Core) -> None:
    await core.subscribe("robot", destination=origin().me)
    core.adapter.faults.append(DestinationGone("Ana takes no messages.", remedy="Allow them."))
    await core.bring(paper(1))
    assert core.adapter.posted == [], "and never posted elsewhere"
    said = words(await core.say("list"))
    assert "Your alerts by direct message wait: Ana takes no messages. Allow them." in said
    assert "again now" in said
    core.adapter.faults.append(DestinationGone("Ana takes no messages."))
    await core.lanes.once()
    assert "within the hour" in words(await core.say("status")), "not at every command"
    assert "direct message" not in words(await core.say("list", origin(Person(id="bob"))))


async def test_opened_direct_messages_take_what_waited_after_any_command(core: Core) -> None:
    await core.subscribe("robot", destination=origin().me)
    core.adapter.faults.append(DestinationGone("Ana takes no messages."))
    await core.bring(paper(1))
    await core.lanes.once()
    assert core.adapter.posted == []
    await core.say("help")
    await core.lanes.once()
    assert len(core.adapter.posted) == 1
    assert "wait" not in words(await core.say("list"))


async def test_a_paused_worker_cannot_take_what_went_to_another(core: Core) -> None:
    await core.subscribe("robot")
    core.source.bring(paper(1), paper(2))
    await core.poller.once()
    await core.matcher.once()
    slow = await core.store.claims.claim(SHARD, "slow", core.clock.now())
    assert isinstance(slow, Claim)
    await core.clock.advance(timedelta(seconds=41))
    quick = await core.store.claims.claim(SHARD, "quick", core.clock.now())
    assert isinstance(quick, Claim)
    assert quick.key == slow.key
    assert await core.store.claims.intend(slow, core.clock.now()) is None
    assert not await core.store.claims.put_off(slow, due=core.clock.now())
    assert not await core.store.claims.settle_dead(slow, "late", now=core.clock.now())
    assert await state(core) is DeliveryState.PLANNED


async def test_a_late_success_is_recorded_although_the_lane_has_a_new_owner(core: Core) -> None:
    await core.subscribe("robot")
    core.source.bring(paper(1))
    await core.poller.once()
    await core.matcher.once()
    slow = await core.store.claims.claim(SHARD, "slow", core.clock.now())
    assert isinstance(slow, Claim)
    await core.store.claims.intend(slow, core.clock.now())
    composed = await core.composer.compose(slow.delivery, now=core.clock.now())
    message = await core.adapter.send(ML, composed.card, key=slow.key)
    await core.clock.advance(timedelta(seconds=41))
    quick = await core.store.claims.claim(SHARD, "quick", core.clock.now())
    assert isinstance(quick, Claim)
    settled = await core.store.claims.settle_sent(
        slow, message, now=core.clock.now(), next_at=core.clock.now()
    )
    assert not settled.ours
    assert await core.store.claims.intend(quick, core.clock.now()) is None
    await later(core, seconds=41)
    assert len(core.adapter.posted) == 1
    assert await state(core) is DeliveryState.SENT


async def test_many_senders_share_the_lanes_and_post_each_card_once(core: Core) -> None:
    from dataclasses import replace

    for number in range(12):
        await core.subscribe("robot", destination=replace(ML, workspace=f"w{number}", channel="c"))
    core.source.bring(*(paper(number) for number in range(1, 6)))
    await core.poller.once()
    await core.matcher.once()
    senders = [core.another_sender(f"s{number}") for number in range(3)]
    await asyncio.gather(*(sender.once() for sender in senders))
    seen = [(posted.destination.workspace, posted.card.title) for posted in core.adapter.posted]
    assert len(seen) == len(set(seen)) == 60


async def test_a_slow_channel_holds_up_nobody_else(core: Core) -> None:
    from dataclasses import replace

    await core.subscribe("robot")
    await core.subscribe("robot", destination=replace(ML, channel="other"))
    core.adapter.faults.append(RetryLater("Slow down.", after=600))
    await core.bring(paper(1), paper(2))
    assert len(core.adapter.texts("ml")) + len(core.adapter.texts("other")) == 2
    assert {len(core.adapter.texts("ml")), len(core.adapter.texts("other"))} == {0, 2}


async def test_one_huge_tenant_does_not_make_the_others_wait(core: Core) -> None:
    from dataclasses import replace

    shard = keys.shard("recording", "huge")
    small = next(f"s{n}" for n in range(1000) if keys.shard("recording", f"s{n}") == shard)
    for number in range(30):
        await core.subscribe("robot", destination=replace(ML, workspace="huge", channel=f"c{number}"))
    await core.subscribe("robot", destination=replace(ML, workspace=small, channel="c"))
    core.source.bring(*(paper(number) for number in range(1, 4)))
    await core.poller.once()
    await core.matcher.once()
    order = []
    for _ in range(12):
        claim = await core.store.claims.claim(shard, "w", core.clock.now())
        assert isinstance(claim, Claim)
        order.append(claim.workspace)
        await core.store.claims.done(claim, now=core.clock.now())
    assert order.count(small) == 3, f"three cards within the first dozen, not behind ninety: {order}"


async def test_a_deleted_group_is_made_again_from_the_start(core: Core) -> None:
    await core.subscribe("robot")
    await core.matcher.once()
    core.source.bring(paper(1))
    await core.poller.once()
    await core.store.database.client.xgroup_destroy(keys.PAPERS_STREAM, keys.MATCH_GROUP)
    await core.settle()
    await core.settle()
    assert len(core.adapter.posted) == 1


async def test_no_limit_is_waited_for_after_the_intent(redis_url: str, clock) -> None:
    from bot.ports import Limit

    adapter = RecordingAdapter(limits=[Limit("recording:all", 1, 100.0)])
    core = await open_core(redis_url, clock, adapter=adapter).seeded()
    await core.subscribe("robot")
    await core.bring(paper(1), paper(2))
    assert len(adapter.posted) == 1
    second = delivery_key(ML, DeliveryKind.PAPER, "arxiv:2601.00002")
    waiting = await core.store.deliveries.get(ML, second)
    assert waiting is not None and waiting.state is DeliveryState.PLANNED and waiting.attempts == 0
    await core.store.database.close()


async def test_a_budget_may_count_from_the_answer(redis_url: str, clock) -> None:
    from bot.ports import Limit

    limit = Limit("recording:ml", 1, 100.0, shared=False, from_answer=True)
    adapter = RecordingAdapter(limits=[limit])
    core = await open_core(redis_url, clock, adapter=adapter).seeded()
    await core.subscribe("robot")
    core.source.bring(paper(1), paper(2))
    await core.poller.once()
    await core.matcher.once()
    adapter.gate.clear()
    sending = asyncio.create_task(core.lanes.once())
    async with asyncio.timeout(30):
        while await state(core) is not DeliveryState.INTENT:
            await SystemClock().sleep(0.01)
    client = core.store.database.client
    from_start = float(await client.get(keys.limit("recording:ml")))
    adapter.gate.set()
    await sending
    assert float(await client.get(keys.limit("recording:ml"))) > from_start
    assert len(adapter.posted) == 1
    assert await core.lanes.waits_until() == clock.now() + timedelta(seconds=100), "the lane rests meanwhile"
    await core.store.database.close()


async def test_a_notice_that_had_to_wait_keeps_its_words(core: Core) -> None:
    await core.subscribe("robot")
    core.adapter.faults.extend([DestinationGone("I may not post there."), RetryLater("Too fast.", after=1)])
    await core.bring(paper(1))
    await later(core, seconds=30)
    (told,) = [posted for posted in core.adapter.posted if posted.destination.direct]
    assert "I cannot post to #ml: I may not post there." in told.card.fallback


async def test_a_replayed_dead_letter_is_looked_for_before_it_is_posted_again(core: Core) -> None:
    await core.subscribe("robot")
    core.adapter.faults.append(Lost())
    core.adapter.blind = Ambiguous("The history cannot be read.")
    await core.bring(paper(1))
    for _ in range(8):
        await later(core, hours=1)
    assert await state(core) is DeliveryState.DEAD
    core.adapter.blind = None
    dead = await core.store.deliveries.get(ML, FIRST)
    assert dead is not None
    await core.store.dead_letters.replay(dead, core.clock.now())
    await core.lanes.once()
    assert len(core.adapter.posted) == 1
    assert await state(core) is DeliveryState.SENT


async def test_an_unknown_outcome_is_looked_for_since_the_attempt_began(core: Core) -> None:
    """The post may have come through at once and only its answer be late: a look-up from the end misses it."""
    sinces = []
    find = core.adapter.find

    async def noted(destination, *, key, since):
        sinces.append(since)
        return await find(destination, key=key, since=since)

    core.adapter.find = noted  # type: ignore[method-assign]
    await core.subscribe("robot")
    began = core.clock.now()

    def late() -> None:
        core.clock.jump(timedelta(seconds=12))
        raise Ambiguous("No answer in time.")

    core.adapter.faults.append(late)
    await core.bring(paper(1))
    await later(core, seconds=10)
    assert sinces == [began]
    assert len(core.adapter.posted) == 1


async def test_a_pause_that_ate_the_lease_sends_nothing(core: Core) -> None:
    await core.subscribe("robot")
    core.source.bring(paper(1))
    await core.poller.once()
    await core.matcher.once()
    intend = core.store.claims.intend

    async def frozen(claim, now):
        intent = await intend(claim, now)
        await core.clock.advance(timedelta(seconds=26))
        return intent

    core.store.claims.intend = frozen  # type: ignore[method-assign]
    await core.lanes.once()
    assert not core.adapter.posted
    core.store.claims.intend = intend  # type: ignore[method-assign]
    await later(core, seconds=41)
    assert len(core.adapter.posted) == 1


async def test_a_namesake_of_a_dead_process_does_not_own_its_lanes(core: Core) -> None:
    await core.subscribe("robot")
    core.source.bring(paper(1))
    await core.poller.once()
    await core.matcher.once()
    former = await core.store.claims.claim(SHARD, "w1", core.clock.now())
    await core.clock.advance(timedelta(seconds=41))
    present = await core.store.claims.claim(SHARD, "w1", core.clock.now())
    assert isinstance(former, Claim)
    assert isinstance(present, Claim)
    assert await core.store.claims.intend(former, core.clock.now()) is None
    assert await core.store.claims.intend(present, core.clock.now()) is not None


async def test_a_record_of_a_newer_version_is_left_to_it_and_a_damaged_one_blocks_no_lane(core: Core) -> None:
    await core.subscribe("robot")
    core.source.bring(paper(1), paper(2), paper(3))
    await core.poller.once()
    await core.matcher.once()
    client = core.store.database.client
    name = keys.in_shard(SHARD, "d", FIRST)
    await client.hset(name, mapping={"v": 2, "a-field-of-tomorrow": "x"})
    await core.lanes.once()
    assert not core.adapter.posted, "order is kept: the newer process sends it first"
    await client.hset(name, "v", 1)  # as if the newer version had been taken back; the strange field stays
    second = keys.in_shard(SHARD, "d", delivery_key(ML, DeliveryKind.PAPER, "arxiv:2601.00002"))
    await client.hset(second, "papers", "{{{")
    await later(core, minutes=2)
    assert [posted.card.title[-1] for posted in core.adapter.posted] == ["1", "3"]


async def test_a_return_while_a_sender_is_at_work_gives_its_lane_to_nobody_else(core: Core) -> None:
    await core.subscribe("robot")
    core.source.bring(*(paper(number) for number in range(1, 7)))
    await core.poller.once()
    await core.matcher.once()
    await core.store.deliveries.block(ML, "gone", core.clock.now())
    claim = await core.store.claims.claim(SHARD, "busy", core.clock.now())
    assert isinstance(claim, Claim)
    await core.store.claims.intend(claim, core.clock.now())
    await core.destinations.took_a_card(ML)
    assert not isinstance(await core.store.claims.claim(SHARD, "other", core.clock.now()), Claim)
