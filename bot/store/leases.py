"""Roles that one process at a time may have: a lease with a fencing number."""

from __future__ import annotations

from datetime import timedelta

from bot.store import keys
from bot.store.database import Database, Script

_TAKE = Script(
    "take-lease",
    """
    -- KEYS: lease.  ARGV: owner, lease ms.  The server's own clock counts, so that machines may disagree.
    local time = redis.call('TIME')
    local now = time[1] * 1000 + math.floor(time[2] / 1000)
    local held = redis.call('HMGET', KEYS[1], 'owner', 'until', 'fence')
    if held[1] and held[1] ~= ARGV[1] and tonumber(held[2]) > now then return 0 end
    local fence = tonumber(held[3] or 0)
    -- At least the time: numbers grow even where this record was lost and what it guards was not.
    if held[1] ~= ARGV[1] or tonumber(held[2]) <= now then fence = math.max(fence + 1, now) end
    redis.call('HSET', KEYS[1], 'owner', ARGV[1], 'until', now + tonumber(ARGV[2]), 'fence', fence)
    return fence
    """,
    even_full=True,
)

_GIVE_BACK = Script(
    "give-back-lease",
    """
    if redis.call('HGET', KEYS[1], 'owner') == ARGV[1] then redis.call('HSET', KEYS[1], 'until', 0) return 1 end
    return 0
    """,
    even_full=True,
)


class Leases:
    """Leases by name."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def take(self, name: str, owner: str, length: timedelta) -> int:
        """Take or renew a lease; its fencing number, or 0 where somebody else has it.

        The number grows whenever the owner changes: a former owner's number is smaller.
        """
        return int(
            await self._database.run(_TAKE, [keys.lease(name)], [owner, int(length.total_seconds() * 1000)])
        )

    async def give_back(self, name: str, owner: str) -> None:
        """End a lease early, so that the next one need not wait."""
        await self._database.run(_GIVE_BACK, [keys.lease(name)], [owner])
