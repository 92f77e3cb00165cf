"""Readers that behave as hostile documents would make a real one behave; run in the parsing child."""

import os
import sys

from bot.listings.page import Page
from bot.models import Paper


def say(data: bytes, *, word: str = "") -> list[Paper]:
    return [Paper(id="feed:1", title=data.decode() + word)]


def many(data: bytes) -> list[Paper]:
    return [Paper(id=f"feed:{number}", title="x" * 1000) for number in range(int(data))]


def look_around(data: bytes) -> Page:
    descriptors = len(os.listdir("/proc/self/fd")) if sys.platform == "linux" else 0  # noqa: PTH208
    environment = " ".join(sorted(os.environ))
    return Page(papers=(), problems=(str(descriptors), environment))


def spin(data: bytes) -> list[Paper]:
    while True:
        pass


def wait(data: bytes) -> list[Paper]:
    import threading

    threading.Event().wait()
    return []


def hoard(data: bytes) -> list[Paper]:
    kept = []
    while True:
        kept.append(bytes(10_000_000))


def die(data: bytes, **arguments: str) -> list[Paper]:
    os.abort()


def recurse(data: bytes) -> list[Paper]:
    return recurse(data)


def stumble(data: bytes) -> list[Paper]:
    raise KeyError("secret text of the document")


def lie(data: bytes) -> list[Paper]:
    os.write(1, b"+\x00\x00\x00\x02{}")
    os._exit(0)
