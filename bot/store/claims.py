"""Claims: the head of a lane, leased to one sender, through to one of its ends."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from bot.errors import SchemaTooNew
from bot.models import Delivery, DeliveryState, MessageRef, Subscription
from bot.store import keys, lanes
from bot.store.database import Database, Value
from bot.store.delivery_fields import flat, from_fields, from_ms, to_ms
from bot.store.records import DamagedRecordError, encode

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Claim:
    """The head of a lane, leased to one sender."""

    shard: str
    workspace: str
    lane: str
    entry: str
    key: str
    fence: str
    worker: str
    delivery: Delivery | None
    """``None`` where the record has expired or was deleted: there is nothing left to say."""
    newer: bool = False
    """A newer version wrote the record: this process must leave it to one that can read it."""
    damage: str = ""
    """Why the record cannot be read; empty where it can."""
    vanished: int = 0
    """How often in a row it was claimed before by a process that did not see it through to any end."""


@dataclass(frozen=True, slots=True)
class Idle:
    """Nothing is due in a shard."""

    next_due: datetime | None


@dataclass(frozen=True, slots=True)
class Intent:
    """That an attempt begins."""

    attempts: int
    """Which one it is; those that ended with their process do not count."""
    doubt: datetime | None
    """When the first attempt with an unknown outcome began; ``None`` where none is in doubt."""


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of a lane when its head was settled."""

    ours: bool
    """The lane was still this sender's."""
    more: bool
    """Another delivery is at its head now, and due."""
    blocked: bool
    """Its destination is noted as one that takes no cards."""


class Claims:
    """Lanes, for those who send."""

    def __init__(self, database: Database, *, retention: timedelta, lease: timedelta) -> None:
        self._database = database
        self._expiry = int(retention.total_seconds() * 1000)
        self._lease = int(lease.total_seconds() * 1000)
        self.lease = lease

    async def promote(self, shard: str, now: datetime) -> int:
        """Move deliveries whose time has come into their lanes; how many."""
        return int(
            await self._database.run(
                lanes.PROMOTE, [keys.in_shard(shard, "later")], [keys.in_shard(shard, ""), to_ms(now), 200]
            )
        )

    async def claim(
        self, shard: str, worker: str, now: datetime, *, but: Collection[str] = ()
    ) -> Claim | Idle:
        """Lease the lane that has been due longest, but for those of some workspaces, and take the head of it."""
        answer = await self._database.run(
            lanes.CLAIM,
            [keys.in_shard(shard, "ready"), keys.in_shard(shard, "fence")],
            [keys.in_shard(shard, ""), worker, to_ms(now), self._lease, *but],
        )
        if answer[0] == 3:
            log.error(
                "Entries of a lane were deleted before they were sent", lane=answer[1], count=int(answer[2])
            )
            return Idle(now)
        if answer[0] == 0:
            return Idle(from_ms(answer[1]) if answer[1] else None)
        _, workspace, lane, entry, key, fence, row = answer
        record = dict(zip(row[::2], row[1::2], strict=True))
        delivery, newer, damage = None, False, ""
        try:
            delivery = from_fields(key, record) if record else None
        except SchemaTooNew:
            newer = True
        except DamagedRecordError as error:
            damage = str(error)
        return Claim(
            shard=shard,
            workspace=workspace,
            lane=lane,
            entry=entry,
            key=key,
            fence=str(fence),
            worker=worker,
            delivery=delivery,
            newer=newer,
            damage=damage,
            vanished=max(0, int(record.get("taken", 1)) - 1),
        )

    async def acquit(self, claim: Claim) -> None:
        """Its card could be made, so that a process that ends now, while it waits for its moment, did not die of it.

        Written only where others have vanished before, and taken back by :meth:`intend`: whoever ends while it is sent
        may have died of it.
        """
        if claim.vanished:
            await self._database.run(lanes.ACQUIT, [self._key(claim.shard, claim.key)], self._owner(claim))

    async def intend(self, claim: Claim, now: datetime) -> Intent | None:
        """Say durably that an attempt begins; ``None`` where the lane is no longer ours.

        Also where its head was settled meanwhile by a sender that had been silent; then it is taken off.
        """
        answer = await self._database.run(
            lanes.INTENT,
            [self._key(claim.shard, claim.key)],
            [*self._owner(claim), to_ms(now), self._lease, claim.vanished + 1],
            durable=True,
        )
        if answer[0] == 2:
            await self.done(claim, now=now)
        if answer[0] != 1:
            return None
        return Intent(attempts=int(answer[2]), doubt=from_ms(answer[1]) if answer[1] else None)

    async def settle_sent(
        self, claim: Claim, message: MessageRef, *, now: datetime, next_at: datetime
    ) -> Settled:
        """Record where it was posted and take it off the lane."""
        return await self._settle(
            claim, DeliveryState.SENT, {"sent": to_ms(now), "message": encode(message)}, now, next_at
        )

    async def settle_dead(self, claim: Claim, why: str, *, now: datetime) -> bool:
        """Give a delivery up, with the reason; whether the lane was still ours."""
        return (await self._settle(claim, DeliveryState.DEAD, {"why": why[:500]}, now, now)).ours

    async def put_off(
        self,
        claim: Claim,
        *,
        due: datetime,
        doubt: datetime | None = None,
        keep_doubt: bool = False,
        why: str = "",
        attempted: bool = False,
    ) -> bool:
        """Give the lane back, its head due again later; whether it was still ours.

        ``doubt`` is since when the outcome of an attempt is unknown; ``None`` says that it was certainly
        not posted. ``keep_doubt`` leaves it as it is. ``attempted`` counts an attempt: it was
        refused, or its outcome is unknown.
        """
        mark = "keep" if keep_doubt else (str(to_ms(doubt)) if doubt else "")
        return bool(
            await self._database.run(
                lanes.PUT_OFF,
                [self._key(claim.shard, claim.key)],
                [*self._owner(claim), to_ms(due), mark, why[:500], int(attempted)],
            )
        )

    async def done(self, claim: Claim, *, now: datetime) -> bool:
        """Take an entry off the lane whose delivery is already settled or gone; its record stays as it is."""
        return (await self._settle(claim, None, {}, now, now)).ours

    async def _settle(
        self,
        claim: Claim,
        state: DeliveryState | None,
        fields: Mapping[str, Value],
        now: datetime,
        next_at: datetime,
    ) -> Settled:
        index = "dead" if state is DeliveryState.DEAD else "sent"
        pairs = flat(fields)
        answer = await self._database.run(
            lanes.SETTLE,
            [self._key(claim.shard, claim.key), keys.in_shard(claim.shard, index)],
            [
                *self._owner(claim),
                claim.entry,
                to_ms(now),
                to_ms(next_at),
                state.value if state else "",
                self._expiry,
                claim.key,
                len(pairs) // 2,
                *pairs,
            ],
            durable=True,
        )
        return Settled(ours=bool(answer[0]), more=bool(answer[1]), blocked=bool(answer[2]))

    async def keep_for(self, claim: Claim, subscription: Subscription, *, now: datetime) -> bool:
        """Put a paper back among what a paused subscription gathers; whether the lane was still ours."""
        assert claim.delivery is not None
        # Gathered first: a crash between the two gathers it again, to no effect.
        await self._database.call(
            self._database.client.zadd(
                keys.in_shard(claim.shard, "pending", subscription.id),
                dict.fromkeys(claim.delivery.papers, 0.0),
            )
        )
        return (await self._settle(claim, DeliveryState.PENDING, {"holder": subscription.id}, now, now)).ours

    async def next_due(self, shards: Sequence[str]) -> Mapping[str, datetime | None]:
        """When the next lane, or a delivery on its way into one, is due in each shard; one round trip."""
        calls: list[tuple[Value, ...]] = []
        for shard in shards:
            calls += [
                ("ZRANGE", keys.in_shard(shard, name), 0, 0, "WITHSCORES") for name in ("ready", "later")
            ]
        rows = await self._database.pipeline(calls)
        found: dict[str, datetime | None] = {}
        for at, shard in enumerate(shards):
            scores = [_score(row) for row in rows[at * 2 : at * 2 + 2] if row]
            # A turn is told in fractions of a millisecond; the moment is the whole one.
            found[shard] = from_ms(int(min(scores))) if scores else None
        return found

    def _key(self, shard: str, key: str) -> str:
        return keys.in_shard(shard, "d", key)

    @staticmethod
    def _owner(claim: Claim) -> tuple[str, str, str, str, str]:
        return keys.in_shard(claim.shard, ""), claim.workspace, claim.lane, claim.worker, claim.fence


def _score(row: Sequence[object]) -> float:
    """The score of the first member, however redis-py shaped the answer."""
    first = row[0]
    return float(str(first[1] if isinstance(first, (tuple, list)) else row[1]))
