"""Where people meet the ledger: digests that wait for it, their footers, status, and the operator's command."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, time, timedelta

import pytest
import pytest_asyncio

from bot.cards import Code, Note, plain
from bot.errors import ListingUnavailable
from bot.ledger import ArxivClock, Calendar
from bot.ledger.grid import gaps, grid
from bot.models import EVERY_DAY, Cadence, Listing, When, destination_of
from bot.poller import Poller
from bot.store import keys
from bot.testing.clock import FakeClock
from bot.testing.source import ListSource
from tests.core import Core, open_core, paper, words

MINUTES = timedelta(minutes=1)
COMPLETE = Cadence(when=When.DAILY, at=time(11), complete=True, zone="Europe/Paris", days=EVERY_DAY)


class Owing(ListSource):
    """A listing that keeps arXiv's clock; what it is asked to catch up is in ``witness``."""

    calendar: Calendar = ArxivClock(["cs.RO"])

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.witness: Listing | None = None

    def fail(self) -> None:
        self._listings.append(ListingUnavailable("arxiv broke off its answer"))

    async def catch_up(self, since: datetime, until: datetime, cursor: str | None) -> Listing:
        if self.witness is None:
            raise ListingUnavailable("the witness is silent")
        return self.witness


class Bot(Core):
    """The core with a listing that owes something."""

    async def look(self) -> None:
        await self.poller.once()
        await self.poller.keep()
        await self.settle()

    def titles(self) -> list[str]:
        return [one.card.title for one in self.adapter.posted if one.card.kind == "digest"]


@pytest_asyncio.fixture
async def bot(redis_url: str) -> AsyncIterator[Bot]:
    clock = FakeClock(datetime(2026, 1, 5, 9, tzinfo=UTC))
    store = open_core(redis_url, clock).store
    made = Bot(store, clock, source=Owing("arxiv"))
    made.poller = Poller(
        made.source,
        store,
        clock,
        every=10 * MINUTES,
        worker="w1",
        operator=destination_of("recording/lab/ops"),
    )
    await made.seeded()
    yield made
    await store.database.close()


async def test_a_digest_comes_when_the_lists_are_complete_and_once_a_day(bot: Bot) -> None:
    await bot.subscribe("robots", cadence=COMPLETE)
    await bot.clock.advance_to(datetime(2026, 1, 5, 20, tzinfo=UTC))
    bot.source.bring(paper(1))
    await bot.look()
    await bot.clock.advance_to(datetime(2026, 1, 6, 5, 5, tzinfo=UTC))  # midnight in New York is over
    await bot.look()
    assert bot.titles() == [], "the batch of today is not there yet"
    await bot.clock.advance(10 * MINUTES)
    bot.source.bring(paper(2), paper(3))
    await bot.look()
    assert bot.titles() == ["robots · Tue 6 Jan · 3"]
    # What comes later on that date waits for tomorrow, also when the latest time strikes.
    await bot.clock.advance_to(datetime(2026, 1, 6, 9, 50, tzinfo=UTC))
    bot.source.bring(paper(4))
    await bot.look()
    await bot.clock.advance_to(datetime(2026, 1, 6, 12, tzinfo=UTC))
    await bot.look()
    assert len(bot.titles()) == 1
    # Wednesday's lists never come: at 11:00 in Paris it is said all the same.
    await bot.clock.advance_to(datetime(2026, 1, 7, 9, 55, tzinfo=UTC))
    await bot.look()
    assert len(bot.titles()) == 1
    await bot.clock.advance_to(datetime(2026, 1, 7, 10, 1, tzinfo=UTC))
    await bot.look()
    assert len(bot.titles()) == 2


async def test_a_digest_does_not_come_before_its_papers_are_matched(bot: Bot) -> None:
    await bot.subscribe("robots", cadence=COMPLETE)
    await bot.clock.advance_to(datetime(2026, 1, 5, 20, tzinfo=UTC))
    bot.source.bring(paper(1))
    await bot.look()
    await bot.clock.advance_to(datetime(2026, 1, 6, 5, 10, tzinfo=UTC))
    bot.source.bring(paper(2), paper(3))
    await bot.poller.once()
    await bot.digests.once()
    await bot.lanes.once()
    assert bot.titles() == [], "it would hold one paper of three"
    await bot.clock.advance(MINUTES)
    await bot.settle()
    assert bot.titles() == ["robots · Tue 6 Jan · 3"]


async def test_quiet_hours_keep_an_early_digest_back(bot: Bot) -> None:
    quiet = Cadence(
        when=When.DAILY, at=time(11), complete=True, zone="Europe/Paris", quiet=(time(22), time(7)), days=EVERY_DAY
    )  # fmt: skip
    await bot.subscribe("robots", cadence=quiet)
    await bot.clock.advance_to(datetime(2026, 1, 6, 5, 10, tzinfo=UTC))  # 06:10 in Paris
    bot.source.bring(paper(1))
    await bot.look()
    assert bot.titles() == []
    await bot.clock.advance_to(datetime(2026, 1, 6, 6, 1, tzinfo=UTC))
    await bot.settle()
    assert len(bot.titles()) == 1


async def _outage(bot: Bot) -> None:
    """The listing cannot be read from 05:10 to 07:40 on Tuesday, and then brings its batch."""
    await bot.clock.advance_to(datetime(2026, 1, 6, 5, 10, tzinfo=UTC))
    for _ in range(5):
        bot.source.fail()
        await bot.look()
        await bot.clock.advance(30 * MINUTES)
    bot.source.bring(paper(1))
    await bot.look()


async def test_a_footer_says_what_went_wrong_and_the_operator_hears_twice(bot: Bot) -> None:
    await bot.subscribe("robots", cadence=Cadence(when=When.DAILY, at=time(9), zone="Europe/Paris"))
    await _outage(bot)
    await bot.clock.advance_to(datetime(2026, 1, 6, 8, 0, 1, tzinfo=UTC))
    await bot.settle()
    posted = {one.destination.channel: one.card for one in bot.adapter.posted if one.card.kind == "digest"}
    notes = [plain(block.spans) for block in posted["ml"].blocks if isinstance(block, Note)]
    assert "arXiv was unreachable Tue 6 Jan 06:10 to 08:40 (Europe/Paris); caught up." in notes
    told = [one.card.fallback for one in bot.adapter.posted if one.destination.channel == "ops"]
    assert len(told) == 2, "once when it begins, once when it is over"
    assert "unreachable since Tue 6 Jan 05:10 (UTC)" in told[0]
    assert "arxiv broke off its answer" in told[0]
    assert told[1].startswith("arXiv was unreachable Tue 6 Jan 05:10 to 07:40 (UTC); caught up.")


async def test_a_short_failure_is_nobodys_business(bot: Bot) -> None:
    await bot.clock.advance_to(datetime(2026, 1, 6, 5, 10, tzinfo=UTC))
    bot.source.fail()
    await bot.look()
    await bot.clock.advance(10 * MINUTES)
    bot.source.bring(paper(1))
    await bot.look()
    assert bot.adapter.posted == []
    book = await bot.store.ledgers.read("arxiv")
    assert book is not None
    assert book.desk.incidents == ()


async def test_what_a_witness_brings_for_days_gone_by_is_one_digest(bot: Bot) -> None:
    await bot.subscribe("robots")
    missed = datetime(2026, 1, 5, 16, tzinfo=UTC)
    old = tuple(paper(number, published=missed) for number in range(1, 400))
    bot.source.witness = Listing(source="arxiv", papers=old, cursor=None)
    await bot.clock.advance_to(datetime(2026, 1, 7, 13, tzinfo=UTC))  # all of Tuesday went by unpolled
    bot.source.bring(paper(900))
    await bot.look()
    await bot.clock.advance(11 * MINUTES)
    await bot.look()
    cards = [one.card.kind for one in bot.adapter.posted if one.destination.channel == "ml"]
    assert sorted(cards) == ["digest", "paper"]
    (notice,) = [one.card.fallback for one in bot.adapter.posted if one.destination.channel == "ops"]
    assert notice.startswith("arXiv's batch of Tue 6 Jan was missed in cs.RO; 399 papers caught up.")


async def _gap(bot: Bot) -> None:
    await bot.clock.advance_to(datetime(2026, 1, 6, 13, tzinfo=UTC))
    bot.source.bring(paper(1), paper(2))
    await bot.look()
    await bot.clock.advance_to(datetime(2026, 1, 8, 13, tzinfo=UTC))
    bot.source.bring(paper(3))
    await bot.look()


async def test_status_shows_the_grid_and_a_gap_cannot_be_overlooked(bot: Bot) -> None:
    await _gap(bot)
    reply = await bot.say("status")
    said = words(reply)
    assert "✗ arXiv, Wed 7 Jan: missing in cs.RO" in said
    (table,) = [block.text for block in reply.card.blocks if isinstance(block, Code)]
    assert table.splitlines() == [
        "            cs.RO",
        "Tue 6 Jan   ✓ 2",
        "Wed 7 Jan   ✗ GAP",
        "Thu 8 Jan   ✓ 1",
    ]


async def test_a_ledger_with_many_categories_stays_narrow(bot: Bot) -> None:
    bot.source.calendar = ArxivClock([f"math.A{chr(65 + at)}" for at in range(16)])
    await bot.clock.advance_to(datetime(2026, 1, 6, 13, tzinfo=UTC))
    await bot.look()
    bot.poller = Poller(bot.source, bot.store, bot.clock, every=10 * MINUTES, worker="w1")
    await bot.look()
    book = await bot.store.ledgers.read("arxiv")
    assert book is not None
    shown = grid([book], bot.clock.now(), days=14)
    assert max(len(line) for line in shown.splitlines()) <= 80
    assert shown.count("\n\n") >= 1 or len(book.entries) <= 7
    assert gaps([book], bot.clock.now(), days=14)


async def test_no_ledger_no_grid(bot: Bot) -> None:
    assert grid((), bot.clock.now(), days=14) == ""
    reply = await bot.say("status")
    assert not [block for block in reply.card.blocks if isinstance(block, Code)]


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("complete", (time(11), True)),
        ('"complete by 10:30"', (time(10, 30), True)),
        ('"when complete, 9am"', (time(9), True)),
        ("08:15", (time(8, 15), False)),
    ],
)
async def test_people_ask_for_it_in_words(bot: Bot, said: str, kept: tuple[time, bool]) -> None:
    made = await bot.subscribe("robots", cadence=Cadence(complete=True))
    reply = await bot.say(f"edit {made.number} at:{said}")
    held = await bot.store.subscriptions.get("recording", "lab", made.number)
    assert held is not None
    assert (held.cadence.at, held.cadence.complete) == kept
    if kept[1]:
        assert "when the day's lists are complete" in words(await bot.say("list")) + words(reply)


async def test_a_damaged_ledger_stops_no_papers(bot: Bot) -> None:
    await bot.subscribe("robots")
    await bot.clock.advance_to(datetime(2026, 1, 6, 5, 10, tzinfo=UTC))
    await bot.look()
    client = bot.store.database.client
    await client.hset(keys.ledger("arxiv"), "2026-01-06", '{"v":1,"entries":[{"owed":7}]}')
    assert await bot.store.ledgers.many(["arxiv"]) == []
    bot.source.bring(paper(1))
    await bot.look()
    assert [one.card.kind for one in bot.adapter.posted] == ["paper"]
    assert await bot.store.ledgers.read("arxiv") is not None


async def test_a_category_that_is_watched_no_more_owes_nothing(bot: Bot) -> None:
    bot.source.calendar = ArxivClock(["cs.RO", "math.HO"])
    bot.poller = Poller(bot.source, bot.store, bot.clock, every=10 * MINUTES, worker="w1")
    await _gap(bot)
    bot.source.calendar = ArxivClock(["math.HO"])
    bot.poller = Poller(bot.source, bot.store, bot.clock, every=10 * MINUTES, worker="w1")
    await bot.look()
    book = await bot.store.ledgers.read("arxiv")
    assert book is not None
    assert {one.owed.category for one in book.wanting(bot.clock.now())} == {"math.HO"}
