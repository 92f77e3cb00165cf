"""``paper``, ``search`` and the buttons under a card: Abstract, BibTeX, Share."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from types import MappingProxyType
from typing import Final

from bot.cards import Action, Item, Span, spans
from bot.cards.bibtex import bibtex
from bot.cards.paper import authors, counts, matched, paper_card
from bot.cards.reply import message
from bot.errors import NotAllowed
from bot.handlers.asked import Asked
from bot.handlers.related import related_rows
from bot.handlers.replay import Hit, Order
from bot.models import CardSize, Delivery, DeliveryKind, Destination, delivery_key
from bot.ports import Reply
from bot.query import parse
from bot.text.cut import cut

PAGE: Final = 8
_ORDERS: Final[Mapping[str, Order]] = MappingProxyType({"new": "new", "upvotes": "upvotes"})


async def paper(asked: Asked) -> Reply:
    """One paper as a full card."""
    found = await asked.paper()
    await asked.store.shown.note([found.id], asked.now)
    return Reply(
        card=paper_card(
            found,
            size=CardSize.FULL,
            related=await asked.services.meanings.related(found),
            now=asked.now,
            actions=asked.services.composer.paper_actions(asked.origin.where.platform),
        )
    )


async def abstract(asked: Asked) -> Reply:
    """The whole abstract."""
    found = await asked.paper()
    said = found.abstract or "No listing gave an abstract for this paper."
    links = [Action("arXiv" if "arxiv.org" in found.url else "Page", url=found.url)] if found.url else []
    if found.pdf_url:
        links.append(Action("PDF", url=found.pdf_url))
    near = await related_rows(asked, found)
    return Reply(card=message(cut(found.title, 300), said, items=near, actions=links))


async def cite(asked: Asked) -> Reply:
    """The BibTeX entry."""
    found = await asked.paper()
    return Reply(card=message("BibTeX", spans(Span(bibtex([found]), code=True))))


async def search(asked: Asked) -> Reply:
    """Search the stored papers by the same language as subscriptions."""
    query = parse(asked.get("query"))
    days = int(asked.get("days", "30"))
    where = await _delivered_to(asked)
    replayed = await asked.services.replay.run(
        query,
        days=days,
        best=PAGE,
        order=_ORDERS.get(asked.get("sort"), "relevance"),
        only=None if where is None else partial(asked.store.deliveries.said, where),
        revisions=True,
    )
    posted = f"posted {'to you' if where.direct else f'in {where.name or where.channel}'}" if where else ""
    if not replayed.hits:
        return Reply(
            card=message(
                "",
                spans(
                    f"None of the {replayed.checked:,} papers of the last {days} days fits ",
                    Span(query.normal, code=True),
                    f"{f' and was {posted}' if posted else ''}. Try fewer words, or days:90.",
                ),
                notes=query.notes,
            )
        )
    rows = [_row(hit) for hit in replayed.hits]
    hidden = replayed.count - len(rows)
    more = [f"{hidden:,} more fit: narrow the search to see them."] if hidden > 0 else []
    title = f"{replayed.count:,} of {replayed.checked:,} papers in {days} days"
    return Reply(
        card=message(f"{title}, {posted}" if posted else title, items=rows, notes=[*query.notes, *more])
    )


async def _delivered_to(asked: Asked) -> Destination | None:
    """The place whose papers are wanted, if one was named.

    Raises:
        NotAllowed: the asker may not read what is posted there.
    """
    if not asked.get("delivered"):
        return None
    where = asked.destination(asked.get("delivered"))
    open_to_all = where.key in {asked.origin.me.key, asked.destination("here").key}
    if not open_to_all and not await asked.origin.rights.may_read(where):
        raise NotAllowed("You cannot read that channel, so I do not search what was posted there.")
    return where


async def share(asked: Asked) -> Reply:
    """Post a paper in the channel where the button was pressed."""
    found = await asked.paper()
    where = asked.destination("here")
    # One share of a paper in a channel within an hour: a double click posts once.
    hour = f"{asked.now:%Y-%m-%dT%H}"
    await asked.store.deliveries.plan(
        Delivery(
            key=delivery_key(where, DeliveryKind.PAPER, f"share:{found.id}:{hour}"),
            kind=DeliveryKind.PAPER,
            destination=where,
            papers=(found.id,),
            due=asked.now,
        ),
        now=asked.now,
    )
    return Reply(card=message("", f"«{cut(found.title, 120)}» is on its way here."))


def _row(hit: Hit) -> Item:
    paper_ = hit.paper
    parts = [authors(paper_, 2), *paper_.categories[:1], counts(paper_)]
    if hit.verdict.reasons:
        parts.append(f"matched: {matched(hit.verdict.reasons)}")
    return Item(
        (Span(cut(paper_.title, 160), bold=True, url=paper_.url or None),),
        note=spans(" · ".join(part for part in parts if part)),
        action=Action("Show", command=f"paper {paper_.short_id}") if len(paper_.short_id) < 80 else None,
    )
