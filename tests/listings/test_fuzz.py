"""Damaged recordings and bombs through the real child: no crash, no hang over two seconds, no growth.

The short form takes 2,000 mutants, the long one (``--run-long``) 100,000; the seed is printed with a failure.
"""

import gzip
import json
import random
import resource
import sys
from collections import Counter
from pathlib import Path

import pytest

from bot.errors import ListingMalformed
from bot.listings import biorxiv, crossref, huggingface
from bot.listings.arxiv import api, oai, rss
from bot.listings.enrichers import hub, openalex, semanticscholar
from bot.listings.feeds import reading as feeds
from bot.listings.openreview import reading as openreview
from bot.listings.parser import Parser
from bot.listings.pubmed import reading as pubmed
from tests.listings.test_enrichers import PAGE
from tests.listings.test_openreview import note, page

SEED = 20_261_122
SPLICES = (
    b"\x00",
    b"\xff\xfe",
    b"&",
    b"&#0;",
    b"<![CDATA[",
    b"]]>",
    b"<!--",
    b"<!DOCTYPE x [<!ENTITY a 'b'>]>",
    b"</",
    b"<a " + b"b='c' " * 300 + b">",
    b"{",
    b"[" * 3_000,
    b'"\\ud800"',
    b"1e999",
    b"9" * 5_000,
    b"NaN",
    b"\xc3\x28",
    b"<x>" * 500,
)


def _bytes(path: Path) -> bytes:
    data = path.read_bytes()
    return gzip.decompress(data) if path.suffix == ".gz" else data


def _corpus(recordings: Path) -> list[list[tuple[object, dict[str, str], bytes]]]:
    """By kind, so that each kind is mutated equally often."""
    feed = {"source": "x", "now": "2026-11-22T00:00:00+00:00"}
    day = {"day": "2025-11-24"}
    found: list[list[tuple[object, dict[str, str], bytes]]] = []
    for pattern, parse, arguments in (
        ("huggingface/daily/2025-11-1*.json", huggingface.parse, day),
        ("huggingface/malformed/*.json", huggingface.parse, day),
        ("arxiv/rss/*.xml", rss.parse, {}),
        ("arxiv/rss/poll_series/rss_2025-01-0*.gz", rss.parse, {}),
        ("arxiv/api/*.xml", api.parse, {}),
        ("arxiv/oai/hepcrawl/*.xml", oai.parse, {}),
        ("arxiv/oai/ads/*.xml", oai.parse, {}),
        ("biorxiv/*.json", biorxiv.parse, {"server": "biorxiv"}),
        ("biorxiv/*.xml", feeds.parse, feed),
        ("other/crossref.json", crossref.parse, {}),
        ("other/openalex.json", openalex.parse, {}),
        ("other/pubmed-efetch.xml", pubmed.parse, {}),
        ("other/pubmed-esearch.json", pubmed.parse_ids, {}),
        ("feeds/*.xml", feeds.parse, feed),
        ("feeds/gofeed/*.xml", feeds.parse, feed),
        ("feeds/bombs/*", feeds.parse, feed),
    ):
        paths = sorted(recordings.glob(pattern))
        assert paths, pattern
        found.append([(parse, arguments, _bytes(path)) for path in paths])
    # Of these no answer was recorded: documented shapes are mutated.
    scholar = json.dumps(
        [{"citationCount": 3, "openAccessPdf": {"url": "https://x.org/a.pdf"}}, None]
    ).encode()
    hub_page = json.dumps(PAGE).encode()
    found.append([(openreview.parse, {}, page(note(1, abstract="A", keywords=["x"]), note(2)))])
    found.append([(hub.parse, {"site": "https://huggingface.co"}, hub_page)])
    found.append([(semanticscholar.parse, {}, scholar)])
    return found


def _mutant(data: bytes, chance: random.Random) -> bytes:
    body = bytearray(data)
    for _ in range(chance.choice((1, 1, 2, 5, 20))):
        at = chance.randrange(len(body) + 1)
        match chance.randrange(6):
            case 0:
                del body[at:]
            case 1:
                del body[at : at + chance.randrange(1, 200)]
            case 2:
                body[at:at] = chance.choice(SPLICES)
            case 3:
                body[at : at + 1] = bytes([chance.randrange(256)])
            case 4:
                other = chance.randrange(len(body) + 1)
                body[at:at] = body[other : other + chance.randrange(1, 2_000)]
            case _:
                body[at : at + 4] = chance.randbytes(4)
    return bytes(body)


def _most_memory(parser: Parser) -> int:
    """The most bytes the present child had resident."""
    child = parser._child
    if sys.platform != "linux" or child is None:
        return 0
    status = Path(f"/proc/{child.pid}/status").read_text("ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024


def _memory() -> int:
    """Resident bytes of this process now."""
    if sys.platform != "linux":
        return 0
    return int(Path("/proc/self/statm").read_text("ascii").split()[1]) * resource.getpagesize()


@pytest.mark.timeout(7_200)
@pytest.mark.parametrize("mutants", [2_000, pytest.param(100_000, marks=pytest.mark.long)])
async def test_mutants_are_read_or_refused(recordings, clock, mutants):
    chance = random.Random(SEED)
    corpus = _corpus(recordings)
    parser = Parser()
    outcomes: Counter[str] = Counter()
    slowest = 0.0
    before = largest = 0
    for number in range(mutants):
        if number == min(mutants // 2, 1_000):  # warm
            before = _memory()
        parse, arguments, data = chance.choice(chance.choice(corpus))
        begun = clock.monotonic()
        try:
            await parser.run(parse, _mutant(data, chance), subject=f"mutant {number}", **arguments)
            outcomes["read"] += 1
        except ListingMalformed as error:
            outcomes["killed" if "too much to read" in str(error) else "refused"] += 1
            outcomes["stumbled"] += "could not be read (" in str(error)
        took = clock.monotonic() - begun
        slowest = max(slowest, took)
        if number % 50 == 0:
            largest = max(largest, _most_memory(parser))
    await parser.aclose()
    print(  # noqa: T201 - the figure
        f"{mutants} mutants: {dict(outcomes)}, slowest {slowest:.2f} s, child {largest >> 20} MB, parent +{(_memory() - before) >> 20} MB"
    )
    assert outcomes["killed"] == outcomes["stumbled"] == 0, f"seed {SEED}"
    assert outcomes["read"] > mutants // 5
    assert slowest < 2
    assert _memory() - before < 20 * 1024 * 1024
    assert largest < 200 * 1024 * 1024


async def test_every_bomb_is_refused_and_the_child_lives(recordings):
    """With the entity chain that kills Python's own XML parser (CVE-2024-8176)."""
    chain = "".join(f"<!ENTITY e{n} '&e{n + 1};'>" for n in range(25_000))
    bombs = [path.read_bytes() for path in sorted((recordings / "feeds/bombs").iterdir())]
    bombs.append(f"<!DOCTYPE rss [{chain}<!ENTITY e25000 'x'>]><rss>&e0;</rss>".encode())
    arguments = {"source": "x", "now": "2026-11-22T00:00:00+00:00"}
    parser = Parser()
    for bomb in bombs:
        with pytest.raises(ListingMalformed) as caught:
            await parser.run(feeds.parse, bomb, subject="bomb", **arguments)
        assert "too much" not in str(caught.value)
    page = await parser.run(
        feeds.parse, b"<rss><item><title>T</title></item></rss>", subject="bomb", **arguments
    )
    assert [paper.title for paper in page.papers] == ["T"]
    await parser.aclose()
