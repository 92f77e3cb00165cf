"""Keeps «Discuss (12)» true: counts what was said in the threads of papers, and changes the buttons in place.

It never posts. Requests are bounded: one for each workspace at a time, the rarer the longer nothing was said, and a few
edits after each. All it knows is in the store, so a restart neither forgets a thread nor looks at all of them at once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final, Protocol, runtime_checkable

import structlog

from bot.clock import Clock
from bot.delivery.budgets import Budgets
from bot.delivery.compose import Composer
from bot.errors import DeliveryError, DestinationGone, RetryLater, StoreUnavailable
from bot.models import DeliveryKind, delivery_key
from bot.ports import Adapter, CountingAdapter, EditingAdapter
from bot.store import Store
from bot.store.discussions import Discussion
from bot.store.limits import Full

log = structlog.get_logger(__name__)

EVERY: Final = 3.0
"""Seconds between two rounds; a thread that was just opened is on its card by then."""
LEASE: Final = timedelta(seconds=60)
WORKSPACES: Final = 10
"""Looked at in one round at most."""
EDITS: Final = 5
"""Cards changed after one look; the others are changed after the next."""
SOONEST: Final = timedelta(minutes=2)
"""Between two looks at a workspace where people are talking."""
LATEST: Final = timedelta(hours=1)
"""The same where nobody has said anything for long."""
FADING: Final = 10
"""The next look comes after a tenth of the time for which nothing was said."""
FRESH: Final = timedelta(minutes=55)
"""Messages older than an hour have a rate limit of their own for edits (Discord's code 30046,
https://discord.com/developers/docs/topics/opcodes-and-status-codes#json)."""
RARELY: Final = timedelta(minutes=15)
"""Between two changes of a card that is older than that."""
FORGOTTEN: Final = timedelta(days=30)
"""After which a thread in which nothing is said is followed no more."""
PATIENCE: Final = 1.0
"""Seconds that an edit waits for a place in the budgets that it shares with sends."""


@runtime_checkable
class Showing(CountingAdapter, EditingAdapter, Protocol):
    """An adapter that can do both."""


class Counts:
    """Follows the threads of one platform, in one process at a time."""

    def __init__(
        self, adapter: Adapter, store: Store, composer: Composer, clock: Clock, *, worker: str
    ) -> None:
        """For an adapter that cannot count and edit there is nothing to do."""
        self._platform = adapter.name
        self._adapter = adapter if isinstance(adapter, Showing) else None
        self._budgets = Budgets(adapter, store, clock)
        self._store = store
        self._composer = composer
        self._clock = clock
        self._worker = worker

    async def run(self) -> None:
        """Look again and again; an outage of the store or of the platform is waited out."""
        while self._adapter is not None:
            try:
                if await self._store.leases.take(f"counting:{self._platform}", self._worker, LEASE):
                    await self.once()
            except StoreUnavailable:
                pass  # whoever sends says so
            except Exception:
                log.exception("The messages of threads could not be counted; this is our bug")
            await self._clock.sleep(EVERY)

    async def once(self) -> None:
        """Look at the workspaces whose turn it is."""
        if self._adapter is None:
            return
        due = await self._store.discussions.due(self._platform, self._clock.now())
        for workspace in due[:WORKSPACES]:
            await self._look(self._adapter, workspace)

    async def _look(self, adapter: Showing, workspace: str) -> None:
        now = self._clock.now()
        until = now + SOONEST
        followed = await self._store.discussions.begin(self._platform, workspace, until)
        wait = timedelta()
        if followed:
            try:
                counts = await adapter.thread_counts(workspace)
            except DestinationGone:  # removed from it; perhaps invited again one day
                followed = await self._counted(followed, {}, now)
                wait = LATEST
            except DeliveryError as error:
                wait = timedelta(seconds=error.after if isinstance(error, RetryLater) and error.after else 0)
            else:
                followed = await self._counted(followed, counts, now)
                wait = await self._show(adapter, followed, now)
        next_at = max(now + wait, next_look(followed, now))
        await self._store.discussions.end(self._platform, workspace, until, next_at)

    async def _counted(
        self, followed: Sequence[Discussion], counts: Mapping[str, int], now: datetime
    ) -> list[Discussion]:
        """What is followed on, with its new numbers."""
        kept = []
        for before in followed:
            count = counts.get(before.thread)
            if count is None and now - before.active_at > FORGOTTEN:
                await self._store.discussions.drop(before)
                continue
            after = before
            if count is not None and count != before.counted:
                after = replace(before, counted=count, active_at=now)
                await self._store.discussions.put(after)
            kept.append(after)
        return kept

    async def _show(self, adapter: Showing, followed: Sequence[Discussion], now: datetime) -> timedelta:
        """Change the cards whose number is no longer right; how long the platform wants to be left alone."""
        stale = [one for one in followed if one.counted != one.shown and now >= editable_at(one, now)]
        stale.sort(key=lambda one: one.edited_at or one.active_at)
        for one in stale[:EDITS]:
            # Edits draw from the budgets that sends share.
            moment = await self._budgets.take(one.destination, shared=True, patience=PATIENCE)
            if isinstance(moment, Full):
                break
            try:
                await self._budgets.wait(moment)
                async with self._budgets.leaving(moment):
                    shown = await self._edit(adapter, one, now)
            except RetryLater as error:
                log.info(
                    "A card's number is changed later", why=str(error), workspace=one.destination.workspace
                )
                return timedelta(seconds=error.after or 60)
            except DestinationGone:
                shown = None  # the card was deleted, or its channel
            except DeliveryError as error:
                log.warning("A card's number could not be changed", why=str(error))
                shown = replace(one, edited_at=now)  # and is tried again, as rarely as any change
            finally:
                await self._budgets.give_back(moment)
            if shown is None:
                await self._store.discussions.drop(one)
            else:
                await self._store.discussions.put(shown)
        return timedelta()

    async def _edit(self, adapter: Showing, one: Discussion, now: datetime) -> Discussion | None:
        """Show the number on the card; ``None`` where there is nothing to show any more."""
        card_key = delivery_key(one.destination, DeliveryKind.PAPER, one.paper)
        delivery = await self._store.deliveries.get(one.destination, card_key)
        if delivery is None:
            return None
        card = (await self._composer.compose(delivery, now=now, messages=one.counted)).card
        if card is None:
            return None
        await adapter.edit(one.card, card)
        return replace(one, shown=one.counted, edited_at=now)


def editable_at(one: Discussion, now: datetime) -> datetime:
    """When a card may be changed again. Pure."""
    if one.edited_at is None:
        return now
    return one.edited_at + (SOONEST if now - one.posted_at < FRESH else RARELY)


def next_look(followed: Sequence[Discussion], now: datetime) -> datetime:
    """When to look at a workspace again, after a look ``now``. Pure."""
    last = max((one.active_at for one in followed), default=now - FADING * LATEST)
    return now + min(LATEST, max(SOONEST, (now - last) / FADING))
