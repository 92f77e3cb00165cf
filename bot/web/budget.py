"""How much work visitors may cause: each client for itself, and all of them together."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Final

from bot.clock import Clock

CLIENT: Final = 10.0
"""Seconds of work that one client may cause at once, and in each minute after."""
EVERYBODY: Final = 30.0
"""The same for all clients together: visitors never take more than half of a processor."""
AT_ONCE: Final = 2
"""Pieces of work under way at a time."""
QUEUE: Final = 16
"""Pieces that may wait for their turn; more are sent away at once."""
CLIENTS: Final = 4_096
"""Clients that are remembered; the one that was away longest is forgotten first."""
_PER: Final = 60.0


class TooBusy(Exception):
    """No work is done for this visitor now; ``after`` seconds say when it may be tried again."""

    def __init__(self, after: float) -> None:
        super().__init__("too busy")
        self.after = after


@dataclass(slots=True)
class _Purse:
    """Seconds of work that are left; they come back evenly, a whole purse in a minute."""

    size: float
    left: float
    since: float

    def look(self, now: float) -> float:
        """What is there now."""
        self.left = min(self.size, self.left + (now - self.since) * self.size / _PER)
        self.since = now
        return self.left

    def wait(self, wanted: float) -> float:
        """Seconds until so much is there again."""
        return max(1.0, (wanted - self.left) * _PER / self.size)


class Budget:
    """Counts the time that work takes, at least ``least`` for each piece; who has used theirs up waits."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._all = _Purse(EVERYBODY, EVERYBODY, clock.monotonic())
        self._purses: dict[str, _Purse] = {}
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._waiting = 0

    @asynccontextmanager
    async def work(self, client: str, *, least: float) -> AsyncIterator[None]:
        """Within it the work is done.

        Raises:
            TooBusy: this client, or all of them together, asked for too much.
        """
        purse = self._purse(client)
        for one in (purse, self._all):
            if one.look(self._clock.monotonic()) < least:
                raise TooBusy(one.wait(least))
        if self._waiting >= QUEUE:
            raise TooBusy(1.0)
        # Taken before the work, so that many requests at once do not all find the purse full.
        for one in (purse, self._all):
            one.left -= least
        self._waiting += 1
        try:
            await self._turns.acquire()
        finally:
            self._waiting -= 1
        began = self._clock.monotonic()
        try:
            yield
        finally:
            self._turns.release()
            more = max(0.0, self._clock.monotonic() - began - least)
            for one in (purse, self._all):
                one.left -= more

    def _purse(self, client: str) -> _Purse:
        held = self._purses.pop(client, None) or _Purse(CLIENT, CLIENT, self._clock.monotonic())
        self._purses[client] = held
        while len(self._purses) > CLIENTS:
            del self._purses[next(iter(self._purses))]
        return held


def client_of(peer: str, forwarded: str, proxies: tuple[str, ...]) -> str:
    """Whose request it is: the peer's, or, where that is a proxy of ours, whoever the proxy names.

    ``forwarded`` is ``X-Forwarded-For``; it is read from its end, since anybody may write its beginning. Addresses of
    one IPv6 network of 64 bits are one client: a household has so many.
    """
    address = peer
    for named in reversed([part.strip() for part in forwarded.split(",") if part.strip()]):
        if not inside(address, proxies):
            break
        address = named
    try:
        read = ip_address(address)
    except ValueError:
        return peer
    if isinstance(read, IPv6Address):
        mapped = read.ipv4_mapped
        return str(mapped) if mapped else str(ip_network((read, 64), strict=False))
    return str(read)


def inside(address: str, networks: tuple[str, ...]) -> bool:
    """Is an address one of those, or in one of those networks?"""
    try:
        read = ip_address(address)
    except ValueError:
        return False
    return any(read in ip_network(one, strict=False) for one in networks)
