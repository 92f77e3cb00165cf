"""Rate limits shared by every process that uses the same token or asks the same host."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.store import keys
from bot.store.database import Database, Script, Value

_RESERVE = Script(
    "reserve",
    """
    -- KEYS: limits.  ARGV: for each limit 4: seconds between two, burst, patience in seconds ('' = any wait), 1 where
    -- places have numbers. Leaky buckets on the server's own clock (GCRA): the stored value is when the next one may
    -- go. Either a place is taken in all of them, for the same moment, or in none.
    -- Returns {0, microseconds until it is worth asking again}, or {1, the moment, now, numbers}, both microseconds.
    local time = redis.call('TIME')
    local now = tonumber(time[1]) + tonumber(time[2]) / 1000000
    local free, wait, refused = {}, 0, 0
    for at, key in ipairs(KEYS) do
      local gap, burst, patience = tonumber(ARGV[at * 4 - 3]), tonumber(ARGV[at * 4 - 2]), ARGV[at * 4 - 1]
      free[at] = math.max(tonumber(redis.call('GET', key) or '0'), now - gap * (burst - 1))
      local ahead = math.max(0, free[at] - now)
      if patience ~= '' and ahead > tonumber(patience) then refused = math.max(refused, ahead) end
      wait = math.max(wait, ahead)
    end
    if refused > 0 then return {0, math.ceil(refused * 1000000)} end
    local answer = {1, math.ceil((now + wait) * 1000000), math.floor(now * 1000000)}
    for at, key in ipairs(KEYS) do
      local gap, burst = tonumber(ARGV[at * 4 - 3]), tonumber(ARGV[at * 4 - 2])
      local next_free = math.max(free[at], now + wait - gap * (burst - 1)) + gap
      local kept = math.ceil((next_free - now + gap * burst + 60) * 1000)
      redis.call('SET', key, string.format('%.6f', next_free), 'PX', kept)
      if ARGV[at * 4] == '1' then
        table.insert(answer, redis.call('INCR', key .. ':n'))
        redis.call('PEXPIRE', key .. ':n', kept)
      else table.insert(answer, 0) end
    end
    return answer
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
    numbered: bool = False
    """Whoever takes it learns its number, and may hold one that comes after it: see :meth:`Limits.hold`."""


@dataclass(frozen=True, slots=True)
class Taken:
    """A place in every budget that was asked for, all for one moment. Times are seconds on the server's clock."""

    moment: float
    now: float
    """When it was taken."""
    numbers: tuple[int, ...]
    """For each budget the number of the place; 0 where places have none."""


@dataclass(frozen=True, slots=True)
class Full:
    """A budget is used up."""

    wait: float
    """Seconds until it is worth asking again."""


class Limits:
    """Budgets by name."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def take(self, places: Sequence[Place]) -> Taken | Full:
        """Take a place in every one of these budgets, or in none."""
        args: list[Value] = []
        for place in places:
            args += [
                f"{place.seconds / place.count:.6f}",
                place.burst,
                "" if place.patience is None else f"{place.patience:.3f}",
                int(place.numbered),
            ]
        answer = await self._database.run(_RESERVE, [keys.limit(place.name) for place in places], args)
        if not answer[0]:
            return Full(int(answer[1]) / 1e6)
        _, moment, now, *numbers = answer
        return Taken(int(moment) / 1e6, int(now) / 1e6, tuple(map(int, numbers)))

    async def hold(self, name: str, number: int, until: float, *, seconds: float) -> None:
        """Have the place of that number wait until then (seconds on the server's clock), or until ``seconds`` from now."""
        await self._database.ask(
            "SET", keys.held_place(name, number), f"{until:.6f}", "PX", max(1, int(seconds * 1000))
        )

    async def held(self, names: Sequence[tuple[str, int]]) -> float:
        """Until when these places have to wait, by name and number; 0 where nothing holds them."""
        if not names:
            return 0.0
        found = await self._database.ask("MGET", *(keys.held_place(*one) for one in names))
        return max(float(until or 0) for until in found)

    async def answered(self, places: Sequence[Place]) -> None:
        """Count these from now: what was sent in them has been answered only now."""
        if places:
            gaps: list[Value] = [f"{place.seconds / place.count:.6f}" for place in places]
            await self._database.run(_ANSWERED, [keys.limit(place.name) for place in places], gaps)

    async def reserve(
        self, name: str, *, count: int, seconds: float, patience: float | None = None
    ) -> tuple[bool, float]:
        """A place in a budget of ours, of which a tenth may go at once: whether there is one, and seconds to wait."""
        taken = await self.take([Place(name, count, seconds, patience, burst=max(1, count // 10))])
        return (False, taken.wait) if isinstance(taken, Full) else (True, max(0.0, taken.moment - taken.now))
