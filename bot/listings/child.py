"""The child that reads what strangers send: ``python -m bot.listings.child``, started by the parser.

It has 512 MB of address space, five seconds of CPU for each document, cannot write a file, and has
nothing of the parent but two pipes: not its environment, its descriptors or its terminal. Jobs come in on standard input, pages go out on standard output.
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
_RETIRE_AT: Final = 150 * 1024 * 1024
"""Bytes of memory after which the child ends and a fresh one takes its place."""
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
        worn = _worn()
        _write(pages, b"!" if worn else b".", b"")
        pages.flush()
        if worn:
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
        first, rest = page.papers[:_PART], page.papers[_PART:]
        _write(pages, b"+", _page.dump_json(replace(page, papers=first)))
        while rest:
            _write(pages, b"+", _page.dump_json(Page(papers=rest[:_PART])))
            rest = rest[_PART:]


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


def _worn() -> bool:
    """Did documents leave this process with more memory than it should keep?

    Its greatest size (``ru_maxrss``) does not tell: on Linux a child inherits that of its parent. Where there is
    no /proc the address space alone bounds it.
    """
    try:
        with open("/proc/self/statm", "rb") as file:  # noqa: PTH123 - there are few descriptors to spare
            pages = int(file.read().split()[1])
    except (OSError, ValueError):
        return False
    return pages * os.sysconf("SC_PAGE_SIZE") > _RETIRE_AT


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
