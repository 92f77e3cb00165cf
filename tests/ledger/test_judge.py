"""The judgement, case by case: unseen ids and answers decide, dates in feeds and counts do not."""

from datetime import UTC, date, datetime, timedelta

import pytest

from bot.ledger import HuggingFaceClock, Owed, Polls, Seen, State, Verdict, judge

MIDNIGHT = datetime(2026, 1, 6, 5, tzinfo=UTC)
"""In New York."""
HOUR = timedelta(hours=1)
BATCH = Owed(
    category="cs.RO",
    day=date(2026, 1, 6),
    since=MIDNIGHT,
    ends=MIDNIGHT,
    by=MIDNIGHT + 3 * HOUR,
    until=MIDNIGHT + 24 * HOUR,
)
ANSWERED = Polls(answered=MIDNIGHT + HOUR)
NOTHING, CAME = Seen(), Seen(own=3)
EARLY, LATE, OVER = MIDNIGHT + HOUR, MIDNIGHT + 4 * HOUR, MIDNIGHT + 30 * HOUR


@pytest.mark.parametrize(
    ("seen", "polls", "now", "state"),
    [
        (NOTHING, Polls(), EARLY, State.WAITING),
        (NOTHING, ANSWERED, EARLY, State.WAITING),
        (CAME, ANSWERED, EARLY, State.COMPLETE),
        (CAME, ANSWERED, OVER, State.COMPLETE),
        # Nothing was answered while the feed showed it: what is known came by other ways, and proves nothing.
        (CAME, Polls(), OVER, State.FAILED),
        (NOTHING, Polls(), LATE, State.LATE),
        (NOTHING, ANSWERED, LATE, State.LATE),
        (NOTHING, Polls(answered=EARLY, repeated=True), LATE, State.STALE),
        (NOTHING, Polls(answered=EARLY, moved=True), LATE, State.STALE),
        # Papers at home elsewhere show that the feed moved, not that this category's part of it did.
        (Seen(crossed=40), Polls(answered=EARLY, moved=True), LATE, State.STALE),
        (NOTHING, Polls(answered=EARLY, moved=True), OVER, State.FAILED),
        (NOTHING, Polls(verdict=Verdict.FOUND), OVER, State.COMPLETE),
        (NOTHING, Polls(verdict=Verdict.KNOWN), OVER, State.COMPLETE),
        (NOTHING, Polls(answered=EARLY, verdict=Verdict.NOTHING), LATE, State.QUIET),
    ],
)
def test_a_batch(seen: Seen, polls: Polls, now: datetime, state: State) -> None:
    assert judge(BATCH, seen, polls, now) is state


@pytest.mark.parametrize(
    ("seen", "now", "state"),
    [
        (NOTHING, EARLY, State.WAITING),  # a holiday on our list need not be one
        (NOTHING, LATE, State.HOLIDAY),
        (CAME, EARLY, State.COMPLETE),
        (NOTHING, OVER, State.HOLIDAY),
    ],
)
def test_a_holiday(seen: Seen, now: datetime, state: State) -> None:
    owed = Owed(
        category="cs.RO", day=BATCH.day, since=BATCH.since, ends=BATCH.ends, by=BATCH.by, until=BATCH.until,
        holiday=True,
    )  # fmt: skip
    assert judge(owed, seen, ANSWERED, now) is state


def _list(day: date) -> Owed:
    since = datetime.combine(day, datetime.min.time(), UTC)
    (owed,) = HuggingFaceClock().owed(since - HOUR, since + HOUR)
    return owed


@pytest.mark.parametrize(
    ("day", "seen", "read", "now", "state"),
    [
        # hours after the beginning of the list's day: last read, and looked at
        (date(2026, 1, 8), CAME, 20, 21, State.WAITING),  # partial: it grows until midnight
        (date(2026, 1, 8), CAME, 23, 24.5, State.WAITING),
        (date(2026, 1, 8), CAME, 23, 26, State.LATE),  # never read since it ended
        (date(2026, 1, 8), CAME, 24.2, 25, State.COMPLETE),
        (date(2026, 1, 8), NOTHING, 26, 27, State.LATE),  # a Thursday without papers
        (date(2026, 1, 8), NOTHING, 73, 73, State.QUIET),  # and empty still, days later
        (date(2026, 1, 10), NOTHING, 24.2, 25.5, State.QUIET),  # a Saturday
        (date(2026, 1, 10), NOTHING, 20, 25.5, State.LATE),
        (date(2026, 1, 8), NOTHING, 20, 15 * 24, State.FAILED),
    ],
)
def test_a_list(day: date, seen: Seen, read: float, now: float, state: State) -> None:
    owed = _list(day)
    polls = Polls(answered=owed.since + read * HOUR)
    assert judge(owed, seen, polls, owed.since + now * HOUR) is state
