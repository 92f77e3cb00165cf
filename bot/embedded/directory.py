"""The data directory: who owns it, and which server works on it.

Two lock files answer both questions, and neither can go stale, because the kernel drops a lock with the
process that holds it:

``owner.lock``
    held by the program of ours that may start and stop the server; inside is its process id.
``server.lock``
    held by the *server*, which inherits the open file from its launcher. When our program is killed, the
    server lives on and keeps the lock: the next start sees it, and never starts a second one beside it.
    Inside is where the server's socket is.

All of it is in the sub-directory ``valkey``, so that a directory somebody already uses for other things
keeps its permissions. The lock files are never deleted: a lock on a deleted file locks nobody out.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bot.errors import AlreadyRunning, StartError

_ROOM = 1 << 20
"""Bytes that must be free at the start; below it Valkey could not even write its first files."""
_SOCKET_PATH = 100
"""Longest path of a socket in bytes: Linux takes 107, macOS 103."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """What ``server.lock`` says of the server that holds it."""

    socket: Path
    pid: int
    """0 where the launcher died before it could write it."""


class DataDirectory:
    """``<data directory>/valkey``."""

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir.absolute()
        self.path = self.data_dir / "valkey"
        self.aof = self.path / "appendonlydir"
        self.log = self.path / "valkey.log"
        self._owner: int | None = None

    def own(self) -> None:
        """Create it where it is missing, check that it can be written, and lock everybody else out.

        Raises AlreadyRunning, or StartError with what is wrong with the directory.
        """
        with told(self.path):
            if not self.data_dir.exists():
                self.data_dir.mkdir(parents=True, mode=0o700)
            self.path.mkdir(exist_ok=True)
            self.path.chmod(0o700)
            owner = _lock(self.path / "owner.lock")
            if owner is None:
                raise AlreadyRunning(self._whose())
            self._owner = owner
            try:
                _write(owner, str(os.getpid()))
                self.check_room()
            except OSError:
                self.disown()
                raise

    def disown(self) -> None:
        """Let others in."""
        if self._owner is not None:
            os.close(self._owner)
            self._owner = None

    def claim_server(self) -> int | None:
        """The open and locked ``server.lock``, to hand on to a new server; ``None`` while one lives."""
        with told(self.path):
            return _lock(self.path / "server.lock")

    def record(self, claim: int, socket: Path, pid: int = 0) -> None:
        """Write down where the server is that will hold ``claim``."""
        with told(self.path):
            _write(claim, json.dumps({"socket": str(socket), "pid": pid}))

    def recorded(self) -> Recorded | None:
        """The server written down last; whether it still lives is another question."""
        try:
            found = json.loads((self.path / "server.lock").read_text())
            return Recorded(socket=Path(found["socket"]), pid=int(found["pid"]))
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def _whose(self) -> str:
        pid = (self.path / "owner.lock").read_text(errors="replace").strip()
        return (
            f"Paper Pigeon already runs on {self.data_dir}{f' (process {pid})' if pid else ''}. "
            "Stop it first, or give this one a directory of its own with PIGEON_DATA_DIR."
        )

    def check_room(self) -> None:
        """Raise OSError where the disk has no room for the next megabyte."""
        # A disk without room is found by writing: what «free» means differs with quotas and reserves.
        with tempfile.TemporaryFile(dir=self.path) as probe:
            probe.write(bytes(_ROOM))
            probe.flush()
            os.fsync(probe.fileno())


def new_socket() -> Path:
    """A path for a socket, short enough, in a new directory that only this user may enter."""
    parent = tempfile.gettempdir()
    if len(os.fsencode(parent)) + len("/pigeon-12345678/s") > _SOCKET_PATH:
        parent = "/tmp"  # noqa: S108 - mkdtemp makes a private directory in it
    return Path(tempfile.mkdtemp(prefix="pigeon-", dir=parent)) / "s"


def drop_socket(socket: Path) -> None:
    """Remove what :func:`new_socket` made; anything else is left alone."""
    if socket.name == "s" and socket.parent.name.startswith("pigeon-"):
        shutil.rmtree(socket.parent, ignore_errors=True)


def _lock(path: Path) -> int | None:
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        return None
    except OSError:
        os.close(handle)
        raise
    return handle


def _write(handle: int, text: str) -> None:
    os.ftruncate(handle, 0)
    os.pwrite(handle, text.encode(), 0)


@contextlib.contextmanager
def told(path: Path) -> Iterator[None]:
    """The one place where the file system's refusals become sentences (StartError)."""
    try:
        yield
    except OSError as error:
        raise StartError(_sentence(path, error)) from error


def _sentence(path: Path, error: OSError) -> str:
    other = "or set PIGEON_DATA_DIR to another directory"
    match error.errno:
        case errno.ENOSPC | errno.EDQUOT:
            return f"The disk that holds {path} is full, so nothing could be kept. Free at least {_ROOM >> 20} MB, {other}."
        case errno.EROFS:
            return f"{path} is on a read-only file system. Mount it so that it can be written, {other}."
        case errno.EACCES | errno.EPERM:
            return f"This user may not write to {path}. Give them the directory (chown), {other}."
        case errno.ENOTDIR | errno.EEXIST:
            return f"{path} cannot be a directory, because a file is in its way. Move the file, {other}."
        case errno.ENOLCK | errno.EOPNOTSUPP:
            return f"The file system of {path} cannot lock files (some network shares cannot). Use a local disk: set PIGEON_DATA_DIR."
        case _:
            return f"{path} cannot be used: {error.strerror or error}. Repair it, {other}."
