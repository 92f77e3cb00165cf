"""The parent's side of parsing: answers are read in a child process with tight limits.

One child serves all sources; it is started when first needed. A document that kills it is an error of
its listing and of nothing else; a listing that killed three in a row is left unread until the program starts
anew, so that one hostile feed cannot keep the others waiting.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import struct
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

import structlog
from pydantic import TypeAdapter, ValidationError

from bot.errors import ListingMalformed, ListingQuarantined, ListingUnavailable
from bot.listings.page import Page
from bot.models import Paper

Parse = Callable[..., Page | Sequence[Paper]]
"""A function at the top of a module: bytes, then keyword arguments that JSON can carry. It is run in the child."""

WALL_SECONDS: Final = 10.0
"""Longest a document may keep the child busy, measured from outside."""
MOST_KILLS: Final = 3
"""A listing that killed so many children in a row is quarantined."""
LENGTH: Final = struct.Struct(">I")
"""A job is two messages of a length and so many bytes: what to do, and the document. An answer is messages with a
letter before: «+» part of a page, «-» a refusal, then «.» for its end, or «!» if the child ends with it."""
_LARGEST_ANSWER: Final = 64 * 1024 * 1024
_PART: Final[TypeAdapter[Page]] = TypeAdapter(Page)

log = structlog.get_logger(__name__)


class Parser:
    """Reads answers of listings in a child process. One for the whole program."""

    def __init__(self, *, wall_seconds: float = WALL_SECONDS) -> None:
        self._wall = wall_seconds
        self._turn = asyncio.Lock()
        self._child: asyncio.subprocess.Process | None = None
        self._kills: Counter[str] = Counter()

    async def run(self, parse: Parse, data: bytes, *, subject: str, **arguments: str | int | None) -> Page:
        """Read ``data`` with ``parse``; ``subject`` is the listing it is from.

        Raises ListingMalformed when it is not what it should be, or when reading it took too much;
        ListingUnavailable when this machine has no room for a child now.
        """
        if self._kills[subject] >= MOST_KILLS:
            raise _quarantined(subject)
        job = json.dumps(
            {"parse": f"{parse.__module__}:{parse.__qualname__}", "arguments": arguments}
        ).encode()
        async with self._turn:
            try:
                async with asyncio.timeout(self._wall):
                    page = await self._ask(job, data)
            except (TimeoutError, asyncio.IncompleteReadError, ConnectionError) as error:
                await self._kill()
                self._kills[subject] += 1
                log.warning("A listing stopped the parser", subject=subject, kills=self._kills[subject])
                if self._kills[subject] >= MOST_KILLS:
                    raise _quarantined(subject) from error
                raise ListingMalformed(f"{subject} sent something that takes too much to read.") from error
            except ListingMalformed:
                self._kills.pop(subject, None)  # the child lives
                raise
            except OSError as error:
                raise ListingUnavailable(
                    f"The answer of {subject} was not read, because no parser could be started ({type(error).__name__})."
                ) from error
            except BaseException:
                await self._kill()  # in the middle of a message the pipe is of no further use
                raise
        self._kills.pop(subject, None)
        if page.skipped:
            log.warning(
                "Rows of a listing could not be read",
                subject=subject,
                skipped=page.skipped,
                why=page.problems,
            )
        return page

    def forgive(self, subject: str) -> None:
        """Read it again, though it was quarantined: somebody looked at it."""
        self._kills.pop(subject, None)

    async def aclose(self) -> None:
        """End the child."""
        async with self._turn:
            await self._kill()

    async def _ask(self, job: bytes, data: bytes) -> Page:
        child = self._child
        if child is None or child.returncode is not None:
            child = self._child = await _start()
        assert child.stdin is not None
        assert child.stdout is not None
        child.stdin.writelines((LENGTH.pack(len(job)), job, LENGTH.pack(len(data)), data))
        await child.stdin.drain()
        pages: list[Page] = []
        refusal: str | None = None
        while True:
            kind = await child.stdout.readexactly(1)
            (length,) = LENGTH.unpack(await child.stdout.readexactly(LENGTH.size))
            if length > _LARGEST_ANSWER:
                raise ConnectionError
            answer = await child.stdout.readexactly(length)
            if kind == b"+":
                pages.append(_read(answer))
            elif kind == b"-":
                refusal = answer.decode("utf-8", "replace")
            else:
                break
        if kind == b"!":
            await self._kill()  # it has grown, and ends by itself
        if refusal is not None:
            raise ListingMalformed(refusal)
        if not pages:
            raise ConnectionError
        return replace(pages[0], papers=tuple(paper for page in pages for paper in page.papers))

    async def _kill(self) -> None:
        child, self._child = self._child, None
        if child is None:
            return
        if child.stdin is not None:
            child.stdin.close()
        with contextlib.suppress(ProcessLookupError):
            child.kill()
        await child.wait()


def _quarantined(subject: str) -> ListingQuarantined:
    return ListingQuarantined(
        f"{subject} is not read any more: its answers stopped the parser {MOST_KILLS} times in a row. "
        "Look at its address in the settings, then start the bot again."
    )


def _read(answer: bytes) -> Page:
    try:
        return _PART.validate_json(answer)
    except ValidationError as error:
        raise ConnectionError from error  # no child of ours writes so


async def _start() -> asyncio.subprocess.Process:
    """A child without our environment (it holds tokens), our descriptors, our terminal or our signals."""
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-P",
        "-m",
        "bot.listings.child",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env={
            "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
            "PYTHONUTF8": "1",
            # Without these some interpreters do not start at all.
            **{name: os.environ[name] for name in ("LD_LIBRARY_PATH", "SYSTEMROOT") if name in os.environ},
        },
        start_new_session=True,
    )
