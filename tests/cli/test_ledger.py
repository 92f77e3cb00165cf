"""``pigeon ledger``: a gap is said first, and by the exit code."""

import json
from datetime import timedelta

from bot.clock import SystemClock
from bot.ledger import ArxivClock, Book, Desk
from bot.ledger import book as ledger

NOW = SystemClock().now()


def _book() -> Book:
    """Watched for four days, and never answered: there are gaps, unless it is Monday morning."""
    book = Book(source="arxiv", desk=Desk(born=NOW - timedelta(days=6)))
    return ledger.opened(book, ArxivClock(["cs.CL", "cs.RO"], holidays=()), NOW)


def test_an_empty_ledger_says_when_it_begins(pigeon):
    answer = pigeon("ledger")
    assert answer.code == 0
    assert "the ledger begins with the first announcement after the first poll" in answer.out
    assert json.loads(pigeon("ledger", "--json").out) == []


def test_a_gap_comes_first_and_ends_in_three(pigeon):
    pigeon.store(lambda store: store.ledgers.write(None, _book()))
    answer = pigeon("ledger")
    assert answer.code == 3
    assert answer.out.startswith("✗ arXiv, ")
    assert answer.out.count("✗ GAP") >= 4
    assert "cs.CL" in answer.out.splitlines()[0]
    (facts,) = json.loads(pigeon("ledger", "--json").out)
    assert {day["state"] for day in facts["days"]} >= {"failed"}


def test_days_limit_what_is_shown(pigeon):
    pigeon.store(lambda store: store.ledgers.write(None, _book()))
    few, many = (len(pigeon("ledger", "--days", str(days)).out.splitlines()) for days in (3, 14))
    assert few < many


def test_sources_that_owe_nothing_are_named_with_how_they_do(pigeon):
    async def note(store):
        await store.papers.note_health("@lab.example-1f3a9c2b", {"succeeded_at": NOW.isoformat()})
        await store.papers.note_health("crossref", {"failed_at": NOW.isoformat(), "why": "It is down."})

    pigeon.store(note)
    out = pigeon("ledger").out
    assert "✓ lab.example-1f3a9c2b (given in chat): read " in out
    assert "✗ Crossref: failed " in out
    assert "It is down." in out
