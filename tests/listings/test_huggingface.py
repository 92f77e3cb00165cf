"""Daily Papers through the real fetch and the real parsing child, against a loopback Hugging Face."""

import json
from datetime import UTC, date, datetime, timedelta

import pytest
from aiohttp import web

from bot.errors import ListingBusy, ListingMalformed, ListingUnavailable
from bot.listings.huggingface import HuggingFaceSettings, parse, plugin
from bot.models import Announce


def row(number: int, **more) -> dict:
    return {"paper": {"id": f"2511.{number:05}", "title": f"Paper {number}", **more}}


class Daily:
    """Day lists with ETags, some of them broken."""

    def __init__(self, host, clock) -> None:
        self.lists: dict[str, list] = {}
        self.status: dict[str, int] = {}
        self.tagged = True
        self.clock = clock
        self.host = host
        host.answer = self.answer

    async def answer(self, request: web.Request) -> web.Response:
        day = request.query["date"]
        if day in self.status:
            return web.Response(status=self.status[day], text="no")
        if day > self.clock.now().date().isoformat():
            return web.json_response({"error": "date is in the future"}, status=400)
        body = json.dumps(self.lists.get(day, []))
        tag = f'"{hash(body)}"'
        if self.tagged and request.headers.get("If-None-Match") == tag:
            return web.Response(status=304)
        return web.Response(text=body, headers={"ETag": tag} if self.tagged else {})

    def days(self) -> list[str]:
        days = [request.query["date"] for request in self.host.asked]
        self.host.asked.clear()
        return days


@pytest.fixture
def daily(host, clock) -> Daily:
    return Daily(host, clock)


@pytest.fixture
def source(make, daily):
    (source,) = make(plugin, HuggingFaceSettings(url=f"{daily.host.url}/"))
    return source


def ids(listing) -> list[str]:
    return [paper.id.removeprefix("arxiv:2511.") for paper in listing.papers]


def back(days: int) -> str:
    return (date(2025, 11, 24) - timedelta(days=days)).isoformat()


async def test_the_first_poll_brings_a_week_oldest_first_and_the_next_ones_three_days(source, daily):
    daily.lists = {back(n): [row(n)] for n in range(10)}
    first = await source.fetch(None)
    assert daily.days() == [back(n) for n in range(7)]
    assert ids(first) == ["00006", "00005", "00004", "00003", "00002", "00001", "00000"]
    again = await source.fetch(first.cursor)
    assert daily.days() == [back(0), back(1), back(2)]
    assert again.unchanged
    assert again.papers == ()


async def test_the_call_is_the_documented_one(source, daily):
    await source.fetch(None)
    assert daily.host.paths[0] == "/api/daily_papers?date=2025-11-24"


async def test_a_paper_listed_late_and_counts_that_grow_are_seen(source, daily):
    daily.lists = {back(2): [row(1, upvotes=3)]}
    first = await source.fetch(None)
    daily.lists[back(2)] = [row(1, upvotes=40), row(2)]
    second = await source.fetch(first.cursor)
    assert ids(second) == ["00001", "00002"]
    assert second.papers[0].upvotes == 40


async def test_one_failing_day_costs_neither_the_others_nor_itself(source, daily, clock):
    daily.lists = {back(n): [row(n)] for n in range(7)}
    daily.status = {back(1): 500, back(5): 500}
    first = await source.fetch(None)
    assert ids(first) == ["00006", "00004", "00003", "00002", "00000"]
    assert len(first.notes) == 2
    assert back(1) in first.notes[0]
    daily.status = {}
    clock.time += timedelta(days=1)
    daily.days()
    second = await source.fetch(first.cursor)
    assert back(5) in daily.days()
    assert {"00005", "00001"} <= set(ids(second))


async def test_when_nothing_answers_it_is_an_error_and_the_bookmark_stays(source, daily):
    daily.status = {back(n): 502 for n in range(7)}
    with pytest.raises(ListingUnavailable):
        await source.fetch(None)


async def test_asked_to_wait_it_asks_no_further_day(source, daily):
    daily.status = {back(0): 429}
    with pytest.raises(ListingBusy):
        await source.fetch(None)
    assert daily.days() == [back(0)]


async def test_busy_in_the_middle_keeps_what_came_and_owes_the_rest(source, daily):
    daily.lists = {back(n): [row(n)] for n in range(7)}
    daily.status = {back(4): 429}
    first = await source.fetch(None)
    assert ids(first) == ["00003", "00002", "00001", "00000"]
    assert json.loads(first.cursor)["days"][back(6)] == {}


async def test_after_a_week_s_stop_every_day_in_between_is_asked_for(source, daily, clock):
    first = await source.fetch(None)
    clock.time += timedelta(days=6)
    daily.lists = {"2025-11-26": [row(26)]}
    daily.days()
    listing = await source.fetch(first.cursor)
    # 24 November was read at noon, before it ended; those before it were over.
    assert daily.days() == [f"2025-11-{day}" for day in (30, 29, 28, 27, 26, 25, 24)]
    assert ids(listing) == ["00026"]
    daily.days()
    await source.fetch(listing.cursor)
    assert daily.days() == ["2025-11-30", "2025-11-29", "2025-11-28"]


async def test_after_a_very_long_stop_catching_up_is_bounded(source, daily, clock):
    first = await source.fetch(None)
    clock.time += timedelta(days=400)
    daily.days()
    await source.fetch(first.cursor)
    assert len(daily.days()) == 14


async def test_an_etag_that_lies_is_believed_for_a_day_only(source, daily, clock, host):
    honest = daily.answer

    async def lie(request):
        return web.Response(status=304) if "If-None-Match" in request.headers else await honest(request)

    first = await source.fetch(None)
    host.answer = lie
    daily.lists = {back(0): [row(1)]}
    clock.time += timedelta(hours=11)
    assert (await source.fetch(first.cursor)).unchanged
    clock.time += timedelta(hours=14)
    assert ids(await source.fetch(first.cursor)) == ["00001"]


async def test_a_day_that_has_not_begun_there_is_no_failure(source, daily):
    daily.status = {back(0): 400}
    daily.lists = {back(1): [row(1)]}
    listing = await source.fetch(None)
    assert ids(listing) == ["00001"]
    assert listing.notes == ()


async def test_a_day_of_more_than_one_page_is_read_to_its_end(source, daily, host):
    rows = [row(number) for number in range(120)]

    async def answer(request):
        if request.query["date"] != back(0):
            return web.json_response([])
        start = 50 * int(request.query.get("p", 0))
        return web.json_response(rows[start : start + 50], headers={"ETag": '"x"'})

    host.answer = answer
    listing = await source.fetch(None)
    assert len(listing.papers) == 120
    host.asked.clear()
    await source.fetch(listing.cursor)
    assert "If-None-Match" not in host.asked[0].headers  # the tag of page one says nothing of page two


async def test_a_mirror_that_knows_no_pages_is_not_asked_ten_times(source, daily):
    daily.lists = {back(0): [row(number) for number in range(60)]}
    listing = await source.fetch(None)
    assert len(listing.papers) == 60
    assert daily.days().count(back(0)) == 2


@pytest.mark.parametrize(
    "cursor", ["", "x", "[]", "null", '{"v":9,"days":[]}', '{"days":{"x":1,"2025-11-24":7}}']
)
async def test_a_bookmark_that_cannot_be_read_costs_a_full_read(source, daily, cursor):
    daily.lists = {back(0): [row(1)]}
    assert ids(await source.fetch(cursor)) == ["00001"]


async def test_a_day_of_a_changed_form_is_said_and_its_tag_not_kept(source, daily):
    daily.lists = {back(0): [row(1), {"paper": {"name": "new form"}}, "x", None]}
    first = await source.fetch(None)
    assert (ids(first), first.skipped) == (["00001"], 3)
    assert "3 rows" in first.notes[0]
    again = await source.fetch(first.cursor)
    assert not again.unchanged


async def test_the_same_paper_on_two_days_is_one_with_both_sightings(source, daily):
    daily.lists = {back(1): [row(1, upvotes=1)], back(0): [row(1, upvotes=9)]}
    (paper,) = (await source.fetch(None)).papers
    assert paper.upvotes == 9
    assert [str(seen.day) for seen in paper.sightings] == [back(1), back(0)]


async def test_trending_is_announced_as_trending(make, host):
    async def answer(request):
        return web.json_response([row(1)] if request.query.get("sort") == "trending" else [])

    host.answer = answer
    _, trending = make(plugin, HuggingFaceSettings(url=host.url, trending=True))
    listing = await trending.fetch(None)
    assert listing.papers[0].sightings[0].announce is Announce.TRENDING
    assert listing.cursor is not None


# --- reading ----------------------------------------------------------------------------------------


def read(**more):
    (paper,) = parse(json.dumps([row(1, **more)]).encode(), day="2025-11-24").papers
    return paper


def test_a_row_with_an_id_and_a_title_suffices():
    paper = read()
    assert (paper.id, paper.title) == ("arxiv:2511.00001", "Paper 1")
    assert (paper.upvotes, paper.comments, paper.stars, paper.organization) == (None, None, None, None)
    assert paper.url == "https://arxiv.org/abs/2511.00001"
    assert paper.sightings[0].url == "https://huggingface.co/papers/2511.00001"
    assert paper.sightings[0].day == date(2025, 11, 24)


def test_the_paper_s_own_day_goes_before_the_one_asked_for():
    assert read(submittedOnDailyAt="2025-11-21T00:00:00.000Z").sightings[0].day == date(2025, 11, 21)


def test_every_field_is_read():
    data = {
        "paper": {
            "id": "2511.00001v3",
            "title": " T ",
            "summary": "S",
            "authors": [{"name": "A"}, {"name": "B", "hidden": True}, {"name": None}, 3],
            "publishedAt": "2025-11-20T13:11:45.000Z",
            "submittedOnDailyBy": {"fullname": "Who", "user": "who"},
            "upvotes": 0,
            "githubRepo": "https://github.com/\na/b",
            "githubStars": 7,
            "projectPage": "javascript:alert(1)",
            "ai_keywords": ["x", "", 1],
            "organization": {"name": "lab", "fullname": "The Lab"},
            "withdrawnAt": "2025-11-22T00:00:00Z",
        },
        "numComments": 2,
        "thumbnail": "https://cdn.example/x.png",
    }
    (paper,) = parse(json.dumps([data]).encode()).papers
    assert paper.authors == ("A",)
    assert paper.published == datetime(2025, 11, 20, 13, 11, 45, tzinfo=UTC)
    assert (paper.upvotes, paper.comments, paper.stars) == (0, 2, 7)
    assert paper.code_url == "https://github.com/a/b"
    assert paper.project_url is None
    assert paper.keywords == ("x",)
    assert paper.organization == "The Lab"
    assert paper.withdrawn
    assert paper.thumbnail_url == "https://cdn.example/x.png"
    assert paper.sightings[0].submitted_by == "Who"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("upvotes", float("nan")),
        ("upvotes", 10**400),
        ("upvotes", -1),
        ("upvotes", True),
        ("upvotes", [1]),
        ("authors", "A"),
        ("authors", {"name": "A"}),
        ("publishedAt", "yesterday"),
        ("publishedAt", "9999-99-99"),
        ("publishedAt", 5),
        ("organization", "lab"),
        ("summary", None),
        ("ai_keywords", {"a": 1}),
        ("submittedOnDailyAt", {}),
    ],
)
def test_a_field_of_another_kind_is_an_unknown_one(field, value):
    paper = read(**{field: value})
    assert paper.title == "Paper 1"
    assert paper.upvotes is None


def test_a_lone_surrogate_does_not_stop_the_list():
    (paper,) = parse(b'[{"paper": {"id": "2511.00001", "title": "a\\ud800b"}}]').papers
    assert paper.title == "a?b"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<html>",
        b"<!doctype html><title>Login</title>",
        b'{"error": "Internal"}',
        b'"x"',
        b"null",
        b"[1, 2]",
        b"[" * 100_000,
        b'[{"paper": {"id": "2511.00001", "tit',
        b"\xff\xfe\x00",
        b'[{"paper": {"id": "not an id", "title": "x"}}]',
    ],
)
def test_what_is_no_list_is_refused(data):
    with pytest.raises(ListingMalformed):
        parse(data)
