"""A run: processes, kills and pauses by a seed, and the figures at the end.

This process forks the others and does nothing else than that, so that a killed one is back within a
tenth of a second: everything is imported already.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import shutil
import signal
import tempfile
import urllib.request
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from typing import Any

from bot.clock import SystemClock
from tests.chaos import peer, worker
from tests.chaos.valkey import ValkeyServer

_KINDS = (("bot", 0.66), ("store", 0.2), ("all", 0.14))
LEASE = 3.0
BOTS = 3


@dataclass
class Figures:
    """What a run came to."""

    platform: str
    protocol: str
    seed: int
    kills: Counter[str] = field(default_factory=Counter)
    stops: int = 0
    deliveries: int = 0
    lost: int = 0
    duplicates: int = 0
    stuck: int = 0
    inversions: int = 0
    odds: Counter[str] = field(default_factory=Counter)
    violations: int = 0
    seconds: float = 0.0

    def __str__(self) -> str:
        drawn = sum(self.odds.values()) or 1
        faults = " ".join(
            f"{name}={self.odds[name] / drawn:.1%}" for name in ("lost", "5xx", "5xx-after", "429")
        )
        killed = " ".join(f"{name}={self.kills[name]}" for name, _ in _KINDS)
        return (
            f"platform={self.platform} protocol={self.protocol} seed={self.seed} "
            f"kills={sum(self.kills.values())} ({killed}) pauses={self.stops} deliveries={self.deliveries} "
            f"lost={self.lost} duplicates={self.duplicates} stuck={self.stuck} inversions={self.inversions} "
            f"faults: {faults.replace('lost=', 'lost_answers=')} refused_bodies={self.violations} seconds={self.seconds:.0f}"
        )


@dataclass
class Run:
    """One run. Lengths are seconds."""

    platform: str = "discord"
    seed: int = 1
    points: int = 60
    stops: int = 10
    deliveries: int = 1200
    channels: int = 60
    protocol: str = "ours"
    lease: float = LEASE
    longest: float = 4 * 3600.0
    keep: bool = False

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)
        self._clock = SystemClock()
        self._pause = Event().wait
        self.papers = -(-self.deliveries // self.channels)
        self.folder = Path(tempfile.mkdtemp(prefix="chaos-"))
        self.store = ValkeyServer(self.folder / "store")
        self._bots: dict[int, int] = {}
        self._stopped: dict[int, float] = {}
        self._platform = 0
        self.figures = Figures(self.platform, self.protocol, self.seed)

    def go(self) -> Figures:
        """Carry it out."""
        began = self._clock.monotonic()
        try:
            self._open()
            self._disturb(began)
            self._calm()
            self._settle(began)
            self._read()
        finally:
            self._close()
        self.figures.seconds = self._clock.monotonic() - began
        return self.figures

    # --- processes ----------------------------------------------------------------------------

    def _open(self) -> None:
        self.store.start()
        out, into = os.pipe()
        plan = peer.Plan(self.platform, self.seed, self.channels, self.papers)
        self._platform = fork(lambda: peer.serve(plan, into))
        os.close(into)
        with os.fdopen(out) as told:
            place = peer.Place(**json.load(told))
        self._control = place.control
        self.setup = worker.Setup(
            self.platform, place, self.store.url, self.folder, self.lease, self.protocol
        )
        prepared = fork(lambda: asyncio.run(worker.subscribe(self.setup)))
        if os.waitpid(prepared, 0)[1] != 0:
            raise RuntimeError("the subscriptions could not be made")
        for number in range(BOTS):
            self._start(number)

    def _start(self, number: int) -> None:
        self._bots[number] = fork(lambda: worker.run(self.setup, number))

    def _kill(self, number: int) -> None:
        pid = self._bots[number]
        self._stopped.pop(number, None)
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)

    def _close(self) -> None:
        for number in self._bots:
            self._kill(number)
        if self._platform:
            os.kill(self._platform, signal.SIGKILL)
            os.waitpid(self._platform, 0)
        self.store.kill()
        if not self.keep:
            shutil.rmtree(self.folder, ignore_errors=True)

    # --- what befalls them --------------------------------------------------------------------

    def _disturb(self, began: float) -> None:
        """Kill and pause, spread over the deliveries; at the latest every three seconds."""
        total = self.channels * self.papers
        events = ["kill"] * self.points + ["stop"] * self.stops
        self._random.shuffle(events)
        for at, event in enumerate(events):
            wanted = total * at // (len(events) + 1)
            since = self._clock.monotonic()
            while self._clock.monotonic() - since < 3.0 and self._posted() < wanted:
                self._wait(0.05)
            self._wait(self._random.uniform(0.0, 0.25))
            if event == "kill":
                self._strike()
            else:
                self._stop()
            if self._clock.monotonic() - began > self.longest:
                break

    def _strike(self) -> None:
        kind = self._random.choices([name for name, _ in _KINDS], [share for _, share in _KINDS])[0]
        self.figures.kills[kind] += 1
        struck = [self._random.choice(list(self._bots))] if kind == "bot" else []
        if kind == "all":
            struck = list(self._bots)
        if kind != "bot":
            self.store.kill()
        for number in struck:
            self._kill(number)
        if kind != "bot":
            self._wait(self._random.uniform(0.0, 0.3))
            self.store.start()
        for number in struck:
            self._start(number)

    def _stop(self) -> None:
        awake = [number for number in self._bots if number not in self._stopped]
        if not awake:
            return
        number = self._random.choice(awake)
        os.kill(self._bots[number], signal.SIGSTOP)
        self._stopped[number] = self._clock.monotonic() + self.lease + self._random.uniform(0.1, 1.5)
        self.figures.stops += 1

    def _wait(self, seconds: float) -> None:
        """Let time pass, and those go on whose pause is over."""
        self._pause(seconds)
        for number, until in list(self._stopped.items()):
            if self._clock.monotonic() >= until:
                del self._stopped[number]
                os.kill(self._bots[number], signal.SIGCONT)

    # --- the end ------------------------------------------------------------------------------

    def _calm(self) -> None:
        self._tell("/calm")

    def _settle(self, began: float) -> None:
        """Wait until everything is there, or nothing more comes; count what is overdue by more than two leases."""
        total = self.channels * self.papers
        quiet_since, before = self._clock.monotonic(), -1
        overdue: Counter[str] = Counter()
        while self._clock.monotonic() - began < self.longest:
            self._wait(0.5)
            distinct, now = self._posted(), self._clock.monotonic()
            if distinct >= total:
                distinct = len({tuple(one) for one in self._ask("/record")["posted"]})
            overdue = Counter(asyncio.run(worker.overdue(self.setup, 2 * self.lease)))
            if distinct >= total and not overdue:
                break
            if distinct != before:
                before, quiet_since = distinct, now
            # The longest wait after an unknown outcome is six minutes here; what is not there then is lost.
            if now - quiet_since > 400 or (self.protocol != "ours" and now - quiet_since > 8):
                break
        self.figures.stuck = sum(overdue.values())

    def _read(self) -> None:
        record = self._ask("/record")
        found = Counter((channel, number) for channel, number in record["posted"])
        wanted = {
            (one["channel"], number)
            for one in self.setup.place.destinations
            for number in range(1, self.papers + 1)
        }
        self.figures.deliveries = len(wanted)
        self.figures.lost = len(wanted - set(found))
        self.figures.duplicates = sum(count - 1 for count in found.values())
        planned = asyncio.run(worker.order(self.setup, self.papers))
        last: dict[str, float] = {}
        for channel, number in record["posted"]:
            at = planned.get((channel, number), 0.0)
            # Two matchers that plan for one channel within the same quarter of a second have no order.
            self.figures.inversions += at < last.get(channel, 0.0) - 0.25
            last[channel] = max(at, last.get(channel, 0.0))
        self.figures.odds = Counter(record["odds"])
        self.figures.violations = len(record["violations"])

    def _posted(self) -> int:
        return int(self._ask("/count")["posted"])

    def _tell(self, path: str) -> None:
        urllib.request.urlopen(
            urllib.request.Request(self._control + path, method="POST"), timeout=30
        ).close()

    def _ask(self, path: str) -> dict[str, Any]:
        with urllib.request.urlopen(self._control + path, timeout=30) as answer:
            said: dict[str, Any] = json.load(answer)
        return said


def fork(part: Callable[[], None]) -> int:
    """A process that does one thing and ends without our clean-up; its id."""
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        part()
        code = 0
    finally:
        os._exit(code)
