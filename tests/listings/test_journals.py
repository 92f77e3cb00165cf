"""bioRxiv, medRxiv, Crossref and PubMed: recorded answers, paging, and what is asked."""

import json
from datetime import UTC, date, datetime, timedelta

import pytest
from aiohttp import web

from bot.errors import ListingMalformed, ListingUnavailable
from bot.listings import biorxiv, crossref, pubmed
from bot.listings.pubmed import reading
from bot.models import Announce

# --- bioRxiv and medRxiv ----------------------------------------------------------------------------


@pytest.mark.parametrize(("server", "total"), [("biorxiv", 873), ("medrxiv", 246)])
def test_recorded_pages(recordings, server, total):
    page = biorxiv.parse((recordings / f"biorxiv/{server}.json").read_bytes(), server=server)
    assert (len(page.papers), page.skipped, page.total) == (10, 0, total)
    for paper in page.papers:
        assert paper.id.startswith("doi:10.")
        assert paper.authors
        assert paper.abstract
        assert paper.categories
        kind = Announce.NEW if paper.version == 1 else Announce.REPLACE
        assert paper.sightings[0].announce is kind


def test_only_the_categories_wanted_are_kept(recordings):
    data = (recordings / "biorxiv/biorxiv.json").read_bytes()
    page = biorxiv.parse(data, server="biorxiv", categories="Animal_Behavior and cognition, none")
    assert {paper.categories[0] for paper in page.papers} == {"animal behavior and cognition"}
    assert page.rows == 10


def preprint(number: int, **more) -> dict:
    return {"doi": f"10.1101/{number}", "title": f"T{number}", "version": "1", "date": "2025-11-23", **more}


def serve_rows(host, rows: list[dict], *, size: int, total: int | None = None) -> None:
    async def answer(request: web.Request) -> web.Response:
        at = int(request.path.split("/")[5])
        return web.json_response(
            {
                "messages": [{"total": str(total or len(rows)), "count": 99}],
                "collection": rows[at : at + size],
            }
        )

    host.answer = answer


@pytest.fixture
def preprints(make, host):
    (source,) = make(biorxiv.plugin, biorxiv.BiorxivSettings(url=host.url, categories="all"))
    source._manners = biorxiv.Manners("biorxiv")  # a loopback server needs no pauses
    return source


async def test_pages_are_counted_by_what_came(preprints, host):
    serve_rows(host, [preprint(n) for n in range(70)], size=30)
    listing = await preprints.fetch(None)
    assert len(listing.papers) == 70
    assert host.paths == [f"/details/biorxiv/2025-11-22/2025-11-24/{at}/json" for at in (0, 30, 60)]


async def test_a_long_interval_goes_on_with_the_next_poll(preprints, host):
    serve_rows(host, [preprint(n) for n in range(25)], size=2)
    first = await preprints.fetch(None)
    second = await preprints.fetch(first.cursor)
    assert [len(first.papers), len(second.papers)] == [20, 5]
    assert (await preprints.fetch(second.cursor)).unchanged


async def test_an_end_that_is_missing_ends_it_and_the_next_interval_overlaps(preprints, host, clock):
    serve_rows(host, [preprint(n) for n in range(3)], size=2, total=50)
    first = await preprints.fetch(None)
    assert len(first.papers) == 3
    clock.time += timedelta(hours=5)
    host.asked.clear()
    await preprints.fetch(first.cursor)
    assert host.paths[0] == "/details/biorxiv/2025-11-22/2025-11-24/0/json"


def test_what_the_api_does_not_know_is_unknown_and_journal_versions_are_linked():
    data = {
        "collection": [
            preprint(1, version="2", published="10.1038/ABC", authors="A, B.; C, D.", category="NA")
        ]
    }
    (paper,) = biorxiv.parse(json.dumps(data).encode(), server="biorxiv").papers
    assert paper.categories == ()
    assert paper.journal_ref == "https://doi.org/10.1038/abc"
    assert paper.authors == ("A, B.", "C, D.")
    assert (paper.published, paper.updated) == (None, datetime(2025, 11, 23, tzinfo=UTC))


def test_both_servers_are_off_until_categories_are_named():
    assert not biorxiv.plugin.configured(biorxiv.BiorxivSettings())
    assert biorxiv.medrxiv_plugin.name == "medrxiv"


# --- Crossref ---------------------------------------------------------------------------------------


def test_recorded_works(recordings):
    page = crossref.parse((recordings / "other/crossref.json").read_bytes())
    assert (len(page.papers), page.skipped, page.total) == (6, 0, 1_071_653)
    assert all(paper.published and paper.published.year <= 2026 for paper in page.papers)
    assert page.papers[1].journal_ref == "World Health & Population"


async def test_journals_are_asked_for_by_issn_with_a_contact(make, host, clock):
    async def answer(request):
        return web.json_response(
            {"message": {"items": [{"DOI": "10.1000/1", "title": ["T"]}], "total-results": 1}}
        )

    host.answer = answer
    (source,) = make(crossref.plugin, crossref.CrossrefSettings(url=host.url, issns="0028-0836, 1476-468x"))
    source._contact = "who@example.org"
    listing = await source.fetch(None)
    assert [paper.id for paper in listing.papers] == ["doi:10.1000/1"]
    query = host.asked[0].query
    assert query["filter"] == "issn:0028-0836,issn:1476-468X,from-created-date:2025-11-22"
    assert query["mailto"] == "who@example.org"
    assert (await source.fetch(listing.cursor)).unchanged
    clock.time += timedelta(days=10)
    await source.fetch(listing.cursor)
    assert host.asked[1].query["filter"].endswith("from-created-date:2025-11-22")


def test_issues_and_components_are_no_papers():
    rows = [
        {"type": "journal-issue", "DOI": "10.1000/1", "title": ["T"]},
        {"type": "component"},
        {"type": "x"},
    ]
    page = crossref.parse(json.dumps({"message": {"items": rows}}).encode())
    assert (page.papers, page.skipped, page.rows) == ((), 1, 3)


# --- PubMed -----------------------------------------------------------------------------------------


def test_recorded_articles_and_ids(recordings):
    ids = reading.parse_ids((recordings / "other/pubmed-esearch.json").read_bytes())
    assert (len(ids.papers), ids.total) == (25, 65)
    page = reading.parse((recordings / "other/pubmed-efetch.xml").read_bytes())
    assert (len(page.papers), page.skipped, page.damaged) == (6, 0, False)
    assert all(paper.doi and paper.authors and paper.abstract for paper in page.papers)
    assert page.papers[0].authors[:2] == ("Matthew Silcocks", "James P Lingford")
    assert page.papers[0].sightings[0].day == date(2026, 4, 13)


def article(number: int) -> str:
    return (
        f"<PubmedArticle><MedlineCitation><PMID>{number}</PMID><Article><ArticleTitle>T{number}</ArticleTitle>"
        "<Abstract><AbstractText Label='AIM'>To <i>see</i>.</AbstractText><AbstractText>Done.</AbstractText></Abstract>"
        "<AuthorList><Author><CollectiveName>The Group</CollectiveName></Author></AuthorList></Article></MedlineCitation>"
        "</PubmedArticle>"
    )


async def test_only_unseen_records_are_fetched(make, host, clock):
    found = ["1", "2"]

    async def answer(request):
        if request.path.endswith("esearch.fcgi"):
            return web.json_response({"esearchresult": {"count": "2", "idlist": found}})
        rows = "".join(article(int(number)) for number in request.query["id"].split(","))
        return web.Response(text=f"<!DOCTYPE x PUBLIC 'a' 'b'><PubmedArticleSet>{rows}</PubmedArticleSet>")

    host.answer = answer
    settings = pubmed.PubmedSettings(
        url=host.url, queries="tuberculosis[ti]; malaria ;", api_key="secret-key"
    )
    (source,) = make(pubmed.plugin, settings)
    first = await source.fetch(None)
    assert [paper.id for paper in first.papers] == ["pubmed:1", "pubmed:2"]
    assert first.papers[0].abstract == "AIM: To see.\nDone."
    assert first.papers[0].authors == ("The Group",)
    assert [request.query.get("term") for request in host.asked] == ["tuberculosis[ti]", "malaria", None]
    assert {request.query["api_key"] for request in host.asked} == {"secret-key"}
    assert (await source.fetch(first.cursor)).unchanged
    found.append("3")
    clock.time += timedelta(hours=3)
    host.asked.clear()
    second = await source.fetch(first.cursor)
    assert [paper.id for paper in second.papers] == ["pubmed:3"]
    assert host.asked[-1].query["id"] == "3"


async def test_the_key_is_in_no_error(make, host):
    async def answer(request):
        return web.Response(status=500)

    host.answer = answer
    (source,) = make(pubmed.plugin, pubmed.PubmedSettings(url=host.url, queries="x", api_key="secret-key"))
    with pytest.raises(ListingUnavailable) as caught:
        await source.fetch(None)
    assert "secret-key" not in str(caught.value)


@pytest.mark.parametrize("parse", [crossref.parse, reading.parse_ids, reading.parse])
@pytest.mark.parametrize(
    "data", [b"", b"<html></html>", b"{}", b"[]", b"null", b'{"message": {"items": 5}}', b"<a/>"]
)
def test_what_is_no_answer_is_refused(parse, data):
    with pytest.raises(ListingMalformed):
        parse(data)


def test_a_date_of_more_digits_than_there_are_days_is_no_date_and_costs_no_row():
    row = {"DOI": "10.1000/1", "title": ["T"], "created": {"date-parts": [[2025, 11, 99999999999]]}}
    (paper,) = crossref.parse(json.dumps({"message": {"items": [row]}}).encode()).papers
    assert paper.published is None
    article = (
        "<PubmedArticleSet><PubmedArticle><MedlineCitation><PMID>1</PMID><Article><ArticleTitle>T</ArticleTitle>"
        "<ArticleDate><Year>99999999999</Year><Month>1</Month><Day>1</Day></ArticleDate></Article></MedlineCitation>"
        "</PubmedArticle></PubmedArticleSet>"
    )
    (paper,) = reading.parse(article.encode()).papers
    assert paper.published is None
