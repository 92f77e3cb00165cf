"""The source: one poll is one request, the announcement feed of all categories together.

What RSS lacks (comment, DOI, journal, exact dates) is not fetched for each paper: that would be many
requests a day at a host that asks for few. The nightly reconciliation brings it in a handful.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from bot.clock import Clock
from bot.errors import ListingUnavailable
from bot.listings import documents
from bot.listings.arxiv import ArxivSettings, api, rss
from bot.listings.page import Page, each_once
from bot.listings.politeness import Manners
from bot.listings.reader import Reader
from bot.models import Announce, Listing, Paper

FULL_READ_AFTER: Final = timedelta(hours=24)
LARGEST_FEED: Final = 12 * 1024 * 1024
"""Bytes. A full feed of 2,000 items has between 4 and 5 MB."""
CATCH_UP_PAGE: Final = 500
"""Papers of one page when catching up."""


def manners(settings: ArxivSettings) -> Manners:
    """One family over all of arXiv's hosts, as its terms want it."""
    return Manners("arxiv", interval=settings.interval_seconds, cooldown=settings.cooldown_seconds)


class Arxiv:
    """The announcements of the day."""

    name = "arxiv"

    def __init__(self, settings: ArxivSettings, reader: Reader, clock: Clock) -> None:
        self._categories = settings.watched
        self._rss = settings.rss_url.rstrip("/")
        self._api = settings.api_url.rstrip("/")
        self._manners = manners(settings)
        self._reader = reader
        self._clock = clock

    async def fetch(self, cursor: str | None) -> Listing:
        now = self._clock.now()
        kept = documents.mapping(_record(cursor))
        read = documents.moment(kept.get("read"))
        fresh = (
            kept.get("feed") == "+".join(self._categories)
            and read is not None
            and now - read < FULL_READ_AFTER
        )
        answer = await self._reader.fetcher.get(
            self._feed(self._categories),
            etag=documents.text(kept.get("etag")) or None if fresh else None,
            modified=documents.text(kept.get("modified")) or None if fresh else None,
            cap=LARGEST_FEED,
            manners=self._manners,
        )
        if answer.unchanged:
            return Listing(source=self.name, papers=(), cursor=cursor, unchanged=True)
        page = await self._reader.parse(rss.parse, answer, subject=self.name)
        pages = await self._parts(page, self._categories)
        sure = not any(part.suspicious for part in pages)
        notes = [
            f"The feed of arXiv was damaged; {len(part.papers)} papers of it could be read."
            for part in pages
            if part.damaged
        ]
        if not any(part.rows for part in pages):
            notes.append("The feed of arXiv is empty: a day without announcements, or one not out yet.")
        bookmark = {
            "v": 1,
            "feed": "+".join(self._categories),
            "read": now.isoformat(),
            # What could not be read in full is asked for again, and not only when it changes.
            "etag": answer.etag if sure else None,
            "modified": answer.modified if sure else None,
        }
        return Listing(
            source=self.name,
            papers=each_once(paper for part in pages for paper in part.papers),
            cursor=json.dumps(bookmark, separators=(",", ":")),
            skipped=sum(part.skipped for part in pages),
            notes=tuple(notes),
        )

    async def catch_up(self, since: datetime, until: datetime, cursor: str | None) -> Listing:
        """One page of what was submitted between, oldest first, by the query API.

        The listing's cursor asks for the next page; it is ``None`` after the last one. Raises a
        ListingError; the API is known to send empty pages now and then, and that is one.
        """
        start = documents.count(cursor) or 0
        query = api.submitted_between(self._categories, since, until)
        answer = await self._reader.fetcher.get(
            api.query_url(self._api, query, start=start, most=CATCH_UP_PAGE),
            cap=LARGEST_FEED,
            manners=self._manners,
            accept=frozenset({200, 400}),  # a refused query is a 400 with a feed that says why
        )
        page = await self._reader.parse(api.parse, answer, subject=self.name)
        if page.damaged or (not page.rows and start < (page.total or 0)):
            raise ListingUnavailable("arXiv's API sent an empty or broken page in the middle of its results.")
        reached = start + page.rows
        return Listing(
            source=self.name,
            papers=tuple(_announced(paper, self._categories) for paper in page.papers),
            cursor=str(reached) if page.rows and reached < (page.total or 0) else None,
            skipped=page.skipped,
        )

    async def _parts(self, page: Page, categories: Sequence[str]) -> Sequence[Page]:
        """The page itself; or, where arXiv cut a joined feed off at its limit, the feeds of its halves."""
        if page.rows < rss.MOST_ITEMS or len(categories) == 1:
            return [page]
        parts: list[Page] = []
        for half in (categories[: len(categories) // 2], categories[len(categories) // 2 :]):
            answer = await self._reader.fetcher.get(self._feed(half), cap=LARGEST_FEED, manners=self._manners)
            part = await self._reader.parse(rss.parse, answer, subject=self.name)
            parts.extend(await self._parts(part, half))
        return parts

    def _feed(self, categories: Sequence[str]) -> str:
        return f"{self._rss}/rss/{'+'.join(categories)}"


def _announced(paper: Paper, categories: Sequence[str]) -> Paper:
    """With the kind of announcement that RSS would have given it."""
    kind = Announce.NEW if paper.categories[:1] and paper.categories[0] in categories else Announce.CROSS
    return replace(paper, sightings=tuple(replace(seen, announce=kind) for seen in paper.sightings))


def _record(cursor: str | None) -> object:
    try:
        return json.loads(cursor or "{}")
    except ValueError:
        return {}
