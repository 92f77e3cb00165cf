"""The one way out is bounded, polite and speaks only our errors."""

import asyncio
import gzip
import resource
import zlib

import httpcore
import httpx
import pytest
from aiohttp import web

from bot.errors import ListingBusy, ListingError, ListingMalformed, ListingUnavailable, ListingUnreachable
from bot.listings.fetch import CAP, FOREIGN, translate
from bot.listings.guard import REFUSAL, Refused
from bot.listings.politeness import Manners


def always(body=b"", **how):
    async def answer(request):
        return web.Response(body=body, **how)

    return answer


async def test_it_says_who_it_is_and_asks_for_gzip_only(fetcher, host):
    host.answer = always(b"hello", headers={"ETag": '"1"', "Last-Modified": "Mon, 24 Nov 2025 00:00:00 GMT"})
    answer = await fetcher.get(f"{host.url}/list")
    assert (answer.status, answer.body, answer.etag) == (200, b"hello", '"1"')
    assert answer.modified == "Mon, 24 Nov 2025 00:00:00 GMT"
    sent = host.asked[0].headers
    assert sent["Accept-Encoding"] == "gzip"
    assert sent["User-Agent"].startswith("paper-pigeon/")
    assert "mailto:who@example.org" in sent["User-Agent"]


async def test_a_conditional_request_may_find_nothing_new(fetcher, host):
    async def answer(request):
        assert request.headers["If-None-Match"] == '"1"'
        assert request.headers["If-Modified-Since"] == "then"
        return web.Response(status=304)

    host.answer = answer
    answer = await fetcher.get(host.url, etag='"1"', modified="then")
    assert answer.unchanged
    assert answer.body == b""


@pytest.mark.parametrize("tag", ['"é"', '"' + "x" * 2_000 + '"', "\x01"])
async def test_a_tag_that_cannot_be_sent_back_is_not_kept(fetcher, host, tag):
    async def answer(request):
        assert request.transport is not None
        request.transport.write(
            b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nETag: " + tag.encode() + b"\r\n\r\nx"
        )
        request.transport.close()
        return web.Response()

    host.answer = answer
    try:
        assert (await fetcher.get(host.url)).etag is None
    except ListingUnavailable:
        assert tag == "\x01"  # no HTTP at all


async def test_not_modified_without_having_asked_is_no_answer(fetcher, host):
    host.answer = always(status=304)
    with pytest.raises(ListingUnavailable):
        await fetcher.get(host.url)


@pytest.mark.parametrize("status", [201, 204, 206, 400, 401, 403, 404, 410, 418, 500, 502, 504, 599])
async def test_every_other_status_is_an_error(fetcher, host, status):
    host.answer = always(status=status)
    with pytest.raises(ListingUnavailable, match=str(status) if status != 404 else "no such page"):
        await fetcher.get(host.url)


async def test_gzip_is_undone_also_in_several_members(fetcher, host):
    host.answer = always(gzip.compress(b"one ") + gzip.compress(b"two"), headers={"Content-Encoding": "gzip"})
    assert (await fetcher.get(host.url)).body == b"one two"


def _bomb(megabytes: int) -> bytes:
    pack = zlib.compressobj(9, zlib.DEFLATED, 31)
    block = bytes(1024 * 1024)
    return b"".join([*(pack.compress(block) for _ in range(megabytes)), pack.flush()])


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (_bomb(200), {"Content-Encoding": "gzip"}),
        (gzip.compress(_bomb(200)), {"Content-Encoding": "gzip, gzip"}),
        (b"\x1b" * 400, {"Content-Encoding": "br"}),
        (zlib.compress(bytes(100)), {"Content-Encoding": "deflate"}),
        (b"\x28\xb5\x2f\xfd", {"Content-Encoding": "zstd"}),
        (bytes(CAP + 1), {}),
        (gzip.compress(b"")[:10] * 3, {"Content-Encoding": "gzip"}),
        (b"not gzip at all", {"Content-Encoding": "gzip"}),
        (gzip.compress(bytes(100_000))[:-20], {"Content-Encoding": "gzip"}),
    ],
    ids=["gzip", "gzip twice", "brotli", "deflate", "zstd", "long", "torn header", "a lie", "cut off"],
)
async def test_bombs_and_lies_are_refused_in_little_memory(fetcher, host, body, headers):
    host.answer = always(body, headers=headers)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(ListingMalformed):
        await fetcher.get(host.url)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 20 * 1024


async def _endless(request):
    response = web.StreamResponse()
    await response.prepare(request)
    try:
        while True:
            await response.write(bytes(64 * 1024))
    except ConnectionError:
        return response


async def test_an_endless_body_is_left_at_the_cap(fetcher, host):
    host.answer = _endless
    with pytest.raises(ListingMalformed, match="more than 64 KiB"):
        await fetcher.get(host.url, cap=64 * 1024)


@pytest.mark.parametrize("where", ["headers", "body"])
async def test_a_drip_is_held_to_one_deadline(fetcher, host, where, clock):
    async def drip(request):
        response = web.StreamResponse()
        if where == "body":
            await response.prepare(request)
        try:
            while True:
                await asyncio.wait_for(asyncio.Event().wait(), 0.03)
        except TimeoutError:
            await response.prepare(request)
        try:
            for _ in range(1_000):
                await response.write(b".")
                with pytest.raises(TimeoutError):
                    await asyncio.wait_for(asyncio.Event().wait(), 0.03)
        except ConnectionError:
            pass
        return response

    host.answer = drip
    begun = clock.monotonic()
    with pytest.raises(ListingUnavailable, match="too long"):
        await fetcher.get(host.url, timeout=0.3)
    assert clock.monotonic() - begun < 2


@pytest.mark.long
async def test_a_listing_known_to_be_slow_gets_the_time_it_was_given(fetcher, host):
    """Longer than httpx's own five seconds for a read, shorter than what was asked for."""

    async def slow(request):
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(asyncio.Event().wait(), 5.3)
        return web.Response(body=b"at last")

    host.answer = slow
    assert (await fetcher.get(host.url, timeout=120)).body == b"at last"


async def test_a_body_shorter_than_it_was_said_to_be_is_no_answer(fetcher, host):
    async def short(request):
        assert request.transport is not None
        request.transport.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nabc")
        request.transport.close()
        return web.Response()

    host.answer = short
    with pytest.raises(ListingUnavailable, match="broke off"):
        await fetcher.get(host.url)


# --- redirects ------------------------------------------------------------------------------------


async def test_a_redirect_within_the_host_is_followed(fetcher, host):
    async def answer(request):
        if request.path == "/old":
            return web.Response(status=301, headers={"Location": "/new"})
        return web.Response(body=b"here")

    host.answer = answer
    answer = await fetcher.get(f"{host.url}/old")
    assert answer.body == b"here"
    assert answer.url == f"{host.url}/new"


async def test_three_redirects_and_no_more(fetcher, host):
    host.answer = always(status=302, headers={"Location": "/again"})
    with pytest.raises(ListingUnavailable, match="more than 3 times"):
        await fetcher.get(host.url)
    assert len(host.asked) == 4


async def test_a_redirect_to_another_host_is_judged_like_a_stranger_s_address(fetcher, host, other_host):
    host.answer = always(status=302, headers={"Location": other_host.url})
    with pytest.raises(ListingUnavailable) as caught:
        await fetcher.get(host.url)
    assert str(caught.value) == REFUSAL
    assert not other_host.asked


@pytest.mark.parametrize(
    "location", ["file:///etc/passwd", "gopher://x/", "ftp://x/", "http://u:p@x/", "", "http://x:99999/"]
)
async def test_a_redirect_to_no_web_page_is_refused(fetcher, host, location):
    host.answer = always(status=302, headers={"Location": location})
    with pytest.raises(ListingUnavailable) as caught:
        await fetcher.get(host.url)
    assert str(caught.value) == REFUSAL


# --- coming back later ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("headers", "after"),
    [
        ({"Retry-After": "120"}, 120),
        ({"Retry-After": "Mon, 24 Nov 2025 12:05:00 GMT"}, 300),
        ({"Retry-After": "Mon, 24 Nov 2025 11:00:00 GMT"}, 0),
        ({"Retry-After": "999999999999999999999"}, 3_600),
        ({"Retry-After": "-5"}, 60),
        ({"Retry-After": "soon"}, 60),
        ({"Retry-After": "Mon, 99 Nov 2025 99:00:00 GMT"}, 60),
        ({"RateLimit": '"api";r=0;t=215'}, 215),
        ({}, 60),
    ],
)
async def test_asked_to_stay_away_it_stays_away(fetcher, host, headers, after):
    host.answer = always(status=429, headers=headers)
    with pytest.raises(ListingBusy) as caught:
        await fetcher.get(host.url)
    assert caught.value.after == after
    if after:
        with pytest.raises(ListingBusy, match="left alone"):
            await fetcher.get(host.url)
        assert len(host.asked) == 1


async def test_a_spent_budget_is_heeded_before_it_is_overdrawn(fetcher, host):
    host.answer = always(b"[]", headers={"RateLimit": '"api";r=0;t=30'})
    assert (await fetcher.get(host.url)).body == b"[]"
    with pytest.raises(ListingBusy):
        await fetcher.get(host.url)


async def test_a_budget_with_something_left_stops_nothing(fetcher, host):
    host.answer = always(b"[]", headers={"RateLimit": '"api";r=499;t=30'})
    await fetcher.get(host.url)
    await fetcher.get(host.url)
    assert len(host.asked) == 2


@pytest.mark.parametrize("status", [403, 429, 503])
async def test_arxiv_is_left_alone_for_more_than_ten_minutes_and_operators_see_it(fetcher, host, status):
    manners = Manners("arxiv", cooldown=660)
    host.answer = always(status=status, headers={"Retry-After": "5"})
    with pytest.raises(ListingBusy) as caught:
        await fetcher.get(host.url, manners=manners)
    assert caught.value.after == 660
    cooling = (await fetcher.limiter.coolings())["arxiv"]
    assert str(status) in cooling.reason


# --- errors -----------------------------------------------------------------------------------------


async def test_no_connection_is_told_apart_and_soon(fetcher, clock):
    begun = clock.monotonic()
    with pytest.raises(ListingUnreachable, match="refused or lost"):
        await fetcher.get("http://127.0.0.1:1/")
    assert clock.monotonic() - begun < 5


async def test_errors_name_the_host_and_never_the_query(fetcher):
    with pytest.raises(ListingUnreachable) as caught:
        await fetcher.get("http://127.0.0.1:1/search?api_key=secret")
    assert "secret" not in str(caught.value)


def _all_below(kind):
    yield kind
    for below in kind.__subclasses__():
        yield from _all_below(below)


def test_every_exception_of_httpx_and_httpcore_is_known_and_becomes_one_of_ours():
    walked = 0
    for name in dir(httpx):
        kind = getattr(httpx, name)
        if not (isinstance(kind, type) and issubclass(kind, Exception)) or kind is httpx.CookieConflict:
            continue  # we keep no cookies
        walked += 1
        assert issubclass(kind, FOREIGN), kind
        error = kind.__new__(kind)
        Exception.__init__(error, "certificate of 10.0.0.1 secret")
        ours = translate(error, "http://listing.example/?key=secret")
        assert isinstance(ours, ListingError)
        assert "secret" not in str(ours)
    assert walked > 25
    for kind in (
        *_all_below(httpcore.ProtocolError),
        httpcore.ConnectionNotAvailable,
        Refused,
        OSError,
        TimeoutError,
    ):
        assert issubclass(kind, FOREIGN)
    for kind in (httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProxyError):
        for below in _all_below(kind):  # httpx maps these to its own
            assert any(issubclass(getattr(httpx, below.__name__), each) for each in FOREIGN)


@pytest.mark.parametrize(
    "url", ["", "x", "http://", "http:///x", "http://[::1", "http://a:b/", "//x", "http://\x00/"]
)
async def test_no_address_at_all_is_our_error_too(fetcher, url):
    with pytest.raises(ListingUnavailable):
        await fetcher.get(url)
