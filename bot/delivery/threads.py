"""The one thread of a paper in a channel: planned when somebody asks, or by the channel's policy."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from bot.clock import Clock
from bot.models import Delivery, DeliveryKind, DeliveryState, Destination, Paper, delivery_key
from bot.store import Store
from bot.text.cut import cut

TOPS: Final = 3
"""Papers of a digest that get a thread where the policy is «tops»."""
UPVOTES: Final = 50
"""With the policy «upvotes», how many it takes where the channel did not say."""
NAME: Final = 100
"""Code points of a thread's name (https://discord.com/developers/docs/resources/channel)."""


class Threads:
    """Plans threads. Each is planned once, however often it is asked for."""

    def __init__(self, store: Store, clock: Clock, *, platforms: Collection[str]) -> None:
        """``platforms`` are those that have threads."""
        self._store = store
        self._clock = clock
        self._platforms = frozenset(platforms)

    async def plan(self, paper: Paper, where: Destination) -> str:
        """Plan the thread, and before it the card it hangs from where that was never posted; the key.

        The two lie in one lane, so that the card is there first.
        """
        now = self._clock.now()
        card_key = delivery_key(where, DeliveryKind.PAPER, paper.id)
        posted = await self._store.deliveries.get(where, card_key)
        if posted is None or posted.state is DeliveryState.PENDING:
            if posted is not None and posted.digest:
                # It went out as a row of a digest, and a thread needs a message of its own.
                await self._store.deliveries.forget(where, [card_key])
            await self._store.deliveries.plan(
                Delivery(
                    key=card_key, kind=DeliveryKind.PAPER, destination=where, papers=(paper.id,), due=now
                ),
                now=now,
                reasons=dict(posted.reasons) if posted is not None else None,
            )
        key = delivery_key(where, DeliveryKind.THREAD, paper.id)
        await self._store.deliveries.plan(
            Delivery(
                key=key,
                kind=DeliveryKind.THREAD,
                destination=where,
                papers=(paper.id,),
                due=now,
                note=cut(f"{paper.short_id} · {paper.title}", NAME),
            ),
            now=now,
        )
        return key

    async def after(self, delivery: Delivery) -> None:
        """What the channel's policy wants now that this was posted."""
        where = delivery.destination
        if where.platform not in self._platforms or where.direct:
            return
        if delivery.kind not in {DeliveryKind.PAPER, DeliveryKind.DIGEST}:
            return
        preferences = await self._store.preferences.get(where.platform, where.workspace, where.channel)
        policy = preferences.get("threads", "on-demand")
        if policy == "tops" and delivery.kind is DeliveryKind.DIGEST:
            chosen = delivery.papers[:TOPS]
        elif policy == "upvotes":
            chosen = delivery.papers
        else:
            return
        least = int(preferences.get("thread_upvotes", UPVOTES)) if policy == "upvotes" else 0
        for paper in (await self._store.papers.many(chosen)).values():
            if (paper.upvotes or 0) >= least:
                await self.plan(paper, where)
