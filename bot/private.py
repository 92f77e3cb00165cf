"""Papers of feeds that were given in chat: they belong to the workspaces that gave the feed, and to nobody else (pure).

Such a feed is called by its host and a hash of its whole address, the same wherever it is given; its papers have ids of
their own, ``feed:@<name>/<item>``, even where the item names an arXiv id or a DOI. So nothing that a feed says of a paper reaches
what others see of it, and no list of all papers holds them. What was said in a channel is remembered by the canonical id
inside, so that one paper is one card there, whichever way it came.
"""

from __future__ import annotations

import hashlib
from typing import Final
from urllib.parse import urlsplit

MARK: Final = "feed:@"
SOURCE: Final = "@"
"""Before the name of a given feed where the bookmarks and the health of all sources are kept."""


def feed_name(url: str) -> str:
    """What a feed at this address is called: ``nature.com-1f3a9c2b``. Raises ValueError for what is no address."""
    host = (urlsplit(url).hostname or "").removeprefix("www.").lower()
    if not host.isascii() or not host.replace("-", "").replace(".", "").isalnum():
        host = "feed"
    return f"{host[:40]}-{hashlib.sha256(url.encode()).hexdigest()[:8]}"


def private_id(feed: str, item: str) -> str:
    """The id of an item of a given feed; ``item`` is a canonical id, or ``feed:<name>:<hash>``."""
    return f"{MARK}{feed}/{item.removeprefix(f'feed:{feed}:')}"


def feed_of(paper_id: str) -> str | None:
    """The name of the given feed that a paper belongs to; ``None`` for everybody's papers."""
    return paper_id[len(MARK) :].partition("/")[0] if paper_id.startswith(MARK) else None


def identity(paper_id: str) -> str:
    """By what a channel remembers that it had a paper: the canonical id inside a private one, else the id."""
    inner = paper_id.partition("/")[2] if paper_id.startswith(MARK) else ""
    return inner if ":" in inner else paper_id


def given_feed(source: str) -> str | None:
    """The name of the given feed that a source is, by the source's name; ``None`` for everybody's sources."""
    return source.removeprefix(SOURCE) if source.startswith(SOURCE) else None
