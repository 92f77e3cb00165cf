"""When something is due: the cases that people notice."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.models import EVERY_DAY, Cadence, When
from bot.schedule import Late, catch_up, describe, due, is_quiet, period, replan


def at(text: str, zone: str = "UTC") -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def daily(hours: int, minutes: int = 0, *, zone: str = "UTC", days: frozenset[int] = EVERY_DAY) -> Cadence:
    return Cadence(when=When.DAILY, at=time(hours, minutes), days=days, zone=zone)


def wall(moment: datetime, zone: str) -> str:
    return f"{moment.astimezone(ZoneInfo(zone)):%a %d %H:%M}"


# --- digests ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("zone", "clock", "after", "expected", "why"),
    [
        ("Europe/Paris", "09:00", "2026-11-22 08:59", "Sun 22 09:00", "later today"),
        ("Europe/Paris", "09:00", "2026-11-22 09:00", "Mon 23 09:00", "the digest of 09:00 is being closed"),
        (
            "America/New_York",
            "02:30",
            "2027-03-13 12:00",
            "Sun 14 03:30",
            "02:30 does not exist: on by the gap",
        ),
        ("America/New_York", "01:30", "2026-10-31 12:00", "Sun 01 01:30", "01:30 comes twice: the first"),
        ("America/Nuuk", "23:30", "2026-03-28 12:00", "Sat 28 22:30", "on by the gap would be Sunday: back"),
        ("Africa/Cairo", "00:30", "2026-04-23 12:00", "Fri 24 01:30", "midnight itself is leapt over"),
        ("Asia/Kathmandu", "09:00", "2026-11-22 09:01", "Mon 23 09:00", "+05:45"),
        ("Australia/Lord_Howe", "02:10", "2026-10-03 12:00", "Sun 04 02:40", "a gap of half an hour"),
        ("Australia/Lord_Howe", "01:45", "2026-04-04 12:00", "Sun 05 01:45", "an overlap of half an hour"),
        ("Pacific/Apia", "09:00", "2011-12-29 12:00", "Sat 31 09:00", "30 December 2011 did not exist there"),
        ("Pacific/Kiritimati", "09:00", "1994-12-30 12:00", "Sun 01 09:00", "31 December 1994 neither"),
    ],
)
def test_a_digest_comes_at_its_local_time(zone, clock, after, expected, why):
    cadence = daily(*map(int, clock.split(":")), zone=zone)
    assert wall(due(cadence, at(after, zone)), zone) == expected, why


def test_the_first_of_two_equal_times_counts():
    moment = due(daily(1, 30, zone="America/New_York"), at("2026-10-31 12:00"))
    assert moment == at("2026-11-01 05:30")
    assert due(daily(1, 30, zone="America/New_York"), moment) == at("2026-11-02 06:30")


def test_only_the_days_that_were_chosen():
    cadence = daily(9, days=frozenset({0, 2}))
    moments = [due(cadence, at("2026-11-22"))]
    moments += [due(cadence, moments[-1])]
    moments += [due(cadence, moments[-1])]
    assert [wall(moment, "UTC") for moment in moments] == ["Mon 23 09:00", "Wed 25 09:00", "Mon 30 09:00"]


def test_a_weekly_digest_comes_on_the_first_of_its_days():
    cadence = Cadence(when=When.WEEKLY, at=time(16), days=frozenset({4, 5}))
    first = due(cadence, at("2026-11-22"))
    assert wall(first, "UTC") == "Fri 27 16:00"
    assert wall(due(cadence, first), "UTC") == "Fri 04 16:00"


# --- changes of zone, day and time ------------------------------------------------------------


def test_from_auckland_to_honolulu_no_day_is_skipped():
    """09:00 on the 23rd in Auckland was 10:00 on the 22nd in Honolulu: the 23rd there is still to come."""
    auckland, honolulu = daily(9, zone="Pacific/Auckland"), daily(9, zone="Pacific/Honolulu")
    last = at("2026-11-23 09:00", "Pacific/Auckland")
    then = due(honolulu, last + timedelta(minutes=30), last=last)
    assert wall(then, "Pacific/Honolulu") == "Mon 23 09:00"
    assert period(auckland, last) != period(honolulu, then), "their delivery keys must differ"


def test_from_honolulu_to_auckland_no_day_has_two():
    """09:00 on the 22nd in Honolulu was 08:00 on the 23rd in Auckland: that date has had its digest."""
    last = at("2026-11-22 09:00", "Pacific/Honolulu")
    moved = daily(9, zone="Pacific/Auckland")
    assert wall(due(moved, last + timedelta(minutes=30), last=last), "Pacific/Auckland") == "Tue 24 09:00"


def test_a_later_time_of_day_brings_no_second_digest_today():
    last = at("2026-11-23 09:00")
    assert due(daily(17), last + timedelta(hours=1), last=last) == at("2026-11-24 17:00")
    assert due(daily(17), last + timedelta(hours=1)) == at("2026-11-23 17:00"), (
        "without a digest today, today"
    )


def test_another_weekday_holds_from_this_week_on():
    last = at("2026-11-23 09:00")
    friday = Cadence(when=When.WEEKLY, at=time(9), days=frozenset({4}))
    assert due(friday, last + timedelta(hours=1), last=last) == at("2026-11-27 09:00")


def test_what_was_planned_for_today_still_comes_where_the_new_time_is_over():
    last, planned, now = at("2026-11-22 20:00"), at("2026-11-23 20:00"), at("2026-11-23 15:00")
    assert replan(daily(9), planned, now, last=last) == planned
    assert due(daily(9), planned, last=planned) == at("2026-11-24 09:00")
    assert replan(daily(18), planned, now, last=last) == at("2026-11-23 18:00"), (
        "a time that is still to come holds"
    )
    tuesdays = daily(9, days=frozenset({1}))
    assert replan(tuesdays, planned, now, last=last) == at("2026-11-24 09:00"), "Mondays are no longer wanted"
    assert replan(Cadence(when=When.INSTANT), planned, now, last=last) == now


def test_what_was_planned_moves_where_its_day_is_served():
    """08:00 on the 23rd in Auckland served that date; the digest of 09:00 in Honolulu is the 24th's there."""
    last = at("2026-11-22 09:00", "Pacific/Honolulu")
    planned = at("2026-11-23 09:00", "Pacific/Honolulu")
    moved = replan(daily(9, zone="Pacific/Auckland"), planned, last + timedelta(minutes=30), last=last)
    assert wall(moved, "Pacific/Auckland") == "Tue 24 09:00"


def test_what_was_planned_goes_where_the_new_zone_had_its_digest_that_day():
    """10:10 and the next day's 05:00 in Brisbane fall on one date in UTC."""
    last = at("2026-11-23 10:10", "Australia/Brisbane")
    planned = due(daily(5, zone="Australia/Brisbane"), last, last=last)
    assert wall(planned, "UTC") == "Mon 23 19:00"
    assert replan(daily(12), planned, at("2026-11-23 13:00"), last=last) == at("2026-11-24 12:00")


ZONES = st.sampled_from(
    [
        "Pacific/Auckland",
        "Pacific/Honolulu",
        "Pacific/Kiritimati",
        "Pacific/Niue",
        "Europe/Paris",
        "Asia/Kathmandu",
        "UTC",
    ]
)


@given(
    start=st.datetimes(datetime(2025, 1, 1), datetime(2027, 12, 1)),  # noqa: DTZ001 - hypothesis wants naive bounds
    moves=st.lists(st.tuples(ZONES, st.times(), st.integers(2 * 1440, 4 * 1440)), min_size=2, max_size=6),
)
@settings(max_examples=150, deadline=None)
def test_wherever_people_move_each_local_date_has_one_digest(start, moves):
    """In the zone that holds, no date has two digests, and none goes without, also around each move."""
    now, last, planned = start.replace(tzinfo=UTC), None, None
    for zone, clock, minutes in moves:
        cadence = Cadence(at=clock.replace(second=0, microsecond=0), days=EVERY_DAY, zone=zone)
        here = ZoneInfo(zone)
        planned = replan(cadence, planned, now, last=last) if planned else due(cadence, now)
        upto = now + timedelta(minutes=minutes)
        while planned <= upto:
            if last is not None:
                passed = planned.astimezone(here).date() - last.astimezone(here).date()
                assert passed == timedelta(days=1)
            last, planned = planned, due(cadence, planned, last=planned)
        now = upto


@given(
    start=st.datetimes(datetime(2025, 1, 1), datetime(2027, 12, 1)),  # noqa: DTZ001 - as above
    zones=st.tuples(ZONES, ZONES),
    clock=st.times(),
)
@settings(max_examples=150, deadline=None)
def test_after_a_move_the_next_digest_is_less_than_two_days_away(start, zones, clock):
    old, new = (Cadence(when=When.DAILY, at=clock, days=EVERY_DAY, zone=zone) for zone in zones)
    last = due(old, start.replace(tzinfo=UTC))
    assert last < due(new, last, last=last) <= last + timedelta(hours=49)


# --- at once and hourly -----------------------------------------------------------------------


NIGHT = (time(22), time(7))


@pytest.mark.parametrize(
    ("quiet", "matched", "expected"),
    [
        (None, "2026-11-22 03:00", "Sun 22 03:00"),
        (NIGHT, "2026-11-22 21:59", "Sun 22 21:59"),
        (NIGHT, "2026-11-22 22:00", "Mon 23 07:00"),
        (NIGHT, "2026-11-22 06:59", "Sun 22 07:00"),
        (NIGHT, "2026-11-22 07:00", "Sun 22 07:00"),
        ((time(12), time(14)), "2026-11-22 13:00", "Sun 22 14:00"),
        ((time(9), time(9)), "2026-11-22 13:00", "Sun 22 13:00"),
    ],
)
def test_an_instant_card_waits_for_the_end_of_the_quiet_hours(quiet, matched, expected):
    cadence = Cadence(when=When.INSTANT, quiet=quiet, zone="Asia/Kathmandu")
    assert wall(due(cadence, at(matched, "Asia/Kathmandu")), "Asia/Kathmandu") == expected


def test_quiet_hours_that_end_in_a_gap_end_when_the_clocks_leap():
    cadence = Cadence(when=When.INSTANT, quiet=(time(22), time(2, 30)), zone="America/New_York")
    assert due(cadence, at("2027-03-14 01:00", "America/New_York")) == at("2027-03-14 07:00")


def test_quiet_hours_may_end_twice():
    cadence = Cadence(when=When.INSTANT, quiet=(time(22), time(1, 30)), zone="America/New_York")
    assert due(cadence, at("2026-11-01 05:10")) == at("2026-11-01 05:30")
    assert due(cadence, at("2026-11-01 06:10")) == at("2026-11-01 06:30")


@given(
    st.datetimes(datetime(2025, 1, 1), datetime(2027, 12, 1)),  # noqa: DTZ001 - as above
    st.tuples(st.times(), st.times()),
    st.sampled_from(["America/New_York", "Australia/Lord_Howe", "America/Nuuk", "Africa/Casablanca", "UTC"]),
)
@settings(max_examples=200, deadline=None)
def test_quiet_hours_defer_by_less_than_two_days_and_never_into_themselves(matched, quiet, zone):
    cadence = Cadence(when=When.INSTANT, quiet=quiet, zone=zone)
    moment = matched.replace(tzinfo=UTC)
    then = due(cadence, moment)
    assert moment <= then <= moment + timedelta(hours=26)
    assert not is_quiet(cadence, then)
    assert due(cadence, then) == then


@pytest.mark.parametrize(
    ("zone", "after", "expected"),
    [
        ("Europe/Paris", "2026-11-22 08:10", "Sun 22 09:00"),
        ("Europe/Paris", "2026-11-22 08:00", "Sun 22 09:00"),
        ("Asia/Kathmandu", "2026-11-22 08:10", "Sun 22 09:00"),
        ("Australia/Lord_Howe", "2026-04-05 01:50", "Sun 05 02:00"),
    ],
)
def test_hourly_means_the_full_hour_on_the_wall(zone, after, expected):
    assert wall(due(Cadence(when=When.HOURLY, zone=zone), at(after, zone)), zone) == expected


def test_hourly_digests_wait_for_the_end_of_the_quiet_hours():
    cadence = Cadence(when=When.HOURLY, quiet=(time(22), time(7, 30)))
    assert wall(due(cadence, at("2026-11-22 21:10")), "UTC") == "Mon 23 08:00"
    cadence = Cadence(when=When.HOURLY, quiet=NIGHT)
    assert wall(due(cadence, at("2026-11-22 21:10")), "UTC") == "Mon 23 07:00"


# --- names of periods -------------------------------------------------------------------------


def test_a_period_is_a_local_date_week_or_hour():
    moment = at("2026-11-23 23:30")
    assert period(Cadence(when=When.DAILY, zone="Asia/Tokyo"), moment) == "2026-11-24 Asia/Tokyo"
    assert period(Cadence(when=When.WEEKLY), at("2027-01-01")) == "2027-01-01 UTC"
    assert period(Cadence(when=When.HOURLY, zone="Asia/Tokyo"), moment) == "2026-11-24T08+09:00 Asia/Tokyo"
    assert period(Cadence(when=When.INSTANT), moment) == "2026-11-23T23:30:00+00:00"


def test_a_repeated_hour_is_another_period():
    cadence = Cadence(when=When.HOURLY, zone="America/New_York")
    first = due(cadence, at("2026-11-01 04:30"))
    second = due(cadence, first)
    assert wall(first, cadence.zone) == wall(second, cadence.zone) == "Sun 01 01:00"
    assert period(cadence, first) != period(cadence, second)


# --- lateness ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("when", "late", "what"),
    [
        (When.DAILY, timedelta(seconds=-1), Late.WAIT),
        (When.DAILY, timedelta(0), Late.SEND),
        (When.DAILY, timedelta(hours=5), Late.SEND),
        (When.DAILY, timedelta(hours=11, minutes=59), Late.SEND),
        (When.DAILY, timedelta(hours=12), Late.MERGE),
        (When.DAILY, timedelta(days=40), Late.MERGE),
        (When.WEEKLY, timedelta(hours=13), Late.SEND),
        (When.WEEKLY, timedelta(hours=84), Late.MERGE),
        (When.HOURLY, timedelta(minutes=29), Late.SEND),
        (When.HOURLY, timedelta(minutes=30), Late.MERGE),
    ],
)
def test_a_late_digest_is_sent_once_or_merged(when, late, what):
    moment = at("2026-11-23 09:00")
    assert catch_up(Cadence(when=when), moment, moment + late) is what


def test_a_late_hourly_digest_does_not_break_the_quiet_hours():
    cadence = Cadence(when=When.HOURLY, quiet=NIGHT)
    assert catch_up(cadence, at("2026-11-22 21:00"), at("2026-11-22 21:20")) is Late.SEND
    assert catch_up(cadence, at("2026-11-22 21:50"), at("2026-11-22 22:10")) is Late.MERGE


# --- words ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cadence", "words"),
    [
        (Cadence(zone="Europe/Paris"), "weekdays 09:00 Europe/Paris"),
        (daily(8, 30), "every day 08:30 UTC"),
        (daily(8, 30, days=frozenset({5, 6})), "weekends 08:30 UTC"),
        (daily(8, 30, days=frozenset({2, 0})), "Mon, Wed 08:30 UTC"),
        (Cadence(when=When.WEEKLY, days=frozenset({4})), "weekly, Fri 09:00 UTC"),
        (Cadence(when=When.INSTANT), "at once"),
        (Cadence(when=When.INSTANT, quiet=NIGHT, zone="Asia/Tokyo"), "at once, quiet 22:00–07:00 Asia/Tokyo"),
        (Cadence(when=When.HOURLY, quiet=NIGHT), "hourly, quiet 22:00–07:00 UTC"),
    ],
)
def test_a_cadence_in_words(cadence, words):
    assert describe(cadence) == words


def test_a_zone_that_is_no_longer_known_counts_as_utc():
    assert due(daily(9, zone="Mars/Olympus_Mons"), at("2026-11-22 10:00")) == at("2026-11-23 09:00")
