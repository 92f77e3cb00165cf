"""The ledger as a small grid: a row for each day, a column for each list or category (pure)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Final

from bot.ledger.book import Book
from bot.ledger.entry import WANTING, Entry, State
from bot.ledger.incidents import NAMES, sentence
from bot.text.when import day as day_words

SIGNS: Final = {
    State.WAITING: "…",
    State.COMPLETE: "✓",
    State.LATE: "! late",
    State.STALE: "! stale",
    State.QUIET: "– quiet",
    State.HOLIDAY: "– holiday",
    State.FAILED: "✗ GAP",
}
LEGEND: Final = (
    "✓ complete (papers, +caught up; known: came on another day)  … may still come  – nothing owed  "
    "! late or stale  ✗ GAP missing"
)
_COLUMNS: Final = 7
_DAY_WIDTH: Final = 10


def grid(books: Sequence[Book], now: datetime, *, days: int) -> str:
    """The last ``days`` days, newest last, in blocks of a few columns; empty where nothing was ever owed."""
    first = now.date() - timedelta(days=days - 1)
    columns = [
        (book, category, category or NAMES.get(book.source, book.source))
        for book in books
        for category in sorted({name for day, name in book.entries if day >= first})
    ]
    shown = sorted({day for book in books for day, _ in book.entries if day >= first})
    blocks = [columns[at : at + _COLUMNS] for at in range(0, len(columns), _COLUMNS)]
    return "\n\n".join(_block(block, shown, now) for block in blocks)


def gaps(books: Sequence[Book], now: datetime, *, days: int) -> Sequence[str]:
    """A line for everything that is missing now, so that no grid need be read to find it; oldest first."""
    first = now.date() - timedelta(days=days - 1)
    lines = []
    for book in books:
        missing: dict[tuple[date, State], list[str]] = {}
        for entry in book.wanting(now):
            if entry.day >= first:
                missing.setdefault((entry.day, entry.state(now)), []).append(entry.owed.category)
        for (day, state), names in missing.items():
            which = f" in {', '.join(names)}" if any(names) else ""
            sign = "✗" if state is State.FAILED else "!"
            said = "missing" if state is State.FAILED else state.value
            lines.append(f"{sign} {NAMES.get(book.source, book.source)}, {day_words(day)}: {said}{which}")
    return lines


def happened(books: Sequence[Book], now: datetime, *, days: int) -> Sequence[str]:
    """What went wrong in these days, oldest first, each in a sentence."""
    since = now - timedelta(days=days)
    told = [
        incident
        for book in books
        for incident in book.desk.incidents
        if incident.worth_telling(now) and (incident.healed is None or incident.healed >= since)
    ]
    return [sentence(one) for one in sorted(told, key=lambda one: one.began)]


def cell(entry: Entry, now: datetime) -> str:
    """``✓ 41+3``: the state, and how many papers came in time and later."""
    state = entry.state(now)
    came = entry.seen.own + entry.seen.crossed
    count = f"{came}" + (f"+{entry.seen.caught_up}" if entry.seen.caught_up else "")
    if state is State.COMPLETE and not (came or entry.seen.caught_up):
        return f"{SIGNS[state]} known"
    if state is State.COMPLETE or (came and state in {State.WAITING, *WANTING}):
        return f"{SIGNS[state]} {count}"
    return SIGNS[state]


def _block(columns: Sequence[tuple[Book, str, str]], days: Sequence[date], now: datetime) -> str:
    rows = [["", *(title for _, _, title in columns)]]
    for day in days:
        cells = [
            cell(entry, now) if (entry := book.entries.get((day, category))) else ""
            for book, category, _ in columns
        ]
        rows.append([day_words(day), *cells])
    widths = [
        max(_DAY_WIDTH if at == 0 else 0, *(len(row[at]) for row in rows)) for at in range(len(rows[0]))
    ]
    return "\n".join(
        "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )
