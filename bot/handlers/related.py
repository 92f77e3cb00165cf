"""Papers known here that are near to one, and where they are talked about."""

from __future__ import annotations

from typing import Final

from bot.cards import Action, Item, Span, spans
from bot.cards.paper import authors
from bot.handlers.asked import Asked
from bot.models import DeliveryKind, Destination, Paper, SubscriptionState, delivery_key
from bot.text.cut import cut

CHANNELS: Final = 20
"""Channels that are looked through for threads."""


async def related_rows(asked: Asked, paper: Paper) -> list[Item]:
    """Up to three papers as rows, with their threads as far as the asker may read them."""
    found = await asked.services.meanings.related(paper)
    threads = await _threads(asked, found)
    return [
        Item(
            (Span("related: "), Span(cut(one.title, 140), url=one.url or None)),
            note=spans(authors(one, 2), *threads.get(one.id, ())),
            action=Action("Show", command=f"paper {one.short_id}") if len(one.short_id) < 80 else None,
        )
        for one in found
    ]


async def _threads(asked: Asked, papers: list[Paper]) -> dict[str, tuple[Span, ...]]:
    """«discussed in #x» for each paper that is, in one channel of this workspace that the asker may read."""
    channels: dict[str, Destination] = {
        one.destination.key: one.destination
        for one in await asked.subscriptions()
        if not one.destination.direct and one.state is not SubscriptionState.REMOVED
    }
    found: dict[str, tuple[Span, ...]] = {}
    for where in list(channels.values())[:CHANNELS] if papers else ():
        names = {delivery_key(where, DeliveryKind.THREAD, one.id): one.id for one in papers}
        held = await asked.store.deliveries.many(where, list(names))
        open_ = {
            names[key]: one.message for key, one in held.items() if one.message is not None and key in names
        }
        if open_ and await asked.origin.rights.may_read(where):
            for paper_id, message in open_.items():
                link = Span(f"discussed in {where.name or 'a channel'}", url=message.url)
                found.setdefault(paper_id, (Span(" · "), link))
    return found
