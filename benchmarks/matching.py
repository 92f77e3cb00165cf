"""What matching costs, against its rivals:  python -m benchmarks.matching [--most 1000000] [--part speed …]

One line for each figure of ``docs/performance.md``; ratios are of two things measured in turn in this run, single-thread
parts by the processor's time, the best of several passes. Workload and data are those of :mod:`benchmarks.workload`
(recorded papers, pinned by hash); rivals those of :mod:`benchmarks.rivals`. Parts:

    speed     papers a second; the naive loop; tantivy and SQLite FTS5 in batches of 1,000; one change against a build
    oracle    the index against the evaluator, pair by pair
    memory    the index in a process of its own
    store     what the store holds, load and index from it, the event loop while a day of arXiv is matched
    search    benchmarks/searching.py: preview and search over 40,000 papers, first use and warm
    meaning   benchmarks/bench_meaning.py
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import os
import platform
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from itertools import islice
from pathlib import Path

import structlog

from benchmarks import rivals, workload
from bot.audience import give_back
from bot.clock import SystemClock
from bot.embedded import open_embedded
from bot.matcher import Matcher
from bot.matching import TOGETHER, Index
from bot.models import Cadence, Destination, Paper, Person, Sighting, Subscription, When
from bot.query import Document, Query, evaluate, stored
from bot.snapshot import Snapshot
from bot.store import Database, Store
from bot.store.papers import Change

PARTS = ("speed", "oracle", "memory", "store", "search", "meaning")
SIZES = (1_000, 10_000, 100_000, 1_000_000)
BATCH = 1_000
LOOPED = 20
"""Papers that the naive loop gets: at 100,000 filters it needs a fifth of a second for one."""
ROUNDS = 3
CLOCK = SystemClock()


def say(what: str, value: str, aim: str = "") -> None:
    print(f"{what:<66} {value:>26}   {aim}", flush=True)


def cpu(work: Callable[[], object]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began


def percentile(values: Sequence[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def built(queries: Sequence[Query]) -> Index:
    index = Index(stored)
    for number, query in enumerate(queries):
        index.put(str(number), query)
    return index


# --- speed ------------------------------------------------------------------------------------


def speed(lines: Sequence[str]) -> None:
    papers = workload.new_papers()[:BATCH]
    queries = [stored(line) for line in lines[:100_000]]
    sizes = sorted({size for size in SIZES if size <= len(lines)} | {len(queries)})
    peers = rivals.engines(queries)
    plain = [rivals.plain(query) for query in queries]
    indices = {}
    gc.disable()
    for size in sizes:
        some = (
            queries[:size] if size <= len(queries) else [*queries, *map(stored, lines[len(queries) : size])]
        )
        spent = cpu(lambda some=some, size=size: indices.update({size: built(some)}))
        say(f"build of {size:,} distinct subscriptions", f"{spent:.2f} s")
    gc.enable()
    gc.collect()
    gc.freeze()  # as the matcher does

    found = dict.fromkeys(sizes, 0)

    def ours(size: int) -> Callable[[], None]:
        def run() -> None:
            documents = ((Document.of(paper), None) for paper in papers)
            found[size] = sum(
                len(matches)
                for some in iter(lambda: [*islice(documents, TOGETHER)], [])
                for matches in indices[size].match_all(some)
            )

        return run

    best: dict[str, float] = {}
    pairs: dict[str, float] = {}

    def note(name: str, rate: float) -> None:
        best[name] = max(best.get(name, 0.0), rate)

    for _ in range(ROUNDS):
        for size in sizes:
            note(f"{size}", BATCH / cpu(ours(size)))
        looped = papers[:LOOPED]
        note("naive", LOOPED / cpu(lambda: pairs.update(naive=rivals.loop(plain, looped) / LOOPED)))  # noqa: B023
        for name, run in peers.items():
            if callable(run):
                note(name, BATCH / cpu(lambda name=name, run=run: pairs.update({name: run(papers) / BATCH})))
    top = len(queries)
    for size in sizes:
        say(
            f"papers a second, {size:,} subscriptions",
            f"{best[f'{size}']:,.0f}",
            f"{found[size] / BATCH:,.1f} matches each",
        )
    say(f"naive loop of «in», {top:,}", f"{best['naive']:.2f}", f"{pairs['naive']:,.1f} matches each")
    say("  index ÷ naive loop", f"{best[f'{top}'] / best['naive']:,.0f}×", "aim ≥ 350×, with numpy ≥ 650×")
    for name, run in peers.items():
        aim = "aim ≥ 4×" if name == "tantivy" else "aim ≥ 7×"
        if callable(run):
            say(
                f"{name}, batches of {BATCH:,}, {top:,}",
                f"{best[name]:,.0f}",
                f"{pairs[name]:,.1f} matches each",
            )
            say(f"  index ÷ {name}", f"{best[f'{top}'] / best[name]:.1f}×", aim)
        else:
            say(name, "–", str(run))
    if top == 100_000:
        say("time a paper, 100,000 ÷ 1,000", f"{best['1000'] / best[f'{top}']:.1f}×", "aim ≤ 6×")
    _change(queries[:top], indices[top])


def _change(queries: Sequence[Query], index: Index) -> None:
    chosen = random.Random(1).sample(range(len(queries)), min(len(queries) // 2, 2_000))

    def drop() -> None:
        for number in chosen:
            index.drop(str(number))

    def put() -> None:
        for number in chosen:
            index.put(str(number), queries[number])

    dropped, added = zip(*[(cpu(drop), cpu(put)) for _ in range(ROUNDS)], strict=True)
    whole = min(cpu(lambda: built(queries)) for _ in range(2))
    add, remove = min(added) / len(chosen), min(dropped) / len(chosen)
    say("one subscription more, one less", f"{add * 1e6:.0f} µs, {remove * 1e6:.0f} µs")
    say("  one change ÷ full build", f"1/{whole / max(add, remove):,.0f}", "aim ≤ 1/100,000")


# --- oracle -----------------------------------------------------------------------------------


def oracle(lines: Sequence[str], wanted: int) -> None:
    queries = [stored(line) for line in lines[:100_000]]
    index, passed, wrong = built(queries), 0, 0
    papers = workload.new_papers()
    papers = papers[:: max(1, len(papers) * len(queries) // wanted)]  # of all fields
    for paper in papers:
        document = Document.of(paper)
        found = set(index.match(document))
        for number, query in enumerate(queries):
            holds = evaluate(query, document).matched
            passed += holds
            wrong += holds is not (str(number) in found)
    say(
        f"differences from the oracle over {len(papers) * len(queries):,} pairs ({passed:,} pass)",
        f"{wrong}",
        "aim 0",
    )


# --- memory -----------------------------------------------------------------------------------


def memory(file: Path) -> None:
    page = os.sysconf("SC_PAGE_SIZE")

    def held() -> float:
        gc.collect()
        return int(Path("/proc/self/statm").read_text().split()[1]) * page / 1e6

    # As the matcher does: it has the records, with keys and texts, and gives back what it needed while it read them.
    start = held()
    with file.open() as lines:
        texts = {str(at): line.rstrip("\n") for at, line in enumerate(islice(lines, 100_000))}
    share = 100_000 / len(texts)
    say(
        "keys and texts of the filters, per 100,000", f"{(held() - start) * share:.0f} MB", "beside the index"
    )
    index = Index(stored, texts.__getitem__)
    paper = Document.of(Paper(id="arxiv:2601.00001", title="Words", abstract="What is read once."))
    index.match(paper)
    before = held()
    for key, text in texts.items():
        index.put(key, stored(text))
    index.match(paper)
    give_back()
    say(
        f"memory of the index per 100,000 ({len(index):,} held)",
        f"{(held() - before) * share:.0f} MB",
        "aim ≤ 50 MB",
    )


# --- store ------------------------------------------------------------------------------------


@asynccontextmanager
async def server() -> AsyncIterator[str]:
    """The embedded server, told not to wait for the disk: what is measured is our own work, and it comes faster so."""
    with tempfile.TemporaryDirectory() as folder:
        async with await open_embedded(Path(folder), clock=CLOCK) as held:
            store = opened(held.url)
            await store.database.client.config_set("appendonly", "no")
            await store.database.close()
            yield held.url


def opened(url: str) -> Store:
    return Store(Database.connect(url), retention=timedelta(days=90))


async def used(store: Store) -> float:
    return int((await store.database.client.info("memory"))["used_memory"]) / 1e6


def subscription(number: int, query: str) -> Subscription:
    """Fifty in a workspace, five in a channel."""
    return Subscription(
        number=number % 50 + 1,
        query=query,
        destination=Destination(
            platform="recording", workspace=f"w{number // 50}", channel=f"c{number % 10}"
        ),
        cadence=Cadence(when=When.DAILY),
        created_by=Person(id=f"U{number % 5000}"),
        created_at=CLOCK.now() - timedelta(days=1),
    )


async def fill(store: Store, lines: Sequence[str]) -> None:
    for start in range(0, len(lines), 100):
        await asyncio.gather(
            *(
                store.subscriptions.restore(subscription(start + at, line))
                for at, line in enumerate(lines[start : start + 100])
            )
        )


async def bring(store: Store, papers: Sequence[Paper], *, event: str = "new") -> None:
    for start in range(0, len(papers), 500):
        changes = [Change(one, "", event) for one in papers[start : start + 500]]
        await store.papers.save("arxiv", changes, cursor=None, seed=False, now=CLOCK.now())


async def stored_part(lines: Sequence[str], day: int) -> None:
    async with server() as url:
        store = opened(url)
        await fill(store, lines[:50])
        before = await used(store)
        await fill(store, lines)
        share = 100_000 / len(lines)
        say(
            "memory of the store per 100,000", f"{(await used(store) - before) * share:.1f} MB", "aim ≤ 20 MB"
        )
        await store.database.close()
        with tempfile.TemporaryDirectory() as data:
            for papers in (
                0,
                day,
            ):  # a fresh process each time, as at a start: the second finds what the first has saved
                child = await asyncio.create_subprocess_exec(
                    sys.executable, "-m", "benchmarks.matching",
                    "--part", "start", "--url", url, "--day", str(papers), "--data", data,
                )  # fmt: skip
                await child.wait()


BESIDE = """
import asyncio, sys, time
async def main():
    late, loop = [0.0], asyncio.get_running_loop()
    ended = loop.run_in_executor(None, sys.stdin.read)
    while not ended.done():
        due = time.perf_counter() + 0.005
        await asyncio.sleep(0.005)
        late.append(1000 * (time.perf_counter() - due))
    late.sort()
    print(f"{late[len(late) // 2]:.1f}, {late[len(late) * 99 // 100]:.1f}, {late[-1]:.0f} ms")
asyncio.run(main())
"""
"""What the machine alone makes late: an idle loop in a process of its own, until its input is closed."""


async def tick(late: list[float]) -> None:
    """Note by how many milliseconds the loop wakes us too late."""
    while True:
        due = time.perf_counter() + 0.005
        await asyncio.sleep(0.005)
        late.append(1000 * (time.perf_counter() - due))


async def start_part(url: str, day: int, data: Path) -> None:
    store, snapshot = opened(url), Snapshot(data)
    matcher = Matcher(store, CLOCK, worker="bench", snapshot=snapshot)
    again = snapshot.path.exists()
    began, used_ = time.perf_counter(), time.process_time()
    await matcher.refresh()
    say(
        f"start: load and index from the store, {'as saved' if again else 'for the first time'}",
        f"{time.perf_counter() - began:.2f} s ({time.process_time() - used_:.2f} s of cpu)",
        "aim ≤ 1.5 s at 100,000",
    )
    if not day:
        say("  the saved index", f"{snapshot.path.stat().st_size / 1e6:.1f} MB")
        await store.database.close()
        return
    now = CLOCK.now()
    seen = (Sighting(source="arxiv", seen_at=now),)
    papers = [replace(one, first_seen=now, sightings=seen) for one in workload.new_papers()[:day]]
    await bring(store, papers)
    gc.freeze()  # what this benchmark itself has read: a bot would not have it, and nobody need walk it
    late: list[float] = []
    idle = await asyncio.create_subprocess_exec(
        sys.executable, "-c", BESIDE,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    ticking = asyncio.create_task(tick(late))
    began = time.perf_counter()
    plans = await matcher.once()
    spent = time.perf_counter() - began
    ticking.cancel()
    beside, _ = await idle.communicate(b"")  # which ends its input
    say(f"a day of arXiv ({day:,} papers): {plans.matches:,} matches planned", f"{spent:.1f} s")
    say(
        "  event loop late, p50, p99, longest",
        f"{percentile(late, 0.5):.1f}, {percentile(late, 0.99):.1f}, {max(late):.0f} ms",
        "aim p99 < 20 ms",
    )
    say("  an idle loop in a process beside it, p50, p99, longest", beside.decode().strip())
    await store.database.close()


# --- the whole --------------------------------------------------------------------------------


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--most", type=int, default=100_000, help="subscriptions, at most a million")
    parser.add_argument("--pairs", type=int, default=10_000_000, help="pairs held against the oracle")
    parser.add_argument(
        "--day", type=int, default=1_500, help="papers of the day that is matched from the store"
    )
    parser.add_argument(
        "--part", action="append", choices=(*PARTS, "start"), help="only this; may be repeated"
    )
    parser.add_argument("--url", help=argparse.SUPPRESS)
    parser.add_argument("--data", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--file", type=Path, help="where the subscriptions are kept between runs")
    parser.add_argument("--alone", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--papers", type=int, default=40_000, help="papers that are searched")
    parser.add_argument(
        "--questions", type=int, default=120, help="of each kind, searches and previews that are timed"
    )
    asked = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(40))
    parts = asked.part or PARTS
    if asked.url:
        asyncio.run(start_part(asked.url, asked.day, asked.data))
        return
    if asked.alone:
        memory(asked.file)
        return
    load = ", ".join(f"{one:.1f}" for one in os.getloadavg())
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, load {load}")
    with tempfile.TemporaryDirectory() as folder:
        file = asked.file or Path(folder) / "subscriptions"
        if not file.exists():
            file.write_text("\n".join(query.normal for query in workload.subscriptions(asked.most)))
        lines = file.read_text().splitlines()
        for part in parts:
            print(f"\n{part}")
            match part:
                case "speed":
                    speed(lines)
                case "oracle":
                    oracle(lines, asked.pairs)
                case "memory":
                    arguments = ("--alone", "--file", str(file))
                    subprocess.run([sys.executable, "-m", "benchmarks.matching", *arguments], check=True)
                case "store":
                    asyncio.run(stored_part(lines[:100_000], asked.day))
                case "search":
                    from benchmarks.searching import search_part  # noqa: PLC0415 - it needs this module

                    asyncio.run(search_part(lines, asked.papers, asked.questions))
                case "meaning":
                    beside = Path(__file__).parent / "bench_meaning.py"
                    subprocess.run([sys.executable, beside, workload.RECORDINGS], check=True)


if __name__ == "__main__":
    main()
