"""How soon each Discord command is acknowledged while the bot polls, matches and stores 5,000 new papers.

``python -m benchmarks.discord_ack [papers] [--people 2] [--batch 250]``: the real process with its embedded store and a
subscription that posts at once, a listing of arXiv's form, a loopback Discord. Every verb of the registry is used as a
slash command, in turn, by some people at once, and four buttons are pressed between. Discord gives up after 3,000 ms; the
time is seen from its side, and this process is Discord and listing at once, so the figures are upper bounds. Last come the
turns of the bot's event loop (:mod:`benchmarks.watched`): nothing is acknowledged sooner than the turn it falls into ends.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import sys
import tempfile
from collections import defaultdict
from collections.abc import Awaitable, Sequence
from pathlib import Path
from statistics import quantiles
from typing import Any

from aiohttp import web

from benchmarks.watched import load as load_watch
from bot.clock import SystemClock
from bot.commands.model import Verb
from bot.commands.verbs import OFFERED
from bot.samples.arxiv_feeds import rss
from bot.samples.days import load
from tests.peers.discord_people import Answer, Person, parts
from tests.peers.discord_server import DiscordPeer

ROOT = Path(__file__).resolve().parents[1]
CLOCK = SystemClock()
QUERY = "robot OR agents OR diffusion"
LATE = 3000.0
"""Milliseconds after which Discord gives up; counted as that."""
GIVEN = {"query": QUERY, "subscription": "1", "paper": "arxiv:2401.10001"}
MORE = {
    "explain": ("paper", "subscription"),
    "subscribe": ("query",),
    "preview": ("query",),
    "edit": ("subscription",),
}
PRESSED = ("Abstract", "Save", "Discuss")
Times = defaultdict[str, list[float]]


def listing(first: int, batch: int) -> bytes:
    """A batch of papers from that number on, multiplied from a sample day."""
    text = rss(load()[0], CLOCK.now().date(), ["cs"], "https://rss.arxiv.org/rss/cs").decode()
    head, *rest = re.split(r"(?=<item>)", text)
    foot = rest[-1].split("</item>", 1)[1]
    items = [part.split("</item>", 1)[0] + "</item>" for part in rest]
    made = []
    for number in range(first, first + batch):
        item = items[number % len(items)]
        made.append(re.sub(r"\d{4}\.\d{5}", f"2401.{number + 10_000:05d}", item))
    return (head + "".join(made) + foot).encode()


class Day:
    """Serves one batch more with each time it is asked, once it was told to begin."""

    def __init__(self, papers: int, batch: int) -> None:
        self._bodies = [listing(first, batch) for first in range(0, papers, batch)]
        self._turn = 0
        self.begun = False

    async def answer(self, _: web.Request) -> web.Response:
        body = self._bodies[min(self._turn, len(self._bodies) - 1)]
        self._turn += self.begun
        return web.Response(body=body, content_type="application/rss+xml")


def options(verb: Verb) -> dict[str, str]:
    """Values for what the verb needs, and for what makes it work hard."""
    wanted = {one.name for one in verb.options if one.required} | set(MORE.get(verb.name, ()))
    return {name: GIVEN[name] for name in wanted}


async def rounds(ada: Person, channel: int, times: Times, peer: DiscordPeer, verbs: Sequence[Verb]) -> None:
    """Every verb, again and again."""

    async def timed(name: str, doing: Awaitable[Answer]) -> Answer | None:
        try:
            answer = await doing
        except AssertionError:
            times[name].append(LATE)
            return None
        times[name].append(answer.seconds * 1000)
        return answer

    while True:
        for verb in verbs:
            answer = await timed(verb.name, ada.slash(channel, f"papers {verb.name}", **options(verb)))
            if answer is None or answer.modal:
                continue
            await answer.settled(60)
            undo = next((one for one in answer.messages if "Undo" in labels(one)), None)
            if verb.name == "remove" and undo:
                await timed("button Undo", ada.press(undo, "Undo"))
        cards = [one for one in peer.messages(channel)[-50:] if set(PRESSED) <= set(labels(one))]
        for label in PRESSED if cards else ():
            await timed(f"button {label}", ada.press(cards[-1], label))


def turned(first: int) -> Sequence[Verb]:
    """The verbs, beginning with another one."""
    return (*OFFERED[first:], *OFFERED[:first])


def labels(message: dict[str, Any]) -> list[str]:
    return [part["label"] for part in parts(message) if part.get("label")]


async def watch(bob: Person, channel: int, papers: int) -> str:
    """Until so many papers are known and none waits for its matching."""
    while True:
        try:
            answer = await (await bob.slash(channel, "papers status")).settled(60)
        except AssertionError:
            continue  # too late; those who use the verbs count that
        found = re.search(r"([\d,]+) papers known, ([\d,]+) waiting", answer.text)
        if found and int(found[1].replace(",", "")) >= papers and found[2] == "0":
            return found[0]
        await CLOCK.sleep(1)


async def measure(peer: DiscordPeer, day: Day, papers: int, people: int) -> None:
    lab = peer.server("Lab", channels=["ml"], invited=True)
    channel = lab.channels["ml"]
    ada, bob = peer.person("ada", lab, manages=True), peer.person("bob", lab)
    asked = await (await ada.slash(channel, "papers subscribe", query=QUERY, when="instant")).settled(30)
    confirm = next(one for one in asked.messages if "Confirm" in labels(one))
    await (await ada.press(confirm, "Confirm")).settled(30)
    times: Times = defaultdict(list)
    began = CLOCK.monotonic()
    day.begun = True
    admins = [peer.person(f"ada{number}", lab, manages=True) for number in range(people)]
    using = [
        asyncio.create_task(rounds(admin, channel, times, peer, turned(number * len(OFFERED) // people)))
        for number, admin in enumerate(admins)
    ]
    async with asyncio.timeout(600):
        known = await watch(bob, channel, papers)
    seconds = CLOCK.monotonic() - began
    for one in using:
        one.cancel()
    for ended in await asyncio.gather(*using, return_exceptions=True):
        if not isinstance(ended, asyncio.CancelledError):
            raise SystemExit(f"Somebody's round broke off: {ended!r}")
    for name, values in sorted(times.items()):
        say(name, values)
    say("over all", [one for values in times.values() for one in values])
    sys.stdout.write(f"«{known}» after {seconds:.1f} s\n")


def say(name: str, values: list[float]) -> None:
    cut = quantiles(values, n=100, method="inclusive") if len(values) > 1 else values * 99
    sys.stdout.write(
        f"{name:16} p50 {cut[49]:6.1f} ms  p99 {cut[98]:6.1f} ms  worst {max(values):6.1f} ms  ({len(values)} times, {sum(one >= LATE for one in values)} late)\n"
    )


async def main(papers: int, people: int, batch: int) -> None:
    day = Day(papers, batch)
    app = web.Application()
    app.router.add_get("/{rest:.*}", day.answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    site = f"http://127.0.0.1:{runner.addresses[0][1]}"
    with tempfile.TemporaryDirectory() as folder:
        async with DiscordPeer() as peer:
            peer.server("Before")
            environment = {name: text for name, text in os.environ.items() if not name.startswith("PIGEON_")}
            environment |= {
                "PYTHONPATH": str(ROOT),
                "PIGEON_ADAPTERS": "discord",
                "PIGEON_SOURCES": "arxiv",
                "PIGEON_POLL_SECONDS": "1",
                "PIGEON_ARXIV__INTERVAL_SECONDS": "0",
                "PIGEON_ARXIV__RSS_URL": site,
                "PIGEON_ARXIV__API_URL": f"{site}/api/query",
                "PIGEON_ARXIV__OAI_URL": f"{site}/oai",
                "PIGEON_ARXIV__CATEGORIES": "cs",
                "PIGEON_ARXIV__RECONCILE": "false",
                "PIGEON_DISCORD__TOKEN": peer.token,
                "PIGEON_DISCORD__API_URL": peer.api_url,
                "PIGEON_DISCORD__GATEWAY_URL": peer.gateway_url,
            }
            log, seen = Path(folder) / "log", Path(folder) / "seen"
            with log.open("w") as stream:
                process = await asyncio.create_subprocess_exec(
                    sys.executable,
                    "-m",
                    "benchmarks.watched",
                    str(seen),
                    "run",
                    cwd=folder,
                    env=environment,
                    stdout=stream,
                    stderr=stream,
                )
                try:
                    await peer.until(lambda: "Discord is connected" in log.read_text(), 60)
                    await measure(peer, day, papers, people)
                finally:
                    process.terminate()
                    await process.wait()
            sys.stdout.write("\n".join(load_watch(seen)[0]) + "\n")
    await runner.cleanup()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="How soon Discord commands are acknowledged.")
    parser.add_argument("papers", type=int, nargs="?", default=5000)
    parser.add_argument(
        "--people", type=int, default=2, help="use the verbs at once, each from another one on"
    )
    parser.add_argument(
        "--batch", type=int, default=250, help="new papers of one answer, one answer a second"
    )
    given = parser.parse_args()
    asyncio.run(main(given.papers, given.people, given.batch))
