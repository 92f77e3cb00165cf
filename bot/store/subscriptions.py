"""Subscriptions, and the stream that tells every index which of them changed."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from bot.errors import CommandError, StoreUnavailable
from bot.models import Subscription, SubscriptionState
from bot.store import keys
from bot.store.database import Database, Script
from bot.store.kept import parts, read, record_of, undamaged
from bot.store.stream import entries

WORKSPACES_AT_ONCE: Final = 20
"""Read in one round trip: at most some thousand subscriptions."""
CHANGES_KEPT: Final = 20_000
"""A reader that lags further behind builds its index anew; the stream only carries hints."""

_PUT = Script(
    "put-subscription",
    """
    -- KEYS: of workspace, workspaces, changes, wake; ARGV: number, expected version (0 = must be new), record,
    --       workspace, id, kept, wake ms ('' = it does not sleep)
    local held = redis.call('HGET', KEYS[1], ARGV[1])
    local version = 0
    if held then version = cjson.decode(held).version or 1 end
    if version ~= tonumber(ARGV[2]) then return 0 end
    redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
    redis.call('SADD', KEYS[2], ARGV[4])
    redis.call('XADD', KEYS[3], 'MAXLEN', '~', ARGV[6], '*', 'id', ARGV[5])
    if ARGV[7] == '' then redis.call('ZREM', KEYS[4], ARGV[5])
    else redis.call('ZADD', KEYS[4], ARGV[7], ARGV[5]) end
    return 1
    """,
)

_DROP = Script(
    "drop-subscription",
    """
    local gone = redis.call('HDEL', KEYS[1], ARGV[1])
    if redis.call('HLEN', KEYS[1]) == 0 then redis.call('SREM', KEYS[2], ARGV[2]) end
    redis.call('XADD', KEYS[3], 'MAXLEN', '~', ARGV[4], '*', 'id', ARGV[3])
    return gone
    """,
)


class ChangedByAnotherError(CommandError):
    """Somebody else changed the subscription between reading and writing it."""


class Subscriptions:
    """All subscriptions of all workspaces. Every method takes the workspace: nothing reads across."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def create(self, subscription: Subscription) -> Subscription:
        """Store a new subscription under the next number of its workspace; the stored one.

        Where the store's answer is lost it is asked once whether the write was done: somebody who is told
        that it failed would subscribe a second time.
        """
        platform, workspace = subscription.workspace
        number = await self._database.call(
            self._database.client.hincrby(keys.SUBSCRIPTION_NUMBERS, f"{platform}/{workspace}", 1)
        )
        made = replace(subscription, number=int(number), version=1)
        try:
            await self._write(made, expected=0)
        except StoreUnavailable:
            if await self.get(platform, workspace, made.number) is None:
                raise
        return made

    async def put(self, subscription: Subscription) -> Subscription:
        """Store a change of a subscription that was read as ``subscription``; the stored one.

        Raises:
            ChangedByAnotherError: it changed since it was read.
        """
        made = replace(subscription, version=subscription.version + 1)
        await self._write(made, expected=subscription.version)
        return made

    async def restore(self, subscription: Subscription) -> bool:
        """Store one from a backup unless its number is taken; whether it was stored."""
        platform, workspace = subscription.workspace
        name = f"{platform}/{workspace}"
        given = int(
            await self._database.call(self._database.client.hget(keys.SUBSCRIPTION_NUMBERS, name)) or 0
        )
        if given < subscription.number:
            await self._database.call(
                self._database.client.hset(keys.SUBSCRIPTION_NUMBERS, name, subscription.number)
            )
        try:
            await self._write(subscription, expected=0)
        except ChangedByAnotherError:
            return False
        return True

    async def get(self, platform: str, workspace: str, number: int) -> Subscription | None:
        """One subscription of that workspace, whatever its state."""
        raw = await self._database.ask("HGET", keys.subscriptions(platform, workspace), str(number))
        return None if raw is None else read(raw, platform, workspace, str(number))

    async def by_id(self, subscription_id: str) -> Subscription | None:
        """One subscription by its full id. For the core's own use: such ids never come from people."""
        platform, workspace, number = parts(subscription_id)
        return await self.get(platform, workspace, int(number))

    async def waiting_for_lists(self, ids: Sequence[str]) -> Sequence[Subscription]:
        """Those of them whose digests come when the day's lists are complete."""
        found: list[Subscription] = []
        for start in range(0, len(ids), 500):
            places = [parts(one) for one in ids[start : start + 500]]
            raws = await self._database.pipeline(
                [
                    ("HGET", keys.subscriptions(platform, workspace), number)
                    for platform, workspace, number in places
                ]
            )
            # Most digests have a fixed time: only the few that may have none are worth reading whole.
            likely = [
                read(raw, *place)
                for place, raw in zip(places, raws, strict=True)
                if raw and '"complete":true' in raw
            ]
            found += [one for one in likely if one.cadence.complete]
        return found

    async def by_ids(self, ids: Sequence[str]) -> dict[str, Subscription]:
        """Those of the subscriptions that there are, by full id. For the core's own use."""
        places = [parts(one) for one in ids]
        raws = await self._database.pipeline(
            [
                ("HGET", keys.subscriptions(platform, workspace), number)
                for platform, workspace, number in places
            ]
        )
        found = {}
        for one, place, raw in zip(ids, places, raws, strict=True):
            if raw is not None and (subscription := undamaged(raw, *place)) is not None:
                found[one] = subscription
        return found

    async def of(self, platform: str, workspace: str) -> Sequence[Subscription]:
        """All of one workspace, removed ones included, by number."""
        held = await self._database.call(
            self._database.client.hgetall(keys.subscriptions(platform, workspace))
        )
        return [read(held[number], platform, workspace, number) for number in sorted(held, key=int)]

    async def drop(self, subscription: Subscription) -> None:
        """Forget one for good."""
        platform, workspace = subscription.workspace
        await self._database.run(
            _DROP,
            [
                keys.subscriptions(platform, workspace),
                keys.SUBSCRIPTION_WORKSPACES,
                keys.SUBSCRIPTION_CHANGES,
            ],
            [subscription.number, f"{platform}/{workspace}", subscription.id, CHANGES_KEPT],
        )

    async def workspaces(self) -> Sequence[tuple[str, str]]:
        """Every platform and workspace that has subscriptions."""
        names = await self._database.call(self._database.client.smembers(keys.SUBSCRIPTION_WORKSPACES))
        return sorted((name.partition("/")[0], name.partition("/")[2]) for name in names)

    async def everything(self, *, damaged: bool = True) -> AsyncIterator[Subscription]:
        """All subscriptions of all workspaces, for the index and for backups.

        Raises:
            DamagedRecordError: one cannot be read; without ``damaged`` it is left out and the log names it.
        """
        async for records in self.records():
            for one, raw in records:
                found = read(raw, *parts(one)) if damaged else undamaged(raw, *parts(one))
                if found is not None:
                    yield found

    async def records(self) -> AsyncIterator[list[tuple[str, str]]]:
        """All subscriptions of one workspace after the other, by number: their full ids and unread records."""
        names = await self.workspaces()
        for start in range(0, len(names), WORKSPACES_AT_ONCE):
            some = names[start : start + WORKSPACES_AT_ONCE]
            answers = await self._database.pipeline(
                [("HGETALL", keys.subscriptions(platform, workspace)) for platform, workspace in some]
            )
            for (platform, workspace), held in zip(some, answers, strict=True):
                yield [(f"{platform}/{workspace}/{number}", held[number]) for number in sorted(held, key=int)]

    async def due_to_wake(self, now: datetime) -> Sequence[Subscription]:
        """Paused subscriptions whose pause is over."""
        ids = await self._database.call(
            self._database.client.zrangebyscore(keys.SUBSCRIPTION_WAKE, "-inf", now.timestamp() * 1000)
        )
        found = [await self.by_id(one) for one in ids]
        return [one for one in found if one is not None and one.state is SubscriptionState.PAUSED]

    async def last_change(self) -> str:
        """The place in the stream of changes from which a reader that loads everything now goes on."""
        rows = await self._database.call(self._database.client.xrevrange(keys.SUBSCRIPTION_CHANGES, count=1))
        return str(rows[0][0]) if rows else "0-0"

    async def changes(self, after: str) -> tuple[str, Sequence[str]] | None:
        """The ids of subscriptions changed since ``after`` and the new place; ``None`` when too much was missed."""
        first, rows = await self._database.pipeline(
            [
                ("XRANGE", keys.SUBSCRIPTION_CHANGES, "-", "+", "COUNT", 1),
                ("XRANGE", keys.SUBSCRIPTION_CHANGES, f"({after}", "+", "COUNT", 5000),
            ]
        )
        if after != "0-0" and (not first or _place(first[0][0]) > _place(after)):
            return None  # trimmed beyond our place; or emptied: then nothing that we know holds any more
        if not rows:
            return after, ()
        ids = [entry.fields["id"] for entry in entries(rows)]
        return str(rows[-1][0]), list(dict.fromkeys(ids))

    async def _write(self, subscription: Subscription, *, expected: int) -> None:
        platform, workspace = subscription.workspace
        written = await self._database.run(
            _PUT,
            [
                keys.subscriptions(platform, workspace),
                keys.SUBSCRIPTION_WORKSPACES,
                keys.SUBSCRIPTION_CHANGES,
                keys.SUBSCRIPTION_WAKE,
            ],
            [
                subscription.number,
                expected,
                record_of(subscription),
                f"{platform}/{workspace}",
                subscription.id,
                CHANGES_KEPT,
                _wakes_at(subscription),
            ],
            durable=True,
        )
        if not written:
            raise ChangedByAnotherError(
                f"Somebody else changed subscription {subscription.number} just now. "
                "Look at it again with `list` and repeat your change if it is still wanted."
            )


def _wakes_at(subscription: Subscription) -> str:
    if subscription.state is not SubscriptionState.PAUSED or subscription.paused_until is None:
        return ""
    return str(int(subscription.paused_until.timestamp() * 1000))


def _place(stream_id: str) -> tuple[int, int]:
    first, _, second = stream_id.partition("-")
    return int(first), int(second or 0)
