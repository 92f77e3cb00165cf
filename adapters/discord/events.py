"""What befalls servers and channels: invited, removed, deleted, closed to us, open again.

People who leave a server are not told of: that takes the privileged intent for members. Their direct messages
fail with 50278 then, and the alert pauses.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from hashlib import sha256
from typing import Final

import discord
import structlog

from adapters.discord import permissions
from adapters.discord.render import render
from adapters.discord.rest import Rest
from adapters.discord.rights import lacking
from bot.commands.model import Command
from bot.errors import DeliveryError
from bot.models import Destination, Person
from bot.ports import CommandHandler, Happening, HappeningKind, Origin, Shelf

_log = structlog.get_logger(__name__)
_WELCOMED: Final = timedelta(days=1)
_Channel = discord.abc.GuildChannel


class _NoRights:
    """Nobody asked: an invitation was accepted, and Discord does not tell us by whom."""

    async def may_manage(self, _destination: Destination, _managers: Sequence[str]) -> bool:
        return False

    async def may_read(self, _destination: Destination) -> bool:
        return False

    async def missing(self, _destination: Destination) -> Sequence[str]:
        return ()


class Events:
    """Tells the core what Discord reports, and greets a new server once."""

    def __init__(self, handle: CommandHandler, rest: Rest, shelf: Shelf) -> None:
        self._handle = handle
        self._rest = rest
        self._shelf = shelf

    async def ready(self, guilds: Sequence[discord.Guild]) -> None:
        """Catch up on what was missed while nobody listened: servers joined and left."""
        here = {str(guild.id): guild for guild in guilds}
        known = {name.removeprefix("guild/") for name in await self._shelf.names("guild/")}
        for gone in known - here.keys():
            await self.left(gone)
        for new in here.keys() - known:
            if known:
                await self.joined(here[new])
            else:  # a first start, or a new store: nobody was invited just now
                await self._shelf.put(f"guild/{new}", here[new].name)

    async def joined(self, guild: discord.Guild) -> None:
        """Remember the server, tell the core, and say hello where the bot may write."""
        await self._shelf.put(f"guild/{guild.id}", guild.name)
        await self._tell(
            HappeningKind.WORKSPACE_JOINED,
            Destination(platform="discord", workspace=str(guild.id), channel=""),
        )
        if not await self._shelf.add(f"welcomed/{guild.id}", guild.name, ttl=_WELCOMED):
            return
        channel = hall(guild)
        if channel is None:
            _log.info(
                "A new server has no channel in which I may write; nothing was posted.", server=guild.id
            )
            return
        where = _destination(channel)
        asked = Origin(person=Person(id=str(guild.owner_id or "")), where=where, rights=_NoRights())
        reply = await self._handle(Command(verb="welcome"), asked)
        key = sha256(f"welcome/{guild.id}".encode()).hexdigest()[:24]
        try:
            await self._rest.call(
                "POST",
                "/channels/{channel_id}/messages",
                body={**render(reply.card, key=key).body, "nonce": key, "enforce_nonce": True},
                channel_id=channel.id,
                doing="greet a new server",
            )
        except DeliveryError as error:
            _log.warning("The greeting of a new server was not posted.", server=guild.id, reason=str(error))

    async def left(self, server: str) -> None:
        """The bot was removed, or the server deleted."""
        await self._shelf.drop(f"guild/{server}")
        await self._shelf.drop(f"welcomed/{server}")
        await self._tell(
            HappeningKind.WORKSPACE_LEFT, Destination(platform="discord", workspace=server, channel="")
        )

    async def channel_deleted(self, channel: _Channel) -> None:
        """A channel was deleted."""
        await self._tell(HappeningKind.DESTINATION_GONE, _destination(channel), "It was deleted.")

    async def thread_deleted(self, thread: discord.RawThreadDeleteEvent) -> None:
        """A thread was deleted; its channel stays."""
        where = Destination(
            platform="discord",
            workspace=str(thread.guild_id),
            channel=str(thread.parent_id),
            thread=str(thread.thread_id),
        )
        await self._tell(HappeningKind.THREAD_GONE, where)

    async def channel_changed(self, before: _Channel, after: _Channel) -> None:
        """Permissions changed: tell if the bot can post now and could not, or the other way round."""
        if not isinstance(after, discord.TextChannel | discord.ForumChannel):
            return
        assert isinstance(before, discord.TextChannel | discord.ForumChannel)
        had, has = lacking(before, before.guild), lacking(after, after.guild)
        if has and not had:
            await self._tell(
                HappeningKind.DESTINATION_GONE, _destination(after), f"I lack {', '.join(has)} there."
            )
        elif had and not has:
            await self._tell(HappeningKind.DESTINATION_BACK, _destination(after))

    async def role_changed(self, before: discord.Role, after: discord.Role) -> None:
        """A role of the bot gained something: channels that were closed may be open now."""
        guild = after.guild
        wanted = permissions.POSTING | permissions.FORUM_POSTING | permissions.ADMINISTRATOR
        gained = after.permissions.value & ~before.permissions.value & wanted
        if not gained or after not in guild.me.roles:
            return
        for channel in _channels(guild):
            if not lacking(channel, guild):
                await self._tell(HappeningKind.DESTINATION_BACK, _destination(channel))

    async def _tell(self, kind: HappeningKind, destination: Destination, detail: str = "") -> None:
        await self._handle.happened(Happening(kind=kind, destination=destination, detail=detail))


def _channels(guild: discord.Guild) -> list[discord.TextChannel | discord.ForumChannel]:
    return [*guild.text_channels, *guild.forums]


def hall(guild: discord.Guild) -> discord.TextChannel | None:
    """Where a greeting belongs: the system channel, else the first text channel in which the bot may write."""
    candidates = [guild.system_channel, *sorted(guild.text_channels, key=lambda one: (one.position, one.id))]
    return next((channel for channel in candidates if channel and not lacking(channel, guild)), None)


def _destination(channel: _Channel) -> Destination:
    return Destination(
        platform="discord", workspace=str(channel.guild.id), channel=str(channel.id), name=f"#{channel.name}"
    )
