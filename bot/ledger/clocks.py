"""When each listing owes something: arXiv's announcements and Hugging Face's daily lists (pure).

arXiv's clock is https://info.arxiv.org/help/availability.html. All of it is US Eastern time: what is submitted by
14:00 from Monday to Thursday is announced at 20:00 the same day, Friday's on Sunday at 20:00; nothing is
announced on Friday and Saturday evening, on listed holidays and on evenings that are put off ad hoc. The feeds
are built anew at midnight, so a batch is named here by the weekday on which the feeds show it: Monday to Friday.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, Protocol
from zoneinfo import ZoneInfo

from bot.ledger.holidays import HOLIDAYS
from bot.models import Announce, Paper, Sighting

EASTERN: Final = ZoneInfo("America/New_York")
SUBMIT_BY: Final = time(14)
FEED_GRACE: Final = timedelta(hours=3)
"""How long after midnight a feed may take. The recorded ones showed the new batch by 01:38 Eastern time."""
LIST_GRACE: Final = timedelta(hours=1)
"""How long after the end of its day a list of Hugging Face may wait for its last reading."""
EMPTY_BELIEVED_AFTER: Final = timedelta(hours=48)
"""A weekday's list that is still empty so long after its end is empty: it was read on three days."""
LISTS_READABLE: Final = timedelta(days=14)
"""Hugging Face's lists stay readable; so far back the source reads them of its own accord."""
_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Owed:
    """What a listing owes for one category and announcement day. Moments are in UTC."""

    category: str
    day: date
    since: datetime
    """From when it can be there."""
    ends: datetime
    """When nothing more is added: what was read after that was whole. For a batch that comes at once, ``since``."""
    by: datetime
    """From when its absence is late."""
    until: datetime
    """From when the listing itself shows it no more."""
    believed: datetime | None = None
    """From when a listing that was read and is empty is believed to be; ``None``: only another witness will do."""
    holiday: bool = False


class Calendar(Protocol):
    """A listing's own clock."""

    categories: Sequence[str]
    """What is owed separately each day; a single empty name where the listing has no categories."""
    clocked: bool
    """A paper without a date of its own belongs to the day on which it is read: the listing shows only today's."""

    def owed(self, after: datetime, now: datetime) -> Sequence[Owed]:
        """Everything that can be there since a moment later than ``after`` and not later than ``now``."""

    def day_of(self, paper: Paper, seen: Sighting, now: datetime) -> date:
        """The announcement day that a paper belongs to, if it is first seen now."""

    def dated(self, paper: Paper, seen: Sighting) -> bool:
        """Does the paper itself tell its day, rather than the moment at which we read it?"""

    def current(self, now: datetime) -> date:
        """The youngest announcement day."""

    def home(self, paper: Paper) -> str:
        """The category whose arrival the paper proves: a cross-listed paper proves only its primary one's."""

    def span(self, day: date) -> tuple[datetime, datetime]:
        """In which time the papers of that day were submitted."""


class ArxivClock:
    """arXiv, by category."""

    clocked = True

    def __init__(self, categories: Sequence[str], *, holidays: Collection[date] = HOLIDAYS) -> None:
        self.categories: Sequence[str] = tuple(categories)
        self._holidays = holidays

    def owed(self, after: datetime, now: datetime) -> Sequence[Owed]:
        found: list[Owed] = []
        day = after.astimezone(EASTERN).date()
        while (since := _eastern(day, time())) <= now:
            if since > after and day.weekday() < 5:
                found += [
                    Owed(
                        category=name,
                        day=day,
                        since=since,
                        ends=since,
                        by=since + FEED_GRACE,
                        until=_eastern(day + _DAY, time()),
                        holiday=day - _DAY in self._holidays,
                    )
                    for name in self.categories
                ]
            day += _DAY
        return found

    def day_of(self, paper: Paper, seen: Sighting, now: datetime) -> date:
        """By when it was submitted, where that is known; else the batch of today: feeds lie about their dates."""
        moment = _submitted(paper, seen)
        current = self.current(now)
        return current if moment is None else min(self._announced(moment), current)

    def dated(self, paper: Paper, seen: Sighting) -> bool:
        return _submitted(paper, seen) is not None

    def current(self, now: datetime) -> date:
        day = now.astimezone(EASTERN).date()
        while day.weekday() > 4:
            day -= _DAY
        return day

    def home(self, paper: Paper) -> str:
        return paper.categories[0] if paper.categories else ""

    def span(self, day: date) -> tuple[datetime, datetime]:
        """Tuesday's from Friday 14:00 on, the others' of one day; with what evenings before it put off."""
        first = day
        while (before := _weekday_before(first)) - _DAY in self._holidays:
            first = before
        begins = first - (4 if first.weekday() < 2 else 2) * _DAY
        ends = day - (3 if day.weekday() == 0 else 1) * _DAY
        return _eastern(begins, SUBMIT_BY), _eastern(ends, SUBMIT_BY)

    def _announced(self, submitted: datetime) -> date:
        """The day on which the feeds show what was submitted then."""
        local = submitted.astimezone(EASTERN)
        evening = local.date() + (_DAY if local.time() >= SUBMIT_BY else timedelta(0))
        if evening.weekday() > 4:  # the weekend's papers are Monday evening's
            evening += (7 - evening.weekday()) * _DAY
        elif evening.weekday() == 4:
            evening += 2 * _DAY
        while evening in self._holidays or evening.weekday() in {4, 5}:
            evening += _DAY
        return evening + _DAY


class HuggingFaceClock:
    """Hugging Face's daily lists: one for each UTC day, open until it ends; those of weekends may be empty."""

    categories: Sequence[str] = ("",)
    clocked = False

    def owed(self, after: datetime, now: datetime) -> Sequence[Owed]:
        found: list[Owed] = []
        day = after.astimezone(UTC).date()
        while (since := datetime.combine(day, time(), UTC)) <= now:
            ends = since + _DAY
            if since > after:
                found.append(
                    Owed(
                        category="",
                        day=day,
                        since=since,
                        ends=ends,
                        by=ends + LIST_GRACE,
                        until=since + LISTS_READABLE,
                        believed=ends + (EMPTY_BELIEVED_AFTER if day.weekday() < 5 else timedelta(0)),
                    )
                )
            day += _DAY
        return found

    def day_of(self, paper: Paper, seen: Sighting, now: datetime) -> date:  # noqa: ARG002
        """The list's day: we asked for it by name, or the row says it."""
        return seen.day or self.current(now)

    def dated(self, paper: Paper, seen: Sighting) -> bool:  # noqa: ARG002
        return False

    def current(self, now: datetime) -> date:
        return now.astimezone(UTC).date()

    def home(self, paper: Paper) -> str:  # noqa: ARG002
        return ""

    def span(self, day: date) -> tuple[datetime, datetime]:
        begins = datetime.combine(day, time(), UTC)
        return begins, begins + _DAY


def _submitted(paper: Paper, seen: Sighting) -> datetime | None:
    again = seen.announce in {Announce.REPLACE, Announce.REPLACE_CROSS}
    return (paper.updated or paper.published) if again else paper.published


def _weekday_before(day: date) -> date:
    return day - (3 if day.weekday() == 0 else 1) * _DAY


def _eastern(day: date, at: time) -> datetime:
    return datetime.combine(day, at, EASTERN).astimezone(UTC)
