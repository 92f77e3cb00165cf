"""Times, days, zones and cadences as people write them."""

from contextlib import suppress
from datetime import UTC, datetime, time, timedelta
from zoneinfo import available_timezones

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.commands import Command
from bot.commands.cadence import cadence
from bot.commands.times import clock_time, quiet_hours, until, weekdays
from bot.commands.zones import offered, zone
from bot.errors import CommandError
from bot.models import EVERY_DAY, WORKDAYS, Cadence, When

NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("09:00", time(9)),
        ("9", time(9)),
        ("9am", time(9)),
        (" 9 PM ", time(21)),
        ("12am", time(0)),
        ("12pm", time(12)),
        ("12:30 a.m.", time(0, 30)),
        ("5.30 pm", time(17, 30)),
        ("17h30", time(17, 30)),
        ("0930", time(9, 30)),
        ("24:00", time(0)),
        ("noon", time(12)),
        ("midnight", time(0)),
    ],
)
def test_times_of_day(text, meant):
    assert clock_time(text) == meant


@pytest.mark.parametrize("text", ["", "25", "9:60", "13pm", "0am", "9m", "-1", "٩", "9:00:00", "soon"])
def test_what_is_no_time_of_day_is_said(text):
    with pytest.raises(CommandError, match="not a time of day"):
        clock_time(text)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("mon-fri", WORKDAYS),
        ("Monday to Friday", WORKDAYS),
        ("weekdays", WORKDAYS),
        ("mon,wed", {0, 2}),
        ("mon wed fri", {0, 2, 4}),
        ("Mondays and Fridays", {0, 4}),
        ("tu/th", {1, 3}),
        ("fri–mon", {4, 5, 6, 0}),
        ("sat, sun", {5, 6}),
        ("weekends", {5, 6}),
        ("every day", EVERY_DAY),
        ("daily", EVERY_DAY),
    ],
)
def test_days(text, meant):
    assert weekdays(text) == frozenset(meant)


@pytest.mark.parametrize("text", ["", "t", "tomorrow", "mon-wed-fri", "1-5", ",", "mon-"])
def test_what_are_no_days_is_said(text):
    with pytest.raises(CommandError, match="not days of the week"):
        weekdays(text)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("22:00-07:00", (time(22), time(7))),
        ("10pm to 7am", (time(22), time(7))),
        ("from 12 until 13:30", (time(12), time(13, 30))),
        ("off", None),
        ("None", None),
    ],
)
def test_quiet_hours(text, meant):
    assert quiet_hours(text) == meant


@pytest.mark.parametrize(
    ("text", "said"), [("22", "not hours of rest"), ("9-9", "whole day"), ("9-x", "time of day")]
)
def test_what_are_no_quiet_hours_is_said(text, said):
    with pytest.raises(CommandError, match=said):
        quiet_hours(text)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("2h", NOW + timedelta(hours=2)),
        ("1d", NOW + timedelta(days=1)),
        ("2w", NOW + timedelta(days=14)),
        ("2h30m", NOW + timedelta(hours=2, minutes=30)),
        ("for 1 week and 2 days", NOW + timedelta(days=9)),
        ("a week", NOW + timedelta(days=7)),
        ("until 2026-12-01", datetime(2026, 11, 30, 23, tzinfo=UTC)),
        ("tomorrow", datetime(2026, 11, 22, 23, tzinfo=UTC)),
    ],
)
def test_how_long(text, meant):
    assert until(text, NOW, "Europe/Paris") == meant


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "not a length"),
        ("5y", "not a length"),
        ("0d", "not a length"),
        ("-1d", "not a length"),
        ("1d or so", "not a length"),
        ("2026-11-22", "over already"),
        ("0001-01-01", "over already"),
        ("9999-12-31", "more than a year"),
        ("99999w", "more than a year"),
    ],
)
def test_what_is_no_length_is_said(text, said):
    with pytest.raises(CommandError, match=said):
        until(text, NOW, "Europe/Paris")


@pytest.mark.parametrize("zone_name", ["Pacific/Kiritimati", "Pacific/Niue", "UTC"])
@given(text=st.text(alphabet="0123456789-:hdwmap until,to", max_size=14))
@settings(max_examples=100, deadline=None)
def test_any_text_is_read_or_refused(zone_name, text):
    for read in (clock_time, weekdays, quiet_hours, zone, lambda text: until(text, NOW, zone_name)):
        with suppress(CommandError):
            read(text)


# --- zones ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("Europe/Paris", "Europe/Paris"),
        ("europe/paris", "Europe/Paris"),
        ("Paris", "Europe/Paris"),
        ("new york", "America/New_York"),
        ("New_York", "America/New_York"),
        ("San Francisco", "America/Los_Angeles"),
        ("Zürich", "Europe/Zurich"),
        ("utc", "UTC"),
        ("US/Pacific", "US/Pacific"),
        ("EST", "America/New_York"),
        ("pst", "America/Los_Angeles"),
    ],
)
def test_zones(text, meant):
    assert zone(text) == meant


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Parris", "Did you mean `Europe/Paris`?"),
        ("Europe/Berln", "Did you mean `Europe/Berlin`?"),
        ("IST", "several time zones"),
        ("UTC+2", "knows no summer time"),
        ("+05:45", "knows no summer time"),
        ("localtime", "I don't know the time zone"),
        ("../../etc/passwd", "I don't know the time zone"),
        ("x" * 5000, "I don't know the time zone"),
    ],
)
def test_what_is_no_zone_gets_the_nearest(text, said):
    with pytest.raises(CommandError) as caught:
        zone(text)
    assert said in str(caught.value)


def test_what_is_offered_exists_and_reads_back():
    assert len(offered()) > 300
    assert set(offered()) <= available_timezones()
    assert [zone(name) for name in offered()] == list(offered())


# --- cadences ---------------------------------------------------------------------------------


def read(current: Cadence | None = None, **options: str) -> Cadence:
    default = Cadence(zone="Asia/Tokyo", quiet=(time(22), time(7)))
    return cadence(Command(verb="edit", options=options), default=default, current=current)


def test_what_is_left_out_is_the_workspaces():
    assert read() == Cadence(zone="Asia/Tokyo", quiet=(time(22), time(7)))


def test_all_of_it():
    made = read(when="daily", at="8:30", days="mon,wed", timezone="paris", quiet_hours="off")
    assert made == Cadence(at=time(8, 30), days=frozenset({0, 2}), zone="Europe/Paris", quiet=None)


def test_an_edit_changes_only_what_it_names():
    current = Cadence(at=time(8, 30), days=frozenset({0, 2}), zone="Europe/Paris")
    assert read(current, at="17") == Cadence(at=time(17), days=frozenset({0, 2}), zone="Europe/Paris")


def test_a_new_rhythm_brings_its_own_days():
    weekly = read(when="weekly")
    assert weekly.days == frozenset({0})
    assert read(weekly, when="daily").days == WORKDAYS
    assert read(when="weekly", days="friday").days == frozenset({4})
    assert read(Cadence(when=When.WEEKLY, days=frozenset({4})), at="10").days == frozenset({4})


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"when": "instant", "at": "9"}, "`at:` is for daily and weekly digests, and this one posts at once"),
        (
            {"when": "hourly", "days": "mon"},
            "`days:` is for daily and weekly digests, and this one posts each hour",
        ),
        ({"when": "weekly", "days": "mon-fri"}, "comes on one day, and «mon-fri» are 5"),
        ({"at": "25"}, "not a time of day"),
        ({"timezone": "Parris"}, "Did you mean `Europe/Paris`"),
    ],
)
def test_what_makes_no_sense_is_said(options, said):
    with pytest.raises(CommandError) as caught:
        read(**options)
    assert said in str(caught.value)
