"""Feeds that people give: read in every form, known again under new ids, never from inside."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from aiohttp import web
from pydantic import ValidationError

from bot.errors import ListingMalformed, ListingUnavailable
from bot.listings.feeds import FeedsSettings, plugin
from bot.listings.feeds.reading import parse
from bot.listings.guard import REFUSAL

NOW = "2026-11-22T00:00:00+00:00"


def read(body: str | bytes):
    return parse(body.encode() if isinstance(body, str) else body, source="lab", now=NOW)


def rss(*items: str) -> str:
    return f"<rss version='2.0'><channel><title>Lab</title>{''.join(items)}</channel></rss>"


def post(number: int, guid: str = "g") -> str:
    return (
        f"<item><title>Post {number}</title><link>https://lab.example/{number}</link><guid>{guid}{number}</guid>"
        f"<description>About {number}</description></item>"
    )


# --- reading ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "papers", "scheme"),
    [
        ("biorxiv/rss_rdf_read_accepts_multiple_subjects_0.xml", 30, "doi"),
        ("biorxiv/rss_rdf_read_accepts_one_subject_0.xml", 30, "doi"),
        ("biorxiv/rss_rdf_read_falls_back_to_all_without_subjects_0.xml", 30, "doi"),
        ("feeds/jmamath+distill__bair_blog.xml", 3, "feed"),
        ("feeds/jmamath+distill__deepmind_blog.xml", 3, "feed"),
        ("feeds/jmamath+distill__huggingface_blog.xml", 3, "feed"),
    ],
)
def test_recorded_feeds(recordings, name, papers, scheme):
    page = read((recordings / name).read_bytes())
    assert (len(page.papers), page.skipped, page.damaged) == (papers, 0, False)
    assert {paper.id.partition(":")[0] for paper in page.papers} == {scheme}
    assert all(paper.title and paper.url.startswith("http") and paper.published for paper in page.papers)


def test_every_item_of_a_feed_parser_s_541_test_files_is_seen(recordings):
    """264 items, as many as feedparser 6.0.12 finds; those of 143 files have neither title nor link."""
    items = refused = 0
    files = sorted((recordings / "feeds/gofeed").glob("*.xml"))
    for path in files:
        try:
            page = read(path.read_bytes())
        except ListingMalformed as error:
            refused += "None of its" in str(error)
        else:
            items += page.rows
    assert (len(files), refused, items) == (541, 143, 121)


def test_an_item_with_everything():
    page = read(
        rss(
            "<item xmlns:dc='http://purl.org/dc/elements/1.1/' xmlns:prism='http://prismstandard.org/'>"
            "<title>A &amp; B</title><link>https://journal.example/a?utm=1</link>"
            "<prism:doi>10.1000/XYZ</prism:doi><dc:creator>A. One</dc:creator><dc:creator>B. Two</dc:creator>"
            "<author>who@example.org (C. Three)</author><author>only@example.org</author>"
            "<category>physics</category><pubDate>Fri, 20 Nov 2026 10:00:00 +0100</pubDate>"
            "<description>&lt;p&gt;Text&lt;/p&gt;</description></item>"
        )
    )
    (paper,) = page.papers
    assert (paper.id, paper.doi, paper.title) == ("doi:10.1000/xyz", "10.1000/xyz", "A & B")
    assert paper.authors == ("A. One", "B. Two", "C. Three")
    assert paper.published == datetime(2026, 11, 20, 9, tzinfo=UTC)
    assert paper.url == "https://journal.example/a?utm=1"
    assert paper.abstract == "<p>Text</p>"
    assert paper.sightings[0].source == "lab"


@pytest.mark.parametrize(
    ("item", "known"),
    [
        ("<link>https://arxiv.org/abs/2401.01234v2</link>", "arxiv:2401.01234"),
        ("<guid>https://doi.org/10.48550/arXiv.2401.01234</guid>", "arxiv:2401.01234"),
        ("<identifier>doi:10.1101/286740</identifier>", "doi:10.1101/286740"),
        ("<id>https://huggingface.co/papers/2401.01234</id>", "arxiv:2401.01234"),
    ],
)
def test_papers_are_known_by_their_ids_wherever_the_feed_put_them(item, known):
    (paper,) = read(rss(f"<item><title>T</title>{item}</item>")).papers
    assert paper.id == known


def test_a_post_about_a_paper_is_not_the_paper():
    (paper,) = read(
        rss("<item><title>On arXiv:2401.01234</title><description>arXiv:2401.01234</description></item>")
    ).papers
    assert paper.id.startswith("feed:lab:")


@pytest.mark.parametrize(
    "link", ["javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "//x", "mailto:a@b"]
)
def test_only_web_links_survive(link):
    (paper,) = read(rss(f"<item><title>T</title><link>{link}</link><guid>{link}</guid></item>")).papers
    assert paper.url == ""


@pytest.mark.parametrize(
    "date", ["", "soon", "Fri, 01 Jan 2099 00:00:00 GMT", "1970-01-01T00:00:00Z", "9" * 50]
)
def test_impossible_dates_are_no_dates_and_cost_nothing(date):
    (paper,) = read(rss(f"<item><title>T</title><pubDate>{date}</pubDate></item>")).papers
    assert paper.published is None


def test_atom_with_several_links_takes_the_page():
    (paper,) = read(
        "<feed xmlns='http://www.w3.org/2005/Atom'><entry><title type='html'>T</title><id>urn:x</id>"
        "<link rel='self' href='https://a.example/self'/><link rel='alternate' href='https://a.example/page'/>"
        "<author><name>A</name><email>a@b.c</email></author></entry></feed>"
    ).papers
    assert paper.url == "https://a.example/page"
    assert paper.authors == ("A",)


def test_an_item_without_a_title_is_named_by_its_words():
    (paper,) = read(rss("<item><description>Just some words</description></item>")).papers
    assert paper.title == "Just some words"


# --- the source -------------------------------------------------------------------------------------


@pytest.fixture
def source(make, host):
    (source,) = make(plugin, FeedsSettings(urls=f"lab={host.url}/feed", allow="127.0.0.0/8"))
    return source


def says(host, body: str) -> None:
    async def answer(request):
        if request.headers.get("If-None-Match") == '"1"':
            return web.Response(status=304)
        return web.Response(text=body, headers={"ETag": '"1"'})

    host.answer = answer


async def test_a_feed_is_read_and_then_unchanged_and_after_a_day_read_again(source, host, clock):
    says(host, rss(post(1), post(2)))
    first = await source.fetch(None)
    assert [paper.title for paper in first.papers] == ["Post 1", "Post 2"]
    assert (await source.fetch(first.cursor)).unchanged
    clock.time += timedelta(hours=25)
    assert len((await source.fetch(first.cursor)).papers) == 2


async def test_items_under_new_guids_are_known_by_their_words(source, host, clock):
    says(host, rss(post(1), post(2)))
    first = await source.fetch(None)
    clock.time += timedelta(hours=25)
    says(host, rss(post(3, "new"), post(2, "new"), post(1, "new")))
    second = await source.fetch(first.cursor)
    assert [paper.id for paper in second.papers[1:]] == [paper.id for paper in reversed(first.papers)]
    assert "2 of its items" in second.notes[0]


async def test_a_feed_that_empties_and_fills_again_brings_the_same_ids(source, host, clock):
    says(host, rss(post(1), post(2)))
    first = await source.fetch(None)
    clock.time += timedelta(hours=25)
    says(host, rss())
    empty = await source.fetch(first.cursor)
    assert empty.papers == ()
    clock.time += timedelta(hours=25)
    says(host, rss(post(1, "other"), post(2)))
    again = await source.fetch(empty.cursor)
    assert [paper.id for paper in again.papers] == [paper.id for paper in first.papers]


async def test_the_bookmark_stays_small(source, host, clock):
    cursor = None
    for round_ in range(4):
        says(host, rss(*(post(number + 400 * round_) for number in range(400))))
        clock.time += timedelta(hours=25)
        cursor = (await source.fetch(cursor)).cursor
    assert cursor is not None
    assert len(json.loads(cursor)["known"]) == 500


async def test_without_leave_a_feed_inside_is_refused(make, host):
    (source,) = make(plugin, FeedsSettings(urls=f"lab={host.url}/feed"))
    with pytest.raises(ListingUnavailable) as caught:
        await source.fetch(None)
    assert str(caught.value) == REFUSAL
    assert not host.asked


# --- settings ---------------------------------------------------------------------------------------


def names(make, urls: str) -> list[str]:
    return [source.name for source in make(plugin, FeedsSettings(urls=urls))]


def test_feeds_are_named_by_their_host_or_by_the_operator(make):
    assert names(
        make, "https://www.bair.example/feed.xml, nature=https://nature.example/a?b=c\nhttp://x.example/"
    ) == [
        "bair.example",
        "nature",
        "x.example",
    ]
    assert not plugin.configured(FeedsSettings())


@pytest.mark.parametrize(
    "urls",
    [
        "ftp://x",
        "bair",
        "BAIR=https://x",
        "a=b",
        "http://[::1",
        "https://x/1, https://x/2",
        "arxiv=https://x",
    ],
)
def test_what_is_no_feed_is_said(urls):
    with pytest.raises(ValidationError, match="no feed|two feeds|another source"):
        FeedsSettings(urls=urls)


def test_an_exception_that_opens_nothing_is_said():
    with pytest.raises(ValidationError, match="neither a host"):
        FeedsSettings(allow="10.0.0.0/99")
