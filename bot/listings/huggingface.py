"""Hugging Face Daily Papers: the lists of the last days, read anew each time because they grow.

The API is ``GET {URL}/api/daily_papers?date=YYYY-MM-DD``
(https://huggingface.co/docs/hub/api#get-apidailypapers). A list belongs to a UTC day; papers are added late,
counts keep changing, weekends may be empty, and every field but id and title may be missing.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, Final

from pydantic import BaseModel, Field

from bot.clock import Clock
from bot.errors import ListingBusy, ListingError, ListingMalformed, ListingUnreachable
from bot.ledger import Calendar, HuggingFaceClock
from bot.listings import documents
from bot.listings.page import Page, Rows, each_once
from bot.models import Announce, Listing, Paper, Sighting
from bot.ports import Enricher, PluginContext, Source, SourcePlugin
from bot.text.ids import arxiv_id

if TYPE_CHECKING:  # the program's help must not wait for an HTTP client
    from bot.listings.reader import Reader

WINDOW_DAYS: Final = 3
"""Lists so young are read on every poll."""
FULL_READ_AFTER: Final = timedelta(hours=24)
"""After so long a list is read whole, whatever its ETag says: servers have been wrong about that."""
_PAGE: Final = 50
"""Rows of one answer unless asked otherwise (the API's default)."""
_MOST_PAGES: Final = 10


class HuggingFaceSettings(BaseModel):
    """Settings under ``PIGEON_HUGGINGFACE__``."""

    url: str = Field("https://huggingface.co", description="Address of Hugging Face or of a mirror of it.")
    first_days: int = Field(7, ge=1, le=31, description="Days of lists that the very first poll brings.")
    catch_up_days: int = Field(14, ge=3, le=60, description="Days back to fetch after the bot was down.")
    trending: bool = Field(
        default=False, description="Also watch the «trending» order, as announce:trending."
    )
    details: bool = Field(
        default=True,
        description="Ask for the models, datasets, Spaces and code of papers that matched or were looked at.",
    )
    details_per_day: int = Field(1_000, ge=1, le=20_000, description="Most such requests a day.")


# --- reading (pure) -----------------------------------------------------------------------------


def parse(data: bytes, *, day: str | None = None, announce: str = "new") -> Page:
    """Read one list. ``day`` is the day it was asked for; a paper's own ``submittedOnDailyAt`` goes before it."""
    rows = documents.load(data)
    if not isinstance(rows, list):
        error = documents.text(documents.mapping(rows).get("error"))
        raise ListingMalformed(f"The answer is no list of papers{f': {error[:200]}' if error else ''}.")
    asked = date.fromisoformat(day) if day else None
    read = Rows()
    for row in rows[: documents.MOST_ITEMS]:
        paper = _paper(documents.mapping(row), asked, Announce(announce))
        if paper is None:
            read.skip(f"no id or no title in {str(row)[:80]!r}")
        else:
            read.add(paper)
    for _ in rows[documents.MOST_ITEMS :]:
        read.skip(f"beyond the first {documents.MOST_ITEMS} rows")
    return read.page()


def _paper(row: Mapping[str, Any], asked: date | None, announce: Announce) -> Paper | None:
    # What the official client takes from the outer object is inside ``paper``, and the other way round in places.
    paper = documents.mapping(row.get("paper"))
    found = arxiv_id(documents.text(paper.get("id"), row.get("id")))
    title = documents.text(paper.get("title"), row.get("title"))
    if found is None or not title:
        return None
    submitter = documents.mapping(paper.get("submittedOnDailyBy")) or documents.mapping(
        row.get("submittedBy")
    )
    company = documents.mapping(paper.get("organization")) or documents.mapping(row.get("organization"))
    sighting = Sighting(
        source="huggingface",
        announce=announce,
        day=documents.day(paper.get("submittedOnDailyAt")) or asked,
        url=f"https://huggingface.co/papers/{found.base}",
        submitted_by=documents.text(submitter.get("fullname"), submitter.get("user"), submitter.get("name"))
        or None,
    )
    return Paper(
        id=found.canonical,
        title=title,
        abstract=documents.text(paper.get("summary"), row.get("summary")),
        authors=documents.texts(
            documents.mapping(author).get("name")
            for author in documents.items(paper.get("authors"))
            if not documents.mapping(author).get("hidden")
        ),
        published=documents.moment(paper.get("publishedAt")),
        organization=documents.text(company.get("fullname"), company.get("name")) or None,
        upvotes=documents.count(paper.get("upvotes"), row.get("upvotes")),
        comments=documents.count(row.get("numComments"), paper.get("numComments")),
        stars=documents.count(paper.get("githubStars"), row.get("githubStars")),
        keywords=documents.texts(documents.items(paper.get("ai_keywords") or row.get("ai_keywords"))),
        url=f"https://arxiv.org/abs/{found.base}",
        pdf_url=f"https://arxiv.org/pdf/{found.base}",
        code_url=documents.web_address(paper.get("githubRepo"), row.get("githubRepo")),
        project_url=documents.web_address(paper.get("projectPage"), row.get("projectPage")),
        thumbnail_url=documents.web_address(row.get("thumbnail"), paper.get("thumbnail")),
        withdrawn=documents.moment(paper.get("withdrawnAt")) is not None,
        sightings=(sighting,),
    )


# --- the bookmark -------------------------------------------------------------------------------


@dataclass(slots=True)
class _Day:
    """What is remembered of one list."""

    etag: str | None = None
    modified: str | None = None
    asked: datetime | None = None
    """Last answered, changed or not."""
    read: datetime | None = None
    """Last read whole."""


@dataclass(slots=True)
class _Bookmark:
    """The lists that matter still, by day."""

    days: dict[date, _Day] = field(default_factory=dict)

    @classmethod
    def of(cls, cursor: str | None) -> _Bookmark:
        """Read a cursor; one that cannot be read counts as none, and costs a full read."""
        try:
            record = documents.mapping(json.loads(cursor or "{}"))
        except ValueError:
            return cls()
        days: dict[date, _Day] = {}
        for key, value in documents.mapping(record.get("days")).items():
            if (day := documents.day(key)) is not None:
                kept = documents.mapping(value)
                days[day] = _Day(
                    etag=documents.text(kept.get("etag")) or None,
                    modified=documents.text(kept.get("modified")) or None,
                    asked=documents.moment(kept.get("asked")),
                    read=documents.moment(kept.get("read")),
                )
        return cls(days)

    def cursor(self, oldest: date) -> str:
        """As a cursor, without what is older than ``oldest``."""
        days = {
            day.isoformat(): {
                key: value.isoformat() if isinstance(value, datetime) else value
                for key, value in (
                    ("etag", kept.etag),
                    ("modified", kept.modified),
                    ("asked", kept.asked),
                    ("read", kept.read),
                )
                if value is not None
            }
            for day, kept in sorted(self.days.items())
            if day >= oldest
        }
        return json.dumps({"v": 1, "days": days}, separators=(",", ":"))

    def due(self, now: datetime, settings: HuggingFaceSettings) -> Sequence[date]:
        """The days to ask for, newest first: the window, and every older one not answered since it ended."""
        today = now.date()
        if not self.days:
            return [today - timedelta(days=back) for back in range(settings.first_days)]
        first = max(min(self.days), today - timedelta(days=settings.catch_up_days - 1))
        due: list[date] = []
        for back in range((today - first).days + 1):
            day = today - timedelta(days=back)
            ended = datetime.combine(day + timedelta(days=1), time(), UTC)
            kept = self.days.get(day)
            if back < WINDOW_DAYS or kept is None or kept.asked is None or kept.asked < ended:
                due.append(day)
        return due


# --- the sources --------------------------------------------------------------------------------


class HuggingFace:
    """The lists of the last days."""

    name = "huggingface"
    calendar: Calendar = HuggingFaceClock()

    def __init__(self, settings: HuggingFaceSettings, reader: Reader, clock: Clock) -> None:
        self._settings = settings
        self._url = f"{settings.url.rstrip('/')}/api/daily_papers"
        self._reader = reader
        self._clock = clock

    async def fetch(self, cursor: str | None) -> Listing:
        now = self._clock.now().astimezone(UTC)
        bookmark = _Bookmark.of(cursor)
        due = bookmark.due(now, self._settings)
        pages: dict[date, Page] = {}
        notes: list[str] = []
        failure: ListingError | None = None
        answered = 0
        for day in due:  # all of them, so that those not reached below stay due
            bookmark.days.setdefault(day, _Day())
        for day in due:
            try:
                page = await self._day(day, bookmark.days[day], now)
            except ListingError as error:  # the other days are not this day's fault, and it stays due
                failure = error
                notes.append(f"The list of {day} could not be read: {error}")
                if isinstance(error, ListingBusy | ListingUnreachable):
                    break
                continue
            answered += 1
            if page is not None:
                pages[day] = page
                if page.suspicious:
                    notes.append(f"{page.skipped} rows of the list of {day} could not be read.")
        if failure is not None and not answered:
            raise failure
        return Listing(
            source=self.name,
            papers=each_once(paper for day in sorted(pages) for paper in pages[day].papers),
            cursor=bookmark.cursor(now.date() - timedelta(days=self._settings.catch_up_days - 1)),
            unchanged=not pages,
            skipped=sum(page.skipped for page in pages.values()),
            notes=tuple(notes),
            unread=tuple(day for day in due if bookmark.days[day].asked != now),
        )

    async def _day(self, day: date, kept: _Day, now: datetime) -> Page | None:
        """One list; ``None`` where it is unchanged, or where Hugging Face's day has not begun yet."""
        fresh = kept.read is not None and now - kept.read < FULL_READ_AFTER
        url = f"{self._url}?date={day.isoformat()}"
        answer = await self._reader.fetcher.get(
            url,
            etag=kept.etag if fresh else None,
            modified=kept.modified if fresh else None,
            accept=frozenset({200, 400}) if day == now.date() else frozenset({200}),
        )
        if answer.status == 400:  # their clock is a little behind ours, and a day ahead is an error there
            return None
        if answer.unchanged:
            kept.asked = now
            return None
        page = await self._reader.parse(parse, answer, subject=self.name, day=day.isoformat())
        papers, skipped, last = each_once(page.papers), page.skipped, page
        for number in range(1, _MOST_PAGES):
            if last.rows < _PAGE:
                break
            more = await self._reader.fetcher.get(f"{url}&p={number}")
            last = await self._reader.parse(parse, more, subject=self.name, day=day.isoformat())
            before, papers = len(papers), each_once((*papers, *last.papers))
            skipped += last.skipped
            if len(papers) == before:  # a mirror that knows no pages sends the first one again
                break
        kept.asked = kept.read = now
        # The ETag of a first page says nothing of the second, and a list with unread rows is worth asking again.
        sure = page.rows < _PAGE and not skipped
        kept.etag, kept.modified = (answer.etag, answer.modified) if sure else (None, None)
        return replace(page, papers=papers, skipped=skipped)


class Trending:
    """The «trending» order: what people look at now, whenever it was listed."""

    name = "huggingface-trending"

    def __init__(self, settings: HuggingFaceSettings, reader: Reader) -> None:
        self._url = f"{settings.url.rstrip('/')}/api/daily_papers?sort=trending"
        self._reader = reader

    async def fetch(self, cursor: str | None) -> Listing:  # noqa: ARG002 - the order has no «since»
        answer = await self._reader.fetcher.get(self._url)
        page = await self._reader.parse(parse, answer, subject=self.name, announce=Announce.TRENDING)
        return Listing(source=self.name, papers=each_once(page.papers), cursor="1", skipped=page.skipped)


def _create(context: PluginContext) -> Sequence[Source]:
    from bot.listings.reader import Reader  # noqa: PLC0415

    settings: HuggingFaceSettings = context.settings
    reader = Reader.of(context)
    sources: list[Source] = [HuggingFace(settings, reader, context.clock)]
    if settings.trending:
        sources.append(Trending(settings, reader))
    return sources


def _enrichers(context: PluginContext) -> Sequence[Enricher]:
    from bot.listings.enrichers.hub import HubPages  # noqa: PLC0415
    from bot.listings.reader import Reader  # noqa: PLC0415

    settings: HuggingFaceSettings = context.settings
    if not settings.details:
        return ()
    return [HubPages(settings.url, Reader.of(context), context.shelf, per_day=settings.details_per_day)]


plugin = SourcePlugin(
    name="huggingface",
    settings=HuggingFaceSettings,
    create=_create,
    configured=lambda settings: bool(settings.url),
    on_by_default=True,
    enrichers=_enrichers,
)
