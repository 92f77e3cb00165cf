"""How long an answer may take by itself: less, the older the interaction and the busier the process."""

from __future__ import annotations

from datetime import timedelta

import pytest

from adapters.discord.patience import AIM, PATIENCE, TYPING, Patience
from adapters.discord.places import snowflake
from bot.commands.model import Command
from bot.testing.clock import FakeClock

LIST = Command(verb="list")
DIALOGUE = Command(verb="edit", options={"subscription": "7"})
SLOW = Command(verb="search", options={"query": "robots"})


def made(clock: FakeClock, ago: float = 0.0) -> int:
    """The id of an interaction that Discord made so long ago."""
    return snowflake(clock.now() - timedelta(seconds=ago))


def test_a_quick_verb_gets_a_moment_and_a_slow_one_none() -> None:
    clock = FakeClock()
    patience = Patience(clock)
    assert patience.for_answer(made(clock), LIST) == PATIENCE
    assert patience.for_answer(made(clock), SLOW) == 0
    assert patience.for_answer(made(clock), Command(verb="subscribe", options={"query": "x"})) == 0
    assert patience.for_answer(made(clock), None) == PATIENCE


def test_what_may_open_a_dialogue_gets_all_the_time_there_is() -> None:
    clock = FakeClock()
    patience = Patience(clock)
    assert patience.for_answer(made(clock), DIALOGUE) == AIM
    assert patience.for_answer(made(clock), Command(verb="subscribe")) == AIM


def test_an_interaction_that_lay_about_has_less_time_left() -> None:
    clock = FakeClock()
    patience = Patience(clock)
    patience.for_answer(made(clock, 0.0), LIST)
    assert patience.for_answer(made(clock, 1.5), LIST) == pytest.approx(0.5, abs=0.01)
    assert patience.for_answer(made(clock, 2.5), LIST) == 0
    assert patience.for_answer(made(clock, 2.5), DIALOGUE) == 0
    assert patience.for_typing(made(clock, 9.0)) == TYPING


@pytest.mark.parametrize("skew", [-3600.0, -2.0, 2.0, 3600.0])
def test_clocks_may_disagree(skew: float) -> None:
    clock = FakeClock()
    patience = Patience(clock)
    assert patience.for_answer(made(clock, skew), LIST) == PATIENCE
    assert patience.for_answer(made(clock, skew + 1.5), LIST) == pytest.approx(0.5, abs=0.01)


def test_the_busier_the_process_the_sooner_it_acknowledges() -> None:
    clock = FakeClock()
    patience = Patience(clock)
    patience.took(1.0)
    assert patience.for_answer(made(clock), LIST) == PATIENCE
    patience.took(1.6)
    assert patience.for_answer(made(clock), LIST) == pytest.approx(0.4, abs=0.01)
    patience.took(2.4)
    assert patience.for_answer(made(clock), LIST) == 0
    for _ in range(12):  # and it calms down again
        patience.took(0.1)
    assert patience.for_answer(made(clock), LIST) == PATIENCE
