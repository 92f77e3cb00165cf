"""Every recording gives the papers it holds. The table in docs/listings.md shows these figures."""

import gzip
from collections import Counter
from pathlib import Path

import pytest

from bot.errors import ListingMalformed
from bot.listings import huggingface
from bot.listings.arxiv import api, oai, rss
from bot.models import Announce


def body(path: Path) -> bytes:
    data = path.read_bytes()
    return gzip.decompress(data) if path.suffix == ".gz" else data


def test_the_44_days_of_hugging_face_hold_838_papers_each_filed_under_its_day(recordings):
    days = sorted((recordings / "huggingface/daily").glob("*.json"))
    papers = []
    for day in days:
        page = huggingface.parse(day.read_bytes(), day=day.stem)
        assert page.skipped == 0
        assert {str(paper.sightings[0].day) for paper in page.papers} == {day.stem}
        papers += page.papers
    assert (len(days), len(papers), len({paper.id for paper in papers})) == (44, 838, 838)
    assert sum(bool(paper.organization) for paper in papers) == 405
    assert sum(bool(paper.code_url) for paper in papers) == 361
    assert sum(paper.stars is not None for paper in papers) == 346
    assert sum(bool(paper.keywords) for paper in papers) == 682
    assert all(paper.authors and paper.abstract and paper.published for paper in papers)


def test_days_that_their_collector_damaged_are_refused_whole(recordings):
    for day in sorted((recordings / "huggingface/malformed").glob("*.json")):
        with pytest.raises(ListingMalformed, match="None of its"):
            huggingface.parse(day.read_bytes(), day=day.stem)


def test_120_polls_of_one_announcement_feed(recordings):
    """By unseen ids, 603 papers came in 82 polls; the rest of the 2,553 rows were repeats."""
    polls = sorted((recordings / "arxiv/rss/poll_series").glob("*.gz"))
    first: dict[str, Announce] = {}
    rows = empty = identical = 0
    before: tuple[str, ...] = ()
    for poll in polls:
        page = rss.parse(body(poll))
        assert not page.skipped
        assert not page.damaged
        ids = tuple(paper.id for paper in page.papers)
        rows += len(ids)
        empty += not ids
        identical += bool(ids) and ids == before
        before = ids
        for paper in page.papers:
            first.setdefault(paper.id, paper.sightings[0].announce)
    assert (len(polls), rows, empty, identical, len(first)) == (120, 2_553, 38, 39, 603)
    assert Counter(first.values()) == {
        Announce.NEW: 264,
        Announce.CROSS: 161,
        Announce.REPLACE: 120,
        Announce.REPLACE_CROSS: 58,
    }


@pytest.mark.parametrize(
    ("name", "papers"),
    [
        ("arxiv_rss_example.xml", 7),
        ("jmamath+distill__arxiv_cs_cl.xml", 3),
        ("BuiVannn+All-News-AI__arxiv_weekend_empty.xml", 0),
        ("Smensink__arxiv_feed.xml", 0),
    ],
)
def test_announcement_feeds_in_both_forms_and_empty_ones(recordings, name, papers):
    page = rss.parse((recordings / "arxiv/rss" / name).read_bytes())
    assert (len(page.papers), page.skipped, page.damaged) == (papers, 0, False)
    for paper in page.papers:
        assert not paper.abstract.startswith("arXiv:")
        assert paper.authors
        assert paper.version
        assert paper.sightings[0].day


def test_the_query_api_s_paging_series(recordings):
    """Ten pages of ten or fifteen papers are the same windows of the page of a hundred."""
    folder = recordings / "arxiv/api"
    (whole,) = folder.glob("arxivpy_q_testing_s0_m100_*.xml")
    hundred = api.parse(whole.read_bytes())
    assert (len(hundred.papers), hundred.total, hundred.skipped) == (100, 214_881, 0)
    pages = 0
    for path in sorted(folder.glob("arxivpy_q_testing_s*_m1[05]_*.xml")):
        start, size = (int(part[1:]) for part in path.name.split("_")[3:5])
        page = api.parse(path.read_bytes())
        assert page.papers == hundred.papers[start : start + size]
        pages += 1
    assert pages == 10


@pytest.mark.parametrize(
    ("pattern", "ids"),
    [
        ("arxivpy_id_0000.0000_*.xml", []),
        ("arxivpy_id_0808.05394_s0*.xml", []),
        ("arxivpy_id_0808.05394_1707.08567_*.xml", ["arxiv:1707.08567"]),
        ("arxivpy_id_1605.08386_*.xml", ["arxiv:1605.08386"]),
        ("arxivpy_id_1707.08567_*.xml", ["arxiv:1707.08567"]),
        ("arxivpy_id_2104.12255v1_*.xml", ["arxiv:2104.12255"]),
        ("arxivpy_id_astro-ph_0601001_*.xml", ["arxiv:astro-ph/0601001"]),
        ("arxivpy_id_quant-ph_0201082v1_*.xml", ["arxiv:quant-ph/0201082"]),
    ],
)
def test_look_ups_by_id_old_ones_too(recordings, pattern, ids):
    (path,) = (recordings / "arxiv/api").glob(pattern)
    assert [paper.id for paper in api.parse(path.read_bytes()).papers] == ids


def test_arxiv_s_error_feed_is_no_paper(recordings):
    (path,) = (recordings / "arxiv/api").glob("*http400.xml")
    with pytest.raises(ListingMalformed, match="incorrect id format for abc"):
        api.parse(path.read_bytes())


@pytest.mark.parametrize("name", ["Smensink__arxiv_api.xml", "Smensink__arxiv_search_test.xml"])
def test_a_body_without_anything_is_no_empty_result(recordings, name):
    with pytest.raises(ListingMalformed, match="empty"):
        api.parse((recordings / "arxiv/api" / name).read_bytes())


@pytest.mark.parametrize(
    ("name", "papers", "token", "total", "withdrawn"),
    [
        ("listrecords_1.xml.gz", 1_000, "1122234|1001", 102_538, 5),
        ("listrecords_2.xml.gz", 1_000, "1122234|2001", 102_538, 12),
        ("listrecords_103.xml.gz", 538, None, 102_538, 2),
        ("listrecords_arXivRaw.xml.gz", 387, "1403493|1001", 1_440, 6),
        ("hepcrawl/arxiv-physics-hep-ex.xml", 3, None, None, 0),
        ("hepcrawl/arxiv-physics-hep-th.xml", 3, None, None, 0),
        ("hepcrawl/arxiv-single.xml", 1, None, None, 0),
        ("hepcrawl/sample_arxiv_record.xml", 12, None, None, 0),
    ],
)
def test_pages_of_oai_pmh(recordings, name, papers, token, total, withdrawn):  # noqa: PLR0917
    page = oai.parse(body(recordings / "arxiv/oai" / name))
    assert (len(page.papers), page.next, page.total, page.skipped) == (papers, token, total, 0)
    assert sum(paper.withdrawn for paper in page.papers) == withdrawn
    assert all(paper.authors and paper.categories and paper.published for paper in page.papers)


@pytest.mark.parametrize("number", range(11))
def test_single_oai_records(recordings, number):
    page = oai.parse((recordings / f"arxiv/oai/hepcrawl/sample_arxiv_record{number}.xml").read_bytes())
    assert (len(page.papers), page.skipped) == (1, 0)


def test_dublin_core_is_not_what_we_ask_for(recordings):
    for path in sorted((recordings / "arxiv/oai/ads").glob("*.xml")):
        with pytest.raises(ListingMalformed, match="None of its"):
            oai.parse(path.read_bytes())


@pytest.mark.parametrize("parse", [rss.parse, api.parse, oai.parse, huggingface.parse])
def test_no_bomb_and_no_stranger_is_a_listing(recordings, parse):
    bombs = sorted((recordings / "feeds/bombs").iterdir())
    assert len(bombs) == 13
    for bomb in bombs:
        with pytest.raises(ListingMalformed):
            parse(bomb.read_bytes())
