"""Feeds that were given in chat: a first look, and a source whose papers belong to those who gave it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

from bot.clock import Clock
from bot.listings.feeds import reading
from bot.listings.feeds.source import Feed
from bot.listings.guard import Allowed
from bot.listings.reader import Reader
from bot.models import Listing
from bot.ports import FeedLook
from bot.private import SOURCE, feed_name, private_id
from bot.text.tidy import tidy

NEWEST: Final = 3
_NEVER: Final = datetime.min.replace(tzinfo=UTC)


class GivenFeed:
    """One feed, fetched once for all who gave it."""

    def __init__(self, name: str, feed: Feed) -> None:
        self.name = f"{SOURCE}{name}"
        self._feed_name = name
        self._feed = feed

    async def fetch(self, cursor: str | None) -> Listing:
        listing = await self._feed.fetch(cursor)
        papers = tuple(replace(one, id=private_id(self._feed_name, one.id)) for one in listing.papers)
        return replace(listing, source=self.name, papers=papers)


class Feeds:
    """Opens feeds by their addresses, behind the guard (:class:`bot.ports.GivenFeeds`)."""

    def __init__(self, *, reader: Reader, clock: Clock, allowed: Allowed, most: int) -> None:
        self.most = most
        self._reader = reader
        self._clock = clock
        self._allowed = allowed

    def open(self, name: str, url: str) -> GivenFeed:
        """The source; what its answers did to the parser before is forgiven."""
        self._reader.parser.forgive(name)
        feed = Feed(name, url, reader=self._reader, clock=self._clock, allowed=self._allowed)
        return GivenFeed(name, feed)

    async def look(self, url: str) -> FeedLook:
        answer = await self._reader.fetcher.get(url, guarded=True, allowed=self._allowed)
        name = feed_name(url)
        page = await self._reader.parse(
            reading.parse, answer, subject=name, source=name, now=self._clock.now().isoformat()
        )
        tidied = [tidy(paper) for paper in page.papers]
        newest = sorted(tidied, key=lambda one: one.published or _NEVER, reverse=True)[:NEWEST]
        return FeedLook(
            title=tidy(replace(tidied[0], title=page.title)).title if tidied and page.title else "",
            items=len(tidied),
            newest=tuple(one.title for one in newest),
        )
