"""arXiv's clock, by the examples of its own page, over weekends, holidays and changes of the clocks."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.ledger import ArxivClock
from bot.ledger.holidays import holidays
from bot.listings.arxiv import ArxivSettings
from bot.listings.arxiv.source import Arxiv
from bot.models import Announce, Paper, Sighting
from bot.testing.clock import FakeClock

EASTERN = ZoneInfo("America/New_York")
CLOCK = ArxivClock(["cs.CL"])
MONDAY = date(2025, 6, 2)
"""Of a week without holidays."""


def eastern(day: int, hour: int, minute: int = 0) -> datetime:
    moment = datetime.combine(MONDAY, datetime.min.time(), EASTERN) + timedelta(days=day)
    return moment.replace(hour=hour, minute=minute).astimezone(UTC)


def submitted(at: datetime) -> Paper:
    return Paper(id="arxiv:2506.00001", title="A", categories=("cs.CL",), published=at)


NEW = Sighting(source="arxiv", announce=Announce.NEW)


@pytest.mark.parametrize(
    ("at", "shown"),
    [
        (eastern(0, 13, 59), 1),  # Monday before 14:00: announced Monday 20:00, in Tuesday's feed
        (eastern(0, 14), 2),
        (eastern(3, 13, 59), 4),
        (eastern(3, 14), 7),  # Thursday after 14:00: Sunday 20:00, Monday's feed
        (eastern(4, 13, 59), 7),
        (eastern(4, 14), 8),  # Friday after 14:00 to Monday 14:00: Monday 20:00, Tuesday's feed
        (eastern(5, 12), 8),
        (eastern(6, 23), 8),
    ],
)
def test_a_submission_is_owed_when_arxiv_says(at: datetime, shown: int) -> None:
    later = at + timedelta(days=20)
    assert CLOCK.day_of(submitted(at), NEW, later) == MONDAY + timedelta(days=shown)


def test_a_holiday_puts_submissions_off() -> None:
    # Thursday 27 November 2025: nothing is announced in the evening, nor on Friday; on Sunday all of it.
    paper = submitted(datetime(2025, 11, 27, 10, tzinfo=EASTERN))
    assert CLOCK.day_of(paper, NEW, datetime(2025, 12, 20, tzinfo=UTC)) == date(2025, 12, 1)
    (friday,) = CLOCK.owed(datetime(2025, 11, 28, tzinfo=UTC), datetime(2025, 11, 28, 23, tzinfo=UTC))
    assert (friday.day, friday.holiday) == (date(2025, 11, 28), True)
    # Sunday 6 July 2025 is a holiday: Monday's feed is empty, Tuesday's begins with Thursday's submissions.
    begins, ends = CLOCK.span(date(2025, 7, 8))
    assert begins == datetime(2025, 7, 3, 14, tzinfo=EASTERN)
    assert ends == datetime(2025, 7, 7, 14, tzinfo=EASTERN)


def test_a_week_owes_five_batches_at_midnight_in_new_york() -> None:
    # Over the change of the clocks on 9 March 2025.
    owed = CLOCK.owed(datetime(2025, 3, 6, 12, tzinfo=UTC), datetime(2025, 3, 13, 12, tzinfo=UTC))
    assert [one.since.isoformat() for one in owed] == [
        "2025-03-07T05:00:00+00:00",
        "2025-03-10T04:00:00+00:00",
        "2025-03-11T04:00:00+00:00",
        "2025-03-12T04:00:00+00:00",
        "2025-03-13T04:00:00+00:00",
    ]


def test_what_has_no_date_of_its_own_belongs_to_the_batch_of_today() -> None:
    paper = Paper(id="arxiv:2506.00001", title="A", categories=("cs.CL",))
    lying = Sighting(source="arxiv", announce=Announce.NEW, day=date(2025, 5, 20))
    assert CLOCK.day_of(paper, lying, eastern(1, 9)) == MONDAY + timedelta(days=1)
    assert CLOCK.day_of(paper, lying, eastern(6, 9)) == MONDAY + timedelta(days=4)


@given(st.integers(0, 1_050 * 24 * 60))
@settings(max_examples=300, deadline=None)
def test_every_submission_lies_in_the_span_of_its_day(minutes: int) -> None:
    at = datetime(2025, 1, 6, tzinfo=UTC) + timedelta(minutes=minutes)
    day = CLOCK.day_of(submitted(at), NEW, at + timedelta(days=30))
    begins, ends = CLOCK.span(day)
    assert begins <= at < ends
    assert day.weekday() < 5


def test_the_rule_gives_arxivs_own_list_of_2025_and_moves_what_falls_on_a_friday_or_saturday() -> None:
    # https://info.arxiv.org/help/availability.html#holiday, whose December was not yet scheduled.
    listed = [(1, 1), (1, 20), (6, 19), (7, 6), (9, 1), (11, 27)]
    assert sorted(holidays(2025))[:-1] == [date(2025, *day) for day in listed]
    computed = [(1, 1), (1, 19), (6, 21), (7, 5), (9, 7), (11, 26), (12, 27)]
    assert sorted(holidays(2026)) == [date(2026, *day) for day in computed]
    assert sorted(holidays(2027)) == [
        date(2027, *day) for day in [(1, 3), (1, 18), (6, 20), (7, 4), (9, 6), (11, 25), (12, 26)]
    ]


def test_the_operator_corrects_the_holidays() -> None:
    calendar = Arxiv(
        ArxivSettings(categories="cs.CL", holidays="2026-12-23 -2026-11-26"), None, FakeClock()
    ).calendar  # type: ignore[arg-type]
    owed = calendar.owed(datetime(2026, 12, 22, 12, tzinfo=UTC), datetime(2026, 12, 24, 12, tzinfo=UTC))
    assert [(one.day, one.holiday) for one in owed] == [
        (date(2026, 12, 23), False),
        (date(2026, 12, 24), True),
    ]
    (friday,) = calendar.owed(datetime(2026, 11, 27, tzinfo=UTC), datetime(2026, 11, 27, 12, tzinfo=UTC))
    assert not friday.holiday
    with pytest.raises(ValueError, match=r"«tomorrow» is no day; write 2026-12-24"):
        ArxivSettings(holidays="tomorrow")
