"""Posts what is due: intent, send, reconcile, record.

The order of the steps is the guarantee. The intent is durable before the send, so that a crash leaves a
doubt and never a silence; only a doubt is reconciled; the record is written by a script that checks that
the lane is still ours. Waiting for a rate limit happens before the intent, but for the last half second
(:data:`bot.delivery.budgets.NEAR`): the intent is on the disk when the moment of the send has come.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import structlog

from bot.clock import Clock
from bot.delivery.budgets import Budgets, Moment
from bot.delivery.compose import Composed, Composer
from bot.delivery.destinations import Destinations
from bot.delivery.threads import Threads, refusal
from bot.errors import (
    Ambiguous,
    CardRejected,
    DeliveryError,
    DestinationGone,
    PigeonError,
    RetryLater,
    StoreUnavailable,
    ThreadRefused,
)
from bot.models import (
    Delivery,
    DeliveryKind,
    DeliveryState,
    MessageRef,
    SubscriptionState,
    delivery_key,
)
from bot.ports import Adapter, CountingAdapter, ReconcilingAdapter, ThreadingAdapter
from bot.store import Store
from bot.store.claims import Claim, Intent, Settled
from bot.store.limits import Full

log = structlog.get_logger(__name__)

DEADLINE: Final = timedelta(seconds=15)
"""The adapter has its own deadline of ten seconds; this one catches an adapter that has none. With a shorter
lease it is three eighths of that, so that a send always ends before the lease does."""
RECORD_AGAIN: Final = 0.5
"""Seconds between two tries to record that something was posted."""
NEWER: Final = timedelta(minutes=1)
"""How long a delivery that only a newer version can read is left to a process of that version."""
MOST_ATTEMPTS: Final = 8
OLDEST: Final = timedelta(hours=24)
BACK_OFF: Final = (5, 15, 60, 300, 900, 1800, 3600)
"""Seconds before the next attempt, by how many there were."""
PROBE: Final = timedelta(hours=1)
"""How often a destination that took no cards is tried again with the head of its lane."""


@dataclass(frozen=True, slots=True)
class Sent:
    """One delivery that was posted, for those who count."""

    delivery: Delivery
    message: MessageRef
    found: bool
    """It had been posted before by an attempt whose outcome was unknown."""


@dataclass(frozen=True, slots=True)
class _Held:
    """What a sender has in its hands during an attempt."""

    claim: Claim
    delivery: Delivery
    composed: Composed
    moment: Moment
    intent: Intent
    began: datetime
    since: float
    """The same moment on the monotonic clock: from then on the lease counts."""


class Sender:
    """Carries out one claim at a time; many may run side by side."""

    def __init__(
        self,
        adapter: Adapter,
        store: Store,
        composer: Composer,
        destinations: Destinations,
        clock: Clock,
        *,
        told: Callable[[Sent], None] = lambda _: None,
    ) -> None:
        self._adapter = adapter
        self._store = store
        self._composer = composer
        self._destinations = destinations
        self._clock = clock
        self._told = told
        threading = [adapter.name] if isinstance(adapter, ThreadingAdapter) else []
        counted = [adapter.name] if isinstance(adapter, CountingAdapter) else []
        self._threads = Threads(store, clock, platforms=threading, counted=counted)
        self._deadline = min(DEADLINE, store.claims.lease * 3 / 8).total_seconds()
        self._budgets = Budgets(adapter, store, clock, deadline=self._deadline)
        self._preparing: set[asyncio.Task[None]] = set()

    def stop(self) -> None:
        """Give back every lane whose send has not begun; those that have begun are left to end."""
        for task in self._preparing:
            task.cancel()

    async def carry_out(self, claim: Claim) -> bool:
        """See the head of a lane through to one of its ends; whether the next one is due at once.

        Never raises but for a broken store.
        """
        with structlog.contextvars.bound_contextvars(delivery=claim.key, lane=claim.lane):
            task = asyncio.current_task()
            assert task is not None
            self._preparing.add(task)
            try:
                prepared = await self._prepare(claim)
            except asyncio.CancelledError:
                await self._store.claims.put_off(claim, due=self._clock.now(), keep_doubt=True)
                raise
            finally:
                self._preparing.discard(task)
            if prepared is None or claim.delivery is None:
                return False
            began, since = self._clock.now(), self._clock.monotonic()
            try:
                intent = await self._store.claims.intend(claim, began)
                if intent is None:
                    log.info("A lane went to another sender")
                    return False
                return await self._attempt(_Held(claim, claim.delivery, *prepared, intent, began, since))
            finally:
                await self._budgets.give_back(prepared[1])

    async def _prepare(self, claim: Claim) -> tuple[Composed, Moment] | None:
        """The card to post and the moment for it, which is near now; ``None`` where it is not to be posted now."""
        delivery, now = claim.delivery, self._clock.now()
        if claim.newer:
            log.warning("A delivery was planned by a newer version and is left to it")
            await self._store.claims.put_off(claim, due=now + NEWER, keep_doubt=True)
            return None
        if claim.damage:
            log.critical("A delivery cannot be read", why=claim.damage)
            await self._store.claims.settle_dead(claim, claim.damage, now=now)
            return None
        if claim.vanished >= MOST_ATTEMPTS:
            log.critical("Whoever takes up this delivery dies of it", times=claim.vanished)
            why = f"{claim.vanished} processes in a row ended while they prepared or sent it."
            await self._store.claims.settle_dead(claim, why, now=now)
            return None
        if delivery is None or delivery.state not in (DeliveryState.PLANNED, DeliveryState.INTENT):
            await self._store.claims.done(claim, now=now)
            return None
        try:
            composed = await self._composer.compose(delivery, now=now)
        except PigeonError:
            raise
        except Exception:
            log.exception("A card could not be made; this is our bug")
            await self._store.claims.settle_dead(claim, "The card could not be made: a bug of ours.", now=now)
            return None
        if await self._nobody_wants(claim, delivery, composed):
            return None
        await self._store.claims.acquit(claim)
        moment = await self._budgets.take(delivery.destination)
        if isinstance(moment, Full):
            due = self._clock.now() + timedelta(seconds=moment.wait)
            await self._store.claims.put_off(claim, due=due, keep_doubt=True)
            return None
        return composed, moment

    async def _attempt(self, held: _Held) -> bool:
        """Look, send, record; whether another delivery of the lane is due at once."""
        claim, delivery, intent = held.claim, held.delivery, held.intent
        now, pause = self._clock.now, 0.0
        # What this attempt leaves unknown is unknown since it began: a look-up that began later might miss it.
        doubt = intent.doubt or held.began
        try:
            found = await self._look(delivery, intent)
            if found is None:
                await self._budgets.wait(held.moment)
                left = self._store.claims.lease.total_seconds() - (self._clock.monotonic() - held.since)
                if left < self._deadline:
                    # A pause (suspend, swap) ate the lease: somebody else may be sending this already.
                    log.warning("The lease ran out before the send")
                    return False
                async with self._budgets.leaving(held.moment), asyncio.timeout(self._deadline):
                    message = await self._post(delivery, held.composed)
                pause = held.moment.rest
            else:
                message = found
        except RetryLater as error:
            # The platform knows best how long; ours is for when it does not say.
            wait = error.after or _back_off(intent.attempts)
            await self._again(claim, delivery, intent, wait, str(error), doubt=intent.doubt, counts=False)
        except (Ambiguous, TimeoutError) as error:
            await self._again(
                claim,
                delivery,
                intent,
                _back_off(intent.attempts),
                str(error) or "No answer in time.",
                doubt=doubt,
            )
        except ThreadRefused as error:
            # The channel takes cards all the same: they must not wait for a thread.
            log.warning("A thread could not be opened", why=str(error))
            await self._store.claims.settle_dead(claim, refusal(error), now=now())
        except DestinationGone as error:
            await self._destinations.gone(delivery.destination, str(error), remedy=error.remedy)
            await self._store.claims.put_off(claim, due=now() + PROBE, doubt=intent.doubt, why=str(error))
        except CardRejected as error:
            log.critical("A platform refused a card; this is our bug", why=str(error))
            await self._store.claims.settle_dead(claim, str(error), now=now())
        except DeliveryError as error:
            await self._again(claim, delivery, intent, _back_off(intent.attempts), str(error), doubt=doubt)
        except PigeonError:
            raise  # the store is away: the claim's lease runs out and the intent is reconciled
        except Exception as error:
            log.exception("An adapter raised what it should have translated")
            await self._again(
                claim,
                delivery,
                intent,
                _back_off(intent.attempts),
                f"{type(error).__name__} in the adapter.",
                doubt=doubt,
            )
        else:
            settled = await self._record(held, message, pause)
            self._told(Sent(delivery, message, found is not None))
            log.info(
                "Delivered", kind=delivery.kind.value, papers=len(delivery.papers), attempts=intent.attempts
            )
            if settled.blocked:
                await self._destinations.took_a_card(delivery.destination)
            await self._threads.after(delivery, message)
            return settled.more and not pause
        return False

    async def _record(self, held: _Held, message: MessageRef, rest: float) -> Settled:
        """Record that it was posted; again while the lease lasts, because an unrecorded post must be looked for.

        The lane is due again after ``rest`` seconds. Raises StoreUnavailable where the store stays away for so long.
        """
        pause = 0.0
        while True:
            try:
                now = self._clock.now()
                next_at = now + timedelta(seconds=rest)
                return await self._store.claims.settle_sent(held.claim, message, now=now, next_at=next_at)
            except StoreUnavailable:
                lease = self._store.claims.lease.total_seconds()
                if self._clock.monotonic() - held.since + pause > lease:
                    raise
                await self._clock.sleep(pause)
                pause = RECORD_AGAIN

    async def _look(self, delivery: Delivery, intent: Intent) -> MessageRef | None:
        """Where an earlier attempt with an unknown outcome posted it; ``None`` where a send is right now."""
        if intent.doubt is None:
            return None
        if not isinstance(self._adapter, ReconcilingAdapter):
            return None
        if self._clock.now() - intent.doubt < self._adapter.resend_window:
            return None  # the platform itself swallows a second send of this key
        return await self._adapter.find(delivery.destination, key=delivery.key, since=intent.doubt)

    async def _post(self, delivery: Delivery, composed: Composed) -> MessageRef:
        assert composed.card is not None
        if delivery.kind is DeliveryKind.THREAD and isinstance(self._adapter, ThreadingAdapter):
            parent = await self._store.deliveries.get(
                delivery.destination,
                delivery_key(delivery.destination, DeliveryKind.PAPER, delivery.papers[0]),
            )
            if parent is not None and parent.message is not None:
                return await self._adapter.open_thread(
                    parent.message, composed.card, name=delivery.note, key=delivery.key
                )
            raise RetryLater("The card whose thread is to be opened is not posted yet.", after=2)
        return await self._adapter.send(delivery.destination, composed.card, key=delivery.key)

    async def _again(
        self,
        claim: Claim,
        delivery: Delivery,
        intent: Intent,
        wait: float,
        note: str,
        *,
        doubt: datetime | None,
        counts: bool = True,
    ) -> None:
        now = self._clock.now()
        first = delivery.first_intent_at or now
        if now - first > OLDEST or (counts and intent.attempts >= MOST_ATTEMPTS):
            log.error("A delivery was given up", why=note, attempts=intent.attempts)
            await self._store.claims.settle_dead(claim, note, now=now)
            return
        log.warning("A delivery waits for another attempt", why=note, seconds=round(wait, 1))
        await self._store.claims.put_off(
            claim, due=now + timedelta(seconds=wait), doubt=doubt, why=note, attempted=counts
        )

    async def _nobody_wants(self, claim: Claim, delivery: Delivery, composed: Composed) -> bool:
        """Has everybody it speaks for been removed or paused since? Then it is not posted now."""
        now = self._clock.now()
        if composed.card is None:
            await self._store.claims.settle_dead(claim, "Its papers are no longer known.", now=now)
            return True
        if delivery.kind is DeliveryKind.NOTICE or not delivery.subscriptions:
            return False
        if delivery.state is DeliveryState.INTENT:
            return False
        live = [
            one
            for one in composed.subscriptions
            if one.state in (SubscriptionState.ACTIVE, SubscriptionState.BLOCKED)
        ]
        if live:
            return False
        paused = [one for one in composed.subscriptions if one.state is SubscriptionState.PAUSED]
        if paused and delivery.kind is DeliveryKind.PAPER:
            await self._store.claims.keep_for(claim, paused[0], now=now)
        else:
            await self._store.claims.settle_dead(claim, "Its subscription was removed.", now=now)
        return True


def _back_off(attempts: int) -> float:
    return float(BACK_OFF[min(max(attempts, 1), len(BACK_OFF)) - 1])
