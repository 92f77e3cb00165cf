"""Serves the sample days on this machine's loopback interface, in the wire forms of the real listings.

========================================  ==============================================
``GET /api/daily_papers?date=…``          Hugging Face's list of a day (JSON)
``GET /rss/cs.CL+cs.RO``                  arXiv's newest batch (RSS 2.0)
``GET /atom/cs.CL+cs.RO``                 the same (Atom)
``GET /api/query?search_query=…``         arXiv's query API (Atom), also with ``id_list``
========================================  ==============================================

Every answer carries an ``ETag``, the feeds also ``Last-Modified``; conditional requests get 304.
"""

from __future__ import annotations

import hashlib
import json
import re
import socket
from datetime import UTC, date, datetime, timedelta
from email.utils import format_datetime
from types import TracebackType
from typing import Final, Self

from aiohttp import web

from bot.clock import Clock
from bot.errors import StartError
from bot.samples import arxiv_feeds, arxiv_query, huggingface
from bot.samples.arxiv import batch_time
from bot.samples.days import DAYS, load

_HOST: Final = "127.0.0.1"
_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}")  # noqa: TID251 - ours, constant
_LARGEST_LIST: Final = 100


class SampleServer:
    """The sample listing, from entering the context to leaving it.

    Four sample days take the four dates that end with the date of entering. Entering finds ``start_day``
    reached, and every ``seconds_per_day`` seconds of the clock brings the next one, until the fourth; what lies
    ahead is an empty list as yet. So whoever asks for the last four dates again and again sees lists arrive as
    they do in life, only sooner.
    arXiv's feeds show the newest batch alone. The ids are the same at every start.
    """

    def __init__(self, clock: Clock, *, start_day: int = 1, seconds_per_day: float = 45.0) -> None:
        """Prepare a server; nothing is opened yet.

        Args:
            clock: Tells today's date and the passing of sample days.
            start_day: The sample day that is reached at once, 1 to 4.
            seconds_per_day: How long a sample day lasts.
        """
        self._clock = clock
        self._start_day = start_day
        self._seconds_per_day = seconds_per_day
        self._entered = 0.0
        self._first_date = date.min
        self._runner: web.AppRunner | None = None
        self._base = ""

    @property
    def huggingface_url(self) -> str:
        """Stands in for ``https://huggingface.co``."""
        return self._base

    @property
    def arxiv_rss_url(self) -> str:
        """Stands in for ``https://rss.arxiv.org``."""
        return self._base

    @property
    def arxiv_api_url(self) -> str:
        """Stands in for ``https://export.arxiv.org/api/query``."""
        return f"{self._base}/api/query"

    @property
    def day(self) -> int:
        """The sample day reached by now, counted from 1."""
        passed = int((self._clock.monotonic() - self._entered) // self._seconds_per_day)
        return min(self._start_day + passed, DAYS)

    async def __aenter__(self) -> Self:
        """Start serving on a free port.

        Raises:
            StartError: This machine lets us open no port.
        """
        self._entered = self._clock.monotonic()
        self._first_date = self._clock.now().date() - timedelta(days=DAYS - 1)
        application = web.Application()
        application.router.add_get("/api/daily_papers", self._daily_papers)
        application.router.add_get("/rss/{categories}", self._rss)
        application.router.add_get("/atom/{categories}", self._atom)
        application.router.add_get("/api/query", self._query)
        try:
            listener = socket.create_server((_HOST, 0))
        except OSError as error:
            raise StartError(
                f"The sample listing could not open a port on {_HOST} ({error.strerror}). "
                "Free some, or allow this program to listen there, and start again."
            ) from error
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        await web.SockSite(self._runner, listener).start()
        self._base = f"http://{_HOST}:{listener.getsockname()[1]}"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop serving and close the port."""
        if self._runner is not None:
            await self._runner.cleanup()

    async def _daily_papers(self, request: web.Request) -> web.Response:
        reached = self.day
        wanted = self._date_of(reached)
        if "date" in request.query:
            text = request.query["date"]
            try:
                wanted = date.fromisoformat(text) if _DATE.fullmatch(text) else date.max
            except ValueError:
                wanted = date.max
            if wanted > self._clock.now().date():
                return _json(request, {"error": f"Invalid date: {text}"}, status=400)
        limit, page = _small_number(request, "limit", 50), _small_number(request, "p", 0)
        if limit is None or page is None or not 1 <= limit <= _LARGEST_LIST:
            return _json(request, {"error": "limit must be 1 to 100, and p 0 or more"}, status=400)
        number = (wanted - self._first_date).days + 1
        if not 1 <= number <= reached:
            return _json(request, [])
        rows = huggingface.daily_papers(load()[number - 1], wanted, reached)
        return _json(request, rows[page * limit : (page + 1) * limit])

    async def _rss(self, request: web.Request) -> web.Response:
        reached = self.day
        announced = self._date_of(reached)
        body = arxiv_feeds.rss(load()[reached - 1], announced, _categories(request), self._address(request))
        return _answer(request, body, "application/rss+xml", batch_time(announced))

    async def _atom(self, request: web.Request) -> web.Response:
        reached = self.day
        announced = self._date_of(reached)
        body = arxiv_feeds.atom(load()[reached - 1], announced, _categories(request), self._address(request))
        return _answer(request, body, "application/atom+xml", batch_time(announced))

    async def _query(self, request: web.Request) -> web.Response:
        announced = [item for day in reversed(load()[: self.day]) for item in day.arxiv]
        midnight = batch_time(self._date_of(self.day))
        address = self._address(request)
        try:
            page = arxiv_query.select(announced, request.query)
        except arxiv_query.QueryRefused as refused:
            body = arxiv_query.refusal(str(refused), address=address, now=midnight)
            return _answer(request, body, "application/atom+xml", status=400)
        body = arxiv_query.answer(page, address=address, parameters=request.query, now=midnight)
        return _answer(request, body, "application/atom+xml")

    def _date_of(self, number: int) -> date:
        return self._first_date + timedelta(days=number - 1)

    def _address(self, request: web.Request) -> str:
        return f"{self._base}{request.path_qs}"


def _categories(request: web.Request) -> list[str]:
    # aiohttp leaves a plus sign in a path as it is, which is what separates categories here.
    return [name for name in request.match_info["categories"].split("+") if name]


def _small_number(request: web.Request, name: str, default: int) -> int | None:
    text = request.query.get(name, str(default))
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 4 else None


def _json(request: web.Request, value: object, *, status: int = 200) -> web.Response:
    body = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    return _answer(request, body, "application/json", status=status)


def _answer(
    request: web.Request, body: bytes, kind: str, modified: datetime | None = None, *, status: int = 200
) -> web.Response:
    tag = f'W/"{len(body):x}-{hashlib.sha256(body).hexdigest()[:27]}"'
    headers = {"ETag": tag, "Cache-Control": "no-cache"}
    if modified is not None:
        headers["Last-Modified"] = format_datetime(modified.astimezone(UTC), usegmt=True)
    if status == 200 and _unchanged(request, tag, modified):
        return web.Response(status=304, headers=headers)
    return web.Response(status=status, body=body, content_type=kind, charset="utf-8", headers=headers)


def _unchanged(request: web.Request, tag: str, modified: datetime | None) -> bool:
    """Judge a conditional request; a tag outweighs a date (RFC 9110, section 13.2.2)."""
    if (tags := request.if_none_match) is not None:
        strong = tag.removeprefix('W/"').removesuffix('"')
        return any(one.value in {"*", strong} for one in tags)
    since = request.if_modified_since
    return since is not None and modified is not None and modified <= since
