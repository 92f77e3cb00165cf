"""What the index is measured against: the loop of an ordinary bot, and two search engines that take papers in batches.

None of them knows the whole language: the loop looks for pieces of lower-case text (no endings, no word borders), the
engines stem but know neither compounds nor the forms of names. What they find therefore differs a little from ours;
how much is printed beside their figures.
"""

from __future__ import annotations

import importlib.util
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from bot.models import Paper
from bot.query.tree import And, Author, Category, Node, Not, Or, Query, Term

Piece = tuple[int, str]
"""Where to look (0 everything, 1 title, 2 authors, 3 categories) and for what."""


@dataclass(frozen=True, slots=True)
class Plain:
    """A query as such a loop would hold it."""

    needed: tuple[Piece, ...]
    groups: tuple[tuple[Piece, ...], ...]
    banned: tuple[Piece, ...]


def plain(query: Query) -> Plain:
    """The workload's queries are conjunctions of words, of alternatives, and of words to leave out."""
    needed, groups, banned = [], [], []
    root = query.root
    for clause in root.children if isinstance(root, And) else (root,):
        match clause:
            case Or(children):
                groups.append(tuple(map(_piece, children)))
            case Not(child):
                banned.append(_piece(child))
            case _:
                needed.append(_piece(clause))
    return Plain(tuple(needed), tuple(groups), tuple(banned))


def _piece(node: Node) -> Piece:
    match node:
        case Term(words, field):
            return (1 if field == "title" else 0), " ".join(words)
        case Author(name):
            return 2, name.lower()
        case Category(pattern):
            return 3, pattern.lower()
    raise ValueError(f"The workload has no {node}.")


def loop(queries: Sequence[Plain], papers: Sequence[Paper]) -> int:
    """How many pairs pass: every filter against every paper, stopping at the first clause that fails."""
    found = 0
    for paper in papers:
        title = " ".join(paper.title.lower().replace("-", " ").split())
        text = f"{title}\n{' '.join(paper.abstract.lower().replace('-', ' ').split())}"
        places: tuple[Any, ...] = (
            text,
            title,
            frozenset(name.lower() for name in paper.authors),
            frozenset(name.lower() for name in paper.categories),
        )
        for query in queries:
            for at, word in query.needed:
                if word not in places[at]:
                    break
            else:
                for group in query.groups:
                    for at, word in group:
                        if word in places[at]:
                            break
                    else:
                        break
                else:
                    for at, word in query.banned:
                        if word in places[at]:
                            break
                    else:
                        found += 1
    return found


Batch = Callable[[Sequence[Paper]], int]
"""Index these papers and run every query over them; how many pairs pass."""


def engines(queries: Sequence[Query]) -> dict[str, Batch | str]:
    """By name; a sentence where one is not installed."""
    found: dict[str, Batch | str] = {}
    if importlib.util.find_spec("tantivy") is None:
        found["tantivy"] = "not installed: pip install --require-hashes -r requirements/bench.lock"
    else:
        found["tantivy"] = _tantivy(queries)
    found["SQLite FTS5"] = _fts5(queries)
    return found


def _fts5(queries: Sequence[Query]) -> Batch:
    names = ("{title body}", "title", "authors", "cats")

    def piece(node: Node) -> str:
        at, word = _piece(node)
        return f'{names[at]} : "{_id(word) if at == 3 else word}"'

    def written(query: Query) -> str:
        needed, banned = [], []
        root = query.root
        for clause in root.children if isinstance(root, And) else (root,):
            match clause:
                case Or(children):
                    needed.append("(" + " OR ".join(map(piece, children)) + ")")
                case Not(child):
                    banned.append(piece(child))
                case _:
                    needed.append(piece(clause))
        text = " AND ".join(needed)
        return f"({text}) NOT ({' OR '.join(banned)})" if banned else text

    texts = [(written(query),) for query in queries]

    def run(papers: Sequence[Paper]) -> int:
        with sqlite3.connect(":memory:") as base:
            base.execute(
                "CREATE VIRTUAL TABLE p USING fts5(title, body, authors, cats, tokenize='porter unicode61', detail=full)"
            )
            base.executemany("INSERT INTO p VALUES (?, ?, ?, ?)", map(_row, papers))
            return sum(
                len(base.execute("SELECT rowid FROM p WHERE p MATCH ?", text).fetchall()) for text in texts
            )

    return run


def _tantivy(queries: Sequence[Query]) -> Batch:
    import tantivy  # noqa: PLC0415 - only where it is

    builder = tantivy.SchemaBuilder()
    for name in ("title", "body", "authors", "cats"):
        builder.add_text_field(name, tokenizer_name="en_stem")
    schema = builder.build()
    empty = tantivy.Index(schema)

    def piece(node: Node) -> Any:
        at, word = _piece(node)
        fields = (["title", "body"], ["title"], ["authors"], ["cats"])[at]
        return empty.parse_query(f'"{_id(word) if at == 3 else word}"', fields)

    def made(query: Query) -> Any:
        parts = []
        root = query.root
        for clause in root.children if isinstance(root, And) else (root,):
            match clause:
                case Or(children):
                    inner = tantivy.Query.boolean_query(
                        [(tantivy.Occur.Should, piece(one)) for one in children]
                    )
                    parts.append((tantivy.Occur.Must, inner))
                case Not(child):
                    parts.append((tantivy.Occur.MustNot, piece(child)))
                case _:
                    parts.append((tantivy.Occur.Must, piece(clause)))
        return tantivy.Query.boolean_query(parts) if len(parts) > 1 else parts[0][1]

    held = [made(query) for query in queries]

    def run(papers: Sequence[Paper]) -> int:
        index = tantivy.Index(schema)
        writer = index.writer(num_threads=1)
        for paper in papers:
            title, body, authors, cats = _row(paper)
            writer.add_document(tantivy.Document(title=title, body=body, authors=authors, cats=cats))
        writer.commit()
        writer.wait_merging_threads()
        index.reload()
        searcher = index.searcher()
        return sum(len(searcher.search(query, limit=len(papers), count=False).hits) for query in held)

    return run


def _row(paper: Paper) -> tuple[str, str, str, str]:
    return paper.title, paper.abstract, " ; ".join(paper.authors), " ".join(map(_id, paper.categories))


def _id(category: str) -> str:
    """A category as one word."""
    return category.lower().replace(".", "x").replace("-", "y")
