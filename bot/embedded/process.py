"""One server process: its configuration, its start, its last words."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
from pathlib import Path

from bot.embedded.directory import DataDirectory

_PREFIX = re.compile(r"^\d+:[A-Z] \d.*?\.\d{3} [.\-*#] ")  # noqa: TID251 - our own pattern


def configuration(folder: Path, socket: Path, *, repair: bool) -> bytes:
    """The server's configuration, for its standard input.

    On standard input, because there a path may hold anything, and no other user can read it. ``repair``
    lets the server drop a torn end; without it the server stops there.
    """
    lines = [
        b"port 0",  # any local user could connect to a TCP port
        b"unixsocket " + quoted(socket),
        b"unixsocketperm 700",
        b"dir " + quoted(folder),
        b"appendonly yes",
        b"appendfsync always",  # an acknowledged write survives a power failure
        b"aof-load-truncated " + (b"yes" if repair else b"no"),
        b'save ""',
        b"maxmemory-policy noeviction",
        b"hash-max-listpack-value 512",  # a subscription, or a field of a delivery: a third less memory
        b"daemonize no",
    ]
    return b"\n".join(lines) + b"\n"


def quoted(path: Path) -> bytes:
    """A path as Valkey's configuration reads it: in double quotes, everything unusual as two hexadecimal digits."""
    plain = b" !#$%&'()*+,-./:;<=>?@[]^_`{|}~"
    safe = (
        bytes([c]) if (chr(c).isalnum() and c < 128) or c in plain else b"\\x%02x" % c
        for c in os.fsencode(path)
    )
    return b'"' + b"".join(safe) + b'"'


def spawn(
    binary: Path, directory: DataDirectory, socket: Path, claim: int, *, repair: bool
) -> subprocess.Popen[bytes]:
    """Start the server. It inherits ``claim``, the lock that says a server works on this directory.

    A session of its own keeps Ctrl-C from it: the bot's last writes need it. Its environment is empty,
    because ours holds tokens.
    """
    if directory.log.exists():
        directory.log.replace(directory.log.with_name("valkey.previous.log"))
    with directory.log.open("wb") as log:
        process = subprocess.Popen(  # noqa: S603 - our own binary, no shell
            [binary, "-"],
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=subprocess.STDOUT,
            pass_fds=(claim,),
            start_new_session=True,
            env={"LC_ALL": "C"},
        )
    assert process.stdin is not None
    with contextlib.suppress(BrokenPipeError), process.stdin as pipe:  # it may have stopped: its log says why
        pipe.write(configuration(directory.path, socket, repair=repair))
    return process


def last_words(log: Path) -> str:
    """Why a server that stopped says it stopped."""
    try:
        lines = log.read_text(errors="replace").splitlines()
    except OSError:
        return "it left no log"
    said = [line for line in lines if line.strip() and not line.endswith("bye bye...")]
    # A «#» is a warning: the last one names the reason, where there is one.
    warnings = [line for line in said if _PREFIX.match(line) and " # " in line]
    reason = (warnings or said or ["it said nothing"])[-1]
    return _PREFIX.sub("", reason).strip()
