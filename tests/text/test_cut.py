"""Cuts fall between characters as people see them, near the end of a word."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
import regex
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.text.cut import ELLIPSIS, Unit, boundaries, cut, length
from bot.text.sparkline import sparkline
from bot.text.when import ago, day

FAMILY = "👨‍👩‍👧‍👦"
TEXTS = st.lists(
    st.sampled_from(["word", " ", FAMILY, "👍🏿", "🇫🇷", "e\u0301", "漢字", "ع", "a", "…", "\n", "🏳️‍🌈"]),
    max_size=60,
).map("".join)


@given(TEXTS, st.integers(0, 80), st.sampled_from(Unit))
@settings(max_examples=400)
def test_a_cut_fits_is_whole_and_twice_is_once(text, limit, unit):
    shown = cut(text, limit, unit=unit)
    assert length(shown, unit) <= limit
    assert cut(shown, limit, unit=unit) == shown
    if length(text, unit) <= limit:
        assert shown == text
    elif shown:
        kept = shown.removesuffix(ELLIPSIS)
        assert text.startswith(kept)
        rest = text[len(kept) :]
        assert regex.findall(r"\X", kept) + regex.findall(r"\X", rest) == regex.findall(r"\X", text)


def test_a_near_word_end_is_preferred():
    assert cut("Diffusion policies forget", 15) == "Diffusion…"
    assert cut("Diffusion policies, then more", 20) == "Diffusion policies…"
    assert cut("Incomprehensibilities", 10) == "Incompreh…"


def test_an_emoji_is_kept_or_left_out_as_a_whole():
    assert cut(f"ab{FAMILY}", 8) == "ab…"
    assert cut(f"ab{FAMILY}cd", 10) == f"ab{FAMILY}…"


@pytest.mark.parametrize(("unit", "expected"), [(Unit.CODE_POINTS, 2), (Unit.UTF16, 3), (Unit.BYTES, 6)])
def test_units(unit, expected):
    assert length("é👍", unit) == expected


def test_nothing_is_left_where_not_even_the_ending_fits():
    assert cut("text", 0) == ""
    assert cut("text", 2, unit=Unit.BYTES) == ""


def test_boundaries():
    assert boundaries("plain") is None
    assert boundaries(f"a{FAMILY}b") == {0, 1, 1 + len(FAMILY), 2 + len(FAMILY)}


def test_a_hundred_kilobytes_are_cut_in_no_time():
    assert len(cut("x" * 100_000, 1_000)) == 1_000
    assert len(cut("e" + "\u0301" * 100_000, 1_000)) == 1


def test_sparkline():
    assert sparkline([0, 1, 3, 7]) == "▁▂▄█"
    assert sparkline([0, 0]) == "▁▁"
    assert sparkline([]) == ""
    assert sparkline([1, 1_000]) == "▂█"


NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("passed", "words"),
    [
        (timedelta(), "just now"),
        (timedelta(seconds=59), "just now"),
        (timedelta(minutes=59), "59 min ago"),
        (timedelta(hours=23, minutes=59), "23 h ago"),
        (timedelta(days=1), "1 day ago"),
        (timedelta(days=14), "14 days ago"),
        (timedelta(days=15), "5 Nov 2026"),
        (timedelta(minutes=-1), "20 Nov 2026"),
    ],
)
def test_ago(passed, words):
    assert ago(NOW - passed, NOW) == words


def test_day():
    assert day(date(2026, 11, 20)) == "Fri 20 Nov"
