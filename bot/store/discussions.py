"""Threads of papers that are followed: where the card of each stands, and the number that its button shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog

from bot.errors import SchemaTooNew
from bot.models import Destination, MessageRef
from bot.store import keys
from bot.store.database import Database, Script
from bot.store.delivery_fields import from_ms, to_ms
from bot.store.records import DamagedRecordError, decode, encode

log = structlog.get_logger(__name__)

_AGAIN = Script(
    "look-again",
    """
    -- KEYS: counting, discussions of the workspace.  ARGV: workspace, the moment that we set when we began, the next one
    -- A thread that was opened meanwhile has set a moment of its own, which stays.
    if redis.call('ZSCORE', KEYS[1], ARGV[1]) ~= ARGV[2] then return 0 end
    if redis.call('HLEN', KEYS[2]) == 0 then redis.call('ZREM', KEYS[1], ARGV[1])
    else redis.call('ZADD', KEYS[1], ARGV[3], ARGV[1]) end
    return 1
    """,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Discussion:
    """The thread of one paper in one channel."""

    destination: Destination
    paper: str
    """The paper's canonical id."""
    card: MessageRef
    """The card, and in ``thread`` its thread."""
    posted_at: datetime
    """When the card was posted."""
    active_at: datetime
    """When something was last said there, as far as we noticed; at first when it was opened."""
    counted: int = 0
    """Messages in the thread at the last look."""
    shown: int = 0
    """The number on the card's button; 0 stands for none."""
    edited_at: datetime | None = None
    """When the card was last changed."""

    @property
    def thread(self) -> str:
        """The thread's id, unique in its workspace."""
        return self.card.thread or ""


class Discussions:
    """Discussions by workspace, and when each workspace is looked at next."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def follow(self, discussion: Discussion, now: datetime) -> None:
        """Follow a thread, and have its workspace looked at now; one that is followed already stays as it is."""
        where = discussion.destination
        held, counting = self._names(where.platform, where.workspace)
        await self._database.pipeline(
            [
                ("HSETNX", held, discussion.thread, encode(discussion)),
                ("ZADD", counting, to_ms(now), where.workspace),
            ]
        )

    async def due(self, platform: str, now: datetime) -> Sequence[str]:
        """Workspaces that are to be looked at now, those first that have waited longest."""
        rows = await self._database.pipeline(
            [
                ("ZRANGE", keys.in_shard(shard, "counting"), 0, to_ms(now), "BYSCORE", "WITHSCORES")
                for shard in keys.shards(platform)
            ]
        )
        found = [
            (float(row[at + 1]), str(row[at])) for row in map(_flat, rows) for at in range(0, len(row), 2)
        ]
        return [workspace for _, workspace in sorted(found)]

    async def begin(self, platform: str, workspace: str, until: datetime) -> Sequence[Discussion]:
        """Those of a workspace; it is not due again before ``until``, whatever becomes of this look."""
        held, counting = self._names(platform, workspace)
        _, row = await self._database.pipeline([("ZADD", counting, to_ms(until), workspace), ("HVALS", held)])
        return [one for raw in row if (one := _read(raw)) is not None]

    async def end(self, platform: str, workspace: str, until: datetime, next_at: datetime) -> None:
        """Say when to look next, after a look that began with ``until``."""
        held, counting = self._names(platform, workspace)
        await self._database.run(_AGAIN, [counting, held], [workspace, to_ms(until), to_ms(next_at)])

    async def about(self, platform: str, workspace: str, papers: Sequence[str]) -> Sequence[Discussion]:
        """Those of a workspace that are about one of the papers."""
        held, _ = self._names(platform, workspace)
        rows = await self._database.call(self._database.client.hvals(held)) if papers else ()
        # Only what names one of them is read whole: a workspace may follow thousands.
        found = [_read(raw) for raw in rows if any(one in raw for one in papers)]
        return [one for one in found if one is not None and one.paper in papers]

    async def one(self, platform: str, workspace: str, thread: str) -> Discussion | None:
        """The discussion in a thread; ``None`` where it is not followed."""
        held, _ = self._names(platform, workspace)
        raw = await self._database.call(self._database.client.hget(held, thread))
        return None if raw is None else _read(raw)

    async def put(self, discussion: Discussion) -> None:
        """Write what was seen, unless it is followed no more."""
        where = discussion.destination
        held, _ = self._names(where.platform, where.workspace)
        if await self._database.call(self._database.client.hexists(held, discussion.thread)):
            await self._database.call(self._database.client.hset(held, discussion.thread, encode(discussion)))

    async def drop(self, discussion: Discussion) -> None:
        """Follow it no longer."""
        where = discussion.destination
        held, _ = self._names(where.platform, where.workspace)
        await self._database.call(self._database.client.hdel(held, discussion.thread))

    async def next_look(self, platform: str, workspace: str) -> datetime | None:
        """When a workspace is looked at next; ``None`` where nothing is followed in it."""
        _, counting = self._names(platform, workspace)
        score = await self._database.call(self._database.client.zscore(counting, workspace))
        return None if score is None else from_ms(score)

    @staticmethod
    def _names(platform: str, workspace: str) -> tuple[str, str]:
        shard = keys.shard(platform, workspace)
        return keys.in_shard(shard, "discussions", workspace), keys.in_shard(shard, "counting")


def _read(raw: str) -> Discussion | None:
    """A record; ``None`` where it cannot be read: it is a number on a button, no reason to stop."""
    try:
        return decode(Discussion, raw)
    except (DamagedRecordError, SchemaTooNew) as error:
        log.warning("A followed thread cannot be read and is passed over", why=str(error))
        return None


def _flat(row: Sequence[object]) -> list[str]:
    """Member and score in turn, however redis-py shaped the answer."""
    return [str(part) for one in row for part in (one if isinstance(one, (tuple, list)) else (one,))]
