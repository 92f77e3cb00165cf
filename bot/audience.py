"""Everybody's subscriptions in one process: the index over their filters, kept up to what the store holds.

At a start all are read, but of each record only the filter: the rest is read when a paper has come that it wants. Of a
large index most was saved (:mod:`bot.snapshot`), and only filters that are new or changed are put into it.
"""

from __future__ import annotations

import asyncio
import ctypes
import gc
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final

import structlog

from bot.clock import Clock
from bot.errors import QueryError
from bot.matching import Index
from bot.models import Paper, Subscription, SubscriptionState
from bot.query import Query, stored
from bot.snapshot import Snapshot
from bot.store import Store
from bot.store.kept import Kept, filter_of, is_removed, names_sources, parts, undamaged

log = structlog.get_logger(__name__)

TAKEN_AT_ONCE: Final = 20
"""Filters read between two looks at the event loop: two milliseconds."""
MANY: Final = 10_000
"""Filters above which the index is kept out of the collector's way."""
ALIKE: Final = 1 << 13
"""Different filters that are remembered while all are read: many people ask for the same."""
WORTH_SAVING: Final = 1_000
"""Filters that a start had to read, so that the index is saved: a tenth of a second of its time."""
SAVED_AGAIN: Final = timedelta(days=1)
"""So long after it was saved an index that has changed is saved again: what people erased stays in no file."""
NEVER: Final = datetime.min.replace(tzinfo=UTC)
READ_AT_ONCE: Final = 100
"""Records read between two looks at the event loop, when a paper has come that so many want."""


class Audience:
    """Who may want a paper."""

    def __init__(self, store: Store, clock: Clock, snapshot: Snapshot | None = None) -> None:
        """With ``snapshot`` a large index is saved, and a start reads only what is new in it."""
        self._store = store
        self._clock = clock
        self._snapshot = snapshot
        self._kept = Kept()
        self.index = Index(stored, self._kept.filter_of)
        self._revisions: set[str] = set()
        """Those whose filter asks how a paper was announced."""
        self._choosing: set[str] = set()
        """Those that want papers of some sources only."""
        self._place = "0-0"
        self._loaded = False
        self._saved, self._unsaved = NEVER, 0
        """When the index was saved last, and how many filters have come, gone or changed since."""

    async def refresh(self) -> None:
        """Bring it up to what the store holds: everything once, then only what changed."""
        if self._loaded:
            changes = await self._store.subscriptions.changes(self._place)
            if changes is not None:
                self._place, ids = changes
                now = await self._store.subscriptions.by_ids(ids)
                for one in ids:
                    self._take(one, now.get(one))
                self._unsaved += len(ids)
                if self._unsaved and self._clock.now() - self._saved >= SAVED_AGAIN:
                    await self._save()
                return
            log.warning("Too many subscriptions changed to follow; the index is built anew")
            gc.unfreeze()
        place = await self._store.subscriptions.last_change()
        self._kept = Kept()
        self._revisions.clear()
        self._choosing.clear()
        # Millions of objects that stay: the collector need not walk them again and again while they grow, nor later,
        # which would stop everything for a second each time.
        collects = gc.isenabled()
        gc.disable()
        try:
            await self._load()
            anew = self._unsaved
            if anew >= WORTH_SAVING or (anew and self._clock.now() - self._saved >= SAVED_AGAIN):
                await self._save()
            if len(self.index) >= MANY:
                gc.freeze()
                give_back()
        finally:
            if collects:
                gc.enable()
        self._place, self._loaded = place, True
        log.info(
            "The index is built",
            subscriptions=len(self.index),
            distinct=self.index.distinct,
            anew=anew,
            comparisons_a_paper=round(self.index.work),
        )

    async def _save(self) -> None:
        """Save the index if it is large; whatever was saved of one that is not is taken away."""
        self._saved, self._unsaved = self._clock.now(), 0
        if self._snapshot is None:
            return
        if len(self.index) >= MANY:
            await asyncio.to_thread(self._snapshot.write, self.index, self._revisions, self._saved)
        else:
            self._snapshot.remove()

    async def _load(self) -> None:
        """Hold all subscriptions, with what was saved of the index."""
        saved = await asyncio.to_thread(self._snapshot.read) if self._snapshot is not None else None
        self._unsaved, self._saved = 0, saved.at if saved is not None else NEVER
        self.index = saved.index if saved is not None else Index(stored, self._kept.filter_of)
        rest = self.index.texts()
        """What was saved and not found in the store yet."""
        read = lru_cache(maxsize=ALIKE)(stored)
        async for records in self._store.subscriptions.records():
            for at, (subscription_id, raw) in enumerate(records):
                if (found := _filtered(subscription_id, raw)) is None:
                    continue
                one, text = found
                before = rest.pop(subscription_id, None)
                if saved is not None and before == text:
                    self._keep(subscription_id, one, revisions=subscription_id in saved.revisions)
                    if at % READ_AT_ONCE == 0:
                        await self._clock.sleep(0)
                    continue
                if before is not None:
                    self.index.drop(subscription_id)
                self._hold(subscription_id, one, text, read)
                self._unsaved += 1
                if self._unsaved % TAKEN_AT_ONCE == 0:
                    await self._clock.sleep(0)
        if saved is not None:
            for subscription_id in rest:
                self.index.drop(subscription_id)
            self._unsaved += len(rest)
            self.index.texts_from(self._kept.filter_of)

    def wanted_by(self, paper: Paper, verdicts: Collection[str]) -> list[str]:
        """Of those whose filter the paper passes, those whose choice of sources it passes as well.

        A revision of a paper that was never announced to us is for those alone who ask for revisions: arXiv's
        feeds and records are full of them, and nobody who asks for new papers means one of years ago.
        """
        announced_by = {one.source for one in paper.sightings}
        asked = self._revisions if paper.only_revised else verdicts
        return [
            key
            for key in verdicts
            if key in asked and (key not in self._choosing or self._chose_any(key, announced_by))
        ]

    async def held(self, wanted: Sequence[str]) -> list[Subscription]:
        """These subscriptions; one whose record turns out to be damaged is left out from now on."""
        found = []
        for at, one in enumerate(wanted):
            if at % READ_AT_ONCE == READ_AT_ONCE - 1:
                await self._clock.sleep(0)
            subscription = self._kept.get(one)
            if subscription is None:
                self._leave(one)
            else:
                found.append(subscription)
        return found

    def _take(self, subscription_id: str, subscription: Subscription | None) -> None:
        """Hold a subscription as it is now."""
        self._leave(subscription_id)
        if subscription is not None and subscription.state is not SubscriptionState.REMOVED:
            self._hold(subscription_id, subscription, subscription.query, stored)

    def _hold(
        self, subscription_id: str, one: str | Subscription, text: str, read: Callable[[str], Query]
    ) -> None:
        try:
            query = read(text)
        except QueryError as error:
            # An older or newer version wrote it; one bad filter must not harm another.
            log.warning("A stored filter cannot be read", subscription=subscription_id, why=str(error))
            return
        self.index.put(subscription_id, query)
        self._keep(subscription_id, one, revisions=query.revisions)

    def _keep(self, subscription_id: str, one: str | Subscription, *, revisions: bool) -> None:
        """Note what the matcher asks of a subscription whose filter the index holds."""
        if revisions:
            self._revisions.add(subscription_id)
        if isinstance(one, Subscription) and one.sources:
            self._choosing.add(subscription_id)
        self._kept.put(subscription_id, one)

    def _leave(self, subscription_id: str) -> None:
        """Hold it no longer."""
        if subscription_id in self._kept:
            self.index.drop(subscription_id)
            self._kept.drop(subscription_id)
            self._revisions.discard(subscription_id)
            self._choosing.discard(subscription_id)

    def _chose_any(self, subscription_id: str, sources: set[str]) -> bool:
        """Whether a subscription that wants papers of some sources names one of these."""
        subscription = self._kept.get(subscription_id)
        return subscription is not None and not sources.isdisjoint(subscription.sources)


def _filtered(subscription_id: str, raw: str) -> tuple[str | Subscription, str] | None:
    """A record and its filter, the record read whole where more than the filter decides what it wants.

    ``None`` where it is damaged, or the subscription was removed.
    """
    text = filter_of(raw)
    if text is not None and not names_sources(raw):
        return None if is_removed(raw) else (raw, text)
    found = undamaged(raw, *parts(subscription_id))
    if found is None or found.state is SubscriptionState.REMOVED:
        return None
    return found, found.query


def give_back() -> None:
    """Give memory back that was needed for a while: a tenth or so, which glibc otherwise keeps for later."""
    with suppress(OSError, AttributeError):  # other C libraries do so by themselves
        ctypes.CDLL(None).malloc_trim(0)
