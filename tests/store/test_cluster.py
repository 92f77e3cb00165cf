"""The whole route on a Cluster of three real servers, and a primary that dies with and without WAIT."""

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.clock import SystemClock
from bot.models import Cadence, When
from bot.store import keys
from bot.store.web import SAVED, Feed
from bot.testing.clock import FakeClock
from tests.chaos.valkey import ValkeyServer, free_port
from tests.core import ML, open_core, paper


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[ValkeyServer]]:
    """Three servers that share the slots."""
    folder = tmp_path_factory.mktemp("cluster")
    buses = [free_port() for _ in range(3)]
    nodes = [
        ValkeyServer(
            folder / str(bus),
            config=("cluster-enabled yes", "cluster-node-timeout 2000", f"cluster-port {bus}"),
            fsync="everysec",
        )
        for bus in buses
    ]
    with ExitStack() as stack:
        for number, node in enumerate(nodes):
            node.start()
            stack.callback(node.kill)
            first, last = 16384 * number // 3, 16384 * (number + 1) // 3 - 1
            assert node.ask("CLUSTER", "ADDSLOTSRANGE", first, last) == "+OK"
            assert node.ask("CLUSTER", "SET-CONFIG-EPOCH", number + 1) == "+OK"
        for node in nodes[1:]:
            assert node.ask("CLUSTER", "MEET", "127.0.0.1", nodes[0].port, buses[0]) == "+OK"
        waited = SystemClock().monotonic()
        while not all(_sees_all(node) for node in nodes):
            assert SystemClock().monotonic() - waited < 30, "the cluster does not come about"
        yield nodes


def _sees_all(node: ValkeyServer) -> bool:
    return (
        node.ask("SET", "probe{" + str(node.port) + "}", 1)[:5] in {"+OK", "-MOVE"}
        and len(node.whole("CLUSTER", "SLOTS").split("127.0.0.1")) == 4
    )


async def test_the_route_runs_on_a_cluster(cluster: list[ValkeyServer], clock: FakeClock) -> None:
    core = await open_core(f"redis+cluster://127.0.0.1:{cluster[0].port}", clock).seeded()
    places = [replace(ML, workspace=f"w{number}") for number in range(12)]
    assert len({keys.shard_of(place) for place in places}) > 3, "over several slots"
    for place in places:
        await core.subscribe("robot", destination=place)
        await core.subscribe("learn", destination=place, cadence=Cadence(when=When.DAILY))
    core.source.bring(*(paper(number) for number in range(1, 6)))
    await core.poller.once()
    await core.settle()
    assert len(core.adapter.posted) == 60
    await core.clock.advance(timedelta(days=1))
    await core.settle()
    facts = await core.store.database.facts()
    assert facts.cluster
    found = [one async for one in core.store.database.scan("pp:*")]
    assert sum(":d:" in name for name in found) >= 60
    said = await core.say("list")
    assert said.card.fallback
    await core.say("status")
    figures = await core.store.figures.read(await core.store.figures.platforms())
    traffic = figures.traffic["recording"]
    assert traffic.outcomes["sent"] == len(core.adapter.posted)
    assert (figures.papers, figures.unmatched, traffic.waiting, traffic.dead_letters) == (5, 0, 0, 0)
    assert len(await core.store.deliveries.posted(places[0])) >= 5
    token = await core.store.web.feed(Feed("recording", "w1", "ana", SAVED))
    assert await core.store.web.open_feed(token)
    assert await core.store.web.revoke_everything() == 1
    await core.store.papers.forget_old(core.clock.now())
    await core.store.database.close()


async def test_a_cluster_that_loses_a_node_is_an_outage_and_heals(
    cluster: list[ValkeyServer], clock: FakeClock
) -> None:
    from bot.errors import StoreUnavailable

    core = open_core(f"redis+cluster://127.0.0.1:{cluster[0].port}", clock)
    place = replace(ML, workspace="w1")
    await core.subscribe("robot", destination=place)
    cluster[2].kill()
    failures = 0
    for number in range(6):
        try:
            await core.store.papers.get(f"arxiv:2601.{number:05d}")
            for shard in range(12):
                await core.store.claims.claim(keys.shard("recording", f"w{shard}"), "w", clock.now())
        except StoreUnavailable:
            failures += 1
    assert failures, "a third of the slots is gone"
    cluster[2].start()
    async with asyncio.timeout(30):
        while True:
            try:
                for shard in range(12):
                    await core.store.claims.claim(keys.shard("recording", f"w{shard}"), "w", clock.now())
            except StoreUnavailable:
                await SystemClock().sleep(0.2)
            else:
                break
    await core.store.database.close()
