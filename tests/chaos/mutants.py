"""Take each safety line away, and see a test fail: ``python -m tests.chaos.mutants``.

A proof that passes with the line and without it proves nothing. Each mutant is a copy of the program with one
change; the tests named beside it must fail there. Prints one line for each, and ends with 1 if one survived.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Mutant:
    """One safety line, and what the program looks like without it."""

    line: str
    file: str
    old: str
    new: str
    tests: str


PROTOCOL = "tests/delivery/test_protocol.py"
MUTANTS = (
    Mutant(
        "the look-up before a second send",
        "bot/delivery/sender.py",
        "return await self._adapter.find(delivery.destination, key=delivery.key, since=intent.doubt)",
        "return None",
        PROTOCOL,
    ),
    Mutant(
        "the doubt begins with the attempt",
        "bot/delivery/sender.py",
        "doubt = intent.doubt or held.began",
        "doubt = now() + timedelta(seconds=60)",
        PROTOCOL,
    ),
    Mutant(
        "the intent is written",
        "bot/store/lanes.py",
        "if doubt == '' then redis.call('HSET', KEYS[1], 'doubt', ARGV[6]) end",
        "",
        PROTOCOL,
    ),
    Mutant(
        "those who die of a delivery are counted",
        "bot/store/lanes.py",
        "redis.call('HINCRBY', record, 'taken', 1)",
        "redis.call('HINCRBY', record, 'taken', 0)",
        PROTOCOL,
    ),
    Mutant(
        "who gives a lane back has not died of it",
        "bot/store/lanes.py",
        "    redis.call('HDEL', KEYS[1], 'taken')\n    if ARGV[9] == '1'",
        "    if ARGV[9] == '1'",
        PROTOCOL,
    ),
    Mutant(
        "nobody dies of a delivery that waits",
        "bot/store/lanes.py",
        "if owned(ARGV[1], ARGV[3], ARGV[4], ARGV[5]) then redis.call('HDEL', KEYS[1], 'taken') end",
        "",
        PROTOCOL,
    ),
    Mutant(
        "those who die of sending are counted",
        "bot/store/lanes.py",
        "'worker', ARGV[4], 'taken', ARGV[8])",
        "'worker', ARGV[4])",
        PROTOCOL,
    ),
    Mutant(
        "a paper's fault costs that paper alone",
        "bot/matcher.py",
        "            return error\n",
        "            raise\n",
        "tests/test_matcher.py",
    ),
    Mutant(
        "the sender fences itself",
        "bot/delivery/sender.py",
        "if left < self._deadline:",
        "if left < -1e9:",
        PROTOCOL,
    ),
    Mutant(
        "only the owner settles, renews or gives back",
        "bot/store/lanes.py",
        "return held[1] == worker and held[2] == fence",
        "return true",
        PROTOCOL,
    ),
    Mutant(
        "the fencing number counts, and not the name alone",
        "bot/store/lanes.py",
        "return held[1] == worker and held[2] == fence",
        "return held[1] == worker",
        PROTOCOL,
    ),
    Mutant(
        "a delivery is planned once",
        "bot/store/lanes.py",
        "    if not state then\n      made = 1",
        "    if true then\n      made = 1",
        "tests/delivery/test_route.py tests/store/test_lost_replies.py",
    ),
    Mutant(
        "a paper is stored only over what was read",
        "bot/store/papers.py",
        "if held ~= ARGV[base + 2] then return -at end",
        "",
        "tests/delivery/test_route.py",
    ),
    Mutant(
        "a poller that lost its lease writes nothing",
        "bot/store/papers.py",
        "if fence > 0 and tonumber(redis.call('GET', KEYS[#KEYS]) or '0') > fence then return -1000000 end",
        "",
        "tests/delivery/test_route.py",
    ),
    Mutant(
        "a paper is acknowledged after its plans",
        "bot/store/stream.py",
        'command += ["STREAMS", self.key, "0" if again else ">"]',
        'command += ["NOACK", "STREAMS", self.key, "0" if again else ">"]',
        "tests/store/test_lost_replies.py",
    ),
    Mutant(
        "redis-py repeats nothing by itself",
        "bot/store/database.py",
        "once = Retry(NoBackoff(), 0)",
        "once = Retry(NoBackoff(), 3)",
        "tests/store/test_lost_replies.py",
    ),
    Mutant(
        "the nonce of a Discord message",
        "adapters/discord/adapter.py",
        '{"nonce": key, "enforce_nonce": True}',
        "{}",
        "tests/adapters/discord/test_wire.py",
    ),
    Mutant(
        "the key in Slack's metadata",
        "adapters/slack/adapter.py",
        '"event_payload": {"d": key}',
        '"event_payload": {"d": ""}',
        "tests/adapters/slack/test_slack_send.py",
    ),
    Mutant(
        "a place that is too far off gives the lane back",
        "bot/delivery/budgets.py",
        "near = min(patience, NEAR)",
        "near = None",
        "tests/delivery/test_budgets.py",
    ),
    Mutant(
        "a place is free a window after its answer",
        "bot/delivery/budgets.py",
        "counted = ended - (self._quickest / 2 if self._answers >= ENOUGH else 0.0)",
        "counted = began",
        "tests/delivery/test_budgets.py",
    ),
    Mutant(
        "not all of the quickest answer's time is taken off",
        "bot/delivery/budgets.py",
        "self._quickest / 2 if",
        "self._quickest if",
        "tests/delivery/test_budgets.py",
    ),
    Mutant(
        "without an answer it may count until its deadline",
        "bot/delivery/budgets.py",
        "counted = began + self._deadline",
        "counted = began",
        "tests/delivery/test_budgets.py",
    ),
    Mutant(
        "a place that nobody reports is held",
        "bot/delivery/budgets.py",
        "self._held = self._late + deadline + min(MARGIN, deadline / 2)",
        "self._held = 0.1",
        "tests/delivery/test_budgets.py",
    ),
    Mutant(
        "nobody leaves long after his moment",
        "bot/delivery/budgets.py",
        "if moment.places and began > moment.at + self._late:",
        "if False:",
        "tests/delivery/test_budgets.py",
    ),
    Mutant(
        "a lane that was given as the stop came is given back",
        "bot/delivery/lanes.py",
        "                    await self._store.claims.put_off(claim, due=now, keep_doubt=True)\n            raise\n",
        "                    pass\n            raise\n",
        "tests/delivery/test_stopping.py",
    ),
    Mutant(
        "what has not begun is given back at a stop",
        "bot/delivery/lanes.py",
        "        self._sender.stop()\n",
        "",
        "tests/delivery/test_stopping.py",
    ),
    Mutant(
        "a script refuses whole or runs whole",
        "bot/store/database.py",
        "return f\"#!lua{' flags=allow-oom' if self.even_full else ''}\\n{self.source}\"",
        "return self.source",
        "tests/store/test_scripts.py",
    ),
)


def survives(mutant: Mutant) -> bool:
    """Do all the tests pass without that line?"""
    with tempfile.TemporaryDirectory(prefix="mutant-") as folder:
        copy = Path(folder)
        for name in ("bot", "adapters", "tests", "docs"):
            shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
        for name in ("pyproject.toml", "README.md"):
            if (ROOT / name).exists():
                shutil.copy(ROOT / name, copy / name)
        changed = copy / mutant.file
        text = changed.read_text()
        if mutant.old not in text:
            raise ValueError(f"{mutant.line}: {mutant.file} has no such line any more")
        changed.write_text(text.replace(mutant.old, mutant.new))
        command = [
            sys.executable,
            "-m",
            "pytest",
            "-x",
            "-q",
            "-p",
            "no:cacheprovider",
            *mutant.tests.split(),
        ]
        # The copy stands elsewhere; what the tests find beside the repository is still there.
        beside = {
            f"PIGEON_{name.upper()}": str(ROOT.parent / "shared" / name)
            for name in ("contracts", "recordings")
        }
        ran = subprocess.run(command, cwd=copy, env=beside | os.environ, capture_output=True, text=True)
        if ran.returncode not in {0, 1}:
            raise RuntimeError(
                f"{mutant.line}: the tests did not run\n{ran.stdout[-2000:]}{ran.stderr[-2000:]}"
            )
        if ran.returncode == 0 and "." not in ran.stdout.partition("[")[0]:
            raise RuntimeError(f"{mutant.line}: its tests were all skipped")
        return ran.returncode == 0


def main() -> int:
    survivors = 0
    for mutant in MUTANTS:
        alive = survives(mutant)
        survivors += alive
        sys.stdout.write(f"{'SURVIVES' if alive else 'killed  '} without: {mutant.line} ({mutant.tests})\n")
        sys.stdout.flush()
    sys.stdout.write(f"mutants={len(MUTANTS)} survivors={survivors}\n")
    return min(survivors, 1)


if __name__ == "__main__":
    sys.exit(main())
