"""The evenings on which arXiv announces nothing (pure)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Final

YEARS: Final = range(2024, 2061)


def holidays(year: int) -> frozenset[date]:
    """ArXiv's holidays of a year by their Eastern date, as it has set them so far.

    New Year's Day, Martin Luther King Day, Juneteenth, Independence Day, Labor Day, Thanksgiving and Christmas; one
    that falls on a Friday or Saturday, when nothing is announced anyway, goes to the Sunday after (so it was with
    4 July 2025). The rule gives arXiv's own list of 2025 (https://info.arxiv.org/help/availability.html#holiday),
    whose December was «not yet scheduled»; later years are computed.
    """
    fixed = (date(year, 1, 1), date(year, 6, 19), date(year, 7, 4), date(year, 12, 25))
    moved = {
        day + timedelta(days=max(0, 6 - day.weekday())) if day.weekday() in {4, 5} else day for day in fixed
    }
    return frozenset({*moved, _nth(3, 0, year, 1), _nth(1, 0, year, 9), _nth(4, 3, year, 11)})


def corrected(days: Iterable[date], *, added: Iterable[date], removed: Iterable[date]) -> frozenset[date]:
    """The holidays as the operator corrected them."""
    return (frozenset(days) | frozenset(added)) - frozenset(removed)


def read_corrections(text: str) -> tuple[frozenset[date], frozenset[date]]:
    """Days added and, with a minus sign before, days removed: ``2026-12-24, -2027-01-03``.

    Raises a ValueError with a sentence for what is no date.
    """
    added: set[date] = set()
    removed: set[date] = set()
    for part in text.replace(",", " ").split():
        day = part.removeprefix("-")
        try:
            (removed if part.startswith("-") else added).add(date.fromisoformat(day))
        except ValueError:
            raise ValueError(
                f"«{part[:40]}» is no day; write 2026-12-24 for an evening without announcement, "
                "-2027-01-03 for one with"
            ) from None
    return frozenset(added), frozenset(removed)


def _nth(number: int, weekday: int, year: int, month: int) -> date:
    first = date(year, month, 1)
    return first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (number - 1))


HOLIDAYS: Final = frozenset(day for year in YEARS for day in holidays(year))
"""All of them, uncorrected.

A wrong one does no harm: what comes on a holiday counts, and a holiday that is missing here is called late."""
