"""While somebody types, the likely choice is on top, and a picker's limits hold."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.commands import Choice
from bot.commands.categories import CATEGORIES
from bot.commands.completion import complete_query, complete_zone, rank

ROWS = [
    Choice("7", "7 · robotics · daily 09:00 · #ml"),
    Choice("17", "17 · diffusion policies · at once · #gen"),
    Choice("8", "8 · world models and robots · weekly · #ml"),
]


def values(found):
    return [choice.value for choice in found]


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("", ["7", "17", "8"]),
        ("7", ["7", "17"]),
        ("robo", ["7", "8"]),
        ("ROBOTICS", ["7"]),
        ("olicies", ["17"]),
        ("difusion", ["17"]),
        ("zzz", []),
    ],
)
def test_prefix_then_word_then_part_then_likeness(typed, expected):
    assert values(rank(ROWS, typed)) == expected


def test_no_more_and_no_longer_than_a_picker_takes():
    found = rank([Choice(str(number), "x" * 200) for number in range(100)], "x")
    assert len(found) == 25
    assert all(len(choice.label) <= 100 for choice in found)
    assert rank([Choice("v" * 101, "x")], "x") == [], "a value that was cut would be another value"


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("paris", "Europe/Paris"),
        ("san francisco", "America/Los_Angeles"),
        ("berln", "Europe/Berlin"),
        ("", "UTC"),
    ],
)
def test_zones(typed, first):
    found = complete_zone(typed)
    assert found[0].value == first
    assert len(values(found)) == len(set(values(found))) <= 25


def test_the_category_at_the_end_of_a_filter_is_filled_in():
    assert values(complete_query("diffusion -cat:robot")) == ["diffusion -cat:cs.RO"]
    assert values(complete_query("(cat:cs.RO"))[0] == "(cat:cs.RO"
    assert "cat:hep-lat" in values(complete_query("cat:hep"))
    assert complete_query("diffusion")[0] == Choice("diffusion", "diffusion")
    assert complete_query("concat:cs.R")[0].value == "concat:cs.R"
    assert complete_query("  ") == []


def test_categories_are_arxivs():
    assert len(CATEGORIES) == 155
    assert CATEGORIES["cs.RO"] == "Robotics"
    assert all(" " not in name and title for name, title in CATEGORIES.items())


@given(st.text(max_size=120))
@settings(max_examples=100, deadline=None)
def test_whatever_is_typed_the_limits_hold(typed):
    for found in (
        complete_zone(typed),
        complete_query(typed),
        complete_query(f"cat:{typed}"),
        rank(ROWS, typed),
    ):
        assert len(found) <= 25
        assert all(1 <= len(choice.value) <= 100 and 1 <= len(choice.label) <= 100 for choice in found)


def test_it_never_stalls_the_loop():
    complete_zone("warm")
    start = time.process_time()
    for typed in ("berln", "x" * 100, "san fr", "e"):
        complete_zone(typed)
    assert time.process_time() - start < 1
