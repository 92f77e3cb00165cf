"""The share of the chaos that runs every time: 60 kills and 10 pauses on each platform, and the two controls.

The long form is ``--run-long``, or ``python -m tests.chaos`` with the numbers of docs/reliability.md.
"""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def figures(*words: str) -> dict[str, int]:
    """Run the chaos in a process of its own, print its line, and read the numbers."""
    ran = subprocess.run(
        [sys.executable, "-m", "tests.chaos", *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    lines = [line for line in ran.stdout.splitlines() if line.startswith("platform=")]
    assert lines, ran.stderr[-3000:]
    sys.stdout.write(f"{lines[0]}\n")
    return {name: int(value) for name, value in re.findall(r"(\w+)=(\d+)\b", lines[0])}


def whole(found: dict[str, int]) -> None:
    assert found["lost"] == 0
    assert found["duplicates"] == 0
    assert found["stuck"] == 0
    assert found["inversions"] == 0
    assert found["refused_bodies"] == 0


@pytest.mark.timeout(280)
@pytest.mark.parametrize("platform", ["discord", "slack"])
def test_kills_pauses_and_lost_answers_lose_and_repeat_nothing(platform: str) -> None:
    found = figures("--platform", platform, "--points", "60", "--stops", "10", "--deliveries", "900")
    assert found["kills"] == 60
    assert found["pauses"] >= 9
    assert found["deliveries"] == 900
    whole(found)


@pytest.mark.timeout(200)
def test_the_harness_sees_the_duplicates_of_send_then_acknowledge() -> None:
    found = figures("--platform", "plain", "--protocol", "send-then-acknowledge", *_SMALL)
    assert found["duplicates"] > 0


@pytest.mark.timeout(200)
def test_the_harness_sees_the_losses_of_mark_then_send() -> None:
    found = figures("--platform", "plain", "--protocol", "mark-then-send", *_SMALL)
    assert found["lost"] > 0


@pytest.mark.long
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("platform", ["discord", "slack"])
def test_a_thousand_kills(platform: str) -> None:
    found = figures(
        "--platform", platform, "--points", "1000", "--stops", "200",
        "--deliveries", "12000", "--channels", "240", "--seed", "7",
    )  # fmt: skip
    assert found["kills"] == 1000
    assert found["deliveries"] == 12000
    whole(found)


_SMALL = ("--points", "12", "--stops", "2", "--deliveries", "300", "--channels", "30")
