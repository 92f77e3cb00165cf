"""How long people wait for an answer over 40,000 papers:  python -m benchmarks.matching --part search

``search`` by words, by meaning, by author, within a category, a week, and what was delivered here; ``preview`` of filters by
words and by meaning, with ten subscriptions to compare with. A real server over a socket, the language model where
it is installed. Each line has the clock, which neighbours disturb, and this process's own processor time, the model's
and numpy's threads included, which they disturb less.
"""

from __future__ import annotations

import random
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Final

from benchmarks import workload
from benchmarks.matching import CLOCK, bring, opened, percentile, say, server
from bot.embedding import find_embedder, missing
from bot.handlers import Handlers
from bot.matching.meaning.vectors import packed
from bot.meaning import Meanings
from bot.models import DeliveryKind, DeliveryState, Paper, Sighting, delivery_key
from bot.store import Store, keys
from tests.core import ML, Core, open_core, origin

READ: Final = 64
AIMS: Final = {"search": 200, "preview": 300}
POSTED: Final = 2_000
"""Papers that count as posted here."""


def questions(lines: Sequence[str], known: Sequence[Paper], count: int) -> dict[str, list[str]]:
    """What is asked, by kind, each as it would be typed."""
    chance = random.Random(3)
    filters = [line for line in lines[:5_000] if "author:" not in line]

    def each(made: Callable[[Paper], str]) -> list[str]:
        return [made(one) for one in chance.sample(known, count)]

    def beginning(paper: Paper) -> str:
        """Words of a title, as somebody would ask for what they half remember."""
        words = ["".join(sign for sign in word if sign.isalnum()) for word in paper.title.split()]
        return " ".join([word for word in words if len(word) > 2][:5]) or "robot"

    def sentence(paper: Paper) -> str:
        return " ".join(paper.title.replace('"', " ").split()[:12])

    def with_author(paper: Paper) -> str:
        return f'author:"{paper.authors[0]}"' if paper.authors else "author:Zhang"

    return {
        "search by filters": [f"search {line} days:30" for line in chance.sample(filters, count)],
        "search by free words and meaning": each(lambda one: f"search {beginning(one)} days:30"),
        "search by an author": each(lambda one: f"search {with_author(one)} days:30"),
        "search in a category, a week": each(
            lambda one: f"search {beginning(one)} cat:{(one.categories or ('cs.LG',))[0]} days:7"
        ),
        "search what was delivered here": each(lambda one: f"search {beginning(one)} delivered:here"),
        "search like a paper": each(lambda one: f"search like:{one.short_id} days:30"),
        "preview of filters": [f"preview {line} days:30" for line in chance.sample(filters, count)],
        "preview by meaning": each(lambda one: f'preview like:"{sentence(one)}" days:30'),
        "preview by meaning in a category": each(
            lambda one: f'preview like:"{sentence(one)}" cat:cs.CV days:30'
        ),
    }


def papers(count: int) -> list[Paper]:
    """Recorded papers, twice under other ids, spread over the last 29 days."""
    now = CLOCK.now()
    return [
        replace(
            one,
            id=one.id if copy == 0 else f"{one.id}9",
            first_seen=now - timedelta(days=29 * (at + copy * 20_000) / 40_000),
            sightings=(Sighting(source="arxiv", seen_at=now),),
        )
        for copy in (0, 1)
        for at, one in enumerate(workload.papers())
    ][:count]


async def _vectors(store: Store, meanings: Meanings, known: Sequence[Paper]) -> None:
    """Let the model read some papers, and give their vectors to all: what a search costs does not depend on them."""
    await meanings.papers(known[:READ], read=True)
    first = await meanings._vectors([one.id for one in known[:READ]])
    assert meanings._embedder is not None
    texts = [packed(vector) for vector in first.values()]
    for start in range(0, len(known), 1_000):
        await store.vectors.put(
            {one.id: texts[(start + at) % READ] for at, one in enumerate(known[start : start + 1_000])},
            model=meanings._embedder.name,
            dimension=meanings._embedder.dimension,
        )


async def _posted(store: Store, known: Sequence[Paper]) -> None:
    """Let some papers have been posted here."""
    tag = keys.shard_of(ML)
    rows = [delivery_key(ML, DeliveryKind.PAPER, one.id) for one in known[::20][:POSTED]]
    sent = DeliveryState.SENT.value
    await store.database.pipeline([("HSET", keys.in_shard(tag, "d", one), "state", sent) for one in rows])


async def search_part(lines: Sequence[str], count: int, asked: int) -> None:
    """Print a line for each kind of question."""
    known = papers(count)
    with tempfile.TemporaryDirectory() as folder:
        async with server() as url:
            store = opened(url)
            await bring(store, known, event="")
            # The moment at which each came; a poller writes it as it comes.
            moments = {one.id: one.first_seen.timestamp() * 1000 for one in known if one.first_seen}
            await store.database.client.zadd(keys.PAPERS_BY_TIME, moments)
            await _posted(store, known)
            meanings = Meanings(store, CLOCK, find_embedder(Path(folder)) if not missing() else None)
            if meanings.reads:
                await _vectors(store, meanings, known)
            core = open_core(url, CLOCK)  # type: ignore[arg-type]
            core.handlers = Handlers(
                store,
                CLOCK,
                composer=core.composer,
                digests=core.digests,
                sources=["arxiv"],
                threading=["recording"],
                meanings=meanings,
            )
            for number, line in enumerate(lines[:10]):
                await core.subscribe(line, number=number)
            say(f"over {len(known):,} papers", meanings.model)
            await _first(core)
            await _timed(core, questions(lines, known, asked))
            await core.store.database.close()
            await store.database.close()


async def _first(core: Core) -> None:
    """What somebody waits who asks at the start, before anything is in memory."""
    began, used = time.perf_counter(), time.process_time()
    await core.say("preview robot days:1", origin())
    say(
        "the first preview of a day, as the first question after a start",
        f"{time.perf_counter() - began:.1f} s",
    )
    await core.handlers.warm()
    say(
        "all papers read into memory, in the background of a start",
        f"{time.perf_counter() - began:.1f} s ({time.process_time() - used:.1f} of cpu)",
    )
    for verb in AIMS:
        began = time.perf_counter()
        await core.say(f"{verb} robot days:30", origin())
        say(f"the first {verb} after that", f"{1000 * (time.perf_counter() - began):.0f} ms")


async def _timed(core: Core, kinds: dict[str, list[str]]) -> None:
    every: dict[str, list[float]] = {}
    for kind, lines in kinds.items():
        spent, used = [], []
        for line in lines:
            began, cpu = time.perf_counter(), time.process_time()
            await core.say(line, origin())
            spent.append(1000 * (time.perf_counter() - began))
            used.append(1000 * (time.process_time() - cpu))
        verb = kind.split()[0]
        every.setdefault(verb, []).extend(spent)
        say(
            f"{kind}, p50, p95",
            f"{percentile(spent, 0.5):.0f}, {percentile(spent, 0.95):.0f} ms",
            f"cpu {percentile(used, 0.5):.0f}, {percentile(used, 0.95):.0f} ms",
        )
    for verb, spent in every.items():
        say(
            f"{verb}, all of these, p50, p95",
            f"{percentile(spent, 0.5):.0f}, {percentile(spent, 0.95):.0f} ms",
            f"aim p95 < {AIMS[verb]} ms",
        )
