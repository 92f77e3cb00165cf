"""Socket Mode: the bot calls Slack, and Slack sends everything down that socket.

https://docs.slack.dev/apis/events-api/using-socket-mode. The SDK keeps the socket: it answers pings, and
opens a new one when Slack announces the end of the old or falls silent. What is added here: waiting
between attempts, and an end where no attempt can help, because the SDK would try for ever.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

import aiohttp
import structlog
from slack_bolt.adapter.socket_mode.async_internals import run_async_bolt_app, send_async_response
from slack_bolt.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest

from adapters.slack.acks import acknowledging
from adapters.slack.errors import REFUSALS, Refusal, delivery_error, explain, refusal_of
from adapters.slack.settings import SlackSettings
from adapters.slack.workspaces import Workspaces
from bot.clock import Clock
from bot.errors import RetryLater, StartError

log = structlog.get_logger(__name__)

PING: Final = 10.0
"""Seconds between pings; four that stay unanswered end the connection."""
STEADY: Final = 30.0
"""A socket that held this many seconds was a good one: the next may be opened at once."""
LONGEST_PAUSE: Final = 60.0


class Socket(SocketModeClient):
    """The SDK's client, which waits between attempts and gives up where Slack refuses the token."""

    def __init__(self, app_token: str, *, web_client: Any, clock: Clock) -> None:
        super().__init__(app_token=app_token, web_client=web_client, ping_interval=PING)
        self.died: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._clock = clock
        self._opened_at = float("-inf")
        self._hurried = 0

    async def issue_new_wss_url(self) -> str:
        """The address of a new socket, after a pause if the last ones did not last."""
        self._hurried = self._hurried + 1 if self._clock.monotonic() - self._opened_at < STEADY else 0
        while not self.closed:
            if self._hurried:
                await self._clock.sleep(pause(self._hurried))
            try:
                answer = await self.web_client.apps_connections_open(app_token=self.app_token)
                self._opened_at = self._clock.monotonic()
                return str(answer["url"])
            except (SlackApiError, aiohttp.ClientError, TimeoutError, OSError) as error:
                word = refusal_of(error)
                if REFUSALS.get(word) is Refusal.INSTALLATION:
                    self._give_up(word)
                    break
                failure = delivery_error(error)
                self._hurried += 1
                if isinstance(failure, RetryLater):
                    await self._clock.sleep(failure.after)
                log.warning("Slack gave no socket", why=str(failure), attempts=self._hurried)
        raise StartError("The connection to Slack is closed.")

    def _give_up(self, word: str) -> None:
        text, _ = explain(word)
        self.closed = True
        if not self.died.done():
            self.died.set_exception(
                StartError(
                    f"Slack refuses Socket Mode. {text} Check PIGEON_SLACK__APP_TOKEN: an app-level token (xapp-…) "
                    "with the scope connections:write, and «Enable Socket Mode» in the app's settings."
                )
            )


def pause(attempts: int) -> float:
    """Seconds before the next attempt: doubling, and never the same for two processes."""
    return min(2.0 ** (attempts - 1), LONGEST_PAUSE) * random.uniform(0.5, 1.0)  # noqa: S311 - jitter, no secret


@asynccontextmanager
async def served(
    app: AsyncApp, workspaces: Workspaces, settings: SlackSettings, clock: Clock
) -> AsyncIterator[None]:
    """Within it the app hears what Slack sends. Raises StartError, also later, where Slack refuses for good."""
    token = settings.app_token.get_secret_value()
    socket = Socket(token, web_client=workspaces.client(token), clock=clock)

    async def heard(client: SocketModeClient, request: SocketModeRequest) -> None:
        with acknowledging():
            response = await run_async_bolt_app(app, request)
            await send_async_response(client, request, response, 0.0)

    socket.socket_mode_request_listeners.append(heard)  # type: ignore[arg-type]  # the SDK's union is too narrow
    try:
        connecting = asyncio.ensure_future(socket.connect())  # type: ignore[no-untyped-call]
        await asyncio.wait({connecting, socket.died}, return_when=asyncio.FIRST_COMPLETED)
        async with _ending_with(socket.died):
            log.info("Connected to Slack by Socket Mode")
            yield
    finally:
        connecting.cancel()
        await socket.close()  # type: ignore[no-untyped-call]
        if socket.died.done():
            socket.died.exception()


@asynccontextmanager
async def _ending_with(died: asyncio.Future[None]) -> AsyncIterator[None]:
    """End the block with that future's exception as soon as it has one."""
    owner = asyncio.current_task()
    assert owner is not None
    if died.done():
        died.result()
    before = owner.cancelling()

    def end(_: asyncio.Future[None]) -> None:
        owner.cancel()

    died.add_done_callback(end)
    try:
        yield
    except asyncio.CancelledError:
        if died.done() and owner.uncancel() <= before:
            died.result()
        raise
    finally:
        died.remove_done_callback(end)
