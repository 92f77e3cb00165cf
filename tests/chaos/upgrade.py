"""A rolling upgrade: this version and the next one, as processes side by side on one store.

``python -m tests.chaos.upgrade`` prints a line for each of the two ways. The next version is a copy of this program
with three changes: every record that it writes has a field that this version does not know, so has every delivery, and
with ``--step`` its store has a newer schema. Without the step, processes are killed and come back as either version;
with it they are replaced one after the other, and none goes back.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from dataclasses import asdict
from pathlib import Path

from tests.chaos.harness import BOTS, Run, fork

ROOT = Path(__file__).resolve().parents[2]
FIELD = "from_the_next_version"
_CHANGES = (
    (
        "bot/store/records.py",
        """start = f'{{"v":{VERSION}'""",
        f"""start = f'{{{{"v":{{VERSION}},"{FIELD}":[1,{{{{"deep":true}}}}]'""",
    ),
    (
        "bot/store/delivery_fields.py",
        """        "v": VERSION,\n""",
        f"""        "v": VERSION,\n        "{FIELD}": "1",\n""",
    ),
)
_NEWER = (
    "async def _nothing(database: Database) -> None:\n    await database.ask('PING')\n\n\n"
    "STEPS += (Step(STEPS[-1].to + 1, 'what the next version needs', _nothing),)  # type: ignore[misc]\n"
    "CURRENT: Final = STEPS[-1].to"
)
_STEP = ("bot/store/schema.py", "CURRENT: Final = STEPS[-1].to", _NEWER)


def next_version(folder: Path, *, step: bool) -> Path:
    """A copy of the program as the next version; with a newer schema of the store, where ``step`` says so."""
    for name in ("bot", "adapters", "tests"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", folder)
    for file, old, new in (*_CHANGES, *((_STEP,) if step else ())):
        text = (folder / file).read_text()
        if text.count(old) != 1:
            raise ValueError(f"{file} has no single «{old}» any more")
        (folder / file).write_text(text.replace(old, new))
    return folder


class Upgrade(Run):
    """A run of which some processes are of the next version."""

    def __init__(self, *, step: bool, seed: int = 1, deliveries: int = 600, points: int = 12) -> None:
        super().__init__(platform="plain", seed=seed, points=points, deliveries=deliveries, channels=5)
        self._step = step
        self._is_next: Counter[int] = Counter()
        self._tree = next_version(self.folder / "next", step=step)
        self.of_next = 0
        """Processes of the next version that were started."""
        self.seen: Counter[str] = Counter()
        """Deliveries by the version that planned them, as the store tells."""
        self.backups: list[int] = []
        """Records of each backup that was written before the store was upgraded."""
        self.refusal = ""
        """What this version says when it is started on the store in the end, after its exit code."""

    def _start(self, number: int) -> None:
        if not self._is_next[number]:
            super()._start(number)
            return
        self.of_next += 1
        words = [sys.executable, "-m", "tests.chaos.worker", json.dumps(asdict(self.setup), default=str)]

        def be() -> None:
            os.chdir(self._tree)
            os.execve(
                sys.executable,
                [*words, str(number)],
                {**os.environ, "PYTHONPATH": str(self._tree), "PIGEON_DATA_DIR": str(self._tree / "data")},
            )

        self._bots[number] = fork(be)

    def _disturb(self, began: float) -> None:
        """Kill one after the other; each comes back as the one or the other version, or in the end all as the next."""
        total = self.channels * self.papers
        for at in range(self.points):
            since = self._clock.monotonic()
            while self._clock.monotonic() - since < 6.0 and self._posted() < total * at // (self.points + 1):
                self._wait(0.05)
            if self._step:
                number = at % BOTS
                self._is_next[number] = 1
            else:
                number = self._random.randrange(BOTS)
                self._is_next[number] = int(at % 2 == 0)
            self.figures.kills["bot"] += 1
            self._kill(number)
            up = self.folder / f"up-{number}"
            up.unlink(missing_ok=True)
            self._tell(
                "/hold"
            )  # one of the next version has everything to import yet: nobody does its work meanwhile
            self._start(number)
            while not up.exists():
                self._wait(0.05)
            self._tell("/go-on")

    def _read(self) -> None:
        super()._read()
        found = self.store.whole("EVAL", _COUNT, 0, FIELD)
        theirs, ours = found.split("\r\n")[1:3]
        self.backups = [
            len(one.read_text().splitlines()) for one in self.folder.rglob("before-schema-*.jsonl")
        ]
        if self._step:
            self.refusal = self._refused()
        self.seen = Counter({"next": int(theirs.lstrip(":")), "this": int(ours.lstrip(":"))})

    def _refused(self) -> str:
        ran = subprocess.run(
            [sys.executable, "-m", "bot", "run", "--roles", "match"],
            cwd=ROOT,
            env={
                **os.environ,
                "PIGEON_REDIS_URL": self.store.url,
                "PIGEON_DATA_DIR": str(self.folder / "old"),
            },
            capture_output=True,
            text=True,
            timeout=60,
        )
        return f"{ran.returncode} {ran.stderr}"

    def line(self) -> str:
        """The figures, and which versions had a part in them."""
        return (
            f"upgrade step={'yes' if self._step else 'no'} started_of_next={self.of_next} "
            f"planned_by_next={self.seen['next']} planned_by_this={self.seen['this']} "
            f"backups={len(self.backups)} {self.figures}"
        )


_COUNT = """
local theirs, ours = 0, 0
for _, name in ipairs(redis.call('KEYS', 'pp:{plain/*}:d:*')) do
  if redis.call('HEXISTS', name, ARGV[1]) == 1 then theirs = theirs + 1 else ours = ours + 1 end
end
return {theirs, ours}
"""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos.upgrade", description=__doc__)
    parser.add_argument("--deliveries", type=int, default=3000)
    parser.add_argument("--points", type=int, default=40, help="kills")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    failed = False
    for step in (False, True):
        run = Upgrade(step=step, seed=asked.seed, deliveries=asked.deliveries, points=asked.points)
        figures = run.go()
        sys.stdout.write(f"{run.line()}\n")
        sys.stdout.flush()
        failed |= bool(figures.lost or figures.duplicates or figures.stuck)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
