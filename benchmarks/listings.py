"""How fast listings are read, and what a full day of arXiv costs: ``python benchmarks/listings.py``.

Needs the recordings (``PIGEON_RECORDINGS``, default ``../shared/recordings``); what it is compared with comes by
``pip install 'arxiv>=4' feedparser``. Everything is measured in one run, each
figure as the best of five, so that ratios mean something on any machine.
"""

from __future__ import annotations

import asyncio
import gzip
import json
import os
import tempfile
import time
from collections.abc import Callable
from datetime import timedelta
from html import escape
from pathlib import Path

from bot.clock import SystemClock
from bot.embedded import open_embedded
from bot.listings import huggingface
from bot.listings.arxiv import api, oai, rss
from bot.listings.parser import Parser
from bot.models import Listing
from bot.poller import Poller
from bot.store import Database, Store

RECORDINGS = Path(
    os.environ.get("PIGEON_RECORDINGS") or Path(__file__).resolve().parents[2] / "shared" / "recordings"
)


def best(work: Callable[[], object]) -> float:
    took = []
    for _ in range(5):
        begun = time.perf_counter()
        work()
        took.append(time.perf_counter() - begun)
    return min(took)


def day_of_arxiv(papers: int) -> bytes:
    """A joined announcement feed of real papers, as arXiv writes it."""
    items = []
    with gzip.open(RECORDINGS / "arxiv/metadata_20k.jsonl.gz", "rt", encoding="utf-8") as lines:
        for number, line in enumerate(lines):
            if number == papers:
                break
            row = json.loads(line)
            authors = row["authors"] if isinstance(row["authors"], str) else ", ".join(row["authors"])
            categories = (
                row["categories"].split() if isinstance(row["categories"], str) else row["categories"]
            )
            items.append(
                f"<item><title>{escape(row['title'])}</title><link>https://arxiv.org/abs/{row['id']}</link>"
                f"<description>arXiv:{row['id']}v1 Announce Type: new \nAbstract: {escape(row['summary'])}</description>"
                f"<guid isPermaLink='false'>oai:arXiv.org:{row['id']}v1</guid>"
                + "".join(f"<category>{name}</category>" for name in categories)
                + "<pubDate>Mon, 24 Nov 2025 00:00:00 -0500</pubDate>"
                "<arxiv:announce_type>new</arxiv:announce_type>"
                f"<dc:creator>{escape(authors)}</dc:creator></item>"
            )
    head = "<rss xmlns:arxiv='http://arxiv.org/schemas/atom' xmlns:dc='http://purl.org/dc/elements/1.1/' version='2.0'>"
    return f"{head}<channel><title>all</title>{''.join(items)}</channel></rss>".encode()


async def through_the_child(data: bytes) -> tuple[float, float, float]:
    """Seconds for a document in the child, seconds to start it, and the longest the event loop stood still."""
    parser = Parser()
    begun = time.perf_counter()
    await parser.run(rss.parse, b"<rss><channel/></rss>", subject="warm")
    start = time.perf_counter() - begun
    longest = 0.0

    async def watch() -> None:
        nonlocal longest
        while True:
            begun = time.perf_counter()
            await asyncio.sleep(0)
            longest = max(longest, time.perf_counter() - begun)

    watching = asyncio.create_task(watch())
    took = []
    for _ in range(5):
        begun = time.perf_counter()
        await parser.run(rss.parse, data, subject="arxiv")
        took.append(time.perf_counter() - begun)
    watching.cancel()
    await parser.aclose()
    return min(took), start, longest


class Day:
    """A source that has one answer: the bytes of a day."""

    name = "arxiv"

    def __init__(self, data: bytes, parser: Parser) -> None:
        self._data = data
        self._parser = parser

    async def fetch(self, cursor: str | None) -> Listing:
        page = await self._parser.run(rss.parse, self._data, subject=self.name)
        return Listing(source=self.name, papers=page.papers, cursor=f"{cursor or ''}x")


async def stored(data: bytes) -> tuple[float, float, int]:
    """Seconds from the bytes to the papers in a Valkey that writes each step to the disk: new ones, and known ones."""
    clock, parser = SystemClock(), Parser()
    with tempfile.TemporaryDirectory() as folder:
        async with await open_embedded(Path(folder), clock=clock) as server:
            store = Store(Database.connect(server.url), retention=timedelta(days=90))
            await parser.run(rss.parse, b"<rss><channel/></rss>", subject="warm")
            took = []
            for _ in range(2):
                begun = time.perf_counter()
                await Poller(Day(data, parser), store, clock, every=timedelta(minutes=10), worker="w").once()
                took.append(time.perf_counter() - begun)
            count = await store.papers.count()
            await store.database.close()
    await parser.aclose()
    return took[0], took[1], count


def main() -> None:
    day = day_of_arxiv(1_500)
    hundred = next((RECORDINGS / "arxiv/api").glob("arxivpy_q_testing_s0_m100_*.xml")).read_bytes()
    records = gzip.decompress((RECORDINGS / "arxiv/oai/listrecords_1.xml.gz").read_bytes())
    days = [
        (path.stem, path.read_bytes()) for path in sorted((RECORDINGS / "huggingface/daily").glob("*.json"))
    ]
    rows: list[tuple[str, int, float]] = [
        (
            "Hugging Face, 44 days",
            838,
            best(lambda: [huggingface.parse(data, day=stem) for stem, data in days]),
        ),
        ("arXiv API, one page", 100, best(lambda: api.parse(hundred))),
        ("arXiv RSS, a full day", 1_500, best(lambda: rss.parse(day))),
        ("arXiv OAI-PMH, one page", 1_000, best(lambda: oai.parse(records))),
    ]
    try:
        import feedparser  # noqa: PLC0415
    except ImportError:
        print("feedparser is not installed: no comparison")
    else:
        rows.append(("  the same page, feedparser", 100, best(lambda: feedparser.parse(hundred))))
        rows.append(("  the same day, feedparser", 1_500, best(lambda: feedparser.parse(day))))
    try:
        from arxiv import _feed  # noqa: PLC0415
    except ImportError:
        print("the arxiv package is not installed, or older than 4: no comparison")
    else:
        rows.append(("  the same page, arxiv", 100, best(lambda: _feed.parse(hundred))))
    for name, papers, seconds in rows:
        print(f"{name:30} {papers:6,} papers {seconds * 1000:9.1f} ms {papers / seconds:9,.0f} a second")
    child, start, longest = asyncio.run(through_the_child(day))
    print(
        f"The full day ({len(day) / 1e6:.1f} MB) through the parsing child: {child * 1000:.0f} ms; the child starts in "
        f"{start * 1000:.0f} ms; the event loop stood still for {longest * 1000:.0f} ms at most."
    )
    first, again, count = asyncio.run(stored(day))
    print(
        f"From the bytes of that day to {count:,} papers stored on the disk: {first:.2f} s; {again:.2f} s where all are known."
    )


if __name__ == "__main__":
    main()
