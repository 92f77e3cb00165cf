"""The digest card: the best of a period, two lines a paper, and what was left out one button away."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from bot.cards.card import Action, Block, Card, CardKind, Heading, Item, Note, Rule, Span, Spans, spans
from bot.cards.paper import PaperAction, authors, command, counts, matched
from bot.models import Paper, Reason
from bot.text.cut import cut
from bot.text.when import WEEKDAYS

_TITLE: Final = 160
"""Code points of a title in a digest: ten rows of title and note stay within Discord's 4,000."""
_NOTE: Final = 140
_NUMBERS: Final = 3
"""Subscriptions that get buttons of their own on one digest."""


@dataclass(frozen=True, slots=True)
class DigestRow:
    """A paper of a digest and why it is in it."""

    paper: Paper
    reasons: tuple[Reason, ...] = ()
    score: float = 0.0


class DigestAction(StrEnum):
    """What a digest can offer besides its rows."""

    REST = "rest"
    """Show what the limit left out."""
    PAUSE = "pause"
    EDIT = "edit"


DEFAULT_ACTIONS: Final = frozenset({*DigestAction, PaperAction.ABSTRACT})


def digest_card(
    title: str,
    period: str,
    rows: Sequence[DigestRow],
    *,
    key: str,
    total: int,
    numbers: Sequence[int] = (),
    checked: int | None = None,
    next_due: datetime | None = None,
    zone: str = "UTC",
    notes: Sequence[str] = (),
    actions: Collection[str] = DEFAULT_ACTIONS,
) -> Card:
    """One digest: «Robotics · Fri 20 Nov · 8 of 31».

    ``rows`` are shown as they come, best first; ``total`` counts the whole digest, ``checked`` the papers of
    the period that were looked at. ``period`` is worded for people. ``key`` names the digest in
    «Show the other 23». ``numbers`` are the subscriptions that it speaks for. ``next_due`` is shown in ``zone``, an
    IANA name. ``notes`` are sentences for the foot («Hugging Face was unreachable from 06:10 to 07:40.»).
    ``actions`` are values of :class:`DigestAction` and, for the rows, :class:`PaperAction`.
    """
    amount = f"{len(rows)} of {total}" if total > len(rows) else str(total)
    head = f"{title} · {period} · {amount}"
    blocks: list[Block] = [Heading((Span(head),))]
    blocks.extend(_row(row, actions) for row in rows)
    if foot := _foot(next_due, zone, checked):
        blocks += [Rule(), Note(foot)]
    blocks.extend(Note((Span(note),)) for note in notes)
    titles = "; ".join(cut(row.paper.title, 80) for row in rows[:3])
    return Card(
        kind=CardKind.DIGEST,
        blocks=tuple(blocks),
        actions=_buttons(key, total - len(rows), numbers, actions),
        fallback=f"{head}: {titles}" if titles else head,
    )


def local_time(moment: datetime, zone: str) -> str:
    """``Mon 09:00 (Europe/Paris)``."""
    local = moment.astimezone(ZoneInfo(zone))
    return f"{WEEKDAYS[local.weekday()]} {local:%H:%M} ({zone})"


def _row(row: DigestRow, actions: Collection[str]) -> Item:
    paper = row.paper
    action: Action | None = None
    if PaperAction.ABSTRACT in actions and (written := command("abstract", paper)):
        action = Action("Abstract", command=written)
    elif paper.url:
        action = Action("Open", url=paper.url)
    parts = [authors(paper, 2), *paper.categories[:1]]
    said = [part for part in (*parts, counts(paper)) if part]
    if row.reasons:
        said.append(f"matched: {matched(row.reasons)}")
    return Item(
        (Span(cut(paper.title, _TITLE), bold=True, url=paper.url or None),),
        note=spans(cut(" · ".join(said), _NOTE)),
        action=action,
    )


def _foot(next_due: datetime | None, zone: str, checked: int | None) -> Spans:
    said = []
    if next_due is not None:
        said.append(f"Next: {local_time(next_due, zone)}")
    if checked is not None:
        said.append(f"{checked:,} checked")
    return (Span(" · ".join(said)),) if said else ()


def _buttons(key: str, left: int, numbers: Sequence[int], actions: Collection[str]) -> tuple[Action, ...]:
    made = []
    if left > 0 and DigestAction.REST in actions:
        made.append(Action(f"Show the other {left:,}", command=f"rest {key}"))
    for number in numbers[:_NUMBERS]:
        which = f" s{number}" if len(numbers) > 1 else ""
        if DigestAction.PAUSE in actions:
            made.append(Action(f"Pause{which}", command=f"pause s{number}"))
        if DigestAction.EDIT in actions:
            made.append(Action(f"Edit{which}", command=f"edit s{number}"))
    return tuple(made)
