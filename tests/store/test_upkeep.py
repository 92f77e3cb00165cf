"""What is past its time is forgotten, and nothing else."""

from datetime import timedelta

from bot.upkeep import Upkeep
from tests.core import Core, paper


async def test_a_removed_subscription_is_restorable_for_thirty_days_and_then_gone(core: Core) -> None:
    sub = await core.subscribe("robot")
    kept = await core.subscribe("drone")
    await core.say(f"remove {sub.number}")
    upkeep = Upkeep(core.store, core.clock)
    await core.clock.advance(timedelta(days=29))
    await upkeep.once()
    assert await core.store.subscriptions.by_id(sub.id) is not None
    await core.clock.advance(timedelta(days=2))
    await upkeep.once()
    assert await core.store.subscriptions.by_id(sub.id) is None
    assert await core.store.subscriptions.by_id(kept.id) is not None


async def test_expired_papers_leave_the_index_of_times(core: Core) -> None:
    await core.bring(paper(1), paper(2))
    await core.clock.advance(timedelta(days=91))
    await core.bring(paper(2))  # still listed: its time begins anew
    await core.store.database.client.delete("pp:{papers}:paper:arxiv:2601.00001")
    await Upkeep(core.store, core.clock).once()
    assert await core.store.papers.count() == 1


async def test_names_that_hold_nothing_are_removed_and_those_that_hold_work_stay(core: Core) -> None:
    stream = core.store.papers.stream
    for number in range(2):
        await stream.add({"id": f"arxiv:2601.0000{number}"})
    await stream.read("ended well", count=1, block_ms=None)  # makes the group
    (done,) = await stream.read("ended well", count=1, block_ms=None)
    await stream.done([done.id])
    (held,) = await stream.read("killed", count=1, block_ms=None)
    assert await stream.forget_consumers(idle_ms=0, keep="me") == 1
    (taken,) = await stream.claim_stale("me", idle_ms=0, count=10)
    assert taken.id == held.id, "what the killed one held is taken over, and then its name goes, too"
    assert await stream.forget_consumers(idle_ms=0, keep="me") == 1
