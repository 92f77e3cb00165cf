"""How well meaning is compared, and what it costs:  python benchmarks/bench_meaning.py [RECORDINGS]

Development sets (recordings/relevance): 100 real searches with clicked papers (SciRepEval), the 225 topics of
Cranfield over 1,400 abstracts; profiles are Cranfield topics with ten labels, judged on what is left of the 200 best
by words. A day of arXiv is 1,500 of the recorded abstracts. Without the extra ``semantic`` only words are measured;
wordllama, a rival of static vectors, is measured where it happens to be installed (it is no dependency of ours).
"""

from __future__ import annotations

import asyncio
import gzip
import importlib.util
import json
import math
import os
import platform
import random
import re
import resource
import statistics
import sys
import tempfile
import time
from array import array
from collections.abc import Callable, Sequence
from pathlib import Path

from bot.embedding import find_embedder, missing
from bot.matching.meaning import Label, Meaning, Profile, of_text
from bot.matching.meaning.compare import WORDS
from bot.matching.meaning.vectors import dot
from bot.matching.meaning.words import product

Score = Callable[[Meaning, Meaning], float]
Text = tuple[str, str]

DAY = 1_500
POOL = 200
LABELS = 5
SEEDS = 3
SENTENCES = 12
"""Of a paper, when sentences are aligned."""
TOPICS = 50
"""Of Cranfield, whose papers ask for each other."""


def by_words(left: Meaning, right: Meaning) -> float:
    return product(left.words, right.words)


def by_model(left: Meaning, right: Meaning) -> float:
    assert left.vector is not None
    assert right.vector is not None
    return dot(left.vector, right.vector)


def both(left: Meaning, right: Meaning) -> float:
    return WORDS * by_words(left, right) + (1 - WORDS) * by_model(left, right)


def ndcg(scores: Sequence[float], gains: Sequence[float], depth: int) -> float | None:
    """Normalised discounted cumulative gain; ``None`` where nothing is relevant."""
    order = sorted(range(len(scores)), key=lambda at: -scores[at])

    def total(row: Sequence[float]) -> float:
        return sum((2**gain - 1) / math.log2(at + 2) for at, gain in enumerate(row[:depth]))

    best = total(sorted(gains, reverse=True))
    return total([gains[at] for at in order]) / best if best else None


def mean(values: Sequence[float | None]) -> float:
    known = [value for value in values if value is not None]
    return 100 * sum(known) / len(known)


class Reader:
    """Texts to meanings, with vectors where there is a model."""

    def __init__(self, folder: Path) -> None:
        self.embedder = find_embedder(folder)

    def read(self, texts: Sequence[Text]) -> list[Meaning]:
        vectors = (
            asyncio.run(self.embedder.embed([f"{title}. {text}" if text else title for title, text in texts]))
            if self.embedder
            else [None] * len(texts)
        )
        return [
            of_text(text, title=title, vector=vector)
            for (title, text), vector in zip(texts, vectors, strict=True)
        ]


def static() -> Callable[[Sequence[Text]], list[Meaning]] | None:
    """wordllama as it comes; its default call looks for the tokenizer in the wrong folder and asks the network."""
    if importlib.util.find_spec("wordllama") is None:
        return None
    import wordllama  # noqa: PLC0415 - only where it is

    model = wordllama.WordLlama.load(cache_dir=Path(wordllama.__file__).parent, disable_download=True)

    def read(texts: Sequence[Text]) -> list[Meaning]:
        made = model.embed([f"{title}. {text}" if text else title for title, text in texts], norm=False)
        # Two papers of Cranfield are empty: their length is zero.
        return [
            Meaning({}, array("f", (row / (float((row**2).sum()) ** 0.5 or 1.0)).astype("float32").tobytes()))
            for row in made
        ]

    return read


def cranfield(folder: Path) -> tuple[list[Text], list[str], list[set[int]]]:
    """Papers, topics, and for each topic the places of its relevant papers."""
    papers, places = [], {}
    for raw in re.findall(r"<doc>(.*?)</doc>", (folder / "cran.all.1400.xml").read_text(), re.DOTALL):
        found = {name: text.strip() for name, text in re.findall(r"<(\w+)>(.*?)</\1>", raw, re.DOTALL)}
        places[int(found["docno"])] = len(papers)
        title = found.get("title", "")
        papers.append((" ".join(title.split()), " ".join(found.get("text", "").removeprefix(title).split())))
    raw = (folder / "cran.qry.xml").read_text()
    topics = [" ".join(text.split()) for text in re.findall(r"<title>(.*?)</title>", raw, re.DOTALL)]
    relevant: list[set[int]] = [set() for _ in topics]
    for line in (folder / "cranqrel.trec.txt").read_text().splitlines():
        topic, _, paper, grade = line.split()[:4]
        if int(grade) > 0 and int(paper) in places:
            relevant[int(topic) - 1].add(places[int(paper)])
    return papers, topics, relevant


def profiles(papers: list[Meaning], topics: list[Meaning], relevant: list[set[int]]) -> dict[str, float]:
    """nDCG@20 on what is left after ten labels, without and with them; the topic is the filter's text."""
    found: dict[str, list[float | None]] = {}
    for number, (topic, good) in enumerate(zip(topics, relevant, strict=True)):
        pool = sorted(range(len(papers)), key=lambda at: -by_words(topic, papers[at]))[:POOL]
        liked = [at for at in pool if at in good]
        unliked = [at for at in pool[:40] if at not in good]
        if len(liked) < LABELS + 3:
            continue
        for seed in range(SEEDS):
            chance = random.Random(1000 * number + seed)
            yes, no = chance.sample(liked, LABELS), chance.sample(unliked, LABELS)
            left = [at for at in pool if at not in {*yes, *no}]
            gains = [float(at in good) for at in left]
            labels = [Label(str(at), papers[at], 1) for at in yes] + [
                Label(str(at), papers[at], -1) for at in no
            ]
            asked, alone = Profile(labels, topic), Profile(labels)
            start = Profile([], topic)
            rows = {
                "order of the filter's words": [by_words(topic, papers[at]) for at in left],
                "no labels, the topic's meaning": [start.score(papers[at]) for at in left],
                "ten labels, without the topic": [alone.score(papers[at]) for at in left],
                "ten labels and the topic": [asked.score(papers[at]) for at in left],
            }
            for name, scores in rows.items():
                found.setdefault(name, []).append(ndcg(scores, gains, 20))
    return {name: mean(values) for name, values in found.items()}


def sentences(text: Text) -> list[Text]:
    """The title and the sentences of an abstract."""
    parts = re.split(r"(?<=[.?!]) +", text[1])
    return [(one, "") for one in (text[0], *parts) if len(one.split()) > 2][:SENTENCES] or [
        (text[0] or ".", "")
    ]


def alike(
    reader: Reader, papers: list[Text], held: list[Meaning], relevant: list[set[int]]
) -> dict[str, list[float]]:
    """nDCG@10 of «papers like this one» by topic and paper: whole texts, and sentences aligned with sentences.

    Each of some relevant papers of a topic asks for the topic's others, among 600 papers. The last two rows are joined with words.
    """
    import numpy as np  # noqa: PLC0415 - it comes with the model

    chance = random.Random(5)
    topics = chance.sample([at for at, good in enumerate(relevant) if len(good) >= LABELS], TOPICS)
    pool = set().union(*(relevant[at] for at in topics))
    others = [at for at in range(len(papers)) if at not in pool]
    pool |= set(chance.sample(others, max(0, 600 - len(pool))))
    parts = {
        at: np.array([one.vector for one in reader.read(sentences(papers[at]))], np.float32) for at in pool
    }
    found: dict[str, list[float]] = {}
    for topic in topics:
        good = sorted(relevant[topic] & pool)
        for asked in chance.sample(good, min(4, len(good))):
            among = sorted(pool - {asked})
            whole = [by_model(held[asked], held[at]) for at in among]
            aligned = [float((parts[asked] @ parts[at].T).max(1).mean()) for at in among]
            half = [(left + right) / 2 for left, right in zip(whole, aligned, strict=True)]
            worded = [WORDS * by_words(held[asked], held[at]) for at in among]
            rows = {
                "MiniLM alone, whole": whole,
                "MiniLM alone, half aligned": half,
                "joined, whole, as used": [w + (1 - WORDS) * m for w, m in zip(worded, whole, strict=True)],
                "joined, half aligned": [w + (1 - WORDS) * m for w, m in zip(worded, half, strict=True)],
            }
            gains = [float(at in relevant[topic]) for at in among]
            for name, scores in rows.items():
                found.setdefault(name, []).append(ndcg(scores, gains, 10) or 0.0)
    return found


def main() -> None:
    recordings = Path(
        sys.argv[1] if len(sys.argv) > 1 else os.environ.get("PIGEON_RECORDINGS", "../shared/recordings")
    )
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    if gap := missing():
        print(f"Words alone: {', '.join(gap)} not installed.")
    with tempfile.TemporaryDirectory() as folder:
        measure(recordings, Reader(Path(folder)))


def measure(recordings: Path, reader: Reader) -> None:
    ways: dict[str, Score] = {"words (TF-IDF)": by_words}
    if reader.embedder:
        ways |= {"MiniLM int8 alone": by_model, "joined, as used": both}

    with gzip.open(recordings / "arxiv" / "metadata_20k.jsonl.gz", "rt") as lines:
        day = [
            (one["title"], one["summary"]) for _, one in zip(range(DAY), map(json.loads, lines), strict=False)
        ]
    began, used = time.perf_counter(), time.process_time()
    for title, text in day:
        of_text(text, title=title)
    print(f"\nA day of arXiv ({len(day):,} papers)")
    print(f"  words              {time.perf_counter() - began:6.1f} s")
    if reader.embedder:
        reader.read(day[:2])
        began, used = time.perf_counter(), time.process_time()
        reader.read(day)
        print(
            f"  words and MiniLM   {time.perf_counter() - began:6.1f} s, {time.process_time() - used:.1f} s of processor"
            f" (busy machine: load {os.getloadavg()[0]:.1f})"
        )
    print(
        f"  peak memory        {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:6.0f} MB, the process"
    )

    searches = [
        json.loads(line)
        for line in (recordings / "relevance" / "scirepeval_search" / "search_small.jsonl")
        .read_text()
        .splitlines()
    ]
    papers, topics, relevant = cranfield(recordings / "relevance" / "cranfield")
    held, wanted = reader.read(papers), reader.read([(topic, "") for topic in topics])

    def sets(
        read: Callable[[Sequence[Text]], list[Meaning]],
    ) -> list[tuple[Meaning, list[Meaning], list[float]]]:
        asked = read([(one["query"], "") for one in searches])
        return [
            (
                query,
                read([(c["title"], c["abstract"] or "") for c in one["candidates"]]),
                [c["score"] for c in one["candidates"]],
            )
            for query, one in zip(asked, searches, strict=True)
        ]

    clicked = sets(reader.read)
    print("\nnDCG@10              SciRepEval  Cranfield")
    for name, score in ways.items():
        judge(name, score, clicked, (held, wanted, relevant))
    if (read := static()) is not None:
        judge(
            "wordllama alone",
            by_model,
            sets(read),
            (read(papers), read([(topic, "") for topic in topics]), relevant),
        )

    if reader.embedder:
        print(f"\nnDCG@10 of «papers like this one», {TOPICS} topics of Cranfield")
        for name, values in alike(reader, papers, held, relevant).items():
            spread = 100 * statistics.stdev(values) / math.sqrt(len(values))
            print(f"  {name:<32} {mean(values):5.1f} (±{spread:.1f})")

    print(f"\nnDCG@20 on held-out judgements, {LABELS} liked and {LABELS} not")
    plain = [Meaning(one.words) for one in held], [Meaning(one.words) for one in wanted]
    for tier, (docs, queries) in {
        "words": plain,
        **({"joined": (held, wanted)} if reader.embedder else {}),
    }.items():
        for name, value in profiles(docs, queries, relevant).items():
            print(f"  {tier:<8} {name:<32} {value:5.1f}")


def judge(
    name: str,
    score: Score,
    clicked: list[tuple[Meaning, list[Meaning], list[float]]],
    judged: tuple[list[Meaning], list[Meaning], list[set[int]]],
) -> None:
    held, wanted, relevant = judged
    first = mean([ndcg([score(query, one) for one in rows], gains, 10) for query, rows, gains in clicked])
    second = mean(
        [
            ndcg([score(topic, one) for one in held], [float(at in good) for at in range(len(held))], 10)
            for topic, good in zip(wanted, relevant, strict=True)
        ]
    )
    print(f"  {name:<18} {first:10.1f} {second:10.1f}")


if __name__ == "__main__":
    main()
