"""What Slack sends us, by Bolt: acknowledged at once, carried out after.

Slack wants every delivery acknowledged within 3 s (https://docs.slack.dev/interactivity/handling-user-interaction).
So a listener's first line is ``ack()``; before it there is no I/O, not even to tell whose workspace it is.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from types import TracebackType
from typing import Any, Final, Self

import structlog
from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_sdk.webhook.async_client import AsyncWebhookClient

from adapters.slack import acks, actions, commands, events, home, names, render, shortcuts
from adapters.slack.desk import Desk
from adapters.slack.forms import working
from adapters.slack.installations import Installations
from adapters.slack.places import TIMEOUT
from adapters.slack.settings import SlackSettings
from adapters.slack.workspaces import Workspaces
from bot.cards.reply import error_card
from bot.clock import Clock
from bot.errors import PigeonError
from bot.ports import CommandHandler, Shelf

log = structlog.get_logger(__name__)

Work = Callable[[Desk, Mapping[str, Any]], Awaitable[None]]

FAREWELL: Final = 5.0
"""Seconds that running commands are given when the connection closes."""
SUGGESTION: Final = 2.5
"""Seconds for the rows of a menu: these are the one answer that must itself come within three."""
ANY: Final = re.compile(r".*", re.DOTALL)  # noqa: TID251 - a pattern of ours
SDK_LOGGERS: Final = ("slack_bolt", "slack_sdk")


class Listeners:
    """A Bolt app and the work it has begun. Leaving waits for that work."""

    def __init__(
        self,
        handle: CommandHandler,
        *,
        workspaces: Workspaces,
        settings: SlackSettings,
        shelf: Shelf,
        clock: Clock,
        installations: Installations | None,
    ) -> None:
        self.desk = Desk(handle, workspaces=workspaces, settings=settings, shelf=shelf, clock=clock)
        self._installations = installations
        self._running: set[asyncio.Task[None]] = set()
        for name in SDK_LOGGERS:  # at DEBUG they print bodies, and with them what people wrote
            if logging.getLogger(name).getEffectiveLevel() < logging.INFO:
                logging.getLogger(name).setLevel(logging.INFO)
        self.app = AsyncApp(
            authorize=_authorize,
            request_verification_enabled=False,  # http.py verifies at the door; a socket is authenticated
            ssl_check_enabled=True,
            ignoring_self_events_enabled=False,  # needs tokens before the acknowledgement; the listeners look
        )
        self._register()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._running:
            _, late = await asyncio.wait(self._running, timeout=FAREWELL)
            for task in late:
                task.cancel()

    def _register(self) -> None:
        app = self.app
        app.command(ANY)(self._then(commands.slash, _trigger))
        app.action(ANY)(self._then(actions.pressed, _trigger))
        app.view(names.FORM)(
            self._then(actions.submitted, _trigger, response_action="update", view=working())
        )
        app.view(names.SHOWN)(self._then(_nothing, _trigger))
        app.shortcut({"type": "message_action", "callback_id": ANY})(
            self._then(shortcuts.on_message, _trigger)
        )
        app.shortcut({"type": "shortcut", "callback_id": ANY})(self._then(shortcuts.anywhere, _trigger))
        app.options(ANY)(self._suggest)
        app.event("app_mention")(self._then(commands.mention, _event_id))
        app.event("message")(self._then(commands.direct_message, _event_id))
        app.event("app_home_opened")(self._then(home.visited, _event_id))
        app.event("member_joined_channel")(self._then(events.joined, _event_id))
        for name in events.CHANNELS:
            app.event(name)(self._then(events.channel_changed, _event_id))
        app.event("app_uninstalled")(self._then(self._uninstalled, _event_id))
        app.event("tokens_revoked")(self._then(self._tokens_revoked, _event_id))

    def _then(
        self, work: Work, identity: Callable[[Mapping[str, Any]], str], **answer: Any
    ) -> Callable[..., Any]:
        """A listener that acknowledges and begins the work as a task of its own."""

        async def listener(ack: Any, body: dict[str, Any]) -> None:
            await ack(**answer)
            self._begin(self._work(work, body, identity(body), acks.under_way()))

        return listener

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task: asyncio.Task[None] = asyncio.create_task(work)
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def _work(
        self, work: Work, body: Mapping[str, Any], delivery: str, acknowledged: asyncio.Event | None
    ) -> None:
        if acknowledged is not None:
            await acknowledged.wait()
        try:
            if await self.desk.first(delivery):
                if self._installations is not None and body.get("is_enterprise_install") in (True, "true"):
                    await self._installations.covers(
                        str(body.get("enterprise_id") or ""), commands.workspace_of(body)
                    )
                await work(self.desk, body)
        except PigeonError as error:
            log.warning("What Slack delivered could not be carried out", why=str(error))
            await _apologise(body, str(error))
        except Exception:
            log.exception(
                "What Slack delivered broke a listener", kind=str(body.get("type") or "slash_command")
            )
            await _apologise(body, "Something broke on my side. Please try again.")

    async def _suggest(self, ack: Any, body: dict[str, Any]) -> None:
        try:
            async with asyncio.timeout(SUGGESTION):
                rows = await actions.completed(self.desk, body)
        except Exception as error:  # noqa: BLE001 - an empty menu is better than an error in it
            log.info("A menu stayed empty", error=type(error).__name__)
            rows = []
        await ack(options=rows)

    async def _uninstalled(self, desk: Desk, body: Mapping[str, Any]) -> None:
        await events.uninstalled(desk, body, self._installations)

    async def _tokens_revoked(self, desk: Desk, body: Mapping[str, Any]) -> None:
        await events.tokens_revoked(desk, body, self._installations)


async def _apologise(body: Mapping[str, Any], sentence: str) -> None:
    """Tell the asker, where Slack gave us an address for it; nobody waits in vain."""
    url = body.get("response_url")
    if not url:
        return
    try:
        message = {
            **render.message(error_card(sentence)),
            "response_type": "ephemeral",
            "replace_original": False,
        }
        await AsyncWebhookClient(str(url), timeout=TIMEOUT, retry_handlers=[]).send_dict(message)
    except Exception as error:  # noqa: BLE001 - nothing is left to try
        log.warning("An apology could not be shown", error=type(error).__name__)


async def _authorize(enterprise_id: str | None, team_id: str | None) -> AuthorizeResult:
    """Bolt wants a token before it calls a listener. We look it up after the acknowledgement, by workspace."""
    return AuthorizeResult(enterprise_id=enterprise_id, team_id=team_id, bot_token=None)


async def _nothing(_desk: Desk, _body: Mapping[str, Any]) -> None:
    """A modal that only shows something has nothing to send."""


def _trigger(body: Mapping[str, Any]) -> str:
    return str(body.get("trigger_id") or "")


def _event_id(body: Mapping[str, Any]) -> str:
    return str(body.get("event_id") or "")
