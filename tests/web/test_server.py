"""The sockets: what comes over them that is no honest request, and how they end."""

import asyncio
import gc
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from datetime import timedelta

import pytest

from bot.errors import StartError
from bot.web.layout import HEADERS
from bot.web.server import ANNOUNCE_EVERY, EACH, Bind, WebServer
from tests.core import Core, paper
from tests.web.conftest import Browser

HOST = "127.0.0.1"
Talk = Callable[..., Awaitable[bytes]]


@asynccontextmanager
async def serving(browser: Browser, *, lifetime: float = 20.0, **bind: object) -> AsyncIterator[WebServer]:
    where = Bind(**({"host": HOST, "port": 0} | bind))  # type: ignore[arg-type]
    server = WebServer(browser.site, where, browser.core.store, browser.core.clock, lifetime=lifetime)
    await server.open()
    try:
        yield server
    finally:
        await server.close()
        gc.collect()


async def talk(server: WebServer, raw: bytes, *, eof: bool = False) -> bytes:
    """What comes back until the other end closes."""
    assert server._runner is not None
    reader, writer = await asyncio.open_connection(*server._runner.addresses[0][:2])
    try:
        writer.write(raw)
        if eof:
            writer.write_eof()
        async with asyncio.timeout(30):
            return await reader.read()
    except ConnectionResetError:
        return b""
    finally:
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()


def request(path: str = "/", method: str = "GET", body: bytes = b"", **headers: str) -> bytes:
    named = {"Host": "localhost"} | {name.replace("_", "-"): value for name, value in headers.items()}
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in named.items())]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def status(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1]) if answer else 0


def headers(answer: bytes) -> dict[str, str]:
    head = answer.partition(b"\r\n\r\n")[0].decode()
    return {line.partition(": ")[0]: line.partition(": ")[2] for line in head.split("\r\n")[1:]}


ODD = [
    (request(), 200),
    (request("/health"), 200),
    (request("/nonsense"), 404),
    (request("/../../etc/passwd"), 404),
    (request("/%2e%2e/%2e%2e/etc/passwd"), 404),
    (request("/feed/..%2f..%2fx.atom" + "a" * 30), 404),
    (request("/w/" + "a" * 7000), 404),
    (request("/?q=" + "%ff%fe"), 400),
    (request("/?q=" + "a" * 9000), 400),
    (request(X="a" * 9000), 400),
    (request(**{f"X{at}": "a" for at in range(100)}), 400),
    (request(Cookie="a=b"), 200),
    (request(method="POST", body=b"x" * 10, Content_Length="10"), 405),
    (request(method="DELETE"), 405),
    (request(method="TRACE"), 405),
    (request(method="CONNECT", path="evil.example:443"), 405),
    (request(body=b"x" * 10, Content_Length="10"), 413),
    (request(Content_Length="100000000000"), 413),
    (request(Transfer_Encoding="chunked", body=b"5\r\nhello\r\n0\r\n\r\n"), 413),
    (request(Transfer_Encoding="chunked", Content_Length="5", body=b"0\r\n\r\n"), 400),
    (request(Host="evil.example"), 421),
    (request(Host="127.0.0.1.evil.example"), 421),
    (request(Host="127.0.0.1:99"), 200),
    (request(Host="[::1]:80"), 200),
    (request(Host="web:8080"), 200),
    (request(Host="a@localhost"), 421),
    (request(Host="localhost:x"), 421),
    (request(Host=""), 421),
    (b"GET / HTTP/1.0\r\n\r\n", 421),
    (b"nonsense\r\n\r\n", 400),
    (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\r\n\r\n", 400),
    (b"GET / HTTP/1.1\r\nHost: localhost\r\nBad Header: x\r\n\r\n", 400),
    (b"GET / HTTP/9.9\r\nHost: localhost\r\n\r\n", 400),
    (b"GET http://localhost/health HTTP/1.1\r\nHost: localhost\r\n\r\n", 200),
    (b"GET /\x00 HTTP/1.1\r\nHost: localhost\r\n\r\n", 400),
]


@pytest.mark.parametrize(
    ("raw", "expected"), ODD, ids=[f"{raw[:28]!r}-{at}" for at, (raw, _) in enumerate(ODD)]
)
async def test_every_answer_is_what_it_should_be_and_has_all_headers(
    browser: Browser, raw: bytes, expected: int, caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.INFO)
    async with serving(browser) as server:
        answer = await talk(server, raw)
    assert status(answer) == expected, answer[:300]
    given = headers(answer)
    for name, value in HEADERS.items():
        assert given[name] == value, name
    assert given.get("Connection", "close") == "close"  # HTTP/1.0 closes without a word
    assert "Set-Cookie" not in given
    assert b"aiohttp" not in answer
    assert b"Traceback" not in answer
    assert not [record for record in caplog.records if record.name.startswith(("aiohttp", "bot.web"))]


async def test_head_is_get_without_the_page(browser: Browser):
    async with serving(browser) as server:
        whole, head = await talk(server, request()), await talk(server, request(method="HEAD"))
    assert status(head) == 200
    assert head.endswith(b"\r\n\r\n")
    assert headers(head)["Content-Length"] == headers(whole)["Content-Length"] != "0"


async def test_a_feed_that_has_not_changed_is_304_without_content(browser: Browser):
    path = (await browser.feeds())["Your saved papers"]
    async with serving(browser, public="https://papers.example.org") as server:
        first = await talk(server, request(path, Host="papers.example.org"))
        again = await talk(
            server, request(path, If_None_Match=headers(first)["ETag"], Host="papers.example.org:443")
        )
    assert status(first) == 200
    assert headers(first)["Content-Type"] == "application/atom+xml; charset=utf-8"
    assert headers(first)["Cache-Control"] == "private, no-cache"
    assert status(again) == 304
    assert again.endswith(b"\r\n\r\n")


@pytest.mark.parametrize(
    "raw", [b"", b"GET / HTT", request()[:-2], request(method="POST", Content_Length="10", body=b"x")[:-30]]
)
async def test_a_request_that_does_not_arrive_is_cut_off(browser: Browser, raw: bytes):
    """Slow loris: it may hold a connection for its lifetime, and not for ever."""
    async with serving(browser, lifetime=0.3) as server:
        async with asyncio.timeout(30):
            assert status(await talk(server, raw)) in {0, 400}
        assert status(await talk(server, request("/health"))) == 200


async def test_a_letter_at_a_time_gains_nothing(browser: Browser):
    async with serving(browser, lifetime=0.5) as server:
        assert server._runner is not None
        reader, writer = await asyncio.open_connection(*server._runner.addresses[0][:2])
        over = asyncio.create_task(reader.read())
        async with asyncio.timeout(30):
            with suppress(ConnectionError):
                for letter in b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 100_000:
                    writer.write(bytes([letter]))
                    await writer.drain()
                    if (await asyncio.wait([over], timeout=0.01))[0]:
                        break
        assert over.done()
        assert over.exception() is not None or status(over.result()) == 0, "it was given no answer"
        writer.close()


async def test_a_connection_ends_whatever_goes_on_in_it(browser: Browser):
    never = asyncio.Event()

    async def hang(visit):
        await never.wait()

    browser.site.answer = hang
    async with serving(browser, lifetime=0.3) as server:
        async with asyncio.timeout(30):
            assert await talk(server, request()) == b""


async def test_one_peer_holds_so_many_connections_and_no_more(browser: Browser):
    async with serving(browser) as server:
        assert server._runner is not None
        address = server._runner.addresses[0][:2]
        held = [await asyncio.open_connection(*address) for _ in range(EACH)]
        assert await talk(server, request("/health")) == b""
        for _, writer in held[:5]:
            writer.close()
            await writer.wait_closed()
        async with asyncio.timeout(30):
            while status(await talk(server, request("/health"))) != 200:
                pass
        for _, writer in held[5:]:
            writer.close()


async def test_a_proxy_may_hold_more(browser: Browser):
    async with serving(browser, proxies=("127.0.0.1",)) as server:
        assert server._runner is not None
        held = [await asyncio.open_connection(*server._runner.addresses[0][:2]) for _ in range(EACH + 5)]
        assert status(await talk(server, request("/health"))) == 200
        for _, writer in held:
            writer.close()


async def test_a_second_request_on_a_connection_is_not_served(browser: Browser):
    async with serving(browser) as server:
        assert (await talk(server, request("/health") * 3)).count(b"This process answers.") == 1


async def test_a_proxy_that_is_trusted_names_the_client_and_nobody_else_does(browser: Browser):
    seen: list[str] = []
    answer = browser.site.answer

    async def watched(visit):
        seen.append(visit.client)
        return await answer(visit)

    browser.site.answer = watched
    async with serving(browser) as server:
        await talk(server, request(X_Forwarded_For="203.0.113.9"))
    async with serving(browser, proxies=("127.0.0.0/8",)) as server:
        await talk(server, request(X_Forwarded_For="198.51.100.1, 203.0.113.9"))
        await talk(server, request(X_Forwarded_For="2001:db8::1, 127.0.0.2"))
        await talk(server, request(X_Forwarded_For="nonsense"))
    assert seen == ["127.0.0.1", "203.0.113.9", "2001:db8::/64", "127.0.0.1"]


async def test_a_taken_port_is_a_sentence(browser: Browser):
    async with serving(browser) as server:
        assert server._runner is not None
        port = server._runner.addresses[0][1]
        other = WebServer(browser.site, Bind(HOST, port), browser.core.store, browser.core.clock)
        with pytest.raises(StartError, match=f"cannot be served on 127.0.0.1:{port} .*PIGEON_WEB_PORT"):
            await other.open()


async def test_an_address_that_is_not_ours_is_a_sentence(browser: Browser):
    server = WebServer(browser.site, Bind("192.0.2.1", 0), browser.core.store, browser.core.clock)
    with pytest.raises(StartError, match="PIGEON_WEB_HOST"):
        await server.open()


@pytest.mark.parametrize(
    ("bind", "address"),
    [
        ({}, "http://127.0.0.1:"),
        ({"host": "0.0.0.0"}, "http://127.0.0.1:"),
        ({"host": "localhost"}, "http://localhost:"),
        ({"public": "https://papers.example.org"}, "https://papers.example.org"),
    ],
)
async def test_it_says_in_the_store_where_it_is(browser: Browser, core: Core, bind, address):
    async with serving(browser, **bind) as server:
        run = asyncio.create_task(server.run())
        await core.clock.until_asleep()
        assert (await core.store.web.address() or "").startswith(address)
        await core.store.web.announce("", ttl=timedelta(minutes=1))
        await core.clock.advance(ANNOUNCE_EVERY + 1)
        async with asyncio.timeout(30):
            while not await core.store.web.address():
                await core.clock.advance(1)
        run.cancel()
        await asyncio.wait([run])


async def test_how_late_the_loop_is_is_the_worst_of_the_last_minute(browser: Browser, core: Core):
    async with serving(browser) as server:
        run = asyncio.create_task(server.run())
        await core.clock.until_asleep()
        core.clock._elapsed += 2.0  # something held the loop for two seconds
        await core.clock.advance(0)
        await core.clock.advance(1)
        assert browser.site.stall == pytest.approx(1.5)
        async with asyncio.timeout(30):
            for _ in range(70):
                await core.clock.until_asleep()  # on the way it tells the store where it is, in real time
                await core.clock.advance(1)
        assert browser.site.stall == pytest.approx(0, abs=0.01)
        run.cancel()
        await asyncio.wait([run])


async def test_answers_under_way_end_before_it_closes(browser: Browser):
    await browser.core.bring(paper(1))
    entered, go = asyncio.Event(), asyncio.Event()
    answer = browser.site.answer

    async def slow(visit):
        entered.set()
        await go.wait()
        return await answer(visit)

    browser.site.answer = slow
    async with serving(browser) as server:
        asking = asyncio.create_task(talk(server, request("/health")))
        await entered.wait()
        closing = asyncio.create_task(server.close())
        go.set()
        assert status(await asking) == 200
        await closing
