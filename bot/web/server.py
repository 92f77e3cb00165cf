"""The sockets of the site. One connection carries one request and lives for a few seconds, whatever its other end does.

aiohttp lets a request take an hour to arrive, and an answer for ever to be read: a connection that says nothing, or says it a
letter at a time, would be held for so long. So each is cut off after :data:`LIFETIME`, there are at most :data:`CONNECTIONS` of them,
and only GET and HEAD without a body are answered.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import ip_address
from typing import Any, Final
from urllib.parse import urlsplit

import structlog
from aiohttp import web

from bot.clock import Clock
from bot.errors import PigeonError, StartError
from bot.store import Store
from bot.web.budget import client_of, inside
from bot.web.layout import HEADERS, problem
from bot.web.site import Site
from bot.web.visit import Answer, Visit

log = structlog.get_logger(__name__)

LIFETIME: Final = 20.0
"""Seconds from the opening of a connection to its end: the request, the answer (10 s at most), and its sending."""
CONNECTIONS: Final = 200
EACH: Final = 40
"""Connections of one peer at a time; a proxy of ours has those of many."""
HEADER: Final = 8_190
"""Bytes of the request line, and of one header."""
MOST_HEADERS: Final = 64
ANNOUNCE_EVERY: Final = 60.0
"""Seconds between two notes in the store that the page is there."""
ANNOUNCED_FOR: Final = timedelta(minutes=3)
BEAT: Final = 0.5
"""Seconds between two looks at how late the event loop is."""
WINDOW: Final = 60.0
STOP_WITHIN: Final = 2.0
"""Seconds for answers under way when the server stops."""


@dataclass(frozen=True, slots=True)
class Bind:
    """Where the site listens, and what it is called from outside."""

    host: str
    port: int
    """0 takes any free one."""
    public: str = ""
    """``https://papers.example.org``; empty: the address it listens on."""
    proxies: tuple[str, ...] = ()
    """Addresses or networks of reverse proxies before it."""


class _Connection(web.RequestHandler):
    """One connection, with its end in sight."""

    def __init__(self, manager: _Connections, **options: Any) -> None:
        super().__init__(manager, **options)
        self._all = manager
        self._end: asyncio.TimerHandle | None = None
        self._peer: str | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        peer = str((transport.get_extra_info("peername") or ("",))[0])
        if not self._all.admit(peer):
            assert isinstance(transport, asyncio.Transport)
            transport.abort()
            return
        self._peer = peer
        super().connection_made(transport)
        # The loop's own time: a connection is no business of the clock that the site is told.
        self._end = asyncio.get_running_loop().call_later(self._all.lifetime, self._cut_off)

    def _cut_off(self) -> None:
        if isinstance(self.transport, asyncio.Transport):
            self.transport.abort()

    def connection_lost(self, exc: BaseException | None) -> None:
        if self._end is not None:
            self._end.cancel()
        if self._peer is not None:
            self._all.leave(self._peer)
            super().connection_lost(exc)

    def handle_error(
        self,
        request: web.BaseRequest,  # noqa: ARG002 - it may hold anything
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,  # noqa: ARG002
    ) -> web.StreamResponse:
        """What could not even be read as a request. Nothing of it is repeated, neither to the sender nor in the log."""
        log.debug("A request could not be read", status=status, error=type(exc).__name__)
        return _response(Answer(status, problem("Not a request", "That was no request that I can read.")))


class _Connections(web.Server):
    """Makes connections, and counts them."""

    def __init__(self, handler: Any, *, lifetime: float, proxies: tuple[str, ...], **options: Any) -> None:
        super().__init__(handler, **options)
        self._options = options
        self._proxies = proxies
        self.lifetime = lifetime
        self._open: Counter[str] = Counter()

    def __call__(self) -> web.RequestHandler:
        return _Connection(self, loop=asyncio.get_running_loop(), **self._options)

    def admit(self, peer: str) -> bool:
        """Count a connection in; ``False`` where there are too many."""
        if self._open.total() >= CONNECTIONS:
            return False
        if self._open[peer] >= EACH and not inside(peer, self._proxies):
            return False
        self._open[peer] += 1
        return True

    def leave(self, peer: str) -> None:
        """Count it out."""
        self._open[peer] -= 1
        if self._open[peer] <= 0:
            del self._open[peer]


class WebServer:
    """Serves a site from :meth:`open` to :meth:`close`."""

    def __init__(
        self, site: Site, bind: Bind, store: Store, clock: Clock, *, lifetime: float = LIFETIME
    ) -> None:
        self._site = site
        self._bind = bind
        self._store = store
        self._clock = clock
        self._lifetime = lifetime
        self._runner: web.ServerRunner | None = None
        self._names = _names(bind)

    @property
    def address(self) -> str:
        """Where people reach it."""
        return self._site.address

    async def open(self) -> None:
        """Listen.

        Raises:
            StartError: its address is taken, or is none of this machine's.
        """
        server = _Connections(
            self._request,
            lifetime=self._lifetime,
            proxies=self._bind.proxies,
            access_log=None,  # addresses of pages and feeds are secrets
            logger=logging.getLogger("bot.web.aiohttp"),
            keepalive_timeout=self._lifetime,
            max_line_size=HEADER,
            max_field_size=HEADER,
            max_headers=MOST_HEADERS,
            lingering_time=0.0,
            tcp_keepalive=False,
        )
        self._runner = web.ServerRunner(server, shutdown_timeout=STOP_WITHIN)
        await self._runner.setup()
        try:
            listener = web.TCPSite(self._runner, self._bind.host, self._bind.port, backlog=64)
            await listener.start()
        except (OSError, OverflowError) as error:
            await self.close()
            why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
            raise StartError(
                f"The web page cannot be served on {self._bind.host}:{self._bind.port} ({why}). Set PIGEON_WEB_PORT to "
                "a free port, or to 0 for no page, and PIGEON_WEB_HOST to an address of this machine."
            ) from error
        self._site.address = self._bind.public or _address(self._bind.host, self._runner.addresses[0][1])

    async def run(self) -> None:
        """Say in the store where the page is, and watch how late the event loop is, until cancelled."""
        late: deque[tuple[float, float]] = deque()
        announced: float | None = None
        while True:
            before = self._clock.monotonic()
            if announced is None or before - announced >= ANNOUNCE_EVERY:
                try:
                    await self._store.web.announce(self.address, ttl=ANNOUNCED_FOR)
                    announced = before
                except PigeonError:
                    pass  # the store is away, which other parts say; the next beat tries again
            before = self._clock.monotonic()
            await self._clock.sleep(BEAT)
            now = self._clock.monotonic()
            late.append((now, max(0.0, now - before - BEAT)))
            while late[0][0] <= now - WINDOW:
                late.popleft()
            self._site.stall = max(one for _, one in late)

    async def close(self) -> None:
        """Stop listening, and let answers under way end."""
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None
        await self._site.close()

    async def _request(self, request: web.BaseRequest) -> web.StreamResponse:
        if request.method not in {"GET", "HEAD"}:
            sentence = "This page is only read. Commands are given in chat."
            return _response(
                Answer(405, problem("Only to be read", sentence), headers={"Allow": "GET, HEAD"})
            )
        if request.can_read_body:
            return _response(Answer(413, problem("Too much", "This page takes no content.")))
        if not self._known(request.headers.get("Host", "")):
            sentence = "This page has another address. Whoever operates it sets PIGEON_WEB_URL to it."
            return _response(Answer(421, problem("Another address", sentence)))
        headers = request.headers
        visit = Visit(
            path=request.path,
            query=_query(request),
            client=client_of(
                request.remote or "", ",".join(headers.getall("X-Forwarded-For", [])), self._bind.proxies
            ),
            none_match=",".join(headers.getall("If-None-Match", [])),
            modified_since=headers.get("If-Modified-Since", ""),
        )
        return _response(await self._site.answer(visit))

    def _known(self, host: str) -> bool:
        """Is it a name of ours? A foreign name with our address behind it (DNS rebinding) has a dot and is no address."""
        name = _name_of(host)
        if name is None:
            return False
        if name in self._names or "." not in name:
            return True
        try:
            ip_address(name)
        except ValueError:
            return False
        return True


def _response(answer: Answer) -> web.Response:
    made = web.Response(
        status=answer.status,
        body=answer.body.encode("utf-8", "replace"),
        headers={**HEADERS, **answer.headers},
    )
    made.headers["Content-Type"] = answer.kind
    made.force_close()
    return made


def _query(request: web.BaseRequest) -> Mapping[str, str]:
    """The first value of each name; what is no UTF-8 is replaced."""
    return {name: request.query.getall(name)[0] for name in request.query}


def _names(bind: Bind) -> frozenset[str]:
    public = urlsplit(bind.public).hostname if bind.public else None
    return frozenset(name.lower() for name in ("localhost", bind.host, public) if name)


def _name_of(host: str) -> str | None:
    """The name in a Host header, without its port; ``None`` where it is none."""
    try:
        parts = urlsplit(f"//{host}")
        parts.port  # noqa: B018 - raises where it is no number
    except ValueError:
        return None
    return (
        parts.hostname.rstrip(".") if parts.hostname and not parts.path and parts.username is None else None
    )


def _address(host: str, port: int) -> str:
    try:
        read = ip_address(host)
    except ValueError:
        return f"http://{host}:{port}"
    if read.is_unspecified:
        return f"http://127.0.0.1:{port}"
    return f"http://[{host}]:{port}" if read.version == 6 else f"http://{host}:{port}"
