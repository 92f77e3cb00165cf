"""The name of this process among all that share a store: stable, so that consumer groups stay small.

A group of a stream remembers every name that ever read from it. A process that took a new name at each start
would leave hundreds behind, so a name is a slot of its host: the first that no living process holds. A lock
on a file says who lives; it ends with the process, however that ends.
"""

from __future__ import annotations

import os
import secrets
import socket
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

if sys.platform != "win32":
    import fcntl

SLOTS: Final = 256


@contextmanager
def worker_name(data_dir: Path) -> Iterator[str]:
    """A name for this process; within the context no other process with this data directory has it."""
    host = socket.gethostname()
    held = _slot(data_dir / "workers")
    if held is None:
        # A read-only place, or Windows: such names are cleared away an hour after their last use.
        yield f"{host}-{os.getpid()}-{secrets.token_hex(2)}"
        return
    slot, handle = held
    where = zlib.crc32(str(data_dir.resolve()).encode())
    try:
        yield f"{host}-{where:08x}-{slot}"
    finally:
        os.close(handle)


def _slot(folder: Path) -> tuple[int, int] | None:
    """The first free slot and the open file whose lock holds it."""
    if sys.platform == "win32":
        return None  # it has no such locks
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for slot in range(SLOTS):
            handle = os.open(folder / f"{slot}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(handle)
            else:
                return slot, handle
    except OSError:
        return None
    return None
