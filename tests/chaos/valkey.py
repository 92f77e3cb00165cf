"""A Valkey server as a process of its own, that can be killed and started again."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from threading import Event

from bot.embedded.binary import find_binary


def free_port() -> int:
    """A port of the loopback interface that nobody uses now."""
    with closing(socket.socket()) as held:
        held.bind(("127.0.0.1", 0))
        return int(held.getsockname()[1])


class ValkeyServer:
    """One server on loopback TCP with an append-only file."""

    def __init__(
        self,
        folder: Path,
        *,
        fsync: str = "always",
        config: tuple[str, ...] = (),
        env: Mapping[str, str] | None = None,
    ) -> None:
        self.folder = folder
        self._env = {**os.environ, **(env or {})}
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.pid = 0
        self._child: subprocess.Popen[bytes] | None = None
        self._lines = [
            f"port {self.port}",
            "bind 127.0.0.1",
            f'dir "{folder}"',
            "appendonly yes",
            f"appendfsync {fsync}",
            'save ""',
            "maxmemory-policy noeviction",
            *config,
        ]

    def start(self, *, wait: bool = True) -> None:
        """Start it, and wait until it answers."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "valkey.log").open("ab") as log:
            self._child = subprocess.Popen(
                [find_binary(), "-"],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                start_new_session=True,
                env=self._env,
            )
        assert self._child.stdin is not None
        with self._child.stdin as pipe:
            pipe.write(("\n".join(self._lines) + "\n").encode())
        self.pid = self._child.pid
        if wait:
            self.wait()

    def start_sentinel(self, primary: int) -> None:
        """Start as a sentinel of the primary at that port, under the name ``pigeon``."""
        self.folder.mkdir(parents=True, exist_ok=True)
        config = self.folder / "sentinel.conf"  # a sentinel writes into it
        config.write_text(
            f"port {self.port}\nbind 127.0.0.1\ndir {self.folder}\n"
            f"sentinel monitor pigeon 127.0.0.1 {primary} 1\n"
            "sentinel down-after-milliseconds pigeon 500\nsentinel failover-timeout pigeon 3000\n"
        )
        with (self.folder / "valkey.log").open("ab") as log:
            self._child = subprocess.Popen(
                [find_binary(), config, "--sentinel"], stdout=log, stderr=log, start_new_session=True
            )
        self.pid = self._child.pid
        self.wait()

    def wait(self, seconds: float = 30.0) -> None:
        """Wait until it serves."""
        for _ in range(int(seconds / 0.01)):
            if self._child is not None and self._child.poll() is not None:
                raise RuntimeError((self.folder / "valkey.log").read_text()[-2000:])
            try:
                if self.ask("PING") == "+PONG":
                    return
            except OSError:
                pass
            Event().wait(0.01)
        raise TimeoutError("Valkey does not answer")

    def ask(self, *words: str | int) -> str:
        """Send one command over a connection of its own; the first line of the answer."""
        return self.whole(*words).split("\r\n", 1)[0]

    def whole(self, *words: str | int) -> str:
        """The same, and all of the answer that came in one piece."""
        with closing(socket.create_connection(("127.0.0.1", self.port), timeout=10)) as connection:
            parts = [str(word).encode() for word in words]
            connection.sendall(
                b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%s\r\n" % (len(part), part) for part in parts)
            )
            answer = b""
            while b"\r\n" not in answer:
                piece = connection.recv(65536)
                if not piece:
                    raise ConnectionError("no answer")
                answer += piece
            return answer.decode(errors="replace")

    def pause(self) -> None:
        """Let it hang."""
        os.kill(self.pid, signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on."""
        os.kill(self.pid, signal.SIGCONT)

    def kill(self) -> None:
        """End it at once, as a crash does."""
        if self._child is not None and self._child.poll() is None:
            self._child.kill()
            self._child.wait()

    def restart(self) -> None:
        """Kill it and start it again on the same files."""
        self.kill()
        self.start()
