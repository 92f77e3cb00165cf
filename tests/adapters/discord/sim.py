"""Our client in simcord's Discord, with a core of our own behind it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import simcord

from adapters.discord.adapter import DiscordAdapter
from adapters.discord.client import PigeonClient
from adapters.discord.events import Events
from adapters.discord.identify import IdentifyBudget
from adapters.discord.interactions import Desk
from adapters.discord.settings import DiscordSettings
from bot.testing.clock import FakeClock
from tests.adapters.discord.fakes import Core, DictShelf, SimRest


@dataclass
class World:
    env: Any
    core: Core
    shelf: DictShelf
    adapter: DiscordAdapter
    rest: SimRest
    guild: Any
    channel: Any
    alice: Any
    """May manage channels."""
    bob: Any
    """May not."""

    def client(self) -> PigeonClient:
        """A new client, as after a restart."""
        return make_client(self.core, self.rest, self.shelf)


def make_client(core: Core, rest: SimRest, shelf: DictShelf) -> PigeonClient:
    client = PigeonClient(
        Desk(core, rest, FakeClock(), shelf),
        Events(core, rest, shelf),
        rest,
        shelf,
        IdentifyBudget(FakeClock()),
    )
    rest.client = client
    rest._http = None
    return client


@asynccontextmanager
async def world(**options: Any) -> AsyncIterator[World]:
    core, shelf, rest = Core(), DictShelf(), SimRest()
    clock = FakeClock()
    adapter = DiscordAdapter(DiscordSettings(token="x"), clock, shelf)
    adapter._use(rest)
    async with simcord.run(make_client(core, rest, shelf), shard_count=1, **options) as env:
        guild = env.create_guild("Lab")
        channel = guild.create_text_channel("ml")
        manager = guild.create_role("manager", permissions=_manage())
        alice = guild.add_member(env.create_user("alice"), roles=[manager])
        bob = guild.add_member(env.create_user("bob"))
        yield World(env, core, shelf, adapter, rest, guild, channel, alice, bob)


def _manage() -> Any:
    import discord

    return discord.Permissions(manage_channels=True)


def texts(message: Any) -> str:
    """All text of a raw components list."""
    from tests.peers.discord_contract import components

    return "\n".join(part["content"] for part in components(message.components) if part.get("type") == 10)
