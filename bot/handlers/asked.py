"""One request on its way to its answer: what was asked, by whom, and what handlers work with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from bot.clock import Clock
from bot.commands import Command
from bot.commands.check import subscription_number
from bot.delivery.compose import Composer
from bot.delivery.destinations import Destinations
from bot.delivery.digests import Digests
from bot.delivery.threads import Threads
from bot.errors import CommandError, NotAllowed, NotFound
from bot.handlers.replay import Replay
from bot.meaning import Meanings
from bot.models import Destination, Paper, Subscription, SubscriptionState
from bot.ports import GivenFeeds, Origin
from bot.private import feed_of
from bot.store import Store
from bot.text.ids import canonical_id

UNDO: Final = timedelta(minutes=10)
"""For so long a change can be taken back."""
DRAFT: Final = timedelta(hours=1)
"""For so long a preview waits for Confirm."""
RESTORABLE: Final = timedelta(days=30)
"""For so long a removed subscription can be brought back."""


@dataclass(frozen=True, slots=True)
class Services:
    """What handlers work with."""

    store: Store
    clock: Clock
    composer: Composer
    digests: Digests
    replay: Replay
    meanings: Meanings
    sources: Sequence[str]
    categories: Mapping[str, Sequence[str]]
    """What those listings are asked for that announce by category."""
    given: GivenFeeds | None
    """Reads feeds that people give; ``None`` where they may not."""
    threads: Threads
    threading: frozenset[str]
    """Platforms that have threads."""
    destinations: Destinations
    started_at: datetime


@dataclass(frozen=True, slots=True)
class Asked:
    """A checked command, its origin, and the services to answer it."""

    command: Command
    origin: Origin
    services: Services
    _seen: dict[str, bool] = field(default_factory=dict)
    """Into which channels the asker may look, as far as that was asked."""

    @property
    def store(self) -> Store:
        """Everything kept."""
        return self.services.store

    @property
    def now(self) -> datetime:
        """The present moment in UTC."""
        return self.services.clock.now()

    def get(self, name: str, default: str = "") -> str:
        """An option's text."""
        return self.command.get(name, default)

    async def preferences(self, destination: Destination | None = None) -> dict[str, str]:
        """What people set for a channel, or for where the command came from."""
        where = destination or self.origin.where
        return dict(
            await self.store.preferences.get(
                where.platform, where.workspace, where.key if where.direct else where.channel
            )
        )

    async def zone(self) -> str:
        """The IANA zone that holds here."""
        return (await self.preferences()).get("timezone") or self.origin.zone or "UTC"

    def destination(self, written: str) -> Destination:
        """Where ``here``, ``me`` or a channel is, within the asker's workspace."""
        where = self.origin.where
        text = written.strip()
        if text.lower() in {"", "here"}:
            return self.origin.me if where.direct else _channel(where, where.channel, where.name)
        if text.lower() in {"me", "@me", "dm"}:
            return self.origin.me
        channel, _, named = text.strip("<>").lstrip("#").partition("|")
        if not channel or any(char.isspace() for char in channel):
            raise CommandError(
                f"«{text}» is not a place I know. Say `here`, `me`, or a channel such as #papers."
            )
        name = named or ("" if text.startswith("<") else channel)
        return _channel(where, channel, f"#{name.lstrip('#')}" if name else "")

    async def require_manage(self, destination: Destination) -> None:
        """Check, now, that the asker may manage subscriptions of that destination.

        Raises:
            NotAllowed: they may not, with what they can do instead.
        """
        if destination.direct:
            if destination.channel == self.origin.person.id:
                return
            raise NotAllowed("Only the person themselves may change alerts by direct message.")
        managers = (await self.preferences(destination)).get("managers", "").split()
        if not await self.origin.rights.may_manage(destination, managers):
            raise NotAllowed(
                f"Only people who can manage {destination.name or 'that channel'} may change its subscriptions. "
                "You can still get these papers yourself: add `to:me`."
            )

    async def subscription(self, *, state: SubscriptionState | None = None) -> Subscription:
        """The subscription that the command names, of this workspace and visible to the asker.

        Raises:
            NotFound: there is none; the same words whether or not another workspace has that number.
        """
        number = subscription_number(self.get("subscription"))
        platform, workspace = self.origin.workspace
        found = await self.store.subscriptions.get(platform, workspace, number)
        if found is None or (state and found.state is not state) or not await self.may_see(found):
            raise NotFound(
                f"There is no subscription {number} here. `list scope:server` shows those there are."
            )
        return found

    async def may_see(self, subscription: Subscription) -> bool:
        """May the asker know of a subscription?

        Somebody's own alerts are nobody else's business, and what a closed channel reads is that of those who are in
        it, or who manage it all the same. Here it is asked of the platform, once for each channel.
        """
        where, here = subscription.destination, self.origin.where
        if where.direct:
            return where.channel == self.origin.person.id
        if where.workspace == here.workspace and where.channel == here.channel:
            return True
        if where.key not in self._seen:
            self._seen[where.key] = await self.origin.rights.may_read(where) or await self._may_manage(where)
        return self._seen[where.key]

    async def _may_manage(self, where: Destination) -> bool:
        managers = (await self.preferences(where)).get("managers", "").split()
        try:
            return await self.origin.rights.may_manage(where, managers)
        except CommandError:
            return False  # the platform does not let even us look into it

    async def subscriptions(self, *, removed: bool = True) -> list[Subscription]:
        """All of this workspace that the asker may see."""
        return [
            one
            for one in await self.store.subscriptions.of(*self.origin.workspace)
            if (removed or one.state is not SubscriptionState.REMOVED) and await self.may_see(one)
        ]

    async def here(self) -> list[Subscription]:
        """Those that post where the command came from, removed ones left out."""
        there = await self.placed(self.destination("here"))
        return [one for one in there if one.state is not SubscriptionState.REMOVED]

    async def placed(self, where: Destination) -> list[Subscription]:
        """All of a place that the asker is in."""
        known = await self.store.subscriptions.of(*self.origin.workspace)
        return [one for one in known if one.destination.key == where.key]

    async def readable(self) -> list[str]:
        """The sources that are read for this workspace: everybody's, and the feeds given here."""
        given = await self.store.feeds.of(*self.origin.workspace)
        return [*self.services.sources, *(one.name for one in given)]

    async def paper(self) -> Paper:
        """The paper that the command names.

        Raises:
            NotFound: no listing brought it.
        """
        text = self.get("paper")
        # Ids of feeds and of a plugin's own scheme («feed:…», «pubmed:…») are known or they are not.
        scheme, colon, rest = text.partition(":")
        own = bool(colon and rest) and scheme.isascii() and scheme.isalnum() and not rest.startswith("//")
        paper_id = canonical_id(text) or (text if own and " " not in text else None)
        if paper_id is None:
            raise CommandError(
                f"«{text[:80]}» is not a paper I can make out. Give an arXiv id such as 2401.01234, a DOI, "
                "or the address of its page."
            )
        found = await self.store.papers.get(await self.store.papers.names.canonical(paper_id))
        feed = feed_of(paper_id)
        if found is None or (feed and not await self.store.feeds.has(self.origin.workspace, feed)):
            raise NotFound(
                f"No listing has brought {text[:80]} so far, or it was more than "
                f"{self.store.papers.retention.days} days ago. `status` shows which listings I read."
            )
        return found


def _channel(where: Destination, channel: str, name: str) -> Destination:
    return Destination(platform=where.platform, workspace=where.workspace, channel=channel, name=name)
