"""A data directory with an awkward name, and the server's own socket to look through."""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.clock import SystemClock
from bot.embedded import EmbeddedServer, open_embedded
from bot.embedded.directory import DataDirectory, drop_socket
from bot.embedded.wire import ask


@pytest.fixture
def data_dir(tmp_path: Path) -> Iterator[Path]:
    """A directory that no unquoted configuration survives; servers left on it are ended after the test."""
    folder = tmp_path / 'it\'s a "data" directory\\ü'
    yield folder
    for pid in servers_on(folder):
        os.kill(pid, signal.SIGKILL)
    if left := DataDirectory(folder).recorded():
        drop_socket(left.socket)


async def start(data_dir: Path) -> EmbeddedServer:
    return await open_embedded(data_dir, clock=SystemClock())


def say(server: EmbeddedServer, *command: str) -> object:
    return ask(Path(server.url.removeprefix("unix://")), *command)


def servers_on(data_dir: Path) -> list[int]:
    """The processes that hold the server's lock of this directory open, as the kernel tells it."""
    lock = data_dir / "valkey" / "server.lock"
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            links = [str(handle.readlink()) for handle in (process / "fd").iterdir()]
        except OSError:
            continue
        if str(lock) in links and int(process.name) != os.getpid():
            found.append(int(process.name))
    return found


def wait_until_gone(pid: int) -> None:
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            return
        if state == "Z":
            return
        os.sched_yield()
    raise AssertionError(f"process {pid} is still there")
