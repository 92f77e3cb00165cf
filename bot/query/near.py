"""Queries near a query: what a person could ask instead if it brings too much or too little."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from bot.errors import QueryError
from bot.query.normal import printed
from bot.query.parser import parse
from bot.query.tree import And, Like, Node, Not, Or, Query, Term, all_of, any_of


@dataclass(frozen=True, slots=True)
class Variant(Query):
    """A query near another one."""

    label: str = ""
    """What is different, to stand before a rate: «without `cat:cs.RO`»."""
    wider: bool = True
    """It brings what the original brings and more; otherwise less."""


def near(query: Query) -> list[Variant]:
    """The variants of ``query``, each of them one step away and one that parses; wider ones first."""
    found: dict[Query, Variant] = {}
    for root, label, wider in (*_wider(query.root), *_narrower(query.root)):
        try:
            read = parse(printed(root))
        except QueryError:  # nothing is wanted any more, or only stop words
            continue
        variant = Variant(read.root, read.normal, read.normal, read.notes, label, wider)
        if read.root != query.root:
            found.setdefault(read, variant)
    return sorted(found.values(), key=lambda variant: not variant.wider)


def _wider(root: Node) -> Iterator[tuple[Node, str, bool]]:
    """Leave out one clause of the outermost «and»; let a phrase have other endings, then fall apart."""
    clauses = list(root.children) if isinstance(root, And) else [root]
    if len(clauses) > 1:
        for i, clause in enumerate(clauses):
            yield all_of([*clauses[:i], *clauses[i + 1 :]]), f"without `{printed(clause)}`", True
    for i, clause in enumerate(clauses):
        for looser, label in _looser(clause):
            yield all_of([*clauses[:i], looser, *clauses[i + 1 :]]), label, True


def _looser(clause: Node) -> Iterator[tuple[Node, str]]:
    if not isinstance(clause, Term):
        return
    if clause.exact:
        other = replace(clause, exact=False)
        yield other, f"with any ending, `{printed(other)}`"
    if len(clause.words) > 1:
        apart: list[Node] = [
            replace(clause, words=(word,), exact=False, prefix=clause.prefix and word is clause.words[-1])
            for word in clause.words
        ]
        yield all_of(apart), f"without the phrase, `{printed(all_of(apart))}`"
    if clause.field is not None and clause.field != "org":
        yield replace(clause, field=None), f"`{printed(replace(clause, field=None))}` anywhere"


def _narrower(root: Node) -> Iterator[tuple[Node, str, bool]]:
    """Ask for a word in the title; leave out an alternative; make words side by side a phrase."""
    clauses = list(root.children) if isinstance(root, And) else [root]
    for i, clause in enumerate(clauses):
        before, after = clauses[:i], clauses[i + 1 :]
        if isinstance(clause, Term) and clause.field is None:
            titled = replace(clause, field="title", also=())
            yield all_of([*before, titled, *after]), f"`{printed(clause)}` in the title only", False
            following = after[0] if after else None
            if (
                isinstance(following, Term)
                and following.field is None
                and not (clause.prefix or following.exact or clause.exact)
            ):
                phrase = Term(
                    (*clause.words, *following.words), prefix=following.prefix, weight=clause.weight
                )
                yield all_of([*before, phrase, *after[1:]]), f"side by side, `{printed(phrase)}`", False
        elif isinstance(clause, Or):
            for branch in clause.children:
                if isinstance(branch, Not | Like):
                    continue
                rest = any_of([other for other in clause.children if other != branch])
                yield all_of([*before, rest, *after]), f"without the alternative `{printed(branch)}`", False
