"""The sample server as a poller meets it: days that pass, conditional requests, refusals."""

import errno
import socket
from datetime import date, timedelta

import pytest
from lxml import etree

from bot.errors import StartError
from bot.samples import load
from bot.samples.server import SampleServer

TODAY = date(2026, 3, 8)
ALL = "cs+nlin+physics"
ATOM = "{http://www.w3.org/2005/Atom}"


async def listed(http, server, day: date) -> list[str]:
    async with http.get(f"{server.huggingface_url}/api/daily_papers?date={day}") as answer:
        assert answer.status == 200
        return [row["paper"]["id"] for row in await answer.json()]


async def all_lists(http, server) -> dict[int, list[str]]:
    """What stands on the lists of the last ten days, by days back; empty ones left out."""
    lists = {back: await listed(http, server, TODAY - timedelta(days=back)) for back in range(10)}
    return {back: papers for back, papers in lists.items() if papers}


async def batch(http, server) -> list[str]:
    async with http.get(f"{server.arxiv_rss_url}/rss/{ALL}") as answer:
        root = etree.fromstring(await answer.read())
    return [guid.text.removeprefix("oai:arXiv.org:") for guid in root.iter("guid")]


async def found(http, server, query: str) -> tuple[list[str], int]:
    """The versioned ids of a page of the query API, and how many there are in all."""
    async with http.get(f"{server.arxiv_api_url}?{query}") as answer:
        assert answer.status == 200
        root = etree.fromstring(await answer.read())
    ids = [one.text.removeprefix("http://arxiv.org/abs/") for one in root.iterfind(f"{ATOM}entry/{ATOM}id")]
    return ids, int(root.findtext("{http://a9.com/-/spec/opensearch/1.1/}totalResults"))


def of_day(number: int) -> list[str]:
    return [row.paper.id for row in load()[number - 1].huggingface if row.from_day <= number]


async def test_at_the_start_only_the_first_list_is_there_dated_three_days_back(http, server):
    assert await all_lists(http, server) == {3: of_day(1)}


async def test_each_sample_day_brings_the_list_of_the_next_date_and_the_last_is_today(http, server, clock):
    for number in (2, 3, 4):
        await clock.advance(44)
        assert server.day == number - 1
        await clock.advance(1)
        assert server.day == number
        lists = await all_lists(http, server)
        assert sorted(lists, reverse=True) == [3, 2, 1, 0][:number]
        assert lists[4 - number] == of_day(number)


async def test_after_the_last_day_nothing_new_comes(http, server, clock):
    await clock.advance(3 * 45)
    lists, newest = await all_lists(http, server), await batch(http, server)
    await clock.advance(10 * 45)
    assert (await all_lists(http, server), await batch(http, server)) == (lists, newest)


async def test_arxiv_shows_the_newest_batch_alone(http, server, clock):
    for day in load():
        assert await batch(http, server) == [f"{item.paper.id}v{item.version}" for item in day.arxiv]
        await clock.advance(45)


async def test_a_new_calendar_day_during_the_demo_moves_nothing(http, server, clock):
    before = await all_lists(http, server)
    clock.jump(timedelta(days=1))
    assert await all_lists(http, server) == before
    assert await listed(http, server, TODAY + timedelta(days=1)) == []


async def test_a_second_start_serves_the_same_papers(http, clock):
    runs = []
    for _ in range(2):
        async with SampleServer(clock, start_day=4) as running:
            runs.append((await all_lists(http, running), await batch(http, running)))
    assert runs[0] == runs[1]


async def test_a_late_paper_joins_the_list_of_the_day_before(http, server, clock):
    await clock.advance(45)
    assert "2511.14295" not in await listed(http, server, TODAY - timedelta(days=2))
    await clock.advance(45)
    assert "2511.14295" in await listed(http, server, TODAY - timedelta(days=2))


async def test_counts_grow_while_the_days_pass(http, server, clock):
    upvotes = []
    for _ in range(5):
        async with http.get(
            f"{server.huggingface_url}/api/daily_papers?date={TODAY - timedelta(days=3)}"
        ) as answer:
            rows = {row["paper"]["id"]: row["paper"] for row in await answer.json()}
        upvotes.append(rows["2510.18135"]["upvotes"])
        await clock.advance(45)
    assert upvotes == [11, 30, 49, 58, 58]


async def test_a_date_to_come_is_refused_as_hugging_face_does(http, server):
    url = f"{server.huggingface_url}/api/daily_papers?date={TODAY + timedelta(days=1)}"
    async with http.get(url) as answer:
        assert answer.status == 400
        assert answer.content_type == "application/json"
        assert "2026-03-09" in (await answer.json())["error"]


@pytest.mark.parametrize("text", ["tomorrow", "2026-13-01", "20260301", ""])
async def test_no_date_is_refused_too(http, server, text):
    async with http.get(f"{server.huggingface_url}/api/daily_papers?date={text}") as answer:
        assert answer.status == 400


async def test_a_long_list_comes_in_pages(http, whole):
    url = f"{whole.huggingface_url}/api/daily_papers?date={TODAY}&limit=4"
    pages = []
    for page in range(4):
        async with http.get(f"{url}&p={page}") as answer:
            pages.append([row["paper"]["id"] for row in await answer.json()])
    assert [len(page) for page in pages] == [4, 4, 2, 0]
    assert [paper for page in pages for paper in page] == of_day(4)


@pytest.mark.parametrize("query", ["limit=0", "limit=101", "limit=x", "p=-1"])
async def test_a_senseless_page_is_refused(http, server, query):
    async with http.get(f"{server.huggingface_url}/api/daily_papers?{query}") as answer:
        assert answer.status == 400


@pytest.mark.parametrize("path", ["/api/daily_papers?date=2026-03-05", "/rss/cs.CL+cs.LG", "/atom/cs.RO"])
async def test_an_unchanged_listing_is_answered_with_304_until_it_changes(http, server, clock, path):
    url = server.huggingface_url + path
    async with http.get(url) as answer:
        tag = answer.headers["ETag"]
        assert await answer.read()
    async with http.get(url, headers={"If-None-Match": tag}) as answer:
        assert (answer.status, answer.headers["ETag"], await answer.read()) == (304, tag, b"")
    async with http.get(url, headers={"If-None-Match": f'"other", {tag}'}) as answer:
        assert answer.status == 304
    await clock.advance(45)
    async with http.get(url, headers={"If-None-Match": tag}) as answer:
        assert answer.status == 200
        assert answer.headers["ETag"] != tag


async def test_a_feed_is_also_judged_by_its_date(http, server, clock):
    url = f"{server.arxiv_rss_url}/rss/cs.CL"
    async with http.get(url) as answer:
        modified = answer.headers["Last-Modified"]
        assert modified == "Thu, 05 Mar 2026 05:00:00 GMT"
    async with http.get(url, headers={"If-Modified-Since": modified}) as answer:
        assert answer.status == 304
    async with http.get(url, headers={"If-Modified-Since": modified, "If-None-Match": '"other"'}) as answer:
        assert answer.status == 200
    await clock.advance(45)
    async with http.get(url, headers={"If-Modified-Since": modified}) as answer:
        assert answer.status == 200


async def test_a_list_carries_no_date_of_change(http, server):
    async with http.get(f"{server.huggingface_url}/api/daily_papers?date=2026-03-05") as answer:
        assert "Last-Modified" not in answer.headers


async def test_a_look_up_by_id_finds_the_newest_version_that_has_been_announced(http, server, clock):
    assert await found(http, server, "id_list=2510.16983") == (["2510.16983v1"], 1)
    await clock.advance(45)
    assert await found(http, server, "id_list=2510.16983v1,nlin/0109019,1234.56789") == (["2510.16983v2"], 1)
    await clock.advance(45)
    assert await found(http, server, "id_list=2510.16983,nlin/0109019") == (
        ["2510.16983v2", "nlin/0109019v2"],
        2,
    )


async def test_a_search_by_category_counts_each_paper_once_and_comes_in_pages(http, whole):
    everything, total = await found(http, whole, "search_query=cat:cs.RO&max_results=100")
    robots = {i.paper.id for day in load() for i in day.arxiv if "cs.RO" in i.paper.categories}
    assert {one.rpartition("v")[0] for one in everything} == robots
    assert len(everything) == total == len(robots)
    pages = [
        (await found(http, whole, f"search_query=cat:cs.RO&start={start}&max_results=4"))[0]
        for start in (0, 4, 8)
    ]
    assert [paper for page in pages for paper in page] == everything[:12]


async def test_a_search_joins_categories_and_knows_archives(http, whole):
    either, _ = await found(http, whole, "search_query=(cat:cs.GR+OR+cat:cs.SD)&max_results=100")
    graphics, _ = await found(http, whole, "search_query=cat:cs.GR&max_results=100")
    sound, _ = await found(http, whole, "search_query=cat:cs.SD&max_results=100")
    assert graphics
    assert sound
    assert set(either) == {*graphics, *sound}
    _, physics = await found(http, whole, "search_query=cat:physics.*")
    assert physics == 2


async def test_a_search_by_category_and_date_is_what_catching_up_asks(http, whole):
    asked = "sortBy=submittedDate&sortOrder={}&max_results=100&search_query=(cat:cs.RO+OR+cat:cs.SD)+AND+submittedDate:[{}+TO+{}]"
    days = {i.paper.id: i.paper.published for day in load() for i in day.arxiv}
    rising, total = await found(http, whole, asked.format("ascending", "202510210000", "202510232359"))
    moments = [days[one.rpartition("v")[0]] for one in rising]
    assert total == len(rising) == 7
    assert moments == sorted(moments)
    assert {moment.day for moment in moments} == {21, 22, 23}
    falling, _ = await found(http, whole, asked.format("descending", "202510210000", "202510232359"))
    assert [days[one.rpartition("v")[0]] for one in falling] == moments[::-1]
    assert await found(http, whole, asked.format("ascending", "202603010000", "202603080000")) == ([], 0)


async def test_a_search_within_ids_meets_both(http, whole):
    assert await found(http, whole, "search_query=cat:cs.RO&id_list=2510.16800,2510.20670") == (
        ["2510.16800v1"],
        1,
    )


async def test_an_empty_query_finds_nothing(http, whole):
    assert await found(http, whole, "search_query=") == ([], 0)


@pytest.mark.parametrize(
    "query",
    [
        "search_query=all:robot",
        "search_query=(cat:cs.RO",
        "search_query=cat:cs.RO+AND+submittedDate:[202513010000+TO+202601010000]",
        "search_query=cat:cs.RO&start=-1",
        "id_list=2510.16800&max_results=2001",
    ],
)
async def test_what_the_samples_cannot_search_is_refused_in_arxivs_error_form(http, server, query):
    async with http.get(f"{server.arxiv_api_url}?{query}") as answer:
        assert answer.status == 400
        root = etree.fromstring(await answer.read())
    [entry] = root.iterfind(f"{ATOM}entry")
    assert entry.findtext(f"{ATOM}title") == "Error"
    assert "/api/errors" in entry.findtext(f"{ATOM}id")


@pytest.mark.parametrize("path", ["/", "/papers", "/api/papers/2510.18135", "/list/cs/new"])
async def test_there_is_nothing_else(http, server, path):
    async with http.get(server.huggingface_url + path) as answer:
        assert answer.status == 404


async def test_the_port_is_on_loopback_and_closed_afterwards(http, clock):
    async with SampleServer(clock) as running:
        host, port = running.huggingface_url.removeprefix("http://").split(":")
        assert host == "127.0.0.1"
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((host, int(port)), timeout=1)


async def test_a_machine_without_a_free_port_gives_one_sentence(clock, monkeypatch):
    def none_free(*_: object) -> socket.socket:
        raise OSError(errno.EADDRNOTAVAIL, "Cannot assign requested address")

    monkeypatch.setattr(socket, "create_server", none_free)
    with pytest.raises(StartError, match=r"could not open a port on 127\.0\.0\.1"):
        async with SampleServer(clock):
            pass
