"""2,000 cards over 50 channels against a Slack that allows one a second and channel, two at once; commands meanwhile.

``python -m benchmarks.slack_burst [cards] [channels]``: how many requests and 429s it takes to post each card
once within the adapter's own budgets, and how soon commands are acknowledged during it. The loopback Slack,
the adapter and the commands share one process, so the times are upper bounds.
"""

import asyncio
import statistics
import sys
from pathlib import Path

import structlog

from bot.clock import SystemClock
from bot.errors import RetryLater
from bot.models import Destination
from bot.testing.cards import EXAMPLE_CARDS
from tests.adapters.slack.conftest import Core, MemoryShelf, made
from tests.peers.slack_server import SlackPeer


async def main(cards: int, channels: int) -> None:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(40))
    clock = SystemClock()
    async with SlackPeer() as peer:
        peer.paced = True
        for number in range(channels):
            peer.add_channel(f"CB{number}", f"burst-{number}", members=("UBOT", "U1"))
        adapter = made(peer, MemoryShelf(), Path(), posts_per_minute=6000)
        async with adapter.connect(Core()):
            await peer.until_connected()
            began = clock.monotonic()
            posting = asyncio.gather(
                *(lane(adapter, clock, number, cards // channels) for number in range(channels))
            )
            while not posting.done():
                await peer.slash("/papers list")
                await clock.sleep(0.1)
            again = sum(await posting)
            took = clock.monotonic() - began
        posts = [request for request in peer.requests if request.method == "chat.postMessage"]
        standing = sum(len(peer.posts(f"CB{number}")) for number in range(channels))
        late = sum(request.outcome == "rate_limited" for request in posts)
        acks = sorted(peer.acknowledgements)
        p99 = statistics.quantiles(acks, n=100)[98]
        sys.stdout.write(
            f"{standing} cards in {channels} channels after {took:.1f} s: {len(posts)} requests, {late} of them 429, "
            f"{again} sent again, {len(peer.violations)} bodies refused\n"
            f"{len(acks)} commands meanwhile: acknowledged after {statistics.median(acks) * 1000:.1f} ms (p50), "
            f"{p99 * 1000:.1f} ms (p99), {acks[-1] * 1000:.1f} ms (worst)\n"
        )


async def lane(adapter, clock, number: int, cards: int) -> int:
    """Post a channel's cards as its budget allows, each until it stands."""
    place = Destination(platform="slack", workspace="T1", channel=f"CB{number}")
    budget = adapter.limits(place)[0]
    again = 0
    for card in range(cards):
        while True:
            sent_at = clock.monotonic()
            try:
                await adapter.send(place, EXAMPLE_CARDS["paper-compact"], key=f"{number}/{card}")
            except RetryLater as error:
                again += 1
                await clock.sleep(error.after)
            else:
                break
        await clock.sleep(budget.seconds / budget.count - (clock.monotonic() - sent_at))
    return again


if __name__ == "__main__":
    given = [int(text) for text in sys.argv[1:]]
    asyncio.run(main(*(given or [2000, 50])))
