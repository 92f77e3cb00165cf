"""The ledger of one source: its days, what is being caught up, and what went wrong (pure).

Every function takes a book and gives the next one; the store keeps it (:mod:`bot.store.ledger`), the poller
feeds it. Moments are aware; ``now`` is always an argument.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Final

from bot.ledger.clocks import Calendar
from bot.ledger.entry import SETTLED, WANTING, Entry, State, Verdict
from bot.ledger.incidents import KIND_OF, Incident, Kind
from bot.models import Paper, Sighting

KEPT: Final = timedelta(days=60)
"""How long days and incidents are remembered."""
FAR_BACK: Final = timedelta(days=14)
"""Gaps older than this are shown, and not caught up any more."""
FORESEEN: Final = timedelta(hours=48)
"""How far ahead a book says what is coming."""
OUTAGE: Final = timedelta(hours=36)
"""After so long a silence, in which at least a whole day was missed, what older days bring goes into a digest."""

Slot = tuple[date, str]
"""Announcement day and category."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chase:
    """A catch-up under way: what another witness is being asked, and what it said so far."""

    slots: tuple[Slot, ...]
    since: datetime
    until: datetime
    cursor: str | None = None
    """The witness's own bookmark of the next page."""
    known: dict[str, int] = field(default_factory=dict)
    """Papers it named that we had, by ``day category``."""
    unseen: dict[str, int] = field(default_factory=dict)
    """Those that we had not."""
    reached: date | None = None
    """The youngest announcement day it named a paper of: up to here its silence means something."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What a book holds besides its days."""

    born: datetime
    """When the source was first asked: nothing is owed for the time before."""
    polled: datetime | None = None
    """When it last answered."""
    failing: datetime | None = None
    """Since when it does not."""
    why: str = ""
    showing: bool = False
    """Its last whole answer held papers."""
    ahead: tuple[datetime, ...] = ()
    """When what is not due yet will be whole, as seen from the last poll; holidays left out."""
    chased: datetime | None = None
    """When a catch-up last ended."""
    chase: Chase | None = None
    incidents: tuple[Incident, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Book:
    """The ledger of one source."""

    source: str
    desk: Desk
    entries: Mapping[Slot, Entry] = field(default_factory=dict)

    def of(self, day: date) -> Sequence[Entry]:
        """The entries of one announcement day."""
        return [entry for (one, _), entry in sorted(self.entries.items()) if one == day]

    def wanting(self, now: datetime) -> Sequence[Entry]:
        """Where something is missing."""
        return [entry for _, entry in sorted(self.entries.items()) if entry.state(now) in WANTING]


@dataclass(frozen=True, slots=True)
class Arrival:
    """A paper as a listing just showed it."""

    paper: Paper
    seen: Sighting
    first: datetime | None
    """When this source first announced it to us in this version; ``None``: just now."""


def opened(book: Book, calendar: Calendar, now: datetime) -> Book:
    """With an entry for everything that became due, and without what is too old to matter."""
    last = max((entry.owed.since for entry in book.entries.values()), default=book.desk.born)
    new = {(one.day, one.category): Entry(owed=one) for one in calendar.owed(max(last, now - KEPT), now)}
    kept = {
        slot: entry
        for slot, entry in book.entries.items()
        # A category that is watched no more owes nothing: no witness is asked about it.
        if now - entry.owed.since < KEPT and (slot[1] in calendar.categories or entry.state(now) in SETTLED)
    }
    oldest = (now - KEPT).date()
    incidents = tuple(
        one
        for one in book.desk.incidents
        if (one.day is None or one.day > oldest) and (one.healed is None or now - one.healed < KEPT)
    )
    coming = {one.ends for one in calendar.owed(now, now + FORESEEN) if not one.holiday}
    desk = replace(book.desk, incidents=incidents, ahead=tuple(sorted(coming)))
    return replace(book, entries=kept | new, desk=desk)


def failed(book: Book, why: str, now: datetime) -> Book:
    """The listing could not be read."""
    return replace(book, desk=replace(book.desk, failing=book.desk.failing or now, why=why))


def answered(
    book: Book,
    calendar: Calendar,
    arrivals: Iterable[Arrival],
    *,
    unchanged: bool,
    unread: Sequence[date],
    now: datetime,
) -> Book:
    """The listing answered, ``now`` being when it was asked, and showed these papers.

    ``unread`` are days whose own list could not be read all the same.
    """
    entries = dict(book.entries)
    fresh: Counter[Slot] = Counter()
    crossed: Counter[Slot] = Counter()
    late: Counter[Slot] = Counter()
    shown: set[str] = set()
    for arrival in arrivals:
        day, home = _filed(book, calendar, arrival, now), calendar.home(arrival.paper)
        names = _names(calendar, arrival.paper)
        if calendar.dated(arrival.paper, arrival.seen):
            if arrival.first is None:
                late[day, _counted(calendar, arrival.paper)] += 1
            continue
        begins = min((one.owed.since for one in book.of(day)), default=None)
        if arrival.first is None or (begins is not None and arrival.first >= begins):
            for name in names:
                (fresh if name == home else crossed)[day, name] += 1
        else:
            shown |= names
    moved = {day for day, _ in (*fresh, *crossed)}
    showing = book.desk.showing if unchanged else bool(shown or moved)
    for slot, entry in entries.items():
        current = entry.owed.since <= now < entry.owed.until and entry.day not in unread
        seen = replace(
            entry.seen,
            own=max(entry.seen.own, fresh[slot]),
            crossed=max(entry.seen.crossed, crossed[slot]),
            caught_up=entry.seen.caught_up + late[slot],
        )
        polls = replace(entry.polls, moved=entry.polls.moved or entry.day in moved)
        if current:
            again = calendar.clocked and ((unchanged and showing) or slot[1] in shown)
            polls = replace(polls, answered=now, repeated=again)
        entries[slot] = replace(entry, seen=seen, polls=polls)
    desk = replace(book.desk, polled=now, failing=None, why="", showing=showing)
    return replace(book, entries=entries, desk=desk)


def is_old(book: Book, calendar: Calendar, arrival: Arrival, now: datetime) -> bool:
    """Is it news of a day gone by, to be said in a digest and not in cards of its own?

    A late row on yesterday's list is news; a whole list of last week, read after the bot was down, is not.
    """
    day = calendar.day_of(arrival.paper, arrival.seen, now)
    if day >= calendar.current(now):
        return False
    silent = book.desk.polled is not None and now - book.desk.polled > OUTAGE
    return silent or calendar.dated(arrival.paper, arrival.seen)


def _filed(book: Book, calendar: Calendar, arrival: Arrival, now: datetime) -> date:
    """The day a paper counts for.

    A feed without trustworthy dates, read soon after midnight when a whole day was missed, may still show
    that day's batch: it counts for the missed day, so that today's stays due until today's ids come.
    """
    day = calendar.day_of(arrival.paper, arrival.seen, now)
    if not calendar.clocked or calendar.dated(arrival.paper, arrival.seen):
        return day
    today = book.of(day)
    if any(entry.seen.own for entry in today) or not any(now < entry.owed.by for entry in today):
        return day
    before = max((one for one, _ in book.entries if one < day), default=None)
    missed = before is not None and all(
        entry.polls.answered is None and not entry.seen.own and not entry.owed.holiday
        for entry in book.of(before)
    )
    return before if missed and before is not None else day


def _names(calendar: Calendar, paper: Paper) -> set[str]:
    """The categories of the calendar that a paper is in."""
    return set(calendar.categories).intersection(paper.categories or ("",)) or {""}


def _counted(calendar: Calendar, paper: Paper) -> str:
    """The one category that a paper counts for: its home, or where it is not watched the first that is."""
    home = calendar.home(paper)
    if home in calendar.categories:
        return home
    return next((name for name in paper.categories if name in calendar.categories), home)


# --- catching up ------------------------------------------------------------------------------


def chase(book: Book, calendar: Calendar, now: datetime) -> Chase | None:
    """What to ask another witness for, where something is missing that it may know."""
    missing = [
        slot
        for slot, entry in sorted(book.entries.items())
        if entry.state(now) in WANTING and now - entry.owed.since < FAR_BACK
    ]
    if not missing:
        return None
    begins = min(calendar.span(day)[0] for day, _ in missing)
    # A day more: papers that moderators held are announced later than they were submitted.
    return Chase(slots=tuple(missing), since=begins - timedelta(days=1), until=now)


def told(going: Chase, calendar: Calendar, arrivals: Iterable[Arrival], cursor: str | None) -> Chase:
    """With what one page of the witness said; ``cursor`` asks for the next."""
    known, unseen, reached = Counter(going.known), Counter(going.unseen), going.reached
    for arrival in arrivals:
        day = calendar.day_of(arrival.paper, arrival.seen, going.until)
        reached = day if reached is None else max(reached, day)
        name = _tally(day, _counted(calendar, arrival.paper))
        (unseen if arrival.first is None else known)[name] += 1
    return replace(going, cursor=cursor, known=dict(known), unseen=dict(unseen), reached=reached)


def concluded(book: Book, going: Chase, now: datetime) -> Book:
    """The witness has said all it knows: what that proves for each missing entry."""
    entries = dict(book.entries)
    found: dict[date, list[tuple[Entry, State]]] = {}
    for slot in going.slots:
        entry = entries.get(slot)
        if entry is None or entry.state(now) not in WANTING:
            continue
        unseen, known = (counts.get(_tally(*slot), 0) for counts in (going.unseen, going.known))
        if unseen:
            verdict = Verdict.FOUND
            found.setdefault(entry.day, []).append((entry, entry.state(now)))
        elif known:
            verdict = Verdict.KNOWN
        elif going.reached is not None and going.reached >= entry.day:
            verdict = Verdict.NOTHING
        else:
            continue  # it may lag behind itself: its silence proves nothing
        entries[slot] = replace(
            entry,
            polls=replace(entry.polls, verdict=verdict),
            seen=replace(entry.seen, caught_up=entry.seen.caught_up + unseen),
        )
    open_days = {one.day for one in book.desk.incidents if one.healed is None}
    begun = tuple(
        _incident(book.source, day, wanting, now)
        for day, wanting in sorted(found.items())
        if day not in open_days
    )
    desk = replace(book.desk, chase=None, chased=now, incidents=book.desk.incidents + begun)
    return replace(book, entries=entries, desk=desk)


def compared(book: Book, first: date, last: date, now: datetime) -> Book:
    """The source's own records of these days were read to their end: what came of them is all there was."""
    entries = dict(book.entries)
    for slot, entry in entries.items():
        if first <= entry.day <= last and entry.state(now) in WANTING:
            verdict = Verdict.FOUND if entry.seen.caught_up else Verdict.KNOWN
            entries[slot] = replace(entry, polls=replace(entry.polls, verdict=verdict))
    return replace(book, entries=entries)


def _tally(day: date, category: str) -> str:
    return f"{day.isoformat()} {category}"


# --- what went wrong --------------------------------------------------------------------------


def reviewed(book: Book, now: datetime) -> Book:
    """With an incident for whatever is missing, and those healed that are over."""
    kept: list[Incident] = []
    by_day: dict[date, list[tuple[Entry, State]]] = {}
    for entry in book.wanting(now):
        by_day.setdefault(entry.day, []).append((entry, entry.state(now)))
    open_subjects = set()
    for one in book.desk.incidents:
        going_on = book.desk.failing is not None if one.day is None else one.day in by_day
        if one.healed is None and going_on:
            open_subjects.add(one.day)
            kept.append(_as_it_stands(one, by_day.get(one.day, ()) if one.day else (), book.desk.why))
        elif one.healed is None:
            healed = replace(one, healed=now, found=_caught_up(book, one))
            if healed.worth_telling(now):
                kept.append(healed)
        else:
            kept.append(one)
    if book.desk.failing is not None:
        # One cause, one incident: what is late because nothing can be read is no second one.
        if None not in open_subjects:
            kept.append(
                Incident(
                    source=book.source, kind=Kind.UNREACHABLE, began=book.desk.failing, why=book.desk.why
                )
            )
    else:
        kept += [
            _incident(book.source, day, wanting, now)
            for day, wanting in sorted(by_day.items())
            if day not in open_subjects
        ]
    return replace(book, desk=replace(book.desk, incidents=tuple(kept)))


def to_tell(book: Book, now: datetime) -> tuple[Book, Sequence[Incident]]:
    """The incidents the operator has not heard of yet, or not of their end; and the book that remembers it."""
    telling: list[Incident] = []
    after: list[Incident] = []
    for one in book.desk.incidents:
        if one.worth_telling(now) and (not one.told or (one.healed is not None and not one.closed)):
            telling.append(one)
            after.append(replace(one, told=True, closed=one.healed is not None))
        else:
            after.append(one)
    return replace(book, desk=replace(book.desk, incidents=tuple(after))), telling


def _incident(source: str, day: date, wanting: Sequence[tuple[Entry, State]], now: datetime) -> Incident:
    states = {state for _, state in wanting}
    worst = next(one for one in (State.FAILED, State.STALE, State.LATE) if one in states)
    return Incident(
        source=source,
        kind=KIND_OF[worst],
        began=min([now, *(entry.owed.by for entry, _ in wanting)]),
        day=day,
        categories=tuple(sorted(entry.owed.category for entry, _ in wanting)),
    )


def _as_it_stands(one: Incident, wanting: Sequence[tuple[Entry, State]], why: str) -> Incident:
    """The same incident with what joined it; its kind stays that of its cause."""
    names = {*one.categories, *(entry.owed.category for entry, _ in wanting)}
    return replace(one, categories=tuple(sorted(names)), why=why or one.why)


def _caught_up(book: Book, one: Incident) -> int:
    if one.day is None:
        return 0
    return sum(e.seen.caught_up for e in book.of(one.day) if e.owed.category in one.categories)
