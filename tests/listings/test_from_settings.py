"""Every source and enricher runs from an ``.env`` file alone: settings in, papers out, over a loopback server."""

import os
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from aiohttp import web

from bot.choosing import choose_enrichers, choose_sources
from bot.listings.fetch import Fetcher
from bot.listings.parser import Parser
from bot.models import Paper
from bot.plugins import sources
from bot.settings import load
from bot.store import Store
from bot.store.database import Database
from bot.turns import SharedLimiter
from tests.listings.test_enrichers import PAGE
from tests.listings.test_openreview import note, page

FEED = b"""<rss version="2.0"><channel><title>Lab</title><item><title>A paper</title>
<link>https://lab.example/1</link><guid>1</guid></item></channel></rss>"""


async def answer(request: web.Request, recordings: Path) -> web.Response:
    """What each service answers, by its path."""
    path = request.path
    if path == "/hf/api/daily_papers":
        return web.Response(body=max((recordings / "huggingface/daily").glob("*.json")).read_bytes())
    if path.startswith("/hf/api/papers/"):
        return web.json_response({**PAGE, "id": path.rpartition("/")[2]})
    if path.startswith("/rss/"):
        return web.Response(body=(recordings / "arxiv/rss/arxiv_rss_example.xml").read_bytes())
    if path.startswith("/biorxiv/details/"):
        return web.Response(body=(recordings / f"biorxiv/{path.split('/')[3]}.json").read_bytes())
    if path == "/crossref/works":
        return web.Response(body=(recordings / "other/crossref.json").read_bytes())
    if path == "/pubmed/esearch.fcgi":
        return web.Response(body=(recordings / "other/pubmed-esearch.json").read_bytes())
    if path == "/pubmed/efetch.fcgi":
        return web.Response(body=(recordings / "other/pubmed-efetch.xml").read_bytes())
    if path == "/openreview/notes":
        return web.Response(body=page(note(1)))
    if path == "/feed":
        return web.Response(body=FEED)
    if path == "/openalex/works":
        return web.json_response(
            {"results": [{"doi": "https://doi.org/10.48550/arxiv.2601.00001", "cited_by_count": 2}]}
        )
    if path == "/s2/graph/v1/paper/batch":
        return web.json_response([{"citationCount": 4}] * len((await request.json())["ids"]))
    return web.Response(status=404)


@pytest_asyncio.fixture
async def store(redis_url: str) -> AsyncIterator[Store]:
    database = Database.connect(redis_url)
    yield Store(database, retention=timedelta(days=90))
    await database.close()


@pytest.fixture
def env_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A ``.env``, and nothing else that sets anything."""
    for name in [name for name in os.environ if name.startswith("PIGEON_")]:
        monkeypatch.delenv(name)
    return tmp_path / ".env"


async def test_all_of_them_run_from_env_alone(host, recordings, clock, store, env_file):
    host.answer = lambda request: answer(request, recordings)
    env = {
        "HUGGINGFACE__URL": f"{host.url}/hf",
        "HUGGINGFACE__FIRST_DAYS": "1",
        "HUGGINGFACE__TRENDING": "true",
        "ARXIV__RSS_URL": host.url,
        "ARXIV__INTERVAL_SECONDS": "0",
        "ARXIV__CATEGORIES": "cs.CL",
        "BIORXIV__URL": f"{host.url}/biorxiv",
        "BIORXIV__CATEGORIES": "all",
        "MEDRXIV__URL": f"{host.url}/biorxiv",
        "MEDRXIV__CATEGORIES": "all",
        "CROSSREF__URL": f"{host.url}/crossref",
        "CROSSREF__ISSNS": "0028-0836",
        "PUBMED__URL": f"{host.url}/pubmed",
        "PUBMED__QUERIES": "tuberculosis",
        "OPENREVIEW__URL": f"{host.url}/openreview",
        "OPENREVIEW__VENUES": "ICLR.cc/2026/Conference",
        "FEEDS__URLS": f"lab={host.url}/feed",
        "FEEDS__ALLOW": host.url.removeprefix("http://"),
        "OPENALEX__URL": f"{host.url}/openalex",
        "OPENALEX__API_KEY": "k1",
        "SEMANTICSCHOLAR__URL": f"{host.url}/s2",
        "SEMANTICSCHOLAR__SHARED_POOL": "true",
    }
    env_file.write_text("".join(f"PIGEON_{name}={value}\n" for name, value in env.items()), "utf-8")
    plugins = dict(sources())
    settings = load({name: plugin.settings for name, plugin in plugins.items()}, env_file=env_file)
    assert {
        name for name, plugin in plugins.items() if not plugin.configured(settings.sections[name])
    } == set()

    fetcher = Fetcher(clock=clock, limiter=SharedLimiter(store.turns, clock, worker="w1"))
    parser = Parser()
    options = {"fetcher": fetcher, "parser": parser}
    brought: dict[str, int] = {}
    for source in choose_sources(settings, plugins, clock, store, **options):
        brought[source.name] = len((await source.fetch(None)).papers)
    assert all(brought.values()), brought
    assert brought.keys() == {
        "arxiv", "biorxiv", "crossref", "huggingface", "huggingface-trending", "lab", "medrxiv", "openreview", "pubmed",
    }  # fmt: skip
    paper = Paper(id="arxiv:2601.00001", title="T")
    known = {
        enricher.name: list(await enricher.enrich([paper]))
        for enricher in choose_enrichers(settings, plugins, clock, store, **options)
    }
    assert {name: len(found) for name, found in known.items()} == {
        "huggingface": 1, "openalex": 1, "semanticscholar": 1,
    }  # fmt: skip
    await fetcher.aclose()
    await parser.aclose()


@pytest.mark.parametrize(
    ("version", "weak"), [((2, 5, 0), True), ((2, 6, 4), True), ((2, 7, 0), False), ((3, 0, 0), False)]
)
def test_an_expat_that_can_be_crashed_is_said(version, weak):
    from bot.listings.expat import weakness

    said = weakness(version)
    assert (said is not None) is weak
    assert said is None or "expat 2." in said
