"""Discord as the core sees it: post, edit, look for, open a thread, examine."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Final

import structlog

from adapters.discord import embed, errors, forum, threads
from adapters.discord.doctor import Doctor
from adapters.discord.gateway import Gateway
from adapters.discord.lookup import Lookup
from adapters.discord.pace import Pace
from adapters.discord.places import Places, reference
from adapters.discord.render import Message, render
from adapters.discord.rest import Rest, point_at
from adapters.discord.settings import DiscordSettings
from bot.cards import Card
from bot.clock import Clock
from bot.errors import CardRejected, DestinationGone, RetryLater, SettingsError
from bot.models import Destination, MessageRef
from bot.ports import CommandHandler, Finding, Limit, Shelf

_log = structlog.get_logger(__name__)
_REFUSED: Final = frozenset({50035, 50006})
"""Codes with which Discord refuses the form of a message."""
_ATTEMPTS: Final = timedelta(days=2)


class DiscordAdapter:
    """The connection to Discord of one process.

    With a command handler it opens the gateway; without one it only posts, over REST.
    """

    name = "discord"
    resend_window = timedelta(seconds=120)
    """Discord answers a repeated nonce with the earlier message for «the past few minutes»
    (https://discord.com/developers/docs/resources/message#create-message); we count on two of them."""

    def __init__(self, settings: DiscordSettings, clock: Clock, shelf: Shelf) -> None:
        token = settings.token.get_secret_value().strip() if settings.token else ""
        self._settings = settings
        self._token = token
        self._clock = clock
        self._shelf = shelf
        self._pace = Pace(clock, sha256(token.encode()).hexdigest()[:8])
        self._use(Rest(token, self._pace, deadline=settings.deadline))

    def _use(self, rest: Rest) -> None:
        self.rest = rest
        self._places = Places(rest, self._shelf)
        self._lookup = Lookup(rest, self._places)

    def connect(self, handle: CommandHandler | None) -> AbstractAsyncContextManager[None]:
        """See :class:`bot.ports.Adapter`. Raises SettingsError where Discord refuses the token."""
        return self._connected(handle)

    @asynccontextmanager
    async def _connected(self, handle: CommandHandler | None) -> AsyncIterator[None]:
        point_at(str(self._settings.api_url), str(self._settings.gateway_url or ""))
        await self._log_in()
        try:
            if handle is None:
                yield
                return
            gateway = Gateway(
                handle,
                self.rest,
                token=self._token,
                settings=self._settings,
                clock=self._clock,
                shelf=self._shelf,
            )
            async with gateway.running():
                yield
        finally:
            await self.rest.close()

    async def _log_in(self) -> None:
        """Say at once that a token is wrong; an outage of Discord is no reason not to start."""
        try:
            await self.rest.open()
        except RetryLater as error:
            if errors.token_refused(error):
                raise SettingsError(
                    "Discord refuses the bot's token. Copy a current one from the page «Bot» of your application "
                    "(https://discord.com/developers/applications) into PIGEON_DISCORD__TOKEN."
                ) from error
            _log.warning("Discord cannot be reached yet; sending starts when it can.", reason=str(error))

    # --- posting ------------------------------------------------------------------------------

    async def send(self, destination: Destination, card: Card, *, key: str) -> MessageRef:
        """See :class:`bot.ports.Adapter`. A message that was posted and then deleted has an empty id."""
        if await self._places.is_forum(destination):
            return await self._post_in_forum(destination, card, key)
        try:
            channel = await self._places.channel_of(destination)
            message = await self._post(channel, card, key)
        except DestinationGone as error:
            if errors.code_of(error) == errors.UNKNOWN_MESSAGE:
                return reference(destination, channel, "")
            await self._places.forget(destination)
            raise
        return reference(destination, channel, message)

    async def _post(self, channel: str, card: Card, key: str) -> str:
        """Post under our nonce, as components; once more as an embed where Discord refuses those."""
        nonce = {"nonce": key, "enforce_nonce": True}
        made = render(card, key=key)
        try:
            sent = await self.rest.call(
                "POST",
                "/channels/{channel_id}/messages",
                body={**made.body, **nonce},
                files=made.files,
                channel_id=channel,
                doing="post the card",
            )
        except CardRejected as error:
            if errors.code_of(error) not in _REFUSED:
                raise
            _log.error(
                "Discord refused a card's components: a bug of ours. It goes out as an embed.",
                reason=str(error),
            )
            sent = await self.rest.call(
                "POST",
                "/channels/{channel_id}/messages",
                body={**embed.fallback(card, key=key), **nonce},
                channel_id=channel,
                doing="post the card as an embed",
            )
        return str(sent["id"])

    async def _post_in_forum(self, destination: Destination, card: Card, key: str) -> MessageRef:
        """Open a post. There is no nonce for posts: a second try looks for the first one itself."""
        started = self._clock.now()
        if not await self._shelf.add(f"post/{key}", started.isoformat(), ttl=_ATTEMPTS):
            since = await self._shelf.get(f"post/{key}")
            found = await self._lookup.find(
                destination, key=key, since=datetime.fromisoformat(since) if since else started
            )
            if found:
                return found
        described = await self._places.channel(destination.channel)
        made = render(card, key=key)
        body = forum.post(card, made.body, described)
        attachments = body["message"].pop("attachments", None)
        if attachments:
            body["message"]["attachments"] = attachments
        thread: dict[str, Any] = await self.rest.call(
            "POST",
            "/channels/{channel_id}/threads",
            body=body,
            files=made.files,
            channel_id=destination.channel,
            doing="open a post in the forum",
        )
        identity = str(thread["id"])
        return reference(destination, identity, identity, thread=identity)

    async def edit(self, message: MessageRef, card: Card) -> None:
        """See :class:`bot.ports.EditingAdapter`."""
        made = render(card)
        try:
            await self._change(message, made, made.body)
        except CardRejected as error:
            if errors.code_of(error) not in _REFUSED:
                raise
            # An embed that stood in for a refused card has to be emptied before it can become one.
            await self._change(message, made, {**made.body, "content": None, "embeds": []})

    async def _change(self, message: MessageRef, made: Message, body: dict[str, Any]) -> None:
        await self.rest.call(
            "PATCH",
            "/channels/{channel_id}/messages/{message_id}",
            body=body,
            files=made.files,
            channel_id=message.channel,
            message_id=message.message,
            doing="change the card",
        )

    async def open_thread(self, message: MessageRef, card: Card, *, name: str, key: str) -> MessageRef:
        """See :class:`bot.ports.ThreadingAdapter`. Works out the same when it is repeated at any point."""
        return await threads.open_thread(
            self.rest, self._lookup, self._post, message, card, name=name, key=key
        )

    async def thread_counts(self, workspace: str) -> Mapping[str, int]:
        """See :class:`bot.ports.CountingAdapter`; the numbers are those that Discord shows under a message."""
        return await threads.counts(self.rest, workspace)

    async def find(self, destination: Destination, *, key: str, since: datetime) -> MessageRef | None:
        """See :class:`bot.ports.ReconcilingAdapter`."""
        return await self._lookup.find(destination, key=key, since=since)

    # --- budgets and examination --------------------------------------------------------------

    def limits(self, destination: Destination) -> Sequence[Limit]:
        """See :class:`bot.ports.PacedAdapter`: the bot's requests a second, and the channel's window."""
        return self._pace.limits(destination.thread or destination.channel)

    async def check(self, destinations: Sequence[Destination]) -> Sequence[Finding]:
        """See :class:`bot.ports.CheckedAdapter`."""
        point_at(str(self._settings.api_url), str(self._settings.gateway_url or ""))
        return await Doctor(self.rest, self._lookup, self._shelf).examine(destinations)
