"""Rate limits shared by every process that uses the same token or asks the same host."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.store import keys
from bot.store.database import Database, Script, Value

_RESERVE = Script(
    "reserve",
    """
    -- KEYS: limits.  ARGV: for each limit 6: seconds between two, burst, patience in seconds ('' = any wait); then where
    -- it has places their count (else 0), their seconds, and for how many more one is held that nobody reports.
    -- Leaky buckets on the server's own clock (GCRA): the stored value is when the next one may go. Places are a
    -- sorted set of those in use, by when each is free again. Either one is taken in all, for one moment, or in none.
    -- Returns {0, microseconds until it is worth asking again, 1 where only places are lacking}, or
    -- {1, the moment, now, the places' numbers}, both microseconds.
    local time = redis.call('TIME')
    local now = tonumber(time[1]) + tonumber(time[2]) / 1000000
    local free, over, wait, refused, own = {}, {}, 0, 0, 0
    for at, key in ipairs(KEYS) do
      local gap, burst, patience = tonumber(ARGV[at * 6 - 5]), tonumber(ARGV[at * 6 - 4]), ARGV[at * 6 - 3]
      local count, seconds, held = tonumber(ARGV[at * 6 - 2]), tonumber(ARGV[at * 6 - 1]), tonumber(ARGV[at * 6])
      local places, last = key .. ':places', tonumber(redis.call('GET', key) or '0')
      if count > 0 and last > now + seconds + held + 60 then
        -- The server's clock was set back: moments of the former one would hold everybody up.
        redis.call('DEL', key, places)
        last = 0
      end
      free[at] = math.max(last, now - gap * (burst - 1))
      if count > 0 then
        redis.call('ZREMRANGEBYSCORE', places, '-inf', string.format('%.6f', now))
        over[at] = redis.call('ZCARD', places) - count
        if over[at] >= 0 then
          free[at] = math.max(free[at], tonumber(redis.call('ZRANGE', places, over[at], over[at], 'WITHSCORES')[2]))
        end
      end
      local ahead = math.max(0, free[at] - now)
      if patience ~= '' and ahead > tonumber(patience) then
        -- A place in use may be reported at any time, and is free for another so many seconds later.
        if count > 0 then refused = math.max(refused, math.min(ahead, seconds))
        else refused, own = math.max(refused, ahead), 1 end
      end
      wait = math.max(wait, ahead)
    end
    if refused > 0 then return {0, math.ceil(refused * 1000000), 1 - own} end
    local answer = {1, math.ceil((now + wait) * 1000000), math.floor(now * 1000000)}
    for at, key in ipairs(KEYS) do
      local gap, burst = tonumber(ARGV[at * 6 - 5]), tonumber(ARGV[at * 6 - 4])
      local count, seconds, held = tonumber(ARGV[at * 6 - 2]), tonumber(ARGV[at * 6 - 1]), tonumber(ARGV[at * 6])
      local next_free = math.max(free[at], now + wait - gap * (burst - 1)) + gap
      local kept = math.ceil((next_free - now + gap * burst + seconds + held + 60) * 1000)
      redis.call('SET', key, string.format('%.6f', next_free), 'PX', kept)
      if count > 0 then
        local places, number = key .. ':places', redis.call('INCR', key .. ':n')
        if over[at] >= 0 then redis.call('ZREMRANGEBYRANK', places, 0, over[at]) end
        redis.call('ZADD', places, string.format('%.6f', now + wait + held + seconds), number)
        redis.call('PEXPIRE', places, kept)
        redis.call('PEXPIRE', key .. ':n', 86400000)
        table.insert(answer, number)
      else table.insert(answer, 0) end
    end
    return answer
    """,
    even_full=True,
)

_FREE = Script(
    "free-places",
    """
    -- KEYS: limits.  ARGV: for each limit the number of a place, and when it is free again.
    for at, key in ipairs(KEYS) do
      redis.call('ZADD', key .. ':places', 'XX', ARGV[at * 2], ARGV[at * 2 - 1])
    end
    return 1
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
    window: float = 0.0
    """Where it is not 0 there are ``count`` places, each for one at a time. Whoever takes one learns its number, and
    reports by :meth:`Limits.free` when the next may have it."""
    held: float = 0.0
    """A place that nobody reports is free for the next so many seconds and the ``window`` after its moment."""


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
    shared: bool = False
    """Only places are lacking that whoever has them may give back sooner."""


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
                place.count if place.window else 0,
                f"{place.window:.6f}",
                f"{place.held:.6f}",
            ]
        answer = await self._database.run(_RESERVE, [keys.limit(place.name) for place in places], args)
        if not answer[0]:
            return Full(int(answer[1]) / 1e6, shared=bool(answer[2]))
        _, moment, now, *numbers = answer
        return Taken(int(moment) / 1e6, int(now) / 1e6, tuple(map(int, numbers)))

    async def free(self, places: Sequence[tuple[str, int, float]]) -> None:
        """Say when places are free again: the limit's name, the place's number, seconds on the server's clock.

        To no effect where the place was held for so long that another has it.
        """
        if places:
            args: list[Value] = []
            for _, number, when in places:
                args += [number, f"{when:.6f}"]
            await self._database.run(_FREE, [keys.limit(name) for name, _, _ in places], args)

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
