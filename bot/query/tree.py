"""The tree of a query: what was asked, without how it was typed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Final, Literal, TypeAlias

from bot.text.words import fold, hyphenated, joinable, stem, stems

Comparison: TypeAlias = Literal[">=", ">", "<=", "<", "="]

_ANNOUNCED: Final = frozenset({"announce", "new-version"})
"""Fields that ask how a paper was announced."""
USUAL_RATE: Final = 5
"""Papers a week that are near enough to an example where nobody said how many."""


class Joined(str):
    """Two neighbours of a term as one word.

    A word of a paper may be that, but no compound of a paper: it would be the same two words again.
    """

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Term:
    """One word, or several that stand side by side in one field."""

    words: tuple[str, ...]
    """Folded (:func:`bot.text.words.fold`), in their order; never empty."""
    field: str | None = None
    """One of :data:`bot.query.fields.WORD_FIELDS`; ``None`` seeks in title, abstract and keywords."""
    exact: bool = False
    """Quoted: the words must be these; otherwise words of the same stem will do."""
    prefix: bool = False
    """Followed by ``*``: the last word need only begin so."""
    weight: float = 1.0
    """What a hit counts in the score, beside what its field counts."""
    also: tuple[str, ...] = ()
    """Compounds with the neighbours in the query that satisfy this one too: ``finetuning`` for either word of
    ``fine tuning``. Derived by the parser, the same for the same neighbours; not printed."""

    @property
    def patterns(self) -> tuple[tuple[str, ...], ...]:
        """Every sequence of the document's forms that satisfies this term; the written one first.

        They are stems unless quoted, the last word as written if a prefix. Unless quoted, one pair of neighbours may be
        written as one word (``fine-tuning`` finds «finetuning»): :class:`Joined`. The compounds of the *paper*
        (``finetuning`` finds «fine tuning») are the document's to offer.
        """
        if len(self.words) == 1 and not self.also:
            return ((self.words[0] if self.exact or self.prefix else stem(self.words[0]),),)
        return _patterns(self)


@dataclass(frozen=True, slots=True)
class Author:
    """A name, compared as names are (:mod:`bot.query.authors`)."""

    name: str
    """As typed, with single spaces."""
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Category:
    """A category: ``cs.RO``, a whole archive ``cs`` or ``cs.*``, or any beginning ``cs.R*``."""

    pattern: str
    weight: float = 1.0

    def accepts(self, category: str) -> bool:
        """Whether a paper's category falls under the pattern, in any case.

        A pattern without a star also stands for its classes, and ``cond-mat.*`` for the archive itself.
        """
        wanted, given = fold(self.pattern), fold(category)
        if not wanted.endswith("*"):
            return given == wanted or given.startswith(wanted + ".")
        return given.startswith(wanted[:-1]) or (wanted.endswith(".*") and given == wanted[:-2])


@dataclass(frozen=True, slots=True)
class Compare:
    """A count against a number. A count that no listing has told is neither more nor less than anything."""

    field: str
    """One of :data:`bot.query.fields.COUNTS`."""
    op: Comparison
    number: int

    def holds(self, count: int) -> bool:
        """Whether ``count`` passes."""
        if self.op == ">=":
            return count >= self.number
        if self.op == ">":
            return count > self.number
        if self.op == "<=":
            return count <= self.number
        if self.op == "<":
            return count < self.number
        return count == self.number


@dataclass(frozen=True, slots=True)
class Flag:
    """A property: ``has:code``, ``source:arxiv``, ``announce:new``, ``new-version:yes``."""

    field: str
    """One of :data:`bot.query.fields.FLAGS`."""
    value: str


@dataclass(frozen=True, slots=True)
class Like:
    """Near in meaning to a text or to a paper."""

    text: str
    """The text with single spaces, or the id of a paper as people type it: ``2401.01234``."""
    rate: int = USUAL_RATE
    """About so many papers a week are near enough."""


@dataclass(frozen=True, slots=True)
class Not:
    """What must not hold."""

    child: Node


@dataclass(frozen=True, slots=True)
class And:
    """All of two or more; none of them an ``And`` itself, none twice."""

    children: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """At least one of two or more; none of them an ``Or`` itself, none twice."""

    children: tuple[Node, ...]


Leaf: TypeAlias = Term | Author | Category | Compare | Flag | Like
Node: TypeAlias = Leaf | Not | And | Or


@dataclass(frozen=True, slots=True)
class Query:
    """A filter that was read. Two queries are equal if their trees are, however they were typed."""

    root: Node
    normal: str = field(compare=False)
    """The normal form: what is stored, echoed and parsed again; parsing it gives this tree."""
    text: str = field(compare=False)
    """As typed."""
    notes: tuple[str, ...] = field(default=(), compare=False)
    """Sentences on how it was understood, where that may surprise."""

    @property
    def likes(self) -> tuple[Like, ...]:
        """Every example of meaning in it, each once, in their order."""
        return tuple(dict.fromkeys(leaf for leaf in leaves(self.root) if isinstance(leaf, Like)))

    @property
    def revisions(self) -> bool:
        """Whether it says which announcements it wants, so that it may bring revisions of papers never announced to us."""
        if not any(map(self.normal.__contains__, _ANNOUNCED)):
            return False
        return any(isinstance(leaf, Flag) and leaf.field in _ANNOUNCED for leaf in leaves(self.root))

    def __str__(self) -> str:
        return self.normal


def leaves(node: Node) -> Iterator[Leaf]:
    """The leaves from left to right."""
    if isinstance(node, And | Or):
        for child in node.children:
            yield from leaves(child)
    elif isinstance(node, Not):
        yield from leaves(node.child)
    else:
        yield node


def all_of(children: list[Node]) -> Node:
    """The tree that wants every child: flattened, each once, neighbouring words knowing their compounds."""
    flat = _flat(And, children)
    return flat[0] if len(flat) == 1 else And(with_compounds(flat))


def any_of(children: list[Node]) -> Node:
    """The tree that wants one child: flattened, each once."""
    flat = _flat(Or, children)
    return flat[0] if len(flat) == 1 else Or(tuple(flat))


def none_of(child: Node) -> Node:
    """The tree that wants the opposite; two oppositions are none."""
    return child.child if isinstance(child, Not) else Not(child)


def _flat(kind: type[And | Or], children: list[Node]) -> list[Node]:
    flat: dict[Node, None] = {}
    for child in children:
        for part in child.children if isinstance(child, kind) else (child,):
            # Compounds belong to the neighbours of *this* list: they are made anew.
            bare = replace(part, also=()) if isinstance(part, Term) and part.also else part
            flat.setdefault(bare)
    return list(flat)


def with_compounds(children: list[Node]) -> tuple[Node, ...]:
    """The children of an «and», in which neighbouring words know their compounds."""
    result = list(children)
    for i in range(len(children) - 1):
        left, right = children[i], children[i + 1]
        if isinstance(left, Term) and isinstance(right, Term) and _neighbours(left, right):
            compound = left.words[0] + right.words[0]
            for place in (i, i + 1):
                term = result[place]
                assert isinstance(term, Term)
                result[place] = Term(term.words, term.field, weight=term.weight, also=(*term.also, compound))
    return tuple(result)


def _neighbours(left: Term, right: Term) -> bool:
    """Whether two terms side by side may be a compound typed as two words."""
    return (
        left.field == right.field
        and len(left.words) == len(right.words) == 1
        and not (left.exact or right.exact or left.prefix or right.prefix)
        and joinable(left.words[0], right.words[0])
    )


def spellings(term: Term) -> tuple[tuple[str, ...], ...]:
    """The patterns of a term, made anew and remembered nowhere: for an index, which asks once for each of many."""
    words, exact, prefix = term.words, term.exact, term.prefix
    if exact:
        return (words,)
    last = len(words) - 1
    if prefix:
        forms = (*map(stem, words[:-1]), words[-1])
    else:
        forms = (stem(words[0]),) if not last else tuple(map(stem, words))
    if not last and not term.also:
        return (forms,)
    places = [at for at in range(last) if hyphenated(words[at], words[at + 1])]
    joined = [words[at] + words[at + 1] for at in places]
    # Hardly any of these is met again, so their stems are not kept.
    if prefix:
        stemmed = [word if at + 1 == last else stem(word) for at, word in zip(places, joined, strict=True)]
        stemmed += term.also
    else:
        stemmed = stems([*joined, *term.also])
    made = [*map(Joined, stemmed)]
    return (
        forms,
        *[(*forms[:at], form, *forms[at + 2 :]) for at, form in zip(places, made, strict=False)],
        *[(form,) for form in made[len(places) :]],
    )


_patterns: Final = lru_cache(maxsize=1 << 13)(spellings)
