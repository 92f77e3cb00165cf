"""A Discord on loopback: REST and gateway for an unmodified discord.py, over real sockets.

What Discord *does* comes from simcord's backend (pinned: it is simcord's private API); what a network does, and
what Discord's guards do, is here: nonces, rate limits with their headers, broken connections, closed gateways.
Every body that arrives is held against Discord's own contract::

    async with DiscordPeer() as peer:
        server = peer.server("Lab", channels=["ml"])
        ...  # PIGEON_DISCORD__API_URL=peer.api_url, __GATEWAY_URL=peer.gateway_url, __TOKEN=peer.token
        peer.faults.add("drop-after")
        assert peer.violations == []

``python -m tests.peers.discord_server --port 8123`` runs one in a process of its own, which
:mod:`tests.peers.discord_control` tells what to do.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Self

from aiohttp import web
from simcord.backend import Backend, serializers
from simcord.backend.errors import BackendError
from simcord.backend.models import Overwrite
from simcord.enums import OverwriteType
from simcord.http import router
from simcord.http import routes as _routes  # noqa: F401 — importing registers the routes

from bot.clock import SystemClock
from tests.peers import discord_contract, discord_control
from tests.peers.discord_acknowledgements import Acknowledgements
from tests.peers.discord_faults import Buckets, Faults, limited
from tests.peers.discord_gateway import Gateway
from tests.peers.discord_http import answer, drop, read
from tests.peers.discord_people import Person, text_of

TEXT, FORUM = 0, 15
_THREAD_OF = re.compile(r"/messages/(\d+)/threads$")  # noqa: TID251 — our own pattern
_EXEMPT = {"/users/@me", "/gateway/bot", "/oauth2/applications/@me", "/applications/@me"}


class _WallClock:
    """simcord's clock, but real: ids of messages tell when they were made."""

    elapsed = 0.0

    def now(self) -> datetime:
        return SystemClock().now().astimezone(UTC)

    def advance(self, seconds: float) -> None:
        raise AssertionError("the wall's clock is not to be moved")


@dataclass
class Request:
    """One request as it arrived, and the status it got (0: none)."""

    method: str
    path: str
    body: Any
    status: int = 0
    at: float = 0.0


@dataclass
class Server:
    """A server and its channels by name."""

    id: int
    channels: dict[str, int] = field(default_factory=dict)


class DiscordPeer:
    """See the head of this module."""

    def __init__(
        self,
        *,
        token: str = "peer.token.secret",
        buckets: Buckets | None = None,
        nonce_window: float = 300.0,
        patience: float = 3.0,
        port: int = 0,
    ) -> None:
        self.token = token
        self.backend = Backend(clock=_WallClock())
        self.faults = Faults()
        self.buckets = buckets or Buckets()
        self.gateway = Gateway(self)
        self.requests: list[Request] = []
        self.violations: list[str] = []
        """What of the bodies Discord's contract does not allow; empty is right."""
        self.patience = patience
        """Seconds in which an interaction has to be acknowledged; Discord's own are three."""
        self.waiting = Acknowledgements(patience)
        self.sessions_left = 1000
        self.closed_to_dms: set[int] = set()
        self.servers: list[Server] = []
        self.people: dict[int, Person] = {}
        self._nonces: dict[str, tuple[float, int, int]] = {}
        self._nonce_window = nonce_window
        self._contract = discord_contract.load()
        self._change = asyncio.Event()
        self._muted = False
        self._port = port
        self.backend.subscribers.append(self._emitted)

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=64 << 20)
        app.router.add_get("/gateway", self.gateway.serve)
        app.router.add_get("/gateway/", self.gateway.serve)
        app.router.add_route("*", "/api/v10/{path:.*}", self._rest)
        app.router.add_post("/control/{verb}", self._control)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self._port)
        await site.start()
        self._port = site._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.gateway.close(1001)
        await self._runner.cleanup()

    @property
    def api_url(self) -> str:
        return f"http://127.0.0.1:{self._port}/api/v10"

    @property
    def gateway_url(self) -> str:
        return f"ws://127.0.0.1:{self._port}/gateway"

    @property
    def control_url(self) -> str:
        return f"http://127.0.0.1:{self._port}/control"

    # --- the world ----------------------------------------------------------------------------

    def server(
        self,
        name: str = "Lab",
        channels: Sequence[str] = ("ml",),
        forums: Sequence[str] = (),
        *,
        invited: bool = False,
    ) -> Server:
        """Make a server that the bot is in; with ``invited`` the bot is told, as when somebody adds it."""
        with self.muted():
            guild = self.backend.create_guild(name)
            made = Server(guild.id)
            for one in channels:
                made.channels[one] = self.backend.create_channel(guild.id, one).id
            for one in forums:
                made.channels[one] = self.backend.create_channel(guild.id, one, type=FORUM).id
        self.servers.append(made)
        if invited:
            self.backend.emit("GUILD_CREATE", serializers.guild_create_payload(self.backend, guild))
        return made

    def person(self, name: str, server: Server | None = None, *, manages: bool = False) -> Person:
        """Make somebody; in a server perhaps, with Manage Channels perhaps."""
        user = self.backend.make_user(name)
        if server is not None:
            with self.muted():
                roles = (
                    [self.backend.create_role(server.id, f"{name}s", permissions=1 << 4).id]
                    if manages
                    else []
                )
                self.backend.add_member(server.id, user.id, roles=roles)
            guild = self.backend.get_guild(server.id)
            for role in roles:
                payload = {"guild_id": str(server.id), "role": serializers.role_payload(guild.roles[role])}
                self.backend.emit("GUILD_ROLE_CREATE", payload)
        self.people[user.id] = made = Person(self, user, server.id if server else None)
        return made

    def deny(self, channel: int, permissions: int) -> None:
        """Take permissions from everybody, the bot too, in a channel; 0 gives them back."""
        server = self.backend.get_channel(channel).guild_id
        kept = [Overwrite(target_id=server, type=OverwriteType.ROLE, deny=permissions)] if permissions else []
        self.backend.edit_channel(channel, {}, overwrites=kept)

    def messages(self, channel: int) -> list[dict[str, Any]]:
        """The channel's messages that everybody sees, oldest first."""
        kept = self.backend.messages[channel].values()
        return [self.payload(one) for one in sorted(kept, key=lambda one: one.id) if not one.is_ephemeral]

    def texts(self, channel: int) -> list[str]:
        """Their texts."""
        return [text_of(message) for message in self.messages(channel)]

    def direct(self, person: Person) -> list[dict[str, Any]]:
        """Somebody's direct messages."""
        return self.messages(self.backend.get_dm_channel(person.id).id)

    def threads(self, channel: int) -> list[Any]:
        """Threads and forum posts under a channel."""
        return [one for one in self.backend.channels.values() if one.parent_id == channel and one.is_thread]

    def payload(self, message: Any) -> dict[str, Any]:
        """A message as Discord gives it back."""
        made: dict[str, Any] = json.loads(json.dumps(serializers.message_payload(self.backend, message)))
        return made

    def command(self, name: str, kind: int) -> dict[str, Any]:
        """A registered command."""
        found = self.backend.find_command(name, None, type=kind)
        assert found is not None, f"the command {name} was never written"
        return found

    def sent(self, method: str = "POST", ending: str = "/messages") -> list[Request]:
        """Requests of a kind."""
        return [one for one in self.requests if one.method == method and one.path.endswith(ending)]

    @contextmanager
    def muted(self) -> Iterator[None]:
        """Change the world without telling the bot."""
        self._muted = True
        try:
            yield
        finally:
            self._muted = False

    async def changed(self) -> None:
        """Wait for the next request or event."""
        self._change.clear()
        await self._change.wait()

    async def until(self, condition: Any, seconds: float = 60.0) -> None:
        """Wait until ``condition()`` holds; it is looked at after each request and event."""
        async with asyncio.timeout(seconds):
            while not condition():
                try:
                    async with asyncio.timeout(0.2):
                        await self.changed()
                except TimeoutError:
                    continue

    def _emitted(self, event: str, payload: Mapping[str, Any]) -> None:
        if not self._muted:
            self.gateway.emit(event, payload)
        self._change.set()

    async def _control(self, request: web.Request) -> web.Response:
        """Orders from another process: see :mod:`tests.peers.discord_control`."""
        said = await request.json()
        return answer(200, await discord_control.carry_out(self, request.match_info["verb"], said))

    # --- REST ---------------------------------------------------------------------------------

    async def _rest(self, request: web.Request) -> web.StreamResponse:
        path, arrived = "/" + request.match_info["path"], asyncio.get_running_loop().time()
        if self.waiting.arrived(path, arrived):
            self._change.set()
        body, files = await read(request)
        noted = Request(request.method, path, body, at=arrived)
        self.requests.append(noted)
        if body is not None and self._contract is not None:
            found = self._contract.problems(request.method, path, body)
            self.violations += [f"{request.method} {path}: {problem}" for problem in found]
        try:
            response = await self._answer(request, path, body, files)
            noted.status = response.status
            return response
        finally:
            self._change.set()

    async def _answer(
        self, request: web.Request, path: str, body: Any, files: list[Any]
    ) -> web.StreamResponse:
        if (
            not path.startswith(("/interactions/", "/webhooks/"))
            and request.headers.get("Authorization") != f"Bot {self.token}"
        ):
            return answer(401, {"message": "401: Unauthorized", "code": 0})
        headers, refused = ({}, None) if path in _EXEMPT else self.buckets.ask(request.method, path)
        if refused is not None:
            return refused
        fault = self.faults.take(request.method, path)
        kind = fault.kind if fault else ""
        if fault and kind.startswith("429"):
            scope = {"429-global": "global", "429-shared": "shared"}.get(kind, "user")
            return limited(fault.seconds, scope=scope, cloudflare=kind == "429-cloudflare")
        if fault and kind == "status":
            wait = {"retry_after": fault.seconds, "global": False} if fault.status == 429 else {}
            return answer(fault.status, {"message": "as planned", "code": fault.code, **wait}, headers)
        if kind == "drop-before":
            return drop(request)
        if fault and kind == "slow":
            await SystemClock().sleep(fault.seconds)
        carried = self._carry_out(request, path, body, files, headers)
        if kind == "drop-after":
            return drop(request)
        if fault and kind == "slow-after":
            self._change.set()
            await SystemClock().sleep(fault.seconds)
        return carried

    def _carry_out(
        self, request: web.Request, path: str, body: Any, files: list[Any], headers: dict[str, str]
    ) -> web.Response:
        params = dict(request.query)
        try:
            self.waiting.refuse_late(path)
            special = self._special(request.method, path, params)
            if special is not None:
                return answer(200, special, headers)
            sending = request.method == "POST" and path.endswith("/messages")
            if sending and (earlier := self._repeated(body)) is not None:
                return answer(200, earlier, headers)
            if request.method == "POST":
                self._guard_threads(path)
            if sending:
                self._guard_dm(int(path.split("/")[2]))
            made = router.dispatch(self.backend, request.method, path, json=body, params=params, files=files)
            if sending and body.get("enforce_nonce"):
                now = asyncio.get_running_loop().time()
                self._nonces[str(body["nonce"])] = (now, int(made["channel_id"]), int(made["id"]))
        except router.RouteNotImplemented as error:
            return answer(501, {"message": str(error), "code": 0}, headers)
        except BackendError as error:
            return answer(error.status, error.to_json(), headers)
        return web.Response(status=204, headers=headers) if made is None else answer(200, made, headers)

    def _special(self, method: str, path: str, params: dict[str, str]) -> Any:
        """What simcord does not serve, or serves otherwise than Discord."""
        if (method, path) == ("GET", "/gateway/bot"):
            limit = {
                "total": 1000,
                "remaining": self.sessions_left,
                "reset_after": 3_600_000,
                "max_concurrency": 1,
            }
            return {"url": self.gateway_url, "shards": 1, "session_start_limit": limit}
        if (method, path) == ("GET", "/applications/@me"):
            made = dict(router.dispatch(self.backend, "GET", "/oauth2/applications/@me"))
            return {
                **made,
                "approximate_guild_count": len(self.backend.guilds),
                "interactions_endpoint_url": None,
            }
        if method == "GET" and path.endswith("/messages") and "after" in params:
            # Discord gives the messages that come right after the id; simcord the newest of all
            limit = int(params.get("limit", 50))
            whole = router.dispatch(self.backend, method, path, params={**params, "limit": 100_000})
            return whole[-limit:]
        return None

    def _repeated(self, body: Any) -> Any:
        """The earlier message of a nonce, for as long as Discord remembers it."""
        if not isinstance(body, dict) or not body.get("enforce_nonce"):
            return None
        kept = self._nonces.get(str(body["nonce"]))
        if kept is None or asyncio.get_running_loop().time() - kept[0] > self._nonce_window:
            return None
        return self.payload(self.backend.get_message(kept[1], kept[2]))  # deleted meanwhile: 10008

    def _guard_threads(self, path: str) -> None:
        """One thread a message; simcord would open a second one."""
        found = _THREAD_OF.search(path)
        if found and int(found[1]) in self.backend.channels:
            raise BackendError(400, 160004, "A thread has already been created for this message")

    def _guard_dm(self, channel: int) -> None:
        if set(self.backend.get_channel(channel).recipient_ids) & self.closed_to_dms:
            raise BackendError(403, 50007, "Cannot send messages to this user")


async def main(port: int, token: str) -> None:
    """Serve until the process is ended; the first line of output says where, as JSON."""
    async with DiscordPeer(port=port, token=token) as peer:
        told = {
            "api_url": peer.api_url,
            "gateway_url": peer.gateway_url,
            "control_url": peer.control_url,
            "token": token,
        }
        print(json.dumps(told), flush=True)  # noqa: T201 — the parent process reads it
        await asyncio.Event().wait()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="A Discord on loopback, for tests.")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--token", default="peer.token.secret")
    given = parser.parse_args()
    asyncio.run(main(given.port, given.token))
