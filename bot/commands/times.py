"""Read times as people write them: of day, of the week, and how long. Pure: the present is an argument."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from bot.commands.written import short
from bot.errors import CommandError
from bot.models import DAY_NAMES, EVERY_DAY, WORKDAYS

LONGEST_PAUSE: Final = timedelta(days=366)
LATEST: Final = time(11)
"""When a digest comes at the latest that waits for complete lists, unless another time is named."""

_CLOCK: Final = re.compile(  # noqa: TID251 - a pattern of ours
    r"(?P<hour>\d{1,2})(?:[:.h]?(?P<minute>\d{2})|h)?\s*(?P<half>[ap])?\.?(?:m\.?)?", re.ASCII
)
_LENGTH: Final = re.compile(r"(\d{1,5})\s*([a-z]+)", re.ASCII)  # noqa: TID251 - a pattern of ours
_UNITS: Final = {
    timedelta(minutes=1): ("m", "min", "mins", "minute", "minutes"),
    timedelta(hours=1): ("h", "hr", "hrs", "hour", "hours"),
    timedelta(days=1): ("d", "day", "days"),
    timedelta(weeks=1): ("w", "wk", "wks", "week", "weeks"),
}
_UNIT: Final = {word: unit for unit, words in _UNITS.items() for word in words}
_DAY_SETS: Final = {
    **dict.fromkeys(("every day", "everyday", "daily", "all", "all days", "every"), EVERY_DAY),
    **dict.fromkeys(("weekdays", "weekday", "workdays", "working days"), WORKDAYS),
    **dict.fromkeys(("weekends", "weekend"), EVERY_DAY - WORKDAYS),
}
_FULL_DAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def clock_time(text: str) -> time:
    """Read a time of day: ``09:00``, ``9``, ``9am``, ``5.30 pm``, ``17h30``, ``noon``."""
    word = text.strip().lower()
    if word in {"noon", "midday"}:
        return time(12)
    if word == "midnight":
        return time(0)
    if match := _CLOCK.fullmatch(word):
        hour, minute, half = int(match["hour"]), int(match["minute"] or 0), match["half"]
        if half and 1 <= hour <= 12:
            hour = hour % 12 + (12 if half == "p" else 0)
        elif half or word.endswith("m"):
            hour = 99
        if hour == 24 and minute == 0:
            hour = 0
        if hour < 24 and minute < 60:
            return time(hour, minute)
    raise CommandError(f"«{short(text)}» is not a time of day. Write it like `09:00` or `5pm`.")


def digest_time(text: str) -> tuple[time, bool]:
    """Read when a digest comes: a time of day, or ``complete``, ``complete by 11:00``.

    The time, and whether the digest comes sooner, as soon as the day's lists are complete.
    """
    words = " ".join(text.lower().split()).removeprefix("when ")
    if not words.startswith("complete"):
        return clock_time(text), False
    latest = words.removeprefix("complete").lstrip(" ,").removeprefix("by ").removeprefix("until ").strip()
    return (clock_time(latest) if latest else LATEST), True


def written_time(at: time, *, complete: bool) -> str:
    """A digest's time as :func:`digest_time` reads it."""
    return f"{'complete by ' if complete else ''}{at:%H:%M}"


def weekdays(text: str) -> frozenset[int]:
    """Read days of the week, Monday = 0: ``mon-fri``, ``mon,wed``, ``Mondays and Fridays``, ``every day``."""
    words = " ".join(text.lower().split())
    if words in _DAY_SETS:
        return _DAY_SETS[words]
    found: set[int] = set()
    for part in re.split(r"(?:[\s,;/+&]|\band\b)+", re.sub(r"\s*(?:-|–|\bto\b)\s*", "-", words).strip()):
        ends = [_weekday(end, text) for end in part.split("-")] if part else []
        if len(ends) > 2:
            raise _no_days(text)
        if ends:
            first, last = ends[0], ends[-1]
            found.update((first + step) % 7 for step in range((last - first) % 7 + 1))
    if not found:
        raise _no_days(text)
    return frozenset(found)


def quiet_hours(text: str) -> tuple[time, time] | None:
    """Read hours of rest: ``22:00-07:00``, ``10pm to 7am``; ``None`` for ``off`` or ``none``."""
    words = text.strip().lower()
    if words in {"off", "none", "no", "never"}:
        return None
    ends = re.split(r"\s*(?:-|–|—|\bto\b|\buntil\b)\s*", words.removeprefix("from "))
    if len(ends) != 2:
        raise CommandError(f"«{short(text)}» are not hours of rest. Write them like `22:00-07:00`, or `off`.")
    start, end = clock_time(ends[0]), clock_time(ends[1])
    if start == end:
        raise CommandError(
            "Quiet hours that start and end at the same time would be the whole day. "
            "To stop for a while, use `pause`; to have none, say `off`."
        )
    return start, end


def until(text: str, now: datetime, zone: str) -> datetime:
    """Read how long: ``2h``, ``1d``, ``1 week 2 days``, ``until 2026-12-01``, ``tomorrow``; when it ends, in UTC.

    A date is the start of that day in ``zone``. Raises a :class:`bot.errors.CommandError` for what is past
    or more than a year away.
    """
    words = " ".join(text.lower().split())
    words = words.removeprefix("for ").removeprefix("until ").removeprefix("till ")
    end = _date(words, now, zone) or _length(words, now)
    if end is None:
        raise CommandError(
            f"«{short(text)}» is not a length of time. Write it like `2h`, `1d` or `2w`, or `until 2026-12-01`."
        )
    if end <= now:
        raise CommandError(f"«{short(text)}» is over already. Name a later day, or a length such as `1w`.")
    if end - now > LONGEST_PAUSE:
        raise CommandError(
            f"«{short(text)}» is more than a year away. Leave it out to wait until you resume it."
        )
    return end


def _date(words: str, now: datetime, zone: str) -> datetime | None:
    here = ZoneInfo(zone)
    today = now.astimezone(here).date()
    if words == "tomorrow":
        day = today + timedelta(days=1)
    else:
        try:
            day = date.fromisoformat(words)
        except ValueError:
            return None
        # The ends of the calendar have no neighbours to convert to; any day of the far past or future will do.
        day = min(max(day, today - LONGEST_PAUSE), today + 2 * LONGEST_PAUSE)
    return datetime.combine(day, time(0), here).astimezone(UTC)


def _length(words: str, now: datetime) -> datetime | None:
    total, rest = (
        timedelta(0),
        words.replace(" and ", " ").replace("a week", "1 week").replace("a day", "1 day"),
    )
    for number, unit in _LENGTH.findall(rest):
        if unit not in _UNIT:
            return None
        total += int(number) * _UNIT[unit]
    if not total or re.sub(_LENGTH, "", rest).strip(" ,"):
        return None
    return now + total


def _weekday(word: str, text: str) -> int:
    name = word.strip().removesuffix("s")
    for day, full in enumerate(_FULL_DAYS):
        if len(name) >= 2 and full.startswith(name):
            return day
    raise _no_days(text)


def _no_days(text: str) -> CommandError:
    return CommandError(
        f"«{short(text)}» are not days of the week. Write them like `mon-fri`, `mon,wed` or `every day`; "
        f"the names are {', '.join(DAY_NAMES)}."
    )
