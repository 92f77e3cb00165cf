"""One digest for each local date, in every zone of the world, over three years of changing clocks."""

from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

import pytest

from bot.models import EVERY_DAY, Cadence, When
from bot.schedule import due, period

START, END = datetime(2025, 1, 1, tzinfo=UTC), datetime(2028, 1, 1, tzinfo=UTC)
NAMES = sorted(available_timezones() - {"localtime", "posixrules", "Factory"})


def offset(zone: ZoneInfo, moment: datetime) -> timedelta:
    return moment.astimezone(zone).utcoffset()


@cache
def changes(name: str) -> tuple[datetime, ...]:
    """The moments at which the zone's offset changes, to the second."""
    zone, found, low = ZoneInfo(name), [], START
    while low < END:
        high = low + timedelta(days=10)  # Morocco's Ramadan, the shortest stretch, lasts four weeks
        if offset(zone, low) != offset(zone, high):
            left, right = low, high
            while right - left > timedelta(seconds=1):
                middle = left + (right - left) / 2
                if offset(zone, middle) == offset(zone, left):
                    left = middle
                else:
                    right = middle
            found.append(right.replace(microsecond=0))
        low = high
    return tuple(found)


@cache
def alike() -> tuple[str, ...]:
    """One zone for each way in which the clocks go in these years; the others would repeat it."""
    ways: dict[tuple, str] = {}
    for name in NAMES:
        zone = ZoneInfo(name)
        ways.setdefault((offset(zone, START), *((at, offset(zone, at)) for at in changes(name))), name)
    return tuple(ways.values())


def check_days(cadence: Cadence, start: datetime, end: datetime) -> int:
    """Walk from digest to digest; each local date has exactly one, on that date."""
    zone = ZoneInfo(cadence.zone)
    moment = last = due(cadence, start)
    seen = Counter([moment.astimezone(zone).date()])
    names = {period(cadence, moment)}
    while moment < end:
        moment = due(cadence, moment, last=last)
        assert moment == due(cadence, last), "at a steady cadence the state changes nothing"
        seen[moment.astimezone(zone).date()] += 1
        names.add(period(cadence, moment))
        local = moment.astimezone(zone).replace(tzinfo=None)
        # The widest gap of our days is Troll's, of two hours.
        shift = abs(local - datetime.combine(local.date(), cadence.at))
        assert shift <= timedelta(hours=2), f"{cadence.zone} {local} for {cadence.at}"
        last = moment
    first, final = min(seen), max(seen)
    wanted: set[date] = {first + timedelta(days=n) for n in range((final - first).days + 1)}
    assert set(seen) == wanted
    assert max(seen.values()) == 1
    assert len(names) == len(seen)
    return len(seen)


def clocks_around(name: str, change: datetime) -> set[time]:
    """Times of day that a change leaps over, repeats, or borders on, as both offsets show them."""
    zone = ZoneInfo(name)
    old, new = offset(zone, change - timedelta(seconds=1)), offset(zone, change)
    walls = [
        (change + shift + timedelta(minutes=minutes)).replace(tzinfo=None)
        for shift in (old, new)
        for minutes in (-1, 0, 1, 15, 29, 30, 59)
    ]
    return {moment.time() for moment in walls}


@pytest.mark.timeout(120)
def test_each_local_date_has_one_digest_around_every_change_of_clocks():
    digests = 0
    for name in alike():
        for change in changes(name):
            for clock in clocks_around(name, change):
                cadence = Cadence(when=When.DAILY, at=clock, days=EVERY_DAY, zone=name)
                digests += check_days(cadence, change - timedelta(days=3), change + timedelta(days=3))
    assert digests > 10_000


def test_each_local_date_has_one_digest_all_through_the_years():
    for name in alike():
        assert check_days(Cadence(days=EVERY_DAY, at=time(2, 15), zone=name), START, END) >= 1094


def test_hourly_digests_have_names_of_their_own_around_every_change_of_clocks():
    for name in alike():
        for change in changes(name):
            cadence = Cadence(when=When.HOURLY, zone=name)
            moment, names = change - timedelta(hours=4), []
            while moment < change + timedelta(hours=4):
                following = due(cadence, moment)
                assert timedelta(0) < following - moment <= timedelta(minutes=90)
                assert following.astimezone(ZoneInfo(name)).minute == 0
                names.append(period(cadence, following))
                moment = following
            assert len(names) == len(set(names))


def test_weekly_digests_come_once_in_each_week_of_every_zone():
    for name in alike():
        cadence = Cadence(when=When.WEEKLY, at=time(2, 30), days=frozenset({6}), zone=name)
        moment, weeks = due(cadence, START), []
        while moment < END:
            weeks.append(moment.astimezone(ZoneInfo(name)).date().isocalendar()[:2])
            moment = due(cadence, moment, last=moment)
        assert len(weeks) == len(set(weeks)) >= 156


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_each_local_date_has_one_digest_in_every_zone_at_many_times():
    for name in NAMES:
        clocks = {time(hours, minutes) for hours in range(24) for minutes in (0, 15, 30, 45)}
        around = {clock for change in changes(name) for clock in clocks_around(name, change)}
        for clock in clocks | around if name in alike() else around | {time(9)}:
            cadence = Cadence(when=When.DAILY, at=clock, days=EVERY_DAY, zone=name)
            assert check_days(cadence, START, END) >= 1094
