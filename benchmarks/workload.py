"""The papers and subscriptions that benchmarks and proofs of matching use, the same in every run.

Papers are the recorded ones. Subscriptions are drawn from the first 15,000 of them and matched against the rest, so
that nothing is tuned to what it is measured on. Their make-up, in nested sets (the first 1,000 are among the first
10,000, and so on), each distinct:

* 30 % one phrase of two or three words, 10 % one word,
* 20 % two or three terms that all must stand there (drawn from one paper, so that they do),
* 20 % one of two to four terms, 10 % ``(a OR b) c``, 5 % an author, 5 % a term in a category;
* of all but the last tenth, 20 % also name a category, 15 % exclude a word; 15 % of terms are sought in the title.

Terms are sampled from running text, hence as unevenly spread as words are (Zipf); a single word that nothing narrows
is in fewer than 3 % of the papers. The other workload is real: each
subscription takes one to four terms at random from one of the keyword lists in ``subscriptions.jsonl``.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import random
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from bot.errors import QueryError
from bot.models import Paper
from bot.query import Query, parse
from bot.text.tidy import tidy
from bot.text.words import STOP_WORDS, scanned, stem

RECORDINGS = Path(
    os.environ.get("PIGEON_RECORDINGS") or Path(__file__).resolve().parents[2] / "shared" / "recordings"
)
HASHES = {
    "arxiv/metadata_20k.jsonl.gz": "c0a5f8fed3d257e566c2309c849cefcedfbc0b2608ad81183eef5178dc0042cb",
    "subscriptions.jsonl": "73ec3a858c1ace3b8b34b4742cc0d20c8abae1c1b3b25c089efbc9d5994f061c",
}
"""SHA-256 of the data; another recording gives other figures, so it is refused."""
DRAWN_FROM = 15_000


def recorded(name: str) -> bytes:
    """A recording, if it is the one that the published figures come from."""
    body = (RECORDINGS / name).read_bytes()
    if (found := hashlib.sha256(body).hexdigest()) != HASHES[name]:
        raise SystemExit(f"{name} is another file ({found[:12]}…): its figures could not be compared.")
    return body


@cache
def papers() -> tuple[Paper, ...]:
    """The recorded papers as the poller stores them, oldest first."""
    rows = [
        json.loads(line) for line in gzip.decompress(recorded("arxiv/metadata_20k.jsonl.gz")).splitlines()
    ]
    return tuple(
        tidy(
            Paper(
                id=f"arxiv:{row['id']}",
                title=row["title"],
                abstract=row["summary"],
                authors=tuple(row["authors"]),
                categories=tuple(row["categories"]),
            )
        )
        for row in rows
    )


def new_papers() -> tuple[Paper, ...]:
    """Those that no subscription was drawn from."""
    return papers()[DRAWN_FROM:]


@cache
def _frequencies() -> Counter[str]:
    counts: Counter[str] = Counter()
    for paper in papers()[:DRAWN_FROM]:
        counts.update(set(scanned(paper.abstract).stems))
    return counts


@cache
def _words(abstract: str) -> tuple[str, ...]:
    return scanned(abstract).exact


class _Draw:
    """Draws terms from running text."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.papers = papers()[:DRAWN_FROM]

    def paper(self) -> Paper:
        return self.random.choice(self.papers)

    def words(self, paper: Paper, count: int) -> str | None:
        """``count`` words side by side, the first and last of which mean something."""
        words = _words(paper.abstract)
        if len(words) < 10:
            return None
        at = self.random.randrange(len(words) - count)
        run = words[at : at + count]
        ends = (run[0], run[-1])
        if any(word in STOP_WORDS or len(word) < 3 or not word.isalpha() for word in ends):
            return None
        return " ".join(run) if all(word.isalnum() for word in run) else None

    def term(self, paper: Paper, *, words: int | None = None, common: bool = False) -> str:
        while True:
            run = self.words(paper, words or self.random.choice((1, 1, 2, 2, 3)))
            if run is None:
                paper = paper if words is None and self.random.random() < 0.9 else self.paper()
                continue
            if " " not in run and not common and _frequencies()[stem(run)] > 0.03 * DRAWN_FROM:
                continue
            term = run if " " not in run else run.replace(" ", "-")
            return f"title:{term}" if self.random.random() < 0.15 else term

    def query(self) -> str:
        kind, paper = self.random.random(), self.paper()
        if kind < 0.30:
            text = self.term(paper, words=self.random.choice((2, 2, 3)))
        elif kind < 0.40:
            text = self.term(paper, words=1)
        elif kind < 0.60:
            text = " ".join(self.term(paper, common=True) for _ in range(self.random.choice((2, 2, 3))))
        elif kind < 0.80:
            text = " OR ".join(self.term(self.paper()) for _ in range(self.random.choice((2, 3, 4))))
        elif kind < 0.90:
            text = f"({self.term(paper)} OR {self.term(self.paper())}) {self.term(paper, common=True)}"
        elif kind < 0.95:
            return f'author:"{self.random.choice(paper.authors)}"' if paper.authors else self.query()
        else:
            return f"{self.term(paper, words=2)} cat:{self.random.choice(paper.categories)}"
        grouped = f"({text})" if " OR " in text else text
        if self.random.random() < 0.20:
            text = grouped = f"{grouped} cat:{self.random.choice(paper.categories)}"
        if self.random.random() < 0.15:
            text = f"{grouped} -{self.term(self.paper(), words=1)}"
        return text


def subscriptions(count: int, *, seed: int = 7) -> Iterator[Query]:
    """Distinct queries of the first workload; a smaller count gives the beginning of a larger one."""
    draw, seen = _Draw(seed), set()
    while len(seen) < count:
        try:
            query = parse(draw.query())
        except QueryError:
            continue
        if query.normal not in seen:
            seen.add(query.normal)
            yield query


def bootstrapped(count: int, *, seed: int = 7) -> Iterator[Query]:
    """Queries drawn from the real keyword lists, many of them equal."""
    rows = [json.loads(line) for line in recorded("subscriptions.jsonl").splitlines()]
    lists = [row["terms"] for row in rows if row.get("terms")]
    chance, made = random.Random(seed), 0
    while made < count:
        terms = chance.choice(lists)
        chosen = chance.sample(terms, min(len(terms), chance.randint(1, 4)))
        try:
            query = parse(" OR ".join('"' + term.replace('"', " ") + '"' for term in chosen))
        except QueryError:
            continue
        made += 1
        yield query


def real() -> list[Query]:
    """Every real subscription that the filter language reads."""
    found = []
    for line in recorded("subscriptions.jsonl").splitlines():
        row = json.loads(line)
        text = row.get("query") or " OR ".join(f'"{term}"' for term in row.get("terms", ()))
        try:
            found.append(parse(text))
        except QueryError:
            continue
    return found
