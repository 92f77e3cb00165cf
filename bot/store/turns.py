"""Turns at families of hosts, for all processes together: one asks at a time, with a pause between."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.store import keys
from bot.store.database import Database, Script
from bot.store.delivery_fields import from_ms

_TAKE = Script(
    "take-turn",
    """
    -- KEYS: turn.  ARGV: owner, lease ms.  Returns {1} when it is ours, {0, ms to wait} when not, or
    -- {2, ms, reason} while the family is left alone. The server's own clock counts.
    local time = redis.call('TIME')
    local now = time[1] * 1000 + math.floor(time[2] / 1000)
    local held = redis.call('HMGET', KEYS[1], 'owner', 'until', 'cool', 'reason')
    if held[3] and tonumber(held[3]) > now then return {2, tonumber(held[3]) - now, held[4]} end
    if held[2] and tonumber(held[2]) > now and held[1] ~= ARGV[1] then return {0, tonumber(held[2]) - now} end
    redis.call('HSET', KEYS[1], 'owner', ARGV[1], 'until', now + tonumber(ARGV[2]))
    return {1}
    """,
    even_full=True,
)

_END = Script(
    "end-turn",
    """
    -- KEYS: turn.  ARGV: owner, ms until the next turn
    local time = redis.call('TIME')
    local now = time[1] * 1000 + math.floor(time[2] / 1000)
    if redis.call('HGET', KEYS[1], 'owner') ~= ARGV[1] then return 0 end
    redis.call('HSET', KEYS[1], 'owner', '', 'until', now + tonumber(ARGV[2]))
    return 1
    """,
    even_full=True,
)

_COOL = Script(
    "cool-turn",
    """
    -- KEYS: turn.  ARGV: ms, reason.  A longer time is never shortened.
    local time = redis.call('TIME')
    local until_ = time[1] * 1000 + math.floor(time[2] / 1000) + tonumber(ARGV[1])
    if tonumber(redis.call('HGET', KEYS[1], 'cool') or '0') < until_ then
      redis.call('HSET', KEYS[1], 'cool', until_, 'reason', ARGV[2])
    end
    return 1
    """,
    even_full=True,
)


class Turns:
    """Turns by the name of a family of hosts."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def take(self, family: str, owner: str, length: timedelta) -> tuple[float, str | None]:
        """Take the turn for at most ``length``: the seconds to wait (0 = it is ours), and why it is left alone."""
        answer = await self._database.run(_TAKE, [keys.turn(family)], [owner, _ms(length)])
        if answer[0] == 1:
            return 0.0, None
        return max(0.001, int(answer[1]) / 1000), str(answer[2]) if answer[0] == 2 else None

    async def end(self, family: str, owner: str, pause: float) -> None:
        """Give the turn back; the next one begins after ``pause`` seconds."""
        await self._database.run(_END, [keys.turn(family)], [owner, int(pause * 1000)])

    async def cool(self, family: str, seconds: float, reason: str) -> None:
        """Nobody takes a turn there for so long."""
        await self._database.run(_COOL, [keys.turn(family)], [int(seconds * 1000), reason])
        await self._database.call(self._database.client.sadd(keys.TURNS, family))

    async def cooling(self) -> dict[str, tuple[datetime, str]]:
        """Families that were asked to be left alone: until when, and why; past ones too."""
        families = sorted(await self._database.call(self._database.client.smembers(keys.TURNS)))
        rows = await self._database.pipeline(
            [("HMGET", keys.turn(family), "cool", "reason") for family in families]
        )
        return {
            family: (from_ms(row[0]), str(row[1]))
            for family, row in zip(families, rows, strict=True)
            if row[0] is not None
        }


def _ms(length: timedelta) -> int:
    return int(length.total_seconds() * 1000)
