"""What the language model made of papers, so that each is read once."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Final

from bot.store import keys
from bot.store.database import Database

AT_ONCE: Final = 500


class Vectors:
    """One vector for each paper, with the model that made it and its dimension. The numbers are opaque here."""

    def __init__(self, database: Database, *, retention: timedelta) -> None:
        self._database = database
        self._retention = retention

    async def many(self, ids: Sequence[str], *, model: str, dimension: int) -> Mapping[str, str]:
        """Those of the papers that this very model has read; what another made counts as not there."""
        start = _start(model, dimension)
        found: dict[str, str] = {}
        for at in range(0, len(ids), AT_ONCE):
            part = ids[at : at + AT_ONCE]
            raws = await self._database.call(self._database.client.mget([keys.vector(one) for one in part]))
            found |= {
                one: raw[len(start) :]
                for one, raw in zip(part, raws, strict=True)
                if raw is not None and raw.startswith(start)
            }
        return found

    async def put(self, made: Mapping[str, str], *, model: str, dimension: int) -> None:
        """Keep vectors as long as papers are kept; they take the place of another model's."""
        expiry = int(self._retention.total_seconds() * 1000)
        start = _start(model, dimension)
        await self._database.pipeline(
            [("SET", keys.vector(one), start + packed, "PX", expiry) for one, packed in made.items()]
        )

    async def example(self, paper_id: str) -> tuple[str, str] | None:
        """Title and abstract of a paper that some subscription has as its example."""
        raw = await self._database.call(self._database.client.hget(keys.EXAMPLES, paper_id))
        if raw is None:
            return None
        title, abstract = json.loads(raw)
        return str(title), str(abstract)

    async def keep_example(self, paper_id: str, title: str, abstract: str) -> None:
        """Keep the text of an example for good: a subscription may outlive its paper."""
        value = json.dumps([title, abstract], ensure_ascii=False)
        await self._database.call(self._database.client.hsetnx(keys.EXAMPLES, paper_id, value))


def _start(model: str, dimension: int) -> str:
    return f"{model} {dimension} "
