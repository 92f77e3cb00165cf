"""The demo's first half: the real sources poll the sample server, and every paper comes through, once."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from pydantic import BaseModel

from bot.clock import SystemClock
from bot.listings import arxiv, huggingface
from bot.listings.fetch import Fetcher
from bot.listings.parser import Parser
from bot.listings.politeness import LocalLimiter
from bot.ports import PluginContext, Source, SourcePlugin
from bot.samples import load
from bot.samples.server import SampleServer


class SteppedClock(SystemClock):
    """The machine's clock for waiting, with a date and a pace of the test's own."""

    def __init__(self) -> None:
        self.passed = 0.0

    def now(self) -> datetime:
        return datetime(2026, 3, 8, 12, tzinfo=UTC) + timedelta(seconds=self.passed)

    def monotonic(self) -> float:
        return self.passed


@pytest.fixture
def clock() -> SteppedClock:
    return SteppedClock()


@pytest_asyncio.fixture
async def sources(clock: SteppedClock, server: SampleServer) -> AsyncIterator[dict[str, Source]]:
    machine = SystemClock()
    fetcher = Fetcher(clock=machine, limiter=LocalLimiter(machine), contact="")
    parser = Parser()

    def only(plugin: SourcePlugin, settings: BaseModel) -> Source:
        options = {"fetcher": fetcher, "parser": parser}
        shelf = None  # no source of ours keeps anything there
        context = PluginContext(settings=settings, clock=clock, shelf=shelf, data_dir=Path(), options=options)
        [source] = plugin.create(context)
        return source

    yield {
        "huggingface": only(huggingface.plugin, huggingface.HuggingFaceSettings(url=server.huggingface_url)),
        "arxiv": only(
            arxiv.plugin,
            arxiv.ArxivSettings(
                rss_url=server.arxiv_rss_url,
                api_url=server.arxiv_api_url,
                interval_seconds=0,
                reconcile=False,
            ),
        ),
    }
    await fetcher.aclose()
    await parser.aclose()


async def test_two_polls_a_sample_day_bring_every_paper_and_nothing_when_nothing_changed(sources, clock):
    cursors: dict[str, str | None] = dict.fromkeys(sources)
    first_day: dict[str, int] = {}
    for half in range(10):
        for name, source in sources.items():
            listing = await source.fetch(cursors[name])
            cursors[name] = listing.cursor
            assert listing.skipped == 0
            assert listing.unchanged == (half % 2 == 1 or half == 8), (half, name)
            for paper in listing.papers:
                first_day.setdefault(paper.short_id, min(1 + half // 2, 4))
        clock.passed += 22.5
    expected: dict[str, int] = {}
    for day in load():
        for number, paper in [
            *((max(day.number, row.from_day), row.paper.id) for row in day.huggingface),
            *((day.number, item.paper.id) for item in day.arxiv),
        ]:
            expected[paper] = min(number, expected.get(paper, number))
    assert first_day == expected


async def test_catching_up_after_a_stop_finds_nothing_new_and_no_error(sources, clock):
    listing = await sources["arxiv"].catch_up(clock.now() - timedelta(days=2), clock.now(), None)
    assert (listing.papers, listing.cursor, listing.skipped) == ((), None, 0)
