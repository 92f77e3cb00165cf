"""Open, adopt, restart and close the embedded server."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

from bot.clock import Clock
from bot.embedded import aof
from bot.embedded.binary import find_binary
from bot.embedded.directory import DataDirectory, Recorded, drop_socket, new_socket, told
from bot.embedded.process import last_words, spawn
from bot.embedded.wire import Refusal, ask, ask_pairs
from bot.errors import StartError, StoreUnavailable

_PATIENCE = 5.0
"""Seconds that a server gets to end by itself before it is killed."""
_SILENCE = 30.0
"""Seconds that a new server may take until its socket answers at all; loading comes after that, and has no limit."""
_STEP = 0.01
_EXPECTED = {"appendonly": "yes", "appendfsync": "always", "maxmemory-policy": "noeviction"}


async def open_embedded(data_dir: Path, *, clock: Clock) -> EmbeddedServer:
    """Start the server of this data directory, or adopt the one that a killed program left behind.

    The result is an async context manager; leaving it stops the server. Raises
    :class:`bot.errors.AlreadyRunning` while another program of ours owns the directory, and
    :class:`bot.errors.StartError` with the reason and what to do about it otherwise.
    """
    binary = find_binary()
    directory = DataDirectory(data_dir)
    directory.own()
    server = EmbeddedServer(directory, binary, clock)
    try:
        await server.ensure()
    except BaseException:
        await server.close()
        raise
    return server


def find_running(data_dir: Path) -> str | None:
    """The address of the server that works on this directory, for a command beside a running bot.

    ``None`` where none answers; then the command opens one for itself.
    """
    directory = DataDirectory(data_dir)
    recorded = directory.recorded()
    return _url(recorded.socket) if recorded and _answers(recorded, directory, {}) else None


class EmbeddedServer:
    """A running Valkey of our own. Made by :func:`open_embedded` only."""

    def __init__(self, directory: DataDirectory, binary: Path, clock: Clock) -> None:
        self.adopted = False
        """It was running already, left behind by a program that was killed."""
        self.notes: list[str] = []
        """Sentences for the log about what was found and done at the start."""
        self.version = ""
        """Valkey's own version, such as ``9.1.2``."""
        self.pid = 0
        self._directory = directory
        self._binary = binary
        self._clock = clock
        self._child: subprocess.Popen[bytes] | None = None
        self._socket: Path | None = None
        self._starting = asyncio.Lock()

    @property
    def url(self) -> str:
        """Its address for redis-py; it stays the same over restarts."""
        assert self._socket is not None
        return _url(self._socket)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def ensure(self) -> bool:
        """Start the server if it does not live (any more); tell whether that was needed. Cheap if it lives.

        Raises StartError where it cannot be started.
        """
        async with self._starting:
            if self._child and self._child.poll() is None:
                return False
            claim = self._directory.claim_server()
            if claim is None:
                if self.adopted or await self._adopt():
                    return False
                claim = await self._stop_orphan()
            try:
                await self._start(claim)
            finally:
                os.close(claim)
            return True

    async def close(self) -> None:
        """Stop the server, and wait until it has stopped; kill it if it does not. Then leave the directory."""
        async with self._starting:
            if self.pid:
                await self._stop(self.pid)
            if self._socket:
                drop_socket(self._socket)
            self._directory.disown()

    # --- adopting --------------------------------------------------------------------------

    async def _adopt(self) -> bool:
        recorded = self._directory.recorded()
        if recorded is None or not await self._loaded(recorded.socket):
            return False
        if aof.Rescue.interrupted(self._directory.aof):
            return False  # its launcher died before it had looked at what this server dropped
        if not await asyncio.to_thread(_answers, recorded, self._directory, _EXPECTED):
            return False
        about = await asyncio.to_thread(ask_pairs, recorded.socket, "INFO", "server")
        self._socket, self.adopted = recorded.socket, True
        self.pid, self.version = int(about["process_id"]), about["valkey_version"]
        self.notes.append("The server of a run that was killed was still there, and was taken over.")
        return True

    async def _loaded(self, socket: Path) -> bool:
        """Wait while a server loads its data; False where none answers."""
        while True:
            try:
                await asyncio.to_thread(ask, socket, "PING")
            except Refusal as refusal:
                if not str(refusal).startswith("LOADING"):
                    return False
                await self._clock.sleep(_STEP)
            except OSError:
                return False
            else:
                return True

    async def _stop_orphan(self) -> int:
        """Stop a server that cannot be adopted, and return the lock that it held."""
        recorded = self._directory.recorded()
        if recorded and _is_server(recorded.pid):
            await self._stop(recorded.pid)
        claim = self._directory.claim_server()
        if claim is None:
            named = f" (process {recorded.pid})" if recorded and recorded.pid else ""
            raise StoreUnavailable(
                f"A Valkey server{named} that an earlier run left behind still works on {self._directory.path}, "
                "and it neither answers nor stops. End that process, then start again."
            )
        self.notes.append(
            "A server that an earlier run left behind did not answer as it should, and was stopped."
        )
        return claim

    # --- starting --------------------------------------------------------------------------

    async def _start(self, claim: int) -> None:
        """Start the program, a second time with repairs allowed if the file only has a torn end."""
        self.adopted = False
        folder = self._directory.aof
        with told(self._directory.path):
            self._directory.check_room()  # a server that died of a full disk would die of it again
            if interrupted := aof.Rescue.interrupted(folder):
                interrupted.undo()
            if aof.orphaned(folder):
                raise aof.damaged(folder, f"{aof.MANIFEST} is missing")
            if self._socket is None:
                if left := self._directory.recorded():
                    drop_socket(left.socket)
                self._socket = new_socket()
            self._socket.parent.mkdir(mode=0o700, exist_ok=True)  # a cleaner of /tmp may have been there
            reason = await self._launch(claim, self._socket, repair=False)
            if "Unexpected end of file" in reason or ("Bad file" in reason and aof.ends_in_zeros(folder)):
                reason = await self._launch_torn(claim, self._socket)
        if aof.is_damage(reason):
            raise aof.damaged(folder, reason)
        if reason:
            raise StartError(
                f"The embedded Valkey did not start: {reason.rstrip('.')}. Its log is {self._directory.log}."
            )
        with told(self._directory.path):
            about = await asyncio.to_thread(ask_pairs, self._socket, "INFO", "server")
        self.version = about.get("valkey_version", about["redis_version"])

    async def _launch(self, claim: int, socket: Path, *, repair: bool) -> str:
        """Start the program once and wait until it serves; the reason where it stopped instead."""
        self._directory.record(claim, socket)
        try:
            self._child = spawn(self._binary, self._directory, socket, claim, repair=repair)
        except OSError as error:
            return f"{self._binary} cannot be run ({error.strerror})"
        self.pid = self._child.pid
        self._directory.record(claim, socket, self.pid)
        began = self._clock.monotonic()
        while self._child.poll() is None:
            if await self._loaded(socket):
                return ""
            if self._clock.monotonic() - began > _SILENCE:
                await self._stop(self.pid)
                return f"it did not answer within {_SILENCE:.0f} seconds"
            await self._clock.sleep(_STEP)
        self.pid = 0
        return last_words(self._directory.log)

    async def _launch_torn(self, claim: int, socket: Path) -> str:
        torn = aof.last_increment(self._directory.aof)
        if torn is None:
            return "Unexpected end of file, and no increment that could be cut"
        rescue = await asyncio.to_thread(aof.Rescue.of, torn)
        aof.cut_zeros(torn)
        if reason := await self._launch(claim, socket, repair=True):
            rescue.undo()
            return reason
        dropped = rescue.dropped()
        if not aof.looks_torn(dropped):
            await self._stop(self.pid)
            rescue.undo()
            return f"{torn.name} is damaged {len(dropped)} bytes before its end"
        self.notes.append(
            f"The last write before the machine stopped was cut short and never acknowledged: {len(dropped)} bytes "
            f"were dropped from the end of the store, and are kept in {rescue.keep(dropped)}."
        )
        return ""

    # --- stopping --------------------------------------------------------------------------

    async def _stop(self, pid: int) -> None:
        """Ask the server to end, then make it; returns when it has ended, or cannot be ended."""
        # SIGTERM is SHUTDOWN: what is buffered is synced first.
        for signum in (signal.SIGTERM, signal.SIGKILL):
            if self._ended():
                break
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signum)
            deadline = self._clock.monotonic() + _PATIENCE
            while not self._ended() and self._clock.monotonic() < deadline:
                await self._clock.sleep(_STEP)
        self._child = None
        self.pid = 0

    def _ended(self) -> bool:
        if self._child is not None:
            return self._child.poll() is not None
        # Not our child: nobody tells us of its end, but the lock that it holds does.
        claim = self._directory.claim_server()
        if claim is not None:
            os.close(claim)
        return claim is not None


def _url(socket: Path) -> str:
    return f"unix://{quote(str(socket))}"


def _answers(recorded: Recorded, directory: DataDirectory, expected: Mapping[str, str]) -> bool:
    """Does a server answer there that works on this very directory, and is set up as expected?"""
    try:
        found = ask_pairs(recorded.socket, "CONFIG", "GET", "dir", *expected)
    except (OSError, Refusal):
        return False
    return found.pop("dir", "") == str(directory.path.resolve()) and found == expected


def _is_server(pid: int) -> bool:
    """Is this process a Valkey server, as far as the system lets us see? Process ids are used again."""
    if not Path("/proc/self/cmdline").exists():
        return pid > 0
    try:
        return b"valkey-server" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False
