"""Papers that people saw or are about to see, and when each enricher is to be asked about them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from bot.store import keys
from bot.store.database import Database

REMEMBERED: Final = timedelta(days=14)
"""A paper that nobody matched or looked at for so long is enriched no more."""


class Shown:
    """Moments are kept in milliseconds."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def note(self, ids: Sequence[str], now: datetime) -> None:
        """These papers matched, or somebody looks at them."""
        if ids:
            await self._database.call(
                self._database.client.zadd(keys.PAPERS_SHOWN, dict.fromkeys(ids, _ms(now)))
            )

    async def since(self, mark: int, *, limit: int = 1_000) -> tuple[int, Sequence[str]]:
        """Papers shown at or after a mark, oldest first, and the mark to go on from."""
        rows = await self._database.call(
            self._database.client.zrange(
                keys.PAPERS_SHOWN, mark, "+inf", byscore=True, offset=0, num=limit, withscores=True
            )
        )
        return (int(rows[-1][1]) if rows else mark), [str(row[0]) for row in rows]

    async def want(self, enricher: str, ids: Sequence[str], now: datetime) -> None:
        """Ask about these at once, but for those that have their time already."""
        if ids:
            await self._database.call(
                self._database.client.zadd(keys.wanted(enricher), dict.fromkeys(ids, _ms(now)), nx=True)
            )

    async def due(self, enricher: str, now: datetime, *, limit: int) -> Sequence[str]:
        """Papers to ask about now, those that waited longest first."""
        return [
            str(one)
            for one in await self._database.call(
                self._database.client.zrange(
                    keys.wanted(enricher), "-inf", _ms(now), byscore=True, offset=0, num=limit
                )
            )
        ]

    async def plan(self, enricher: str, times: Mapping[str, datetime | None]) -> None:
        """When to ask again; ``None``: no more, until it is shown anew."""
        later = {one: _ms(moment) for one, moment in times.items() if moment is not None}
        done = [one for one, moment in times.items() if moment is None]
        if later:
            await self._database.call(self._database.client.zadd(keys.wanted(enricher), later))
        if done:
            await self._database.call(self._database.client.zrem(keys.wanted(enricher), *done))

    async def still(self, ids: Sequence[str]) -> Sequence[str]:
        """Those of them that were shown lately."""
        if not ids:
            return []
        held = await self._database.call(self._database.client.zmscore(keys.PAPERS_SHOWN, list(ids)))
        return [one for one, score in zip(ids, held, strict=True) if score is not None]

    async def forget_old(self, now: datetime) -> None:
        """Drop what nobody looked at for long."""
        await self._database.call(
            self._database.client.zremrangebyscore(keys.PAPERS_SHOWN, "-inf", _ms(now - REMEMBERED))
        )


def _ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
