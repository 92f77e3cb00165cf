"""A fortnight in which everything that ever went wrong with arXiv and Hugging Face goes wrong in turn."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from aiohttp import web

from bot import plugins
from bot.ledger import State
from bot.ledger.grid import gaps, grid
from bot.listings.fetch import Fetcher
from bot.listings.parser import Parser
from bot.listings.politeness import LocalLimiter
from bot.models import DeliveryKind, destination_of
from bot.poller import Poller
from bot.ports import PluginContext
from bot.samples.days import Announcement, ListRow, SamplePaper
from bot.testing.clock import FakeClock
from tests.core import Core, open_core
from tests.ledger.world import DAY, World, eastern, sample, serving

JAN = {day: date(2026, 1, day) for day in range(1, 32)}
CATEGORIES = ("cs.CL", "cs.RO", "stat.ML")
BEGIN = datetime(2026, 1, 7, 15, tzinfo=UTC)
END = datetime(2026, 1, 23, 3, tzinfo=UTC)
EVERY = timedelta(minutes=30)
DOWN = (eastern(JAN[13], 23, 30), eastern(JAN[15], 5, 10))
"""The bot is down on the 14th."""


def status(code: int) -> web.Response:
    return web.Response(status=code, text="Rate exceeded.")


def _row(paper: SamplePaper) -> ListRow:
    return ListRow(paper=paper, upvotes=(1,), comments=(0,))


def _batches(world: World) -> None:
    number = 1
    for day in (*range(7, 10), *range(12, 17), 19, 21, 22):
        begins = eastern(JAN[day] - (4 if JAN[day].weekday() < 2 else 2) * DAY, 14)
        batch = []
        for at, categories in enumerate(
            (
                ("cs.CL",), ("cs.CL", "cs.LG", "stat.ML"), ("cs.LG", "cs.CL"), ("cs.RO",), ("cs.RO",),
                ("stat.ML",), ("math.ST", "stat.ML"),
            )
        ):  # fmt: skip
            if day == 9 and "stat.ML" in categories:
                continue  # a quiet day for a small category
            paper = sample(f"2601.{number:05d}", categories, begins + timedelta(hours=1 + at))
            batch.append(Announcement(paper=paper))
            number += 1
        world.batches[JAN[day]] = batch
    old = sample("hep-th/0307015", ("cs.CL",), datetime(2003, 7, 2, tzinfo=UTC))
    # The 9th repeats a paper of the 8th as replaced, and one of an old kind as its 4th version; one comes twice.
    world.batches[JAN[9]] += [
        Announcement(paper=world.batches[JAN[8]][0].paper, version=2),
        Announcement(paper=old, version=4),
        world.batches[JAN[9]][0],
    ]


def _lists(world: World) -> None:
    for day in range(1, 23):
        listed = datetime.combine(JAN[day], datetime.min.time(), UTC)
        if JAN[day].weekday() > 4 or day == 19:
            continue  # weekends, and a holiday
        rows = [
            (_row(sample(f"2512.{day:02d}{at:03d}", (), listed - DAY)), listed + at * timedelta(hours=7))
            for at in range(4)  # the last one appears when the day is nearly over
        ]
        late = _row(sample(f"2512.{day:02d}900", (), listed - DAY))
        rows.append((late, listed + timedelta(hours=30)))
        if day == 9:  # on two lists; and one that arXiv announces, too
            rows.append((_row(sample("2512.08000", (), listed - 2 * DAY)), listed))
            rows.append((_row(world.batches[JAN[9]][1].paper), listed))
        world.lists[JAN[day]] = rows


def _faults(world: World) -> None:
    def feed(now: datetime) -> tuple[date, list[Announcement]] | None:
        if eastern(JAN[12]) <= now < eastern(JAN[13]):  # cs.RO stands still while the date is fresh
            friday = [one for one in world.batches[JAN[9]] if one.paper.categories[0] == "cs.RO"]
            others = [one for one in world.batches[JAN[12]] if one.paper.categories[0] != "cs.RO"]
            return JAN[12], [*friday, *others]
        if eastern(JAN[13]) <= now < eastern(JAN[13], 1, 40):  # built late: yesterday's, dated today
            return JAN[13], [one for one in world.batches[JAN[12]] if one.paper.categories[0] != "cs.RO"]
        if eastern(JAN[21]) <= now < eastern(JAN[22]):  # put off without notice
            return JAN[21], []
        if now >= eastern(JAN[22]):
            return JAN[22], world.batches[JAN[21]] + world.batches[JAN[22]]
        return None

    world.feed_of = feed
    slow = {JAN[14]: eastern(JAN[15], 18), JAN[15]: eastern(JAN[15], 18), JAN[21]: eastern(JAN[22])}
    world.indexed = lambda day: slow.get(day, eastern(day))
    empty = [True]

    def spurious(request: web.Request) -> web.Response | None:
        if not empty.pop() if empty else True:
            return None
        body = f"""<feed xmlns="http://www.w3.org/2005/Atom"><id>{request.path}</id>
            <totalResults xmlns="http://a9.com/-/spec/opensearch/1.1/">29</totalResults></feed>"""
        return web.Response(text=body, content_type="application/atom+xml")

    def refused(request: web.Request) -> web.Response:
        body = """<feed xmlns="http://www.w3.org/2005/Atom"><entry><id>https://arxiv.org/api/errors#x</id>
            <title>Error</title><summary>internal error</summary></entry></feed>"""
        return web.Response(text=body, content_type="application/atom+xml", status=400)

    world.fail("/api/query", eastern(JAN[15]), eastern(JAN[15], 23), spurious)
    world.fail("/api/query", eastern(JAN[15], 9), eastern(JAN[15], 10, 30), refused)
    world.fail("/rss/", eastern(JAN[16]), eastern(JAN[16], 2), lambda _: status(429))
    world.fail("/rss/", eastern(JAN[16], 2), eastern(JAN[16], 4), lambda _: status(503))
    login = web.Response
    world.fail(
        "/rss/", eastern(JAN[19]), eastern(JAN[19], 2, 15),
        lambda _: login(text="<html><body>Please log in</body></html>", content_type="text/html"),
    )  # fmt: skip
    at = datetime(2026, 1, 13, tzinfo=UTC)
    world.fail(
        "/api/daily", at.replace(hour=6, minute=10), at.replace(hour=7, minute=40), lambda _: status(503)
    )
    world.fail(
        "/api/daily", datetime(2026, 1, 15, 20, tzinfo=UTC), datetime(2026, 1, 17, 10, tzinfo=UTC),
        lambda request: status(500) if request.query["date"] == "2026-01-15" else None,
    )  # fmt: skip
    world.fail(  # their clock is behind ours
        "/api/daily", datetime(2026, 1, 8, tzinfo=UTC), datetime(2026, 1, 8, 0, 40, tzinfo=UTC),
        lambda request: status(400) if request.query["date"] == "2026-01-08" else None,
    )  # fmt: skip


async def _run(core: Core, world: World, clock: FakeClock) -> None:
    fetcher, parser = Fetcher(clock=clock, limiter=LocalLimiter(clock)), Parser()
    pollers = []
    given = {
        "arxiv": {
            "categories": ",".join(CATEGORIES), "rss_url": world.url, "api_url": f"{world.url}/api/query",
            "interval_seconds": 0, "reconcile": False,
        },
        "huggingface": {"url": world.url},
    }  # fmt: skip
    for name, settings in given.items():
        plugin = plugins.sources()[name]
        context = PluginContext(
            settings=plugin.settings(**settings),
            clock=clock,
            shelf=core.store.shelf(name),
            data_dir=Path(),
            options={"fetcher": fetcher, "parser": parser},
        )
        (source,) = plugin.create(context)
        operator = destination_of("recording/lab/ops")
        pollers.append(Poller(source, core.store, clock, every=EVERY, worker="w1", operator=operator))
    while clock.now() < END:
        if not DOWN[0] <= clock.now() < DOWN[1]:
            polls = []
            for poller in pollers:
                polls.append(await poller.once())
                await poller.keep()
            if clock.now().minute >= 30 or any(poll.new for poll in polls):
                await core.settle()
        # Things happen between midnight and five in New York; the rest of the day is looked at less often.
        await clock.advance(EVERY if 4 <= clock.now().hour < 10 else 3 * EVERY)
    await core.settle()
    await fetcher.aclose()
    await parser.aclose()


@pytest.mark.timeout(180)
async def test_a_fortnight_of_failures_loses_nothing_and_repeats_nothing(redis_url: str) -> None:
    clock = FakeClock(BEGIN)
    core = open_core(redis_url, clock)
    # Revisions are asked for, too: one of the papers is first seen as its fourth version.
    await core.subscribe("has:abstract OR upvotes>=0 OR new-version:yes")
    world = World(clock)
    _batches(world)
    _lists(world)
    _faults(world)
    async with serving(world):
        await _run(core, world, clock)

    # Nothing is lost, nothing is said twice.
    owed = {item.paper.id for batch in world.batches.values() for item in batch}
    owed |= {
        row.paper.id
        for day, rows in world.lists.items()
        for row, since in rows
        if day >= JAN[1] and since < END - 3 * EVERY
    }
    said: Counter[str] = Counter()
    notices = []
    digests = []
    for posted in core.adapter.posted:
        delivery = await core.store.deliveries.get(posted.destination, posted.key)
        assert delivery is not None
        if delivery.kind is DeliveryKind.NOTICE:
            notices.append((posted.destination.channel, delivery.note))
            continue
        if delivery.kind is DeliveryKind.DIGEST:
            digests.append(len(delivery.papers))
        said.update(paper.removeprefix("arxiv:") for paper in delivery.papers)
    assert set(said) == owed, (owed - set(said), set(said) - owed)
    assert {one: count for one, count in said.items() if count > 1} == {}

    # Each incident has its right name, its day, its end, and one notice for each of these.
    books = {name: await core.store.ledgers.read(name) for name in ("arxiv", "huggingface")}
    arxiv, lists = books["arxiv"], books["huggingface"]
    assert arxiv is not None
    assert lists is not None
    assert [
        (one.kind, one.day and one.day.day, one.categories, one.found) for one in arxiv.desk.incidents
    ] == [
        ("stale", 12, ("cs.RO",), 2),
        ("missed", 14, ("cs.CL", "cs.RO", "stat.ML"), 7),
        ("unreachable", None, (), 0),
        ("unreachable", None, (), 0),
        ("late", 21, ("cs.CL", "cs.RO", "stat.ML"), 0),
    ]
    assert [(one.kind, one.day and one.day.day) for one in lists.desk.incidents] == [
        ("unreachable", None),
        ("late", 15),
        ("late", 19),
    ]
    incidents = (*arxiv.desk.incidents, *lists.desk.incidents)
    assert all(one.healed for one in incidents)
    assert {channel for channel, _ in notices} == {"ops"}
    # The stale category was caught up in the same moment: one notice says both.
    assert len(notices) == 2 * len(incidents) - 1

    # Every day and category is settled, and rightly.
    states = {
        (day.day, category): entry.state(clock.now()) for (day, category), entry in arxiv.entries.items()
    }
    special = {(9, "stat.ML"): State.QUIET} | {(20, name): State.HOLIDAY for name in CATEGORIES}
    feed_days = (8, 9, 12, 13, 14, 15, 16, 19, 20, 21, 22)
    expected = {(day, name): State.COMPLETE for day in feed_days for name in CATEGORIES}
    assert states == expected | special
    on_hub = {day.day: entry.state(clock.now()) for (day, _), entry in lists.entries.items()}
    quiet = {10, 11, 17, 18, 19}
    assert on_hub == {
        day: State.QUIET if day in quiet else State.WAITING if day == 23 else State.COMPLETE
        for day in range(8, 24)
    }

    # This is the picture that operators see in docs/ledger.md.
    picture = grid([lists, arxiv], clock.now(), days=15)
    assert picture in (Path(__file__).resolve().parents[2] / "docs/ledger.md").read_text()
    assert gaps([lists, arxiv], clock.now(), days=15) == []

    # What was missed for a day came in one digest, besides that of the first listing.
    assert len(digests) == 2
    # And arXiv was asked kindly: one connection, and its API only where something was missing.
    assert world.most_at_once == 1
    assert world.asked["query"] < 25
    await core.store.database.close()
