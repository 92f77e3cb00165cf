"""What brings papers, and what adds to them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol, runtime_checkable

from bot.ledger import Calendar
from bot.models import Listing, Paper


class Source(Protocol):
    """A place that announces papers."""

    name: str
    """Unique, lower case, as it appears in ``source:`` filters, keys and logs."""

    async def fetch(self, cursor: str | None) -> Listing:
        """Ask once. ``cursor`` is what the last listing carried, ``None`` at the very first.

        Raises a :class:`bot.errors.ListingError`; then the cursor stays, and the next poll asks again.
        """


@runtime_checkable
class CatchingUpSource(Protocol):
    """Can bring what appeared in a time gone by, for days on which its feed was missed."""

    async def catch_up(self, since: datetime, until: datetime, cursor: str | None) -> Listing:
        """One bounded page of it, oldest first; begin with ``None``, go on with the listing's cursor.

        That cursor is ``None`` after the last page; it has nothing to do with the one of ``fetch``.
        Raises a :class:`bot.errors.ListingError`; then the same page can be asked for again.
        """


@runtime_checkable
class OwingSource(Protocol):
    """Knows when it has to announce: the ledger holds what came against that, and names what is missing."""

    calendar: Calendar


class Enricher(Protocol):
    """Knows more of papers that listings brought: citations, an open PDF, models.

    It is asked about those that matched or were looked at, beside everything else: no poll and no card waits for it.
    """

    name: str
    """Unique among enrichers, lower case."""
    at_once: int
    """Most papers of one request."""
    per_day: int
    """Most requests of one (UTC) day."""

    def knows(self, paper: Paper) -> bool:
        """Can it be asked about this paper at all?"""

    async def enrich(self, papers: Sequence[Paper]) -> Sequence[Paper]:
        """Ask once. Papers with the ids they were asked by, and nothing but what is known of them there.

        A paper that is not known there, or of which nothing changed, is left out. Raises a
        :class:`bot.errors.ListingError`; then they are asked about again later.
        """
