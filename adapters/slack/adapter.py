"""The connection to Slack: post, look for, thread and change cards."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import structlog
from slack_sdk.web.async_client import AsyncWebClient

from adapters.slack import doubts, native, render
from adapters.slack.doctor import examine
from adapters.slack.errors import BLOCKS_REFUSED, delivery_error, refusal_of, thread_error
from adapters.slack.history import History
from adapters.slack.installations import Installations
from adapters.slack.settings import CardStyle, Mode, OnAmbiguous, SlackSettings
from adapters.slack.workspaces import Team, Workspaces
from bot.cards import Card
from bot.errors import Ambiguous, DeliveryError, DestinationGone, RetryLater
from bot.models import Destination, MessageRef
from bot.ports import CommandHandler, Finding, Limit, PluginContext

if TYPE_CHECKING:
    from adapters.slack.listeners import Listeners

log = structlog.get_logger(__name__)

EVENT_TYPE: Final = "paper_alert"
"""The type of our message metadata (https://docs.slack.dev/messaging/message-metadata)."""
MARGIN: Final = timedelta(seconds=10)
"""How much earlier than the first attempt a look-up begins: clocks differ."""
SECOND: Final = 1.0
"""Between two messages to one channel (https://docs.slack.dev/apis/web-api/rate-limits)."""
PEOPLE: Final = 10_000
"""How many people's direct-message channels are remembered."""

Call = Callable[[AsyncWebClient], Awaitable[Any]]


class SlackAdapter:
    """Posts to and serves Slack workspaces. Send within :meth:`connect`."""

    name = "slack"
    resend_window = timedelta(0)
    """Slack swallows no second send: every ambiguous one must be looked up first."""

    def __init__(self, context: PluginContext) -> None:
        settings = context.settings
        assert isinstance(settings, SlackSettings)
        self._settings = settings
        self._context = context
        self._installations = Installations(context.shelf, settings=settings) if settings.oauth else None
        self.workspaces = Workspaces(
            settings, clock=context.clock, shelf=context.shelf, installations=self._installations
        )
        self._history = History()
        self._direct: dict[tuple[str, str], str] = {}
        self._classic_only: set[str] = set()

    # --- connecting ---------------------------------------------------------------------------

    def connect(self, handle: CommandHandler | None) -> AbstractAsyncContextManager[None]:
        return self._connected(handle)

    @asynccontextmanager
    async def _connected(self, handle: CommandHandler | None) -> AsyncIterator[None]:
        async with self.workspaces.opened():
            if self._installations is None:
                await self.workspaces.home()
            if handle is None:
                yield
                return
            from adapters.slack.listeners import Listeners  # noqa: PLC0415 - Bolt takes 0.8 s to import

            listeners = Listeners(
                handle,
                workspaces=self.workspaces,
                settings=self._settings,
                shelf=self._context.shelf,
                clock=self._context.clock,
                installations=self._installations,
            )
            async with listeners, self._door(listeners):
                yield

    def _door(self, listeners: Listeners) -> AbstractAsyncContextManager[None]:
        if self._settings.mode is Mode.SOCKET:
            from adapters.slack import socket  # noqa: PLC0415 - only the mode in use

            return socket.served(listeners.app, self.workspaces, self._settings, self._context.clock)
        from adapters.slack import http  # noqa: PLC0415 - only the mode in use

        return http.served(
            listeners,
            settings=self._settings,
            clock=self._context.clock,
            shelf=self._context.shelf,
            installations=self._installations,
        )

    # --- posting ------------------------------------------------------------------------------

    def limits(self, destination: Destination) -> Sequence[Limit]:
        """One message a second and channel, each second from the answer, and the workspace's budget a minute.

        https://docs.slack.dev/apis/web-api/rate-limits
        """
        return (
            Limit(f"slack:post:{destination.key}", 1, SECOND, shared=False, from_answer=True),
            Limit(f"slack:post:{destination.workspace}", self._settings.posts_per_minute, 60.0),
        )

    async def send(self, destination: Destination, card: Card, *, key: str) -> MessageRef:
        team = await self.workspaces.team(destination.workspace)
        channel = await self._channel(team, destination)
        return await self._post(team, channel, destination.thread, card, key, workspace=destination.workspace)

    async def open_thread(self, message: MessageRef, card: Card, *, name: str, key: str) -> MessageRef:  # noqa: ARG002 - Slack's threads have no names
        """Answer under the message. The opener that is already there is found by its key, where we may look."""
        team = await self.workspaces.team_of(message.channel)
        parent = message.thread or message.message
        try:
            found = await self._history.find(team, message.channel, key=key, thread=parent, oldest=None)
        except Ambiguous:
            log.info("A thread could not be searched for its opener", channel=message.channel)
        else:
            if found is not None:
                return self._ref(team, message.channel, found, parent)
        try:
            return await self._post(team, message.channel, parent, card, key, workspace=team.id)
        except DestinationGone as error:
            raise thread_error(error) from error.__cause__

    async def edit(self, message: MessageRef, card: Card) -> None:
        team = await self.workspaces.team_of(message.channel)

        async def update(payload: dict[str, Any]) -> Any:
            return await team.client.chat_update(
                channel=message.channel, ts=message.message, parse="none", link_names=False, **payload
            )

        await self._drawn(team, card, update)

    async def find(self, destination: Destination, *, key: str, since: datetime) -> MessageRef | None:
        """As the port says, and one thing more: where Slack does not let us look, the operator's setting decides.

        With ``on_ambiguous=park`` that raises Ambiguous; with ``resend`` it answers ``None``, so that the card
        is sent again and may appear twice.
        """
        team = await self.workspaces.team(destination.workspace)
        channel = await self._channel(team, destination)
        try:
            found = await self._history.find(
                team, channel, key=key, thread=destination.thread, oldest=since - MARGIN
            )
        except Ambiguous as error:
            await doubts.count(self._context.shelf, self._settings.on_ambiguous, key)
            log.warning(
                "A send of unknown outcome could not be looked up",
                policy=self._settings.on_ambiguous.value,
                channel=channel,
                why=str(error),
            )
            if self._settings.on_ambiguous is OnAmbiguous.RESEND:
                return None
            raise
        return None if found is None else self._ref(team, channel, found, destination.thread)

    async def check(self, destinations: Sequence[Destination]) -> Sequence[Finding]:
        async with self.workspaces.opened():
            return await examine(self.workspaces, self._settings, destinations, shelf=self._context.shelf)

    async def _post(
        self, team: Team, channel: str, thread: str | None, card: Card, key: str, *, workspace: str
    ) -> MessageRef:
        metadata = {"event_type": EVENT_TYPE, "event_payload": {"d": key}}
        extra: dict[str, Any] = {"thread_ts": thread, "reply_broadcast": False} if thread else {}

        async def post(payload: dict[str, Any]) -> Any:
            return await team.client.chat_postMessage(
                channel=channel,
                metadata=metadata,
                unfurl_links=False,
                unfurl_media=False,
                parse="none",
                link_names=False,
                **payload,
                **extra,
            )

        answer = await self._drawn(team, card, post, workspace=workspace)
        posted, stamp = answer.get("channel"), answer.get("ts")
        if not isinstance(posted, str) or not isinstance(stamp, str):
            raise Ambiguous("Slack said the message was posted, but not where.")
        await self.workspaces.place(posted, workspace)
        return self._ref(team, posted, stamp, thread)

    async def _drawn(
        self,
        team: Team,
        card: Card,
        request: Callable[[dict[str, Any]], Awaitable[Any]],
        *,
        workspace: str = "",
    ) -> Any:
        """Send the card as it looks best, and plainer where Slack refuses blocks.

        A refused picture («downloading image failed») is reported as invalid blocks too
        (https://docs.slack.dev/reference/block-kit/blocks/image-block): a dead thumbnail must not cost the card.
        """
        drawings: list[tuple[str, Callable[[], dict[str, Any]]]] = []
        if self._settings.card_style is CardStyle.NATIVE and team.id not in self._classic_only:
            drawings.append(("native", lambda: native.message(card)))
        drawings.append(("classic", lambda: render.message(card)))
        if render.has_pictures(card):
            drawings.append(("without pictures", lambda: render.message(card, pictures=False)))
        refused: dict[str, DeliveryError] = {}
        for style, draw in drawings:
            if refused:
                await self._context.clock.sleep(SECOND)  # a refused message may count in the channel's budget
            try:
                answer = await request(draw())
            except Exception as error:
                failure = delivery_error(error)
                if refusal_of(error) not in BLOCKS_REFUSED:
                    self.workspaces.refused(workspace or team.id, error)
                    raise failure from error
                log.warning("Slack refused the blocks of a card", style=style, workspace=team.id)
                refused[style] = failure
            else:
                if list(refused) == ["native"]:
                    self._classic_only.add(team.id)  # the same card in classic blocks was taken
                return answer
        raise list(refused.values())[-1]

    async def _channel(self, team: Team, destination: Destination) -> str:
        """The channel's id; for a person that of the direct messages with them."""
        if not destination.direct:
            return destination.channel
        known = self._direct.get((team.id, destination.channel))
        if known is not None:
            return known
        try:
            answer = await team.client.conversations_open(users=destination.channel)
        except Exception as error:
            self.workspaces.refused(destination.workspace, error)
            failure = delivery_error(error)
            # Opening posts nothing, so whatever became of it, the card is certainly not there.
            raise (RetryLater(str(failure)) if isinstance(failure, Ambiguous) else failure) from error
        channel = (answer.get("channel") or {}).get("id")
        if not isinstance(channel, str):
            raise DestinationGone("Slack opens no direct messages with that person.")
        if len(self._direct) >= PEOPLE:
            self._direct.clear()
        self._direct[team.id, destination.channel] = channel
        return channel

    @staticmethod
    def _ref(team: Team, channel: str, stamp: str, thread: str | None) -> MessageRef:
        url = team.permalink(channel, stamp, thread)
        return MessageRef(platform="slack", channel=channel, message=stamp, thread=thread, url=url)
