"""The few commands that a launcher needs, in Redis' own protocol over a Unix socket.

The store's client (redis-py) stays out of here: it is the store's, it takes half a second to import,
and it repeats what it cannot send, which a question like «do you still live?» must not be.
Protocol: https://valkey.io/topics/protocol/
"""

from __future__ import annotations

import socket
from pathlib import Path
from typing import BinaryIO

Reply = str | int | list["Reply"] | None


_PATIENCE = 2.0
"""Seconds to wait for an answer; a server that works takes less than one thousandth."""


class Refusal(Exception):
    """The server answered with an error, such as ``LOADING …``."""


def ask(path: Path, *command: str) -> Reply:
    """Send one command to the server at ``path`` and return its answer.

    Raises OSError where nobody answers in time, and Refusal where the answer is an error.
    """
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(_PATIENCE)
        connection.connect(str(path))
        words = [word.encode() for word in command]
        connection.sendall(b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(w), w) for w in words))
        with connection.makefile("rb") as answer:
            return _read(answer)


def ask_pairs(path: Path, *command: str) -> dict[str, str]:
    """Like :func:`ask`, for an answer of names and values in turn (``CONFIG GET``) or in lines (``INFO``)."""
    reply = ask(path, *command)
    if isinstance(reply, list):
        return {str(name): str(value) for name, value in zip(reply[::2], reply[1::2], strict=True)}
    lines = str(reply).splitlines()
    return dict(line.split(":", 1) for line in lines if ":" in line and not line.startswith("#"))


def _read(answer: BinaryIO) -> Reply:
    line = answer.readline()
    if not line.endswith(b"\r\n"):
        raise ConnectionError("the server closed the connection")
    kind, rest = line[:1], line[1:-2].decode()
    match kind:
        case b"+":
            return rest
        case b"-":
            raise Refusal(rest)
        case b":":
            return int(rest)
        case b"$" if rest != "-1":
            return answer.read(int(rest) + 2)[:-2].decode(errors="surrogateescape")
        case b"*" if rest != "-1":
            return [_read(answer) for _ in range(int(rest))]
        case _:
            return None
