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


class Lines:
    """The lines of one input; they wait here while nobody asks."""

    def __init__(self, source: TextIO) -> None:
        """Raises OSError or ValueError where ``source`` is no open file of the system."""
        self._descriptor = source.fileno()
        self.interactive = source.isatty()
        self._lines: asyncio.Queue[str | None] = asyncio.Queue(maxsize=100)
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
        self._ended = line is None
        return line

    def _read(self, loop: asyncio.AbstractEventLoop) -> None:
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        pending = ""
        try:
            while chunk := os.read(self._descriptor, 4096):
                *whole, pending = (pending + decoder.decode(chunk)).split("\n")
                if len(pending) > _LONGEST:
                    whole, pending = [*whole, pending], ""
                for line in whole:
                    self._hand_over(line.rstrip("\r"), loop)
        except OSError:  # the terminal is gone: the same as the end of input
            pass
        try:
            if pending:
                self._hand_over(pending, loop)
            self._hand_over(None, loop)
        except RuntimeError:  # the loop is closed: nobody listens any more
            pass

    def _hand_over(self, line: str | None, loop: asyncio.AbstractEventLoop) -> None:
        """Put a line in the queue, waiting while it is full."""
        asyncio.run_coroutine_threadsafe(self._lines.put(line), loop).result()
