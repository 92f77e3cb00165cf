"""👍 and 👎: which papers people of a place want more of, and less."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from bot.models import Destination
from bot.store import keys
from bot.store.database import Database, Script

MOST: Final = 300
"""Ratings of one place; beyond, the oldest go. A profile learns nothing more from so many."""

_PUT = Script(
    "put-rating",
    """
    -- KEYS: ratings; ARGV: field, value, most
    redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
    if redis.call('HLEN', KEYS[1]) <= tonumber(ARGV[3]) then return 1 end
    local rows, oldest, at = redis.call('HGETALL', KEYS[1]), nil, nil
    for row = 1, #rows, 2 do
      local when = cjson.decode(rows[row + 1]).at
      if not at or when < at then oldest, at = rows[row], when end
    end
    redis.call('HDEL', KEYS[1], oldest)
    return 1
    """,
)


@dataclass(frozen=True, slots=True)
class Rating:
    """What one person said of one paper in one place."""

    paper_id: str
    person: str
    value: int
    """1 liked, -1 not."""
    at: datetime
    title: str
    abstract: str
    """Kept with the rating: it must still mean something when the paper is forgotten, or the model changes."""


class Ratings:
    """By place: a channel, or a person's direct messages."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def put(self, place: Destination, rating: Rating) -> None:
        """Keep a rating, in place of the same person's former one of that paper."""
        value = {
            "v": rating.value,
            "at": rating.at.timestamp(),
            "title": rating.title,
            "abstract": rating.abstract,
        }
        await self._database.run(
            _PUT,
            [keys.ratings(place)],
            [_field(rating.paper_id, rating.person), json.dumps(value, ensure_ascii=False), MOST],
        )

    async def drop(self, place: Destination, paper_id: str, person: str) -> bool:
        """Take a person's rating back; whether there was one."""
        return bool(
            await self._database.call(
                self._database.client.hdel(keys.ratings(place), _field(paper_id, person))
            )
        )

    async def of(self, place: Destination) -> Sequence[Rating]:
        """Every rating of a place, latest first."""
        rows = await self._database.call(self._database.client.hgetall(keys.ratings(place)))
        found = []
        for field, raw in rows.items():
            paper_id, _, person = field.partition(" ")
            value = json.loads(raw)
            found.append(
                Rating(
                    paper_id,
                    person,
                    value["v"],
                    datetime.fromtimestamp(value["at"], UTC),
                    value["title"],
                    value["abstract"],
                )
            )
        return sorted(found, key=lambda one: one.at, reverse=True)

    async def count(self, place: Destination) -> int:
        """How many ratings a place has."""
        return int(await self._database.call(self._database.client.hlen(keys.ratings(place))))

    async def erase(self, place: Destination) -> None:
        """Forget all ratings of a place."""
        await self._database.call(self._database.client.delete(keys.ratings(place)))

    async def by(self, platform: str, workspace: str, person: str) -> Sequence[tuple[str, Rating]]:
        """Everything a person rated in a workspace, with the place's key; it looks through all keys of the workspace."""
        start = keys.ratings_of(platform, workspace)
        pattern = "".join(f"[{char}]" if char in "*?[]" else char for char in start) + "*"
        found = []
        async for key in self._database.scan(pattern):
            place = _place(platform, workspace, key.removeprefix(start))
            found += [(place.key, one) for one in await self.of(place) if one.person == person]
        return found

    async def erase_person(self, platform: str, workspace: str, person: str) -> int:
        """Forget everything a person rated in a workspace; how much."""
        mine = await self.by(platform, workspace, person)
        start = f"{platform}/{workspace}/"
        for key, rating in mine:
            await self.drop(
                _place(platform, workspace, key.removeprefix(start)), rating.paper_id, rating.person
            )
        return len(mine)


def _field(paper_id: str, person: str) -> str:
    return f"{paper_id.replace(' ', '%20')} {person}"


def _place(platform: str, workspace: str, name: str) -> Destination:
    return Destination(
        platform=platform, workspace=workspace, channel=name.removeprefix("@"), direct=name.startswith("@")
    )
