"""bioRxiv and medRxiv: what was posted or revised in the last days, by their API.

``GET {URL}/details/{server}/{from}/{to}/{cursor}/json`` (https://api.biorxiv.org). It has no search: everything
is read and kept by category. There is a row for each version; pages have 30 rows or 100, so we advance by
what came; the end of an interval may be missing for a while, so intervals overlap.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, Literal

from pydantic import BaseModel, Field

from bot.clock import Clock
from bot.errors import ListingMalformed
from bot.listings import documents
from bot.listings.page import Page, Rows
from bot.listings.politeness import Manners
from bot.models import Announce, Listing, Paper, Sighting
from bot.ports import PluginContext, Source, SourcePlugin
from bot.text.ids import doi_of

if TYPE_CHECKING:  # the program's help must not wait for an HTTP client
    from bot.listings.reader import Reader

Server = Literal["biorxiv", "medrxiv"]

OVERLAP: Final = timedelta(days=2)
LONGEST_GAP: Final = timedelta(days=30)
MOST_PAGES: Final = 10
"""Pages of one poll; the next poll goes on from there."""


class BiorxivSettings(BaseModel):
    """Settings under ``PIGEON_BIORXIV__`` and ``PIGEON_MEDRXIV__``."""

    url: str = Field("https://api.biorxiv.org", description="Address of the API, which serves both.")
    categories: str = Field(
        "",
        description="Categories to watch, with commas between («neuroscience, genomics»), or «all». Empty: off.",
    )
    every_hours: float = Field(4.0, ge=0, description="Hours between two readings of the last days.")


# --- reading (pure) -----------------------------------------------------------------------------


def parse(data: bytes, *, server: str, categories: str = "all") -> Page:
    """Read one page; ``categories`` as in the settings. Raises ListingMalformed for what is no such page."""
    answer = documents.mapping(documents.load(data))
    rows = answer.get("collection")
    if not isinstance(rows, list):
        raise ListingMalformed("The answer is no page of the bioRxiv API.")
    message = documents.mapping(next(iter(documents.items(answer.get("messages"))), None))
    wanted = frozenset(name for part in categories.lower().split(",") if (name := _category(part)))
    read = Rows()
    for row in rows[: documents.MOST_ITEMS]:
        fields = documents.mapping(row)
        paper = _paper(fields, server)
        if paper is None:
            read.skip(f"no DOI or no title in {str(row)[:80]!r}")
        elif wanted == {"all"} or _category(_said(fields, "category")) in wanted:
            read.add(paper)
        else:
            read.leave_out()
    return read.page(total=documents.count(message.get("total")))


def _category(text: str) -> str:
    return " ".join(text.replace("_", " ").replace("-", " ").lower().split())


def _said(row: Mapping[str, Any], name: str) -> str:
    """A field's text; the API writes «NA» for what it does not know."""
    text = documents.text(row.get(name))
    return "" if text == "NA" else text


def _paper(row: Mapping[str, Any], server: str) -> Paper | None:
    doi, title = doi_of(_said(row, "doi")), _said(row, "title")
    if doi is None or not title:
        return None
    version = documents.count(row.get("version"))
    posted = documents.moment(row.get("date"))
    journal = doi_of(_said(row, "published"))
    page = f"https://www.{server}.org/content/{doi}v{version or 1}"
    sighting = Sighting(
        source=server,
        announce=Announce.NEW if version in {None, 1} else Announce.REPLACE,
        day=posted.date() if posted else None,
        url=page,
    )
    return Paper(
        id=f"doi:{doi}",
        title=title,
        abstract=_said(row, "abstract"),
        authors=documents.texts(_said(row, "authors").split(";")),
        categories=documents.texts([_said(row, "category")]),
        published=posted if version in {None, 1} else None,
        updated=posted,
        version=version,
        organization=_said(row, "author_corresponding_institution") or None,
        doi=doi,
        journal_ref=f"https://doi.org/{journal}" if journal else None,
        url=f"https://doi.org/{doi}",
        pdf_url=f"{page}.full.pdf",
        withdrawn=_said(row, "type").lower() == "withdrawn",
        sightings=(sighting,),
    )


# --- the source ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Bookmark:
    """An interval being read, or when the last one was."""

    begun: datetime
    first: date
    last: date
    at: int | None = 0
    """Row to go on from; ``None`` when the interval was read to its end."""

    @classmethod
    def of(cls, cursor: str | None) -> _Bookmark | None:
        try:
            kept = documents.mapping(json.loads(cursor or "{}"))
        except ValueError:
            return None
        begun, first = documents.moment(kept.get("begun")), documents.day(kept.get("first"))
        last = documents.day(kept.get("last"))
        if begun is None or first is None or last is None:
            return None
        return cls(begun=begun, first=first, last=last, at=documents.count(kept.get("at")))

    def cursor(self) -> str:
        return json.dumps(
            {
                "v": 1,
                "begun": self.begun.isoformat(),
                "first": self.first.isoformat(),
                "last": self.last.isoformat(),
                "at": self.at,
            },
            separators=(",", ":"),
        )


class Biorxiv:
    """One of the two servers."""

    def __init__(self, server: Server, settings: BiorxivSettings, reader: Reader, clock: Clock) -> None:
        self.name: str = server
        self._settings = settings
        self._url = f"{settings.url.rstrip('/')}/details/{server}"
        self._manners = Manners("biorxiv", interval=1.0, cooldown=300.0)
        self._reader = reader
        self._clock = clock

    async def fetch(self, cursor: str | None) -> Listing:
        now = self._clock.now().astimezone(UTC)
        kept = self._interval(_Bookmark.of(cursor), now)
        if kept is None:
            return Listing(source=self.name, papers=(), cursor=cursor, unchanged=True, asked=False)
        papers: list[Paper] = []
        skipped = 0
        for _ in range(MOST_PAGES):
            assert kept.at is not None
            answer = await self._reader.fetcher.get(
                f"{self._url}/{kept.first}/{kept.last}/{kept.at}/json", manners=self._manners
            )
            page = await self._reader.parse(
                parse, answer, subject=self.name, server=self.name, categories=self._settings.categories
            )
            papers.extend(page.papers)
            skipped += page.skipped
            reached = kept.at + page.rows
            # An empty page ends it, whatever the total says; the overlap of the next one brings the rest.
            kept = replace(kept, at=reached if page.rows and reached < (page.total or 0) else None)
            if kept.at is None:
                break
        return Listing(source=self.name, papers=tuple(papers), cursor=kept.cursor(), skipped=skipped)

    def _interval(self, kept: _Bookmark | None, now: datetime) -> _Bookmark | None:
        """What to read now; ``None`` while the last reading is young."""
        today = now.date()
        if kept is None:
            return _Bookmark(begun=now, first=today - OVERLAP, last=today)
        if kept.at is not None:
            return kept
        if now - kept.begun < timedelta(hours=self._settings.every_hours):
            return None
        return _Bookmark(begun=now, first=max(kept.last - OVERLAP, today - LONGEST_GAP), last=today)


def _plugin(server: Server) -> SourcePlugin:
    def create(context: PluginContext) -> Sequence[Source]:
        from bot.listings.reader import Reader  # noqa: PLC0415

        return [Biorxiv(server, context.settings, Reader.of(context), context.clock)]

    return SourcePlugin(
        name=server,
        settings=BiorxivSettings,
        create=create,
        configured=lambda settings: bool(settings.categories),
    )


plugin = _plugin("biorxiv")
medrxiv_plugin = _plugin("medrxiv")
