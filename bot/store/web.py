"""What opens the web page: the secret that signs its links, its address, and the addresses of feeds."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from typing import Final

from bot.store import keys
from bot.store.database import Database

SAVED: Final = "saved"
"""The feed of a person's saved papers; others are named by the number of their subscription."""
GONE_KEPT: Final = timedelta(days=90)
"""For so long a revoked address answers that it is gone for good, rather than that it is unknown."""
_GONE: Final = ""


@dataclass(frozen=True, slots=True)
class Feed:
    """What one address shows, and to whom it was given."""

    platform: str
    workspace: str
    person: str
    subject: str
    """:data:`SAVED`, or the number of a subscription."""
    place: str = ""
    """The key of the subscription's destination when the address was made: the right to read was checked there."""


class WebAccess:
    """Secrets and addresses. None of them is ever logged or backed up."""

    def __init__(self, database: Database) -> None:
        self._database = database

    # --- signed links -------------------------------------------------------------------------

    async def secret(self) -> bytes:
        """What links are signed with; made at the first use."""
        held = await self._database.call(self._database.client.get(keys.WEB_SIGNS))
        if held is None:
            await self._database.call(
                self._database.client.set(keys.WEB_SIGNS, secrets.token_hex(32), nx=True)
            )
            held = await self._database.call(self._database.client.get(keys.WEB_SIGNS))
        return bytes.fromhex(str(held))

    async def rotate(self) -> None:
        """Take a new secret: every link that was signed with the old one ends now."""
        await self._database.call(self._database.client.set(keys.WEB_SIGNS, secrets.token_hex(32)))

    # --- where the page is --------------------------------------------------------------------

    async def announce(self, address: str, *, ttl: timedelta) -> None:
        """Say where the page is served, for whoever makes links to it."""
        await self._database.call(
            self._database.client.set(keys.WEB_ADDRESS, address, px=int(ttl.total_seconds() * 1000))
        )

    async def address(self) -> str | None:
        """Where the page is served, such as ``https://papers.example.org``; ``None`` where no process serves it."""
        held = await self._database.call(self._database.client.get(keys.WEB_ADDRESS))
        return None if held is None else str(held)

    # --- feeds --------------------------------------------------------------------------------

    async def feed(self, feed: Feed) -> str:
        """The secret part of a feed's address: the one there is, else a new one of 256 bits.

        One that was made for another place (the subscription has moved since) is revoked and replaced.
        """
        owner = keys.feeds(feed.platform, feed.workspace, feed.person)
        held = await self._database.call(self._database.client.hget(owner, feed.subject))
        if held is not None:
            if await self.open_feed(str(held)) == feed:
                return str(held)
            await self._end([str(held)])
            await self._database.call(self._database.client.hdel(owner, feed.subject))
        made = secrets.token_urlsafe(32)
        # The record first: an address that is listed always works.
        await self._database.call(self._database.client.set(_name(made), _written(feed)))
        if await self._database.call(self._database.client.hsetnx(owner, feed.subject, made)):
            return made
        await self._database.call(self._database.client.delete(_name(made)))  # two asked at once
        return str(await self._database.call(self._database.client.hget(owner, feed.subject)))

    async def feeds(self, platform: str, workspace: str, person: str) -> Mapping[str, str]:
        """A person's feeds: subject -> the secret part of the address."""
        return dict(
            await self._database.call(self._database.client.hgetall(keys.feeds(platform, workspace, person)))
        )

    async def open_feed(self, token: str) -> Feed | None:
        """What an address shows; ``None`` for one that nobody was given, or that was revoked."""
        held = await self._database.call(self._database.client.get(_name(token)))
        return Feed(**json.loads(held)) if held else None

    async def was_revoked(self, token: str) -> bool:
        """Was it an address until somebody revoked it, within the last 90 days?"""
        return bool(await self._database.call(self._database.client.get(_name(token))) == _GONE)

    async def revoke(self, platform: str, workspace: str, person: str) -> int:
        """End all feed addresses of a person; how many."""
        return await self._revoke_all_in(keys.feeds(platform, workspace, person))

    async def revoke_workspace(self, platform: str, workspace: str) -> int:
        """End all feed addresses of a workspace; how many. It looks through all keys."""
        return await self._revoke_under(keys.feeds_of(platform, workspace))

    async def revoke_everything(self) -> int:
        """End every feed address there is; how many. It looks through all keys."""
        return await self._revoke_under(keys.feeds_of("", "").removesuffix("//"))

    async def _revoke_under(self, start: str) -> int:
        pattern = "".join(f"[{char}]" if char in "*?[]\\" else char for char in start) + "*"
        owners = [owner async for owner in self._database.scan(pattern)]
        return sum([await self._revoke_all_in(owner) for owner in owners])

    async def _revoke_all_in(self, owner: str) -> int:
        tokens = await self._database.call(self._database.client.hvals(owner))
        await self._end([str(one) for one in tokens])
        await self._database.call(self._database.client.delete(owner))
        return len(tokens)

    async def _end(self, tokens: Sequence[str]) -> None:
        kept = int(GONE_KEPT.total_seconds() * 1000)
        await self._database.pipeline([("SET", _name(one), _GONE, "PX", kept) for one in tokens])


def _name(token: str) -> str:
    """Looked up by its hash: how long the look-up takes says nothing about the address."""
    return keys.feed(sha256(token.encode("utf-8", "replace")).hexdigest())


def _written(feed: Feed) -> str:
    return json.dumps(
        {
            "platform": feed.platform,
            "workspace": feed.workspace,
            "person": feed.person,
            "subject": feed.subject,
            "place": feed.place,
        }
    )
