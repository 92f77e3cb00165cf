"""Small values: plugins' own, people's settings, and commands that wait for a button."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping, Sequence
from datetime import timedelta

from bot.store import keys
from bot.store.database import Database


class PluginShelf:
    """The :class:`bot.ports.Shelf` of one plugin."""

    def __init__(self, database: Database, plugin: str) -> None:
        self._database = database
        self._plugin = plugin

    async def get(self, name: str) -> str | None:
        held = await self._database.call(self._database.client.get(keys.shelf(self._plugin, name)))
        return None if held is None else str(held)

    async def put(self, name: str, value: str, *, ttl: timedelta | None = None) -> None:
        await self._database.call(
            self._database.client.set(keys.shelf(self._plugin, name), value, px=_ms(ttl))
        )

    async def add(self, name: str, value: str, *, ttl: timedelta) -> bool:
        return bool(
            await self._database.call(
                self._database.client.set(keys.shelf(self._plugin, name), value, px=_ms(ttl), nx=True)
            )
        )

    async def drop(self, name: str) -> None:
        await self._database.call(self._database.client.delete(keys.shelf(self._plugin, name)))

    async def names(self, prefix: str = "") -> Sequence[str]:
        start = keys.shelf(self._plugin)
        pattern = "".join(f"[{char}]" if char in "*?[]" else char for char in start + prefix) + "*"
        return sorted([key[len(start) :] async for key in self._database.scan(pattern)])


class Preferences:
    """Settings that people make in chat, for a workspace and, above it, for one channel."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, platform: str, workspace: str, channel: str = "") -> Mapping[str, str]:
        """What holds in a channel: the workspace's settings, overlaid with the channel's own."""
        held = dict(await self._database.ask("HGETALL", keys.preferences(platform, workspace)))
        if channel:
            held |= await self._database.ask("HGETALL", keys.preferences(platform, workspace, channel))
        return held

    async def put(self, platform: str, workspace: str, channel: str, values: Mapping[str, str]) -> None:
        """Change settings; an empty value goes back to the default."""
        name = keys.preferences(platform, workspace, channel)
        kept = {key: value for key, value in values.items() if value}
        if kept:
            await self._database.call(self._database.client.hset(name, mapping=kept))
        gone = [key for key, value in values.items() if not value]
        if gone:
            await self._database.call(self._database.client.hdel(name, *gone))

    async def erase(self, platform: str, workspace: str, channel: str) -> None:
        """Forget all settings of a channel or of a person."""
        await self._database.call(
            self._database.client.delete(keys.preferences(platform, workspace, channel))
        )


class Drafts:
    """Commands that wait for Confirm or Undo: a button holds only the token."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def keep(self, content: Mapping[str, object], *, ttl: timedelta) -> str:
        """Keep a draft; the token that names it."""
        token = secrets.token_hex(5)
        await self._database.call(
            self._database.client.set(keys.draft(token), json.dumps(content), px=_ms(ttl))
        )
        return token

    async def look(self, token: str) -> Mapping[str, object] | None:
        """Read a draft without using it up."""
        raw = await self._database.call(self._database.client.get(keys.draft(token)))
        return None if raw is None else dict(json.loads(raw))

    async def take(self, token: str) -> Mapping[str, object] | None:
        """Use a draft up: of two who press, one gets it."""
        raw = await self._database.call(self._database.client.getdel(keys.draft(token)))
        return None if raw is None else dict(json.loads(raw))


def _ms(length: timedelta | None) -> int | None:
    return None if length is None else max(1, int(length.total_seconds() * 1000))
