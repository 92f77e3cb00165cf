"""The one thread of a paper in a channel: planned when somebody asks, or by the channel's policy."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Final

from bot.clock import Clock
from bot.errors import ThreadRefused
from bot.models import (
    Delivery,
    DeliveryKind,
    DeliveryState,
    Destination,
    MessageRef,
    Paper,
    delivery_key,
)
from bot.store import Store
from bot.store.discussions import Discussion
from bot.text.cut import cut

TOPS: Final = 3
"""Papers of a digest that get a thread where the policy is «tops»."""
UPVOTES: Final = 50
"""With the policy «upvotes», how many it takes where the channel did not say."""
NAME: Final = 100
"""Code points of a thread's name (https://discord.com/developers/docs/resources/channel)."""

CARD_GONE: Final = "The card of that paper was deleted here. Ask again, and I post it anew with its thread."


async def opened(store: Store, papers: Sequence[str], where: Destination) -> Mapping[str, str | None]:
    """Those of the papers, by id, that have a thread in a channel, with its address where it has one."""
    names = {delivery_key(where, DeliveryKind.THREAD, one): one for one in papers}
    held = await store.deliveries.many(where, list(names))
    return {names[key]: one.message.url for key, one in held.items() if one.message is not None}


def refusal(error: ThreadRefused) -> str:
    """Why there is no thread, for whoever asked for it."""
    return CARD_GONE if error.card_gone else f"{error} {error.remedy}".strip()


async def forget_thread(store: Store, where: Destination, paper_id: str, thread: str) -> None:
    """The thread of a paper in that channel was deleted: the next one who asks for it gets a new one."""
    await store.deliveries.forget(where, [delivery_key(where, DeliveryKind.THREAD, paper_id)])
    followed = await store.discussions.one(where.platform, where.workspace, thread)
    if followed is not None:
        await store.discussions.drop(followed)


class Threads:
    """Plans threads. Each is planned once, however often it is asked for."""

    def __init__(
        self, store: Store, clock: Clock, *, platforms: Collection[str], counted: Collection[str] = ()
    ) -> None:
        """``platforms`` are those that have threads; on the ``counted`` ones the card says how much was said."""
        self._store = store
        self._clock = clock
        self._platforms = frozenset(platforms)
        self._counted = frozenset(counted)

    async def plan(self, paper: Paper, where: Destination) -> str:
        """Plan the thread, and before it the card it hangs from where that was never posted; the key.

        The two lie in one lane, so that the card is there first.
        """
        now = self._clock.now()
        card_key = delivery_key(where, DeliveryKind.PAPER, paper.id)
        key = delivery_key(where, DeliveryKind.THREAD, paper.id)
        posted = await self._store.deliveries.get(where, card_key)
        refused = await self._store.deliveries.get(where, key)
        if refused is not None and refused.state is DeliveryState.DEAD:
            # It was refused, and is tried again now that somebody asks again.
            gone = [card_key] if refused.why == CARD_GONE else []
            await self._store.deliveries.forget(where, [key, *gone])
            posted = None if gone else posted
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

    async def after(self, delivery: Delivery, message: MessageRef) -> None:
        """Follow the thread that stands now, and open those that the channel's policy wants now."""
        where = delivery.destination
        if where.platform in self._counted:
            await self._follow(delivery, message)
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

    async def _follow(self, delivery: Delivery, message: MessageRef) -> None:
        """Count what is said from now on, where this opened a thread (posts in a forum are threads themselves)."""
        where, now = delivery.destination, self._clock.now()
        card, posted_at = message, now
        if delivery.kind is DeliveryKind.THREAD:
            under = await self._store.deliveries.get(
                where, delivery_key(where, DeliveryKind.PAPER, delivery.papers[0])
            )
            if under is None or under.message is None:
                return
            card, posted_at = replace(under.message, thread=message.thread), under.sent_at or now
        elif delivery.kind is not DeliveryKind.PAPER or message.thread == where.thread:
            return
        if card.thread:
            await self._store.discussions.follow(
                Discussion(
                    destination=where, paper=delivery.papers[0], card=card, posted_at=posted_at, active_at=now
                ),
                now,
            )
