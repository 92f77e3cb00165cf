"""OpenAlex by a recorded answer; Semantic Scholar and Hugging Face's page of a paper by their documented shapes."""

import json
from pathlib import Path

import pytest
from aiohttp import web
from pydantic import SecretStr

from bot.errors import ListingBusy, ListingMalformed
from bot.listings import huggingface
from bot.listings.enrichers import hub, openalex, semanticscholar
from bot.models import Paper
from bot.ports import PluginContext


def arxiv(number: int) -> Paper:
    return Paper(id=f"arxiv:2601.{number:05}", title="T")


class MemoryShelf:
    def __init__(self) -> None:
        self.kept: dict[str, str] = {}

    async def get(self, name):
        return self.kept.get(name)

    async def put(self, name, value, *, ttl=None):
        self.kept[name] = value


@pytest.fixture
def build(clock, fetcher, parser):
    def build(plugin, settings):
        context = PluginContext(
            settings=settings,
            clock=clock,
            shelf=MemoryShelf(),  # type: ignore[arg-type]
            data_dir=Path(),
            options={"fetcher": fetcher, "parser": parser},
        )
        return list(plugin.enrichers(context))

    return build


# --- OpenAlex -----------------------------------------------------------------------------------


def test_the_recorded_works_of_openalex(recordings):
    page = openalex.parse((recordings / "other/openalex.json").read_bytes())
    assert len(page.papers) == 6
    assert page.skipped == 0
    assert all(paper.id.startswith("doi:") for paper in page.papers)
    assert all(paper.citations is not None and paper.citations_by == "openalex" for paper in page.papers)
    by_id = {paper.id: paper for paper in page.papers}
    raw = {
        row["doi"]: row for row in json.loads((recordings / "other/openalex.json").read_bytes())["results"]
    }
    for link, row in raw.items():
        paper = by_id[f"doi:{link.removeprefix('https://doi.org/')}"]
        assert paper.citations == row["cited_by_count"]
        assert paper.pdf_url == (row["best_oa_location"] or {}).get("pdf_url")


async def test_openalex_is_asked_for_many_at_once_by_doi_and_arxivs_have_one_too(build, host):
    async def answer(request: web.Request) -> web.Response:
        rows = [
            {"doi": "https://doi.org/10.48550/arXiv.2601.00001", "cited_by_count": 7},
            {
                "doi": "https://doi.org/10.1000/ABC",
                "cited_by_count": 0,
                "best_oa_location": {"pdf_url": "https://x.org/a.pdf"},
            },
            {"doi": "https://doi.org/10.1000/not-asked", "cited_by_count": 1},
            {"doi": None},
        ]
        return web.json_response({"results": rows})

    host.answer = answer
    (enricher,) = build(openalex.plugin, openalex.OpenAlexSettings(url=host.url, api_key=SecretStr("k1")))
    journal = Paper(id="doi:10.1000/abc", title="T")
    blog = Paper(id="feed:blog:1", title="T")
    assert [enricher.knows(one) for one in (arxiv(1), journal, blog)] == [True, True, False]
    found = await enricher.enrich([arxiv(1), journal])
    assert [(one.id, one.citations, one.pdf_url) for one in found] == [
        ("arxiv:2601.00001", 7, None),
        ("doi:10.1000/abc", 0, "https://x.org/a.pdf"),
    ]
    (asked,) = host.asked
    assert asked.query["filter"] == "doi:10.48550/arxiv.2601.00001|10.1000/abc"
    assert asked.query["api_key"] == "k1"


@pytest.mark.parametrize("status", [429, 403])
async def test_a_spent_budget_of_openalex_leaves_it_alone_for_an_hour(build, host, status):
    async def answer(request: web.Request) -> web.Response:
        return web.json_response({"error": "Rate limit exceeded"}, status=status)

    host.answer = answer
    (enricher,) = build(openalex.plugin, openalex.OpenAlexSettings(url=host.url, api_key=SecretStr("k1")))
    for _ in range(2):
        with pytest.raises(ListingBusy) as refused:
            await enricher.enrich([arxiv(1)])
        assert refused.value.after == pytest.approx(3_600, abs=5)
        assert "k1" not in str(refused.value)
    assert len(host.asked) == 1


def test_both_are_off_until_they_are_configured():
    assert not openalex.plugin.configured(openalex.OpenAlexSettings())
    settings = semanticscholar.SemanticScholarSettings
    assert not semanticscholar.plugin.configured(settings())
    assert semanticscholar.plugin.configured(settings(shared_pool=True))
    assert semanticscholar.plugin.configured(settings(api_key=SecretStr("k")))


# --- Semantic Scholar ---------------------------------------------------------------------------


def scholar(build, host, **more):
    (made,) = build(semanticscholar.plugin, semanticscholar.SemanticScholarSettings(url=host.url, **more))
    return made


async def test_a_batch_of_semantic_scholar_is_read_by_place_and_null_is_unknown(build, host):
    async def answer(request: web.Request) -> web.Response:
        assert (await request.json()) == {
            "ids": ["ARXIV:2601.00001", "ARXIV:2601.00002", "DOI:10.1000/abc", "PMID:77"]
        }
        rows = [
            {
                "paperId": "a",
                "citationCount": 3,
                "openAccessPdf": {"url": "https://x.org/a.pdf", "status": "GREEN"},
            },
            None,
            {"paperId": "b", "citationCount": 0, "openAccessPdf": {"url": "", "status": None}},
            {"paperId": "c", "citationCount": None, "openAccessPdf": None},
        ]
        return web.json_response(rows)

    host.answer = answer
    asked = [arxiv(1), arxiv(2), Paper(id="doi:10.1000/abc", title="T"), Paper(id="pubmed:77", title="T")]
    found = await scholar(build, host, api_key=SecretStr("k2")).enrich(asked)
    assert [(one.id, one.citations, one.pdf_url) for one in found] == [
        ("arxiv:2601.00001", 3, "https://x.org/a.pdf"),
        ("doi:10.1000/abc", 0, None),
        ("pubmed:77", None, None),
    ]
    assert host.asked[0].headers["x-api-key"] == "k2"
    assert host.asked[0].query["fields"] == "externalIds,citationCount,openAccessPdf"


async def test_a_batch_of_another_length_is_not_guessed_at(build, host):
    async def answer(request: web.Request) -> web.Response:
        return web.json_response([{"citationCount": 3}])

    host.answer = answer
    with pytest.raises(ListingMalformed, match="1 rows for 2 papers"):
        await scholar(build, host, shared_pool=True).enrich([arxiv(1), arxiv(2)])


async def test_the_shared_pool_that_refuses_is_left_alone_for_ten_minutes(build, host):
    async def answer(request: web.Request) -> web.Response:
        return web.json_response({"message": "Too Many Requests"}, status=429)

    host.answer = answer
    with pytest.raises(ListingBusy) as refused:
        await scholar(build, host, shared_pool=True).enrich([arxiv(1)])
    assert refused.value.after == 600


async def test_papers_that_it_does_not_know_at_all_are_no_failure(build, host):
    async def answer(request: web.Request) -> web.Response:
        return web.json_response({"error": "No valid paper ids given"}, status=400)

    host.answer = answer
    assert list(await scholar(build, host, shared_pool=True).enrich([arxiv(1)])) == []


@pytest.mark.parametrize("parse", [openalex.parse, semanticscholar.parse])
@pytest.mark.parametrize("data", [b"", b"<html>", b'{"error":"x"}', b"3"])
def test_what_is_no_answer_is_refused(parse, data):
    with pytest.raises(ListingMalformed):
        parse(data)


# --- Hugging Face -------------------------------------------------------------------------------

PAGE = {
    "id": "2601.00001",
    "upvotes": 12,
    "githubRepo": "https://github.com/lab/doors",
    "githubStars": 210,
    "projectPage": "javascript:alert(1)",
    "linkedModels": [{"id": f"lab/m{number}", "likes": number} for number in range(5)],
    "linkedDatasets": [{"id": "lab/d", "likes": 1}],
    "linkedSpaces": [],
    "numTotalModels": 17,
    "numTotalDatasets": 1,
    "numTotalSpaces": 0,
}


def test_a_page_of_a_paper_gives_links_and_totals():
    (paper,) = hub.parse(json.dumps(PAGE).encode(), site="https://huggingface.co").papers
    assert (paper.models, paper.datasets, paper.spaces) == (17, 1, 0)
    assert [one.name for one in paper.linked] == ["lab/m4", "lab/m3", "lab/m2", "lab/d"]
    assert paper.linked[-1].url == "https://huggingface.co/datasets/lab/d"
    assert (paper.code_url, paper.stars, paper.project_url) == ("https://github.com/lab/doors", 210, None)


@pytest.mark.parametrize("data", [b"[]", b"{}", b'{"id": 7}', b"<html>"])
def test_what_is_no_page_is_refused(data):
    with pytest.raises(ListingMalformed):
        hub.parse(data, site="https://huggingface.co")


@pytest.fixture
def pages(build, host):
    (made,) = build(huggingface.plugin, huggingface.HuggingFaceSettings(url=host.url))
    return made


async def test_pages_are_asked_for_conditionally_and_404_is_normal(pages, host):
    async def answer(request: web.Request) -> web.Response:
        if request.path != "/api/papers/2601.00001":
            return web.json_response({"error": "Not found"}, status=404)
        if request.headers.get("If-None-Match") == '"1"':
            return web.Response(status=304)
        return web.json_response(PAGE, headers={"ETag": '"1"'})

    host.answer = answer
    assert [one.models for one in await pages.enrich([arxiv(1)])] == [17]
    assert list(await pages.enrich([arxiv(1)])) == []
    assert list(await pages.enrich([arxiv(2)])) == []
    assert not pages.knows(Paper(id="doi:10.1000/1", title="T"))


async def test_the_end_of_the_budget_is_left_to_the_daily_lists(pages, host, fetcher):
    left = 150

    async def answer(request: web.Request) -> web.Response:
        return web.json_response(PAGE, headers={"RateLimit": f'"api";r={left};t=120'})

    host.answer = answer
    await pages.enrich([arxiv(1)])
    left = 99
    await pages.enrich([arxiv(1)])
    with pytest.raises(ListingBusy, match="left to the daily lists"):
        await pages.enrich([arxiv(1)])
    assert len(host.asked) == 2
    await fetcher.get(f"{host.url}/api/daily_papers")  # its own family is not held up
    assert len(host.asked) == 3


def test_details_can_be_switched_off(build, host):
    assert build(huggingface.plugin, huggingface.HuggingFaceSettings(url=host.url, details=False)) == []
