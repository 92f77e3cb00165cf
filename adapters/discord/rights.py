"""Who may do what, from the verified interaction and the servers that the gateway told of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import discord

from adapters.discord import permissions
from bot.errors import CommandError
from bot.models import Destination

if TYPE_CHECKING:
    from discord.guild import GuildChannel

    Place = GuildChannel | discord.Thread


class InteractionRights:
    """The rights of the one who used a command or button; see :class:`bot.ports.Rights`.

    Whatever a custom id says, the server is the interaction's own: a destination elsewhere is refused.
    """

    def __init__(self, interaction: discord.Interaction[discord.Client]) -> None:
        self._interaction = interaction
        self._user = interaction.user

    async def may_manage(self, destination: Destination, managers: Sequence[str]) -> bool:
        """Manage Channels there, or a role (or person) named as manager that can see the channel."""
        if destination.direct:
            return destination.channel == str(self._user.id)
        held = self._held(destination)
        if held is None or not held.view_channel:
            return False
        if held.manage_channels or held.administrator:
            return True
        roles = self._user.roles if isinstance(self._user, discord.Member) else []
        named = {manager.strip("<@&!>") for manager in managers}  # as ids, or as Discord writes mentions
        return bool({str(self._user.id), *(str(role.id) for role in roles)} & named)

    async def may_read(self, destination: Destination) -> bool:
        """View Channel and Read Message History there; their own direct messages."""
        if destination.direct:
            return destination.channel == str(self._user.id)
        held = self._held(destination)
        return held is not None and held.view_channel and held.read_message_history

    async def missing(self, destination: Destination) -> Sequence[str]:
        """What the bot lacks to post there, by the names in the channel's settings."""
        if destination.direct:
            return ()
        guild, channel = self._guild(destination), self._channel(destination)
        if guild is None or channel is None:
            return (permissions.NAMES[permissions.VIEW_CHANNEL],)
        return lacking(channel, guild)

    async def named(self, written: Sequence[str]) -> Sequence[str]:
        """See :class:`bot.ports.NamingRights`: roles by name or mention, people by mention."""
        guild = self._interaction.guild
        found = []
        for word in written:
            digits = word.strip("<@&!>")
            if not digits.isdecimal():
                name = word.removeprefix("@").casefold()
                roles = [role for role in (guild.roles if guild else ()) if role.name.casefold() == name]
                if not roles:
                    raise CommandError(
                        f"There is no role «{word[:40]}» here. Pick one from the list that opens while you type, "
                        "or write it as a mention."
                    )
                digits = str(roles[0].id)
            role = guild.get_role(int(digits)) if guild else None
            found.append(f"<@&{digits}>" if role is not None else f"<@{digits}>")
        return found

    async def wished(self, destination: Destination) -> Sequence[str]:
        """See :class:`bot.ports.AdvisingRights`: what of the eight permissions is off, though cards can be posted."""
        guild, channel = self._guild(destination), self._channel(destination)
        if destination.direct or guild is None or channel is None:
            return ()
        return permissions.missing(channel.permissions_for(guild.me).value, permissions.INVITED)

    async def stands(self, thread: Destination) -> bool:
        """See :class:`bot.ports.LookingRights`. Only a thread that is not open is asked for: the gateway tells of those.

        https://discord.com/developers/docs/resources/channel#get-channel
        """
        guild = self._guild(thread)
        if guild is None or thread.thread is None or not thread.thread.isdecimal():
            return True
        if guild.get_thread(int(thread.thread)) is not None:
            return True
        try:
            await guild.fetch_channel(int(thread.thread))
        except discord.NotFound:
            return False
        except (discord.DiscordException, OSError, TimeoutError):
            pass  # not allowed, or not now: that it was deleted is not said
        return True

    def remedy(self, names: Sequence[str]) -> str:
        """See :class:`bot.ports.AdvisingRights`."""
        return permissions.remedy(names)

    def _guild(self, destination: Destination) -> discord.Guild | None:
        guild = self._interaction.guild
        if guild is None or destination.workspace != str(guild.id) or destination.platform != "discord":
            return None
        return guild

    def _channel(self, destination: Destination) -> Place | None:
        guild = self._guild(destination)
        place = destination.thread or destination.channel
        return guild.get_channel_or_thread(int(place)) if guild and place.isdecimal() else None

    def _held(self, destination: Destination) -> discord.Permissions | None:
        """The asker's permissions there; Discord's own reckoning where they asked, ours elsewhere."""
        if self._guild(destination) is None or not isinstance(self._user, discord.Member):
            return None
        here = str(self._interaction.channel_id)
        if here == (destination.thread or destination.channel):
            return self._interaction.permissions
        channel = self._channel(destination)
        return channel.permissions_for(self._user) if channel else None


def needed(channel: Place) -> int:
    """What posting in that kind of channel takes."""
    if isinstance(channel, discord.Thread):
        return permissions.THREAD_POSTING
    return permissions.FORUM_POSTING if isinstance(channel, discord.ForumChannel) else permissions.POSTING


def lacking(channel: Place, guild: discord.Guild) -> tuple[str, ...]:
    """The names of what the bot lacks to post in a channel."""
    return permissions.missing(channel.permissions_for(guild.me).value, needed(channel))
