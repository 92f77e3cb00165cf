"""``search``: words and meaning over the stored papers, best first.

The filter holds exactly, as everywhere. What passes it is put in order by how near it is to the text of the filter,
by words and by meaning. Free words are how people speak and not how papers do: papers that lack one of them and are
near all the same are shown among the others, and said to be so.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from heapq import nlargest
from types import MappingProxyType
from typing import Final

from bot.cards import Action, Item, Span, spans
from bot.cards.paper import authors, counts, matched
from bot.cards.reply import message
from bot.errors import NotAllowed
from bot.handlers.archive import Near, Window
from bot.handlers.asked import Asked
from bot.handlers.own import Hit, Own
from bot.handlers.replay import Order
from bot.matching.letters import Kept
from bot.matching.meaning import Scores
from bot.matching.meaning.asked import asked as wording
from bot.matching.meaning.compare import RELATED_JOINED, RELATED_WORDS
from bot.models import Destination, Paper
from bot.ports import Reply
from bot.query import And, Document, Node, Or, Query, Term, Verdict, evaluate, parse, printed
from bot.query.tree import all_of
from bot.text.cut import cut
from bot.text.words import STOP_WORDS

PAGE: Final = 8
LOOKED_AT: Final = 12
"""Papers that are read and evaluated; a page of them is shown, and some may have changed or expired meanwhile."""
WHOLE: Final = 0.1
"""What having every word counts beside how near a paper is (``docs/decisions-meaning.md``)."""
MIDDLING: Final = 0.35
"""How near a paper of a given feed counts as: their meaning is not kept."""
MOST_NEAR: Final = 500
"""Papers near in meaning that are looked through for those that were posted somewhere."""
_ORDERS: Final[Mapping[str, Order]] = MappingProxyType({"new": "new", "upvotes": "upvotes"})


@dataclass(frozen=True, slots=True)
class Result:
    """A paper that was found."""

    paper: Paper
    verdict: Verdict
    rank: float

    @property
    def lacks(self) -> list[str]:
        """The words that it does not have: then it is near in meaning. «the» and the like only if nothing else lacks."""
        every = [one.text for one in self.verdict.clauses if not one.satisfied]
        return [one for one in every if one.lower() not in STOP_WORDS] or every


async def search(asked: Asked) -> Reply:
    """Search the stored papers by the same language as subscriptions."""
    query = parse(asked.get("query"))
    days = int(asked.get("days", "30"))
    where = await _delivered_to(asked)
    order = _ORDERS.get(asked.get("sort"), "relevance")
    posted = f"posted {'to you' if where.direct else f'in {where.name or where.channel}'}" if where else ""
    archive = asked.services.replay.archive
    window = await archive.window(asked.now - timedelta(days=days))
    near_by = await asked.services.meanings.near(query)
    found = await archive.find(query, window, near_by)
    if where is not None:
        found = found.having(
            set(await asked.store.deliveries.said(where, [one.paper.id for one in found.papers()]))
        )
    own = await _own(asked, query, days, where, without={one.paper.id for one in found.papers()})
    if order != "relevance":
        chosen = await asked.services.replay.first(query, found.papers(), near_by, LOOKED_AT, order)
        results = await _read(asked, query, [(0.0, one.paper.id) for one in chosen], near_by)
    else:
        results = await _ranked(asked, query, window=window, found=found, near_by=near_by, where=where)
    shown = _joined(results, own.hits, order)[:PAGE]
    count, checked = found.count + len(own.hits), window.count + own.checked
    title = f"{count:,} of {checked:,} papers in {days} days"
    if not shown:
        said = spans(
            f"None of the {checked:,} papers of the last {days} days fits ",
            Span(query.normal, code=True),
            f"{f' and was {posted}' if posted else ''}. Try fewer words, or days:90.",
        )
        return Reply(card=message("", said, notes=query.notes))
    hidden = count - sum(one.verdict.matched for one in shown)
    notes = [*query.notes]
    if near := sum(not one.verdict.matched for one in shown):
        notes.append(
            f"{near} of these {'lacks a word' if near == 1 else 'lack a word'} of yours and "
            f"{'is' if near == 1 else 'are'} near in meaning. Quote a word to insist on it."
        )
    if hidden > 0:
        notes.append(f"{hidden:,} more fit: narrow the search to see them.")
    return Reply(card=message(f"{title}, {posted}" if posted else title, items=map(_row, shown), notes=notes))


async def _own(
    asked: Asked, query: Query, days: int, where: Destination | None, *, without: Collection[str]
) -> Own:
    """What the feeds that were given here have besides."""
    since = asked.now - timedelta(days=days)
    own = await asked.services.replay.given.hits(query, asked.origin.workspace, since, (), without=without)
    if where is None:
        return own
    said = set(await asked.store.deliveries.said(where, [hit.paper.id for hit in own.hits]))
    return Own(tuple(hit for hit in own.hits if hit.paper.id in said), own.checked)


def _joined(results: list[Result], own: Sequence[Hit], order: Order) -> list[Result]:
    """Both in one order; equal ones stay as they are."""
    if not own:
        return results
    joined = [*results, *(Result(hit.paper, hit.verdict, MIDDLING) for hit in own)]
    if order == "new":
        never = datetime.min.replace(tzinfo=UTC)
        return sorted(joined, key=lambda one: one.paper.first_seen or never, reverse=True)
    if order == "upvotes":
        return sorted(joined, key=lambda one: -(one.paper.upvotes or 0))
    return sorted(joined, key=lambda one: -one.rank)


async def _ranked(
    asked: Asked, query: Query, *, window: Window, found: Window, near_by: Near, where: Destination | None
) -> list[Result]:
    """The best papers that pass, and among them those that lack a free word and are near in meaning."""
    text = wording(query)
    near = await asked.services.meanings.scores(text) if text else None
    passed = found.papers()
    known, unknown = _split(passed, near)
    # What is older than the newest papers, whose meaning is at hand, is still found by its words.
    quick = await asked.services.replay.first(query, unknown, near_by, LOOKED_AT, "relevance")
    exact = [*nlargest(LOOKED_AT, known), *((0.0, one.paper.id) for one in quick)]
    results = await _read(asked, query, [(score + WHOLE, one) for score, one in exact], near_by)
    if near is None:
        return sorted(results, key=lambda one: (-one.verdict.score, -(one.paper.upvotes or 0), one.paper.id))
    relaxed = without_free_words(query)
    if relaxed is not None:
        strangers = (
            window
            if relaxed == ()
            else await asked.services.replay.archive.find(_query(relaxed), window, near_by)
        )
        floor = RELATED_JOINED if asked.services.meanings.reads else RELATED_WORDS
        have = {one.paper.id for one in passed}
        inside = asked.services.replay.archive.inside(strangers)
        others = [pair for pair in near.above(floor) if pair[1] not in have and inside(pair[1])][:MOST_NEAR]
        if where is not None:
            said = await asked.store.deliveries.said(where, [one for _, one in others])
            others = [pair for pair in others if pair[1] in said]
        results += await _read(asked, query, others[:PAGE], near_by, whole=False)
    return sorted(results, key=lambda one: (-one.rank, one.paper.id))


def _split(passed: Sequence[Kept], near: Scores | None) -> tuple[list[tuple[float, str]], list[Kept]]:
    """How near each paper is, as far as that is known; and those of which it is not."""
    if near is None:
        return [], list(passed)
    known, unknown = [], []
    for one in passed:
        score = near.of(one.paper.id)
        if score is None:
            unknown.append(one)
        else:
            known.append((score, one.paper.id))
    return known, unknown


async def _read(
    asked: Asked,
    query: Query,
    chosen: Sequence[tuple[float, str]],
    near_by: Near,
    *,
    whole: bool = True,
) -> list[Result]:
    """Read and evaluate papers; those that changed or expired meanwhile are left out. Without a rank, by the words."""
    papers = await asked.store.papers.many([one for _, one in chosen])
    results = []
    for score, one in chosen:
        if (paper := papers.get(one)) is not None:
            verdict = evaluate(query, Document.of(paper), near_by.get(one, {}))
            if verdict.matched is whole:
                results.append(Result(paper, verdict, score))
    return results


def without_free_words(query: Query) -> tuple[Node, ...] | None:
    """What is left to hold exactly when the free words are only meant: nothing (all papers), or the other clauses.

    ``None`` where there are no free words, or signs that say how each word counts.
    """
    clauses = query.root.children if isinstance(query.root, And) else (query.root,)
    free = [one for one in clauses if _is_free(one)]
    if not free or any(isinstance(one, Or) for one in clauses):
        return None
    return tuple(one for one in clauses if not _is_free(one))


def _is_free(node: Node) -> bool:
    return isinstance(node, Term) and node.field is None and not (node.exact or node.prefix)


def _query(clauses: Sequence[Node]) -> Query:
    root = all_of(list(clauses)) if len(clauses) > 1 else clauses[0]
    normal = printed(root)
    return Query(root, normal, normal)


async def _delivered_to(asked: Asked) -> Destination | None:
    """The place whose papers are wanted, if one was named.

    Raises:
        NotAllowed: the asker may not read what is posted there.
    """
    if not asked.get("delivered"):
        return None
    where = asked.destination(asked.get("delivered"))
    open_to_all = where.key in {asked.origin.me.key, asked.destination("here").key}
    if not open_to_all and not await asked.origin.rights.may_read(where):
        raise NotAllowed("You cannot read that channel, so I do not search what was posted there.")
    return where


def _row(found: Result) -> Item:
    paper = found.paper
    parts = [authors(paper, 2), *paper.categories[:1], counts(paper)]
    if found.verdict.reasons:
        parts.append(f"matched: {matched(found.verdict.reasons)}")
    elif found.lacks:
        parts.append(f"near in meaning, without {', '.join(found.lacks[:3])}")
    return Item(
        (Span(cut(paper.title, 160), bold=True, url=paper.url or None),),
        note=spans(" · ".join(part for part in parts if part)),
        action=Action("Show", command=f"paper {paper.short_id}") if len(paper.short_id) < 80 else None,
    )
