"""No method is asked more often than Slack allows, and none before the time that Slack named."""

from datetime import UTC, datetime

import pytest

from adapters.slack.adapter import SlackAdapter
from adapters.slack.tiers import BY_CHANNEL, COUNTED, TIER_2, TIER_3, Tiers
from bot.errors import RetryLater
from bot.models import Destination
from bot.testing.cards import EXAMPLE_CARDS
from bot.testing.clock import FakeClock
from tests.adapters.slack.conftest import MemoryShelf, made
from tests.peers.slack_methods import METHODS
from tests.peers.slack_server import SlackPeer, rate_limited

CARD = EXAMPLE_CARDS["paper-compact"]


def channel(name: str) -> Destination:
    return Destination(platform="slack", workspace="T1", channel=name)


def test_the_methods_are_slacks():
    assert set(COUNTED) | BY_CHANNEL <= set(METHODS)


@pytest.mark.parametrize(("method", "most"), [("usergroups.list", TIER_2), ("conversations.history", TIER_3)])
async def test_a_minute_holds_so_many(method: str, most: int):
    clock = FakeClock()
    tiers = Tiers(clock)
    for _ in range(most):
        tiers.enter(method)
        await clock.advance(0.5)
    with pytest.raises(RetryLater) as told:
        tiers.enter(method)
    await clock.advance(told.value.after)
    tiers.enter(method)
    with pytest.raises(RetryLater):
        tiers.enter(method)
    tiers.enter("users.info")


async def test_what_slack_closed_stays_closed_until_then(peer: SlackPeer, shelf: MemoryShelf):
    clock = FakeClock(datetime.now(UTC))  # noqa: TID251 - the loopback Slack has a clock of its own
    adapter = made(peer, shelf, clock=clock)
    async with adapter.connect(None):
        team = await adapter.workspaces.home()
        peer.faults.next("users.info", rate_limited(30))
        with pytest.raises(Exception, match="ratelimited"):
            await team.client.users_info(user="U1")
        with pytest.raises(RetryLater) as told:
            await team.client.users_info(user="U2")
        assert told.value.after == 30
        assert len(peer.calls("users.info")) == 1
        await team.client.conversations_info(channel="C1")
        await clock.advance(30)
        await team.client.users_info(user="U2")


async def test_one_busy_channel_closes_no_other(adapter: SlackAdapter, peer: SlackPeer):
    peer.faults.next("chat.postMessage", rate_limited(30))
    with pytest.raises(RetryLater):
        await adapter.send(channel("C1"), CARD, key="a")
    await adapter.send(channel("C2"), CARD, key="b")
