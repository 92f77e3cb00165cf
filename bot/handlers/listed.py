"""The part of ``status`` that shows what each listing owed and brought."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from bot.cards import Block, Card, Code, Note, Span
from bot.cards.paper import SOURCE_NAMES
from bot.cards.reply import Step
from bot.handlers.asked import Asked
from bot.ledger.grid import LEGEND, gaps, grid, happened
from bot.text.when import ago

DAYS: Final = 5
"""Days of the grid in chat: it has to be read on a telephone."""


class Listed:
    """The ledgers of the sources that run here."""

    def __init__(self, steps: Sequence[Step], blocks: Sequence[Block]) -> None:
        self.steps = steps
        """A rung for each gap, and one that says that there is none."""
        self._blocks = blocks

    def on(self, card: Card) -> Card:
        """The card with the grid below its rungs."""
        small = next(
            (at for at, block in enumerate(card.blocks) if isinstance(block, Note)), len(card.blocks)
        )
        return replace(card, blocks=(*card.blocks[:small], *self._blocks, *card.blocks[small:]))


async def listed(asked: Asked) -> Listed:
    """What the ledgers say of the last days."""
    books = await asked.store.ledgers.many(asked.services.sources) if asked.services.sources else ()
    shown = grid(books, asked.now, days=DAYS)
    if not shown:
        return Listed((), ())
    missing = gaps(books, asked.now, days=2 * DAYS)
    steps = [Step(passed=False, text=line.partition(" ")[2]) for line in missing]
    if not steps:
        steps = [Step(passed=True, text=f"No gap in the lists of the last {DAYS} days")]
    notes = [*happened(books, asked.now, days=DAYS)[-3:], LEGEND]
    return Listed(steps, [Code(shown), *(Note((Span(line),)) for line in notes)])


def source_step(name: str, health: Mapping[str, str], now: datetime) -> Step:
    """How the last polls of a source went."""
    shown = SOURCE_NAMES.get(name, name)
    good = datetime.fromisoformat(health["succeeded_at"]) if "succeeded_at" in health else None
    bad = datetime.fromisoformat(health["failed_at"]) if "failed_at" in health else None
    if good is None and bad is None:
        return Step(passed=None, text=f"{shown}: not asked yet")
    if bad is not None and (good is None or bad > good):
        last = f" It last worked {ago(good, now)}." if good else ""
        return Step(
            passed=False,
            text=f"{shown}: failed {ago(bad, now)}",
            note=f"{health.get('why', '')}{last} I keep asking; nothing is lost.",
        )
    assert good is not None
    return Step(
        passed=True,
        text=f"{shown}: read {ago(good, now)}",
        note="Nothing new since the time before."
        if health.get("unchanged") == "1"
        else f"{health.get('papers', '0')} papers, {health.get('new', '0')} new",
    )
