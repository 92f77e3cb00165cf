"""Deliveries: planned once, claimed by one sender at a time, recorded when they are sent."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import structlog

from bot.models import (
    Delivery,
    DeliveryKind,
    DeliveryState,
    Destination,
    MessageRef,
    Reason,
    Subscription,
)
from bot.store import keys, lanes
from bot.store.database import Database, Value
from bot.store.records import decode, encode

log = structlog.get_logger(__name__)

REASONS: Final = "r:"


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


@dataclass(frozen=True, slots=True)
class Idle:
    """Nothing is due in a shard."""

    next_due: datetime | None


@dataclass(frozen=True, slots=True)
class Intent:
    """That an attempt begins."""

    attempts: int
    doubt: datetime | None
    """When the first attempt with an unknown outcome began; ``None`` where none is in doubt."""


class Deliveries:
    """What is to be said, where and when; and what became of it."""

    def __init__(self, database: Database, *, retention: timedelta, lease: timedelta) -> None:
        self._database = database
        self._expiry = int(retention.total_seconds() * 1000)
        self._lease = int(lease.total_seconds() * 1000)
        self.lease = lease

    # --- planning ---------------------------------------------------------------------------

    async def plan(
        self,
        delivery: Delivery,
        *,
        now: datetime,
        reasons: Mapping[int, Sequence[Reason]] | None = None,
        holder: str = "",
        score: float = 0.0,
    ) -> bool:
        """Write a delivery once, by its key; whether it was new.

        In state ``pending`` its paper joins the digest that its ``holder`` (a subscription's id) gathers;
        ``due`` is then the digest's time, ``None`` while the subscription is paused.
        """
        tag = keys.shard_of(delivery.destination)
        destination = delivery.destination
        fields = _flat(_fields(delivery, now))
        merged = [
            part
            for number, found in (reasons or {}).items()
            for part in (f"{REASONS}{number}", _encode_reasons(found))
        ]
        made = await self._database.run(
            lanes.PLAN,
            [self._key(tag, delivery.key), keys.in_shard(tag, "later"), keys.in_shard(tag, "digests")],
            [
                keys.in_shard(tag, ""),
                destination.workspace,
                destination.key,
                delivery.key,
                _ms(delivery.due) if delivery.due else 0,
                _ms(now),
                self._expiry,
                delivery.state.value,
                holder,
                delivery.papers[0] if delivery.papers else "",
                score,
                len(fields) // 2,
                *fields,
                *merged,
            ],
        )
        return bool(made)

    async def close_digest(
        self,
        subscription: Subscription,
        delivery: Delivery,
        *,
        next_due: datetime | None,
        now: datetime,
    ) -> bool:
        """Freeze a digest and put it into its lane, once for its period; whether it was new.

        ``delivery.papers`` are the ids it shows and keeps, best first; what else is pending stays so.
        With no papers only the next due time is set.
        """
        tag = keys.shard_of(subscription.destination)
        fields = _flat(_fields(delivery, now))
        return bool(
            await self._database.run(
                lanes.CLOSE,
                [
                    self._key(tag, delivery.key),
                    keys.in_shard(tag, "pending", subscription.id),
                    keys.in_shard(tag, "digests"),
                ],
                [
                    keys.in_shard(tag, ""),
                    subscription.destination.workspace,
                    subscription.destination.key,
                    delivery.key,
                    _ms(now),
                    self._expiry,
                    subscription.id,
                    _ms(next_due) if next_due else "",
                    len(fields) // 2,
                    *fields,
                    *delivery.papers,
                ],
            )
        )

    async def due_digests(
        self, shard: str, now: datetime, *, count: int = 50
    ) -> Sequence[tuple[str, datetime]]:
        """Subscription ids whose digest is due, and since when."""
        rows = await self._database.call(
            self._database.client.zrange(
                keys.in_shard(shard, "digests"),
                "-inf",
                _ms(now),
                byscore=True,
                offset=0,
                num=count,
                withscores=True,
            )
        )
        return [(str(row[0]), _moment(row[1])) for row in rows]

    async def next_digest(self, subscription: Subscription) -> datetime | None:
        """When the digest being gathered is due; ``None`` while nothing waits or it is paused."""
        score = await self._database.call(
            self._database.client.zscore(
                keys.in_shard(keys.shard_of(subscription.destination), "digests"), subscription.id
            )
        )
        return None if score is None else _moment(score)

    async def set_digest(self, subscription: Subscription, due: datetime | None) -> None:
        """Move the due time of the digest being gathered, or stop its clock."""
        name = keys.in_shard(keys.shard_of(subscription.destination), "digests")
        if due is None:
            await self._database.call(self._database.client.zrem(name, subscription.id))
        else:
            await self._database.call(self._database.client.zadd(name, {subscription.id: _ms(due)}))

    async def pending(self, subscription: Subscription) -> Sequence[tuple[str, float]]:
        """Paper ids and scores that wait for the next digest, best first."""
        rows = await self._database.call(
            self._database.client.zrange(
                keys.in_shard(keys.shard_of(subscription.destination), "pending", subscription.id),
                0,
                -1,
                desc=True,
                withscores=True,
            )
        )
        return [(str(row[0]), float(row[1])) for row in rows]

    async def drop_pending(self, subscription: Subscription) -> None:
        """Forget what a digest gathered (the person chose so, or the subscription is erased)."""
        tag = keys.shard_of(subscription.destination)
        await self._database.pipeline(
            [
                ("DEL", keys.in_shard(tag, "pending", subscription.id)),
                ("ZREM", keys.in_shard(tag, "digests"), subscription.id),
            ]
        )

    async def forget(self, destination: Destination, delivery_keys: Sequence[str]) -> None:
        """Delete records, so that their papers may be planned there again."""
        tag = keys.shard_of(destination)
        await self._database.pipeline([("DEL", self._key(tag, key)) for key in delivery_keys])

    # --- sending ----------------------------------------------------------------------------

    async def promote(self, shard: str, now: datetime) -> int:
        """Move deliveries whose time has come into their lanes; how many."""
        return int(
            await self._database.run(
                lanes.PROMOTE, [keys.in_shard(shard, "later")], [keys.in_shard(shard, ""), _ms(now), 200]
            )
        )

    async def claim(self, shard: str, worker: str, now: datetime) -> Claim | Idle:
        """Lease the lane that has been due longest and take the head of it."""
        answer = await self._database.run(
            lanes.CLAIM,
            [keys.in_shard(shard, "ready"), keys.in_shard(shard, "fence")],
            [keys.in_shard(shard, ""), worker, _ms(now), self._lease],
        )
        if answer[0] == 3:
            log.error(
                "Entries of a lane were deleted before they were sent", lane=answer[1], count=int(answer[2])
            )
            return Idle(now)
        if answer[0] == 0:
            return Idle(_moment(answer[1]) if answer[1] else None)
        _, workspace, lane, entry, key, fence, flat = answer
        record = dict(zip(flat[::2], flat[1::2], strict=True))
        return Claim(
            shard=shard,
            workspace=workspace,
            lane=lane,
            entry=entry,
            key=key,
            fence=str(fence),
            worker=worker,
            delivery=_delivery(key, record) if record else None,
        )

    async def intend(self, claim: Claim, now: datetime) -> Intent | None:
        """Say durably that an attempt begins; ``None`` where the lane is no longer ours or it is done."""
        answer = await self._database.run(
            lanes.INTENT,
            [self._key(claim.shard, claim.key)],
            [*self._owner(claim), _ms(now), self._lease],
            durable=True,
        )
        if answer[0] != 1:
            return None
        return Intent(attempts=int(answer[2]), doubt=_moment(answer[1]) if answer[1] else None)

    async def settle_sent(
        self, claim: Claim, message: MessageRef, *, now: datetime, next_at: datetime
    ) -> bool:
        """Record where it was posted and take it off the lane; whether the lane was still ours."""
        return await self._settle(
            claim, DeliveryState.SENT, {"sent": _ms(now), "message": encode(message)}, now, next_at
        )

    async def settle_dead(self, claim: Claim, note: str, *, now: datetime) -> bool:
        """Give a delivery up, with the reason; whether the lane was still ours."""
        return await self._settle(claim, DeliveryState.DEAD, {"note": note[:500]}, now, now)

    async def put_off(
        self,
        claim: Claim,
        *,
        due: datetime,
        doubt: datetime | None = None,
        keep_doubt: bool = False,
        note: str = "",
    ) -> bool:
        """Give the lane back, its head due again later; whether it was still ours.

        ``doubt`` is since when the outcome of an attempt is unknown; ``None`` says that it was certainly
        not posted. ``keep_doubt`` leaves it as it is.
        """
        mark = "keep" if keep_doubt else (str(_ms(doubt)) if doubt else "")
        return bool(
            await self._database.run(
                lanes.PUT_OFF,
                [self._key(claim.shard, claim.key)],
                [*self._owner(claim), _ms(due), mark, note[:500]],
            )
        )

    async def done(self, claim: Claim, *, now: datetime) -> bool:
        """Take an entry off the lane whose delivery is already settled or gone."""
        return await self._settle(claim, DeliveryState.SENT, {}, now, now)

    async def _settle(
        self,
        claim: Claim,
        state: DeliveryState,
        fields: Mapping[str, Value],
        now: datetime,
        next_at: datetime,
    ) -> bool:
        index = "dead" if state is DeliveryState.DEAD else "sent"
        flat = _flat(fields)
        return bool(
            await self._database.run(
                lanes.SETTLE,
                [self._key(claim.shard, claim.key), keys.in_shard(claim.shard, index)],
                [
                    *self._owner(claim),
                    claim.entry,
                    _ms(now),
                    _ms(next_at),
                    state.value,
                    self._expiry,
                    claim.key,
                    len(flat) // 2,
                    *flat,
                ],
                durable=True,
            )
        )

    # --- destinations that take no cards ------------------------------------------------------

    async def block(self, destination: Destination, reason: str, now: datetime) -> bool:
        """Note that a destination takes no cards; whether that is news."""
        tag = keys.shard_of(destination)
        return bool(
            await self._database.call(
                self._database.client.hsetnx(
                    keys.in_shard(tag, "blocked"),
                    destination.key,
                    json.dumps(
                        {"reason": reason, "since": _ms(now), "destination": json.loads(encode(destination))}
                    ),
                )
            )
        )

    async def blocked(self, destination: Destination) -> str | None:
        """Why a destination takes no cards; ``None`` where it does."""
        raw = await self._database.call(
            self._database.client.hget(keys.in_shard(keys.shard_of(destination), "blocked"), destination.key)
        )
        return None if raw is None else str(json.loads(raw)["reason"])

    async def release(self, destination: Destination, digest: Delivery, *, most: int, now: datetime) -> int:
        """The destination takes cards again: more than ``most`` waiting cards become ``digest``; how many did."""
        tag = keys.shard_of(destination)
        fields = _flat({name: value for name, value in _fields(digest, now).items() if name != "papers"})
        return int(
            await self._database.run(
                lanes.RELEASE,
                [self._key(tag, digest.key), keys.in_shard(tag, "blocked")],
                [
                    keys.in_shard(tag, ""),
                    destination.workspace,
                    destination.key,
                    _ms(now),
                    self._expiry,
                    digest.key,
                    most,
                    len(fields) // 2,
                    *fields,
                ],
            )
        )

    # --- looking ------------------------------------------------------------------------------

    async def get(self, destination: Destination, key: str) -> Delivery | None:
        """One delivery of that destination's workspace."""
        return (await self.many(destination, [key])).get(key)

    async def many(self, destination: Destination, delivery_keys: Sequence[str]) -> Mapping[str, Delivery]:
        """Those of the deliveries that are known, by key."""
        return await self.in_shard(keys.shard_of(destination), delivery_keys)

    async def in_shard(self, shard: str, delivery_keys: Sequence[str]) -> Mapping[str, Delivery]:
        """Those of the deliveries that are known in a shard, by key."""
        rows = await self._database.pipeline([("HGETALL", self._key(shard, key)) for key in delivery_keys])
        found = {}
        for key, row in zip(delivery_keys, rows, strict=True):
            record = row if isinstance(row, dict) else dict(zip(row[::2], row[1::2], strict=True))
            if record:
                found[key] = _delivery(key, record)
        return found

    async def listed(
        self, shard: str, state: DeliveryState, *, since: datetime, count: int = 100
    ) -> Sequence[Delivery]:
        """Sent or dead deliveries of a shard since then, newest first."""
        index = "dead" if state is DeliveryState.DEAD else "sent"
        found = await self._database.call(
            self._database.client.zrange(
                keys.in_shard(shard, index), "+inf", _ms(since), desc=True, byscore=True, offset=0, num=count
            )
        )
        return list((await self.in_shard(shard, [str(key) for key in found])).values())

    async def count_sent(self, shard: str, since: datetime) -> int:
        """How many were sent since then."""
        return int(
            await self._database.call(
                self._database.client.zcount(keys.in_shard(shard, "sent"), _ms(since), "+inf")
            )
        )

    async def backlog(self, shard: str) -> int:
        """How many deliveries of a shard are planned and not settled."""
        lanes_due = [name async for name in self._database.scan(keys.in_shard(shard, "lane", "*"))]
        lengths = await self._database.pipeline([("XLEN", name) for name in lanes_due])
        later = await self._database.call(self._database.client.zcard(keys.in_shard(shard, "later")))
        return sum(int(length) for length in lengths) + int(later)

    async def forget_old(self, shard: str, before: datetime) -> None:
        """Drop index entries of deliveries that were settled before then."""
        for index in ("sent", "dead"):
            await self._database.call(
                self._database.client.zremrangebyscore(keys.in_shard(shard, index), "-inf", _ms(before))
            )

    def _key(self, shard: str, key: str) -> str:
        return keys.in_shard(shard, "d", key)

    @staticmethod
    def _owner(claim: Claim) -> tuple[str, str, str, str, str]:
        return keys.in_shard(claim.shard, ""), claim.workspace, claim.lane, claim.worker, claim.fence


def _fields(delivery: Delivery, now: datetime) -> dict[str, Value]:
    fields: dict[str, Value] = {
        "v": 1,
        "kind": delivery.kind.value,
        "destination": encode(delivery.destination),
        "workspace": delivery.destination.workspace,
        "lane": delivery.destination.key,
        "papers": json.dumps(delivery.papers),
        "planned": _ms(now),
    }
    if delivery.due:
        fields["due"] = _ms(delivery.due)
    if delivery.subscriptions:
        fields["subscriptions"] = json.dumps(delivery.subscriptions)
    if delivery.period:
        fields["period"] = delivery.period
    if delivery.note:
        fields["note"] = delivery.note
    return fields


def _delivery(key: str, record: Mapping[str, str]) -> Delivery:
    reasons = {
        int(name[len(REASONS) :]): _decode_reasons(text)
        for name, text in record.items()
        if name.startswith(REASONS)
    }
    papers = tuple(json.loads(record.get("papers", "[]")))
    numbers = (*json.loads(record.get("subscriptions", "[]")), *sorted(reasons))
    return Delivery(
        key=key,
        kind=DeliveryKind(record["kind"]),
        destination=decode(Destination, record["destination"]),
        papers=papers,
        subscriptions=tuple(dict.fromkeys(numbers)),
        reasons=tuple((number, found) for number, found in sorted(reasons.items())),
        due=_moment(record["due"]) if "due" in record else None,
        planned_at=_moment(record["planned"]) if "planned" in record else None,
        state=DeliveryState(record["state"]),
        attempts=int(record.get("attempts", 0)),
        intent_at=_moment(record["intent"]) if "intent" in record else None,
        first_intent_at=_moment(record["first"]) if "first" in record else None,
        sent_at=_moment(record["sent"]) if "sent" in record else None,
        message=decode(MessageRef, record["message"]) if "message" in record else None,
        period=record.get("period", ""),
        note=record.get("note", ""),
    )


def _encode_reasons(found: Sequence[Reason]) -> str:
    return json.dumps(
        [[one.term, one.field, one.spans, one.text, one.score] for one in found], ensure_ascii=False
    )


def _decode_reasons(text: str) -> tuple[Reason, ...]:
    return tuple(
        Reason(
            term=row[0], field=row[1], spans=tuple(tuple(pair) for pair in row[2]), text=row[3], score=row[4]
        )
        for row in json.loads(text)
    )


def _flat(fields: Mapping[str, Any]) -> list[Value]:
    return [part for pair in fields.items() for part in pair]


def _ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


def _moment(ms: str | float) -> datetime:
    return datetime.fromtimestamp(float(ms) / 1000, UTC)
