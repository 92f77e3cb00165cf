"""The site: a request in, an answer out. It knows no socket."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

import structlog

from bot.clock import Clock
from bot.errors import PigeonError, QueryError
from bot.handlers import Handlers
from bot.health import Healths, ailing, failing
from bot.links import Refusal, read
from bot.models import SubscriptionState
from bot.store import Store
from bot.store.figures import Figures
from bot.store.web import SAVED, Feed
from bot.web import figures as prometheus
from bot.web import mine, preview
from bot.web.budget import Budget, TooBusy
from bot.web.feed import Entry, atom
from bot.web.layout import ICON, problem
from bot.web.visit import ATOM, FIGURES, SVG, TEXT, Answer, Visit, conditional

log = structlog.get_logger(__name__)

PATIENCE: Final = 10.0
"""Seconds for one answer: a preview over 20,000 papers takes about one, and a store that hangs is said to hang."""
PREVIEW: Final = 0.25
"""Seconds of work that a preview counts as, at least (:class:`bot.web.budget.Budget`)."""
LOOK: Final = 0.05
"""The same for pages and feeds that only read."""
FRESH: Final = 5.0
"""Seconds for which figures are told again before the store is asked anew: whoever asks often costs nothing."""
PLATFORMS_FRESH: Final = 300.0
READING: Final = 5.0
"""Seconds that a visitor waits while stored papers are read for the first time."""
READY: Final = 3.0
"""Seconds that the store may take to answer ``/ready``: supervisors do not wait long."""
IN_FEED: Final = 60
"""Papers of a feed."""
SHORTEST: Final = 20
"""Characters of a token that may be one of ours at all."""


@dataclass(frozen=True, slots=True)
class Process:
    """What the site tells of the process it runs in."""

    sources: Sequence[str]
    poll_every: timedelta
    parts: Mapping[str, bool] = field(default_factory=dict)
    """Its parts, and whether each runs; kept up to date by whoever runs them."""


class Site:
    """Answers."""

    def __init__(
        self, store: Store, clock: Clock, handlers: Handlers, process: Process, *, address: str
    ) -> None:
        self._store = store
        self._clock = clock
        self._handlers = handlers
        self._process = process
        self.address = address
        """Where people reach it, for links in feeds."""
        self.stall = 0.0
        """Seconds by which the event loop was late, at worst in the last minute."""
        self._budget = Budget(clock)
        self._told: tuple[float, Figures] | None = None
        self._asked: tuple[float, Healths] | None = None
        self._platforms: tuple[float, Sequence[str]] | None = None
        self._warming: asyncio.Task[None] | None = None
        self._warm_days = 0
        """Papers of so many days are being read into memory, or are there."""

    async def answer(self, visit: Visit) -> Answer:
        """The answer to a visit; never raises, and never says in the log what was visited."""
        try:
            async with asyncio.timeout(PATIENCE):
                return await self._answer(visit)
        except TooBusy as busy:
            headers = {"Retry-After": str(int(busy.after) + 1)}
            sentence = "That is more than I can look up at once. Try again in a minute."
            return Answer(429, problem("One moment", sentence), headers=headers)
        except (PigeonError, TimeoutError) as error:
            log.info("The web page could not answer", why=str(error) or "It took too long.")
            sentence = "My store does not answer right now. Nothing is lost: try again in a minute."
            return Answer(503, problem("Not now", sentence), headers={"Retry-After": "30"})
        except Exception:
            log.exception("The web page failed by a bug of ours")
            sentence = "Something went wrong on my side. The operator finds it in the log."
            return Answer(500, problem("That did not work", sentence))

    async def _answer(self, visit: Visit) -> Answer:
        fixed: Mapping[str, Callable[[Visit], Awaitable[Answer]]] = {
            "/": self._preview,
            "/health": self._health,
            "/ready": self._ready,
            "/metrics": self._metrics,
            "/icon.svg": self._icon,
        }
        if visit.path in fixed:
            return await fixed[visit.path](visit)
        place, _, token = visit.path[1:].partition("/")
        if place == "w" and len(token) >= SHORTEST:
            return await self._mine(visit, token)
        if place == "feed" and token.endswith(".atom") and len(token) >= SHORTEST:
            return await self._feed(visit, token.removesuffix(".atom"))
        return _unknown()

    # --- for everybody --------------------------------------------------------------------------

    async def _preview(self, visit: Visit) -> Answer:
        written = " ".join(visit.query.get("q", "").split())
        days = preview.days_of(visit.query.get("days", ""))
        if not written:
            return Answer(200, preview.start(days))
        if len(written) > preview.LONGEST:
            sentence = f"This filter has {len(written):,} characters; here it may have {preview.LONGEST:,}. In chat it may be longer."
            return Answer(400, preview.refused("", days, sentence))
        try:
            async with asyncio.timeout(READING):
                await self._warm(days)
        except TimeoutError:
            sentence = "I have just started and am still reading the stored papers. Try again in a minute."
            return Answer(503, preview.refused(written, days, sentence), headers={"Retry-After": "30"})
        try:
            async with self._budget.work(visit.client, least=PREVIEW):
                found = await preview.look(self._handlers, written, days)
        except QueryError as error:
            return Answer(400, preview.unread(written, days, error))
        except TooBusy as busy:
            sentence = "That is more than I can look up at once. Try again in a minute."
            headers = {"Retry-After": str(int(busy.after) + 1)}
            return Answer(429, preview.refused(written, days, sentence), headers=headers)
        return Answer(200, preview.result(written, days, found, self._clock.now()))

    async def _warm(self, days: int) -> None:
        """Have the papers of the last days in memory: a large store takes longer than one visitor waits."""
        if self._warming is None or days > self._warm_days:
            if self._warming is not None:
                await asyncio.shield(self._warming)
            self._warm_days = days
            self._warming = asyncio.create_task(self._handlers.replay.warm(days))
        try:
            await asyncio.shield(self._warming)
        except PigeonError:
            self._warming = None  # the store was away: the next visitor begins anew
            raise

    async def close(self) -> None:
        """End what goes on without a visitor."""
        if self._warming is not None:
            self._warming.cancel()
            await asyncio.wait([self._warming])

    async def _icon(self, _: Visit) -> Answer:
        return Answer(200, ICON, SVG, {"Cache-Control": "public, max-age=86400"})

    # --- for those who were given an address ----------------------------------------------------

    async def _mine(self, visit: Visit, token: str) -> Answer:
        async with self._budget.work(visit.client, least=LOOK):
            granted = read(await self._store.web.secret(), token, self._clock.now())
            if granted is Refusal.EXPIRED:
                return Answer(410, problem(*mine.gone()))
            if isinstance(granted, Refusal):
                return _unknown()
            return Answer(200, mine.shown(await mine.gather(self._store, granted), self.address))

    async def _feed(self, visit: Visit, token: str) -> Answer:
        async with self._budget.work(visit.client, least=LOOK):
            feed = await self._store.web.open_feed(token)
            if feed is None:
                return _ended() if await self._store.web.was_revoked(token) else _unknown()
            made = await (self._saved(feed) if feed.subject == SAVED else self._subscription(feed))
            if made is None:
                return _ended()
            title, entries, since = made
        subject = f"{feed.platform}/{feed.workspace}/{feed.person}/{feed.subject}"
        body, updated = atom(
            title=title,
            subject=subject,
            address=f"{self.address}/feed/{token}.atom",
            page=f"{self.address}/",
            entries=entries,
            since=since,
        )
        return conditional(visit, body, ATOM, updated)

    async def _saved(self, feed: Feed) -> tuple[str, list[Entry], datetime]:
        rows = (await self._store.saved.of(feed.platform, feed.workspace, feed.person))[:IN_FEED]
        known = await self._store.papers.many([row.paper_id for row in rows])
        entries = [Entry(known[row.paper_id], row.saved_at) for row in rows if row.paper_id in known]
        return "Saved papers", entries, _LONG_AGO

    async def _subscription(self, feed: Feed) -> tuple[str, list[Entry], datetime] | None:
        """``None`` where it is gone, or moved to where the person's right to read was never looked at."""
        found = await self._store.subscriptions.get(feed.platform, feed.workspace, int(feed.subject))
        if found is None or found.state is SubscriptionState.REMOVED or found.destination.key != feed.place:
            return None
        posted = await mine.posted_there(self._store, found.destination, number=found.number, most=IN_FEED)
        return found.title, [Entry(one.paper, one.at) for one in posted], found.created_at or _LONG_AGO

    # --- for supervisors ------------------------------------------------------------------------

    async def _health(self, _: Visit) -> Answer:
        return Answer(200, "This process answers.\n", TEXT)

    async def _ready(self, _: Visit) -> Answer:
        wrong = [
            f"part: {name} is being started again" for name, runs in self._process.parts.items() if not runs
        ]
        try:
            async with asyncio.timeout(READY):
                await self._store.web.address()  # what is remembered here says nothing of the store now
                healths = await self._healths()
            why = await ailing(self._store, healths, every=self._process.poll_every, now=self._clock.now())
            if why:
                wrong.append(f"listings: {why}")
                wrong += [f"listing: the last poll of {name} failed" for name in failing(healths)]
        except (PigeonError, TimeoutError) as error:
            wrong.append(f"store: {str(error) or f'it did not answer within {READY:g} seconds.'}")
        if wrong:
            return Answer(503, "Not ready.\n" + "".join(f"{one}\n" for one in wrong), TEXT)
        return Answer(200, "Ready: the store answers, all parts run, listings are read.\n", TEXT)

    async def _metrics(self, _: Visit) -> Answer:
        figures: Figures | None = None
        healths: Healths = {}
        try:
            figures, healths = await self._figures(), await self._healths()
        except PigeonError as error:
            log.info("Figures could not be read", why=str(error))
        measured = prometheus.Measured(
            now=self._clock.now(),
            figures=figures,
            healths=healths,
            parts=self._process.parts,
            stall=self.stall,
        )
        return Answer(200, prometheus.written(measured), FIGURES)

    async def _figures(self) -> Figures:
        now = self._clock.monotonic()
        if self._told is None or now - self._told[0] >= FRESH:
            if self._platforms is None or now - self._platforms[0] >= PLATFORMS_FRESH:
                self._platforms = now, await self._store.figures.platforms()
            self._told = now, await self._store.figures.read(self._platforms[1])
        return self._told[1]

    async def _healths(self) -> Healths:
        now = self._clock.monotonic()
        if self._asked is None or now - self._asked[0] >= FRESH:
            self._asked = now, {name: await self._store.papers.health(name) for name in self._process.sources}
        return self._asked[1]


_LONG_AGO: Final = datetime.fromisoformat("2026-01-01T00:00:00+00:00")
"""When a feed that never had an entry last changed."""


def _unknown() -> Answer:
    sentence = "There is nothing at this address. A link may have been cut: type `/papers web` for a new one."
    return Answer(404, problem("Not found", sentence))


def _ended() -> Answer:
    sentence = "This feed has ended: it was revoked, or its subscription is gone. `/papers web feeds` gives new addresses."
    return Answer(410, problem("This feed has ended", sentence))
