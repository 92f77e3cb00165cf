"""A TCP proxy between us and the store that loses answers when told to."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Self


class Proxy:
    """Passes connections on, until it is told to lose the answer to a request."""

    def __init__(self, socket: str) -> None:
        self._socket = socket
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self.port = 0
        self.lose: bytes | None = None
        """The next request that holds these bytes is passed on, and its answer lost: the connection breaks."""
        self.lost = 0

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        answers, onward = await asyncio.open_unix_connection(self._socket)
        cut = asyncio.Event()
        tasks = {
            asyncio.ensure_future(self._requests(reader, onward, cut)),
            asyncio.ensure_future(self._answers(answers, writer, cut)),
        }
        self._tasks |= tasks
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            task.cancel()
        for one in (writer, onward):
            one.close()
            with suppress(OSError):
                await one.wait_closed()
        self._tasks -= tasks

    async def _requests(
        self, reader: asyncio.StreamReader, onward: asyncio.StreamWriter, cut: asyncio.Event
    ) -> None:
        while piece := await reader.read(1 << 20):
            if self.lose is not None and self.lose in piece:
                self.lose = None
                self.lost += 1
                cut.set()
            onward.write(piece)
            await onward.drain()

    async def _answers(
        self, answers: asyncio.StreamReader, writer: asyncio.StreamWriter, cut: asyncio.Event
    ) -> None:
        while piece := await answers.read(1 << 20):
            if cut.is_set():
                return  # the store has done it; nobody hears of it
            writer.write(piece)
            await writer.drain()
