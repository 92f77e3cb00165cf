"""Hold one paper against one query, and say why. The index over all subscriptions must agree with this exactly."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, TypeAlias

from bot.models import Reason
from bot.query.authors import same_person, taken_apart
from bot.query.document import Document
from bot.query.fields import FREE_FIELDS, REPORTED_AS
from bot.query.normal import composed, printed
from bot.query.places import places
from bot.query.tree import And, Author, Category, Compare, Flag, Leaf, Like, Node, Not, Or, Query, Term

Similarity: TypeAlias = Mapping[Like, float] | Callable[[Like], float | None]
"""How near the paper is to an example of meaning: above 0 is near enough and counts as the score; anything else is not.
Where «near enough» begins is for the caller to decide."""

FIELD_SCORE: Final[Mapping[str, float]] = {
    "title": 3.0,
    "keyword": 2.0,
    "author": 3.0,
    "org": 1.5,
    "abstract": 1.0,
    "cat": 0.5,
}
"""What a hit in a field counts; the weight of the term multiplies it."""
_asked = lru_cache(maxsize=1 << 12)(taken_apart)
_REPEATED: Final = 0.25
"""What each further hit in the same field adds, as a share of the first."""
_MOST_REPEATED: Final = 4


@dataclass(frozen=True, slots=True)
class Clause:
    """One part of a query and whether the paper passes it."""

    text: str
    """In the normal form."""
    satisfied: bool
    note: str = ""
    """What the paper has there: «it has 11», «unknown», «in the title: Diffusion Policies», «not found»."""
    clauses: tuple[Clause, ...] = ()
    """The parts of a group or of a negation."""

    def __str__(self) -> str:
        return f"{'✓' if self.satisfied else '✗'} {self.text}{': ' if self.note else ''}{self.note}"


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a paper passes a query, and why."""

    matched: bool
    reasons: tuple[Reason, ...]
    """What made it true, in the order of the query; empty if it did not match. Negations give no reasons."""
    clauses: tuple[Clause, ...]
    """The parts of the query's outermost «and», or the one part that it is; for matched papers as well."""
    score: float
    """The sum of the reasons' scores; comparable only between papers of one query."""


@dataclass(frozen=True, slots=True)
class _Found:
    """A clause, and the reasons it would give."""

    clause: Clause
    reasons: tuple[Reason, ...] = ()
    denied: tuple[Reason, ...] = ()
    """The reasons that count if the clause is negated."""


def evaluate(query: Query, document: Document, similarity: Similarity | None = None) -> Verdict:
    """Hold ``document`` against ``query``.

    Without ``similarity`` no ``like:`` is satisfied, and its clause says so. A comparison with a count that no listing
    has told is not satisfied; its negation therefore is.
    """
    found = _evaluated(query.root, document, similarity)
    clauses = found.clause.clauses if isinstance(query.root, And) else (found.clause,)
    reasons = tuple(dict.fromkeys(found.reasons)) if found.clause.satisfied else ()
    return Verdict(found.clause.satisfied, reasons, clauses, sum((reason.score for reason in reasons), 0.0))


def _evaluated(node: Node, document: Document, similarity: Similarity | None) -> _Found:
    if isinstance(node, And | Or):
        parts = [_evaluated(child, document, similarity) for child in node.children]
        clauses = tuple(part.clause for part in parts)
        satisfied = (all if isinstance(node, And) else any)(clause.satisfied for clause in clauses)
        counted = [part for part in parts if part.clause.satisfied]
        return _Found(
            Clause(composed(node, [clause.text for clause in clauses]), satisfied, "", clauses),
            tuple(reason for part in counted for reason in part.reasons),
            tuple(reason for part in parts if not part.clause.satisfied for reason in part.denied),
        )
    if isinstance(node, Not):
        inner = _evaluated(node.child, document, similarity)
        text = composed(node, [inner.clause.text])
        clause = Clause(text, not inner.clause.satisfied, inner.clause.note, (inner.clause,))
        return _Found(clause, inner.denied, inner.reasons)
    return _leaf(node, document, similarity)


def _leaf(node: Leaf, document: Document, similarity: Similarity | None) -> _Found:
    match node:
        case Term():
            return _term(node, document)
        case Author(name, weight):
            asked = _asked(name)
            hits = [
                text for text, author in document.authors if asked is not None and same_person(asked, author)
            ]
            return _listed(node, "author", hits, "by", weight)
        case Category(_, weight):
            return _listed(
                node, "cat", [c for c in document.paper.categories if node.accepts(c)], "in", weight
            )
        case Compare(field, _, _):
            return _compare(node, getattr(document.paper, field))
        case Flag(field, value):
            has = (field, value) in document.flags
            others = ", ".join(sorted(v for f, v in document.flags if f == field))
            note = "" if has else f"it has {others}" if field == "has" and others else others or "unknown"
            return _plain(node, has, field, note)
        case Like():
            return _like(node, similarity)


def _term(term: Term, document: Document) -> _Found:
    text = printed(term)
    reasons = []
    for field in (term.field,) if term.field else FREE_FIELDS:
        words = document.words[field]
        runs = places(term, words)
        if not runs:
            continue
        spans = tuple((words.spans[first][0], words.spans[after - 1][1]) for first, after in runs)
        repeated = min(len(runs), _MOST_REPEATED) - 1
        reasons.append(
            Reason(
                term=text,
                field=REPORTED_AS.get(field, field),
                spans=() if field == "keyword" else spans,
                text=words.text[spans[0][0] : spans[0][1]],
                score=term.weight * FIELD_SCORE[field] * (1 + _REPEATED * repeated),
            )
        )
    if not reasons:
        return _Found(Clause(text, satisfied=False, note="not found"))
    note = ", ".join(f"in the {reason.field} «{reason.text}»" for reason in reasons)
    return _Found(Clause(text, satisfied=True, note=note), tuple(reasons))


def _listed(node: Author | Category, field: str, hits: list[str], verb: str, weight: float) -> _Found:
    text = printed(node)
    if not hits:
        return _Found(Clause(text, satisfied=False, note="not found"))
    name = REPORTED_AS.get(field, field)
    reasons = tuple(
        Reason(term=text, field=name, text=hit, score=weight * FIELD_SCORE[field]) for hit in hits
    )
    return _Found(Clause(text, satisfied=True, note=f"{verb} {', '.join(hits)}"), reasons)


def _compare(node: Compare, count: int | None) -> _Found:
    if count is None:
        return _plain(node, holds=False, field=node.field, note="unknown")
    return _plain(node, node.holds(count), node.field, f"it has {count:,}", str(count))


def _like(node: Like, similarity: Similarity | None) -> _Found:
    if similarity is None:
        return _plain(node, holds=False, field="like", note="meaning is not compared here")
    near = similarity.get(node) if isinstance(similarity, Mapping) else similarity(node)
    if near is None or near <= 0:
        return _plain(node, holds=False, field="like", note="not near enough in meaning")
    text = printed(node)
    reason = Reason(term=text, field="like", text=node.text, score=near)
    return _Found(Clause(text, satisfied=True, note="near in meaning"), (reason,))


def _plain(node: Compare | Flag | Like, holds: bool, field: str, note: str, text: str = "") -> _Found:  # noqa: FBT001
    """A leaf that no words of the paper stand for; it counts nothing in the score."""
    reasons = (Reason(term=printed(node), field=field, text=text, score=0.0),) if holds else ()
    return _Found(Clause(printed(node), holds, note), reasons)
