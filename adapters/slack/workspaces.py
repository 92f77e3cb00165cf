"""Which token speaks for which workspace, and the clients that send with it.

Every client is made with ``retry_handlers=[]``: the SDK's default sends a request again when the
connection drops, and so posts twice (https://docs.slack.dev/tools/python-slack-sdk/web#retryhandler).
Connections are not kept alive: a connection that Slack closed meanwhile would look like a send of
unknown outcome.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import aiohttp
import structlog
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from adapters.slack.errors import REFUSALS, Refusal, delivery_error, explain, refusal_of
from adapters.slack.settings import SlackSettings
from adapters.slack.tiers import TieredClient
from bot.clock import Clock
from bot.errors import Ambiguous, DestinationGone, RetryLater, StartError
from bot.ports import Shelf

if TYPE_CHECKING:
    from adapters.slack.installations import Installations

log = structlog.get_logger(__name__)

KEPT: Final = 300.0
"""Seconds for which a workspace's token is trusted before it is read again."""


@dataclass(frozen=True, slots=True)
class Team:
    """A workspace that we can speak to."""

    id: str
    client: AsyncWebClient
    bot_user: str
    bot_id: str
    url: str
    """``https://acme.slack.com/``"""
    name: str = ""
    scopes: frozenset[str] = frozenset()
    organisation: bool = False
    """One installation for all workspaces of an organisation."""

    def permalink(self, channel: str, message: str, thread: str | None) -> str | None:
        """The address of a message, as people copy it."""
        if not self.url:
            return None
        link = f"{self.url}archives/{channel}/p{message.replace('.', '')}"
        return link if thread in (None, message) else f"{link}?thread_ts={thread}&cid={channel}"


class Workspaces:
    """Clients by workspace. Use within :meth:`opened`."""

    def __init__(
        self,
        settings: SlackSettings,
        *,
        clock: Clock,
        shelf: Shelf,
        installations: Installations | None = None,
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._shelf = shelf
        self._installations = installations
        self._session: aiohttp.ClientSession | None = None
        self._teams: dict[str, tuple[float, Team]] = {}
        self._placed: set[str] = set()

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[None]:
        """Within it requests can be made. May be entered again inside."""
        if self._session is not None:
            yield
            return
        self._session = aiohttp.ClientSession(
            timeout=aiohttp.ClientTimeout(total=self._settings.timeout),
            connector=aiohttp.TCPConnector(limit=0, force_close=True),
        )
        try:
            yield
        finally:
            session, self._session = self._session, None
            self._teams.clear()
            await session.close()

    def client(self, token: str | None = None) -> AsyncWebClient:
        """A client for any token, the app-level one included."""
        return TieredClient(
            self._clock,
            token=token,
            base_url=self._settings.api_url,
            timeout=int(self._settings.timeout),
            session=self._session,
            retry_handlers=[],
        )

    async def home(self) -> Team:
        """The workspace of the token in the settings. Raises StartError where that token does not work."""
        cached = self._teams.get("")
        if cached is not None:
            return cached[1]
        try:
            team = await self._examine(self._settings.bot_token.get_secret_value())
        except SlackApiError as error:
            text, remedy = explain(refusal_of(error) or "fatal_error")
            raise StartError(f"Slack does not let the bot in. {text} {remedy}".strip()) from error
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise StartError(
                f"Slack cannot be reached at {self._settings.api_url} ({type(error).__name__}). "
                "Check the network, a proxy, and PIGEON_SLACK__API_URL."
            ) from error
        self._teams[""] = (0.0, team)
        return team

    async def team(self, workspace: str) -> Team:
        """The workspace by id. Raises DestinationGone where it has not installed the app, RetryLater."""
        if self._installations is None:
            team = await self.home()
            if team.id != workspace and not team.organisation:
                raise DestinationGone(
                    f"The bot's token belongs to the workspace {team.id}, not to {workspace}.",
                    remedy="Set the token of that workspace, or install by OAuth in HTTP mode.",
                )
            return team
        now = self._clock.monotonic()
        read_at, team_read = self._teams.get(workspace, (0.0, None))
        if team_read is not None and now - read_at < KEPT:
            return team_read
        token = await self._installations.token(workspace)
        if token is None:
            self.forget(workspace)
            raise DestinationGone(
                f"The workspace {workspace} has not installed the app.",
                remedy="Install it again from the install page.",
            )
        if team_read is not None and team_read.client.token == token:
            team = team_read
        else:
            try:
                team = await self._examine(token)
            except Exception as error:
                failure = delivery_error(error)
                # Only a question was asked: whatever became of it, nothing was posted.
                raise (RetryLater(str(failure)) if isinstance(failure, Ambiguous) else failure) from error
        self._teams[workspace] = (now, team)
        return team

    def forget(self, workspace: str) -> None:
        """Read that workspace's token again at the next use."""
        if self._installations is not None:
            self._teams.pop(workspace, None)

    def refused(self, workspace: str, error: BaseException) -> None:
        """Take note of a refusal: a dead token is read again next time."""
        if REFUSALS.get(refusal_of(error)) is Refusal.INSTALLATION:
            log.warning("Slack refused a workspace's token", workspace=workspace, error=refusal_of(error))
            self.forget(workspace)

    async def place(self, channel: str, workspace: str) -> None:
        """Remember to which workspace a channel belongs, for messages that are known by channel only."""
        if self._installations is not None and channel not in self._placed:
            await self._shelf.put(f"channel/{channel}", workspace)
            self._placed.add(channel)

    async def team_of(self, channel: str) -> Team:
        """The workspace of a channel that we posted in. Raises as :meth:`team`."""
        if self._installations is None:
            return await self.home()
        workspace = await self._shelf.get(f"channel/{channel}")
        if workspace is None:
            raise DestinationGone("It is not known in which workspace that message is.")
        return await self.team(workspace)

    async def _examine(self, token: str) -> Team:
        client = self.client(token)
        answer = await client.auth_test()
        data: dict[str, Any] = answer.data if isinstance(answer.data, dict) else {}
        granted = str(answer.headers.get("x-oauth-scopes", ""))
        return Team(
            id=str(data.get("team_id", "")),
            client=client,
            bot_user=str(data.get("user_id", "")),
            bot_id=str(data.get("bot_id", "")),
            url=str(data.get("url", "")),
            name=str(data.get("team", "")),
            scopes=frozenset(scope.strip() for scope in granted.split(",") if scope.strip()),
            organisation=bool(data.get("is_enterprise_install")),
        )
