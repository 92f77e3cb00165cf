"""Requests to Discord: discord.py's client and its buckets, our deadline, our patience, our errors.

discord.py waits out rate limits *inside* a request, also after a message was posted. A sender holds a lease
meanwhile, so here a bucket that is used up says so at once, and the core comes back later.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from contextvars import ContextVar
from io import BytesIO
from types import TracebackType
from typing import Any, Final, cast

import aiohttp
import discord
import yarl
from discord.gateway import DiscordWebSocket
from discord.http import HTTPClient, Ratelimit, Route

from adapters.discord.errors import translate
from adapters.discord.pace import Made, Pace
from bot.cards import Attachment
from bot.errors import RetryLater

DEADLINE: Final = 10.0
"""Seconds for one request with everything that discord.py does for it."""
API: Final = "https://discord.com/api/v10"
_ANSWERS: Final = ("/interactions/", "/webhooks/")
"""Answers to interactions do not count against the bot's requests a second
(https://discord.com/developers/docs/topics/rate-limits#global-rate-limit)."""
_started: ContextVar[Made | None] = ContextVar("_started", default=None)


def point_at(api_url: str, gateway_url: str) -> None:
    """Have discord.py talk to these addresses: a rate-limit proxy, or a test's Discord.

    discord.py keeps both in class attributes, so they hold for the whole process.
    """
    Route.BASE = api_url.rstrip("/")
    if gateway_url:
        DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(gateway_url)


class _Bucket(Ratelimit):
    """A bucket of discord.py that never sleeps: it tells how long to wait instead."""

    __slots__ = ()

    async def acquire(self) -> None:
        self._last_request = self._loop.time()
        while True:
            if self.is_expired():
                self.reset()  # type: ignore[no-untyped-call]
            if self.remaining > 0:
                break
            if self.expires is not None:
                raise discord.RateLimited(max(0.0, self.expires - self._loop.time()))
            waiting = self._loop.create_future()  # the bucket's first answer is on its way
            self._pending_requests.append(waiting)
            await waiting
        self.remaining -= 1
        self.outgoing += 1

    async def __aexit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.outgoing -= 1
        if self.expires is None:
            self.reset()  # type: ignore[no-untyped-call]
        self._wake(len(self._pending_requests))


class PromptHTTP(HTTPClient):
    """discord.py's REST client with such buckets; a 429 is raised at once."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, *, http_trace: aiohttp.TraceConfig | None = None
    ) -> None:
        super().__init__(loop, http_trace=http_trace)
        # Its constructor raises anything lower to 30 seconds; longer waits than this are errors.
        self.max_ratelimit_timeout = 0.001

    def get_ratelimit(self, key: str) -> Ratelimit:
        if key not in self._buckets:
            self._buckets[key] = _Bucket(self.max_ratelimit_timeout)
            self._try_clear_expired_ratelimits()
        return self._buckets[key]


class Rest:
    """One process's way to Discord's REST API."""

    def __init__(self, token: str, pace: Pace, *, deadline: float = DEADLINE) -> None:
        self._token = token
        self._pace = pace
        self._deadline = deadline
        self._http: HTTPClient | None = None
        self._opening = asyncio.Lock()
        self.user_id = ""
        """The bot's own user id, once something was asked."""

    async def open(self) -> None:
        """Log in, unless that is done. Raises a DeliveryError; a refused token is a LoginFailure under it."""
        async with self._opening:
            if self._http is not None:
                return
            self._pace.check()
            http = PromptHTTP(asyncio.get_running_loop(), http_trace=self._trace())
            try:
                async with asyncio.timeout(self._deadline):
                    me = await http.static_login(self._token)
            except BaseException as error:
                await http.close()
                if isinstance(error, Exception):
                    raise translate(error, "log in") from error
                raise
            self.user_id = str(me["id"])
            self._http = http

    async def close(self) -> None:
        """Let go of the connections."""
        http, self._http = self._http, None
        if http is not None:
            await http.close()

    async def call(
        self,
        method: str,
        path: str,
        *,
        doing: str,
        body: Mapping[str, Any] | Sequence[Any] | None = None,
        files: Sequence[Attachment] = (),
        params: Mapping[str, Any] | None = None,
        **ids: str | int,
    ) -> Any:
        """One request; ``path`` holds the names of ``ids`` in braces. Raises a DeliveryError."""
        answer = path.startswith(_ANSWERS)
        self._pace.check(answer=answer)
        await self.open()
        assert self._http is not None
        options: dict[str, Any] = {"params": dict(params)} if params else {}
        options |= _with_files(body, files) if files else ({} if body is None else {"json": body})
        made = Made()
        token = _started.set(made)
        place = nullcontext() if answer else self._pace.request(made)
        try:
            async with asyncio.timeout(self._deadline), place:
                return await self._http.request(Route(method, path, **cast("Any", ids)), **options)
        except TimeoutError as error:
            if not made.requests and self._http.http_trace is not None:
                raise RetryLater(f"Too many requests were waiting; did not {doing}.", after=1.0) from error
            raise translate(error, doing) from error
        except (
            Exception
        ) as error:  # also what discord.py's reading of a strange answer raises (KeyError, ValueError)
            raise translate(error, doing) from error
        finally:
            _started.reset(token)

    def _trace(self) -> aiohttp.TraceConfig:
        trace = aiohttp.TraceConfig()

        async def started(_session: object, _context: object, _params: object) -> None:
            if (made := _started.get()) is not None:
                made.requests += 1

        async def ended(_session: object, _context: object, params: aiohttp.TraceRequestEndParams) -> None:
            answer = params.response
            self._pace.answered(params.method, params.url.path, answer.status, answer.headers)

        trace.on_request_start.append(started)
        trace.on_request_end.append(ended)
        return trace


def _with_files(body: object, files: Sequence[Attachment]) -> dict[str, Any]:
    """A multipart request: https://discord.com/developers/docs/reference#uploading-files."""
    form: list[dict[str, Any]] = [
        {"name": "payload_json", "value": json.dumps(body), "content_type": "application/json"}
    ]
    sent = [discord.File(BytesIO(file.content), filename=file.name) for file in files]
    for number, (file, source) in enumerate(zip(sent, files, strict=True)):
        form.append(
            {
                "name": f"files[{number}]",
                "value": file.fp,
                "filename": file.filename,
                "content_type": source.media_type.partition(";")[0],
            }
        )
    return {"form": form, "files": sent}
