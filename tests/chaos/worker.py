"""One process of the bot in a run: the real App on a real store, pointed at the run's platform."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import sys
import urllib.request
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import structlog

from adapters.discord.adapter import DiscordAdapter
from adapters.discord.settings import DiscordSettings
from adapters.slack.adapter import SlackAdapter
from adapters.slack.settings import SlackSettings
from bot.app import App
from bot.clock import SystemClock
from bot.delivery import sender
from bot.errors import ListingUnavailable
from bot.models import Cadence, DeliveryKind, Destination, Listing, Subscription, When, delivery_key
from bot.ports import Adapter, PluginContext
from bot.settings import CoreSettings, Settings
from bot.storage import store_at
from bot.store import Database, Store, keys
from bot.worker import worker_name
from tests.chaos.naive import PROTOCOLS
from tests.chaos.peer import Place
from tests.chaos.plain import PlainAdapter
from tests.core import ANA, paper


@dataclass(frozen=True)
class Setup:
    """What every process of a run is told."""

    platform: str
    place: Place
    redis_url: str
    folder: Path
    lease: float
    protocol: str = "ours"


class GrowingListing:
    """Asks the run's control how many papers there are by now."""

    name = "arxiv"

    def __init__(self, control: str) -> None:
        self._control = control

    async def fetch(self, cursor: str | None) -> Listing:
        known = int(cursor or 0)
        if cursor is None:
            return Listing(source=self.name, papers=(), cursor="0")
        try:
            answer = await asyncio.to_thread(_get, f"{self._control}/listing")
        except OSError as error:
            raise ListingUnavailable(str(error)) from error
        papers = tuple(paper(number) for number in range(known + 1, answer["papers"] + 1))
        return Listing(source=self.name, papers=papers, cursor=str(max(known, answer["papers"])))


def _get(url: str) -> dict[str, Any]:
    with urllib.request.urlopen(url, timeout=5) as answer:
        found: dict[str, Any] = json.load(answer)
    return found


def _adapter(setup: Setup, store: Store) -> Adapter:
    clock, deadline = SystemClock(), setup.lease / 3
    window = timedelta(seconds=setup.lease)
    if setup.platform == "discord":
        settings = DiscordSettings(
            token="chaos.token.secret",  # type: ignore[arg-type]
            api_url=setup.place.address,  # type: ignore[arg-type]
            deadline=deadline,
        )
        adapter = DiscordAdapter(settings, clock, store.shelf("discord"))
        adapter.resend_window = window  # shorter than Discord's, so that both ways are gone
        return adapter
    if setup.platform == "slack":
        return SlackAdapter(
            PluginContext(
                settings=SlackSettings(
                    bot_token="xoxb-1",  # type: ignore[arg-type]
                    app_token="xapp-1",  # type: ignore[arg-type]
                    api_url=setup.place.address,
                    timeout=deadline,
                    posts_per_minute=100_000,
                ),
                clock=clock,
                shelf=store.shelf("slack"),
                data_dir=setup.folder,
            )
        )
    return PlainAdapter(
        setup.place.address,
        resend_window=timedelta(days=1) if setup.platform == "nonce" else timedelta(),
        deadline=deadline,
    )


@asynccontextmanager
async def _opened(setup: Setup) -> AsyncIterator[Store]:
    settings = Settings(CoreSettings(), {}, {})
    async with store_at(setup.redis_url, settings, SystemClock()) as store:
        yield Store(store.database, retention=timedelta(days=90), lease=timedelta(seconds=setup.lease))


@asynccontextmanager
async def _looked_at(setup: Setup) -> AsyncIterator[Store]:
    """The store as it is, whatever version has it."""
    database = Database.connect(setup.redis_url)
    try:
        yield Store(database, retention=timedelta(days=90), lease=timedelta(seconds=setup.lease))
    finally:
        await database.close()


async def subscribe(setup: Setup) -> None:
    """Before the run: a subscription for every channel, and the first listing behind us."""
    async with _opened(setup) as store:
        for one in setup.place.destinations:
            await store.subscriptions.create(
                Subscription(
                    number=0,
                    query="robot",
                    destination=Destination(**one),
                    cadence=Cadence(when=When.INSTANT),
                    created_by=ANA,
                )
            )
        app = _app(setup, store, "setup")
        await app.pollers[0].once()
        await app.stop()


async def order(setup: Setup, papers: int) -> dict[tuple[str, int], float]:
    """When each paper was planned for its channel: channel and number, seconds."""
    found: dict[tuple[str, int], float] = {}
    async with _looked_at(setup) as store:
        for one in setup.place.destinations:
            where = Destination(**one)
            names = {
                delivery_key(where, DeliveryKind.PAPER, paper(number).id): number
                for number in range(1, papers + 1)
            }
            held = await store.deliveries.many(where, list(names))
            found |= {
                (where.channel, names[key]): delivery.planned_at.timestamp()
                for key, delivery in held.items()
                if delivery.planned_at
            }
    return found


def _app(setup: Setup, store: Store, worker: str) -> App:
    app = App(
        Settings(CoreSettings(), {}, {}),
        store,
        SystemClock(),
        sources=[GrowingListing(setup.place.control)],
        adapters=[_adapter(setup, store)],
        roles=("poll", "match", "send"),
        poll_every=timedelta(seconds=0.5),
        worker=worker,
    )
    for lanes in app.lanes:
        lanes._sender.__class__ = PROTOCOLS[setup.protocol]
    return app


async def _work(setup: Setup) -> None:
    with worker_name(setup.folder) as worker:
        while True:
            try:
                async with _opened(setup) as store:
                    await _app(setup, store, worker).run()
            except Exception:  # noqa: BLE001 - whatever ends a process, its supervisor starts it again
                structlog.get_logger().exception("the process ends")
                await SystemClock().sleep(0.2)


def run(setup: Setup, number: int) -> None:
    """Be a process of the bot, until killed."""
    log = os.open(setup.folder / f"bot-{number}.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(log, 1)
    os.dup2(log, 2)
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),
        logger_factory=structlog.PrintLoggerFactory(),
    )
    # The waits after an unknown outcome, a tenth of what they are: a run is to meet many of them.
    sender.BACK_OFF = tuple(seconds / 10 for seconds in sender.BACK_OFF)  # type: ignore[assignment,misc]
    (setup.folder / f"up-{number}").touch()
    asyncio.run(_work(setup))


async def overdue(setup: Setup, seconds: float) -> list[str]:
    """Lanes whose next step has been due for longer than that."""
    async with _looked_at(setup) as store:
        now, found = SystemClock().now(), []
        for platform in {one["platform"] for one in setup.place.destinations}:
            due = await store.claims.next_due(keys.shards(platform))
            found += [
                shard for shard, moment in due.items() if moment and (now - moment).total_seconds() > seconds
            ]
        return found


if __name__ == "__main__":  # a process of another version of the program, which cannot be forked
    told = json.loads(sys.argv[1])
    run(Setup(**{**told, "place": Place(**told["place"]), "folder": Path(told["folder"])}), int(sys.argv[2]))
