"""The web page as a role: a process that serves it beside one that does the rest, over one real Valkey."""

import asyncio
import re
import signal
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

import pytest

from bot.clock import SystemClock
from bot.samples.server import SampleServer
from tests.chaos.valkey import ValkeyServer, free_port
from tests.journeys.test_process import NOWHERE, PATIENCE, Running, Runs, pigeon  # noqa: F401 - a fixture
from tests.web.test_feeds import titles


class Days(SystemClock):
    """A sample day lasts until the test turns the page."""

    passed = 0.0

    def monotonic(self) -> float:
        return self.passed


@contextmanager
def sample_listing(days: Days) -> Iterator[str]:
    """The sample days on loopback; the address in place of Hugging Face's."""
    ready, address, loop = threading.Event(), [], asyncio.new_event_loop()

    async def serve() -> None:
        async with SampleServer(days, seconds_per_day=1) as server:
            address.append(server.huggingface_url)
            ready.set()
            await over.wait()

    over = asyncio.Event()
    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()), daemon=True)
    thread.start()
    ready.wait(10)
    try:
        yield address[0]
    finally:
        loop.call_soon_threadsafe(over.set)
        thread.join(10)
        loop.close()


def get(address: str, **headers: str) -> tuple[int, str, dict[str, str]]:
    """Status, text and headers; 0 where nobody listens."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    try:
        with urlopen(Request(address, headers=named), timeout=60) as answer:
            return answer.status, answer.read().decode(), dict(answer.headers)
    except HTTPError as error:
        with error:
            return error.code, error.read().decode(), dict(error.headers)
    except (URLError, OSError):
        return 0, "", {}


def until(address: str, status: int, says: str = "", seconds: float = PATIENCE) -> str:
    """Ask again until it answers so; what it said."""
    limit = time.monotonic() + seconds
    while True:
        found, body, _ = get(address)
        if found == status and says in body:
            return body
        if time.monotonic() > limit:
            pytest.fail(
                f"{address} did not answer {status} «{says}» within {seconds} s, but {found}:\n{body[-2000:]}"
            )
        threading.Event().wait(0.2)


def said_by(run: Running, line: str, marker: str) -> str:
    """What the bot answers to a line, up to and with its marker."""
    before = len(run.said)
    run.type(line)
    limit = time.monotonic() + PATIENCE
    while marker not in run.said[before:]:
        assert time.monotonic() < limit, run.said[before:]
        try:
            run.said += run._lines.get(timeout=1)
        except Exception:  # noqa: BLE001 - nothing was printed for a while
            continue
    return run.said[before:]


@pytest.mark.timeout(240)
def test_subscribe_deliver_open_the_page_read_the_feed_revoke(pigeon: Runs, tmp_path: Path) -> None:  # noqa: F811
    store = ValkeyServer(tmp_path / "valkey")
    store.start()
    port = free_port()
    site = f"http://127.0.0.1:{port}"
    days = Days()
    try:
        with sample_listing(days) as listing:
            settings = {
                "PIGEON_REDIS_URL": store.url,
                "PIGEON_SOURCES": "huggingface",
                "PIGEON_HUGGINGFACE__URL": listing,
                "PIGEON_POLL_SECONDS": "1",
                "PIGEON_LOG_LEVEL": "debug",
            }
            page = pigeon("run", "--roles", "web", PIGEON_WEB_PORT=str(port), **settings)
            page.until(f"Web page: {site}", 40)
            rest = pigeon("run", "--roles", "poll,match,send,chat", **settings)
            rest.until("Sources:", 40)
            said_by(
                rest, "subscribe agents OR diffusion OR video OR language name:mine when:instant", "Confirm"
            )
            said_by(rest, "1", "Subscribed")
            days.passed = 1.0
            rest.until("== #console ==", 60)
            until(f"{site}/ready", 200, "Ready")

            # Everybody: a preview of what the other process stored.
            status, body, headers = get(f"{site}/?q=agents")
            assert status == 200
            assert "What would a filter bring?" in body
            assert "default-src 'none'" in headers["Content-Security-Policy"]
            assert "mine" not in body

            # Behind a link: what came here.
            link = re.search(r"http://\S+/w/\S+", said_by(rest, "web", "/w/") + rest.until("Feeds"))
            assert link
            assert link[0].startswith(site), "the other process says where the page is"
            body = until(link[0], 200, "mine")
            posted = re.findall(r'<span class="line name" dir="auto"><a [^>]*>([^<]+)</a>', body)
            assert posted
            assert get(link[0][:-1] + ("A" if link[0][-1] != "A" else "B"))[0] == 404

            # The feed brings the same.
            answer = said_by(rest, "web feeds", "End them")
            feeds = re.findall(r"http://\S+/feed/\S+\.atom", answer)
            assert len(feeds) == 3, "saved papers, the alert that a terminal begins with, and this one"
            status, document, headers = get(feeds[2])
            assert status == 200
            assert set(posted) & set(titles(document))
            assert get(feeds[2], If_None_Match=headers["ETag"])[0] in {200, 304}

            # The store goes away and comes back.
            store.kill()
            assert "store: " in until(f"{site}/ready", 503)
            assert get(f"{site}/health")[0] == 200
            assert get(link[0])[0] == 503
            assert get(feeds[0])[0] == 503
            assert "paper_pigeon_store_up 0" in get(f"{site}/metrics")[1]
            store.start()
            until(f"{site}/ready", 200)
            until(feeds[0], 200)
            figures = until(f"{site}/metrics", 200, 'outcome="sent"')
            assert (
                int(re.search(r'deliveries_total\{platform="console",outcome="sent"\} (\d+)', figures)[1]) > 0
            )

            said_by(rest, "web revoke", "Ended 3 feed addresses")
            for feed in feeds:
                assert get(feed)[0] == 410

            # Stopped in good order, with an answer under way or not.
            for run in (page, rest):
                run.process.send_signal(signal.SIGTERM)
                assert run.end() == 0, run.said
                assert "Traceback" not in run.said
            assert get(f"{site}/health")[0] == 0
            logged = page.said + "".join(line for line in rest.said.splitlines() if line.startswith("{"))
            for secret in (link[0].rpartition("/")[2], *(feed.rpartition("/")[2] for feed in feeds)):
                assert secret not in logged
    finally:
        store.kill()


def test_a_taken_port_is_a_sentence_and_no_reason_to_stop(pigeon: Runs) -> None:  # noqa: F811
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = str(holder.getsockname()[1])
        run = pigeon("run", "--demo", PIGEON_WEB_PORT=port)
        run.until("! No web page. The web page cannot be served on 127.0.0.1:" + port, 40)
        run.until("== #robotics ==", 40)
        said_by(run, "web", "No web page is served here")
        run.type("quit")
        assert run.end() == 0
        named = pigeon("run", "--demo", "--roles", "web", PIGEON_WEB_PORT=port)
        assert named.end() == 69
        assert f"cannot be served on 127.0.0.1:{port}" in named.said
        assert "Traceback" not in named.said


@pytest.mark.parametrize(
    ("environment", "sentence"),
    [
        ({"PIGEON_ROLES": "web", "PIGEON_WEB_PORT": "0"}, "PIGEON_WEB_PORT is 0"),
        ({"PIGEON_WEB_URL": "papers.example.org"}, "PIGEON_WEB_URL"),
        ({"PIGEON_WEB_URL": "https://papers.example.org/pigeon"}, "nothing behind the host"),
        ({"PIGEON_WEB_PROXIES": "proxy"}, "must be addresses or networks"),
        ({"PIGEON_WEB_PORT": "70000"}, "PIGEON_WEB_PORT"),
    ],
)
def test_a_wrong_setting_of_the_page_is_a_sentence(
    pigeon: Runs,  # noqa: F811
    environment: dict[str, str],
    sentence: str,
) -> None:
    run = pigeon("run", PIGEON_HUGGINGFACE__URL=NOWHERE, **environment)
    assert run.end(20) == 78
    assert sentence in run.said
    assert "Traceback" not in run.said
