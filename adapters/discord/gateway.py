"""The gateway connection, kept alive: what discord.py does not heal is said in a sentence and started anew.

discord.py reconnects and resumes by itself; what it does not survive is a first connection that fails, or a
session that ends for good. Each new start opens a session, and sessions are a budget (:mod:`.identify`).
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Final

import aiohttp
import discord
import structlog

from adapters.discord.client import PigeonClient
from adapters.discord.events import Events
from adapters.discord.identify import IdentifyBudget, day_budget
from adapters.discord.interactions import Desk
from adapters.discord.rest import Rest
from adapters.discord.settings import DiscordSettings
from bot.clock import Clock
from bot.errors import SettingsError
from bot.ports import CommandHandler, Shelf

_log = structlog.get_logger(__name__)
FIRST_CONNECT: Final = 60.0
"""Seconds until the first shard must be connected."""
_PAUSES: Final = (2.0, 5.0, 15.0, 30.0, 60.0, 120.0, 300.0)
"""Seconds before the next start, the longer the more starts failed in a row."""
_STEADY: Final = 600.0
"""A connection that lasted so long starts the count anew."""

_PORTAL = "https://discord.com/developers/applications"
FATAL: Final = {
    4004: "Discord refuses the bot's token; it was reset or replaced. Copy the current one from the page «Bot» of "
    f"your application ({_PORTAL}) into PIGEON_DISCORD__TOKEN and start again.",
    4010: "Discord refuses the shard that this program asked for. This is a bug: please report it.",
    4011: "The bot is in so many servers that Discord wants more shards. Restart the program: it asks how many.",
    4012: "Discord no longer speaks this version of its gateway. Update Paper Pigeon.",
    4013: "Discord refuses the intents that this program asked for. This is a bug: please report it.",
    4014: "Discord refuses an intent that this application may not use. Paper Pigeon needs none of the privileged "
    f"ones; look at the page «Bot» of your application ({_PORTAL}).",
}
"""Close codes after which a new start cannot work
(https://discord.com/developers/docs/topics/opcodes-and-status-codes#gateway-gateway-close-event-codes)."""
_TRANSIENT = (
    discord.HTTPException,
    discord.RateLimited,
    discord.GatewayNotFound,
    discord.ConnectionClosed,
    aiohttp.ClientError,
    OSError,
    RecursionError,
)


class Gateway:
    """Runs clients one after another, for as long as the program wants the gateway."""

    def __init__(
        self,
        handle: CommandHandler,
        rest: Rest,
        *,
        token: str,
        settings: DiscordSettings,
        clock: Clock,
        shelf: Shelf,
    ) -> None:
        self._token = token
        self._settings = settings
        self._clock = clock
        self._shelf = shelf
        self._rest = rest
        self._desk = Desk(handle, rest, clock, shelf)
        self._events = Events(handle, rest, shelf)
        self._budget = IdentifyBudget(clock)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """The gateway within this context. Raises SettingsError where no new start can help."""
        try:
            async with asyncio.TaskGroup() as group:
                task = group.create_task(self._supervise(), name="discord-gateway")
                yield
                task.cancel()
        except BaseExceptionGroup as failures:
            raise _first(failures) from None

    def client(self) -> PigeonClient:
        """A new client; each serves one start."""
        return PigeonClient(
            self._desk,
            self._events,
            self._rest,
            self._shelf,
            self._budget,
            write_commands=self._settings.commands,
            gateway_url=str(self._settings.gateway_url or ""),
        )

    async def _supervise(self) -> None:
        failures = 0
        while True:
            started = self._clock.monotonic()
            try:
                await self._run_once()
                reason = "Discord closed the connection."
            except discord.LoginFailure as error:
                raise SettingsError(FATAL[4004]) from error
            except discord.PrivilegedIntentsRequired as error:
                raise SettingsError(FATAL[4014]) from error
            except discord.ConnectionClosed as error:
                if error.code in FATAL:
                    raise SettingsError(FATAL[error.code]) from error
                reason = f"Discord closed the connection with code {error.code}."
            except _TRANSIENT as error:
                reason = f"Discord's gateway cannot be reached ({type(error).__name__})."
            if self._clock.monotonic() - started > _STEADY:
                failures = 0
            pause = _PAUSES[min(failures, len(_PAUSES) - 1)]
            failures += 1
            _log.warning("The connection to Discord is opened again shortly.", reason=reason, seconds=pause)
            await self._clock.sleep(pause)

    async def _run_once(self) -> None:
        client = self.client()
        try:
            await client.login(self._token)
            shards, _, limit = await client.http.get_bot_gateway()
            if (pause := day_budget(limit["remaining"], shards, limit["reset_after"])) > 0:
                _log.error(
                    "Discord's sessions of the day are used up; no new one is opened.", seconds=round(pause)
                )
                await self._clock.sleep(pause)
            await self._until_closed(client)
        finally:
            with suppress(aiohttp.ClientError, OSError):
                await client.close()

    async def _until_closed(self, client: PigeonClient) -> None:
        """Run the client; give it up where the first connection does not come about."""
        running = asyncio.ensure_future(client.connect(reconnect=True))
        up = asyncio.ensure_future(client.up.wait())
        try:
            await asyncio.wait({running, up}, timeout=FIRST_CONNECT, return_when=asyncio.FIRST_COMPLETED)
            if not (running.done() or up.done()):
                raise TimeoutError
            await running
        finally:
            up.cancel()
            running.cancel()
            with suppress(asyncio.CancelledError, Exception):
                await running


def _first(failures: BaseExceptionGroup[BaseException]) -> BaseException:
    """The one exception that matters: groups are for people who run several things."""
    first = failures.exceptions[0]
    return _first(first) if isinstance(first, BaseExceptionGroup) else first
