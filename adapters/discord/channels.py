"""Channels and roles by name: what is offered while somebody types one, and what they meant by what they typed."""

from __future__ import annotations

import discord

from adapters.discord.origins import Interaction, in_server
from adapters.discord.rights import lacking
from bot.commands.model import Choice, Command, OptionKind
from bot.commands.verbs import BY_NAME

_Postable = discord.TextChannel | discord.ForumChannel


def offer(interaction: Interaction, typed: str) -> list[Choice]:
    """Where cards may go: here, me, and the channels that the asker sees; those closed to us say why."""
    word = typed.strip().lstrip("#").casefold()
    made = [Choice("here", "here: this channel"), Choice("me", "me: direct messages")]
    for channel in _seen(interaction):
        lacks = lacking(channel, channel.guild)
        note = f" (I lack {', '.join(lacks)})" if lacks else ""
        made.append(Choice(_written(channel), f"#{channel.name}{note}"))
    return [choice for choice in made if word in choice.label.casefold()]


def roles(interaction: Interaction, typed: str, *, several: bool) -> list[Choice]:
    """The server's roles, highest first, as mentions; with ``several`` behind those that stand there already."""
    guild = interaction.guild
    if not in_server(interaction) or guild is None:
        return []
    *before, last = typed.split(" ") if several else [typed]
    start = "".join(f"{one} " for one in before if one)
    word = last.strip("<@&>").casefold()
    offered = [Choice("none", "none")] if not start else []
    offered += [
        Choice(f"{start}<@&{role.id}>", f"{_names(guild, before)}@{role.name}")
        for role in reversed(guild.roles)
        if not role.is_default() and f"<@&{role.id}>" not in before
    ]
    return [one for one in offered if word in one.label.casefold() or word in one.value]


def _names(guild: discord.Guild, mentions: list[str]) -> str:
    found = (guild.get_role(int(digits)) for one in mentions if (digits := one.strip("<@&>")).isdecimal())
    return "".join(f"@{role.name} " for role in found if role is not None)


def named(command: Command, interaction: Interaction) -> Command:
    """The command with its places written as Discord writes channels, whichever way they were typed."""
    verb = BY_NAME.get(command.verb)
    options = dict(command.options)
    for option in verb.options if verb else ():
        if option.kind is OptionKind.DESTINATION and (typed := options.get(option.name, "").strip()):
            wanted = typed.strip("<>#").partition("|")[0]
            found = (one for one in _seen(interaction) if wanted in {str(one.id), one.name})
            if (channel := next(found, None)) is not None:
                options[option.name] = _written(channel)
    return Command(verb=command.verb, options=options)


def _seen(interaction: Interaction) -> list[_Postable]:
    """The channels of this server that the asker can see, in the order of the client."""
    guild, user = interaction.guild, interaction.user
    if not in_server(interaction) or guild is None or not isinstance(user, discord.Member):
        return []
    channels: list[_Postable] = [*guild.text_channels, *guild.forums]
    channels.sort(key=lambda one: (one.position, one.id))
    return [one for one in channels if one.permissions_for(user).view_channel]


def _written(channel: _Postable) -> str:
    """``<#id|name>``: the id counts, the name is for people."""
    name = "".join(char for char in channel.name if char not in "<>|")
    return f"<#{channel.id}|{name}>"[:100]
