"""Values to offer while somebody types."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from bot.cards.paper import SOURCE_NAMES
from bot.commands import BY_NAME, Choice, OptionKind
from bot.commands.completion import complete_query, complete_zone, rank
from bot.handlers.asked import Asked
from bot.schedule import describe
from bot.text.cut import cut

PAPERS: Final = 2_000
"""Recent papers among which titles are looked for: a keystroke must be answered at once."""


async def complete(asked: Asked, option: str, typed: str) -> Sequence[Choice]:
    """At most 25 values for an option, best first; each label and value at most 100 characters."""
    known = {one.name: one for one in BY_NAME[asked.command.verb].options}.get(option)
    if known is None:
        return ()
    match known.kind:
        case OptionKind.SUBSCRIPTION:
            return rank(await _subscriptions(asked), typed)
        case OptionKind.PAPER:
            return rank(await _papers(asked), typed)
        case OptionKind.ZONE:
            return complete_zone(typed)
        case OptionKind.QUERY:
            return complete_query(typed)
        case OptionKind.SOURCES:
            return _sources(asked, typed)
        case _:
            return rank(known.choices, typed)


def _sources(asked: Asked, typed: str) -> Sequence[Choice]:
    """The listings that are read, behind those that stand there already."""
    *before, last = typed.replace(" ", "").split(",")
    known = [
        Choice(name, SOURCE_NAMES.get(name, name)) for name in asked.services.sources if name not in before
    ]
    if not before:
        return rank([Choice("all", "All listings"), *known], last)
    start = ",".join(before)
    return [Choice(f"{start},{one.value}", f"{start}, {one.label}") for one in rank(known, last)]


async def _subscriptions(asked: Asked) -> list[Choice]:
    removed = asked.command.verb == "resume"
    here = asked.destination("here").key
    found = await asked.subscriptions(removed=removed)
    found.sort(key=lambda one: (one.destination.key != here, one.number))
    choices = []
    for one in found:
        place = "me" if one.destination.direct else one.destination.name or one.destination.channel
        label = f"{one.number} · {cut(one.title, 40)} · {describe(one.cadence)} · {place}"
        choices.append(Choice(str(one.number), cut(label, 100)))
    return choices


async def _papers(asked: Asked) -> list[Choice]:
    ids = await asked.store.papers.recent(asked.now - timedelta(days=30), limit=PAPERS)
    known = await asked.store.papers.many(ids)
    return [
        Choice(paper.short_id, cut(paper.title, 100))
        for paper in known.values()
        if len(paper.short_id) <= 100
    ]
