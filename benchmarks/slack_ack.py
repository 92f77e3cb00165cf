"""How soon Slack commands are acknowledged while the bot polls, matches and stores 5,000 new papers.

``python -m benchmarks.slack_ack [papers]``: the real process with its embedded store, one listing of arXiv's
form, a loopback Slack. Slack gives up after 3,000 ms.
"""

import asyncio
import os
import re
import statistics
import sys
import tempfile
from pathlib import Path

from aiohttp import web

from bot.clock import SystemClock
from bot.samples.arxiv_feeds import rss
from bot.samples.days import load
from tests.peers.slack_server import SlackPeer

ROOT = Path(__file__).resolve().parents[1]


BATCH = 1250
"""Papers of one answer; arXiv's own feed ends at 2,000."""


def listing(first: int) -> bytes:
    """A batch of papers from that number on, multiplied from a sample day."""
    text = rss(load()[0], SystemClock().now().date(), ["cs"], "https://rss.arxiv.org/rss/cs").decode()
    head, *rest = re.split(r"(?=<item>)", text)
    foot = rest[-1].split("</item>", 1)[1]
    items = [part.split("</item>", 1)[0] + "</item>" for part in rest]
    made = []
    for number in range(first, first + BATCH):
        item = items[number % len(items)]
        made.append(re.sub(r"\d{4}\.\d{5}", f"{2401 + number // 90_000}.{number + 10_000:05d}", item))
    return (head + "".join(made) + foot).encode()


async def main(papers: int) -> None:
    bodies = [listing(first) for first in range(0, papers, BATCH)]
    turn = iter(range(10**9))

    async def answer(_: web.Request) -> web.Response:
        return web.Response(body=bodies[min(next(turn), len(bodies) - 1)], content_type="application/rss+xml")

    app = web.Application()
    app.router.add_get("/{rest:.*}", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    site = f"http://127.0.0.1:{runner.addresses[0][1]}"
    async with SlackPeer() as peer:
        with tempfile.TemporaryDirectory() as folder:
            await measure(peer, site, folder, papers)
    await runner.cleanup()


async def measure(peer: SlackPeer, site: str, folder: str, papers: int) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PIGEON_")}
    environment |= {
        "PYTHONPATH": str(ROOT),
        "PIGEON_ADAPTERS": "slack",
        "PIGEON_SOURCES": "arxiv",
        "PIGEON_POLL_SECONDS": "1",
        "PIGEON_ARXIV__INTERVAL_SECONDS": "0",
        "PIGEON_ARXIV__RSS_URL": site,
        "PIGEON_ARXIV__API_URL": f"{site}/api/query",
        "PIGEON_ARXIV__OAI_URL": f"{site}/oai",
        "PIGEON_ARXIV__CATEGORIES": "cs",
        "PIGEON_ARXIV__RECONCILE": "false",
        "PIGEON_SLACK__API_URL": peer.api_url,
        "PIGEON_SLACK__BOT_TOKEN": "xoxb-1",
        "PIGEON_SLACK__APP_TOKEN": "xapp-1",
    }
    command = (sys.executable, "-m", "bot", "run")
    quiet = asyncio.subprocess.DEVNULL
    process = await asyncio.create_subprocess_exec(
        *command, cwd=folder, env=environment, stdout=quiet, stderr=quiet
    )
    clock = SystemClock()
    try:
        await peer.until(lambda: peer.sockets, 30)
        began, known = clock.monotonic(), ""
        while clock.monotonic() - began < 60:
            asked = await peer.slash("/papers status")
            found = re.search(r"([\d,]+) papers known, ([\d,]+) waiting", str(await asked.reply()))
            known = found[0] if found else known
            if found and int(found[1].replace(",", "")) >= papers and found[2] == "0":
                break
            await clock.sleep(0.02)
        acks = sorted(peer.acknowledgements)
        p99 = statistics.quantiles(acks, n=100)[98]
        sys.stdout.write(
            f"{len(acks)} commands in {clock.monotonic() - began:.1f} s, at the end «{known}»: acknowledged after "
            f"{statistics.median(acks) * 1000:.1f} ms (p50), {p99 * 1000:.1f} ms (p99), {acks[-1] * 1000:.1f} ms (worst)\n"
        )
    finally:
        process.terminate()
        await process.wait()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 5000))
