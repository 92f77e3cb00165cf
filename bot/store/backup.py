"""Everything that people made, as records of a file; and back.

A backup holds subscriptions and the highest number of each workspace, settings made in chat, given feeds, saved lists, ratings and
the texts of papers that subscriptions have as examples, what was posted (so that nothing restored is posted again) and the sources' bookmarks. It leaves out

* papers: listings bring them again;
* what waits to be sent: it may have been sent since, and a second card is worse than a late one;
* plugins' own values: they may hold tokens of workspaces;
* what opens the web page and its feeds.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, TypeAdapter

from bot.models import DeliveryState, Subscription
from bot.private import given_feed
from bot.store import keys
from bot.store.database import Database, Script
from bot.store.delivery_fields import flat, from_fields
from bot.store.feeds import Feeds, GivenFeed
from bot.store.records import DamagedRecordError, decode, encode
from bot.store.subscriptions import Subscriptions

FORMAT: Final = 1
"""The number of this file format; a reader takes any up to its own."""

_MARK: Final = frozenset(
    ("v", "kind", "destination", "workspace", "lane", "papers", "planned", "state", "holder", "sent",
     "message", "period", "digest", "note", "subscriptions")
)  # fmt: skip
"""Fields of a delivery that say what was posted where; reasons and attempts are of no use later."""
_SETTLED: Final = frozenset((DeliveryState.SENT.value, DeliveryState.DEAD.value))
_PREFERENCES: Final = keys.preferences("", "").removesuffix("/")
_SAVED: Final = keys.saved("", "", "").removesuffix("//")
_RATINGS: Final = keys.ratings_of("", "").removesuffix("//")
_SHARD: Final = re.compile(r"[^{}/:]+/\d\d")  # noqa: TID251 - a pattern of ours

_RESTORE_MARK: Final = Script(
    "restore-mark",
    """
    -- KEYS: delivery, index ('' where it belongs to none).  ARGV: expiry ms, key, moment ms, pairs
    if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
    redis.call('HSET', KEYS[1], unpack(ARGV, 4))
    redis.call('PEXPIRE', KEYS[1], ARGV[1])
    if ARGV[3] ~= '' then redis.call('ZADD', KEYS[2], ARGV[3], ARGV[2]) end
    return 1
    """,
)


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True)


def _subscription(record: dict[str, Any]) -> dict[str, Any]:
    _read(record)
    return record


def _read(record: dict[str, Any]) -> Subscription:
    return decode(Subscription, json.dumps(record, separators=(",", ":")))


def _fields(fields: dict[str, str]) -> dict[str, str]:
    try:
        from_fields("", fields)
    except DamagedRecordError as error:
        raise ValueError(str(error)) from error
    return fields


class SubscriptionPart(_Part):
    """One subscription, whatever its state."""

    kind: Literal["subscription"] = "subscription"
    record: Annotated[dict[str, Any], AfterValidator(_subscription)]

    @property
    def subscription(self) -> Subscription:
        """The record, read."""
        return _read(self.record)


class NumberPart(_Part):
    """The highest number that a workspace has given out: numbers are never used again."""

    kind: Literal["number"] = "number"
    workspace: str
    highest: int = Field(ge=1)


class PreferencesPart(_Part):
    """Settings made in chat, for a workspace or a channel."""

    kind: Literal["preferences"] = "preferences"
    of: str
    values: dict[str, str]


class SavedPart(_Part):
    """One person's saved papers."""

    kind: Literal["saved"] = "saved"
    of: str
    papers: dict[str, str]


class RatingsPart(_Part):
    """What people of one place rated 👍 and 👎."""

    kind: Literal["ratings"] = "ratings"
    of: str
    papers: dict[str, str]


class ExamplesPart(_Part):
    """The texts of papers that subscriptions have as examples; the listings may never bring them again."""

    kind: Literal["examples"] = "examples"
    papers: dict[str, str]


def _feed(record: dict[str, Any]) -> dict[str, Any]:
    decode(GivenFeed, json.dumps(record))
    return record


class FeedPart(_Part):
    """A feed that a workspace gave."""

    kind: Literal["feed"] = "feed"
    of: str = Field(pattern=r"^[^/]+/[^/]+$")
    record: Annotated[dict[str, Any], AfterValidator(_feed)]


class PostedPart(_Part):
    """That something was posted, was given up, or went into a digest that was."""

    kind: Literal["posted"] = "posted"
    shard: str = Field(pattern=_SHARD.pattern)
    key: str
    fields: Annotated[dict[str, str], AfterValidator(_fields)]


class CursorPart(_Part):
    """The bookmark of a source: what appeared since is caught up with."""

    kind: Literal["cursor"] = "cursor"
    source: str
    cursor: str


Part = (
    SubscriptionPart
    | NumberPart
    | PreferencesPart
    | SavedPart
    | RatingsPart
    | ExamplesPart
    | FeedPart
    | PostedPart
    | CursorPart
)
_reader: Final = TypeAdapter[Part](Annotated[Part, Field(discriminator="kind")])

KINDS: Final[Mapping[str, str]] = {
    "subscription": "subscriptions",
    "number": "workspaces' numbers",
    "preferences": "settings of places",
    "saved": "saved lists",
    "ratings": "places with ratings",
    "examples": "texts of examples",
    "feed": "given feeds",
    "posted": "marks of what was posted",
    "cursor": "bookmarks of listings",
}
"""Kinds of parts, and what people call them."""


def read_part(line: str | bytes) -> Part:
    """Read one line of a backup. Raises ValueError, or a PigeonError of the record inside it."""
    return _reader.validate_json(line)


class Backup:
    """Takes everything out of the store, and puts it back where there is nothing yet."""

    def __init__(self, database: Database, *, retention: timedelta) -> None:
        self._database = database
        self._subscriptions = Subscriptions(database)
        self._feeds = Feeds(database)
        self._expiry = int(retention.total_seconds() * 1000)

    async def parts(self) -> AsyncIterator[Part]:
        """Everything that a backup holds; what changes meanwhile may be in it or not."""
        numbers = await self._database.call(self._database.client.hgetall(keys.SUBSCRIPTION_NUMBERS))
        for workspace, highest in sorted(numbers.items()):
            yield NumberPart(workspace=workspace, highest=int(highest))
        async for subscription in self._subscriptions.everything():
            yield SubscriptionPart(record=json.loads(encode(subscription)))
        async for of, values in self._hashes(_PREFERENCES):
            yield PreferencesPart(of=of, values=values)
        async for of, values in self._hashes(_SAVED):
            yield SavedPart(of=of, papers=values)
        async for of, values in self._hashes(_RATINGS):
            yield RatingsPart(of=of, papers=values)
        examples = await self._database.call(self._database.client.hgetall(keys.EXAMPLES))
        if examples:
            yield ExamplesPart(papers=dict(examples))
        async for of, values in self._hashes(keys.given_feeds("", "").removesuffix("/")):
            for record in values.values():
                yield FeedPart(of=of, record=json.loads(record))
        async for posted in self._posted():
            yield posted
        prefix = keys.cursor("")
        for key in await self._keys(prefix):
            cursor = await self._database.call(self._database.client.get(key))
            # A given feed begins anew: it shows all its items, and those that nobody wanted then are no news now.
            if cursor is not None and given_feed(key.removeprefix(prefix)) is None:
                yield CursorPart(source=key.removeprefix(prefix), cursor=str(cursor))

    async def restore(self, part: Part, *, dry_run: bool) -> bool:
        """Put a part where there is nothing; whether it was (or with ``dry_run`` would be) put there."""
        match part:
            case SubscriptionPart():
                return await self._restore_subscription(part.subscription, dry_run=dry_run)
            case NumberPart():
                return await self._restore_number(part, dry_run=dry_run)
            case PreferencesPart():
                return await self._restore_hash(_PREFERENCES + part.of, part.values, dry_run=dry_run)
            case SavedPart():
                return await self._restore_hash(_SAVED + part.of, part.papers, dry_run=dry_run)
            case RatingsPart():
                return await self._restore_hash(_RATINGS + part.of, part.papers, dry_run=dry_run)
            case ExamplesPart():
                return await self._restore_hash(keys.EXAMPLES, part.papers, dry_run=dry_run)
            case FeedPart():
                return await self._restore_feed(part, dry_run=dry_run)
            case PostedPart():
                return await self._restore_posted(part, dry_run=dry_run)
            case CursorPart():
                name = keys.cursor(part.source)
                if dry_run:
                    return not await self._exists(name)
                return bool(await self._database.call(self._database.client.set(name, part.cursor, nx=True)))

    # --- taking -------------------------------------------------------------------------------

    async def _keys(self, prefix: str) -> list[str]:
        return sorted({key async for key in self._database.scan(f"{prefix}*")})

    async def _hashes(self, prefix: str) -> AsyncIterator[tuple[str, dict[str, str]]]:
        for key in await self._keys(prefix):
            values = await self._database.call(self._database.client.hgetall(key))
            if values:
                yield key.removeprefix(prefix), dict(values)

    async def _posted(self) -> AsyncIterator[PostedPart]:
        seen: set[str] = set()
        states: dict[str, bool] = {}
        async for name in self._database.scan(keys.in_shard("*/*", "d", "*")):
            if name in seen:
                continue  # a scan may name a key twice
            seen.add(name)
            record = dict(await self._database.call(self._database.client.hgetall(name)))
            shard = name[name.index("{") + 1 : name.index("}")]
            settled = record.get("state") in _SETTLED
            if not settled and (digest := record.get("digest")):
                if digest not in states:
                    held = await self._database.call(
                        self._database.client.hget(keys.in_shard(shard, "d", digest), "state")
                    )
                    states[digest] = held in _SETTLED
                settled = states[digest]
            if settled:
                fields = {field: value for field, value in record.items() if field in _MARK}
                yield PostedPart(shard=shard, key=name.rpartition(":")[2], fields=fields)

    # --- putting back -------------------------------------------------------------------------

    async def _exists(self, name: str) -> bool:
        return bool(await self._database.call(self._database.client.exists(name)))

    async def _restore_subscription(self, subscription: Subscription, *, dry_run: bool) -> bool:
        if dry_run:
            platform, workspace = subscription.workspace
            return await self._subscriptions.get(platform, workspace, subscription.number) is None
        return await self._subscriptions.restore(subscription)

    async def _restore_number(self, part: NumberPart, *, dry_run: bool) -> bool:
        held = await self._database.call(
            self._database.client.hget(keys.SUBSCRIPTION_NUMBERS, part.workspace)
        )
        if int(held or 0) >= part.highest:
            return False
        if not dry_run:
            await self._database.call(
                self._database.client.hset(keys.SUBSCRIPTION_NUMBERS, part.workspace, part.highest)
            )
        return True

    async def _restore_feed(self, part: FeedPart, *, dry_run: bool) -> bool:
        """One that was quarantined is read again: a restoration is a new start."""
        platform, _, workspace = part.of.partition("/")
        feed = replace(decode(GivenFeed, json.dumps(part.record)), quarantined=False)
        if any(one.name == feed.name for one in await self._feeds.of(platform, workspace)):
            return False
        return dry_run or await self._feeds.put(platform, workspace, feed, most=sys.maxsize)

    async def _restore_hash(self, name: str, values: Mapping[str, str], *, dry_run: bool) -> bool:
        if await self._exists(name):
            return False
        if not dry_run and values:
            await self._database.call(self._database.client.hset(name, mapping=dict(values)))
        return True

    async def _restore_posted(self, part: PostedPart, *, dry_run: bool) -> bool:
        name = keys.in_shard(part.shard, "d", part.key)
        if dry_run:
            return not await self._exists(name)
        state = part.fields["state"]
        index, moment = "sent", part.fields.get("sent", "")
        if state == DeliveryState.DEAD:
            index, moment = "dead", part.fields.get("planned", "0")
        return bool(
            await self._database.run(
                _RESTORE_MARK,
                [name, keys.in_shard(part.shard, index)],
                [self._expiry, part.key, moment, *flat(part.fields)],
            )
        )
