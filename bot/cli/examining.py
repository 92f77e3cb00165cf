"""What the doctor looks at, one function for each subject. Nothing is changed, and no bookmark is moved."""

from __future__ import annotations

import asyncio
import platform
import shutil
import sys
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack, suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from bot.choosing import categories_of, choose_adapters, choose_sources
from bot.cli.opening import Opened
from bot.clock import Clock
from bot.embedded.binary import find_binary
from bot.errors import ListingError, PigeonError, QueryError
from bot.handlers.unwatched import unwatched
from bot.listings import expat
from bot.listings.fetch import Fetcher
from bot.listings.parser import Parser
from bot.models import Destination, SubscriptionState
from bot.ports import Adapter, CheckedAdapter, Finding, Severity, Source
from bot.query import stored
from bot.settings import Settings
from bot.storage import weaknesses
from bot.store import Store
from bot.store.schema import CURRENT
from bot.store.server_clock import server_now
from bot.text.when import ago
from bot.turns import SharedLimiter

OLDEST_PYTHON: Final = (3, 11)
LITTLE: Final = 1 << 30
"""Free bytes below which a disk is mentioned."""
NONE_LEFT: Final = 100 << 20
ASK_WITHIN: Final = 30.0
"""Seconds that a listing or a platform may take."""
SKEW: Final = timedelta(seconds=5)
"""Difference of two clocks that is mentioned; beyond a minute it is a failure."""


def python() -> Finding:
    """The interpreter."""
    version = platform.python_version()
    if sys.version_info[:2] < OLDEST_PYTHON:
        return Finding("python", Severity.FAILURE, f"{version} is too old", "Install Python 3.11 or newer.")
    return Finding("python", Severity.OK, f"{version} on {platform.system()} {platform.machine()}")


def program(settings: Settings) -> list[Finding]:
    """The embedded server's program, where it is needed."""
    if settings.core.redis_url.get_secret_value():
        return []
    try:
        return [Finding("valkey", Severity.OK, f"embedded: {find_binary().name} is there")]
    except PigeonError as error:
        return [Finding("valkey", Severity.FAILURE, str(error))]


def xml() -> list[Finding]:
    """Python's own XML parser, where a document can crash it."""
    weak = expat.weakness()
    return [Finding("expat", Severity.WARNING, weak, "Install a newer Python.")] if weak else []


def disk(folder: Path) -> Finding:
    """Room for the data directory."""
    there = next(
        (path for path in (folder.absolute(), *folder.absolute().parents) if path.exists()), Path("/")
    )
    free = shutil.disk_usage(there).free
    text = f"{free / (1 << 30):,.1f} GB free at {folder}"
    if free < NONE_LEFT:
        return Finding("disk", Severity.FAILURE, text, "Free some room, or set PIGEON_DATA_DIR elsewhere.")
    if free < LITTLE:
        return Finding("disk", Severity.WARNING, text, "Free some room before it is full.")
    return Finding("disk", Severity.OK, text)


async def store(store: Store, settings: Settings, clock: Clock) -> list[Finding]:
    """The server, how it keeps what it is told, and its clock."""
    facts = await store.database.facts()
    own = not settings.core.redis_url.get_secret_value()
    where = f"embedded in {settings.core.data_dir}" if own else "at PIGEON_REDIS_URL"
    parts = [
        f"{facts.name} {'.'.join(map(str, facts.version))} {where}",
        f"AOF {'on' if facts.appendonly else 'off'}"
        + (f" ({facts.appendfsync})" if facts.appendfsync else ""),
        facts.eviction or "eviction unknown",
        f"schema {CURRENT} (current)",
    ]
    found = [Finding("store", Severity.OK, " · ".join(parts))]
    for weakness in weaknesses(facts):
        said, _, remedy = weakness.partition(" Set ")
        found.append(Finding("store", Severity.WARNING, said, f"Set {remedy}" if remedy else ""))
    found.append(clock_of(await server_now(store.database), clock.now()))
    return found


def clock_of(theirs: datetime, ours: datetime) -> Finding:
    """Whether the store's clock and ours agree: due times are compared with both."""
    skew = abs(theirs - ours)
    if skew <= SKEW:
        return Finding("clock", Severity.OK, "the store's clock agrees with this machine's")
    severity = Severity.FAILURE if skew > timedelta(minutes=1) else Severity.WARNING
    return Finding(
        "clock",
        severity,
        f"the store's clock and this machine's differ by {skew.total_seconds():.0f} seconds",
        "Let both machines take their time from NTP.",
    )


async def sources(store: Store, opened: Opened, clock: Clock) -> list[Finding]:
    """Every listing. One that was read lately is not asked again: listings count requests."""
    settings = opened.settings
    recent = 3 * timedelta(seconds=settings.core.poll_seconds) + timedelta(minutes=2)
    async with AsyncExitStack() as stack:
        # The limiter of the running bot: arXiv counts what is asked here, too.
        limiter = SharedLimiter(store.turns, clock, worker="doctor")
        fetcher = Fetcher(clock=clock, limiter=limiter, contact=settings.core.contact)
        stack.push_async_callback(fetcher.aclose)
        parser = Parser()
        stack.push_async_callback(parser.aclose)
        try:
            chosen = choose_sources(settings, opened.sources, clock, store, fetcher=fetcher, parser=parser)
        except PigeonError as error:
            return [Finding("sources", Severity.FAILURE, str(error))]
        found = [await _source(source, store, clock.now(), recent) for source in chosen]
    return found + await silent(store, [one.name for one in chosen], categories_of(chosen))


async def silent(
    store: Store, sources: Sequence[str], categories: Mapping[str, Sequence[str]]
) -> list[Finding]:
    """Subscriptions that ask for what no listing is asked for."""
    by_reason: dict[str, list[str]] = {}
    async for one in store.subscriptions.everything():
        if one.state is SubscriptionState.REMOVED:
            continue
        with suppress(QueryError):
            for why in unwatched(stored(one.query), sources, categories):
                by_reason.setdefault(why, []).append(one.id)
    return [
        Finding(
            "subscriptions",
            Severity.WARNING,
            f"{', '.join(ids[:3])}{f' and {len(ids) - 3} more' if len(ids) > 3 else ''}: {why}",
        )
        for why, ids in by_reason.items()
    ]


async def _source(source: Source, store: Store, now: datetime, recent: timedelta) -> Finding:
    health = await store.papers.health(source.name)
    read = datetime.fromisoformat(health["succeeded_at"]) if "succeeded_at" in health else None
    if read is not None and now - read <= recent:
        return Finding(source.name, Severity.OK, f"read {ago(read, now)}, {health.get('papers', '0')} papers")
    try:
        async with asyncio.timeout(ASK_WITHIN):
            listing = await source.fetch(await store.papers.cursor(source.name))
    except TimeoutError:
        why = f"it did not answer within {ASK_WITHIN:.0f} seconds"
    except ListingError as error:
        why = str(error)
    else:
        said = "answers: nothing new" if listing.unchanged else f"answers: {len(listing.papers)} papers"
        return Finding(source.name, Severity.OK, said)
    last = f" It was last read {ago(read, now)}." if read else ""
    return Finding(
        source.name, Severity.FAILURE, why + last, "Check the network, a proxy, and the listing's address."
    )


async def adapters(store: Store, opened: Opened, clock: Clock) -> list[Finding]:
    """Every platform that is set up, with each place that subscriptions post to."""
    try:
        chosen = choose_adapters(opened.settings, opened.adapters, clock, store)
    except PigeonError as error:
        return [Finding("platforms", Severity.FAILURE, str(error))]
    found: list[Finding] = []
    for adapter in chosen:
        if not isinstance(adapter, CheckedAdapter):
            said = "in use" if adapter.name != "console" else "in use: no platform has a token"
            found.append(Finding(adapter.name, Severity.OK, said))
            continue
        places = {
            one.destination.key: one.destination
            async for one in store.subscriptions.everything()
            if one.destination.platform == adapter.name and one.state is not SubscriptionState.REMOVED
        }
        found += await examined(adapter, list(places.values()))
    return found


async def examined(adapter: Adapter, places: Sequence[Destination]) -> list[Finding]:
    """An adapter's own findings; ``adapter`` is a :class:`bot.ports.CheckedAdapter`."""
    assert isinstance(adapter, CheckedAdapter)
    try:
        async with asyncio.timeout(ASK_WITHIN + len(places)):
            try:
                async with adapter.connect(None):
                    return list(await adapter.check(places))
            except PigeonError:
                return list(await adapter.check(places))  # it says more of what is wrong than the refusal
    except TimeoutError:
        return [Finding(adapter.name, Severity.FAILURE, f"it did not answer within {ASK_WITHIN:.0f} seconds")]


async def deliveries(store: Store, opened: Opened) -> list[Finding]:
    """What was given up and waits for a person."""
    counted = {
        "cards were given up": sum([len(await store.dead_letters.of(name)) for name in opened.adapters]),
        "papers could not be matched": len(await store.aside.all()),
    }
    return [
        Finding("deliveries", Severity.WARNING, f"{count} {what}", "pigeon dead list says why.")
        for what, count in counted.items()
        if count
    ] or [Finding("deliveries", Severity.OK, "none was given up")]


async def page(store: Store) -> Finding:
    """Where the web page is served. It may be served nowhere: nothing else needs it."""
    address = await store.web.address()
    if address is None:
        return Finding("web", Severity.OK, "no process serves the page now")
    return Finding("web", Severity.OK, f"served at {address}")
