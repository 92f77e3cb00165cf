"""Papers known here that are near to one, and where they are talked about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from bot.cards import Action, Item, Span, spans
from bot.cards.paper import authors
from bot.delivery.threads import opened
from bot.handlers.asked import Asked
from bot.models import Destination, Paper, SubscriptionState
from bot.text.cut import cut

CHANNELS: Final = 20
"""Channels that are looked through for threads: the one that was asked in, then those with subscriptions."""


async def related_rows(asked: Asked, paper: Paper) -> list[Item]:
    """Up to three papers as rows, with their threads as far as the asker may read them."""
    found = await asked.services.meanings.related(paper)
    talks = await discussed(asked, found)
    return [
        Item(
            (Span("related: "), Span(cut(one.title, 140), url=one.url or None)),
            note=spans(authors(one, 2), *((" · ", talks[one.id]) if one.id in talks else ())),
            action=Action("Show", command=f"paper {one.short_id}") if len(one.short_id) < 80 else None,
        )
        for one in found
    ]


async def discussed(asked: Asked, papers: Sequence[Paper]) -> Mapping[str, Span]:
    """«discussed in #x» for each paper that is, by id: in one channel of this workspace that the asker may read."""
    if not papers:
        return {}
    ids = [one.id for one in papers]
    followed = await asked.store.discussions.about(*asked.origin.workspace, ids)
    found: dict[str, Span] = {}
    for where in await _channels(asked, [talk.destination for talk in followed]):
        links = {talk.paper: talk.card.url for talk in followed if talk.destination.key == where.key}
        links |= await opened(asked.store, ids, where)
        new = {one: link for one, link in links.items() if one not in found}
        # Rights are asked for last: on Slack each is a question to the platform.
        if new and await asked.origin.rights.may_read(where):
            said = f"discussed in {where.name or 'a channel'}"
            found |= {one: Span(said, url=link) for one, link in new.items()}
    return found


async def _channels(asked: Asked, talking: Sequence[Destination]) -> list[Destination]:
    """Where papers may be talked about: here, where threads are followed, where something is subscribed to."""
    here = asked.destination("here")
    known = await asked.store.subscriptions.of(*asked.origin.workspace)
    subscribed = [one.destination for one in known if one.state is not SubscriptionState.REMOVED]
    named = {one.key: one for one in (*talking, *subscribed) if one.name}
    every = dict.fromkeys(one.key for one in (here, *talking, *subscribed) if not one.direct)
    places = {one.key: one for one in (*subscribed, *talking, here)}
    return [named.get(key, places[key]) for key in list(every)[:CHANNELS]]
