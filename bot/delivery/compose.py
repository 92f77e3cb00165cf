"""From a delivery to its card, at the moment it is sent: counts and titles are today's."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from bot.cards import Action, Card, CardKind, Span
from bot.cards.digest import DigestRow, digest_card
from bot.cards.paper import PaperAction, paper_card
from bot.cards.reply import message
from bot.delivery.threads import opened
from bot.ledger.incidents import footer
from bot.meaning import Meanings
from bot.models import (
    CardSize,
    Delivery,
    DeliveryKind,
    Destination,
    Paper,
    Reason,
    Subscription,
    When,
    delivery_key,
)
from bot.schedule import PERIODS
from bot.store import Store

_MENTIONING: Final = frozenset({DeliveryKind.PAPER, DeliveryKind.REVISION, DeliveryKind.DIGEST})
"""What mentions the role of a subscription: not notices, and not the first message of a thread, whose card did."""
PAGE: Final = 10
"""Papers on one page of «Show the rest»."""


@dataclass(frozen=True, slots=True)
class Composed:
    """What is to be posted, and for whom."""

    card: Card | None
    """``None`` where nothing is left to say: the papers have expired."""
    subscriptions: Sequence[Subscription]


class Composer:
    """Builds the cards of deliveries."""

    def __init__(
        self,
        store: Store,
        *,
        paper_actions: Collection[str],
        digest_actions: Collection[str],
        threading: Collection[str] = (),
        meanings: Meanings | None = None,
    ) -> None:
        """``threading`` names the platforms that have threads: elsewhere «Discuss» would be a dead button."""
        self._store = store
        self._meanings = meanings
        self._paper_actions = frozenset(paper_actions)
        self._digest_actions = frozenset(digest_actions)
        self._threading = frozenset(threading)

    def paper_actions(self, platform: str) -> frozenset[str]:
        """What a paper card offers on a platform."""
        without = frozenset() if platform in self._threading else frozenset({PaperAction.DISCUSS})
        return self._paper_actions - without

    async def compose(self, delivery: Delivery, *, now: datetime, messages: int | None = None) -> Composed:
        """The card of a delivery as it stands now; with ``messages`` it says how many its paper's thread has."""
        if delivery.kind is DeliveryKind.THREAD:
            delivery = await self._with_its_reasons(delivery)
        subscriptions = await self._subscriptions(delivery)
        papers = await self._store.papers.many(delivery.papers)
        card: Card | None = None
        if delivery.kind is DeliveryKind.NOTICE:
            retry = [Action("Retry", command=f"resume {number}") for number in delivery.subscriptions]
            card = message("", delivery.note, kind=CardKind.NOTICE, accent="notice", actions=retry)
        elif delivery.kind is DeliveryKind.DIGEST:
            card = await self._digest(delivery, subscriptions, papers)
        elif paper := next(iter(papers.values()), None):
            card = await self._paper(delivery, subscriptions, paper, now, messages)
        mention = next((one.mention for one in subscriptions if one.mention), "")
        if card is not None and mention and delivery.kind in _MENTIONING:
            card = replace(card, mention=mention)
        return Composed(card, subscriptions)

    async def _subscriptions(self, delivery: Delivery) -> Sequence[Subscription]:
        platform, workspace = delivery.destination.platform, delivery.destination.workspace
        found = [
            await self._store.subscriptions.get(platform, workspace, number)
            for number in delivery.subscriptions
        ]
        return [one for one in found if one is not None]

    async def _with_its_reasons(self, thread: Delivery) -> Delivery:
        """The first message of a thread says why the paper came to its channel; the card's delivery knows it.

        Both are of one channel: alerts that people have for themselves have deliveries of their own.
        """
        key = delivery_key(thread.destination, DeliveryKind.PAPER, thread.papers[0])
        card = await self._store.deliveries.get(thread.destination, key)
        if card is None:
            return thread
        numbers = tuple(dict.fromkeys((*card.subscriptions, *(number for number, _ in card.reasons))))
        return replace(thread, subscriptions=numbers, reasons=card.reasons)

    async def _paper(
        self,
        delivery: Delivery,
        subscriptions: Sequence[Subscription],
        paper: Paper,
        now: datetime,
        messages: int | None,
    ) -> Card:
        opens_thread = delivery.kind is DeliveryKind.THREAD
        full = opens_thread or any(one.card is CardSize.FULL for one in subscriptions)
        # Inside its own thread there is nothing to open, and the abstract stands there already.
        needless = {PaperAction.DISCUSS, PaperAction.ABSTRACT} if opens_thread else set[PaperAction]()
        related = await self._meanings.related(paper) if full and self._meanings else []
        return paper_card(
            paper,
            related=related,
            discussed=await self._discussed(delivery.destination, related),
            size=CardSize.FULL if full else CardSize.COMPACT,
            reasons=joined_reasons(delivery),
            subscriptions=[one.title for one in subscriptions],
            people=[one.created_by.name for one in subscriptions] if opens_thread else (),
            discuss_count=messages,
            now=now,
            actions=self.paper_actions(delivery.destination.platform) - needless,
        )

    async def _discussed(self, where: Destination, related: Sequence[Paper]) -> Mapping[str, Span]:
        """Threads of the same channel: whoever sees the card may read those, and nobody knows about others."""
        if where.direct or not related:
            return {}
        links = await opened(self._store, [one.id for one in related], where)
        return {one: Span("discussed here", url=link) for one, link in links.items()}

    async def _digest(
        self, delivery: Delivery, subscriptions: Sequence[Subscription], papers: Mapping[str, Paper]
    ) -> Card | None:
        subscription = subscriptions[0] if subscriptions else None
        limit = subscription.limit if subscription else PAGE
        known = [paper_id for paper_id in delivery.papers if paper_id in papers]
        if not known:
            return None
        rows = await self.rows(delivery.destination, [papers[paper_id] for paper_id in known[:limit]])
        zone = subscription.cadence.zone if subscription else "UTC"
        return digest_card(
            subscription.title if subscription else "What piled up meanwhile",
            delivery.note or delivery.period,
            rows,
            key=delivery.key,
            total=len(known),
            numbers=[one.number for one in subscriptions[:1]],
            next_due=await self._next_due(subscription),
            checked=await self._checked(subscription, delivery),
            notes=await self._happened(subscription, delivery),
            zone=zone,
            actions=self._digest_actions | self.paper_actions(delivery.destination.platform),
        )

    async def _next_due(self, subscription: Subscription | None) -> datetime | None:
        if subscription is None or subscription.cadence.when is When.INSTANT:
            return None
        return await self._store.deliveries.next_digest(subscription)

    async def _checked(self, subscription: Subscription | None, delivery: Delivery) -> int | None:
        """How many papers came in the time that a digest of a rhythm stands for."""
        if subscription is None or delivery.due is None:
            return None
        length = PERIODS.get(subscription.cadence.when)
        return None if length is None else await self._store.papers.count(delivery.due - length)

    async def _happened(self, subscription: Subscription | None, delivery: Delivery) -> Sequence[str]:
        """What went wrong with the listings of a digest while it was gathered, in a sentence each."""
        if subscription is None or delivery.due is None:
            return ()
        gathered = PERIODS.get(subscription.cadence.when, timedelta(days=1))
        return footer(
            await self._store.ledgers.incidents(subscription.sources),
            since=delivery.due - gathered,
            now=delivery.due,
            zone=subscription.cadence.zone,
        )

    async def rows(self, destination: Destination, papers: Sequence[Paper]) -> list[DigestRow]:
        """Papers with the reasons for which that destination has them."""
        names = [delivery_key(destination, DeliveryKind.PAPER, paper.id) for paper in papers]
        held = await self._store.deliveries.many(destination, names)
        return [
            DigestRow(paper, joined_reasons(held[name]) if name in held else ())
            for name, paper in zip(names, papers, strict=True)
        ]


def joined_reasons(delivery: Delivery) -> tuple[Reason, ...]:
    """The reasons of all subscriptions that a delivery speaks for, each once."""
    return tuple(dict.fromkeys(one for _, found in delivery.reasons for one in found))
