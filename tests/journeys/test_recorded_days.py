"""Recorded days through the real path: fetched over HTTP, parsed, stored, matched, delivered, each paper once."""

import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot import plugins
from bot.listings.fetch import Fetcher
from bot.listings.parser import Parser
from bot.listings.politeness import LocalLimiter
from bot.poller import Poller
from bot.ports import PluginContext, Source
from bot.testing.clock import FakeClock
from tests.core import Core, open_core
from tests.journeys.listings import serving


def _source(core: Core, name: str, /, **settings: object) -> tuple[Source, Fetcher, Parser]:
    plugin = plugins.sources()[name]
    fetcher = Fetcher(clock=core.clock, limiter=LocalLimiter(core.clock))
    parser = Parser()
    context = PluginContext(
        settings=plugin.settings(**settings),
        clock=core.clock,
        shelf=core.store.shelf(name),
        data_dir=Path(),
        options={"fetcher": fetcher, "parser": parser},
    )
    return plugin.create(context)[0], fetcher, parser


async def _run(core: Core, source: Source, *, polls: list[datetime]) -> Counter[str]:
    poller = Poller(source, core.store, core.clock, every=timedelta(minutes=10), worker="w1")
    counts: Counter[str] = Counter()
    for moment in polls:
        await core.clock.advance(max(timedelta(0), moment - core.clock.now()))
        poll = await poller.once()
        assert poll.error is None, poll.error
        counts["new"] += poll.new
        counts["unchanged"] += poll.unchanged
        counts["skipped"] += poll.skipped
        await core.settle()
    await core.clock.advance(timedelta(minutes=1))
    await core.settle()
    return counts


async def test_39_days_of_hugging_face_are_each_delivered_once(redis_url: str, recordings: Path) -> None:
    clock = FakeClock(datetime(2025, 10, 6, 23, 50, tzinfo=UTC))
    core = open_core(redis_url, clock)
    await core.subscribe("has:abstract OR upvotes>=0")
    async with serving(recordings, clock) as recorded:
        source, fetcher, parser = _source(core, "huggingface", url=recorded.url)
        expected = {
            row["paper"]["id"]
            for day, body in recorded.days.items()
            if "2025-10-06" <= day <= "2025-11-28"
            for row in json.loads(body)
        }
        counts = await _run(core, source, polls=[clock.now() + timedelta(days=day) for day in range(55)])
        await fetcher.aclose()
        await parser.aclose()
    assert len(expected) == counts["new"] == 753
    assert counts["skipped"] == 0
    cards = [posted for posted in core.adapter.posted if posted.card.kind == "paper"]
    digests = [posted for posted in core.adapter.posted if posted.card.kind == "digest"]
    assert len({posted.key for posted in core.adapter.posted}) == len(core.adapter.posted), "nothing twice"
    (first,) = digests
    gathered = await core.store.deliveries.get(first.destination, first.key)
    assert gathered is not None
    assert len(cards) + len(gathered.papers) == len(expected), "nothing lost"
    titles = Counter(posted.card.title for posted in cards)
    assert sum(titles.values()) - len(titles) <= 2, "two papers may share a title, a paper is never repeated"
    await core.store.database.close()


@pytest.mark.parametrize(
    ("query", "delivered"),
    [
        pytest.param("has:abstract (new-version:yes OR new-version:no)", 603, id="with-revisions"),
        pytest.param("has:abstract", 264 + 161, id="new-and-cross-listed"),
    ],
)
async def test_120_polls_of_arxiv_are_each_delivered_once(
    redis_url: str, recordings: Path, query: str, delivered: int
) -> None:
    clock = FakeClock(datetime(2024, 12, 18, 13, 42, 33, tzinfo=UTC))
    core = open_core(redis_url, clock)
    await core.subscribe(query)
    async with serving(recordings, clock) as recorded:
        source, fetcher, parser = _source(
            core, "arxiv", rss_url=recorded.url, interval_seconds=0, reconcile=False
        )
        counts = await _run(core, source, polls=[moment for moment, _ in recorded.polls])
        await fetcher.aclose()
        await parser.aclose()
    known = await core.store.papers.count()
    assert counts["new"] == known == 603
    assert len({posted.key for posted in core.adapter.posted}) == len(core.adapter.posted)
    (first,) = [posted for posted in core.adapter.posted if posted.card.kind == "digest"]
    gathered = await core.store.deliveries.get(first.destination, first.key)
    assert gathered is not None
    cards = [posted for posted in core.adapter.posted if posted.card.kind == "paper"]
    assert len(cards) + len(gathered.papers) == delivered
    await core.store.database.close()
