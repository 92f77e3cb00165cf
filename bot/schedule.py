"""When something is due: at once, after quiet hours, or with a digest. Pure: time is an argument.

Local days are what people live by, so digests count local dates, not hours:

* At most one digest for each local date (hourly: each local hour), over every change of the clocks.
* A time of day that a change of clocks leaps over moves on by the gap (02:30 becomes 03:30). Where that
  would be tomorrow (23:30 in Nuuk on the last Saturday of March) it moves back by the gap instead.
* A time of day that comes twice counts the first time (:pep:`495`, ``fold=0``).
* A date that a zone leaps over altogether (Apia, 30 December 2011) has no digest; what waits goes into the next.
* Nothing is dropped: quiet hours, late starts and changed zones only move things on.

Moments are aware datetimes; results are in UTC. Zones are those of the IANA database
(https://www.iana.org/time-zones).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bot.models import DAY_NAMES, EVERY_DAY, WORKDAYS, Cadence, When

PERIODS: Final = {
    When.HOURLY: timedelta(hours=1),
    When.DAILY: timedelta(days=1),
    When.WEEKLY: timedelta(days=7),
}
"""How long the matches of one digest are gathered, nominally."""

_MINUTE: Final = timedelta(minutes=1)
_DAY: Final = timedelta(days=1)
_WEEKEND: Final = EVERY_DAY - WORKDAYS


class Late(StrEnum):
    """What to do with a digest now."""

    WAIT = "wait"
    """It is not due yet."""
    SEND = "send"
    """Post it, late or not."""
    MERGE = "merge"
    """It is so late that the next one is near: leave its papers for that."""


def due(cadence: Cadence, after: datetime, *, last: datetime | None = None) -> datetime:
    """When something that matched at ``after`` is to be said.

    For ``instant`` that is ``after`` itself or the end of the quiet hours; for digests the next time one
    is due, later than ``after``. ``last`` is when the subscription's last digest was due: its local date
    gets no second one, also where zone or time of day were changed since. That date is read in the zone
    that holds *now*: 09:00 on the 23rd in Auckland was 10:00 on the 22nd in Honolulu, where the 23rd is
    still to come; 09:00 on the 22nd in Honolulu was 08:00 on the 23rd in Auckland, which thereby is served.
    """
    after = after.astimezone(UTC)
    match cadence.when:
        case When.INSTANT:
            return _after_quiet(cadence, after)
        case When.HOURLY:
            return _hourly(cadence, after)
        case When.DAILY | When.WEEKLY:
            return next(moment for moment in _digests(cadence, after, last) if moment > after)


def replan(cadence: Cadence, planned: datetime, now: datetime, *, last: datetime | None = None) -> datetime:
    """When a digest that was due at ``planned`` is due under a cadence that was changed just ``now``.

    Where the new time of day is over for today, what was planned for today still comes when it was
    planned, so that no day goes without: at 15:00 a digest of 20:00 is moved to 09:00, and comes at 20:00
    once more, then at 09:00 from tomorrow on.
    """
    moment = due(cadence, now, last=last)
    if cadence.when not in {When.DAILY, When.WEEKLY}:
        return moment
    zone = _zone(cadence.zone)
    day = planned.astimezone(zone).date()
    free = last is None or day > last.astimezone(zone).date()
    wanted = day.weekday() in _weekdays(cadence)
    return planned if free and wanted and day < moment.astimezone(zone).date() else moment


def period(cadence: Cadence, moment: datetime) -> str:
    """The name of the digest that is due at ``moment``: part of its delivery key, so it is posted once.

    The local date, ``2026-11-23 Europe/Paris``, for daily and weekly ones; for an hour
    ``2026-11-01T01-04:00 America/New_York``: the offset tells a repeated hour from the first.
    The zone belongs to it: the 23rd of Auckland and that of Honolulu are two days. An instant
    subscription has no rhythm; where its papers are gathered all the same, the moment names the digest.
    """
    local = moment.astimezone(_zone(cadence.zone))
    match cadence.when:
        case When.INSTANT:
            return moment.astimezone(UTC).isoformat(timespec="seconds")
        case When.HOURLY:
            return f"{local.isoformat(timespec='hours')} {cadence.zone}"
        case When.DAILY | When.WEEKLY:
            return f"{local:%Y-%m-%d} {cadence.zone}"


def catch_up(cadence: Cadence, due_at: datetime, now: datetime) -> Late:
    """What becomes of a digest that was due at ``due_at``, perhaps while nothing ran.

    It is sent while it is less than half its period late (a daily one 12 hours), and else merged into the
    next. An hourly one never breaks the quiet hours.
    """
    if now < due_at:
        return Late.WAIT
    half = PERIODS.get(cadence.when, _DAY) / 2
    if now - due_at >= half or (cadence.when is When.HOURLY and is_quiet(cadence, now)):
        return Late.MERGE
    return Late.SEND


def may_be_early(cadence: Cadence, due_at: datetime, now: datetime) -> bool:
    """May a digest that is due at ``due_at`` at the latest be said now, if its lists are complete?

    Only on its own local date, of which it stays the one digest, and not in the quiet hours.
    """
    zone = _zone(cadence.zone)
    same = now.astimezone(zone).date() == due_at.astimezone(zone).date()
    return cadence.complete and same and now < due_at and not is_quiet(cadence, now)


def is_quiet(cadence: Cadence, moment: datetime) -> bool:
    """Is this within the quiet hours, by the clock on the wall? They bind instant cards and hourly digests."""
    if cadence.quiet is None:
        return False
    start, end = cadence.quiet
    wall = moment.astimezone(_zone(cadence.zone)).time()
    return start <= wall < end if start < end else (wall >= start or wall < end) and start != end


def describe(cadence: Cadence) -> str:
    """The cadence in words: «weekdays 09:00 Europe/Paris», «at once, quiet 22:00–07:00 Europe/Paris»."""
    quiet = ""
    if cadence.quiet is not None:
        quiet = f", quiet {cadence.quiet[0]:%H:%M}–{cadence.quiet[1]:%H:%M} {cadence.zone}"
    match cadence.when:
        case When.INSTANT:
            return f"at once{quiet}"
        case When.HOURLY:
            return f"hourly{quiet}"
        case When.DAILY:
            return f"{_days(_weekdays(cadence))}{_time(cadence)}"
        case When.WEEKLY:
            return f"weekly, {_days(_weekdays(cadence))}{_time(cadence)}"


# --- digests ----------------------------------------------------------------------------------


def _digests(cadence: Cadence, after: datetime, last: datetime | None) -> Iterator[datetime]:
    """The digests from the local date of ``after`` on that the last one leaves free, in order."""
    zone, days = _zone(cadence.zone), _weekdays(cadence)
    day = after.astimezone(zone).date()
    if last is not None:
        day = max(day, last.astimezone(zone).date() + _DAY)
    while True:
        moment = _moment(day, cadence.at, zone) if day.weekday() in days else None
        if moment is not None:
            yield moment
        day += _DAY


def _moment(day: date, at: time, zone: ZoneInfo) -> datetime | None:
    """That time of that local date in UTC; ``None`` for a date that the zone leaps over."""
    for fold in (0, 1):
        moment = datetime.combine(day, at.replace(fold=fold), zone).astimezone(UTC)
        if moment.astimezone(zone).date() == day:
            return moment
    return None


def _weekdays(cadence: Cadence) -> frozenset[int]:
    if cadence.when is When.WEEKLY:
        return frozenset({min(cadence.days, default=0)})
    return cadence.days or EVERY_DAY


# --- hours ------------------------------------------------------------------------------------


def _hourly(cadence: Cadence, after: datetime) -> datetime:
    moment = _full_hour(cadence, after)
    while is_quiet(cadence, moment):
        end = _after_quiet(cadence, moment)
        # The end of the quiet hours counts if it is a full hour itself.
        moment = _full_hour(cadence, end - _MINUTE)
    return moment


def _full_hour(cadence: Cadence, after: datetime) -> datetime:
    """The next moment at which the local clock shows a full hour; zones may be off by 30 or 45 minutes."""
    zone = _zone(cadence.zone)
    moment = after
    while True:
        wall = moment.astimezone(zone)
        passed = timedelta(minutes=wall.minute, seconds=wall.second, microseconds=wall.microsecond)
        moment += timedelta(hours=1) - passed
        if moment.astimezone(zone).minute == 0:  # else the clocks changed by half an hour in between
            return moment


def _after_quiet(cadence: Cadence, moment: datetime) -> datetime:
    """The moment itself, or the end of the quiet hours in which it lies."""
    if cadence.quiet is None or not is_quiet(cadence, moment):
        return moment
    zone, end = _zone(cadence.zone), cadence.quiet[1]
    day = moment.astimezone(zone).date()
    while True:
        for fold in (0, 1):
            found = datetime.combine(day, end.replace(fold=fold), zone).astimezone(UTC)
            if found.astimezone(zone).time() != end:
                found = _leap(found, zone)
            if found > moment:
                return found
        day += _DAY


def _leap(moment: datetime, zone: ZoneInfo) -> datetime:
    """When the clocks leap over a time of day, to the second; ``moment`` is that time, read with either offset."""
    low, high = moment - _DAY, moment + _DAY
    before = low.astimezone(zone).utcoffset()
    while high - low > timedelta(seconds=1):
        middle = low + (high - low) / 2
        if middle.astimezone(zone).utcoffset() == before:
            low = middle
        else:
            high = middle
    return high.replace(microsecond=0)


# --- names ------------------------------------------------------------------------------------


@lru_cache(maxsize=1024)
def _zone(name: str) -> ZoneInfo:
    """The zone; UTC where the database has lost its name, since a digest at a wrong hour beats none."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def _time(cadence: Cadence) -> str:
    at = f"{cadence.at:%H:%M} {cadence.zone}"
    return f" when the day's lists are complete, {at} at the latest" if cadence.complete else f" {at}"


def _days(days: frozenset[int]) -> str:
    named = {EVERY_DAY: "every day", WORKDAYS: "weekdays", _WEEKEND: "weekends"}
    return named.get(days) or ", ".join(DAY_NAMES[day].capitalize() for day in sorted(days))
