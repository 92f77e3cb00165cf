"""The book, where a day does not go as it should: what counts for which day, and what proves what."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from bot.ledger import Arrival, ArxivClock, Book, Desk, HuggingFaceClock, State
from bot.ledger import book as ledger
from bot.ledger.ready import ready
from bot.models import Announce, Paper, Sighting

CLOCK = ArxivClock(["cs.CL", "cs.RO"])
BORN = datetime(2026, 1, 5, 9, tzinfo=UTC)
TUESDAY, WEDNESDAY, THURSDAY = (date(2026, 1, day) for day in (6, 7, 8))
HOUR = timedelta(hours=1)


def at(day: date, hour: float) -> datetime:
    """So many hours after midnight in New York."""
    return datetime.combine(day, datetime.min.time(), UTC) + (5 + hour) * HOUR


def arrival(
    number: int, category: str = "cs.RO", *, first: datetime | None = None, **fields: object
) -> Arrival:
    paper = Paper(id=f"arxiv:2601.{number:05d}", title="A", categories=(category,), **fields)  # type: ignore[arg-type]
    return Arrival(paper, Sighting(source="arxiv", announce=Announce.NEW), first)


def begun() -> Book:
    return Book(source="arxiv", desk=Desk(born=BORN))


def polled(book: Book, now: datetime, *arrivals: Arrival, unchanged: bool = False) -> Book:
    return ledger.answered(
        ledger.opened(book, CLOCK, now), CLOCK, arrivals, unchanged=unchanged, unread=(), now=now
    )


def states(book: Book, now: datetime) -> dict[tuple[int, str], State]:
    return {(day.day, name): entry.state(now) for (day, name), entry in book.entries.items()}


def test_nothing_is_owed_for_the_time_before_the_first_poll() -> None:
    assert polled(begun(), BORN + HOUR, arrival(1)).entries == {}


def test_after_a_missed_day_the_first_feed_before_its_rebuilding_counts_for_that_day() -> None:
    book = polled(begun(), at(TUESDAY, 1), arrival(1), arrival(2, "cs.CL"))
    # Down all of Wednesday. Twenty minutes into Thursday the feed may still be Wednesday's.
    book = polled(book, at(THURSDAY, 0.3), arrival(3), arrival(4, "cs.CL"))
    now = at(THURSDAY, 1)
    assert {state for (day, _), state in states(book, now).items() if day == 8} == {State.WAITING}
    assert {state for (day, _), state in states(book, now).items() if day == 7} == {State.FAILED}, "unproven"
    # It was: Thursday's ids come.
    book = polled(book, now, arrival(5), arrival(6, "cs.CL"))
    assert {state for (day, _), state in states(book, now).items() if day == 8} == {State.COMPLETE}
    # And the API knows Wednesday's papers as we do.
    chase = ledger.chase(book, CLOCK, now)
    assert chase is not None
    assert {day for day, _ in chase.slots} == {WEDNESDAY}
    known = [
        arrival(number, name, first=at(THURSDAY, 0.3), published=at(TUESDAY, 8))
        for number, name in ((3, "cs.RO"), (4, "cs.CL"))
    ]
    book = ledger.reviewed(ledger.concluded(book, ledger.told(chase, CLOCK, known, None), now), now)
    assert set(states(book, now).values()) == {State.COMPLETE}
    assert book.desk.incidents == (), "nothing was missing, so nobody is told"


def test_after_a_day_that_was_polled_an_early_feed_is_todays() -> None:
    book = polled(begun(), at(TUESDAY, 1), arrival(1), arrival(2, "cs.CL"))
    book = polled(book, at(WEDNESDAY, 1))  # put off: an empty feed
    book = polled(book, at(THURSDAY, 0.3), arrival(3), arrival(4, "cs.CL"))
    assert states(book, at(THURSDAY, 1))[8, "cs.RO"] is State.COMPLETE


def test_a_silent_witness_proves_nothing_until_it_names_that_day() -> None:
    now = at(TUESDAY, 4)
    book = polled(begun(), at(TUESDAY, 1), arrival(1, "cs.CL"))
    assert states(book, now)[6, "cs.RO"] is State.STALE
    chase = ledger.chase(book, CLOCK, now)
    assert chase is not None
    lagging = ledger.told(chase, CLOCK, [arrival(9, "cs.CL", first=BORN, published=at(TUESDAY, -90))], None)
    assert states(ledger.concluded(book, lagging, now), now)[6, "cs.RO"] is State.STALE
    there = ledger.told(
        chase, CLOCK, [arrival(1, "cs.CL", first=at(TUESDAY, 1), published=at(TUESDAY, -12))], None
    )
    assert states(ledger.concluded(book, there, now), now)[6, "cs.RO"] is State.QUIET


def test_the_sources_own_records_read_to_their_end_are_a_witness_too() -> None:
    now = at(WEDNESDAY, 2)
    book = polled(begun(), at(TUESDAY, 1), arrival(1, "cs.CL"))
    book = polled(book, now, arrival(2, "cs.CL"), arrival(7, published=at(TUESDAY, -12)))
    assert states(book, now)[6, "cs.RO"] is State.FAILED, "one page of them is not all of them"
    book = ledger.compared(book, TUESDAY, WEDNESDAY, now)
    assert states(book, now)[6, "cs.RO"] is State.COMPLETE
    assert book.entries[TUESDAY, "cs.RO"].seen.caught_up == 1
    assert states(book, now)[7, "cs.RO"] is State.WAITING, "what may still come is not judged"


def test_a_crash_between_storing_papers_and_the_ledger_costs_no_proof() -> None:
    # The papers are known, since one minute ago, and the ledger never heard of them.
    shown = arrival(1, first=at(TUESDAY, 0.9))
    book = polled(begun(), at(TUESDAY, 1), shown)
    assert states(book, at(TUESDAY, 1))[6, "cs.RO"] is State.COMPLETE
    again = polled(book, at(TUESDAY, 2), shown)
    assert again.entries[TUESDAY, "cs.RO"].seen.own == 1, "and none is counted twice"


def test_one_cause_is_one_incident() -> None:
    book = polled(begun(), at(TUESDAY, -1), arrival(1))
    for half_hours in range(12):
        now = at(TUESDAY, half_hours / 2)
        book = ledger.reviewed(ledger.failed(ledger.opened(book, CLOCK, now), "no answer", now), now)
    assert [one.kind for one in book.desk.incidents] == ["unreachable"]
    assert State.LATE in states(book, at(TUESDAY, 6)).values()


def test_an_incident_is_told_when_it_begins_and_when_it_ends() -> None:
    book = polled(begun(), at(TUESDAY, 1))
    told = []
    for hours in (4, 5, 6):
        book, telling = ledger.to_tell(ledger.reviewed(book, at(TUESDAY, hours)), at(TUESDAY, hours))
        told += [(hours, one.kind.value, one.healed is not None) for one in telling]
    book = polled(book, at(TUESDAY, 7), arrival(1), arrival(2, "cs.CL"))
    for hours in (7, 8):
        book, telling = ledger.to_tell(ledger.reviewed(book, at(TUESDAY, hours)), at(TUESDAY, hours))
        told += [(hours, one.kind.value, one.healed is not None) for one in telling]
    assert told == [(4, "late", False), (7, "late", True)]


def test_an_old_gap_is_shown_and_not_chased_and_never_heals_by_age() -> None:
    book = polled(begun(), at(TUESDAY, 1), arrival(1), arrival(2, "cs.CL"))
    later = at(date(2026, 2, 3), 5)
    book = ledger.reviewed(polled(book, later, arrival(3), arrival(4, "cs.CL")), later)
    assert states(book, later)[7, "cs.RO"] is State.FAILED
    chase = ledger.chase(book, CLOCK, later)
    assert chase is not None
    assert min(day for day, _ in chase.slots) == date(2026, 1, 21)
    much_later = later + timedelta(days=40)
    book = ledger.reviewed(ledger.opened(book, CLOCK, much_later), much_later)
    assert all(one.day is None or not one.healed for one in book.desk.incidents)
    assert (WEDNESDAY, "cs.RO") not in book.entries


def test_news_and_old_news() -> None:
    book = replace(begun(), desk=Desk(born=BORN, polled=at(TUESDAY, 1)))
    lists = HuggingFaceClock()
    late_row = Arrival(
        Paper(id="arxiv:2601.00001", title="A"),
        Sighting(source="huggingface", day=TUESDAY),
        None,
    )
    assert not ledger.is_old(book, lists, late_row, at(WEDNESDAY, 1)), "a late row of yesterday is news"
    assert ledger.is_old(book, lists, late_row, at(date(2026, 1, 9), 1)), "a list of last week is not"
    caught = arrival(1, published=at(TUESDAY, -12))
    assert not ledger.is_old(book, CLOCK, caught, at(TUESDAY, 5)), "today's batch is news, however it came"
    assert ledger.is_old(book, CLOCK, caught, at(WEDNESDAY, 5))


def test_ready_waits_for_what_is_still_to_come() -> None:
    lists = HuggingFaceClock()
    hub = Book(source="huggingface", desk=Desk(born=BORN - timedelta(days=1)))
    row = Arrival(
        Paper(id="arxiv:2601.00001", title="A"), Sighting(source="huggingface", day=date(2026, 1, 5)), None
    )
    night, until = datetime(2026, 1, 6, 0, 30, tzinfo=UTC), datetime(2026, 1, 6, 10, tzinfo=UTC)
    hub = ledger.answered(
        ledger.opened(hub, lists, night), lists, [row], unchanged=False, unread=(), now=night
    )
    since = until - timedelta(days=1)
    # Monday's list of Hugging Face is complete; arXiv's batch comes at five, and is not in its ledger yet.
    assert ready([hub], since=since, until=until, now=night)
    arxiv = polled(begun(), night)
    assert not ready([hub, arxiv], since=since, until=until, now=night)
    arxiv = polled(arxiv, at(TUESDAY, 0.5), arrival(1), arrival(2, "cs.CL"))
    assert ready([hub, arxiv], since=since, until=until, now=at(TUESDAY, 0.5))
    down = ledger.failed(hub, "no answer", at(TUESDAY, 0.5))
    assert not ready([down, arxiv], since=since, until=until, now=at(TUESDAY, 0.5))
    # Where nothing is owed there is nothing to hurry to; and a listing that is not in use holds up nothing.
    assert not ready([], since=since, until=until, now=night)
    gone = replace(arxiv, desk=replace(arxiv.desk, failing=BORN))
    assert not ready([gone], since=since, until=until, now=night + timedelta(days=20))
