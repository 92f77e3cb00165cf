"""Whether the lists that a digest waits for are complete (pure)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from bot.ledger.book import Book
from bot.ledger.entry import SETTLED

GIVEN_UP: Final = timedelta(days=7)
"""A source that was not polled for so long is no longer in use, and holds up nothing."""


def ready(books: Sequence[Book], *, since: datetime, until: datetime, now: datetime) -> bool:
    """Is everything proven complete that became whole, or is to become whole, between ``since`` and ``until``?

    Not where nothing is owed in that time at all: then there is nothing to wait for, nor to hurry to.
    """
    owed = False
    for book in books:
        if book.desk.polled is None or now - book.desk.polled > GIVEN_UP:
            continue
        if book.desk.failing is not None or any(moment <= until for moment in book.desk.ahead):
            return False
        for entry in book.entries.values():
            if since < entry.owed.ends <= until and not entry.owed.holiday:
                owed = True
                if entry.state(now) not in SETTLED:
                    return False
    return owed
