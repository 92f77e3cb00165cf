"""The one way out: HTTP with a deadline, a byte cap on the decoded body, and checked redirects.

What the world may try, and what stands against it:

- a body that never ends or drips: one deadline for the whole exchange, not one for each read;
- a compression bomb: we ask for gzip only, inflate in small bounded steps, and refuse everything else;
- a redirect to somewhere else: at most three, each judged as if a user had given it;
- a foreign exception: :func:`translate` is the only place that knows httpx's.
"""

from __future__ import annotations

import asyncio
import ssl
import zlib
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final
from urllib.parse import urljoin, urlsplit

import httpcore
import httpx

from bot import __version__
from bot.clock import Clock
from bot.errors import (
    ListingBusy,
    ListingError,
    ListingMalformed,
    ListingUnavailable,
    ListingUnreachable,
)
from bot.listings.guard import NOTHING, REFUSAL, Allowed, GuardedBackend, Refused, Resolve, system_resolve
from bot.listings.politeness import HostLimiter, Manners
from bot.listings.wait import asked_to_wait, budget_spent

DEADLINE: Final = 30.0
"""Seconds for a whole exchange, redirects included; waiting for a turn does not count."""
CONNECT_DEADLINE: Final = 4.0
"""Seconds to reach a host at all: short, so that «no network» is said soon."""
CAP: Final = 5 * 1024 * 1024
"""Most bytes of a decoded body."""
MOST_REDIRECTS: Final = 3
_STEP: Final = 64 * 1024
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """An answer that came whole."""

    status: int
    body: bytes
    etag: str | None = None
    modified: str | None = None
    url: str = ""
    """Where it was found in the end."""
    headers: Mapping[str, str]
    """Names in lower case."""

    @property
    def unchanged(self) -> bool:
        """«Not modified»: there is no body."""
        return self.status == 304


class Fetcher:
    """Fetches pages of listings. One for the whole program."""

    def __init__(
        self,
        *,
        clock: Clock,
        limiter: HostLimiter,
        contact: str = "",
        resolve: Resolve = system_resolve,
    ) -> None:
        self._clock = clock
        self.limiter = limiter
        about = f"; {contact}" if contact.isprintable() and contact.isascii() and contact else ""
        self._agent = f"paper-pigeon/{__version__} (+https://github.com/paper-pigeon/paper-pigeon{about})"
        self._resolve = resolve
        self._clients: dict[Allowed | None, httpx.AsyncClient] = {}

    async def aclose(self) -> None:
        """Close what is open."""
        clients, self._clients = self._clients, {}
        for client in clients.values():
            await client.aclose()

    async def get(
        self,
        url: str,
        *,
        etag: str | None = None,
        modified: str | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: float = DEADLINE,  # noqa: ASYNC109
        cap: int = CAP,
        guarded: bool = False,
        allowed: Allowed = NOTHING,
        manners: Manners | None = None,
        accept: frozenset[int] = frozenset({200}),
    ) -> Fetched:
        """Fetch ``url``; with ``etag`` or ``modified`` the answer may be «not modified».

        ``guarded`` is for addresses that users gave: public ones only, and what the operator ``allowed``
        besides. ``manners`` default to those of the host alone. ``timeout`` is in seconds, for all hops
        together; ``cap`` in bytes, of the decoded body. ``accept`` names the statuses that are answers;
        304 is one if it was asked for. Raises a :class:`bot.errors.ListingError` for everything else, and never another exception.
        """
        sent = {"User-Agent": self._agent, "Accept-Encoding": "gzip", **(headers or {})}
        if etag:
            sent["If-None-Match"] = etag
        if modified:
            sent["If-Modified-Since"] = modified
        accept = accept | {304} if etag or modified else accept
        first_host = None
        left = timeout
        for _ in range(MOST_REDIRECTS + 1):
            host = _host(url)
            if first_host is None:
                first_host = host
            elif host != first_host:
                guarded = True  # a redirect elsewhere is nothing the operator wrote down
                sent = {name: value for name, value in sent.items() if name.lower() not in _PRIVATE}
            polite = manners or Manners(host)
            async with self.limiter.turn(polite):
                begun = self._clock.monotonic()
                answer = await self._exchange(url, sent, left, cap, allowed if guarded else None)
                left -= self._clock.monotonic() - begun
                await self._heed(answer, polite, host)
            if answer.status not in _REDIRECTS:
                return _accepted(answer, accept, host)
            url = _next_hop(url, answer.headers.get("location", ""))
        raise ListingUnavailable(f"{first_host} redirects more than {MOST_REDIRECTS} times.")

    async def post(
        self,
        url: str,
        content: Mapping[str, object],
        *,
        headers: Mapping[str, str] | None = None,
        timeout: float = DEADLINE,  # noqa: ASYNC109
        cap: int = CAP,
        manners: Manners | None = None,
        accept: frozenset[int] = frozenset({200}),
    ) -> Fetched:
        """Send ``content`` as JSON to an address of the settings; a redirect is refused, for it would carry the content.

        Otherwise as :meth:`get`.
        """
        sent = {"User-Agent": self._agent, "Accept-Encoding": "gzip", **(headers or {})}
        host = _host(url)
        polite = manners or Manners(host)
        async with self.limiter.turn(polite):
            answer = await self._exchange(url, sent, timeout, cap, None, content=content)
            await self._heed(answer, polite, host)
        return _accepted(answer, accept, host)

    async def _exchange(
        self,
        url: str,
        headers: Mapping[str, str],
        seconds: float,
        cap: int,
        guard: Allowed | None,
        *,
        content: Mapping[str, object] | None = None,
    ) -> Fetched:
        try:
            async with (
                asyncio.timeout(max(0.001, seconds)),
                self._client(guard).stream(
                    "GET" if content is None else "POST",
                    url,
                    headers=headers,
                    json=content,
                    timeout=httpx.Timeout(seconds, connect=CONNECT_DEADLINE),
                ) as response,
            ):
                wanted = response.status_code not in _REDIRECTS and response.status_code != 304
                body = await _bounded(response, cap) if wanted else b""
                return Fetched(
                    status=response.status_code,
                    body=body,
                    etag=_repeatable(response.headers.get("etag")),
                    modified=_repeatable(response.headers.get("last-modified")),
                    url=url,
                    headers={name.lower(): value for name, value in response.headers.items()},
                )
        except FOREIGN as error:
            raise translate(error, url) from error

    async def _heed(self, answer: Fetched, manners: Manners, host: str) -> None:
        """Obey what the answer says about coming back."""
        asked = asked_to_wait(answer.headers, self._clock.now())
        if answer.status in {429, 503} or (answer.status == 403 and manners.cooldown > 0):
            seconds = max(asked if asked is not None else 60.0, manners.cooldown)
            await self.limiter.cool(manners, seconds, f"{host} answered with {answer.status}")
            raise ListingBusy(
                f"{host} asks to be left alone (HTTP {answer.status}); it is asked again in {seconds:.0f} seconds.",
                after=seconds,
            )
        spent = budget_spent(answer.headers)
        if spent is not None:
            await self.limiter.cool(manners, spent, f"the request budget at {host} is spent")

    def _client(self, guard: Allowed | None) -> httpx.AsyncClient:
        """The client for guarded fetches with these exceptions; for ``None`` the one for trusted addresses."""
        if guard not in self._clients:
            self._clients[guard] = httpx.AsyncClient(
                # No connection is kept: listings are asked rarely, and arXiv wants one over all its hosts.
                limits=httpx.Limits(max_keepalive_connections=0),
                follow_redirects=False,
                verify=_trusted(),
                transport=None if guard is None else _GuardedTransport(guard, self._resolve),
                trust_env=guard is None,  # a proxy would dial for us, unchecked
            )
        return self._clients[guard]


@cache
def _trusted() -> ssl.SSLContext:
    """The certificates that count, read once: certifi's, or the operator's own by ``SSL_CERT_FILE``."""
    return httpx.create_ssl_context()


class _GuardedTransport(httpx.AsyncHTTPTransport):
    """httpx's own transport over a pool that dials through the guard."""

    def __init__(self, allowed: Allowed, resolve: Resolve) -> None:
        super().__init__(verify=_trusted(), trust_env=False)
        # httpx has no parameter for the network backend; a test proves that this one is asked.
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=_trusted(),
            max_keepalive_connections=0,
            network_backend=GuardedBackend(allowed=allowed, resolve=resolve),
        )


_PRIVATE: Final = frozenset({"authorization", "cookie", "x-api-key", "api-key"})


async def _bounded(response: httpx.Response, cap: int) -> bytes:
    """The decoded body, or an error as soon as it is longer than ``cap``."""
    encoding = response.headers.get("content-encoding", "").strip().lower()
    host = response.url.host
    if encoding in {"", "identity"}:
        return await _gather(response.aiter_raw(_STEP), cap, host)
    if encoding in {"gzip", "x-gzip"}:
        return await _gather(_inflated(response.aiter_raw(_STEP), host), cap, host)
    raise ListingMalformed(f"{host} compressed its answer in a way nobody asked for ({encoding[:40]}).")


async def _gather(chunks: AsyncIterator[bytes], cap: int, host: str) -> bytes:
    body = bytearray()
    async for chunk in chunks:
        body += chunk
        if len(body) > cap:
            raise ListingMalformed(
                f"{host} sent more than {cap // 1024:,} KiB; the answer was not read to its end."
            )
    return bytes(body)


async def _inflated(chunks: AsyncIterator[bytes], host: str) -> AsyncIterator[bytes]:
    """Gzip undone in steps of bounded size: one small chunk may hold a gigabyte."""
    inflate = zlib.decompressobj(31)
    begun = False
    async for chunk in chunks:
        data, begun = chunk, True
        while data:
            if inflate.eof:  # a second gzip member follows the first
                inflate = zlib.decompressobj(31)
            yield inflate.decompress(data, _STEP)
            data = inflate.unused_data if inflate.eof else inflate.unconsumed_tail
    if begun and not inflate.eof:
        raise ListingMalformed(f"{host} sent an answer that breaks off in the middle.")


def _repeatable(tag: str | None) -> str | None:
    """The tag, if it can be sent back as a header; one that cannot would stop the listing for good."""
    return tag if tag and tag.isascii() and tag.isprintable() and len(tag) <= 1_000 else None


def _accepted(answer: Fetched, accept: frozenset[int], host: str) -> Fetched:
    if answer.status in accept:
        return answer
    if answer.status == 404:
        raise ListingUnavailable(f"{host} has no such page (HTTP 404); check the address in the settings.")
    if answer.status in {401, 403}:
        raise ListingUnavailable(
            f"{host} refuses us (HTTP {answer.status}); it may want a login or forbid bots."
        )
    raise ListingUnavailable(f"{host} answered with HTTP {answer.status}; the next poll asks again.")


def _host(url: str) -> str:
    """The host to name in sentences and to count requests by. Raises ListingUnavailable if none is there."""
    try:
        parts = urlsplit(url)
        port = f":{parts.port}" if parts.port else ""
        fine = (
            parts.scheme in {"http", "https"} and parts.hostname and not parts.username and not parts.password
        )
    except ValueError:
        fine = False
    if not fine:
        raise ListingUnavailable(REFUSAL)
    return f"{parts.hostname}{port}"


def _next_hop(url: str, location: str) -> str:
    try:
        target = urljoin(url, location)
    except ValueError:
        target = ""
    if not location or (url.startswith("https:") and not target.startswith("https:")):
        raise ListingUnavailable(REFUSAL)
    return target


FOREIGN: Final = (
    httpx.HTTPError,
    httpx.InvalidURL,
    httpx.StreamError,
    httpcore.ConnectionNotAvailable,
    httpcore.ProtocolError,
    Refused,
    ssl.SSLError,
    OSError,
    TimeoutError,
    UnicodeError,
    ValueError,
    zlib.error,
)
"""What an exchange may raise besides our own errors."""


def translate(error: Exception, url: str) -> ListingError:
    """The one place where exceptions of httpx and of the sockets below become ours."""
    host = urlsplit(url).hostname or "the listing"
    match error:
        case Refused() | httpx.InvalidURL() | httpx.UnsupportedProtocol():
            return ListingUnavailable(REFUSAL)
        case zlib.error() | httpx.DecodingError():
            return ListingMalformed(f"{host} sent a body that cannot be unpacked.")
        case httpx.ConnectTimeout() | httpx.ConnectError() | httpx.ProxyError():
            return ListingUnreachable(f"{host} cannot be reached: {_cause(error)}.")
        case TimeoutError() | httpx.TimeoutException():
            return ListingUnavailable(f"{host} took too long to answer; the next poll asks again.")
        case httpx.RemoteProtocolError() | httpx.ReadError() | httpx.WriteError() | httpx.CloseError():
            return ListingUnavailable(f"{host} broke off its answer; the next poll asks again.")
        case _:
            return ListingUnavailable(
                f"{host} could not be read ({type(error).__name__}); the next poll asks again."
            )


def _cause(error: Exception) -> str:
    """Why no connection came about, in words that hold no address."""
    if isinstance(error, httpx.ConnectTimeout):
        return f"no connection within {CONNECT_DEADLINE:.0f} seconds"
    if isinstance(error, httpx.ProxyError):
        return "the proxy refuses"
    text = str(error).lower()
    if "certificate" in text or "ssl" in text or "tls" in text:
        return "its certificate cannot be trusted"
    if "name" in text or "resol" in text or "nodename" in text:
        return "its name is not known, or there is no network"
    return "the connection was refused or lost"
