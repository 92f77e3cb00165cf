"""Keeps the ledger of one source: catches up what is missing, and tells the operator once for each incident.

What it decides is :mod:`bot.ledger`'s; what it asks goes through the source and so through its host's limiter.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

import structlog

from bot.clock import Clock
from bot.errors import ListingError
from bot.ledger import Arrival, Book, Calendar, Desk, Incident
from bot.ledger import book as ledger
from bot.ledger.incidents import notice
from bot.models import REVISIONS, Announce, Delivery, DeliveryKind, Destination, Listing, Paper, delivery_key
from bot.ports import CatchingUpSource, OwingSource, Source
from bot.store import Store
from bot.store.ledger import changes, fields
from bot.store.records import DamagedRecordError

log = structlog.get_logger(__name__)

CHASE_EVERY: Final = timedelta(hours=3)
"""Between two catch-ups of a source: its answers change once a day, and arXiv asks not to be asked in vain."""
MOST_PAGES: Final = 20
"""Pages of one catch-up at a time; the next poll goes on where it stopped."""
CHASE_STALE: Final = timedelta(days=1)
"""A catch-up that has not come to its end by then is begun anew."""

Bring = Callable[[Listing], Awaitable[Sequence[Arrival]]]
"""Stores the papers of a catch-up's page; which of them were new."""


class Keeper:
    """The ledger of one source, where the source owes anything at known times."""

    def __init__(
        self, source: Source, store: Store, clock: Clock, *, operator: Destination | None = None
    ) -> None:
        self._source = source
        self._store = store
        self._clock = clock
        self._operator = operator
        self._said = False
        self.fence = 0
        """The fencing number that the ledger is written with; 0 where nobody asked for the lease."""
        self.calendar: Calendar | None = source.calendar if isinstance(source, OwingSource) else None

    async def open(self, now: datetime) -> Sheet:
        """The ledger as it is kept, for one poll that begins ``now``."""
        if self.calendar is None:
            return Sheet(None, None, None, now)
        try:
            held = await self._store.ledgers.read(self._source.name)
        except DamagedRecordError as error:
            # Papers matter more than their bookkeeping, which can begin anew.
            log.warning("A ledger cannot be read and begins anew", source=self._source.name, why=str(error))
            await self._store.ledgers.forget(self._source.name)
            held = None
        book = held or Book(source=self._source.name, desk=Desk(born=now))
        return Sheet(self.calendar, held, ledger.opened(book, self.calendar, now), now)

    async def failed(self, sheet: Sheet, why: str) -> None:
        """Note that the listing could not be read."""
        if sheet.book is not None:
            await self._store.ledgers.write(
                sheet.held, ledger.failed(sheet.book, why, sheet.now), fence=self.fence
            )

    async def quarantined(self, why: str, now: datetime) -> None:
        """Tell the operator, once in the life of this process, that the listing is read no more."""
        if self._operator is None or self._said:
            return
        self._said = True
        subject = f"quarantined:{self._source.name}:{now.isoformat()}"
        await self._plan(subject, why, self._operator, now)

    async def keep(self, bring: Bring) -> None:
        """Catch up what is missing, and say what remains; for the time after each poll."""
        sheet = await self.open(self._clock.now())
        if sheet.book is None or sheet.calendar is None:
            return
        book = await self._caught_up(sheet.book, sheet.calendar, bring)
        now = self._clock.now()
        book, telling = ledger.to_tell(ledger.reviewed(book, now), now)
        for incident in telling:
            await self._tell(incident, now)
        await self._store.ledgers.write(sheet.held, book, fence=self.fence)

    async def _caught_up(self, book: Book, calendar: Calendar, bring: Bring) -> Book:
        now, desk = self._clock.now(), book.desk
        going = desk.chase if desk.chase and now - desk.chase.until < CHASE_STALE else None
        if going is None and (desk.chased is None or now - desk.chased >= CHASE_EVERY):
            going = ledger.chase(book, calendar, now)
        if going is None or desk.failing is not None or not isinstance(self._source, CatchingUpSource):
            return book
        for _ in range(MOST_PAGES):
            try:
                listing = await self._source.catch_up(going.since, going.until, going.cursor)
            except ListingError as error:
                log.warning("A catch-up stopped and goes on later", source=book.source, why=str(error))
                break
            going = ledger.told(going, calendar, await bring(listing), listing.cursor)
            if listing.cursor is None:
                return ledger.concluded(book, going, self._clock.now())
        return replace(book, desk=replace(desk, chase=going))

    async def _tell(self, incident: Incident, now: datetime) -> None:
        said = notice(incident)
        if incident.healed is None:
            log.warning("A listing is incomplete", source=incident.source, kind=incident.kind, said=said)
        else:
            log.info("A listing is complete again", source=incident.source, kind=incident.kind, said=said)
        if self._operator is None:
            return
        end = "healed" if incident.healed else "began"
        subject = f"incident:{incident.source}:{incident.day}:{incident.began.isoformat()}:{end}"
        await self._plan(subject, said, self._operator, now)

    async def _plan(self, subject: str, said: str, operator: Destination, now: datetime) -> None:
        await self._store.deliveries.plan(
            Delivery(
                key=delivery_key(operator, DeliveryKind.NOTICE, subject),
                kind=DeliveryKind.NOTICE,
                destination=operator,
                papers=(),
                due=now,
                note=said,
            ),
            now=now,
        )


class Sheet:
    """A source's ledger during one poll; everything is empty for a source that owes nothing."""

    def __init__(
        self, calendar: Calendar | None, held: Book | None, book: Book | None, now: datetime
    ) -> None:
        self.calendar = calendar
        self.held = held
        """As it is stored; ``None`` before the first poll."""
        self.book = book
        self.now = now

    def arrivals(
        self, brought: Sequence[Paper], held: Mapping[str, Paper], source: str
    ) -> dict[str, Arrival]:
        """The papers by id, with when this source first showed them to us."""
        found = {}
        for paper in brought:
            seen = next((one for one in reversed(paper.sightings) if one.source == source), None)
            if seen is not None:
                known = held.get(paper.id)
                found[paper.id] = Arrival(paper, seen, first_shown(known, paper, seen.announce, source))
        return found

    def is_old(self, arrival: Arrival | None) -> bool:
        """:func:`bot.ledger.book.is_old`."""
        if arrival is None or self.book is None or self.calendar is None:
            return False
        return ledger.is_old(self.book, self.calendar, arrival, self.now)

    def answered(self, listing: Listing, arrivals: Sequence[Arrival]) -> Mapping[str, str]:
        """What to write into the ledger because the listing answered."""
        if self.book is None or self.calendar is None or not listing.asked:
            return {}
        after = ledger.answered(
            self.book,
            self.calendar,
            arrivals,
            unchanged=listing.unchanged,
            unread=listing.unread,
            now=self.now,
        )
        if listing.compared is not None:
            after = ledger.compared(after, *listing.compared, self.now)
        return changes(fields(self.held) if self.held else {}, fields(after))


def first_shown(known: Paper | None, brought: Paper, announce: Announce, source: str) -> datetime | None:
    """When this source first announced the paper to us; a replacement counts anew with each version."""
    if known is None:
        return None
    again = announce in REVISIONS
    if again and (brought.version or 0) > (known.version or 0):
        return None
    moments = [
        one.seen_at
        for one in known.sightings
        if one.source == source and (one.announce in REVISIONS) == again and one.seen_at is not None
    ]
    return min(moments, default=None)
