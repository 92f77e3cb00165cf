"""Papers, cursors and the stream of papers that wait to be matched."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from bot.errors import PigeonError
from bot.models import Paper
from bot.private import given_feed
from bot.store import keys
from bot.store.database import Database, Script, Value
from bot.store.names import Names
from bot.store.records import decode, encode
from bot.store.stream import WorkStream, entries

CHUNK: Final = 200
"""Papers a transaction: 200 papers are about 0.5 MB, which the server takes in a few milliseconds."""

FEW: Final = 20
"""Papers that are small enough together to share a round trip with other questions."""

WAITING: Final = 1_000
"""Papers that wait to be matched, read at once."""

NEWS: Final = "0"
"""In the field ``seed`` of a queued paper: it is said as its subscriptions want it."""
SEED: Final = "1"
"""From the first listing of its source: few cards at once, the rest in one digest."""
LATE: Final = "2"
"""News of a day gone by: in a digest only."""

_SAVE = Script(
    "save-papers",
    """
    -- KEYS: cursor, by-time, stream, ledger, ledgers, touched, then one for each paper, fence
    -- ARGV: now ms, retention ms, cursor, has cursor, source, seed, how many arguments for the ledger, these
    --       (field, value, ...; an empty value forgets the field), then for each paper 6:
    --       id, what we read before ('' = nothing), new record, event ('' = none), what was, seed;
    --       at last the fencing number (0 = none)
    local fence, first = tonumber(ARGV[#ARGV]), 7 + tonumber(ARGV[7])
    local count = #KEYS - 7
    if fence > 0 and tonumber(redis.call('GET', KEYS[#KEYS]) or '0') > fence then return -1000000 end
    for at = 1, count do
      local base = first + (at - 1) * 6
      local held = redis.call('GET', KEYS[6 + at]) or ''
      if held ~= ARGV[base + 2] then return -at end
    end
    -- A given feed's papers are listed with their feed only, in the place of both.
    local last = redis.call('ZRANGE', KEYS[6], -1, -1, 'WITHSCORES')
    local writes = last[2] and tonumber(last[2]) or 0
    local events = 0
    for at = 1, count do
      local base = first + (at - 1) * 6
      redis.call('SET', KEYS[6 + at], ARGV[base + 3], 'PX', ARGV[2])
      redis.call('ZADD', KEYS[2], 'NX', ARGV[1], ARGV[base + 1])
      if KEYS[6] ~= KEYS[2] then redis.call('ZADD', KEYS[6], writes + at, ARGV[base + 1]) end
      if ARGV[base + 4] ~= '' then
        local seed = ARGV[6]
        if seed == '0' then seed = ARGV[base + 6] end
        redis.call('XADD', KEYS[3], '*', 'id', ARGV[base + 1], 'event', ARGV[base + 4],
          'was', ARGV[base + 5], 'source', ARGV[5], 'seed', seed)
        events = events + 1
      end
    end
    if first > 7 then redis.call('SADD', KEYS[5], ARGV[5]) end
    for at = 8, first, 2 do
      if ARGV[at + 1] == '' then redis.call('HDEL', KEYS[4], ARGV[at])
      else redis.call('HSET', KEYS[4], ARGV[at], ARGV[at + 1]) end
    end
    if ARGV[4] == '1' then redis.call('SET', KEYS[1], ARGV[3]) end
    return events
    """,
)


_FENCE = Script(
    "fence-papers",
    """
    -- KEYS: fence.  ARGV: fencing number.  Whoever has a smaller one writes no more.
    if tonumber(redis.call('GET', KEYS[1]) or '0') < tonumber(ARGV[1]) then redis.call('SET', KEYS[1], ARGV[1]) end
    return 1
    """,
    even_full=True,
)


class FencedError(PigeonError):
    """Another process polls this source now: what this one brought is not written."""


class ChangedMeanwhileError(PigeonError):
    """A paper was changed by another poller between reading and writing: read again and merge anew."""


@dataclass(frozen=True, slots=True)
class Change:
    """One paper to write."""

    paper: Paper
    before: str
    """The stored record it was merged from, as it was read; empty where there was none."""
    event: str = ""
    """``new`` or ``changed`` where it is to be matched; empty where nothing that matters changed."""
    was: str = ""
    """For ``changed``: the former values of the fields that changed, as JSON."""
    late: bool = False
    """News of a day gone by: it is said in a digest, and never in a card of its own."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A paper with the record it came from."""

    paper: Paper
    raw: str


class Papers:
    """Everything that listings brought."""

    def __init__(self, database: Database, *, retention: timedelta) -> None:
        self._database = database
        self.retention = retention
        self.names = Names(database, retention=retention)
        self.stream = WorkStream(database, keys.PAPERS_STREAM, keys.MATCH_GROUP)

    async def stored(self, ids: Sequence[str]) -> Mapping[str, Stored]:
        """Those of the papers that are known, by id."""
        found: dict[str, Stored] = {}
        for start in range(0, len(ids), 500):
            part = list(dict.fromkeys(ids[start : start + 500]))
            names = [keys.paper(one) for one in part]
            raws = await (
                self._database.ask("MGET", *names)  # those of one card
                if len(names) <= FEW
                else self._database.call(self._database.client.mget(names))
            )
            for one, raw in zip(part, raws, strict=True):
                if raw is not None:
                    found[one] = Stored(decode(Paper, raw), raw)
        return found

    async def many(self, ids: Sequence[str]) -> Mapping[str, Paper]:
        """Those of the papers that are known, by id."""
        return {one: stored.paper for one, stored in (await self.stored(ids)).items()}

    async def get(self, paper_id: str) -> Paper | None:
        """One paper by canonical id."""
        return (await self.many([paper_id])).get(paper_id)

    async def save(
        self,
        source: str,
        changes: Sequence[Change],
        *,
        cursor: str | None,
        seed: bool,
        now: datetime,
        ledger: Mapping[str, str] | None = None,
        feed: str | None = None,
        fence: int = 0,
    ) -> int:
        """Store papers, queue those that are to be matched, move the cursor and keep the ledger, in that order.

        The cursor and the ledger (:func:`bot.store.ledger.changes`) are written in the last transaction only, so
        that a crash in between repeats work and loses nothing. Papers of a given ``feed`` are in no list of all papers.
        Returns how many papers were queued.

        Raises:
            ChangedMeanwhileError: another poller changed one of these papers since it was read.
            FencedError: a process with a greater fencing number than ``fence`` polls the source now (0: nobody asks).
        """
        queued = 0
        parts = [changes[at : at + CHUNK] for at in range(0, len(changes), CHUNK)] or [()]
        for number, part in enumerate(parts):
            last = number == len(parts) - 1
            kept = [text for pair in (ledger or {}).items() for text in pair] if last else []
            args: list[Value] = [
                _ms(now), int(self.retention.total_seconds() * 1000), cursor or "",
                int(last and cursor is not None), source, SEED if seed else NEWS, len(kept), *kept,
            ]  # fmt: skip
            for change in part:
                args += [
                    change.paper.id, change.before, encode(change.paper), change.event, change.was,
                    LATE if change.late else NEWS,
                ]  # fmt: skip
            answer = await self._database.run(
                _SAVE,
                [
                    keys.cursor(source),
                    keys.of_feed(feed) if feed else keys.PAPERS_BY_TIME,
                    keys.PAPERS_STREAM,
                    keys.ledger(source),
                    keys.LEDGERS,
                    keys.of_feed(feed) if feed else keys.PAPERS_TOUCHED,
                    *(keys.paper(change.paper.id) for change in part),
                    keys.fence(source),
                ],
                [*args, fence],
            )
            if answer <= -1_000_000:
                raise FencedError(f"Another process polls {source} now.")
            if answer < 0:
                raise ChangedMeanwhileError(
                    f"{part[-answer - 1].paper.id} changed while it was being stored."
                )
            queued += int(answer)
        return queued

    async def fence(self, source: str, number: int) -> None:
        """Have nobody with a smaller fencing number write for that source any more."""
        await self._database.run(_FENCE, [keys.fence(source)], [number])

    async def waits(self, paper_id: str, *, among: int = 20_000) -> bool:
        """Whether a paper is among the first that wait to be matched; a day of arXiv is 1,500 of them."""
        start = "-"
        for _ in range(0, among, WAITING):
            rows = await self._database.call(
                self._database.client.xrange(keys.PAPERS_STREAM, min=start, count=WAITING)
            )
            held = entries(rows)
            if any(entry.fields.get("id") == paper_id for entry in held):
                return True
            if len(held) < WAITING:
                return False
            start = f"({held[-1].id}"
        return False

    async def touch(self, ids: Sequence[str]) -> None:
        """Keep papers that a listing still shows from expiring."""
        expiry = int(self.retention.total_seconds() * 1000)
        for start in range(0, len(ids), 500):
            await self._database.pipeline(
                [("PEXPIRE", keys.paper(one), expiry) for one in ids[start : start + 500]]
            )

    async def recent(
        self, since: datetime, *, until: datetime | None = None, limit: int = 50_000
    ) -> Sequence[str]:
        """Ids of the papers first seen in that time, newest first."""
        return list(
            await self._database.call(
                self._database.client.zrange(
                    keys.PAPERS_BY_TIME,
                    _ms(until) if until else "+inf",
                    _ms(since),
                    desc=True,
                    byscore=True,
                    offset=0,
                    num=limit,
                )
            )
        )

    async def of_feed(self, feed: str, since: datetime, *, limit: int = 500) -> Sequence[str]:
        """Ids of a given feed's papers first seen since then, newest first."""
        client = self._database.client
        key = keys.of_feed(feed)
        return list(
            await self._database.call(
                client.zrange(key, "+inf", _ms(since), desc=True, byscore=True, offset=0, num=limit)
            )
        )

    async def forget_of_feed(self, feed: str, now: datetime) -> None:
        """Drop index entries of a given feed's papers that have expired."""
        for key in (keys.of_feed(feed), keys.PAPERS_TWINS):
            await self._database.call(
                self._database.client.zremrangebyscore(key, "-inf", _ms(now - self.retention))
            )

    async def note_twins(self, ids: Sequence[str], now: datetime) -> None:
        """Items of given feeds name these papers, which a listing may bring as well."""
        if ids:
            await self._database.call(
                self._database.client.zadd(keys.PAPERS_TWINS, dict.fromkeys(ids, _ms(now)))
            )

    async def twins(self, ids: Sequence[str]) -> frozenset[str]:
        """Those of the papers that an item of a given feed names."""
        if not ids:
            return frozenset()
        held = await self._database.call(self._database.client.zmscore(keys.PAPERS_TWINS, list(ids)))
        return frozenset(one for one, score in zip(ids, held, strict=True) if score is not None)

    async def last_write(self) -> int:
        """The number of the last write of a paper; :meth:`written` goes on from there."""
        rows = await self._database.call(
            self._database.client.zrange(keys.PAPERS_TOUCHED, -1, -1, withscores=True)
        )
        return int(rows[0][1]) if rows else 0

    async def written(self, after: int, *, limit: int = 5000) -> tuple[int, Sequence[str]]:
        """Ids of the papers that were written after a number, in that order, and the number of the last."""
        rows = await self._database.call(
            self._database.client.zrange(
                keys.PAPERS_TOUCHED, f"({after}", "+inf", byscore=True, offset=0, num=limit, withscores=True
            )
        )
        return (int(rows[-1][1]) if rows else after), [str(row[0]) for row in rows]

    async def count(self, since: datetime | None = None) -> int:
        """How many papers are known, or were first seen since then."""
        low = _ms(since) if since else "-inf"
        return int(await self._database.call(self._database.client.zcount(keys.PAPERS_BY_TIME, low, "+inf")))

    async def forget_old(self, now: datetime) -> int:
        """Drop index entries of papers whose records have expired; how many."""
        dropped = 0
        ids = await self.recent(datetime.fromtimestamp(0, now.tzinfo), until=now - self.retention)
        for start in range(0, len(ids), 500):
            part = ids[start : start + 500]
            there = await self._database.pipeline([("EXISTS", keys.paper(one)) for one in part])
            gone = [one for one, exists in zip(part, there, strict=True) if not exists]
            if gone:
                await self._database.pipeline(
                    [("ZREM", name, *gone) for name in (keys.PAPERS_BY_TIME, keys.PAPERS_TOUCHED)]
                )
            dropped += len(gone)
        return dropped

    async def cursor(self, source: str) -> str | None:
        """The source's bookmark; ``None`` before its first listing."""
        held = await self._database.call(self._database.client.get(keys.cursor(source)))
        return None if held is None else str(held)

    async def note_health(self, source: str, fields: Mapping[str, str]) -> None:
        """Record how a poll went."""
        await self._database.call(self._database.client.hset(keys.health(source), mapping=dict(fields)))

    async def health(self, source: str) -> Mapping[str, str]:
        """How the last polls of a source went."""
        return dict(await self._database.call(self._database.client.hgetall(keys.health(source))))

    async def healths(self, *, given: bool = False) -> Mapping[str, Mapping[str, str]]:
        """How the last polls of every source went, or with ``given`` also of every feed that was given in chat.

        It looks through all keys, so not for a hot path.
        """
        prefix = keys.health("")
        names = [key.removeprefix(prefix) async for key in self._database.scan(f"{prefix}*")]
        return {name: await self.health(name) for name in names if given or given_feed(name) is None}


def read_was(text: str) -> Mapping[str, object]:
    """Read the former values in a ``changed`` event."""
    return dict(json.loads(text)) if text else {}


def _ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
