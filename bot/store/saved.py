"""Papers that people keep on their own lists."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from bot.store import keys
from bot.store.database import Database


@dataclass(frozen=True, slots=True)
class Saved:
    """One paper on somebody's list."""

    paper_id: str
    saved_at: datetime
    tag: str = ""


class SavedPapers:
    """Reading lists, each of one person in one workspace."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def keep(self, platform: str, workspace: str, person: str, saved: Saved) -> bool:
        """Put a paper on the list, or change its tag; whether it was new there."""
        value = json.dumps({"at": saved.saved_at.timestamp(), "tag": saved.tag})
        return bool(
            await self._database.call(
                self._database.client.hset(keys.saved(platform, workspace, person), saved.paper_id, value)
            )
        )

    async def drop(self, platform: str, workspace: str, person: str, paper_id: str) -> bool:
        """Take a paper off the list; whether it was there."""
        name = keys.saved(platform, workspace, person)
        return bool(await self._database.call(self._database.client.hdel(name, paper_id)))

    async def get(self, platform: str, workspace: str, person: str, paper_id: str) -> Saved | None:
        """How a paper stands on a person's list; ``None`` where it is not on it."""
        raw = await self._database.call(
            self._database.client.hget(keys.saved(platform, workspace, person), paper_id)
        )
        return None if raw is None else _read(paper_id, raw)

    async def of(self, platform: str, workspace: str, person: str) -> Sequence[Saved]:
        """A person's list, latest first."""
        rows = await self._database.call(
            self._database.client.hgetall(keys.saved(platform, workspace, person))
        )
        found = [_read(paper_id, raw) for paper_id, raw in rows.items()]
        return sorted(found, key=lambda one: one.saved_at, reverse=True)

    async def erase(self, platform: str, workspace: str, person: str) -> None:
        """Forget a person's list."""
        await self._database.call(self._database.client.delete(keys.saved(platform, workspace, person)))


def _read(paper_id: str, raw: str) -> Saved:
    value = json.loads(raw)
    return Saved(paper_id, datetime.fromtimestamp(value["at"], UTC), value["tag"])
