"""The program as a person starts it: its own process, signals, standard input, a second start."""

import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import pytest

from tests.chaos.valkey import ValkeyServer

NOWHERE = "http://127.0.0.1:9"
"""A port where nobody listens: what a machine without a network sees."""
PATIENCE = 120.0
"""Seconds that anything is waited for. On a machine with much else to do Python alone takes ten to start."""


class Running:
    """One run of ``pigeon``; what it prints is read as it comes."""

    def __init__(self, folder: Path, *arguments: str, **environment: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "bot", *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            cwd=folder,
            env={
                **{name: value for name, value in os.environ.items() if not name.startswith("PIGEON_")},
                "PYTHONPATH": str(Path(__file__).resolve().parents[2]),
                "PYTHONUTF8": "1",
                "NO_COLOR": "1",
                **environment,
            },
        )
        self.said = ""
        self._lines: queue.Queue[str] = queue.Queue()
        for stream in (self.process.stdout, self.process.stderr):
            threading.Thread(target=self._read, args=(stream,), daemon=True).start()

    def _read(self, stream: Iterator[str]) -> None:
        for line in stream:
            self._lines.put(line)

    def until(self, text: str, seconds: float = PATIENCE) -> str:
        """Read on until ``text`` was printed; all that was printed so far."""
        limit = time.monotonic() + seconds
        while text not in self.said:
            try:
                self.said += self._lines.get(timeout=max(0.0, limit - time.monotonic()))
            except queue.Empty:
                pytest.fail(f"«{text}» was not printed within {seconds} s, but:\n{self.said}")
        return self.said

    def type(self, line: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def end(self, seconds: float = PATIENCE) -> int:
        """Wait for the end; its exit code."""
        code = self.process.wait(seconds)
        while True:
            try:
                self.said += self._lines.get(timeout=0.3)
            except queue.Empty:
                return code


class Runs:
    """Starts runs in one folder, and leaves none behind."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._all: list[Running] = []

    def __call__(self, *arguments: str, **environment: str) -> Running:
        made = Running(self.folder, *arguments, **environment)
        self._all.append(made)
        return made

    def close(self) -> None:
        for one in self._all:
            if one.process.poll() is None:
                one.process.send_signal(signal.SIGINT)
                try:
                    one.process.wait(30)
                except subprocess.TimeoutExpired:
                    one.process.kill()
                    one.process.wait()
            for stream in (one.process.stdin, one.process.stdout, one.process.stderr):
                if stream is not None:
                    stream.close()


@pytest.fixture
def pigeon(tmp_path: Path) -> Iterator[Runs]:
    folder = tmp_path / "a folder with a space"
    folder.mkdir()
    runs = Runs(folder)
    yield runs
    runs.close()


def test_a_first_run_shows_cards_answers_and_stops_with_quit(pigeon: Runs) -> None:
    run = pigeon("run", "--demo")
    run.until("Showing the bundled sample papers")
    run.until("== #robotics ==")
    run.type("preview diffusion -survey")
    run.until("papers in")
    run.type("subscribe agents when:instant to:#agents")
    run.until("Subscribe #agents")
    run.type("1")
    run.until("Subscribed #agents")
    run.type("list server")
    run.until("world models")
    beside = pigeon("subs", "list")
    assert beside.end() == 0
    assert "robotics" in beside.said, "whoever looks on at a demo means its subscriptions"
    run.type("subscirbe x")
    run.until("subscribe")
    run.type("quit")
    assert run.end() == 0
    assert "Delivered" in run.said
    assert "Traceback" not in run.said


def test_stopped_and_started_again_nothing_is_delivered_twice(pigeon: Runs) -> None:
    first = pigeon("run", "--demo")
    first.until("== you ==")
    first.process.send_signal(signal.SIGINT)
    assert first.end() == 0
    titles = [line for line in first.said.splitlines() if line.startswith("https://arxiv.org")]
    second = pigeon("run", "--demo")
    second.until("Sources:")
    second.type("status")
    second.until("read just now")
    second.type("quit")
    assert second.end() == 0
    assert titles
    assert not [title for title in titles if title in second.said]
    assert "Delivered 0 messages" in second.said


def test_killed_and_started_again_it_goes_on_where_it_was(pigeon: Runs) -> None:
    first = pigeon("run", "--demo")
    first.until("== #robotics ==")
    first.type("subscribe agents to:me name:kept")
    first.until("Confirm")
    first.type("1")
    first.until("Subscribed")
    first.process.kill()
    first.end()
    second = pigeon("run", "--demo")
    second.until("Sources:")
    second.type("list server")
    second.until("kept")
    second.type("quit")
    assert second.end() == 0


def test_without_a_network_it_says_so_and_shows_the_samples(pigeon: Runs) -> None:
    started = time.monotonic()
    run = pigeon(
        "run", PIGEON_HUGGINGFACE__URL=NOWHERE, PIGEON_ARXIV__RSS_URL=NOWHERE, PIGEON_ARXIV__OAI_URL=NOWHERE
    )
    run.until("No network")
    assert time.monotonic() - started < 45, "ten seconds, and what a busy machine needs to start Python"
    run.until("== #robotics ==")
    run.type("quit")
    assert run.end() == 0
    assert run.said.count("No network") == 1
    assert "could not be read" not in run.said, "one sentence says it"


def test_once_polls_delivers_and_exits(pigeon: Runs) -> None:
    run = pigeon("run", "--demo", "--once")
    assert run.end() == 0
    assert "== #robotics ==" in run.said
    again = pigeon("run", "--demo", "--once")
    assert again.end() == 0
    assert "== #robotics ==" not in again.said


def test_once_asks_a_listing_once(pigeon: Runs) -> None:
    class Counting(BaseHTTPRequestHandler):
        asked: ClassVar[list[str]] = []

        def do_GET(self) -> None:
            self.asked.append(self.path)
            self.send_error(503)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Counting) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}"
        run = pigeon("run", "--once", PIGEON_SOURCES="huggingface", PIGEON_HUGGINGFACE__URL=url)
        assert run.end() == 1
        server.shutdown()
    assert len(Counting.asked) == len(set(Counting.asked)) > 0
    assert run.said.count("HTTP 503") == 1


def test_once_tells_by_its_exit_code_that_a_listing_failed(pigeon: Runs) -> None:
    run = pigeon(
        "run",
        "--once",
        PIGEON_ADAPTERS="console",
        PIGEON_SOURCES="huggingface",
        PIGEON_HUGGINGFACE__URL=NOWHERE,
        PIGEON_REDIS_URL="redis://127.0.0.1:9/0",
    )
    assert run.end() == 69
    assert "Could not connect to the store" in run.said


@pytest.mark.parametrize(
    ("environment", "code", "sentence"),
    [
        ({"PIGEON_POLL_SECOND": "5"}, 78, "Did you mean PIGEON_POLL_SECONDS?"),
        ({"PIGEON_POLL_SECONDS": "soon"}, 78, "PIGEON_POLL_SECONDS (from the environment)"),
        ({"PIGEON_SOURCES": "nature"}, 78, "«nature», which is not installed"),
        ({"PIGEON_ADAPTERS": "teams"}, 78, "«teams», which is not installed"),
        ({"PIGEON_ROLES": "sleep"}, 78, "There is no role «sleep»"),
        ({"PIGEON_REDIS_URL": "redis://127.0.0.1:9/0"}, 69, "Could not connect to the store"),
    ],
)
def test_a_wrong_setting_is_one_sentence_and_an_exit_code(
    pigeon: Runs, environment: dict[str, str], code: int, sentence: str
) -> None:
    run = pigeon("run", "--demo" if "PIGEON_SOURCES" in environment else "--once", **environment)
    if "PIGEON_SOURCES" in environment:
        run = pigeon("run", "--once", **environment)
    assert run.end() == code
    assert sentence in run.said
    assert "Traceback" not in run.said


def test_a_second_run_on_the_same_directory_refuses(pigeon: Runs) -> None:
    first = pigeon("run", "--demo")
    first.until("Sources:")
    second = pigeon("run", "--demo")
    assert second.end() == 69
    assert str(first.process.pid) in second.said
    first.type("status")
    first.until("I can post here")


def test_a_store_that_goes_away_and_comes_back_is_said_once_and_goes_on(pigeon: Runs, tmp_path: Path) -> None:
    store = ValkeyServer(tmp_path / "valkey")
    store.start()
    try:
        run = pigeon(
            "run", PIGEON_REDIS_URL=store.url, PIGEON_HUGGINGFACE__URL=NOWHERE, PIGEON_SOURCES="huggingface"
        )
        run.until("Sources:")
        run.type("status")
        run.until("I can post here")
        store.kill()
        run.until("The store is away; all waits for it")
        run.type("pause 1")
        run.until("nothing was changed")
        store.start()
        run.type("subscribe agents when:instant")
        run.until("Confirm")
        run.type("quit")
        assert run.end() == 0
    finally:
        store.kill()
    assert run.said.count("The store is away") == 1, "all parts of the process notice, one says it"
    assert "Traceback" not in run.said
