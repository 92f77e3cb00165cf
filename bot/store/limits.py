"""Rate limits shared by every process that uses the same token or asks the same host."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.store import keys
from bot.store.database import Database, Script, Value

_RESERVE = Script(
    "reserve",
    """
    -- KEYS: limits.  ARGV: for each limit 3: seconds between two, burst, patience in seconds ('' = any wait).
    -- Leaky buckets on the server's own clock (GCRA): the stored value is when the next one may go. Either a
    -- place is taken in all of them, for the same moment, or in none. Returns milliseconds to wait.
    local time = redis.call('TIME')
    local now = tonumber(time[1]) + tonumber(time[2]) / 1000000
    local free, wait, refused = {}, 0, 0
    for at, key in ipairs(KEYS) do
      local gap, burst, patience = tonumber(ARGV[at * 3 - 2]), tonumber(ARGV[at * 3 - 1]), ARGV[at * 3]
      free[at] = math.max(tonumber(redis.call('GET', key) or '0'), now - gap * (burst - 1))
      local ahead = math.max(0, free[at] - now)
      if patience ~= '' and ahead > tonumber(patience) then refused = math.max(refused, ahead) end
      wait = math.max(wait, ahead)
    end
    if refused > 0 then return {0, math.ceil(refused * 1000)} end
    for at, key in ipairs(KEYS) do
      local gap, burst = tonumber(ARGV[at * 3 - 2]), tonumber(ARGV[at * 3 - 1])
      local next_free = math.max(free[at], now + wait - gap * (burst - 1)) + gap
      redis.call('SET', key, string.format('%.6f', next_free), 'PX', math.ceil((next_free - now + gap * burst + 60) * 1000))
    end
    return {1, math.ceil(wait * 1000)}
    """,
    even_full=True,
)

_ANSWERED = Script(
    "answered",
    """
    -- KEYS: limits.  ARGV: for each limit the seconds between two.  The next one may go so long after now.
    local time = redis.call('TIME')
    local now = tonumber(time[1]) + tonumber(time[2]) / 1000000
    for at, key in ipairs(KEYS) do
      local next_free = now + tonumber(ARGV[at])
      if tonumber(redis.call('GET', key) or '0') < next_free then
        redis.call('SET', key, string.format('%.6f', next_free), 'PX', math.ceil((next_free - now + 60) * 1000))
      end
    end
    return 1
    """,
    even_full=True,
)


@dataclass(frozen=True, slots=True)
class Place:
    """A place in a budget: ``count`` in ``seconds`` are allowed under that name, spread evenly."""

    name: str
    count: int
    seconds: float
    patience: float | None = None
    """Seconds ahead that the place may lie; ``None`` takes any."""
    burst: int = 1
    """So many may go at once after a pause. Within any window there are then up to ``burst - 1`` more than
    ``count``, so for a platform's limit it stays 1."""


class Limits:
    """Budgets by name."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def take(self, places: Sequence[Place]) -> tuple[bool, float]:
        """Take a place in every one of these budgets, or in none.

        Whether they were taken; and the seconds to wait before using them, or before asking again.
        """
        if not places:
            return True, 0.0
        args: list[Value] = []
        for place in places:
            args += [
                f"{place.seconds / place.count:.6f}",
                place.burst,
                "" if place.patience is None else f"{place.patience:.3f}",
            ]
        answer = await self._database.run(_RESERVE, [keys.limit(place.name) for place in places], args)
        return bool(answer[0]), int(answer[1]) / 1000

    async def answered(self, places: Sequence[Place]) -> None:
        """Count these from now: what was sent in them has been answered only now."""
        if places:
            gaps: list[Value] = [f"{place.seconds / place.count:.6f}" for place in places]
            await self._database.run(_ANSWERED, [keys.limit(place.name) for place in places], gaps)

    async def reserve(
        self, name: str, *, count: int, seconds: float, patience: float | None = None
    ) -> tuple[bool, float]:
        """:meth:`take` for a budget of ours, of which a tenth may go at once."""
        return await self.take([Place(name, count, seconds, patience, burst=max(1, count // 10))])
