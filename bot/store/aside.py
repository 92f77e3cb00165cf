"""Papers that could not be matched because of a bug or a damaged record: set aside, so that the others go on."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.store import keys
from bot.store.database import Database, Script
from bot.store.delivery_fields import from_ms, to_ms
from bot.store.stream import Entry

_SET = Script(
    "set-aside",
    """
    -- KEYS: stream, aside.  ARGV: group, entry id, what and why
    redis.call('HSET', KEYS[2], ARGV[2], ARGV[3])
    redis.call('XACK', KEYS[1], ARGV[1], ARGV[2])
    redis.call('XDEL', KEYS[1], ARGV[2])
    return 1
    """,
    even_full=True,
)
_REPLAY = Script(
    "replay-aside",
    """
    -- KEYS: stream, aside.  ARGV: entry id, then the fields
    if redis.call('HDEL', KEYS[2], ARGV[1]) == 0 then return 0 end
    redis.call('XADD', KEYS[1], '*', unpack(ARGV, 2))
    return 1
    """,
)


@dataclass(frozen=True, slots=True)
class Aside:
    """One paper that waits for a person."""

    key: str
    """The entry's id in the stream."""
    paper: str
    fields: Mapping[str, str]
    why: str
    at: datetime


class AsidePapers:
    """What was set aside; each may be matched again or dropped."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def put(self, entry: Entry, why: str, now: datetime) -> None:
        """Take an entry off the stream of papers and keep it here, in one step."""
        held = json.dumps({"fields": dict(entry.fields), "why": why[:500], "at": to_ms(now)})
        await self._database.run(
            _SET, [keys.PAPERS_STREAM, keys.PAPERS_ASIDE], [keys.MATCH_GROUP, entry.id, held]
        )

    async def all(self) -> Sequence[Aside]:
        """All of them, newest first."""
        held = await self._database.call(self._database.client.hgetall(keys.PAPERS_ASIDE))
        found = []
        for key, raw in held.items():
            record = json.loads(raw)
            fields = {str(name): str(value) for name, value in record["fields"].items()}
            found.append(
                Aside(str(key), fields.get("id", ""), fields, str(record["why"]), from_ms(record["at"]))
            )
        return sorted(found, key=lambda one: (one.at, one.key), reverse=True)

    async def why(self, paper_id: str) -> str | None:
        """Why a paper was set aside; ``None`` where it was not."""
        return next((one.why for one in await self.all() if one.paper == paper_id), None)

    async def replay(self, one: Aside) -> bool:
        """Let it be matched again; whether it was there. Of two who ask, one does it."""
        fields = [part for pair in one.fields.items() for part in pair]
        return bool(
            await self._database.run(
                _REPLAY, [keys.PAPERS_STREAM, keys.PAPERS_ASIDE], [one.key, *fields], durable=True
            )
        )

    async def drop(self, one: Aside) -> bool:
        """Forget that it waited; whether it was there."""
        return bool(await self._database.call(self._database.client.hdel(keys.PAPERS_ASIDE, one.key)))
