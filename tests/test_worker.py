"""Names of processes: few, stable, and never held by two at once."""

import subprocess
import sys
from pathlib import Path

from bot.worker import worker_name


def test_two_processes_have_two_names_and_the_next_takes_the_first_that_is_free(tmp_path: Path) -> None:
    with worker_name(tmp_path) as first, worker_name(tmp_path) as second:
        assert first != second
        held = first
    with worker_name(tmp_path) as third:
        assert third == held


def test_a_killed_process_leaves_its_name(tmp_path: Path) -> None:
    code = (
        "import os, signal; from pathlib import Path; from bot.worker import worker_name\n"
        f"with worker_name(Path({str(tmp_path)!r})) as name:\n"
        "    print(name, flush=True); os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    names = {
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip()
        for _ in range(3)
    }
    assert len(names) == 1


def test_bots_with_different_folders_have_different_names(tmp_path: Path) -> None:
    with worker_name(tmp_path / "a") as one, worker_name(tmp_path / "b") as other:
        assert one != other


def test_where_nothing_can_be_written_a_name_is_used_once() -> None:
    with worker_name(Path("/proc/nowhere")) as name:
        assert name
