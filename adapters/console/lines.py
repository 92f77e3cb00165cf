"""Lines from standard input, without blocking the loop and without hanging at the end.

A thread reads, because a terminal's input shares its open file with the output: making it non-blocking for the
loop would break printing. The thread is a daemon and calls ``os.read`` itself: a thread that waits within
``sys.stdin`` holds its lock, and Python then aborts at exit
(https://docs.python.org/3/library/sys.html#sys.stdin, https://bugs.python.org/issue26037).
"""

from __future__ import annotations

import asyncio
import codecs
import os
import threading
from typing import Final, TextIO

_LONGEST: Final = 64 * 1024
"""Characters of a line that never ends after which it is taken as ended."""

_WAITING: Final = 100
"""Lines that may wait; a faster writer waits itself."""


class Lines:
    """The lines of one input; they wait here while nobody asks."""

    def __init__(self, source: TextIO) -> None:
        """Raises OSError or ValueError where ``source`` is no open file of the system."""
        self._source = source  # kept: closed by its end of life, its number would come to mean another file
        self._descriptor = source.fileno()
        self.interactive = source.isatty()
        self._lines: asyncio.Queue[str | None] = asyncio.Queue()
        self._room = threading.Semaphore(_WAITING)
        self._started = False
        self._ended = False

    async def next(self) -> str | None:
        """The next line without its end, or ``None`` at the end of input, then and ever after."""
        if self._ended:
            return None
        if not self._started:
            self._started = True
            loop = asyncio.get_running_loop()
            threading.Thread(target=self._read, args=(loop,), name="console-input", daemon=True).start()
        line = await self._lines.get()
        self._room.release()
        self._ended = line is None
        return line

    def _read(self, loop: asyncio.AbstractEventLoop) -> None:
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        pending = ""
        try:
            while chunk := self._chunk():
                *whole, pending = (pending + decoder.decode(chunk)).split("\n")
                if len(pending) > _LONGEST:
                    whole, pending = [*whole, pending], ""
                for line in whole:
                    self._hand_over(line.rstrip("\r"), loop)
            if pending:
                self._hand_over(pending, loop)
            self._hand_over(None, loop)
        except RuntimeError:  # the loop is closed: nobody listens any more
            return

    def _chunk(self) -> bytes:
        try:
            return os.read(self._descriptor, 4096)
        except OSError:  # the terminal is gone: the same as the end of input
            return b""

    def _hand_over(self, line: str | None, loop: asyncio.AbstractEventLoop) -> None:
        """Put a line in the queue, waiting while there is no room. Raises RuntimeError where the loop is closed."""
        self._room.acquire()
        loop.call_soon_threadsafe(self._lines.put_nowait, line)
