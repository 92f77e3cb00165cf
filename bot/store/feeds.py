"""Feeds that were given in chat: which workspaces gave them, and which of these are quarantined."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from bot.models import Person
from bot.store import keys
from bot.store.database import Database, Script
from bot.store.records import decode, encode

Workspace = tuple[str, str]

_PUT: Final = Script(
    "put-feed",
    """
    -- KEYS: of workspace, addresses, who gave it.  ARGV: name, record, address, workspace, most.
    -- Returns 0 where the workspace has as many as it may.
    if redis.call('HEXISTS', KEYS[1], ARGV[1]) == 0 and redis.call('HLEN', KEYS[1]) >= tonumber(ARGV[5]) then return 0 end
    redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
    redis.call('HSET', KEYS[2], ARGV[1], ARGV[3])
    redis.call('SADD', KEYS[3], ARGV[4])
    return 1
    """,
)

_DROP: Final = Script(
    "drop-feed",
    """
    -- KEYS: of workspace, addresses, who gave it.  ARGV: name, workspace
    redis.call('HDEL', KEYS[1], ARGV[1])
    redis.call('SREM', KEYS[3], ARGV[2])
    if redis.call('SCARD', KEYS[3]) == 0 then redis.call('HDEL', KEYS[2], ARGV[1]) end
    return 1
    """,
    even_full=True,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenFeed:
    """A feed as one workspace has it."""

    name: str
    """As in ``source:`` filters."""
    url: str
    title: str = ""
    """What the feed calls itself, at the first look."""
    added_by: Person
    """Who is told if it is not read any more; without an id where they were forgotten."""
    added_at: datetime | None = None
    quarantined: bool = False
    """Its answers stopped the parser again and again: it is not read until it is given anew."""


class Feeds:
    """Given feeds by workspace."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of(self, platform: str, workspace: str) -> Sequence[GivenFeed]:
        """Those of a workspace, by name."""
        held = await self._database.call(self._database.client.hgetall(keys.given_feeds(platform, workspace)))
        return [decode(GivenFeed, held[name]) for name in sorted(held)]

    async def put(self, platform: str, workspace: str, feed: GivenFeed, *, most: int) -> bool:
        """Keep a feed for a workspace; ``False`` where it has ``most`` already."""
        return bool(
            await self._database.run(
                _PUT,
                [keys.given_feeds(platform, workspace), keys.FEED_ADDRESSES, keys.feed_givers(feed.name)],
                [feed.name, encode(feed), feed.url, f"{platform}/{workspace}", most],
            )
        )

    async def drop(self, platform: str, workspace: str, name: str) -> None:
        """A workspace has it no more; when none has, it is read no more."""
        await self._database.run(
            _DROP,
            [keys.given_feeds(platform, workspace), keys.FEED_ADDRESSES, keys.feed_givers(name)],
            [name, f"{platform}/{workspace}"],
        )

    async def drop_all(self, platform: str, workspace: str) -> None:
        """The workspace left."""
        for feed in await self.of(platform, workspace):
            await self.drop(platform, workspace, feed.name)

    async def addresses(self) -> Mapping[str, str]:
        """Every feed that some workspace has: its address by its name."""
        return dict(await self._database.call(self._database.client.hgetall(keys.FEED_ADDRESSES)))

    async def givers(self, names: Collection[str]) -> Mapping[str, frozenset[Workspace]]:
        """The workspaces that have each of these feeds."""
        found: dict[str, frozenset[Workspace]] = {}
        for name in names:
            members = await self._database.call(self._database.client.smembers(keys.feed_givers(name)))
            found[name] = frozenset(_workspace(str(one)) for one in members)
        return found

    async def has(self, workspace: Workspace, name: str) -> bool:
        """Does the workspace have that feed?"""
        return bool(
            await self._database.call(
                self._database.client.sismember(keys.feed_givers(name), "/".join(workspace))
            )
        )

    async def quarantine(self, name: str) -> Sequence[tuple[Workspace, GivenFeed]]:
        """Mark it as not read any more everywhere; who has it, of those for whom this is news."""
        told = []
        for workspace in (await self.givers([name]))[name]:
            for feed in await self.of(*workspace):
                if feed.name == name and not feed.quarantined:
                    marked = replace(feed, quarantined=True)
                    await self._database.call(
                        self._database.client.hset(keys.given_feeds(*workspace), name, encode(marked))
                    )
                    told.append((workspace, marked))
        await self._database.call(self._database.client.hdel(keys.FEED_ADDRESSES, name))
        return told

    async def forget_person(self, platform: str, workspace: str, person: str) -> int:
        """Keep somebody's feeds without their name; how many there were."""
        mine = [one for one in await self.of(platform, workspace) if one.added_by.id == person]
        for feed in mine:
            nobody = encode(replace(feed, added_by=Person(id="")))
            await self._database.call(
                self._database.client.hset(keys.given_feeds(platform, workspace), feed.name, nobody)
            )
        return len(mine)


def _workspace(text: str) -> Workspace:
    platform, _, workspace = text.partition("/")
    return platform, workspace
