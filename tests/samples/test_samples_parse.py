"""The bot's own readers understand every served form, and leave nothing out."""

import aiohttp
import pytest

from bot.listings import huggingface
from bot.listings.arxiv import api, rss
from bot.models import Announce
from bot.samples import load
from bot.samples.server import SampleServer
from bot.text.tidy import tidy

FEED = "cs.AI+cs.CL+cs.CV+cs.LG+cs.RO+stat.ML"


async def body(http: aiohttp.ClientSession, url: str) -> bytes:
    async with http.get(url) as answer:
        assert answer.status == 200
        return await answer.read()


@pytest.mark.parametrize("number", [1, 2, 3, 4])
async def test_each_list_is_read_whole(http, whole, number):
    day = f"2026-03-0{4 + number}"
    page = huggingface.parse(
        await body(http, f"{whole.huggingface_url}/api/daily_papers?date={day}"), day=day
    )
    rows = load()[number - 1].huggingface
    assert page.skipped == 0
    assert [paper.short_id for paper in page.papers] == [row.paper.id for row in rows]
    assert [paper.upvotes for paper in page.papers] == [row.upvotes[-1] for row in rows]
    assert {str(paper.sightings[0].day) for paper in page.papers} == {day}


@pytest.mark.parametrize("form", ["rss", "atom"])
async def test_each_batch_is_read_whole(http, clock, form):
    async with SampleServer(clock) as server:
        for day in load():
            page = rss.parse(await body(http, f"{server.arxiv_rss_url}/{form}/{FEED}"))
            assert page.skipped == 0
            assert [(paper.short_id, paper.version) for paper in page.papers] == [
                (item.paper.id, item.version) for item in day.arxiv
            ]
            assert [tidy(paper).authors for paper in page.papers] == [
                item.paper.authors for item in day.arxiv
            ]
            await clock.advance(45)


async def test_all_kinds_of_announcement_are_read(http, whole):
    page = rss.parse(await body(http, f"{whole.arxiv_rss_url}/rss/{FEED}"))
    kinds = {(paper.short_id, paper.version): paper.sightings[0].announce for paper in page.papers}
    assert kinds["2510.15736", 2] == Announce.REPLACE_CROSS
    assert kinds["2510.19654", 2] == Announce.REPLACE
    assert kinds["2510.20670", 1] == Announce.NEW


async def test_what_catching_up_finds_is_read_whole(http, whole):
    page = api.parse(await body(http, f"{whole.arxiv_api_url}?search_query=cat:cs.*&max_results=500"))
    everything = {
        item.paper.id
        for day in load()
        for item in day.arxiv
        if any(c.startswith("cs.") for c in item.paper.categories)
    }
    assert page.skipped == 0
    assert page.total == len(page.papers) == len(everything)
    assert {paper.short_id for paper in page.papers} == everything
