"""The source: ids of the last days for each query, then the records of those not seen before."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Final
from urllib.parse import urlencode

from bot.clock import Clock
from bot.listings import documents
from bot.listings.politeness import Manners
from bot.listings.pubmed import PubmedSettings, reading
from bot.listings.reader import Reader
from bot.models import Listing, Paper

WINDOW_DAYS: Final = 7
LONGEST_GAP_DAYS: Final = 30
MOST_IDS: Final = 1_000
"""Ids of one query in one reading."""
_BATCH: Final = 200
_REMEMBERED: Final = 5_000


class Pubmed:
    """What the saved queries find."""

    name = "pubmed"

    def __init__(self, settings: PubmedSettings, reader: Reader, clock: Clock, contact: str) -> None:
        self._settings = settings
        self._queries = [query for part in settings.queries.split(";") if (query := part.strip())]
        self._url = settings.url.rstrip("/")
        key = settings.api_key.get_secret_value()
        self._manners = Manners("ncbi", interval=0.11 if key else 0.34, cooldown=60.0)
        email = contact.removeprefix("mailto:")
        self._always = {"db": "pubmed", "tool": "paper-pigeon"}
        self._always |= {"email": email} if "@" in email else {}
        self._always |= {"api_key": key} if key else {}
        self._reader = reader
        self._clock = clock

    async def fetch(self, cursor: str | None) -> Listing:
        now = self._clock.now().astimezone(UTC)
        try:
            kept = documents.mapping(json.loads(cursor or "{}"))
        except ValueError:
            kept = {}
        last = documents.moment(kept.get("read"))
        if last is not None and now - last < timedelta(hours=self._settings.every_hours):
            return Listing(source=self.name, papers=(), cursor=cursor, unchanged=True, asked=False)
        seen = [number for value in documents.items(kept.get("seen")) if (number := documents.count(value))]
        found, notes = await self._search(now, last)
        known = frozenset(seen)
        fresh = [number for number in found if number not in known]
        papers: list[Paper] = []
        skipped = 0
        for start in range(0, len(fresh), _BATCH):
            ids = ",".join(map(str, fresh[start : start + _BATCH]))
            answer = await self._reader.fetcher.get(
                self._call("efetch", id=ids, retmode="xml"), manners=self._manners
            )
            page = await self._reader.parse(reading.parse, answer, subject=self.name)
            papers.extend(page.papers)
            skipped += page.skipped
        bookmark = {"v": 1, "read": now.isoformat(), "seen": [*fresh, *seen][:_REMEMBERED]}
        return Listing(
            source=self.name,
            papers=tuple(papers),
            cursor=json.dumps(bookmark, separators=(",", ":")),
            skipped=skipped,
            notes=tuple(notes),
        )

    async def _search(self, now: datetime, last: datetime | None) -> tuple[list[int], list[str]]:
        """The ids that entered since the last reading, and for some days before it: records come late."""
        gap = (now - last).days if last else 0
        days = min(gap + WINDOW_DAYS, LONGEST_GAP_DAYS)
        found: dict[int, None] = {}
        notes: list[str] = []
        for query in self._queries:
            url = self._call(
                "esearch", term=query, reldate=days, datetype="edat", retmax=MOST_IDS, retmode="json"
            )
            answer = await self._reader.fetcher.get(url, manners=self._manners)
            page = await self._reader.parse(reading.parse_ids, answer, subject=self.name)
            found.update(dict.fromkeys(int(paper.short_id.removeprefix("pubmed:")) for paper in page.papers))
            if (page.total or 0) > MOST_IDS:
                notes.append(
                    f"A PubMed query finds {page.total} papers in {days} days; only {MOST_IDS} were read."
                )
        return list(found), notes

    def _call(self, utility: str, **asked: str | int) -> str:
        return f"{self._url}/{utility}.fcgi?{urlencode({**self._always, **asked})}"
