"""``pigeon ledger``: what each listing owed and brought, as a grid; what is missing is said first."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import typer

from bot.cards.paper import SOURCE_NAMES
from bot.cli.opening import open_beside, open_settings
from bot.clock import SystemClock
from bot.ledger import Book
from bot.ledger.grid import LEGEND, gaps, grid, happened
from bot.private import given_feed
from bot.text.when import ago

FAULTS: Final = 3
"""The exit code of checks that found something."""


def show(*, days: int, as_json: bool) -> None:
    """Print the ledger; exit 3 where something is missing."""
    raise typer.Exit(asyncio.run(_show(days, as_json=as_json)))


async def _show(days: int, *, as_json: bool) -> int:
    async with open_beside(open_settings(quiet=True).settings, samples=True) as store:
        books = await store.ledgers.many()
        healths = await store.papers.healths(given=True)
    now = SystemClock().now()
    missing = gaps(books, now, days=days)
    if as_json:
        typer.echo(json.dumps([_facts(book, now, days) for book in books], ensure_ascii=False, indent=1))
    else:
        others = {
            name: health for name, health in healths.items() if name not in {book.source for book in books}
        }
        typer.echo("\n".join([*_lines(books, missing, now, days), *_others(others, now)]))
    return FAULTS if missing else 0


def _lines(books: Sequence[Book], missing: Sequence[str], now: datetime, days: int) -> Sequence[str]:
    shown = grid(books, now, days=days)
    if not shown:
        return ["Nothing was owed yet: the ledger begins with the first announcement after the first poll."]
    told = happened(books, now, days=days)
    return [
        *(missing or [f"✓ No gap in the last {days} days."]),
        "",
        shown,
        "",
        LEGEND,
        *(["", *told] if told else []),
    ]


def _others(healths: Mapping[str, Mapping[str, str]], now: datetime) -> Sequence[str]:
    """Sources that announce at no known time owe nothing; whether they can be read is all there is to say."""
    lines = []
    for name, health in sorted(healths.items()):
        good, bad = (
            datetime.fromisoformat(health[field]) if field in health else None
            for field in ("succeeded_at", "failed_at")
        )
        feed = given_feed(name)
        called = f"{feed} (given in chat)" if feed else SOURCE_NAMES.get(name, name)
        if bad is not None and (good is None or bad > good):
            lines.append(f"✗ {called}: failed {ago(bad, now)}: {health.get('why', '')}")
        elif good is not None:
            lines.append(f"✓ {called}: read {ago(good, now)}")
    return ["", "At no known time:", *lines] if lines else []


def _facts(book: Book, now: datetime, days: int) -> dict[str, Any]:
    first = now.date() - timedelta(days=days - 1)
    return {
        "source": book.source,
        "since": book.desk.born.isoformat(),
        "polled": _moment(book.desk.polled),
        "days": [
            {
                "day": day.isoformat(),
                "category": category,
                "state": entry.state(now).value,
                "in time": entry.seen.own + entry.seen.crossed,
                "caught up": entry.seen.caught_up,
                "due": entry.owed.since.isoformat(),
                "answered": _moment(entry.polls.answered),
            }
            for (day, category), entry in sorted(book.entries.items())
            if day >= first
        ],
        "incidents": [
            {
                "kind": one.kind.value,
                "day": one.day.isoformat() if one.day else None,
                "categories": [name for name in one.categories if name],
                "began": one.began.isoformat(),
                "healed": _moment(one.healed),
                "caught up": one.found,
            }
            for one in book.desk.incidents
            if one.worth_telling(now) and (one.healed is None or one.healed >= now - timedelta(days=days))
        ],
    }


def _moment(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
