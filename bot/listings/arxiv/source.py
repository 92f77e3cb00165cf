"""The source: one poll is one request, the announcement feed of all categories together.

What RSS lacks (comment, DOI, journal, exact dates) is not fetched for each paper: that would be many
requests a day at a host that asks for few. The nightly reconciliation brings it in a handful.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

from bot.clock import Clock
from bot.errors import ListingError, ListingUnavailable
from bot.ledger import ArxivClock, Calendar
from bot.listings import documents
from bot.listings.arxiv import ArxivSettings, api, rss
from bot.listings.arxiv.manners import LARGEST, SOURCE, manners
from bot.listings.arxiv.reconcile import Records
from bot.listings.page import Page, each_once
from bot.listings.reader import Reader
from bot.models import Announce, Listing, Paper

FULL_READ_AFTER: Final = timedelta(hours=24)
CATCH_UP_PAGE: Final = 500
"""Papers of one page when catching up."""
COMPARE_AGAIN_AFTER: Final = 3_600.0
"""Seconds to leave the comparison alone after it failed; the announcements go on."""
COMPARE_FIRST_AFTER: Final = 60.0
"""Seconds after the start of the program before it begins."""


class Arxiv:
    """The announcements of the day, and by night what they did not show."""

    name = SOURCE

    def __init__(self, settings: ArxivSettings, reader: Reader, clock: Clock) -> None:
        self._categories = settings.watched
        self.calendar: Calendar = ArxivClock(settings.watched, holidays=settings.days_off)
        self._rss = settings.rss_url.rstrip("/")
        self._api = settings.api_url.rstrip("/")
        self._manners = manners(settings)
        self._reader = reader
        self._clock = clock
        self._records = Records(settings, reader, clock) if settings.reconcile else None
        # A first poll is to be quick: people look at it. The comparison can take minutes.
        self._compare_from = clock.monotonic() + COMPARE_FIRST_AFTER

    async def fetch(self, cursor: str | None) -> Listing:
        kept = documents.mapping(_record(cursor))
        feed, bookmark = await self._announcements(documents.mapping(kept.get("feed")))
        records = await self._compared(documents.text(kept.get("records")) or None)
        together = {"v": 1, "feed": bookmark, "records": records.cursor}
        return Listing(
            source=self.name,
            papers=each_once((*feed.papers, *records.papers)),
            cursor=json.dumps(together, separators=(",", ":")),
            unchanged=feed.unchanged and records.unchanged,
            skipped=feed.skipped + records.skipped,
            notes=feed.notes + records.notes,
            compared=records.compared,
        )

    async def _announcements(self, kept: Mapping[str, Any]) -> tuple[Listing, Mapping[str, Any]]:
        """The feed of today, and its part of the bookmark."""
        now = self._clock.now()
        read = documents.moment(kept.get("read"))
        watched = "+".join(self._categories)
        fresh = kept.get("of") == watched and read is not None and now - read < FULL_READ_AFTER
        answer = await self._reader.fetcher.get(
            self._feed(self._categories),
            etag=documents.text(kept.get("etag")) or None if fresh else None,
            modified=documents.text(kept.get("modified")) or None if fresh else None,
            cap=LARGEST,
            manners=self._manners,
        )
        if answer.unchanged:
            return Listing(source=self.name, papers=(), cursor=None, unchanged=True), kept
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
        listing = Listing(
            source=self.name,
            papers=tuple(paper for part in pages for paper in part.papers),
            cursor=None,
            skipped=sum(part.skipped for part in pages),
            notes=tuple(notes),
        )
        return listing, {
            "of": watched,
            "read": now.isoformat(),
            # What could not be read in full is asked for again, and not only when it changes.
            "etag": answer.etag if sure else None,
            "modified": answer.modified if sure else None,
        }

    async def _compared(self, cursor: str | None) -> Listing:
        """A page of the nightly comparison, where one is due. Its failure does not cost the announcements."""
        idle = Listing(source=self.name, papers=(), cursor=cursor, unchanged=True)
        if self._records is None or (cursor is not None and self._clock.monotonic() < self._compare_from):
            return idle
        try:
            return await self._records.fetch(cursor)
        except ListingError as error:
            self._compare_from = self._clock.monotonic() + COMPARE_AGAIN_AFTER
            return replace(idle, notes=(f"The comparison with arXiv's records failed: {error}",))

    async def catch_up(self, since: datetime, until: datetime, cursor: str | None) -> Listing:
        """One page of what was submitted between, oldest first, by the query API.

        The listing's cursor asks for the next page; it is ``None`` after the last one. Raises a
        ListingError; the API is known to send empty pages now and then, and that is one.
        """
        start = documents.count(cursor) or 0
        query = api.submitted_between(self._categories, since, until)
        answer = await self._reader.fetcher.get(
            api.query_url(self._api, query, start=start, most=CATCH_UP_PAGE),
            cap=LARGEST,
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
            answer = await self._reader.fetcher.get(self._feed(half), cap=LARGEST, manners=self._manners)
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
