"""A loopback Slack: Web API, Socket Mode, signed HTTP, response URLs, views, OAuth, and faults.

::

    async with SlackPeer() as peer:
        # settings: api_url=peer.api_url, bot_token="xoxb-1", app_token="xapp-1"
        asked = await peer.slash("/papers list", user="U1", channel="C1")
        message = await asked.reply()
        peer.faults.next("chat.postMessage", DROP_AFTER)
        assert peer.violations == []

Every body that it receives is checked against the contract (:mod:`tests.peers.slack_contract`). As a
process: ``python -m tests.peers.slack_server --port 8090`` prints its address as JSON and serves orders, too
(:mod:`tests.peers.slack_control`).
"""

import argparse
import asyncio
import json
import random
import sys
from collections import defaultdict, deque
from typing import Any, Self
from urllib.parse import parse_qsl

from aiohttp import WSMsgType, web

from bot.clock import Clock, SystemClock
from tests.peers import slack_control
from tests.peers.slack_actors import Actors
from tests.peers.slack_contract import ContractError, check_message
from tests.peers.slack_methods import METHODS, Refusal, call
from tests.peers.slack_state import (
    DROP_AFTER,
    DROP_BEFORE,
    Fault,
    Request,
    State,
    late,
    rate_limited,
    refuse,
    slow,
    status,
)

__all__ = [
    "DROP_AFTER",
    "DROP_BEFORE",
    "METHODS",
    "SlackPeer",
    "late",
    "rate_limited",
    "refuse",
    "slow",
    "status",
]

APP_TOKEN = "xapp-1"
MOST_SOCKETS = 10
RESPONSES = 5
BURST = 2
"""Messages that a channel takes at once, when it was quiet (docs.slack.dev/apis/web-api/rate-limits)."""
UPDATES = 100
"""Views that may be changed in a minute: tier 4 of the same page."""


class SlackPeer(State, Actors):
    """The server.

    ``paced`` makes it answer 429 to more than one message a second and channel, ``burst`` of them at once, to more
    than ``per_minute`` in any minute, and to more than a hundred changed views in one. ``latency`` is how many seconds
    a request travels at most in each direction; it counts where it arrives.
    """

    def __init__(self, *, clock: Clock | None = None, port: int = 0, paced: bool = False) -> None:
        State.__init__(self, clock or SystemClock())
        Actors.__init__(self)
        self.paced = paced
        self.burst = BURST
        self.per_minute = 0
        self.latency = 0.0
        self.sockets: list[web.WebSocketResponse] = []
        self.connected = 0
        """Sockets ever opened."""
        self.hello: dict[str, Any] = {
            "type": "hello",
            "connection_info": {"app_id": "A1"},
            "num_connections": 1,
        }
        self._port = port
        self._runner: web.AppRunner | None = None
        self._last_post: dict[str, float] = {}
        self._minutes: dict[str, deque[float]] = defaultdict(deque)
        self._tickets: set[str] = set()

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=10_000_000)
        app.router.add_route("*", "/api/{method}", self._api)
        app.router.add_get("/link/{ticket}", self._link)
        app.router.add_post("/respond/{id}", self._respond)
        app.router.add_post("/upload/{id}", self._upload)
        slack_control.add_routes(app, self)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self._port)
        await site.start()
        self._port = self._runner.addresses[0][1]
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close_actors()
        for socket in list(self.sockets):
            await socket.close()
        assert self._runner is not None
        await self._runner.cleanup()

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self._port}/"

    @property
    def api_url(self) -> str:
        """For ``PIGEON_SLACK__API_URL``."""
        return self.base + "api/"

    def calls(self, method: str) -> list[dict[str, Any]]:
        """The arguments of every call of a method, oldest first."""
        return [request.arguments for request in self.requests if request.method == method]

    # --- the Web API --------------------------------------------------------------------------

    async def _api(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        arguments = await _arguments(request)
        entry = Request(method, arguments, self.clock.monotonic())
        self.requests.append(entry)
        fault = self.faults.take(method)
        try:
            await self._travel()
            answer = await self._answer(request, method, arguments, entry, fault)
            await self._travel()
            return answer
        finally:
            await self.changed()

    async def _travel(self) -> None:
        if self.latency:
            await asyncio.sleep(random.uniform(0, self.latency))  # noqa: TID251 - a network takes real time

    async def _answer(
        self,
        request: web.Request,
        method: str,
        arguments: dict[str, Any],
        entry: Request,
        fault: Fault | None,
    ) -> web.StreamResponse:
        if fault is not None:
            entry.outcome = "" if fault.kind == "late" else fault.word or fault.kind
            match fault.kind:
                case "late":
                    await asyncio.sleep(fault.after)  # noqa: TID251 - a network takes real time
                case "drop_before":
                    return _cut(request)
                case "refuse":
                    return web.json_response({"ok": False, "error": fault.word, **fault.extra})
                case "status":
                    return web.Response(
                        status=fault.status, text="<html>proxy error</html>", content_type="text/html"
                    )
                case "rate_limited":
                    return _too_many(fault.after)
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        team = self.team_of_token(token)
        entry.team = team.id if team else ""
        headers = {"x-oauth-scopes": ",".join(sorted(team.scopes))} if team else {}
        try:
            if method == "apps.connections.open":
                answer = self._connection(token)
            elif method == "oauth.v2.access":
                answer = self._oauth(request, arguments)
            elif team is None:
                raise Refusal("invalid_auth" if token else "not_authed")  # noqa: TRY301
            else:
                late = self._pace(method, arguments)
                if late:
                    entry.outcome = "rate_limited"
                    return _too_many(late)
                answer = call(self, team, method, arguments)
        except Refusal as refusal:
            entry.outcome = refusal.word
            return web.json_response({"ok": False, "error": refusal.word, **refusal.extra}, headers=headers)
        if fault is not None and fault.kind == "drop_after":
            return _cut(request)
        if fault is not None and fault.kind == "slow":
            await self.changed()
            await asyncio.sleep(fault.after)  # noqa: TID251 - a slow network is slow in real time
        entry.outcome = entry.outcome or "ok"
        return web.json_response({"ok": True, **answer}, headers=headers)

    def _pace(self, method: str, arguments: dict[str, Any]) -> float:
        """Seconds to wait before this request may be made; 0 where now."""
        if not self.paced:
            return 0.0
        if method == "views.update":
            return self._minute(method, UPDATES)
        if method != "chat.postMessage":
            return 0.0
        channel, now = str(arguments.get("channel")), self.clock.monotonic()
        # A leaky bucket: one leaves each second; «bursts allowed», so that a few may be there already.
        due = max(self._last_post.get(channel, now), now - 1.0)
        if due - now > self.burst - 1:
            return 1.0
        if self.per_minute and (late := self._minute(method, self.per_minute)):
            return late
        self._last_post[channel] = due + 1.0
        return 0.0

    def _minute(self, name: str, most: int) -> float:
        """Take one of so many in any minute; seconds to wait where there is none."""
        taken, now = self._minutes[name], self.clock.monotonic()
        while taken and taken[0] <= now - 60:
            taken.popleft()
        if len(taken) >= most:
            return taken[0] + 60 - now
        taken.append(now)
        return 0.0

    def _connection(self, token: str) -> dict[str, Any]:
        if token != APP_TOKEN:
            raise Refusal("not_allowed_token_type" if token.startswith("xoxb") else "invalid_auth")
        ticket = f"ticket{next(self.numbers)}"
        self._tickets.add(ticket)
        return {"url": f"ws://127.0.0.1:{self._port}/link/{ticket}"}

    def _oauth(self, request: web.Request, arguments: dict[str, Any]) -> dict[str, Any]:
        if arguments.get("grant_type") == "refresh_token":
            team = next(
                (t for t in self.teams.values() if f"xoxe-{t.id}" == arguments.get("refresh_token")), None
            )
            if team is None:
                raise Refusal("invalid_refresh_token")
            team.bot_token += "-renewed"
            return {
                "access_token": team.bot_token,
                "token_type": "bot",
                "refresh_token": "xoxe-next",
                "expires_in": 43200,
            }
        workspace = self.codes.pop(str(arguments.get("code")), None)
        if workspace is None:
            raise Refusal("invalid_code")
        team = self.teams[workspace]
        return {
            "app_id": "A1",
            "access_token": team.bot_token,
            "token_type": "bot",
            "scope": ",".join(sorted(team.scopes)),
            "bot_user_id": team.bot_user,
            "team": {"id": team.id, "name": team.name},
            "enterprise": None,
            "authed_user": {"id": "U1"},
            "is_enterprise_install": False,
        }

    # --- Socket Mode --------------------------------------------------------------------------

    async def _link(self, request: web.Request) -> web.WebSocketResponse:
        ticket = request.match_info["ticket"]
        if ticket not in self._tickets:
            raise web.HTTPNotFound
        self._tickets.discard(ticket)
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        self.connected += 1
        if len(self.sockets) >= MOST_SOCKETS:
            await socket.send_json({"type": "disconnect", "reason": "too_many_websockets"})
            await socket.close()
            return socket
        self.sockets.append(socket)
        await socket.send_json({**self.hello, "num_connections": len(self.sockets)})
        await self.changed()
        try:
            async for message in socket:
                if message.type is WSMsgType.TEXT:
                    self.acknowledged(json.loads(message.data))
                    await self.changed()
        finally:
            if socket in self.sockets:
                self.sockets.remove(socket)
            await self.changed()
        return socket

    async def until_connected(self, sockets: int = 1) -> None:
        """Wait until the bot holds at least that many sockets."""
        await self.until(lambda: len(self.sockets) >= sockets)

    async def disconnect(self, reason: str) -> None:
        """Tell the oldest socket that it will end: warning, refresh_requested, too_many_websockets, link_disabled."""
        await self.sockets[0].send_json({"type": "disconnect", "reason": reason, "debug_info": {}})

    async def cut_sockets(self) -> None:
        """Break every socket without a word."""
        for socket in list(self.sockets):
            transport = socket._req.transport if socket._req is not None else None
            if transport is not None:
                transport.abort()

    # --- what else Slack offers ---------------------------------------------------------------

    async def _respond(self, request: web.Request) -> web.StreamResponse:
        exchange = self.exchanges.get(request.match_info["id"])
        body = await request.json()
        fault = self.faults.take("response_url")
        if fault is not None:
            match fault.kind:
                case "refuse":
                    return web.json_response({"ok": False, "error": fault.word})
                case "status":
                    return web.Response(status=fault.status, text="<html>proxy error</html>")
                case "rate_limited":
                    return _too_many(fault.after)
                case "drop_before":
                    return _cut(request)
        if exchange is None or len(exchange.responses) >= RESPONSES:
            return web.json_response({"ok": False, "error": "used_url"}, status=404)
        rest = {
            k: v for k, v in body.items() if k not in ("response_type", "replace_original", "delete_original")
        }
        try:
            check_message({"channel": exchange.channel or "C0", **rest})
        except ContractError as error:
            self.violations.append(f"response_url: {error}")
            return web.json_response({"ok": False, "error": error.word}, status=400)
        exchange.responses.append(body)
        if body.get("response_type") == "in_channel":
            team = self.teams[exchange.team]
            said = {"ts": self.stamp(), "bot_id": team.bot_id, "user": team.bot_user, **rest}
            self.messages[exchange.channel].append(said)
        await self.changed()
        return web.Response(text="ok")

    async def _upload(self, request: web.Request) -> web.Response:
        self.files[request.match_info["id"]]["content"] = await request.read()
        return web.Response(text="OK - 1")


async def _arguments(request: web.Request) -> dict[str, Any]:
    """Slack takes JSON, forms and query strings alike."""
    given: dict[str, Any] = dict(request.query)
    if request.content_type == "application/json":
        given |= await request.json()
    elif request.method == "POST":
        given |= dict(parse_qsl(await request.text(), keep_blank_values=True))
    for name, value in given.items():
        if isinstance(value, str) and value[:1] in "[{":
            given[name] = json.loads(value)
    given.pop("token", None)
    return given


def _too_many(after: float) -> web.Response:
    body = {"ok": False, "error": "ratelimited"}
    return web.json_response(body, status=429, headers={"Retry-After": f"{after:g}"})


def _cut(request: web.Request) -> web.StreamResponse:
    """Break the connection as a crash does."""
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


async def main(port: int) -> None:
    async with SlackPeer(port=port) as peer:
        sys.stdout.write(
            json.dumps({"api_url": peer.api_url, "bot_token": "xoxb-1", "app_token": APP_TOKEN}) + "\n"
        )
        sys.stdout.flush()
        await asyncio.Event().wait()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="A Slack on loopback.")
    parser.add_argument("--port", type=int, default=0)
    asyncio.run(main(parser.parse_args().port))
