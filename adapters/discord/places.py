"""Which channel a destination is at Discord, and of what kind."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

from adapters.discord.rest import Rest
from bot.errors import DestinationGone
from bot.models import Destination, MessageRef
from bot.ports import Shelf

FORUM_KINDS: Final = frozenset({15, 16})
"""Forum and media channels (https://discord.com/developers/docs/resources/channel#channel-object-channel-types)."""
_EPOCH_MS: Final = 1_420_070_400_000


def snowflake(moment: datetime) -> int:
    """The smallest id of that moment (https://discord.com/developers/docs/reference#snowflakes)."""
    return max(0, int(moment.astimezone(UTC).timestamp() * 1000) - _EPOCH_MS) << 22


def reference(
    destination: Destination, channel: str, message: str, *, thread: str | None = None
) -> MessageRef:
    """Where a message of this destination was posted, with the address that opens it."""
    server = "@me" if destination.direct or destination.workspace.startswith("@") else destination.workspace
    return MessageRef(
        platform=destination.platform,
        channel=channel,
        message=message,
        thread=thread or destination.thread,
        url=f"https://discord.com/channels/{server}/{channel}/{message}" if message else None,
    )


class Places:
    """Finds channels, and remembers what never changes about them."""

    def __init__(self, rest: Rest, shelf: Shelf) -> None:
        self._rest = rest
        self._shelf = shelf

    async def channel_of(self, destination: Destination) -> str:
        """The id of the channel, thread or direct-message channel to post in."""
        if not destination.direct:
            return destination.thread or destination.channel
        name = f"dm/{destination.channel}"
        if known := await self._shelf.get(name):
            return known
        made = await self._rest.call(
            "POST",
            "/users/@me/channels",
            body={"recipient_id": destination.channel},
            doing="open direct messages with a person",
        )
        await self._shelf.put(name, str(made["id"]))
        return str(made["id"])

    async def is_forum(self, destination: Destination) -> bool:
        """Must a post there open a thread of its own? Asked once for each channel: kinds never change."""
        if destination.direct or destination.thread:
            return False
        name = f"kind/{destination.channel}"
        known = await self._shelf.get(name)
        if known is None:
            known = str((await self.channel(destination.channel))["type"])
            await self._shelf.put(name, known)
        return int(known) in FORUM_KINDS

    async def channel(self, channel: str) -> dict[str, Any]:
        """The channel as Discord describes it. Raises DestinationGone where there is none for us."""
        found: dict[str, Any] = await self._rest.call(
            "GET", "/channels/{channel_id}", channel_id=channel, doing="look at the channel"
        )
        if "id" not in found:
            raise DestinationGone("Discord describes the channel without an id.")
        return found

    async def forget(self, destination: Destination) -> None:
        """Ask again next time: the direct-message channel may have been replaced."""
        await self._shelf.drop(
            f"dm/{destination.channel}" if destination.direct else f"kind/{destination.channel}"
        )
