"""The papers of the last weeks, held so that one filter finds those it passes within milliseconds.

The opposite of the index: many papers, one filter. Each word is a character, so that a paper is a short text, a
phrase is a piece of one, and looking for it is what Python does fastest::

    stems    one character for each stem; title, abstract and keywords, parted by a mark
    exact    one for each word as written, with a mark between words that make a compound
    joined   one for each compound, by a hash of its stem: where it says yes, the paper is looked at closely
    names    one for each part of an author's name, by its hash, likewise

What it finds is exactly what :func:`bot.query.evaluate` finds; a test holds the two against each other. One corpus
belongs to one thread.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import TypeAlias

from bot.matching.letters import PART, Hints, Kept, Letters, Shelf, hashed, name_hints
from bot.matching.looks import Look, Looks, Near
from bot.query.document import Document
from bot.query.fields import FREE_FIELDS
from bot.query.normal import printed
from bot.query.tree import And, Category, Compare, Flag, Leaf, Like, Node, Not, Or, Query, Term

Pick: TypeAlias = Callable[[Shelf, Collection[int]], Collection[int]]
"""Of some places on a shelf, those with papers that pass."""
_NOTHING_NEAR: Near = MappingProxyType({})


class Corpus:
    """Papers by their ids."""

    def __init__(self) -> None:
        self._places: dict[str, tuple[Shelf, int]] = {}
        self._stems = Letters()
        self._exact = Letters()
        self._compounds = Hints()
        self.shelves: list[Shelf] = []

    def __len__(self) -> int:
        return len(self._places)

    @property
    def vocabulary(self) -> int:
        """How many different words were ever put in; only a new corpus forgets them."""
        return len(self._exact)

    def put(self, document: Document) -> None:
        """Hold a paper, in place of its former state."""
        paper = document.paper
        self.drop(paper.id)
        texts = [document.words[field] for field in FREE_FIELDS]
        stems = PART.join([self._stems.written(text.stems, text.breaks) for text in texts])
        exact = PART.join([self._exact.written(text.exact, text.breaks, text.joined) for text in texts])
        joined = {word for text in texts for word in text.joined_stems if word}
        for word in joined:
            self._compounds.add(word)
        names = "".join({hint for _, name in document.authors for hint in name_hints(name)})
        bare = replace(paper, title="", abstract="", keywords=())
        kept = Kept(
            bare, document.flags, (stems, exact, "".join(map(hashed, joined)), names), len(texts[0].stems)
        )
        if not self.shelves or self.shelves[-1].full:
            self.shelves.append(Shelf())
        self._places[paper.id] = self.shelves[-1], self.shelves[-1].put(kept)

    def get(self, paper_id: str) -> Kept | None:
        """A paper, if it is held."""
        shelf, at = self._places.get(paper_id, (None, 0))
        return shelf.kept[at] if shelf else None

    def place(self, paper_id: str) -> tuple[Shelf, int] | None:
        """Where a paper stands, if it is held."""
        return self._places.get(paper_id)

    def drop(self, paper_id: str) -> None:
        """Forget a paper, if it is held."""
        shelf, at = self._places.pop(paper_id, (None, 0))
        if shelf is not None:
            shelf.drop(at)
            if not shelf.held and shelf.full:
                self.shelves.remove(shelf)

    def keep_newest(self, count: int) -> None:
        """Forget all but the papers that were first seen last."""
        order = sorted((_first_seen(shelf, at), paper_id) for paper_id, (shelf, at) in self._places.items())
        for _, paper_id in order[: max(0, len(order) - count)]:
            self.drop(paper_id)

    def finder(self, query: Query, near: Near = _NOTHING_NEAR) -> Pick:
        """What finds the papers that pass ``query`` among some places of a shelf.

        ``near`` answers for ``like:``; by default none is satisfied. Ask anew after papers were put in: they may
        have brought new words.
        """
        return self._pick(query.root, Looks(self._stems, self._exact, self._compounds, near, self._places))

    def tally(self, query: Query, near: Near = _NOTHING_NEAR) -> list[tuple[str, Pick]]:
        """For each leaf of ``query`` that is not negated, as it is printed, what finds the papers with it."""
        looks = Looks(self._stems, self._exact, self._compounds, near, self._places)
        return [(printed(leaf), self._pick(leaf, looks)) for leaf in dict.fromkeys(_wanted(query.root))]

    def scorer(self, query: Query) -> Callable[[Kept], float]:
        """How well a paper fits, roughly: title before abstract, and the more terms the better."""
        looks = Looks(self._stems, self._exact, self._compounds, _NOTHING_NEAR, self._places)
        terms = [
            (leaf.weight, grams)
            for leaf in _wanted(query.root)
            if isinstance(leaf, Term) and (grams := looks.grams(leaf))
        ]

        def score(kept: Kept) -> float:
            total = 0.0
            for weight, grams in terms:
                first = min([at for gram in grams if (at := kept.stems.find(gram)) >= 0], default=-1)
                if first >= 0:
                    total += weight * (4.0 if first < kept.title else 1.0)
            return total

        return score

    def _pick(self, node: Node, looks: Looks) -> Pick:
        match node:
            case Not(child):
                inner = self._pick(child, looks)
                return lambda shelf, among: _without(among, inner(shelf, among))
            case And(children):
                # What names words narrows the rest.
                clauses = [self._pick(one, looks) for one in sorted(children, key=_cost)]
                return lambda shelf, among: _every(clauses, shelf, among)
            case Or(children):
                branches = [self._pick(one, looks) for one in sorted(children, key=_cost)]
                return lambda shelf, among: _some(branches, shelf, among)
            case _:
                look = looks.look(node)
                return lambda shelf, among: _there(look, shelf, among)


def _first_seen(shelf: Shelf, at: int) -> float:
    kept = shelf.kept[at]
    moment = kept.paper.first_seen if kept else None
    return moment.timestamp() if moment else 0.0


def _there(look: Look, shelf: Shelf, among: Collection[int]) -> Collection[int]:
    places = look.places(shelf)
    # All that were taken away are missing from ``among``.
    wanted = among if places is None else places.intersection(among)
    test = look.test
    if test is None:
        return wanted
    kept = shelf.kept
    return [at for at in wanted if (one := kept[at]) is not None and test(one)]


def _every(clauses: Sequence[Pick], shelf: Shelf, among: Collection[int]) -> Collection[int]:
    for clause in clauses:
        if not among:
            break
        among = clause(shelf, among)
    return among


def _some(branches: Sequence[Pick], shelf: Shelf, among: Collection[int]) -> Collection[int]:
    found: set[int] = set()
    for branch in branches:
        if more := branch(shelf, among):
            found.update(more)
            among = _without(among, more)
    return found


def _without(among: Collection[int], gone: Collection[int]) -> Collection[int]:
    if not gone:
        return among
    return (among if isinstance(among, set) else set(among)).difference(gone)


def _cost(node: Node) -> int:
    """Which of several to look at first."""
    if isinstance(node, Term):
        return 1 if node.prefix or len(node.words) > 1 else 0
    if isinstance(node, Category | Like):
        return 1
    if isinstance(node, Flag | Compare):
        return 3
    return 4 if isinstance(node, Not) else 2


def _wanted(node: Node) -> Iterator[Leaf]:
    """The leaves that no negation stands before."""
    if isinstance(node, And | Or):
        for child in node.children:
            yield from _wanted(child)
    elif not isinstance(node, Not):
        yield node
