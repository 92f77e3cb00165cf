"""Destinations that take no cards: their subscriptions stand still, their makers are told once."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Final

import structlog

from bot.clock import Clock
from bot.models import (
    Delivery,
    DeliveryKind,
    Destination,
    Subscription,
    SubscriptionState,
    delivery_key,
)
from bot.store import Store
from bot.store.subscriptions import ChangedByAnotherError

log = structlog.get_logger(__name__)

MOST_CARDS: Final = 3
"""Up to so many waiting cards are posted one by one when a destination returns; more become one digest."""


class Destinations:
    """What is known of destinations."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def gone(self, destination: Destination, why: str, *, remedy: str = "") -> None:
        """It takes no cards. What is planned for it waits; its subscriptions are blocked; makers are told."""
        now = self._clock.now()
        # Nobody can be told of closed direct messages there; who uses a command next is, with what to do.
        reason = f"{why} {remedy}".strip() if destination.direct else why
        if not await self._store.deliveries.block(destination, reason, now):
            return
        log.warning("A destination takes no cards", destination=destination.key, why=why)
        told: set[str] = set()
        for subscription in await self._subscriptions(destination):
            if subscription.state is not SubscriptionState.ACTIVE:
                continue
            blocked = await self._change(subscription, SubscriptionState.BLOCKED, why)
            maker = subscription.created_by.id
            if blocked and maker and maker not in told and not destination.direct:
                told.add(maker)
                await self._tell(subscription, why, remedy, now)

    async def took_a_card(self, destination: Destination) -> None:
        """It takes cards. If it did not before, what piled up becomes one digest, and subscriptions run on."""
        if await self._store.deliveries.blocked(destination) is None:
            return
        now = self._clock.now()
        log.info("A destination takes cards again", destination=destination.key)
        digest = Delivery(
            key=delivery_key(destination, DeliveryKind.DIGEST, f"returned:{now.isoformat()}"),
            kind=DeliveryKind.DIGEST,
            destination=destination,
            papers=(),
            period=now.date().isoformat(),
            note="while I could not post here",
        )
        await self._store.deliveries.release(destination, digest, most=MOST_CARDS, now=now)
        for subscription in await self._subscriptions(destination):
            if subscription.state is SubscriptionState.BLOCKED:
                await self._change(subscription, SubscriptionState.ACTIVE, "")

    async def _subscriptions(self, destination: Destination) -> list[Subscription]:
        return [
            one
            for one in await self._store.subscriptions.of(destination.platform, destination.workspace)
            if one.destination.key == destination.key
        ]

    async def _change(self, subscription: Subscription, state: SubscriptionState, why: str) -> bool:
        try:
            await self._store.subscriptions.put(replace(subscription, state=state, state_reason=why))
        except ChangedByAnotherError:
            return False  # a person changed it at this very moment; theirs holds
        return True

    async def _tell(self, subscription: Subscription, why: str, remedy: str, now: datetime) -> None:
        where = subscription.destination
        maker = replace(
            where,
            channel=subscription.created_by.id,
            direct=True,
            thread=None,
            name=subscription.created_by.name,
        )
        said = f"I cannot post to {where.name or where.channel}: {why} {remedy}".strip()
        await self._store.deliveries.plan(
            Delivery(
                key=delivery_key(maker, DeliveryKind.NOTICE, f"gone:{where.key}:{now.isoformat()}"),
                kind=DeliveryKind.NOTICE,
                destination=maker,
                papers=(),
                subscriptions=(subscription.number,),
                due=now,
                note=f"{said} Your subscription «{subscription.title}» waits; nothing is lost. "
                "I try again every hour.",
            ),
            now=now,
        )
