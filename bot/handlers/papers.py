"""``paper`` and the buttons under a card: Abstract, BibTeX, Share."""

from __future__ import annotations

from bot.cards import Action, Span, spans
from bot.cards.bibtex import bibtex
from bot.cards.paper import paper_card
from bot.cards.reply import message
from bot.handlers.asked import Asked
from bot.handlers.related import discussed, related_rows
from bot.models import CardSize, Delivery, DeliveryKind, delivery_key
from bot.ports import Reply
from bot.private import feed_of
from bot.text.cut import cut


async def paper(asked: Asked) -> Reply:
    """One paper as a full card."""
    found = await asked.paper()
    if feed_of(found.id) is None:
        await asked.store.shown.note([found.id], asked.now)
    near = await asked.services.meanings.related(found)
    return Reply(
        card=paper_card(
            found,
            size=CardSize.FULL,
            related=near,
            discussed=await discussed(asked, near),
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
