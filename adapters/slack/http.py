"""HTTP mode: Slack calls a public address; every request is verified before anybody looks into it.

https://docs.slack.dev/authentication/verifying-requests-from-slack. With a client id the same server
installs the app into workspaces by OAuth (https://docs.slack.dev/authentication/installing-with-oauth).
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from collections.abc import AsyncIterator, Awaitable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qs

import structlog
from aiohttp import web
from slack_bolt.oauth.async_oauth_flow import AsyncOAuthFlow
from slack_bolt.oauth.async_oauth_settings import AsyncOAuthSettings
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse
from slack_sdk.oauth.installation_store.models import Installation

from adapters.slack.acks import acknowledging
from adapters.slack.installations import Installations, States
from adapters.slack.manifest import EVENTS_PATH, INSTALL_PATH, REDIRECT_PATH, SCOPES
from adapters.slack.settings import SlackSettings
from bot.clock import Clock
from bot.errors import PigeonError, StartError
from bot.models import Destination
from bot.ports import Happening, HappeningKind, Shelf

if TYPE_CHECKING:
    from adapters.slack.listeners import Listeners

log = structlog.get_logger(__name__)

WINDOW: Final = 300
"""Seconds by which a request's time may differ from ours."""
LARGEST: Final = 1_000_000
"""Bytes of a request; Slack's own are far smaller."""
STORE_PATIENCE: Final = 1.0
"""Seconds that noting a signature may take before the acknowledgement."""


class Refused(Exception):
    """A request that is not Slack's, or not new. ``str`` says why, for the log."""


class Gate:
    """Tells Slack's requests from all others."""

    def __init__(self, secret: str, *, clock: Clock, shelf: Shelf) -> None:
        self._secret = secret.encode()
        self._clock = clock
        self._shelf = shelf

    async def verify(self, headers: Mapping[str, str], body: bytes) -> None:
        """Raises Refused for forged, old, replayed and malformed requests."""
        stamp, signature = headers.get("X-Slack-Request-Timestamp", ""), headers.get("X-Slack-Signature", "")
        if not signature or not stamp:
            raise Refused("unsigned")
        if not (stamp.isascii() and stamp.isdigit() and len(stamp) <= 12):
            raise Refused("malformed timestamp")
        if abs(self._clock.now().timestamp() - int(stamp)) > WINDOW:
            raise Refused("old")
        expected = (
            "v0=" + hmac.new(self._secret, b"v0:" + stamp.encode() + b":" + body, hashlib.sha256).hexdigest()
        )
        if not hmac.compare_digest(expected.encode(), signature.encode("utf-8", "replace")):
            raise Refused("forged")
        if "X-Slack-Retry-Num" not in headers and not await self._new(signature):
            raise Refused("replayed")  # Slack's own repetitions say so, and are recognised by their event

    async def _new(self, signature: str) -> bool:
        try:
            async with asyncio.timeout(STORE_PATIENCE):
                return await self._shelf.add(f"signature/{signature}", "1", ttl=timedelta(seconds=2 * WINDOW))
        except (PigeonError, TimeoutError):
            return True  # the event's own id is looked at again after the acknowledgement


class Flow(AsyncOAuthFlow):
    """Bolt's OAuth flow, which tells the core of a new workspace."""

    def __init__(self, *, listeners: Listeners, client: Any, settings: AsyncOAuthSettings) -> None:
        super().__init__(client=client, settings=settings)
        self._listeners = listeners

    async def store_installation(self, request: AsyncBoltRequest, installation: Installation) -> None:
        await super().store_installation(request, installation)
        workspace = installation.team_id or installation.enterprise_id or ""
        desk = self._listeners.desk
        desk.workspaces.forget(workspace)
        log.info("A workspace installed the app", workspace=workspace)
        destination = Destination(
            platform="slack", workspace=workspace, channel="", name=installation.team_name or ""
        )
        await desk.handle.happened(
            Happening(
                kind=HappeningKind.WORKSPACE_JOINED, destination=destination, detail=str(installation.user_id)
            )
        )


class Server:
    """The routes."""

    def __init__(self, listeners: Listeners, gate: Gate, flow: Flow | None) -> None:
        self._listeners = listeners
        self._gate = gate
        self._flow = flow

    def application(self) -> web.Application:
        """The aiohttp application."""
        app = web.Application(client_max_size=LARGEST)
        app.router.add_post(EVENTS_PATH, self.events)
        if self._flow is not None:
            app.router.add_get(INSTALL_PATH, self.install)
            app.router.add_get(REDIRECT_PATH, self.redirect)
        return app

    async def events(self, request: web.Request) -> web.Response:
        """Events, commands and interactions alike."""
        try:
            body = await request.read()
        except web.HTTPRequestEntityTooLarge:
            return _turned_away(request, "too large")
        if body.startswith(b"ssl_check=1") or parse_qs(body[:1000].decode("latin-1")).get("ssl_check") == [
            "1"
        ]:
            return web.Response()  # Slack looks whether the certificate is good
        try:
            await self._gate.verify(request.headers, body)
        except Refused as refused:
            return _turned_away(request, str(refused))
        with acknowledging():
            try:
                response = _http(await self._listeners.app.async_dispatch(_bolt(request, body.decode())))
            except Exception as error:  # noqa: BLE001 - signed, and yet no body that Bolt can read
                return _turned_away(request, f"signed, but not readable ({type(error).__name__})")
            if response.status >= 500:  # Bolt's word for a body whose parts it misses
                return _turned_away(request, "signed, but not complete")
            await response.prepare(request)
            await response.write_eof()
        return response

    async def install(self, request: web.Request) -> web.Response:
        """The page with «Add to Slack»."""
        assert self._flow is not None
        return await _shown(self._flow.handle_installation(_bolt(request, "")))

    async def redirect(self, request: web.Request) -> web.Response:
        """Where Slack sends the installer's browser back to."""
        assert self._flow is not None
        return await _shown(self._flow.handle_callback(_bolt(request, "")))


def _turned_away(request: web.Request, why: str) -> web.Response:
    log.warning("A request to the Slack endpoint was refused", why=why, remote=request.remote)
    return web.Response(status=401, text="not a request of Slack's\n")


async def _shown(page: Awaitable[BoltResponse]) -> web.Response:
    """A page of the installation, or a sentence where the store is away."""
    try:
        return _http(await page)
    except PigeonError as error:
        log.warning("A workspace could not be installed", why=str(error))
        return web.Response(
            status=503, text="Paper Pigeon cannot reach its store just now. Try again in a minute.\n"
        )


@asynccontextmanager
async def served(
    listeners: Listeners,
    *,
    settings: SlackSettings,
    clock: Clock,
    shelf: Shelf,
    installations: Installations | None,
) -> AsyncIterator[None]:
    """Within it the server listens. Raises StartError where its address is taken."""
    gate = Gate(settings.signing_secret.get_secret_value(), clock=clock, shelf=shelf)
    flow = _flow(listeners, settings, shelf, installations) if installations is not None else None
    runner = web.AppRunner(Server(listeners, gate, flow).application(), access_log=None)
    await runner.setup()
    try:
        try:
            await web.TCPSite(runner, settings.http_host, settings.http_port).start()
        except OSError as error:
            raise StartError(
                f"Slack's HTTP mode cannot listen on {settings.http_host}:{settings.http_port}: {error.strerror}. "
                "Set PIGEON_SLACK__HTTP_PORT to a free port."
            ) from error
        log.info("Listening for Slack", host=settings.http_host, port=settings.http_port)
        yield
    finally:
        await runner.cleanup()


def _flow(listeners: Listeners, settings: SlackSettings, shelf: Shelf, installations: Installations) -> Flow:
    site = settings.api_url.removesuffix("api/")
    return Flow(
        listeners=listeners,
        client=listeners.desk.workspaces.client(),
        settings=AsyncOAuthSettings(
            client_id=settings.client_id,
            client_secret=settings.client_secret.get_secret_value(),
            scopes=list(SCOPES),
            redirect_uri=settings.public_url + REDIRECT_PATH,
            install_path=INSTALL_PATH,
            redirect_uri_path=REDIRECT_PATH,
            authorization_url=f"{site}oauth/v2/authorize",
            installation_store=installations,
            state_store=States(shelf),
        ),
    )


def _bolt(request: web.Request, body: str) -> AsyncBoltRequest:
    headers: dict[str, str | Sequence[str]] = {
        name: list(request.headers.getall(name)) for name in request.headers
    }
    return AsyncBoltRequest(body=body, query=request.query_string, headers=headers)


def _http(response: BoltResponse) -> web.Response:
    made = web.Response(status=response.status, text=response.body or "")
    for name, values in response.headers.items():
        if name.lower() == "content-type":
            made.headers["Content-Type"] = values[0]
        elif name.lower() != "content-length":
            for value in values:
                made.headers.add(name, value)
    return made
