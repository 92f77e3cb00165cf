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
