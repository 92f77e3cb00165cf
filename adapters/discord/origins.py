"""Who asked, and where: read from the interaction as Discord delivered it, never from what a button says."""

from __future__ import annotations

from typing import Any

import discord

from adapters.discord.rights import InteractionRights
from bot.models import Destination, MessageRef, Person
from bot.ports import Origin

Interaction = discord.Interaction[discord.Client]


def in_server(interaction: Interaction) -> bool:
    """Is it in a server that the bot itself is a member of?"""
    if interaction.guild_id is None:
        return False
    return (
        interaction.is_guild_integration() or interaction.client.get_guild(interaction.guild_id) is not None
    )


def answered_alone(interaction: Interaction) -> bool:
    """Must the answer be for the asker's eyes only? Everywhere but in their own messages with the bot.

    An application that somebody installed to their account is used in other people's servers and groups, too.
    """
    return interaction.guild_id is not None or not interaction.context.dm_channel


def origin(interaction: Interaction) -> Origin:
    """The asker and their place. Outside servers of ours a person is a workspace of their own."""
    user = interaction.user
    return Origin(
        person=Person(id=str(user.id), name=user.display_name),
        where=_where(interaction),
        rights=InteractionRights(interaction),
        locale=str(interaction.locale),
        message=_message(interaction),
    )


def _where(interaction: Interaction) -> Destination:
    user = interaction.user
    if not in_server(interaction):
        return Destination(
            platform="discord",
            workspace=f"@{user.id}",
            channel=str(user.id),
            direct=True,
            name=f"@{user.display_name}",
        )
    channel: Any = interaction.channel
    parent = getattr(channel, "parent_id", None)
    thread = str(channel.id) if isinstance(channel, discord.Thread) and parent else None
    return Destination(
        platform="discord",
        workspace=str(interaction.guild_id),
        channel=str(parent) if thread else str(interaction.channel_id),
        thread=thread,
        name=f"#{getattr(channel, 'name', '') or interaction.channel_id}",
    )


def _message(interaction: Interaction) -> MessageRef | None:
    message = interaction.message
    if message is None:
        return None
    server = interaction.guild_id or "@me"
    return MessageRef(
        platform="discord",
        channel=str(interaction.channel_id),
        message=str(message.id),
        url=f"https://discord.com/channels/{server}/{interaction.channel_id}/{message.id}",
    )
