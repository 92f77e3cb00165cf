"""Deliveries: planned once, gathered into digests, and what became of them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.models import (
    Delivery,
    DeliveryKind,
    DeliveryState,
    Destination,
    Reason,
    Subscription,
    delivery_key,
)
from bot.store import keys, lanes
from bot.store.database import Database, Value
from bot.store.delivery_fields import REASONS, encode_reasons, flat, from_fields, from_ms, to_fields, to_ms
from bot.store.records import encode


@dataclass(frozen=True, slots=True)
class Plan:
    """A delivery to write, unless its key is known already.

    In state ``pending`` its paper joins the digest that its ``holder`` (a subscription's id) gathers; the delivery's
    ``due`` is then the digest's time, ``None`` while the subscription is paused.
    """

    delivery: Delivery
    reasons: Mapping[int, Sequence[Reason]]
    """By the number of the subscription. Those of a later plan of the same key join it while it is not sent."""
    holder: str
    score: float


class Deliveries:
    """What is to be said, where and when; and what became of it."""

    def __init__(self, database: Database, *, retention: timedelta) -> None:
        self._database = database
        self._expiry = int(retention.total_seconds() * 1000)

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
        """Write one delivery once, by its key; whether it was new. See :class:`Plan`."""
        return (await self.plan_all([Plan(delivery, reasons or {}, holder, score)], now=now))[0]

    async def plan_all(self, plans: Sequence[Plan], *, now: datetime) -> Sequence[bool]:
        """Write each delivery once, by its key; which of them were new.

        Each is a transaction of its own, those of one destination in this order; many share a round trip, and
        one wait for the disk. After an error some are written: repeat them all.
        """
        runs = [self._planning(plan, now) for plan in plans]
        return [bool(made) for made in await self._database.run_each(lanes.PLAN, runs)]

    def _planning(self, plan: Plan, now: datetime) -> tuple[list[str], list[Value]]:
        """The keys and arguments of the script for one plan."""
        delivery, destination = plan.delivery, plan.delivery.destination
        tag = keys.shard_of(destination)
        fields = flat(to_fields(delivery, now))
        merged = [
            part
            for number, found in plan.reasons.items()
            for part in (f"{REASONS}{number}", encode_reasons(found))
        ]
        return (
            [self._key(tag, delivery.key), keys.in_shard(tag, "later"), keys.in_shard(tag, "digests")],
            [
                keys.in_shard(tag, ""),
                destination.workspace,
                destination.key,
                delivery.key,
                to_ms(delivery.due) if delivery.due else 0,
                to_ms(now),
                self._expiry,
                delivery.state.value,
                plan.holder,
                delivery.papers[0] if delivery.papers else "",
                plan.score,
                len(fields) // 2,
                *fields,
                *merged,
            ],
        )

    async def close_digest(
        self,
        subscription: Subscription,
        delivery: Delivery,
        *,
        next_due: datetime | None,
        since: datetime | None,
        now: datetime,
    ) -> bool:
        """Freeze a digest and put it into its lane, once for its period; whether it was new.

        ``since`` is when it was due, ``None`` for one outside the schedule.

        ``delivery.papers`` are the ids it shows and keeps, best first; what else is pending stays so.
        With no papers only the next due time is set.
        """
        tag = keys.shard_of(subscription.destination)
        fields = flat(to_fields(delivery, now))
        papers = [
            part
            for one in delivery.papers
            for part in (one, delivery_key(delivery.destination, DeliveryKind.PAPER, one))
        ]
        return bool(
            await self._database.run(
                lanes.CLOSE,
                [
                    self._key(tag, delivery.key),
                    keys.in_shard(tag, "pending", subscription.id),
                    keys.in_shard(tag, "digests"),
                    keys.in_shard(tag, "closed"),
                ],
                [
                    keys.in_shard(tag, ""),
                    subscription.destination.workspace,
                    subscription.destination.key,
                    delivery.key,
                    to_ms(now),
                    self._expiry,
                    subscription.id,
                    to_ms(next_due) if next_due else "",
                    to_ms(since) if since else "",
                    len(fields) // 2,
                    *fields,
                    *papers,
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
                to_ms(now),
                byscore=True,
                offset=0,
                num=count,
                withscores=True,
            )
        )
        return [(str(row[0]), from_ms(row[1])) for row in rows]

    async def next_digest(self, subscription: Subscription) -> datetime | None:
        """When the digest being gathered is due; ``None`` while nothing waits or it is paused."""
        score = await self._database.call(
            self._database.client.zscore(
                keys.in_shard(keys.shard_of(subscription.destination), "digests"), subscription.id
            )
        )
        return None if score is None else from_ms(score)

    async def last_digest(self, subscription: Subscription) -> datetime | None:
        """When the last digest of its schedule was due; ``None`` before the first."""
        held = await self._database.call(
            self._database.client.hget(
                keys.in_shard(keys.shard_of(subscription.destination), "closed"), subscription.id
            )
        )
        return None if held is None else from_ms(held)

    async def set_digest(self, subscription: Subscription, due: datetime | None) -> None:
        """Move the due time of the digest being gathered, or stop its clock."""
        name = keys.in_shard(keys.shard_of(subscription.destination), "digests")
        if due is None:
            await self._database.call(self._database.client.zrem(name, subscription.id))
        else:
            await self._database.call(self._database.client.zadd(name, {subscription.id: to_ms(due)}))

    async def forget_digest(self, shard: str, subscription_id: str) -> None:
        """Stop the clock of a digest whose subscription is gone."""
        await self._database.call(
            self._database.client.zrem(keys.in_shard(shard, "digests"), subscription_id)
        )

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

    async def gather_again(self, subscription: Subscription, rows: Sequence[tuple[str, float]]) -> None:
        """Bring back what :meth:`drop_pending` forgot; ``rows`` are those of :meth:`pending`."""
        name = keys.in_shard(keys.shard_of(subscription.destination), "pending", subscription.id)
        await self._database.call(self._database.client.zadd(name, dict(rows)))

    async def forget(self, destination: Destination, delivery_keys: Sequence[str]) -> None:
        """Delete records, so that their papers may be planned there again."""
        tag = keys.shard_of(destination)
        await self._database.pipeline([("DEL", self._key(tag, key)) for key in delivery_keys])

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
                        {
                            "reason": reason,
                            "since": to_ms(now),
                            "destination": json.loads(encode(destination)),
                        }
                    ),
                )
            )
        )

    async def blocked(self, destination: Destination) -> str | None:
        """Why a destination takes no cards; ``None`` where it does."""
        raw = await self._database.ask(
            "HGET", keys.in_shard(keys.shard_of(destination), "blocked"), destination.key
        )
        return None if raw is None else str(json.loads(raw)["reason"])

    async def release(self, destination: Destination, digest: Delivery, *, most: int, now: datetime) -> int:
        """The destination takes cards again: more than ``most`` waiting cards become ``digest``; how many did."""
        tag = keys.shard_of(destination)
        fields = flat({name: value for name, value in to_fields(digest, now).items() if name != "papers"})
        return int(
            await self._database.run(
                lanes.RELEASE,
                [self._key(tag, digest.key), keys.in_shard(tag, "blocked")],
                [
                    keys.in_shard(tag, ""),
                    destination.workspace,
                    destination.key,
                    to_ms(now),
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

    async def said(self, destination: Destination, papers: Sequence[str]) -> set[str]:
        """Those of the papers that were posted at a destination, in a card of their own or in a digest."""
        tag = keys.shard_of(destination)
        found: set[str] = set()
        for start in range(0, len(papers), 500):
            part = papers[start : start + 500]
            names = [delivery_key(destination, DeliveryKind.PAPER, one) for one in part]
            rows = await self._state_and_digest(tag, names)
            digests = sorted({digest for _, digest in rows if digest})
            sent = {
                digest
                for digest, (state, _) in zip(
                    digests, await self._state_and_digest(tag, digests), strict=True
                )
                if state == DeliveryState.SENT.value
            }
            found.update(
                one
                for one, (state, digest) in zip(part, rows, strict=True)
                if state == DeliveryState.SENT.value or digest in sent
            )
        return found

    async def _state_and_digest(self, shard: str, names: Sequence[str]) -> list[tuple[str, str]]:
        rows = await self._database.pipeline(
            [("HMGET", self._key(shard, name), "state", "digest") for name in names]
        )
        return [(str(row[0] or ""), str(row[1] or "")) for row in rows]

    async def in_shard(self, shard: str, delivery_keys: Sequence[str]) -> Mapping[str, Delivery]:
        """Those of the deliveries that are known in a shard, by key."""
        rows = await self._database.pipeline([("HGETALL", self._key(shard, key)) for key in delivery_keys])
        found = {}
        for key, row in zip(delivery_keys, rows, strict=True):
            record = row if isinstance(row, dict) else dict(zip(row[::2], row[1::2], strict=True))
            if record:
                found[key] = from_fields(key, record)
        return found

    async def listed(
        self, shard: str, state: DeliveryState, *, since: datetime, count: int = 100
    ) -> Sequence[Delivery]:
        """Sent or dead deliveries of a shard since then, newest first."""
        index = "dead" if state is DeliveryState.DEAD else "sent"
        found = await self._database.call(
            self._database.client.zrange(
                keys.in_shard(shard, index),
                "+inf",
                to_ms(since),
                desc=True,
                byscore=True,
                offset=0,
                num=count,
            )
        )
        return list((await self.in_shard(shard, [str(key) for key in found])).values())

    async def posted(self, destination: Destination, *, count: int = 100) -> Sequence[Delivery]:
        """The latest of what was posted at a destination (at most 300 are remembered), newest first."""
        tag = keys.shard_of(destination)
        found = await self._database.call(
            self._database.client.zrange(
                keys.in_shard(tag, "posted", destination.key), 0, count - 1, desc=True
            )
        )
        return list((await self.in_shard(tag, [str(key) for key in found])).values())

    async def count_sent(self, shard: str, since: datetime) -> int:
        """How many were sent since then."""
        return int(
            await self._database.call(
                self._database.client.zcount(keys.in_shard(shard, "sent"), to_ms(since), "+inf")
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
                self._database.client.zremrangebyscore(keys.in_shard(shard, index), "-inf", to_ms(before))
            )

    def _key(self, shard: str, key: str) -> str:
        return keys.in_shard(shard, "d", key)
