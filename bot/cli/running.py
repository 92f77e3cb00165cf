"""``pigeon run``: from settings to a running bot, and its last words."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import structlog
import typer

from bot.app import App
from bot.choosing import choose_adapters, choose_enrichers, choose_given_feeds, choose_roles, choose_sources
from bot.cli.opening import SAMPLES, Opened, open_settings
from bot.clock import SystemClock
from bot.errors import ListingUnreachable, PigeonError, StartError, StopRequested
from bot.listings import expat
from bot.listings.fetch import Fetcher
from bot.listings.parser import Parser
from bot.models import Cadence, Destination, Person, Subscription, When
from bot.query import parse
from bot.samples.server import SampleServer
from bot.settings import Settings
from bot.storage import open_store
from bot.store import Store
from bot.text.counted import count
from bot.turns import SharedLimiter
from bot.worker import worker_name

log = structlog.get_logger(__name__)

FIRST_LOOK: Final = 8.0
"""Seconds that a first poll may take before we say that there is no network."""
SAMPLE_POLL: Final = timedelta(seconds=5)
STOP_WITHIN: Final = 8.0
"""Seconds for everything, when we are told to stop."""
LEAVE_WITHIN: Final = 1.0
"""Seconds of those for giving back what this process held."""


@dataclass
class _Mode:
    """Which papers are shown."""

    demo: bool
    why: str = ""


def run(*, demo: bool, once: bool, roles: str) -> None:
    """Run the bot until it is told to stop."""
    opened = open_settings(flags={"PIGEON_ROLES": roles})
    asyncio.run(_until_stopped(opened, demo=demo, once=once))


async def _until_stopped(opened: Opened, *, demo: bool, once: bool) -> None:
    work = asyncio.create_task(_run(opened, demo=demo, once=once))
    loop = asyncio.get_running_loop()
    for name in ("SIGINT", "SIGTERM"):
        if hasattr(signal, name):
            loop.add_signal_handler(getattr(signal, name), _stop, work)
    try:
        await work
    except asyncio.CancelledError:
        return
    except BaseExceptionGroup as group:
        if group.subgroup(StopRequested):
            return
        ours, _ = group.split(PigeonError)
        if ours is not None:
            raise _first(ours) from None
        raise


def _first(group: BaseExceptionGroup[Any]) -> BaseException:
    error = group.exceptions[0]
    return _first(error) if isinstance(error, BaseExceptionGroup) else error


_asked: list[bool] = []


def _stop(work: asyncio.Task[None]) -> None:
    """Stop once in good order; the second time at once."""
    if _asked:
        os._exit(1)
    _asked.append(True)
    work.cancel()
    asyncio.get_running_loop().call_later(STOP_WITHIN, _give_up)


def _give_up() -> None:
    """Something does not end: what it holds is found again by the next start."""
    log.warning("Something did not end in time and is left behind; nothing is lost", seconds=STOP_WITHIN)
    os._exit(0)


async def _run(opened: Opened, *, demo: bool, once: bool) -> None:
    mode = _Mode(demo)
    settings = opened.settings
    roles = choose_roles(settings)
    while True:
        async with AsyncExitStack() as stack:
            app, offline = await _build(opened, mode, stack, roles)
            if offline is not None:
                mode = _Mode(demo=True, why=offline)
                continue
            page = "" if once else await _open_page(app, settings, stack)
            _greet(app, opened, mode, page)
            try:
                if once:
                    await app.once()
                else:
                    await app.run()
            finally:
                await _wind_up(app)
                _last_words(app, once=once)
            if once and any(poll.error for poll in app.tally.polls):
                raise typer.Exit(1)
            return


async def _build(
    opened: Opened, mode: _Mode, stack: AsyncExitStack, roles: frozenset[str]
) -> tuple[App, str | None]:
    """The app, ready to run; or why it is not to be: there is no network, and samples are allowed."""
    settings, clock = opened.settings, SystemClock()
    every = timedelta(seconds=settings.core.poll_seconds)
    data_dir: Path | None = None
    if mode.demo:
        server = await stack.enter_async_context(SampleServer(clock))
        settings = _for_samples(settings, server)
        data_dir = settings.core.data_dir / SAMPLES
        every = min(every, SAMPLE_POLL)
    store = await stack.enter_async_context(open_store(settings, clock, data_dir=data_dir))
    worker = stack.enter_context(worker_name(data_dir or opened.settings.core.data_dir))
    limiter = SharedLimiter(store.turns, clock, worker=worker)
    fetcher = Fetcher(clock=clock, limiter=limiter, contact=settings.core.contact)
    stack.push_async_callback(fetcher.aclose)
    parser = Parser()
    stack.push_async_callback(parser.aclose)
    sources = choose_sources(settings, opened.sources, clock, store, fetcher=fetcher, parser=parser)
    given = choose_given_feeds(settings, opened.sources, clock, store, fetcher=fetcher, parser=parser)
    enrichers = choose_enrichers(settings, opened.sources, clock, store, fetcher=fetcher, parser=parser)
    adapters = choose_adapters(settings, opened.adapters, clock, store)
    console = [adapter.name for adapter in adapters] == ["console"]
    app = App(
        settings,
        store,
        clock,
        sources=sources,
        enrichers=() if mode.demo else enrichers,
        given=given,
        adapters=adapters,
        roles=roles,
        poll_every=every,
        worker=worker,
    )
    if console:
        await _first_subscriptions(store, clock)
    if console and not mode.demo and "poll" in roles and not settings.core.redis_url.get_secret_value():
        why = await _no_network(app)
        if why is not None:
            return app, why
    return app, None


def _for_samples(settings: Settings, server: SampleServer) -> Settings:
    """The same settings, with the listings' addresses on this machine."""
    sections = dict(settings.sections)
    sections["huggingface"] = sections["huggingface"].model_copy(update={"url": server.huggingface_url})
    sections["arxiv"] = sections["arxiv"].model_copy(
        update={
            "rss_url": server.arxiv_rss_url,
            "api_url": server.arxiv_api_url,
            "interval_seconds": 0.0,
            "reconcile": False,
        }
    )
    return settings.with_sections(sections, sources="huggingface,arxiv")


async def _no_network(app: App) -> str | None:
    """Poll every listing once; why none of them could be reached, or ``None`` where one could."""
    try:
        async with asyncio.timeout(FIRST_LOOK):
            with _unsaid():
                polls = await asyncio.gather(*(poller.once() for poller in app.pollers))
    except TimeoutError:
        return "no listing answered within eight seconds"
    asked = [poll for poll in polls if poll.asked]
    if asked and all(isinstance(poll.error, ListingUnreachable) for poll in asked):
        return str(asked[0].error)
    for poll in asked:
        if poll.error is not None:
            log.warning("A listing could not be read", source=poll.source, why=str(poll.error))
    return None


@contextmanager
def _unsaid() -> Iterator[None]:
    """Without the poller's own lines: that there is no network is one sentence, whichever way it was noticed."""
    speaker = logging.getLogger("bot.poller")
    level = speaker.level
    speaker.setLevel(logging.ERROR)
    try:
        yield
    finally:
        speaker.setLevel(level)


async def _first_subscriptions(store: Store, clock: SystemClock) -> None:
    """Two subscriptions to look at, for a terminal that has none yet."""
    if await store.subscriptions.of("console", "local"):
        return
    you = Person(id="operator", name="you")
    for query, name, destination, cadence in (
        (
            "robot",
            "robotics",
            Destination(platform="console", workspace="local", channel="robotics", name="#robotics"),
            Cadence(when=When.INSTANT),
        ),
        (
            '"world model" OR diffusion OR agents',
            "world models",
            Destination(platform="console", workspace="local", channel="operator", direct=True, name="you"),
            Cadence(when=When.DAILY),
        ),
    ):
        await store.subscriptions.create(
            Subscription(
                number=0,
                query=parse(query).normal,
                name=name,
                destination=destination,
                cadence=cadence,
                created_by=you,
                created_at=clock.now(),
            )
        )


async def _open_page(app: App, settings: Settings, stack: AsyncExitStack) -> str:
    """Serve the web page, where this process is to; the line that says where it is, or why it is not.

    Raises:
        StartError: its address is taken, and the role was asked for by name.
    """
    if app.page is None:
        return ""
    try:
        await app.page.open()
    except StartError as error:
        if settings.names("roles"):
            raise
        app.page = None  # it comes along with the others, and they go on without it
        return f"! No web page. {error}"
    stack.push_async_callback(app.page.close)
    return f"✓ Web page: {app.page.address}"


def _greet(app: App, opened: Opened, mode: _Mode, page: str) -> None:
    """What is running, on standard error: standard output is for cards."""
    if (weak := expat.weakness()) is not None and not mode.demo:
        log.warning(weak, remedy="a newer Python brings expat 2.7 or later")
    names = [adapter.name for adapter in app.adapters]
    lines = []
    if mode.why:
        lines.append(f"! No network ({mode.why.rstrip('.')}): showing the bundled sample papers instead.")
    elif mode.demo:
        lines.append("✓ Showing the bundled sample papers.")
    where = (
        opened.settings.core.redis_url.get_secret_value() and "yours"
    ) or f"embedded, data in {opened.settings.core.data_dir}"
    lines.append(f"✓ Store: {where}")
    lines.append(f"✓ Sources: {', '.join(source.name for source in app.sources)}")
    if page:
        lines.append(page)
    if names == ["console"]:
        lines.append(
            "! No Discord or Slack token, so cards appear here. Set PIGEON_DISCORD__TOKEN or PIGEON_SLACK__BOT_TOKEN to connect one."
        )
        lines.append("  Type: preview diffusion -survey · subscribe … · explain <id> · list · help · quit")
    else:
        lines.append(f"✓ Platforms: {', '.join(names)}")
    for line in lines:
        typer.echo(line, err=True)


async def _wind_up(app: App) -> None:
    try:
        async with asyncio.timeout(LEAVE_WITHIN):
            await app.stop()
    except TimeoutError:
        log.warning("The store did not answer at the end; leases end by themselves")


def _last_words(app: App, *, once: bool) -> None:
    tally = app.tally
    said = (
        f"Delivered {count(tally.delivered, 'message')} with {count(len(tally.papers), 'paper')}; "
        "everything is kept for the next start."
    )
    typer.echo(("" if once else "\n") + said, err=True)
