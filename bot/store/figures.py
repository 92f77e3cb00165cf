"""Figures of the whole installation, as counted in the store: any process can tell them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from bot.store import keys
from bot.store.database import Database, Value
from bot.store.delivery_fields import from_ms

MOST: Final = 2_000
"""Commands of one round trip."""


@dataclass(slots=True)
class Traffic:
    """How deliveries of one platform stand."""

    outcomes: dict[str, int] = field(default_factory=dict)
    """``sent``, ``dead`` (given up) and ``unknown`` (attempts that began while it was not known what became of
    an earlier one), since the store was first used."""
    waiting: int = 0
    """Deliveries in lanes: due, or put off after an attempt."""
    lanes: int = 0
    """Destinations with such deliveries."""
    later: int = 0
    """Deliveries due at a time ahead."""
    dead_letters: int = 0
    oldest_due: datetime | None = None
    """Since when the lane that has waited longest is due; ``None`` where nothing is queued.
    A moment ahead means that all lanes are in work or put off until then."""


@dataclass(frozen=True, slots=True)
class Figures:
    """All of them at one moment."""

    papers: int
    unmatched: int
    """Papers that wait to be matched."""
    traffic: Mapping[str, Traffic]
    """By platform."""


class FiguresReader:
    """Reads the figures: about forty commands a platform, and one for each lane that is not empty."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def platforms(self) -> Sequence[str]:
        """Every platform with a subscription, from the names of all workspaces: ask seldom."""
        names = await self._database.call(self._database.client.smembers(keys.SUBSCRIPTION_WORKSPACES))
        return sorted({str(name).partition("/")[0] for name in names})

    async def read(self, platforms: Sequence[str]) -> Figures:
        """The figures now."""
        papers, unmatched = await self._database.pipeline(
            [("ZCARD", keys.PAPERS_BY_TIME), ("XLEN", keys.PAPERS_STREAM)]
        )
        traffic = {platform: await self._traffic(platform) for platform in platforms}
        return Figures(int(papers), int(unmatched), traffic)

    async def _traffic(self, platform: str) -> Traffic:
        found = Traffic()
        shards = keys.shards(platform)
        rows = await self._many(
            [
                call
                for shard in shards
                for call in (
                    ("HMGET", keys.in_shard(shard, "outcomes"), "sent", "dead", "unknown"),
                    ("ZCARD", keys.in_shard(shard, "later")),
                    ("ZCARD", keys.in_shard(shard, "dead")),
                    ("ZRANGE", keys.in_shard(shard, "ready"), 0, -1),
                )
            ]
        )
        due: list[str] = []
        for at, shard in enumerate(shards):
            outcomes, later, dead, workspaces = rows[at * 4 : at * 4 + 4]
            for name, number in zip(("sent", "dead", "unknown"), outcomes, strict=True):
                found.outcomes[name] = found.outcomes.get(name, 0) + int(number or 0)
            found.later += int(later)
            found.dead_letters += int(dead)
            due += [keys.in_shard(shard, "ready", str(one)) for one in workspaces]
        await self._lanes(due, found)
        return found

    async def _lanes(self, due: Sequence[str], found: Traffic) -> None:
        streams, scores = [], []
        rows = await self._many([("ZRANGE", name, 0, -1, "WITHSCORES") for name in due])
        for name, row in zip(due, rows, strict=True):
            prefix = name[: name.index("}:") + 2]
            for lane, score in _pairs(row):
                streams.append(f"{prefix}lane:{lane}")
                scores.append(score)
        lengths = await self._many([("XLEN", stream) for stream in streams])
        found.waiting, found.lanes = sum(int(one) for one in lengths), len(streams)
        found.oldest_due = from_ms(int(min(scores))) if scores else None

    async def _many(self, calls: Sequence[tuple[Value, ...]]) -> list[Any]:
        rows: list[Any] = []
        for start in range(0, len(calls), MOST):
            rows += await self._database.pipeline(calls[start : start + MOST])
        return rows


def _pairs(row: Any) -> list[tuple[str, float]]:
    """Members and scores, however redis-py shaped the answer."""
    if row and isinstance(row[0], (tuple, list)):
        return [(str(member), float(score)) for member, score in row]
    return [(str(member), float(score)) for member, score in zip(row[::2], row[1::2], strict=True)]
