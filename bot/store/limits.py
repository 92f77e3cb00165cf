"""Rate limits shared by every process that uses the same token or asks the same host."""

from __future__ import annotations

from datetime import timedelta

from bot.store import keys
from bot.store.database import Database, Script

_RESERVE = Script(
    "reserve",
    """
    -- KEYS: limit.  ARGV: seconds between two, burst.  A leaky bucket on the server's own clock (GCRA):
    -- the stored value is when the next one may go. Returns milliseconds to wait; the place is taken.
    local time = redis.call('TIME')
    local now = tonumber(time[1]) + tonumber(time[2]) / 1000000
    local gap, burst = tonumber(ARGV[1]), tonumber(ARGV[2])
    local next_free = tonumber(redis.call('GET', KEYS[1]) or '0')
    if next_free < now - gap * (burst - 1) then next_free = now - gap * (burst - 1) end
    local wait = math.max(0, next_free - now)
    if ARGV[3] ~= '' and wait > tonumber(ARGV[3]) then return {0, math.ceil(wait * 1000)} end
    redis.call('SET', KEYS[1], string.format('%.6f', next_free + gap), 'PX', math.ceil((gap * burst + wait + 60) * 1000))
    return {1, math.ceil(wait * 1000)}
    """,
)

_STAY_AWAY = Script(
    "stay-away",
    """
    local time = redis.call('TIME')
    local until_ = tonumber(time[1]) + tonumber(time[2]) / 1000000 + tonumber(ARGV[1])
    local held = tonumber(redis.call('GET', KEYS[1]) or '0')
    if until_ > held then
      redis.call('SET', KEYS[1], string.format('%.6f', until_), 'PX', math.ceil((tonumber(ARGV[1]) + 60) * 1000))
    end
    return 1
    """,
)


class Limits:
    """Budgets by name."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def reserve(
        self, name: str, *, count: int, seconds: float, patience: float | None = None
    ) -> tuple[bool, float]:
        """Take a place: whether it was taken, and the seconds to wait before using it.

        ``count`` in ``seconds`` are allowed, spread evenly after a burst of at most a tenth of them, so
        that a fixed window of the platform never sees more. With ``patience`` no place is taken that lies
        further ahead than that many seconds.
        """
        answer = await self._database.run(
            _RESERVE,
            [keys.limit(name)],
            [f"{seconds / count:.6f}", max(1, count // 10), "" if patience is None else f"{patience:.3f}"],
        )
        return bool(answer[0]), int(answer[1]) / 1000

    async def stay_away(self, name: str, length: timedelta) -> None:
        """Nobody may draw from this budget for so long (the platform said so)."""
        await self._database.run(_STAY_AWAY, [keys.limit(name)], [f"{length.total_seconds():.3f}"])
