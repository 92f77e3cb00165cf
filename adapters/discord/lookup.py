"""Look on Discord for a delivery whose outcome is unknown.

A missing permission is not «not found»: without Read Message History Discord answers with an empty list
(https://discord.com/developers/docs/resources/message#get-channel-messages), so an empty one is believed
only after the permission was looked at.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from adapters.discord import marker, permissions
from adapters.discord.places import FORUM_KINDS, Places, reference, snowflake
from adapters.discord.rest import Rest
from bot.errors import Ambiguous, DestinationGone
from bot.models import Destination, MessageRef

_MARGIN: Final = timedelta(seconds=10)
"""Our clock and Discord's may differ by so much."""
_PAGE: Final = 100
_PAGES: Final = 10


class Lookup:
    """Searches a destination's history for a delivery's mark."""

    def __init__(self, rest: Rest, places: Places) -> None:
        self._rest = rest
        self._places = places

    async def find(self, destination: Destination, *, key: str, since: datetime) -> MessageRef | None:
        """The message, or ``None`` where it certainly is not there. Raises Ambiguous where nobody can say."""
        try:
            if await self._places.is_forum(destination):
                return await self._find_post(destination, key, since)
            channel = await self._places.channel_of(destination)
            after = snowflake(since - _MARGIN)
            found, seen = await self._search(channel, key, after)
            if found is None and not seen and not destination.direct:
                await self._ensure_readable(destination, channel)
        except DestinationGone as error:
            raise Ambiguous(f"I cannot look whether the card was posted: {error}") from error
        return reference(destination, channel, found) if found else None

    async def in_thread(self, thread: str, key: str) -> bool:
        """Is the delivery among a thread's first messages?"""
        found, _ = await self._search(thread, key, 0, pages=1)
        return found is not None

    async def _search(
        self, channel: str, key: str, after: int, *, pages: int = _PAGES
    ) -> tuple[str | None, bool]:
        """The id of the marked message, and whether there was any message at all."""
        seen = False
        for _ in range(pages):
            page: list[dict[str, Any]] = await self._rest.call(
                "GET",
                "/channels/{channel_id}/messages",
                params={"after": str(after), "limit": str(_PAGE)},
                channel_id=channel,
                doing="read the channel's history",
            )
            seen = seen or bool(page)
            for message in page:
                if self._ours(message) and marker.bears(message, key):
                    return str(message["id"]), True
            if len(page) < _PAGE:
                return None, seen
            after = max(int(message["id"]) for message in page)
        if pages == 1:
            return None, seen
        raise Ambiguous("Too much was written in the channel since to look through all of it.")

    def _ours(self, message: Mapping[str, Any]) -> bool:
        return str((message.get("author") or {}).get("id")) == self._rest.user_id

    async def _find_post(self, destination: Destination, key: str, since: datetime) -> MessageRef | None:
        """Forum posts have no nonce; the forum's open threads since then are looked through."""
        active = await self._rest.call(
            "GET",
            "/guilds/{guild_id}/threads/active",
            guild_id=destination.workspace,
            doing="list the forum's posts",
        )
        oldest = snowflake(since - _MARGIN)
        for thread in active.get("threads") or ():
            if str(thread.get("parent_id")) != destination.channel or int(thread["id"]) < oldest:
                continue
            if str(thread.get("owner_id")) == self._rest.user_id and await self.in_thread(
                str(thread["id"]), key
            ):
                return reference(destination, str(thread["id"]), str(thread["id"]), thread=str(thread["id"]))
        await self._ensure_readable(destination, destination.channel)
        return None

    async def _ensure_readable(self, destination: Destination, channel: str) -> None:
        held, _ = await self.held(channel, destination.workspace)
        if lacking := permissions.missing(held, permissions.VIEW_CHANNEL | permissions.READ_MESSAGE_HISTORY):
            raise Ambiguous(
                f"I cannot look whether the card was posted, because I lack {' and '.join(lacking)} there. "
                "Allow it under Edit Channel, Permissions."
            )

    async def held(self, channel: str, server: str) -> tuple[int, int]:
        """The bot's own permissions in a channel, and those that posting there takes. Asked anew each time."""
        described = await self._places.channel(channel)
        needed = permissions.FORUM_POSTING if described.get("type") in FORUM_KINDS else permissions.POSTING
        if "thread_metadata" in described and described.get("parent_id"):
            described = await self._places.channel(str(described["parent_id"]))
            needed = permissions.THREAD_POSTING
        guild = await self._rest.call(
            "GET", "/guilds/{guild_id}", guild_id=server, doing="look at the server"
        )
        member = await self._rest.call(
            "GET",
            "/guilds/{guild_id}/members/{user_id}",
            guild_id=server,
            user_id=self._rest.user_id,
            doing="look at my roles",
        )
        held = permissions.in_channel(
            server=str(guild["id"]),
            member=self._rest.user_id,
            owner=str(guild.get("owner_id")),
            member_roles=member.get("roles") or (),
            roles=guild.get("roles") or (),
            overwrites=described.get("permission_overwrites") or (),
        )
        return held, needed
