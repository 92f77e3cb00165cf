"""A platform of the least: an HTTP server that takes messages, with or without de-duplication, and its adapter."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

import aiohttp
from aiohttp import web

from bot.cards import Card
from bot.errors import Ambiguous, RetryLater
from bot.models import Destination, MessageRef
from bot.ports import CommandHandler, Limit
from tests.chaos.faults import Odds


class PlainPlatform:
    """``POST /send``, ``GET /find``. With ``nonce`` it answers a repeated key with the first message."""

    def __init__(self, odds: Odds, *, nonce: bool) -> None:
        self.odds = odds
        self.nonce = nonce
        self.messages: list[dict[str, Any]] = []
        self._numbers = itertools.count(1)

    def routes(self, app: web.Application) -> None:
        """Add ours."""
        app.router.add_post("/send", self._send)
        app.router.add_get("/find", self._find)

    async def _send(self, request: web.Request) -> web.StreamResponse:
        said = await request.json()
        await self.odds.latency()
        fault = self.odds.draw()
        if fault == "429":
            return web.json_response({"after": 0.2}, status=429)
        if fault == "5xx":
            return web.json_response({}, status=502)
        known = (
            next((one for one in self.messages if one["key"] == said["key"]), None) if self.nonce else None
        )
        if known is None:
            known = {**said, "id": str(next(self._numbers))}
            self.messages.append(known)
        if fault == "5xx-after":
            return web.json_response({}, status=504)
        await self.odds.latency()
        if fault == "lost" and request.transport is not None:
            request.transport.abort()
        return web.json_response({"id": known["id"]})

    async def _find(self, request: web.Request) -> web.StreamResponse:
        await self.odds.latency()
        if self.odds.draw() in {"429", "5xx"}:
            return web.json_response({"after": 0.2}, status=429)
        for one in self.messages:
            if one["key"] == request.query["key"] and one["channel"] == request.query["channel"]:
                return web.json_response({"id": one["id"]})
        return web.json_response({"id": None})

    def record(self) -> list[tuple[str, str]]:
        """Channel and text of everything posted."""
        return [(one["channel"], one["text"]) for one in self.messages]


class PlainAdapter:
    """Speaks to :class:`PlainPlatform`."""

    name = "plain"

    def __init__(
        self, url: str, *, resend_window: timedelta, deadline: float, limits: Sequence[Limit] = ()
    ) -> None:
        self.resend_window = resend_window
        self._url = url
        self._deadline = aiohttp.ClientTimeout(total=deadline)
        self._limits = tuple(limits)
        self._session: aiohttp.ClientSession | None = None

    @asynccontextmanager
    async def connect(self, handle: CommandHandler | None) -> AsyncIterator[None]:
        connector = aiohttp.TCPConnector(limit=0, force_close=True)
        async with aiohttp.ClientSession(timeout=self._deadline, connector=connector) as session:
            self._session = session
            yield

    def limits(self, destination: Destination) -> Sequence[Limit]:
        own = [Limit(f"plain:{destination.channel}", 100, 1.0, shared=False)]
        return (*self._limits, *own) if self._limits else ()

    async def send(self, destination: Destination, card: Card, *, key: str) -> MessageRef:
        assert self._session is not None
        body = {"channel": destination.channel, "key": key, "text": card.title}
        try:
            async with self._session.post(f"{self._url}/send", json=body) as answer:
                if answer.status == 429:
                    raise RetryLater("Too fast.", after=float((await answer.json())["after"]))
                if answer.status != 200:
                    raise Ambiguous(f"The platform answered {answer.status}.")
                return self._ref(destination, (await answer.json())["id"])
        except aiohttp.ClientConnectorError as error:
            raise RetryLater("No connection.", after=0.2) from error
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise Ambiguous(f"No answer ({type(error).__name__}).") from error

    async def find(self, destination: Destination, *, key: str, since: datetime) -> MessageRef | None:
        assert self._session is not None
        try:
            async with self._session.get(
                f"{self._url}/find", params={"channel": destination.channel, "key": key}
            ) as answer:
                if answer.status != 200:
                    raise RetryLater("Not now.", after=0.2)
                found = (await answer.json())["id"]
                return None if found is None else self._ref(destination, found)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise RetryLater("It cannot be looked up now.", after=0.2) from error

    def _ref(self, destination: Destination, message: str) -> MessageRef:
        return MessageRef(platform=self.name, channel=destination.channel, message=message)
