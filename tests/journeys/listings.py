"""A loopback host that answers as the recorded listings did, on the day that the clock says."""

import gzip
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path

from aiohttp import web

from bot.testing.clock import FakeClock


class Recorded:
    """Serves ``/api/daily_papers?date=…`` and ``/rss/…`` from recordings, with ETags."""

    def __init__(self, recordings: Path, clock: FakeClock) -> None:
        self.days = {
            path.stem: path.read_bytes() for path in (recordings / "huggingface/daily").glob("*.json")
        }
        self.polls = [
            (
                datetime.strptime(path.name[4:21] + "+0000", "%Y-%m-%dT%H%M%S%z"),
                gzip.decompress(path.read_bytes()),
            )
            for path in sorted((recordings / "arxiv/rss/poll_series").glob("*.gz"))
        ]
        self.clock = clock
        self.url = ""

    async def huggingface(self, request: web.Request) -> web.Response:
        day = request.query["date"]
        listed = day <= self.clock.now().date().isoformat()
        return self._conditional(request, self.days.get(day, b"[]") if listed else b"[]", "application/json")

    async def rss(self, request: web.Request) -> web.Response:
        shown = [body for moment, body in self.polls if moment <= self.clock.now()]
        return self._conditional(request, shown[-1] if shown else b"", "application/rss+xml")

    def _conditional(self, request: web.Request, body: bytes, media: str) -> web.Response:
        etag = f'"{hashlib.sha1(body).hexdigest()[:16]}"'
        if request.headers.get("If-None-Match") == etag:
            return web.Response(status=304, headers={"ETag": etag})
        return web.Response(body=body, content_type=media, headers={"ETag": etag})


@asynccontextmanager
async def serving(recordings: Path, clock: FakeClock) -> AsyncIterator[Recorded]:
    recorded = Recorded(recordings, clock)
    app = web.Application()
    app.router.add_get("/api/daily_papers", recorded.huggingface)
    app.router.add_get("/rss/{categories}", recorded.rss)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    recorded.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield recorded
    finally:
        await runner.cleanup()
