"""``preview``: what a filter would have brought, before anybody subscribes to it."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from bot.cards import Action, ActionStyle, Card, Item, Span, spans
from bot.cards.paper import authors, matched
from bot.cards.reply import message
from bot.commands.check import numbered
from bot.errors import CommandError, QueryError
from bot.handlers.asked import Asked, Services
from bot.handlers.replay import Replayed
from bot.handlers.unwatched import unwatched
from bot.matching.cost import MOST, WORTH_SAYING, cost, too_dear
from bot.ports import Reply
from bot.query import Query, Variant, parse, printed
from bot.text.cut import cut
from bot.text.sparkline import sparkline

LOUD = 15.0
"""Papers a day above which a filter is called loud, and narrower ones are offered."""
QUIET = 2.0
"""Papers a week below which a filter is called quiet, and wider ones are offered."""
SHOWN = 3
TERMS = 6
OTHERS = 25
"""Other subscriptions of the channel that the hits are compared with."""


async def preview(asked: Asked) -> Reply:
    """Replay a filter, or a subscription's, over the last days."""
    days = int(asked.get("days", "7"))
    sources: tuple[str, ...] = ()
    if asked.get("subscription"):
        subscription = await asked.subscription()
        query, sources = parse(subscription.query), subscription.sources
    elif asked.get("query"):
        query = parse(asked.get("query"))
    else:
        raise CommandError("`preview` needs a filter. For example: `preview diffusion -survey`.")
    replayed = await asked.services.replay.run(
        query, days=days, sources=sources, best=SHOWN, workspace=asked.origin.workspace
    )
    offer = Action("Subscribe", command=f"subscribe {query.normal}", style=ActionStyle.PRIMARY)
    if asked.get("subscription"):
        actions = by_meaning(query, asked.get("subscription"))
    else:
        actions = [offer] if len(offer.command or "") <= 90 else []
    return Reply(card=await preview_card(asked, query, replayed, actions=actions))


def by_meaning(query: Query, which: str) -> list[Action]:
    """More and Fewer, for a filter by meaning; ``which`` is a subscription's number or a question's token."""
    if not query.likes:
        return []
    return [Action("More", command=f"more {which}"), Action("Fewer", command=f"fewer {which}")]


async def preview_card(
    asked: Asked,
    query: Query,
    replayed: Replayed,
    *,
    title: str = "",
    notes: Sequence[str] = (),
    actions: list[Action],
) -> Card:
    """Count, rate, the best three, and what to do when it is too loud or too quiet."""
    count = replayed.count
    line = spans(
        Span(f"{count:,} of {replayed.checked:,} papers", bold=True),
        f" in {days_said(replayed.days)}, {rate_said(replayed.rate)}" if replayed.checked else "",
        *((" ", Span(sparkline(replayed.per_day), code=True)) if count else ()),
    )
    written = spans("Your filter: ", Span(query.normal, code=True))
    rows = [
        Item(
            (Span(cut(hit.paper.title, 160), bold=True, url=hit.paper.url or None),),
            note=spans(
                " · ".join(
                    part
                    for part in (authors(hit.paper, 2), f"matched: {matched(hit.verdict.reasons)}")
                    if part
                )
            ),
        )
        for hit in replayed.hits[:SHOWN]
    ]
    hints = [
        *notes,
        *await remarks(asked.services, query, await asked.readable()),
        *_cost(query),
        *_terms(replayed),
        *await _overlap(asked, replayed),
        *await _suggestions(asked, query, replayed),
    ]
    return message(title or "Preview", line, written, items=rows, notes=hints, actions=actions)


async def remarks(services: Services, query: Query, sources: Sequence[str] | None = None) -> list[str]:
    """What is to be said of a filter itself: names and examples that nobody knows here, how it was understood.

    ``sources`` are those that are read for whoever asks; without them everybody's.
    """
    named = unwatched(query, services.sources if sources is None else sources, services.categories)
    return [*named, *await _unknown(services, query), *query.notes]


async def _unknown(services: Services, query: Query) -> list[str]:
    """Examples that nobody knows."""
    return [
        f"No listing has brought `{like.text}` so far: `{printed(like)}` finds nothing until one does. Give its text "
        'instead: `like:"…"`.'
        for like in query.likes
        if await services.meanings.example(like) is None
    ]


def _cost(query: Query) -> list[str]:
    """What a dear filter costs, and whether it is too dear to be subscribed to."""
    if (refusal := too_dear(query)) is not None:
        return [refusal]
    if (spent := cost(query)) < WORTH_SAYING:
        return []
    return [f"It costs about {spent:,.0f} comparisons with each paper; {MOST:,.0f} is the most."]


def _terms(replayed: Replayed) -> list[str]:
    """Which terms did the work, where there are several that need not all be there."""
    counts = {count for _, count in replayed.terms}
    if len(counts) < 2:
        return []
    said = [f"`{cut(text, 40)}` {count:,}" for text, count in replayed.terms if count][:TERMS]
    idle = sum(not count for _, count in replayed.terms)
    without = f" · {idle} brought nothing" if idle else ""
    return [f"What did the work: {' · '.join(said)}{without}"]


async def _overlap(asked: Asked, replayed: Replayed) -> list[str]:
    """How much of it comes from this channel's other subscriptions already."""
    if not replayed.count:
        return []
    others, itself = {}, numbered(asked.get("subscription"))
    for one in await asked.here():
        with suppress(QueryError):
            if one.number != itself:
                others[one.number] = parse(one.query)
    shared = await asked.services.replay.shared(replayed, dict(list(others.items())[:OTHERS]))
    said = [
        f"{'all' if count == replayed.count else f'{count:,}'} from subscription {number}"
        for number, count in sorted(shared.items(), key=lambda pair: -pair[1])[:SHOWN]
    ]
    return [f"Of these come here already: {', '.join(said)}"] if said else []


async def _suggestions(asked: Asked, query: Query, replayed: Replayed) -> list[str]:
    """Wider forms for a filter that brings little, narrower ones for one that is loud, with their rates.

    Where it brings what one can read, the near misses: what a clause alone keeps away.
    """
    if replayed.checked == 0:
        return ["No papers are stored yet: the first poll is still to come. `status` shows when."]
    loud = replayed.rate > LOUD
    found = await asked.services.replay.variants(
        query, days=replayed.days, wider=not loud, sources=replayed.sources
    )
    if loud:
        useful = sorted((pair for pair in found if 0 < pair[1] < replayed.count), key=lambda pair: -pair[1])
        said = [_variant(variant, count, replayed) for variant, count in useful[:3]]
        return [f"That is a lot. Narrower: {' · '.join(said)}"] if said else []
    before = replayed.window.count  # without the feeds given here, as the variants are counted
    useful = sorted((pair for pair in found if pair[1] > before), key=lambda pair: pair[1])
    if not useful:
        return [] if replayed.count else await _each(asked, query, replayed)
    best = await asked.services.replay.missed(useful[0][0], replayed, days=replayed.days)
    title = f" The first of them: «{cut(best.title, 120)}»." if best else ""
    if replayed.rate * 7 < QUIET:
        wider = [_variant(variant, count, replayed) for variant, count in useful[:3]]
        return [f"That is little. Wider: {' · '.join(wider)}.{title}"]
    missed = [
        f"{count - before:,} more {variant.label} ({rate_said(count / replayed.days)} in all)"
        for variant, count in useful[:2]
    ]
    return [f"Just missed: {' · '.join(missed)}.{title}"]


async def _each(asked: Asked, query: Query, replayed: Replayed) -> list[str]:
    """Where no single step helps: what each clause brings by itself, so that one sees which is too narrow."""
    found = await asked.services.replay.clauses(query, days=replayed.days, sources=replayed.sources)
    if not any(count for _, count in found):
        return ["Nothing near it matched either. Try fewer or more general words."]
    said = [
        f"`{cut(alone.normal, 60)}`: {count:,}, {rate_said(count / replayed.days)}" for alone, count in found
    ]
    return [f"No paper has all of these but one. Each alone: {' · '.join(said)}"]


def _variant(variant: Variant, count: int, replayed: Replayed) -> str:
    """«without `cat:cs.RO`: 9, about 9 a week»."""
    return f"{variant.label}: {count:,}, {rate_said(count / replayed.days)}"


def rate_said(rate: float) -> str:
    """Papers a day, as people say it: «about 3 a week»."""
    if rate >= 1:
        return f"about {rate:.0f} a day"
    if rate * 7 >= 1:
        return f"about {rate * 7:.0f} a week"
    return "less than one a week"


def days_said(days: int) -> str:
    """«7 days»."""
    return "one day" if days == 1 else f"{days} days"
