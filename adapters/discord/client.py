"""discord.py's client: one intent, no caches, and every event passed on."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import discord
import structlog
import yarl

from adapters.discord import commands
from adapters.discord.events import Events
from adapters.discord.identify import IdentifyBudget
from adapters.discord.interactions import Desk
from adapters.discord.origins import Interaction
from adapters.discord.rest import Rest
from bot.errors import DeliveryError
from bot.ports import Shelf

_log = structlog.get_logger(__name__)


class PigeonClient(discord.AutoShardedClient):
    """Receives what people do. It posts nothing: that is :class:`adapters.discord.rest.Rest`'s."""

    def __init__(
        self,
        desk: Desk,
        events: Events,
        rest: Rest,
        shelf: Shelf,
        budget: IdentifyBudget,
        *,
        write_commands: bool = True,
        gateway_url: str = "",
    ) -> None:
        discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False  # nobody speaks here
        super().__init__(
            intents=discord.Intents(guilds=True),
            allowed_mentions=discord.AllowedMentions.none(),
            member_cache_flags=discord.MemberCacheFlags.none(),
            chunk_guilds_at_startup=False,
            max_messages=None,
        )
        self._desk = desk
        self._events = events
        self._rest = rest
        self._shelf = shelf
        self._budget = budget
        self._write_commands = write_commands
        self.up = asyncio.Event()
        """Set once the first shard is connected."""
        if gateway_url:
            self._redirect(yarl.URL(gateway_url))

    def _redirect(self, gateway: yarl.URL) -> None:
        """Open every session there, resumed ones too, whatever address Discord names."""
        connect = self.http.ws_connect

        async def redirected(url: str, **options: Any) -> Any:
            return await connect(str(gateway.with_query(yarl.URL(url).query)), **options)

        self.http.ws_connect = redirected  # type: ignore[method-assign]

    async def setup_hook(self) -> None:
        """Write the commands, if they are not what was written last."""
        if not self._write_commands:
            return
        made = commands.payload()
        name, mark = f"commands/{self.application_id}", commands.fingerprint(made)
        try:
            if await self._shelf.get(name) == mark and await self._written(made):
                return
            await self._rest.call(
                "PUT",
                "/applications/{application_id}/commands",
                body=made,
                application_id=self.application_id or 0,
                doing="write the commands",
            )
        except DeliveryError as error:
            _log.error(
                "The commands were not written to Discord; those written before stay.", reason=str(error)
            )
            return
        await self._shelf.put(name, mark)
        _log.info("The commands were written to Discord.", commands=len(made))

    async def _written(self, made: Sequence[Mapping[str, Any]]) -> bool:
        """Does Discord still have them? Another program with this token may have written its own."""
        there = await self._rest.call(
            "GET",
            "/applications/{application_id}/commands",
            application_id=self.application_id or 0,
            doing="read the commands",
        )
        return commands.shapes(there) == commands.shapes(made)

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        """Spend from the budget of new sessions before opening one."""
        await super().before_identify_hook(shard_id, initial=initial)
        await self._budget.spend()

    async def on_connect(self) -> None:
        self.up.set()

    async def on_shard_connect(self, _shard: int) -> None:
        self.up.set()

    async def on_ready(self) -> None:
        _log.info("Discord is connected.", servers=len(self.guilds), shards=self.shard_count)
        await self._safely(self._events.ready(list(self.guilds)))

    async def on_interaction(self, interaction: Interaction) -> None:
        await self._desk.serve(interaction)

    async def on_guild_join(self, guild: discord.Guild) -> None:
        await self._safely(self._events.joined(guild))

    async def on_guild_remove(self, guild: discord.Guild) -> None:
        await self._safely(self._events.left(str(guild.id)))

    async def on_guild_channel_delete(self, channel: discord.abc.GuildChannel) -> None:
        await self._safely(self._events.channel_deleted(channel))

    async def on_raw_thread_delete(self, payload: discord.RawThreadDeleteEvent) -> None:
        await self._safely(self._events.thread_deleted(payload))

    async def on_guild_channel_update(
        self, before: discord.abc.GuildChannel, after: discord.abc.GuildChannel
    ) -> None:
        await self._safely(self._events.channel_changed(before, after))

    async def on_guild_role_update(self, before: discord.Role, after: discord.Role) -> None:
        await self._safely(self._events.role_changed(before, after))

    async def on_error(self, event_method: str, /, *_args: Any, **_kwargs: Any) -> None:
        _log.exception("An event of Discord could not be dealt with.", event_name=event_method)

    async def _safely(self, work: Awaitable[None]) -> None:
        """An event that the core cannot take now (its store is away) is logged; READY tells the rest again."""
        try:
            await work
        except Exception:  # noqa: BLE001 — see above; it is logged whole
            _log.exception("An event of Discord could not be dealt with.")


Build = Callable[[], PigeonClient]
