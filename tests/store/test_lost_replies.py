"""A write whose answer is lost was done, and we do not know: repeated, it must have no second effect."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import pytest_asyncio

from bot.errors import RetryLater, StoreUnavailable
from bot.models import Cadence, DeliveryKind, Destination, SubscriptionState, When, delivery_key
from bot.store import keys, lanes, papers, stream
from bot.store.subscriptions import _PUT
from bot.testing.clock import FakeClock
from tests.chaos.proxy import Proxy
from tests.core import ML, Core, commands, open_core, paper


@pytest_asyncio.fixture
async def proxied(redis_url: str, clock: FakeClock) -> AsyncIterator[tuple[Core, Proxy]]:
    """The core behind a proxy, with every script already known to the server."""
    async with Proxy(redis_url.removeprefix("unix://")) as proxy:
        core = await open_core(proxy.url, clock).seeded()
        await core.subscribe("robot")
        core.adapter.faults.append(RetryLater("Not yet.", after=1))
        await core.bring(paper(1))
        await clock.advance(timedelta(seconds=10))
        await core.settle()
        assert len(core.adapter.posted) == 1
        yield core, proxy
        await core.store.database.close()


async def until_done(core: Core, cards: int) -> None:
    """Do what the running parts do: try again after an error, and let leases run out."""
    for _ in range(10):
        try:
            await core.poller.once()
            await core.matcher._drain(again=True)
            await core.settle()
        except StoreUnavailable:
            continue
        if len(core.adapter.posted) >= cards:
            break
        await core.clock.advance(timedelta(seconds=41))


@pytest.mark.parametrize(
    "request_",
    [
        pytest.param(papers._SAVE.sha, id="store papers"),
        pytest.param("XREADGROUP", id="read the stream"),
        pytest.param(lanes.PLAN.sha, id="plan"),
        pytest.param(stream._DONE.sha, id="acknowledge the paper"),
        pytest.param(lanes.CLAIM.sha, id="claim"),
        pytest.param(lanes.INTENT.sha, id="intent"),
        pytest.param(lanes.SETTLE.sha, id="settle"),
    ],
)
async def test_the_answer_to_a_step_is_lost(proxied: tuple[Core, Proxy], request_: str) -> None:
    core, proxy = proxied
    proxy.lose = request_.encode()
    core.source.bring(paper(2), paper(3))
    await until_done(core, 3)
    assert proxy.lost == 1
    assert sorted(posted.card.title for posted in core.adapter.posted) == [
        f"Robots that learn, part {number}" for number in (1, 2, 3)
    ]
    assert await core.store.papers.stream.length() == 0
    assert await core.store.deliveries.backlog(keys.shard_of(ML)) == 0


async def test_the_answer_to_giving_a_lane_back_is_lost(proxied: tuple[Core, Proxy]) -> None:
    core, proxy = proxied
    core.adapter.faults.append(RetryLater("Later.", after=5))
    proxy.lose = lanes.PUT_OFF.sha.encode()
    core.source.bring(paper(2))
    await until_done(core, 2)
    assert proxy.lost == 1
    assert len(core.adapter.posted) == 2


async def test_a_subscription_whose_answer_is_lost_is_made_once(proxied: tuple[Core, Proxy]) -> None:
    core, proxy = proxied
    proxy.lose = _PUT.sha.encode()
    made = await core.subscribe("graph", cadence=Cadence(when=When.DAILY))
    assert proxy.lost == 1
    found = await core.store.subscriptions.of(*made.workspace)
    assert [one.query for one in found if one.state is SubscriptionState.ACTIVE].count("graph") == 1


async def test_a_number_whose_answer_is_lost_is_wasted_and_nothing_else(proxied: tuple[Core, Proxy]) -> None:
    core, proxy = proxied
    proxy.lose = b"HINCRBY"
    with pytest.raises(StoreUnavailable):
        await core.subscribe("graph")
    assert len(await core.store.subscriptions.of("recording", "lab")) == 1
    made = await core.subscribe("graph")
    assert made.number == 3


async def test_a_confirmation_whose_answer_is_lost_subscribes_once(proxied: tuple[Core, Proxy]) -> None:
    core, proxy = proxied
    asked = commands(await core.say("subscribe graph when:daily"))
    proxy.lose = _PUT.sha.encode()
    await core.say(asked["Confirm"])
    again = await core.say(asked["Confirm"])
    assert "no longer open" in again.card.fallback
    found = await core.store.subscriptions.of("recording", "lab")
    assert [one.query for one in found].count("graph") == 1


async def test_the_answer_to_a_digests_closing_is_lost(proxied: tuple[Core, Proxy]) -> None:
    core, proxy = proxied
    await core.subscribe("robot", cadence=Cadence(when=When.DAILY), destination=_OTHER)
    core.source.bring(paper(2))
    await core.poller.once()
    await core.settle()
    await core.clock.advance(timedelta(days=1))
    await core.digests.once()
    await core.settle()
    before = len(core.adapter.texts("digests"))
    core.source.bring(paper(3))
    await core.poller.once()
    await core.settle()
    await core.clock.advance(timedelta(days=1))
    proxy.lose = lanes.CLOSE.sha.encode()
    with pytest.raises(StoreUnavailable):
        await core.digests.once()
    await core.settle()
    assert proxy.lost == 1
    assert len(core.adapter.texts("digests")) == before + 1
    key = delivery_key(_OTHER, DeliveryKind.PAPER, "arxiv:2601.00003")
    held = await core.store.deliveries.get(_OTHER, key)
    assert held is not None and held.digest


_OTHER = Destination(platform="recording", workspace="lab", channel="digests")
