"""The source: for each venue the notes changed since the last reading, newest change first.

A paper comes into a venue long after it was submitted, by a change of its note: so changes are followed and not
dates of submission. A page may be shifted by what changes meanwhile, towards its end: that repeats notes and loses none.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import urlencode

from bot.clock import Clock
from bot.errors import ListingBusy, ListingUnavailable
from bot.listings import documents
from bot.listings.fetch import Fetched
from bot.listings.openreview import OpenReviewSettings, reading
from bot.listings.page import Page, each_once
from bot.listings.politeness import Manners
from bot.listings.reader import Reader
from bot.models import Listing, Paper

ROWS: Final = 200
"""Notes of one page: 1,000 are allowed, which would be more than 5 MB."""
MOST_PAGES: Final = 5
"""Pages of one poll; the next one goes on."""
OVERLAP: Final = timedelta(days=2)
CHALLENGED_FOR: Final = 3_600.0
"""Seconds to leave OpenReview alone after a challenge: asking again does not help."""


@dataclass(slots=True)
class _Venue:
    """How far a venue was read. Moments are milliseconds since 1970."""

    since: int = 0
    """Everything changed before it is known; 0 until the first reading has come to its end."""
    at: int = 0
    """The row to go on from."""
    begun: int | None = None
    """When the reading in progress began; ``None`` between readings."""


class OpenReview:
    """The venues of the settings."""

    name = "openreview"

    def __init__(self, settings: OpenReviewSettings, reader: Reader, clock: Clock) -> None:
        self._settings = settings
        self._url = settings.url.rstrip("/")
        self._manners = Manners("openreview", interval=1.0)
        self._reader = reader
        self._clock = clock

    async def fetch(self, cursor: str | None) -> Listing:
        now = self._clock.now().astimezone(UTC)
        last, venues = _bookmark(cursor)
        going = any(one.begun is not None for name, one in venues.items() if name in self._settings.watched)
        new = [name for name in self._settings.watched if name not in venues]
        if not going and not new and last and now - last < timedelta(hours=self._settings.every_hours):
            return Listing(source=self.name, papers=(), cursor=cursor, unchanged=True, asked=False)
        if not going:
            last = now
            for name in self._settings.watched:
                venues.setdefault(name, _Venue()).begun = _ms(now)
        headers = await self._login()
        papers: list[Paper] = []
        skipped, left, ground = 0, MOST_PAGES, False
        for name in self._settings.watched:
            venue = venues.setdefault(name, _Venue(begun=_ms(now)))
            while venue.begun is not None and left > 0:
                # Old and new are never mixed in one listing: what is new must not pass for the ground.
                if papers and ground is not (venue.since == 0):
                    left = 0
                    break
                ground = venue.since == 0
                page = await self._page(name, venue.at, headers)
                left -= 1
                papers.extend(page.papers)
                skipped += page.skipped
                venue.at += page.rows
                oldest = int(page.next) if page.next else 0
                if page.rows < ROWS or oldest < venue.since - _length(OVERLAP):
                    venue.since, venue.at, venue.begun = venue.begun, 0, None
        kept = {
            name: [one.since, one.at, one.begun]
            for name, one in venues.items()
            if name in self._settings.watched
        }
        return Listing(
            source=self.name,
            papers=each_once(papers),
            cursor=json.dumps(
                {"v": 1, "read": last.isoformat() if last else None, "venues": kept}, separators=(",", ":")
            ),
            skipped=skipped,
            ground=ground,
        )

    async def _page(self, venue: str, at: int, headers: Mapping[str, str]) -> Page:
        asked = {"content.venueid": venue, "sort": "tmdate:desc", "limit": ROWS, "offset": at}
        answer = await self._reader.fetcher.get(
            f"{self._url}/notes?{urlencode(asked)}",
            headers=headers,
            manners=self._manners,
            accept=frozenset({200, 403}),
        )
        await self._let_in(answer)
        return await self._reader.parse(reading.parse, answer, subject=self.name)

    async def _login(self) -> Mapping[str, str]:
        """The header of an account; nothing without one."""
        password = self._settings.password.get_secret_value()
        if not self._settings.username or not password:
            return {}
        answer = await self._reader.fetcher.post(
            f"{self._url}/login",
            {"id": self._settings.username, "password": password},
            manners=self._manners,
            accept=frozenset({200, 400, 401, 403}),
        )
        await self._let_in(answer)
        found = reading.token(answer.body)
        if not found:
            raise ListingUnavailable(
                "OpenReview does not accept the account; check PIGEON_OPENREVIEW__USERNAME and PIGEON_OPENREVIEW__PASSWORD."
            )
        return {"Authorization": f"Bearer {found}"}

    async def _let_in(self, answer: Fetched) -> None:
        """Say what a refusal means."""
        if answer.status != 403:
            return
        if not reading.challenged(answer.body):
            raise ListingUnavailable("OpenReview refuses us (HTTP 403); the venue may not be public.")
        remedy = (
            "Take openreview out of the sources, or ask OpenReview to let this server in"
            if self._settings.username
            else "Set PIGEON_OPENREVIEW__USERNAME and PIGEON_OPENREVIEW__PASSWORD, or take the venues out of the settings"
        )
        await self._reader.fetcher.limiter.cool(
            self._manners,
            CHALLENGED_FOR,
            "it asked for a proof that only browsers can give (ChallengeRequired)",
        )
        raise ListingBusy(
            "OpenReview answers this server with a challenge for browsers (HTTP 403, ChallengeRequired), which the bot "
            f"does not evade. {remedy}.",
            after=CHALLENGED_FOR,
        )


def _bookmark(cursor: str | None) -> tuple[datetime | None, dict[str, _Venue]]:
    """When it was last read, and how far each venue; a cursor that cannot be read counts as none."""
    try:
        kept = documents.mapping(json.loads(cursor or "{}"))
    except ValueError:
        return None, {}
    venues: dict[str, _Venue] = {}
    for name, value in documents.mapping(kept.get("venues")).items():
        numbers: list[Any] = [*documents.items(value), None, None, None]
        venues[name] = _Venue(
            documents.count(numbers[0]) or 0, documents.count(numbers[1]) or 0, documents.count(numbers[2])
        )
    return documents.moment(kept.get("read")), venues


def _ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


def _length(time: timedelta) -> int:
    return int(time.total_seconds() * 1000)
