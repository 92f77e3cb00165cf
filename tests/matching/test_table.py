"""The index's tables are dictionaries that hold less."""

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.matching import table
from bot.matching.table import ByText, Table

KEYS = st.integers(1, 60) | st.integers(1, (1 << 63) - 1)
CHANGES = st.lists(st.tuples(KEYS, st.integers(-3, 3)), max_size=200)


@given(st.lists(CHANGES, max_size=5))
def test_it_holds_what_a_dictionary_would(rounds: list[list[tuple[int, int]]]) -> None:
    held, expected = Table(), dict[int, int]()
    for changes in rounds:
        for key, value in changes:
            held.put(key, value)
            expected[key] = value
            assert held.get(key) == value
        assert len(held) == sum(value != 0 for value in expected.values())
        asked = [*expected, 61]
        found = held.find(np.array(asked, np.int64))
        assert found.tolist() == [expected.get(key, 0) for key in asked]
        assert [held.get(key) for key in asked] == found.tolist()


def test_many_come_and_go_and_some_stay() -> None:
    chance, held, expected = random.Random(4), Table(), dict[int, int]()
    for _ in range(6):
        for _ in range(20_000):
            key = chance.getrandbits(18) | chance.getrandbits(18) << 32 or 1
            expected[key] = chance.choice((-1, 1)) * chance.randint(1, 1 << 30)
            held.put(key, expected[key])
        for key in chance.sample([*expected], len(expected) // 2):
            held.put(key, 0)
            del expected[key]
        asked = np.array([*expected, *range(1, 500)], np.int64)
        assert held.find(asked).tolist() == [expected.get(int(key), 0) for key in asked]
        assert len(held) == len(expected)
    assert len(held._keys) < 8 * len(held)


@pytest.mark.parametrize("alike", [False, True])
def test_texts_are_told_apart_also_where_they_look_alike(monkeypatch, alike: bool) -> None:
    if alike:
        monkeypatch.setattr(table, "hashed", len)
    chance, texts, numbers = random.Random(2), list[str](), dict[str, int]()
    held = ByText(lambda number, text: texts[number] == text)
    texts.append("")
    for _ in range(4_000):
        text = "a" * chance.randint(1, 5) + chance.choice("bcd")
        if text in numbers:
            held.drop(text)
            del numbers[text]
        else:
            numbers[text] = len(texts)
            texts.append(text)
            held.put(text, numbers[text])
        assert all(held.get(one) == numbers.get(one, 0) for one in ("ab", "ac", "aab", "aaaad", text))
