"""``python -m bot`` with an eye on its event loop: how long each turn keeps everything else waiting, and what does it.

``python -m benchmarks.watched FILE run``: the program as it is, and at its end FILE holds, as JSON, what :func:`load`
reads. A turn is the time between two looks of the loop at its sockets and timers. A thread looks at the
stack of a turn that lasts; what it costs itself is below a hundredth of a core.
"""

from __future__ import annotations

import asyncio
import atexit
import json
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parents[1]
LONG: Final = 0.1
"""Seconds of a turn that is long: three of them in one acknowledgement are felt."""
EVERY: Final = 0.02
"""Seconds between two looks at the stack."""


@dataclass
class Watch:
    """What was seen of one loop."""

    turns: list[float] = field(default_factory=list)
    """Seconds of turns above a hundredth of a second; shorter ones are only counted."""
    short: int = 0
    worked: float = 0.0
    """Seconds of processor that long turns took themselves: what is missing, other processes took."""
    blame: Counter[str] = field(default_factory=Counter)
    """Where long turns were when they were looked at, by the innermost line of ours."""
    _began: float = 0.0
    _began_cpu: float = 0.0

    def woke(self) -> None:
        self._began, self._began_cpu = time.monotonic(), time.thread_time()

    def sleeps(self) -> None:
        """The turn is over."""
        if not self._began:
            return
        took = time.monotonic() - self._began
        self._began, cpu = 0.0, time.thread_time() - self._began_cpu
        if took < 0.01:
            self.short += 1
            return
        self.turns.append(took)
        if took >= LONG:
            self.worked += cpu

    def look(self, thread: int) -> None:
        """Blame a line if the present turn is long."""
        began = self._began
        if began and time.monotonic() - began > LONG:
            self.blame[_ours(sys._current_frames().get(thread))] += 1

    def write(self, path: Path) -> None:
        path.write_text(
            json.dumps(
                {
                    "turns": self.turns,
                    "short": self.short,
                    "worked": self.worked,
                    "blame": self.blame.most_common(25),
                }
            )
        )


def _ours(frame: FrameType | None) -> str:
    """The innermost line of this program in a stack, and what it called."""
    called = ""
    while frame is not None:
        name = frame.f_code.co_filename
        if name.startswith((f"{ROOT}/bot", f"{ROOT}/adapters")):
            return f"{Path(name).relative_to(ROOT)}:{frame.f_lineno} {frame.f_code.co_name}{called}"
        called = called or f" → {Path(name).name}:{frame.f_code.co_name}"
        frame = frame.f_back
    return f"none of ours{called}"


def load(path: Path) -> tuple[list[str], list[float]]:
    """Lines to print of a watch that has ended, and the long turns in seconds, longest first."""
    seen: dict[str, Any] = json.loads(path.read_text())
    turns = sorted(seen["turns"], reverse=True)
    long = [one for one in turns if one >= LONG]
    worst = ", ".join(f"{one * 1000:.0f}" for one in turns[:5])
    count = (
        f"{len(turns) + seen['short']:,} turns, longest {worst} ms, {len(long)} above {LONG * 1000:.0f} ms"
    )
    lines = [
        f"event loop: {count} (together {sum(long):.1f} s, of which {seen['worked']:.1f} s were its own)"
    ]
    return lines + [f"  {looks * EVERY:6.2f} s  {where}" for where, looks in seen["blame"][:12]], long


def watch(path: Path) -> None:
    """Watch the first loop that this process runs, and write what was seen at its end."""
    seen = Watch()
    made: Callable[[], asyncio.AbstractEventLoop] = asyncio.DefaultEventLoopPolicy().new_event_loop

    class Policy(asyncio.DefaultEventLoopPolicy):
        def new_event_loop(self) -> asyncio.AbstractEventLoop:
            loop = made()
            selector = loop._selector  # type: ignore[attr-defined] # there is no public way to see a turn
            select = selector.select

            def selecting(timeout: float | None = None) -> Any:
                seen.sleeps()
                try:
                    return select(timeout)
                finally:
                    seen.woke()

            selector.select = selecting
            return loop

    asyncio.set_event_loop_policy(Policy())
    thread = threading.get_ident()

    def look() -> None:
        while True:
            time.sleep(EVERY)
            seen.look(thread)

    threading.Thread(target=look, daemon=True).start()
    atexit.register(seen.write, path)


if __name__ == "__main__":
    watch(Path(sys.argv.pop(1)))
    from bot.__main__ import main

    main()
