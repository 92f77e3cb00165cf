"""The composition root: joins settings, store, sources and adapters, and runs the roles asked for."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Final

import structlog

from bot.choosing import categories_of
from bot.clock import Clock
from bot.delivery.compose import Composer
from bot.delivery.destinations import Destinations
from bot.delivery.digests import Digests
from bot.delivery.discussions import Counts
from bot.delivery.lanes import Lanes
from bot.delivery.sender import Sender, Sent
from bot.embedding import find_embedder
from bot.enriching import Enriching
from bot.errors import PigeonError, SettingsError, StopRequested, StoreUnavailable
from bot.feeding import Feeding
from bot.handlers import Handlers
from bot.matcher import Matcher
from bot.meaning import Meanings
from bot.models import destination_of
from bot.poller import Poll, Poller
from bot.ports import (
    Adapter,
    Enricher,
    GivenFeeds,
    Source,
    ThreadingAdapter,
)
from bot.settings import Settings
from bot.snapshot import Snapshot
from bot.storage import SAY_AGAIN
from bot.store import Store
from bot.upkeep import Upkeep

if TYPE_CHECKING:
    from bot.web.server import WebServer

log = structlog.get_logger(__name__)

RESTART_AFTER: Final = (1, 5, 15, 60, 300)
"""Seconds before a part that failed is started again, by how often it has failed in a row."""
STORE_AGAIN: Final = (1, 2, 5)
"""The same where the store was away: asking a server of ours again costs nobody anything."""


@dataclass(slots=True)
class Tally:
    """What a run did, for its last words."""

    delivered: int = 0
    papers: set[str] = field(default_factory=set)
    polls: list[Poll] = field(default_factory=list)

    def sent(self, sent: Sent) -> None:
        """Count a delivery."""
        self.delivered += 1
        self.papers.update(sent.delivery.papers)


class App:
    """Everything that one process runs."""

    def __init__(
        self,
        settings: Settings,
        store: Store,
        clock: Clock,
        *,
        sources: Sequence[Source],
        adapters: Sequence[Adapter],
        roles: Collection[str],
        poll_every: timedelta,
        worker: str,
        enrichers: Sequence[Enricher] = (),
        given: GivenFeeds | None = None,
    ) -> None:
        self.settings = settings
        self.store = store
        self.tally = Tally()
        self._clock = clock
        self._roles = frozenset(roles)
        self.worker = worker
        self._say_again = 0.0
        self.parts: dict[str, bool] = {}
        """The parts that :meth:`run` runs, and whether each runs now or waits to be started again."""
        self.sources = sources
        self.adapters = adapters
        threading = [adapter.name for adapter in adapters if isinstance(adapter, ThreadingAdapter)]
        self.meanings = Meanings(store, clock, find_embedder(settings.core.data_dir))
        composer = Composer(
            store,
            meanings=self.meanings,
            paper_actions=Handlers.PAPER_ACTIONS,
            digest_actions=Handlers.DIGEST_ACTIONS,
            threading=threading,
        )
        self.digests = Digests(store, clock, self.meanings)
        self.handlers = Handlers(
            store,
            clock,
            composer=composer,
            digests=self.digests,
            sources=[source.name for source in sources],
            categories=categories_of(sources),
            threading=threading,
            meanings=self.meanings,
            given=given,
        )
        operator = settings.core.operator
        self.pollers = [
            Poller(
                source,
                store,
                clock,
                every=poll_every,
                worker=self.worker,
                told=self.tally.polls.append,
                operator=destination_of(operator) if operator else None,
            )
            for source in sources
        ]
        self.feeding = Feeding(given, store, clock, worker=self.worker) if given is not None else None
        self.enriching = [Enriching(one, store, clock, worker=self.worker) for one in enrichers]
        self.matcher = Matcher(
            store,
            clock,
            worker=self.worker,
            meanings=self.meanings,
            snapshot=Snapshot(settings.core.data_dir),
        )
        self.lanes = [
            Lanes(
                adapter.name,
                store,
                Sender(adapter, store, composer, Destinations(store, clock), clock, told=self.tally.sent),
                clock,
                worker=self.worker,
            )
            for adapter in adapters
        ]
        self.counts = [Counts(adapter, store, composer, clock, worker=self.worker) for adapter in adapters]

        self.page = self._page(poll_every) if "web" in self._roles else None
        """The web page, not yet open; ``None`` where this process serves none."""

    def _page(self, poll_every: timedelta) -> WebServer | None:
        from bot.web.server import Bind, WebServer  # noqa: PLC0415 - the operator's commands need no web server
        from bot.web.site import Process, Site  # noqa: PLC0415

        core = self.settings.core
        if not core.web_port:
            return None
        process = Process([source.name for source in self.sources], poll_every, self.parts)
        bind = Bind(core.web_host, core.web_port, core.web_url, tuple(self.settings.names("web_proxies")))
        site = Site(self.store, self._clock, self.handlers, process, address=core.web_url)
        return WebServer(site, bind, self.store, self._clock)

    async def run(self) -> None:
        """Run the roles until cancelled, or until a person asks to stop.

        Parts are restarted when the store or a platform goes away; a part that fails by a bug of ours ends
        the program, because a bot that half runs is worse than one that its supervisor restarts.
        """
        async with asyncio.TaskGroup() as group:
            if "poll" in self._roles:
                for poller in self.pollers:
                    group.create_task(self._kept_running(f"poll {poller.source.name}", poller.run))
                if self.feeding is not None:
                    group.create_task(self._kept_running("poll given feeds", self.feeding.run))
                for one in self.enriching:
                    group.create_task(self._kept_running(f"enrich {one.enricher.name}", one.run))
            if "match" in self._roles:
                group.create_task(self._kept_running("match", self.matcher.run))
                group.create_task(self._kept_running("embedding", partial(self.meanings.run, self.worker)))
                group.create_task(self._kept_running("digests", self.digests.run))
                group.create_task(self._kept_running("upkeep", Upkeep(self.store, self._clock).run))
            if "chat" in self._roles or self.page is not None:
                group.create_task(self._kept_running("warming up", self.handlers.warm))
            if self.page is not None:
                group.create_task(self._kept_running("web", self.page.run))
            if self._roles & {"send", "chat"}:
                for adapter, lanes, counts in zip(self.adapters, self.lanes, self.counts, strict=True):
                    serving = partial(self._serve, adapter, lanes, counts)
                    group.create_task(self._kept_running(adapter.name, serving))

    async def once(self) -> None:
        """Poll each listing once, match, and deliver what is due, then return."""
        if "poll" in self._roles:
            asked = {poll.source for poll in self.tally.polls}
            for poller in self.pollers:
                if poller.source.name not in asked:  # the look for a network has asked already
                    await poller.once()
                await poller.keep()
            if self.feeding is not None:
                await self.feeding.once()
        if "match" in self._roles:
            await self.matcher.once()
            await self.digests.once()
        if "send" in self._roles:
            for adapter, lanes in zip(self.adapters, self.lanes, strict=True):
                async with adapter.connect(None):
                    await lanes.once()
        if "poll" in self._roles:
            for one in self.enriching:
                await one.once()

    async def stop(self) -> None:
        """Let other processes take over at once what this one held."""
        holders: list[Poller | Enriching | Feeding] = [*self.pollers, *self.enriching]
        if self.feeding is not None:
            holders.append(self.feeding)
        for part in holders:
            try:
                await part.stop()
            except PigeonError:
                return  # the store is gone; its leases end by themselves

    async def _serve(self, adapter: Adapter, lanes: Lanes, counts: Counts) -> None:
        async with adapter.connect(self.handlers if "chat" in self._roles else None):
            if "send" in self._roles:
                async with asyncio.TaskGroup() as group:
                    group.create_task(lanes.run())
                    group.create_task(counts.run())
            else:
                await asyncio.Event().wait()

    async def _kept_running(self, name: str, part: Callable[[], Awaitable[None]]) -> None:
        failures = 0
        while True:
            started = self._clock.monotonic()
            self.parts[name] = True
            try:
                await part()
            except (StopRequested, SettingsError):
                raise
            except BaseExceptionGroup as group:
                if group.subgroup(StopRequested) or group.split(PigeonError)[1] is not None:
                    raise
                error: BaseException = _first(group)
            except PigeonError as single:
                error = single
            else:
                return
            self.parts[name] = False
            away = isinstance(error, StoreUnavailable)
            waits = STORE_AGAIN if away else RESTART_AFTER
            failures = 1 if self._clock.monotonic() - started > 2 * waits[-1] else failures + 1
            wait = waits[min(failures, len(waits)) - 1]
            if not away:
                log.warning(
                    "A part stopped and will be started again", part=name, why=str(error), seconds=wait
                )
            elif self._clock.monotonic() >= self._say_again:
                # All parts notice, each again and again: one line a minute says as much.
                self._say_again = self._clock.monotonic() + SAY_AGAIN
                log.warning("The store is away; all waits for it, and nothing is lost", why=str(error))
            await self._clock.sleep(wait)


def _first(group: BaseExceptionGroup[BaseException]) -> BaseException:
    error = group.exceptions[0]
    return _first(error) if isinstance(error, BaseExceptionGroup) else error
