"""Crossref: what journals registered lately, by ISSN.

``GET {URL}/works?filter=issn:…,from-created-date:…`` (https://api.crossref.org). Many publishers leave
abstracts out. With a contact address (``PIGEON_CONTACT``) we are served from the polite pool.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from html import unescape
from typing import TYPE_CHECKING, Annotated, Any, Final
from urllib.parse import urlencode

from pydantic import AfterValidator, BaseModel, Field

from bot.clock import Clock
from bot.errors import ListingMalformed
from bot.listings import documents
from bot.listings.page import Page, Rows
from bot.listings.politeness import Manners
from bot.models import Listing, Paper, Sighting
from bot.ports import PluginContext, Source, SourcePlugin
from bot.text.ids import canonical_id, doi_of

if TYPE_CHECKING:  # the program's help must not wait for an HTTP client
    from bot.listings.reader import Reader

OVERLAP: Final = timedelta(days=2)
LONGEST_GAP: Final = timedelta(days=30)
_ROWS: Final = 200
_MOST_PAGES: Final = 10
_ISSN: Final = re.compile(r"[0-9]{4}-[0-9]{3}[0-9X]")  # noqa: TID251
_NO_PAPERS: Final = frozenset(
    {
        "journal",
        "journal-issue",
        "journal-volume",
        "component",
        "grant",
        "peer-review",
        "book-set",
        "report-series",
    }
)


def _issns(text: str) -> tuple[str, ...]:
    found = tuple(dict.fromkeys(part for part in re.split(r"[\s,]+", text.upper()) if part))
    for part in found:
        if not _ISSN.fullmatch(part):
            raise ValueError(f"«{part[:40]}» is no ISSN; they look like 0028-0836")
    return found


def _checked(text: str) -> str:
    _issns(text)
    return text


class CrossrefSettings(BaseModel):
    """Settings under ``PIGEON_CROSSREF__``."""

    url: str = Field("https://api.crossref.org", description="Address of the API.")
    issns: Annotated[str, AfterValidator(_checked)] = Field(
        "", description="ISSNs of the journals to watch, with commas between. Empty: off."
    )
    every_hours: float = Field(6.0, ge=0, description="Hours between two readings.")


def parse(data: bytes) -> Page:
    """Read one page of works. Raises ListingMalformed for what is none."""
    message = documents.mapping(documents.mapping(documents.load(data)).get("message"))
    rows = message.get("items")
    if not isinstance(rows, list):
        raise ListingMalformed("The answer is no list of works of Crossref.")
    read = Rows()
    for row in rows[: documents.MOST_ITEMS]:
        fields = documents.mapping(row)
        if fields.get("type") in _NO_PAPERS:
            read.leave_out()
            continue
        paper = _paper(fields)
        if paper is None:
            read.skip(f"no DOI or no title in {str(row)[:80]!r}")
        else:
            read.add(paper)
    return read.page(
        total=documents.count(message.get("total-results")),
        next=documents.text(message.get("next-cursor")) or None,
    )


def _paper(row: Mapping[str, Any]) -> Paper | None:
    doi = doi_of(documents.text(row.get("DOI")))
    title = documents.text(*documents.items(row.get("title")))
    if doi is None or not title:
        return None
    created = _day(row, "created")
    # Journals date their issues years ahead; what is registered is out.
    published = min(
        filter(None, (_day(row, "published"), _day(row, "published-online"), created)), default=None
    )
    return Paper(
        id=canonical_id(doi) or f"doi:{doi}",
        title=title,
        abstract=documents.text(row.get("abstract")),
        authors=documents.texts(map(_name, documents.items(row.get("author")))),
        categories=documents.texts(documents.items(row.get("subject"))),
        published=datetime.combine(published, datetime.min.time(), UTC) if published else None,
        doi=doi,
        journal_ref=unescape(documents.text(*documents.items(row.get("container-title")))) or None,
        url=f"https://doi.org/{doi}",
        sightings=(Sighting(source="crossref", day=created, url=f"https://doi.org/{doi}"),),
    )


def _name(author: object) -> str:
    fields = documents.mapping(author)
    given, family = documents.text(fields.get("given")), documents.text(fields.get("family"))
    return f"{given} {family}".strip() or documents.text(fields.get("name"))


def _day(row: Mapping[str, Any], name: str) -> date | None:
    """A date in parts, of which month and day may be missing; years to come are mistakes of publishers."""
    parts = documents.items(
        next(iter(documents.items(documents.mapping(row.get(name)).get("date-parts"))), None)
    )
    numbers = [number for part in parts if (number := documents.count(part)) is not None]
    try:
        found = date(*[*numbers, 1, 1][:3]) if numbers else None
    except (ValueError, OverflowError):
        return None
    return found if found and 1600 < found.year < 2100 else None


class Crossref:
    """The journals of the settings."""

    name = "crossref"

    def __init__(self, settings: CrossrefSettings, reader: Reader, clock: Clock, contact: str) -> None:
        self._settings = settings
        self._contact = contact.removeprefix("mailto:")
        self._manners = Manners("crossref", interval=1.0, cooldown=60.0)
        self._reader = reader
        self._clock = clock

    async def fetch(self, cursor: str | None) -> Listing:
        now = self._clock.now().astimezone(UTC)
        last = documents.moment(cursor)
        if last is not None and now - last < timedelta(hours=self._settings.every_hours):
            return Listing(source=self.name, papers=(), cursor=cursor, unchanged=True, asked=False)
        since = max((last or now) - OVERLAP, now - LONGEST_GAP).date()
        papers: list[Paper] = []
        skipped = 0
        place: str | None = "*"
        for _ in range(_MOST_PAGES):
            answer = await self._reader.fetcher.get(self._address(since, place or "*"), manners=self._manners)
            page = await self._reader.parse(parse, answer, subject=self.name)
            papers.extend(page.papers)
            skipped += page.skipped
            place = page.next if page.rows >= _ROWS else None
            if place is None:
                break
        notes = (
            () if place is None else (f"Crossref has more than {_MOST_PAGES * _ROWS} works since {since}.",)
        )
        return Listing(
            source=self.name, papers=tuple(papers), cursor=now.isoformat(), skipped=skipped, notes=notes
        )

    def _address(self, since: date, place: str) -> str:
        journals = ",".join(f"issn:{issn}" for issn in _issns(self._settings.issns))
        asked = {"filter": f"{journals},from-created-date:{since}", "rows": str(_ROWS), "cursor": place}
        if "@" in self._contact:
            asked["mailto"] = self._contact
        return f"{self._settings.url.rstrip('/')}/works?{urlencode(asked)}"


def _create(context: PluginContext) -> Sequence[Source]:
    from bot.listings.reader import Reader  # noqa: PLC0415

    return [Crossref(context.settings, Reader.of(context), context.clock, context.contact)]


plugin = SourcePlugin(
    name="crossref",
    settings=CrossrefSettings,
    create=_create,
    configured=lambda settings: bool(settings.issns.strip()),
)
