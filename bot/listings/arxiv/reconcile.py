"""The nightly comparison with arXiv's own records (OAI-PMH): what no feed of the day showed turns up here.

arXiv writes the records around 22:30 US Eastern time. Once a day, well after that, the records changed in
the last days are read, one page with each poll, so that a stop in between loses nothing. A record's
datestamp is its last change, so most of them are old papers: these are announced as replacements.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Final
from urllib.parse import urlencode

from bot.clock import Clock
from bot.errors import ListingMalformed
from bot.listings import documents
from bot.listings.arxiv import ArxivSettings, oai
from bot.listings.arxiv.manners import LARGEST, SOURCE, manners
from bot.listings.reader import Reader
from bot.models import Listing

HOUR: Final = 5
"""From this hour UTC on, last night's records are complete."""
OVERLAP: Final = timedelta(days=2)
"""Records so far before the last comparison are read again: datestamps are US Eastern days."""
LONGEST_GAP: Final = timedelta(days=14)
_PHYSICS: Final = frozenset(
    (
        *("astro-ph", "cond-mat", "gr-qc", "hep-ex", "hep-lat", "hep-ph", "hep-th"),
        *("math-ph", "nlin", "nucl-ex", "nucl-th", "physics", "quant-ph"),
    )
)
"""Archives whose sets stand below the group of physics: ``physics:hep-th``, but ``cs``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Bookmark:
    """How far the comparison is."""

    born: date
    """The UTC day of the first start: nothing is owed for the time before it."""
    done: date
    """The UTC day of the last finished one."""
    since: date | None = None
    """A running one: the first datestamp asked for; ``None`` between two."""
    left: tuple[str, ...] = ()
    """The sets still to read, the present one first."""
    token: str | None = None

    def cursor(self) -> str:
        record = {
            "v": 1,
            "born": self.born.isoformat(),
            "done": self.done.isoformat(),
            "since": self.since.isoformat() if self.since else None,
            "left": self.left,
            "token": self.token,
        }
        return json.dumps(record, separators=(",", ":"))


class Records:
    """The records of all watched archives that changed lately; a part of the source ``arxiv``."""

    def __init__(self, settings: ArxivSettings, reader: Reader, clock: Clock) -> None:
        self._categories = " ".join(settings.watched)
        archives = dict.fromkeys(name.partition(".")[0] for name in settings.watched)
        self._sets = tuple(f"physics:{name}" if name in _PHYSICS else name for name in archives)
        self._url = settings.oai_url.rstrip("/")
        self._format = settings.oai_format
        self._manners = manners(settings)
        self._reader = reader
        self._clock = clock

    async def fetch(self, cursor: str | None) -> Listing:
        """The next page, where one is due; the cursor is this comparison's own."""
        now = self._clock.now().astimezone(UTC)
        kept = _read(cursor)
        if kept is None:
            return self._listing(_Bookmark(born=now.date(), done=now.date()))
        if kept.since is None:
            if now.date() <= kept.done or now.hour < HOUR:
                return self._listing(kept)
            since = max(kept.born, kept.done - OVERLAP, now.date() - LONGEST_GAP)
            kept = replace(kept, since=since, left=self._sets)
        return await self._page(kept, now)

    async def _page(self, kept: _Bookmark, now: datetime) -> Listing:
        assert kept.since is not None
        present, *others = kept.left or self._sets
        asked = (
            {"resumptionToken": kept.token}
            if kept.token
            else {"metadataPrefix": self._format, "set": present, "from": kept.since.isoformat()}
        )
        answer = await self._reader.fetcher.get(
            f"{self._url}?{urlencode({'verb': 'ListRecords', **asked})}",
            timeout=120.0,  # arXiv takes up to 90 seconds to write one
            cap=LARGEST,
            manners=self._manners,
        )
        try:
            page = await self._reader.parse(oai.parse, answer, subject=SOURCE, categories=self._categories)
        except ListingMalformed as error:
            if kept.token is None or oai.EXPIRED not in str(error):
                raise
            again = replace(kept, token=None)
            return self._listing(
                again, notes=("arXiv's page token had expired; the comparison starts again.",)
            )
        if page.next:
            then = replace(kept, left=(present, *others), token=page.next)
        elif others:
            then = replace(kept, left=tuple(others), token=None)
        else:
            then = _Bookmark(born=kept.born, done=now.date())
        if page.damaged:  # take what is there, and ask for the same page again
            then = kept
        # A batch bears the date of the day after its records: they are written the evening before.
        newest = now.date() if now.hour >= HOUR else now.date() - timedelta(days=1)
        whole = (kept.since + timedelta(days=1), newest) if then.since is None else None
        return Listing(
            source=SOURCE,
            papers=page.papers,
            cursor=then.cursor(),
            skipped=page.skipped,
            compared=whole,
            notes=(f"A page of arXiv's records was damaged; {len(page.papers)} papers of it could be read.",)
            if page.damaged
            else (),
        )

    def _listing(self, kept: _Bookmark, *, notes: tuple[str, ...] = ()) -> Listing:
        """Nothing was read."""
        return Listing(source=SOURCE, papers=(), cursor=kept.cursor(), unchanged=True, notes=notes)


def _read(cursor: str | None) -> _Bookmark | None:
    try:
        record = documents.mapping(json.loads(cursor or "{}"))
    except ValueError:
        return None
    done = documents.day(record.get("done"))
    if done is None:
        return None
    return _Bookmark(
        born=documents.day(record.get("born")) or done,
        done=done,
        since=documents.day(record.get("since")),
        left=documents.texts(documents.items(record.get("left"))),
        token=documents.text(record.get("token")) or None,
    )
