"""The child that reads what strangers send: ``python -m bot.listings.child``, started by the parser.

It has 512 MB of address space, five seconds of CPU for each document, no files to open, and nothing
of the parent but two pipes. Jobs come in on standard input, pages go out on standard output.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import importlib.util
import json
import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, BinaryIO, Final

from pydantic import TypeAdapter

from bot.errors import ListingMalformed
from bot.listings.page import Page
from bot.listings.parser import LENGTH, Parse
from bot.models import Paper

# Windows has no such limits; the parent's wall limit holds there too.
resource: Any = importlib.import_module("resource") if importlib.util.find_spec("resource") else None

ADDRESS_SPACE: Final = 512 * 1024 * 1024
CPU_SECONDS: Final = 5
_RETIRE_AT: Final = 150 * 1024
"""KiB of memory after which the child ends and a fresh one takes its place."""
_PART: Final = 250
"""Papers in one message, so that the parent never holds its event loop for long."""

_page = TypeAdapter(Page)


def main() -> None:
    """Serve jobs until standard input ends."""
    jobs, pages = sys.stdin.buffer, sys.stdout.buffer
    sys.stdout = sys.stderr  # nothing but messages goes out
    _load_readers()
    _limit()
    while (job := _read(jobs)) is not None and (data := _read(jobs)) is not None:
        _limit_cpu()
        _serve(job, data, pages)
        pages.flush()
        if _memory() > _RETIRE_AT:
            return


def _serve(job: bytes, data: bytes, pages: BinaryIO) -> None:
    try:
        page = _run(json.loads(job), data)
    except ListingMalformed as error:
        _write(pages, b"-", str(error).encode("utf-8", "replace"))
    except RecursionError:
        _write(pages, b"-", b"The answer is nested too deeply to be a listing.")
    except MemoryError:
        gc.collect()
        _write(pages, b"-", b"The answer takes too much memory to read.")
    except Exception as error:  # noqa: BLE001 - a parser that stumbles costs this answer, not the child
        _write(pages, b"-", f"The answer could not be read ({type(error).__name__}).".encode())
    else:
        rest = page.papers
        while len(rest) > _PART:
            _write(pages, b"p", _page.dump_json(Page(papers=rest[:_PART])))
            rest = rest[_PART:]
        _write(pages, b"+", _page.dump_json(replace(page, papers=rest)))


def _run(job: dict[str, object], data: bytes) -> Page:
    module, _, name = str(job["parse"]).partition(":")
    parse: Parse = getattr(importlib.import_module(module), name)
    arguments = job["arguments"]
    assert isinstance(arguments, dict)
    read: Page | Sequence[Paper] = parse(data, **arguments)
    return read if isinstance(read, Page) else Page(papers=tuple(read), rows=len(read))


def _load_readers() -> None:
    """Import what readers need while files may still be opened."""
    for module in ("bot.listings.markup", "bot.listings.documents"):
        importlib.import_module(module)


def _limit() -> None:
    if resource is None:
        return
    for limit, most in (
        (resource.RLIMIT_AS, ADDRESS_SPACE),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NOFILE, 16),
    ):
        with contextlib.suppress(ValueError, OSError):  # macOS knows no address-space limit
            resource.setrlimit(limit, (most, most))


def _limit_cpu() -> None:
    """Five more seconds from now on; the kernel ends the child that takes more."""
    if resource is None:
        return
    used = sum(os.times()[:2])
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_CPU, (int(used) + CPU_SECONDS + 1, resource.RLIM_INFINITY))


def _memory() -> int:
    """The most memory this process ever had resident, in KiB."""
    if resource is None:
        return 0
    most: int = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most // 1024 if sys.platform == "darwin" else most


def _read(pipe: BinaryIO) -> bytes | None:
    head = pipe.read(LENGTH.size)
    if len(head) < LENGTH.size:
        return None
    (length,) = LENGTH.unpack(head)
    data = pipe.read(length)
    return data if len(data) == length else None


def _write(pipe: BinaryIO, kind: bytes, data: bytes) -> None:
    pipe.write(kind + LENGTH.pack(len(data)))
    pipe.write(data)


if __name__ == "__main__":
    main()
