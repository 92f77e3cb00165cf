"""Deliveries that were given up, for an operator who has mended what was wrong."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from bot.models import Delivery, DeliveryKind
from bot.store import keys, lanes
from bot.store.database import Database
from bot.store.deliveries import Deliveries
from bot.store.delivery_fields import from_ms, to_ms

REPLAYABLE = frozenset({*DeliveryKind} - {DeliveryKind.NOTICE})
"""What is still worth saying later: a notice is out of date by then."""


class DeadLetters:
    """What was given up, newest first; each may be sent again or dropped."""

    def __init__(self, database: Database, *, retention: timedelta) -> None:
        self._database = database
        self._deliveries = Deliveries(database, retention=retention)
        self._expiry = int(retention.total_seconds() * 1000)

    async def of(self, platform: str) -> Sequence[tuple[datetime, Delivery]]:
        """All of a platform, with the moment each was given up."""
        found = []
        for shard in keys.shards(platform):
            rows = await self._database.call(
                self._database.client.zrange(keys.in_shard(shard, "dead"), 0, -1, withscores=True)
            )
            moments = {str(row[0]): from_ms(row[1]) for row in rows}
            held = await self._deliveries.in_shard(shard, list(moments))
            found += [(moments[key], delivery) for key, delivery in held.items()]
        return sorted(found, key=lambda pair: (pair[0], pair[1].key), reverse=True)

    async def replay(self, delivery: Delivery, now: datetime) -> bool:
        """Put it back into its lane; whether it was there and dead. Of two who ask, one does it."""
        shard = keys.shard_of(delivery.destination)
        return bool(
            await self._database.run(
                lanes.REPLAY,
                [keys.in_shard(shard, "d", delivery.key), keys.in_shard(shard, "dead")],
                [keys.in_shard(shard, ""), delivery.key, to_ms(now), self._expiry],
                durable=True,
            )
        )

    async def drop(self, delivery: Delivery) -> bool:
        """Take it off the list; its record stays, so that the paper is not planned again."""
        shard = keys.shard_of(delivery.destination)
        return bool(
            await self._database.call(self._database.client.zrem(keys.in_shard(shard, "dead"), delivery.key))
        )
