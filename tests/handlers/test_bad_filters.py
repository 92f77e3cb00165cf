"""What people may type at their worst is refused with a sentence, or costs what is shown; and harms nobody else."""

import pytest

from bot.errors import CommandError
from bot.matching.cost import MOST, cost
from bot.query import parse
from tests.core import Core, paper, words

COMMON = [
    "model",
    "method",
    "data",
    "result",
    "show",
    "propose",
    "paper",
    "learn",
    "perform",
    "approach",
    "base",
    "network",
    "system",
    "train",
    "task",
    "large",
    "experiment",
    "problem",
    "state",
    "present",
    "algorithm",
    "provide",
    "improve",
    "generate",
    "framework",
    "study",
    "time",
    "process",
    "demonstrate",
    "structure",
    "evaluate",
    "deep",
    "image",
    "language",
    "achieve",
    "represent",
    "work",
    "function",
    "inform",
    "effect",
    "compute",
    "design",
    "optimize",
    "domain",
    "context",
    "exist",
    "feature",
    "challenge",
    "apply",
    "develop",
    "space",
]


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("a" * 50_000, "characters"),
        ("robot " * 9_000, "characters"),
        (" ".join(f"w{number}" for number in range(5_000)), "characters"),
        (" OR ".join(f"w{number}" for number in range(600)), "500"),
        ("-survey -review", "only says what to leave out"),
        ("*", "I can't read the query"),
        ("the", "stands in nearly every abstract"),
        ("(" * 2_000 + "a", "I can't read the query"),
    ],
)
async def test_refused_with_a_sentence(core: Core, written: str, said: str) -> None:
    for verb in ("subscribe", "preview", "search"):
        try:
            answer = words(await core.say(f"{verb} {written}"))
        except CommandError as error:  # of the reader of commands, which adapters answer with
            answer = str(error)
        assert said in answer, answer[:400]
        assert len(answer) < 4_000


async def test_a_filter_whose_candidates_explode_is_refused_with_its_cost(core: Core) -> None:
    dear = f"({' OR '.join(COMMON)}) ({' OR '.join(f'({word} -x{word})' for word in COMMON)})"
    assert cost(parse(dear)) > MOST
    assert "comparisons with every paper, and 250 is the most" in words(await core.say(f"subscribe {dear}"))
    assert "250 is the most" in words(await core.say(f"preview {dear}"))
    assert cost(parse("robot (policy OR planning) -survey cat:cs.RO")) < 1


async def test_thousands_of_equal_filters_are_held_once_and_each_gets_its_paper(core: Core) -> None:
    for _ in range(1_000):
        await core.subscribe("robot policy -survey")
    core.source.bring(paper(1, "A policy for robots"))
    await core.poller.once()
    plans = await core.matcher.once()
    assert plans.matches == 1_000
    assert core.matcher._audience.index.distinct == 1
