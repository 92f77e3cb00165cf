"""arXiv's announcements, catching up, and the nightly comparison, against a loopback arXiv."""

from datetime import UTC, date, datetime, timedelta

import pytest
from aiohttp import web
from pydantic import ValidationError

from bot.errors import ListingBusy, ListingMalformed, ListingUnavailable
from bot.listings.arxiv import ArxivSettings, api, oai, plugin, rss
from bot.listings.arxiv.reconcile import Records
from bot.listings.arxiv.wording import authors, says_withdrawn
from bot.listings.reader import Reader
from bot.models import Announce

SINCE, UNTIL = datetime(2025, 11, 20, tzinfo=UTC), datetime(2025, 11, 22, tzinfo=UTC)


def item(number: int, kind: str = "new", *, categories: tuple[str, ...] = ("cs.CL",)) -> str:
    terms = "".join(f"<category>{name}</category>" for name in categories)
    return (
        f"<item><title>Paper {number}</title><link>https://arxiv.org/abs/2511.{number:05}</link>"
        f"<description>arXiv:2511.{number:05}v1 Announce Type: {kind} \nAbstract: Text.</description>"
        f"<guid>oai:arXiv.org:2511.{number:05}v1</guid>{terms}<pubDate>Mon, 24 Nov 2025 00:00:00 -0500</pubDate>"
        f"<a:announce_type xmlns:a='http://arxiv.org/schemas/atom'>{kind}</a:announce_type></item>"
    )


def feed(*items: str) -> str:
    return f"<rss version='2.0'><channel><title>cs updates</title>{''.join(items)}</channel></rss>"


def entry(number: int, category: str = "cs.CL") -> str:
    return (
        f"<entry><id>http://arxiv.org/abs/2511.{number:05}v2</id><title>Paper {number}</title><summary>Text</summary>"
        f"<published>2025-11-20T10:00:00Z</published><updated>2025-11-21T10:00:00Z</updated>"
        f"<category term='{category}'/><primary_category term='{category}'/></entry>"
    )


def results(*entries: str, total: int) -> str:
    return (
        "<feed xmlns='http://www.w3.org/2005/Atom' xmlns:o='http://a9.com/-/spec/opensearch/1.1/'>"
        f"<o:totalResults>{total}</o:totalResults>{''.join(entries)}</feed>"
    )


def record(number: int, *, versions: int = 1, stamp: str = "2025-11-24", first: str = "20 Nov 2025") -> str:
    history = "".join(
        f"<version version='v{n}'><date>Thu, {first} 10:00:00 GMT</date></version>"
        for n in range(1, versions + 1)
    )
    return (
        f"<record><header><identifier>oai:arXiv.org:2511.{number:05}</identifier><datestamp>{stamp}</datestamp></header>"
        f"<metadata><arXivRaw xmlns='http://arxiv.org/OAI/arXivRaw/'><id>2511.{number:05}</id>{history}"
        f"<title>Paper {number}</title><authors>A. One and B. Two</authors><categories>cs.CL cs.AI</categories>"
        f"<abstract>Text</abstract></arXivRaw></metadata></record>"
    )


def records(*rows: str, token: str = "") -> str:
    more = f"<resumptionToken>{token}</resumptionToken>" if token else ""
    return f"<OAI-PMH xmlns='x'><ListRecords>{''.join(rows)}{more}</ListRecords></OAI-PMH>"


@pytest.fixture
def settings(host) -> ArxivSettings:
    return ArxivSettings(
        categories="cs.CL+cs.LG",
        rss_url=f"{host.url}/",
        api_url=f"{host.url}/api/query",
        oai_url=f"{host.url}/oai",
        interval_seconds=0,
    )


@pytest.fixture
def source(make, settings):
    (source,) = make(plugin, settings)
    return source


@pytest.fixture
def records_of(clock, fetcher, parser):
    """The nightly comparison by itself."""
    return lambda settings: Records(settings, Reader(fetcher, parser), clock)


def says(host, body: str, **headers: str) -> None:
    async def answer(request: web.Request) -> web.Response:
        if headers.get("ETag") and request.headers.get("If-None-Match") == headers["ETag"]:
            return web.Response(status=304)
        return web.Response(text=body, headers=headers)

    host.answer = answer


def ids(listing) -> list[str]:
    return [paper.id for paper in listing.papers]


# --- announcements ----------------------------------------------------------------------------------


async def test_one_poll_is_one_request_for_all_categories(source, host):
    says(host, feed(item(1), item(2, "cross"), item(3, "replace"), item(4, "replace-cross")), ETag='"1"')
    first = await source.fetch(None)
    assert host.paths == ["/rss/cs.CL+cs.LG"]
    assert [paper.sightings[0].announce for paper in first.papers] == list(Announce)[:4]
    assert first.papers[0].abstract == "Text."
    assert first.papers[0].sightings[0].day == date(2025, 11, 24)
    again = await source.fetch(first.cursor)
    assert again.unchanged
    assert again.cursor == first.cursor


async def test_a_full_read_once_a_day_and_when_the_categories_changed(source, make, settings, host, clock):
    says(host, feed(item(1)), ETag='"1"')
    first = await source.fetch(None)
    clock.time += timedelta(hours=25)
    assert ids(await source.fetch(first.cursor)) == ["arxiv:2511.00001"]
    (other,) = make(plugin, settings.model_copy(update={"categories": "cs.RO"}))
    assert not (await other.fetch(first.cursor)).unchanged


async def test_an_empty_feed_is_a_quiet_day_and_said_so(source, host):
    says(host, feed())
    listing = await source.fetch(None)
    assert (listing.papers, listing.unchanged) == ((), False)
    assert "empty" in listing.notes[0]


async def test_of_a_damaged_feed_what_is_whole_is_taken_and_it_is_asked_for_again(source, host):
    body = feed(item(1), item(2), item(3))
    says(host, body[: body.rindex("<guid>")], ETag='"1"')
    listing = await source.fetch(None)
    assert ids(listing) == ["arxiv:2511.00001", "arxiv:2511.00002"]
    assert "damaged" in listing.notes[0]
    assert not (await source.fetch(listing.cursor)).unchanged


async def test_a_joined_feed_cut_off_at_its_limit_is_asked_for_in_parts(source, host):
    async def answer(request):
        match request.path:
            case "/rss/cs.CL+cs.LG":
                return web.Response(text=feed(*(item(number) for number in range(1, 2_001))))
            case "/rss/cs.CL":
                return web.Response(text=feed(*(item(number) for number in range(1, 1_501))))
            case _:
                return web.Response(text=feed(*(item(number) for number in range(1_001, 2_501))))

    host.answer = answer
    listing = await source.fetch(None)
    assert len(set(ids(listing))) == len(listing.papers) == 2_500
    assert host.paths == ["/rss/cs.CL+cs.LG", "/rss/cs.CL", "/rss/cs.LG"]


async def test_a_login_page_is_no_feed(source, host):
    says(host, "<!DOCTYPE html><html><body>Access denied</body></html>")
    with pytest.raises(ListingMalformed, match="web page"):
        await source.fetch(None)


async def test_after_a_403_all_of_arxiv_is_left_alone(source, host):
    async def answer(request):
        return web.Response(status=403)

    host.answer = answer
    with pytest.raises(ListingBusy) as caught:
        await source.fetch(None)
    assert caught.value.after > 600
    with pytest.raises(ListingBusy):
        await source.catch_up(SINCE, UNTIL, None)
    assert len(host.asked) == 1


@pytest.mark.parametrize(
    "cursor", ["", "x", "[]", '{"feed":5}', '{"feed":{"of":"cs.CL+cs.LG","read":"never"},"records":7}']
)
async def test_a_bookmark_that_cannot_be_read_costs_a_full_read(source, host, cursor):
    says(host, feed(item(1)), ETag='"1"')
    assert ids(await source.fetch(cursor)) == ["arxiv:2511.00001"]


def test_an_unknown_kind_of_announcement_counts_as_new():
    (paper,) = rss.parse(feed(item(1, "brand-new")).encode()).papers
    assert paper.sightings[0].announce is Announce.NEW


def test_a_title_that_is_just_0_is_a_title():
    (paper,) = rss.parse(feed(item(1).replace("Paper 1", "0")).encode()).papers
    assert paper.title == "0"


# --- catching up --------------------------------------------------------------------------------------


async def test_catching_up_goes_page_by_page_oldest_first(source, host):
    async def answer(request):
        start = int(request.query["start"])
        return web.Response(text=results(entry(start + 1, "cs.CL"), entry(start + 2, "cs.RO"), total=4))

    host.answer = answer
    first = await source.catch_up(SINCE, UNTIL, None)
    second = await source.catch_up(SINCE, UNTIL, first.cursor)
    assert ids(first) + ids(second) == [f"arxiv:2511.0000{n}" for n in (1, 2, 3, 4)]
    assert second.cursor is None
    query = host.asked[0].query
    assert (
        query["search_query"] == "(cat:cs.CL OR cat:cs.LG) AND submittedDate:[202511200000 TO 202511220000]"
    )
    assert (query["sortBy"], query["sortOrder"]) == ("submittedDate", "ascending")
    assert [paper.sightings[0].announce for paper in first.papers] == [Announce.NEW, Announce.CROSS]


async def test_a_spurious_empty_page_is_an_error_and_not_the_end(source, host):
    says(host, results(total=4))
    with pytest.raises(ListingUnavailable, match="empty or broken page"):
        await source.catch_up(SINCE, UNTIL, "2")


async def test_a_time_without_papers_is_the_end_at_once(source, host):
    says(host, results(total=0))
    listing = await source.catch_up(SINCE, UNTIL, None)
    assert (listing.papers, listing.cursor) == ((), None)


async def test_a_refused_query_says_what_arxiv_said(source, host):
    error = "<entry><id>https://arxiv.org/api/errors#x</id><title>Error</title><summary>start must be small</summary></entry>"

    async def answer(request):
        return web.Response(text=results(error, total=1), status=400)

    host.answer = answer
    with pytest.raises(ListingMalformed, match="arXiv refuses the query: start must be small"):
        await source.catch_up(SINCE, UNTIL, None)


def test_a_full_record_of_the_api():
    data = results(
        "<entry xmlns:x='http://arxiv.org/schemas/atom'><id>http://arxiv.org/abs/hep-ex/0307015v3</id><title>T</title>"
        "<summary>S</summary><author><name>A</name><x:affiliation>CERN</x:affiliation></author>"
        "<x:comment>Withdrawn by the author</x:comment><x:doi>10.1000/ABC</x:doi><x:journal_ref>J. 1</x:journal_ref>"
        "<category term='hep-ex'/><category term='cs.LG'/><x:primary_category term='cs.LG'/></entry>",
        total=1,
    )
    (paper,) = api.parse(data.encode()).papers
    assert (paper.id, paper.version, paper.short_id) == ("arxiv:hep-ex/0307015", 3, "hep-ex/0307015")
    assert paper.categories == ("cs.LG", "hep-ex")
    assert (paper.doi, paper.journal_ref, paper.organization) == ("10.1000/abc", "J. 1", "CERN")
    assert paper.withdrawn


# --- the nightly comparison -----------------------------------------------------------------------------


async def test_the_first_start_owes_nothing_and_the_night_after_is_compared(
    records_of, settings, host, clock
):
    compared = records_of(settings)
    says(host, records(record(1), record(2, versions=2)))
    first = await compared.fetch(None)
    assert first.cursor
    assert not host.asked
    same_day = await compared.fetch(first.cursor)
    clock.time = datetime(2025, 11, 25, 4, 59, tzinfo=UTC)
    too_early = await compared.fetch(same_day.cursor)
    assert not host.asked
    clock.time = datetime(2025, 11, 25, 5, 0, tzinfo=UTC)
    night = await compared.fetch(too_early.cursor)
    assert [paper.sightings[0].announce for paper in night.papers] == [Announce.NEW, Announce.REPLACE]
    query = host.asked[0].query
    assert (query["verb"], query["metadataPrefix"], query["set"], query["from"]) == (
        "ListRecords",
        "arXivRaw",
        "cs",
        "2025-11-24",  # not before the first start, or papers from before it would count as new
    )
    assert (await compared.fetch(night.cursor)).unchanged
    assert len(host.asked) == 1


async def test_pages_come_one_a_poll_and_a_token_that_expired_starts_again(records_of, settings, host, clock):
    compared = records_of(settings)
    tokens = iter(["a|1", "", "a|1"])

    async def answer(request):
        if request.query.get("resumptionToken") == "a|1":
            return web.Response(text="<OAI-PMH><error code='badResumptionToken'>expired</error></OAI-PMH>")
        return web.Response(text=records(record(1), token=next(tokens)))

    host.answer = answer
    start = await compared.fetch(None)
    clock.time += timedelta(days=1)
    first = await compared.fetch(start.cursor)
    expired = await compared.fetch(first.cursor)
    assert "starts again" in expired.notes[0]
    last = await compared.fetch(expired.cursor)
    assert ids(first) == ids(last) == ["arxiv:2511.00001"]
    assert (await compared.fetch(last.cursor)).unchanged


async def test_every_archive_is_compared(records_of, settings, host, clock):
    says(host, records(record(1)))
    source = records_of(settings.model_copy(update={"categories": "cs.CL, cs.LG, stat.ML, hep-th"}))
    listing = await source.fetch(None)
    clock.time += timedelta(days=1)
    for _ in range(4):
        listing = await source.fetch(listing.cursor)
    assert [request.query["set"] for request in host.asked] == ["cs", "stat", "physics:hep-th"]


async def test_a_failed_page_is_asked_for_again(records_of, settings, host, clock):
    compared = records_of(settings)
    start = await compared.fetch(None)
    clock.time += timedelta(days=1)
    says(host, "<OAI-PMH><error code='badArgument'>no</error></OAI-PMH>")
    with pytest.raises(ListingMalformed, match="badArgument"):
        await compared.fetch(start.cursor)
    says(host, records(record(1)))
    assert ids(await compared.fetch(start.cursor)) == ["arxiv:2511.00001"]


async def test_the_source_compares_once_a_night_and_not_in_its_first_minute(make, settings, host, clock):
    asked_records = []

    async def answer(request):
        if request.path == "/oai":
            asked_records.append(request)
            return web.Response(text=records(record(7)))
        return web.Response(text=feed(item(1)))

    host.answer = answer
    (source,) = make(plugin, settings)
    first = await source.fetch(None)
    clock.time += timedelta(days=1)
    second = await source.fetch(first.cursor)
    assert asked_records == []
    source._compare_from = clock.monotonic()
    third = await source.fetch(second.cursor)
    assert ids(third) == ["arxiv:2511.00001", "arxiv:2511.00007"]
    assert ids(await source.fetch(third.cursor)) == ["arxiv:2511.00001"]
    assert len(asked_records) == 1


async def test_a_comparison_that_fails_costs_no_announcement_and_waits_an_hour(make, settings, host, clock):
    async def answer(request):
        return web.Response(status=500) if request.path == "/oai" else web.Response(text=feed(item(1)))

    host.answer = answer
    (source,) = make(plugin, settings)
    first = await source.fetch(None)
    clock.time += timedelta(days=1)
    source._compare_from = clock.monotonic()
    second = await source.fetch(first.cursor)
    assert ids(second) == ["arxiv:2511.00001"]
    assert "comparison" in second.notes[0]
    third = await source.fetch(second.cursor)
    assert third.notes == ()
    assert len([path for path in host.paths if path.startswith("/oai")]) == 1


@pytest.mark.parametrize(
    ("row", "kind"),
    [
        (record(1), Announce.NEW),
        (record(1, versions=3), Announce.REPLACE),
        (record(1, first="01 Jan 2025"), Announce.REPLACE),
        (record(1).replace("cs.CL cs.AI", "math.CO cs.CL"), Announce.CROSS),
        (record(1, versions=2).replace("cs.CL cs.AI", "math.CO cs.CL"), Announce.REPLACE_CROSS),
    ],
)
def test_a_record_s_dates_tell_how_it_was_announced(row, kind):
    (paper,) = oai.parse(records(row).encode(), categories="cs.CL cs.LG").papers
    assert paper.sightings[0].announce is kind
    assert paper.authors == ("A. One", "B. Two")


def test_deleted_records_and_foreign_ones_are_left_out_and_no_records_are_no_error():
    gone = (
        "<record><header status='deleted'><identifier>oai:arXiv.org:2511.00009</identifier></header></record>"
    )
    page = oai.parse(records(gone, record(1)).encode(), categories="math.CO")
    assert (page.papers, page.skipped, page.rows) == ((), 0, 2)
    none = oai.parse(b"<OAI-PMH><error code='noRecordsMatch'>none</error></OAI-PMH>")
    assert none.papers == ()


# --- words ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("A. One, B. Two", ("A. One", "B. Two")),
        ("A. One and B. Two", ("A. One", "B. Two")),
        ("A. One, B. Two, and C. Three", ("A. One", "B. Two", "C. Three")),
        ("A. One (Univ. of X, Town), B. Two (Y)", ("A. One", "B. Two")),
        ("A. One ((1), (2)), B", ("A. One", "B")),
        ("Sammy Davis, Jr., B. Two", ("Sammy Davis, Jr.", "B. Two")),
        ("Ratna Kandala,  Deepti", ("Ratna Kandala", "Deepti")),
        ("Fernand Anderson", ("Fernand Anderson",)),
        ("A (unclosed, B", ("A (unclosed", "B")),
        ("", ()),
        (",,,", ()),
    ],
)
def test_names_in_one_line(line, names):
    assert authors(line) == names


@pytest.mark.parametrize(
    ("text", "yes"),
    [
        ("This paper has been withdrawn by the author due to an error", True),
        ("withdrawn", True),
        ("arXiv admin note: This article was withdrawn", True),
        ("The manuscript has been temporarily withdrawn", True),
        ("Cash withdrawn from accounts", False),
        ("We study how savings are withdrawn in crises", False),
        ("12 pages", False),
        (None, False),
    ],
)
def test_a_withdrawal_is_told_from_the_word(text, yes):
    assert says_withdrawn(text) is yes


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("cs.CL,cs.LG", ("cs.CL", "cs.LG")),
        ("cs.CL cs.LG", ("cs.CL", "cs.LG")),
        ("cs.CL+cs.LG+cs.CL", ("cs.CL", "cs.LG")),
        (" hep-th, astro-ph.CO ", ("hep-th", "astro-ph.CO")),
        ("", ()),
    ],
)
def test_categories_as_people_write_them(written, read):
    assert ArxivSettings(categories=written).watched == read


@pytest.mark.parametrize("written", ["cs.CL;rm", "../etc", "cs/CL", "CS CL!"])
def test_what_is_no_category_is_said(written):
    with pytest.raises(ValidationError, match="no category of arXiv"):
        ArxivSettings(categories=written)
