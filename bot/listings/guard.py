"""The wall between addresses that users give us and the networks this machine can see.

An address is judged at the moment of dialling: the name is resolved, *every* address it has is checked
against our own list, and one of the checked ones is dialled. So spellings of literals, redirects and
names that change their answer all meet the same check. ``ipaddress.is_global`` is not asked: it calls
several tunnelled and reserved ranges global, differently from one Python to the next.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any, Final

import httpcore

REFUSAL: Final = "This address cannot be read: only feeds on the public web are, over http or https."
"""The one sentence for every refusal: it tells nothing about what stands behind an address."""

Address = IPv4Address | IPv6Address
Resolve = Callable[[str, int], Awaitable[Sequence[str]]]

_PUBLIC_PORTS: Final = frozenset({80, 443})

# https://www.iana.org/assignments/iana-ipv4-special-registry and …/iana-ipv6-special-registry
_DENIED_V4: Final = tuple(
    IPv4Network(text)
    for text in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.31.196.0/24",
        "192.52.193.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "192.175.48.0/24",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
    )
)
# Only 2000::/3 is given out to the public; what is special inside it, and tunnels, are named below.
_PUBLIC_V6: Final = IPv6Network("2000::/3")
_DENIED_V6: Final = tuple(
    IPv6Network(text)
    for text in ("2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20")
)


class Refused(Exception):
    """The guard does not dial this. Never shown: :mod:`bot.listings.fetch` translates it."""


@dataclass(frozen=True, slots=True)
class Allowed:
    """What the operator opened: names with or without a port, and networks."""

    hosts: frozenset[tuple[str, int | None]] = frozenset()
    networks: frozenset[IPv4Network | IPv6Network] = frozenset()

    @classmethod
    def read(cls, entries: Iterable[str]) -> Allowed:
        """Read entries like ``feeds.lab.example``, ``feeds.lab.example:8080`` and ``10.1.0.0/16``.

        Raises ValueError for one that is neither.
        """
        hosts: set[tuple[str, int | None]] = set()
        networks: set[IPv4Network | IPv6Network] = set()
        for entry in (raw.strip().lower() for raw in entries):
            if not entry:
                continue
            try:
                networks.add(ip_network(entry))
            except ValueError:
                name, _, port = entry.partition(":")
                if not name or "/" in entry or (port and not port.isdecimal()):
                    raise ValueError(
                        f"{entry} is neither a host, a host with a port, nor a network"
                    ) from None
                hosts.add((name, int(port) if port else None))
        return cls(frozenset(hosts), frozenset(networks))

    def host(self, host: str, port: int) -> bool:
        """Did the operator open this name, whatever its addresses are?"""
        name = host.lower().rstrip(".")
        return (name, None) in self.hosts or (name, port) in self.hosts

    def address(self, address: Address) -> bool:
        """Did the operator open a network with this address in it?"""
        return any(address in network for network in self.networks if network.version == address.version)


NOTHING: Final = Allowed()
"""No exceptions: the public web only."""


def is_public(address: Address) -> bool:
    """Is it an address of the public internet, and no tunnel to another one?"""
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _DENIED_V4)
    return address in _PUBLIC_V6 and not any(address in network for network in _DENIED_V6)


async def system_resolve(host: str, port: int) -> Sequence[str]:
    """Every address the system's resolver knows for a name or for any spelling of a literal."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


class GuardedBackend(httpcore.AsyncNetworkBackend):
    """Dials public addresses only."""

    def __init__(self, *, allowed: Allowed, resolve: Resolve) -> None:
        self._allowed = allowed
        self._resolve = resolve
        self._dial = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        async with asyncio.timeout(timeout):
            addresses = await self.checked(host, port)
        failure: Exception | None = None
        for address in addresses:
            try:
                return await self._dial.connect_tcp(
                    address, port, timeout=timeout, local_address=local_address, socket_options=socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure or Refused(host)

    async def checked(self, host: str, port: int) -> Sequence[str]:
        """The addresses of ``host``, each of them allowed. Raises Refused if any one is not."""
        try:
            found = await self._resolve(host, port)
            addresses = [ip_address(text.split("%", 1)[0]) for text in found]
        except (OSError, ValueError) as error:
            raise Refused(host) from error  # an unknown name says no more than a forbidden one
        opened = self._allowed.host(host, port)
        for address in addresses:
            if opened or self._allowed.address(address):
                continue
            if port not in _PUBLIC_PORTS or not is_public(address):
                raise Refused(host)
        if not addresses:
            raise Refused(host)
        return [str(address) for address in addresses]

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,  # noqa: ARG002, ASYNC109
        socket_options: Iterable[Any] | None = None,  # noqa: ARG002
    ) -> httpcore.AsyncNetworkStream:
        raise Refused(path)

    async def sleep(self, seconds: float) -> None:
        await self._dial.sleep(seconds)
