"""Moments and days in few words, for places where the platform does not show them in the reader's own zone."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Final

WEEKDAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def day(when: date, *, year: bool = False) -> str:
    """``Fri 20 Nov``, or with the year ``20 Nov 2026``."""
    text = f"{when.day} {MONTHS[when.month - 1]}"
    return f"{text} {when.year}" if year else f"{WEEKDAYS[when.weekday()]} {text}"


def ago(moment: datetime, now: datetime) -> str:
    """``just now``, ``12 min ago``, ``5 h ago``, ``3 days ago``; beyond two weeks, or ahead of ``now``, the date."""
    passed = now - moment
    if timedelta() <= passed < timedelta(minutes=1):
        return "just now"
    if timedelta() <= passed < timedelta(hours=1):
        return f"{passed // timedelta(minutes=1)} min ago"
    if timedelta() <= passed < timedelta(days=1):
        return f"{passed // timedelta(hours=1)} h ago"
    if timedelta() <= passed < timedelta(days=15):
        days = passed.days
        return f"{days} day{'' if days == 1 else 's'} ago"
    return day(moment.date(), year=True)
