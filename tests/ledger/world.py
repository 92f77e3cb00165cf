"""A loopback arXiv and Hugging Face that keep their own clocks, and fail as the real ones did."""

import json
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from aiohttp import web

from bot.samples import arxiv_feeds, arxiv_query, huggingface
from bot.samples.days import Announcement, ListRow, SampleDay, SamplePaper
from bot.testing.clock import FakeClock

EASTERN = ZoneInfo("America/New_York")
DAY = timedelta(days=1)


def eastern(day: date, hour: int = 0, minute: int = 0) -> datetime:
    return datetime.combine(day, time(hour, minute), EASTERN).astimezone(UTC)


def sample(number: str, categories: tuple[str, ...], submitted: datetime) -> SamplePaper:
    return SamplePaper(
        id=number,
        title=f"Paper {number}",
        summary=f"What {number} found.",
        authors=("Ada Lovelace",),
        published=submitted,
        categories=categories,
    )


Answer = Callable[[web.Request], web.Response | None]
"""What goes wrong with a request, if it does."""


@dataclass
class World:
    """What both listings have, by announcement day; ``faults`` are asked first, by path."""

    clock: FakeClock
    batches: dict[date, list[Announcement]] = field(default_factory=dict)
    """arXiv's, by the weekday on which its feeds show them."""
    lists: dict[date, list[tuple[ListRow, datetime]]] = field(default_factory=dict)
    """Hugging Face's rows, each with when it appears."""
    faults: list[tuple[str, datetime, datetime, Answer]] = field(default_factory=list)
    feed_of: Callable[[datetime], tuple[date, list[Announcement]] | None] | None = None
    """Another feed than the day's own, where it gives one."""
    indexed: Callable[[date], datetime] = eastern
    """When the query API knows the batch of a day."""
    asked: Counter[str] = field(default_factory=Counter)
    at_once: int = 0
    most_at_once: int = 0
    url: str = ""

    def fail(self, path: str, since: datetime, until: datetime, answer: Answer) -> None:
        self.faults.append((path, since, until, answer))

    def _fault(self, request: web.Request) -> web.Response | None:
        now = self.clock.now()
        for path, since, until, answer in self.faults:
            if request.path.startswith(path) and since <= now < until and (said := answer(request)):
                return said
        return None

    async def serve(self, request: web.Request) -> web.Response:
        kind = request.path.split("/")[1] if "daily" not in request.path else "daily"
        kind = "query" if request.path.endswith("/query") else kind
        self.asked[kind] += 1
        arxiv = kind != "daily"
        self.at_once += arxiv
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            return self._fault(request) or getattr(self, f"_{kind}")(request)
        finally:
            self.at_once -= arxiv

    def _rss(self, request: web.Request) -> web.Response:
        now = self.clock.now()
        today = now.astimezone(EASTERN).date()
        names = request.match_info["rest"].split("+")
        shown = self.feed_of(now) if self.feed_of else None
        announced, batch = shown or (today, self.batches.get(today, []))
        body = arxiv_feeds.rss(
            SampleDay(number=1, huggingface=(), arxiv=tuple(batch)), announced, names, self.url
        )
        return _conditional(request, body, "application/rss+xml")

    def _query(self, request: web.Request) -> web.Response:
        now = self.clock.now()
        known = [
            item
            for day, batch in sorted(self.batches.items(), reverse=True)
            if self.indexed(day) <= now
            for item in batch
        ]
        page = arxiv_query.select(known, request.query)
        body = arxiv_query.answer(page, address=self.url, parameters=request.query, now=now)
        return web.Response(body=body, content_type="application/atom+xml")

    def _daily(self, request: web.Request) -> web.Response:
        now, day = self.clock.now(), date.fromisoformat(request.query["date"])
        if day > now.date():
            return web.Response(status=400, body=b'{"error":"Invalid date"}')
        rows = tuple(row for row, since in self.lists.get(day, []) if since <= now)
        listed = huggingface.daily_papers(SampleDay(number=1, huggingface=rows, arxiv=()), day, 1)
        return _conditional(request, json.dumps(listed).encode(), "application/json")


def _conditional(request: web.Request, body: bytes, media: str) -> web.Response:
    etag = f'"{hash(body)}"'
    if request.headers.get("If-None-Match") == etag:
        return web.Response(status=304)
    return web.Response(body=body, content_type=media, headers={"ETag": etag})


@asynccontextmanager
async def serving(world: World) -> AsyncIterator[World]:
    app = web.Application()
    app.router.add_get("/{kind}/{rest:.*}", world.serve)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    world.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield world
    finally:
        await runner.cleanup()
