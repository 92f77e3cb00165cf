"""The index over all filters: a paper looks only at those that it may pass.

Equal filters (by their normal form) are held once. Each leaf of any filter is an atom; a paper is walked once to see
which atoms it has (:mod:`bot.matching.grams`, :mod:`bot.matching.lookups`), and each of these wakes the filters that
wait for it (:mod:`bot.matching.plan`). What it finds is exactly what :func:`bot.query.evaluate` finds one by one;
a test holds the two against each other. One index belongs to one thread.
"""

from __future__ import annotations

from array import array
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Final, cast

from bot.matching.atoms import Atom, Check, Held
from bot.matching.grams import Gram, Grams
from bot.matching.lookups import Authors, Categories, Counts
from bot.matching.plan import Place, Sought, grown, places, work
from bot.matching.rarity import rarity, rarity_of_words
from bot.query import Document, Query, Similarity, Verdict, evaluate
from bot.query.tree import Author, Category, Compare, Flag, Like

READ: Final = 1 << 13
"""Filters whose trees are at hand: those that match many papers."""
REST: Final = 4096
"""So many numbers are freed before the first of them is given again: matches at hand keep their reasons meanwhile."""


class Matches(Mapping[str, Verdict]):
    """Whose filter a paper passes. The reasons are made when they are asked for, once for equal filters."""

    def __init__(
        self,
        document: Document,
        similarity: Similarity | None,
        by_key: dict[str, int],
        query_of: Callable[[int], Query],
    ) -> None:
        self._document = document
        self._similarity = similarity
        self._by_key = by_key
        self._query_of = query_of
        self._verdicts: dict[int, Verdict] = {}

    def __getitem__(self, key: str) -> Verdict:
        number = self._by_key[key]
        if (verdict := self._verdicts.get(number)) is None:
            query = self._query_of(number)
            verdict = self._verdicts[number] = evaluate(query, self._document, self._similarity)
        return verdict

    def __iter__(self) -> Iterator[str]:
        return iter(self._by_key)

    def __len__(self) -> int:
        return len(self._by_key)

    def __contains__(self, key: object) -> bool:
        return key in self._by_key


class Index:
    """Filters by the key of whoever holds them."""

    def __init__(self, read: Callable[[str], Query] | None = None) -> None:
        """With ``read``, which gives a filter again from its normal form, no trees are kept.

        They are read when reasons are asked for; without it they are kept.
        """
        self._read = None if read is None else lru_cache(maxsize=READ)(read)
        self._held: dict[str, Held] = {}
        """Each distinct filter, by its normal form."""
        self._normal: dict[str, str] = {}
        self._numbered: dict[int, Held] = {}
        self._one_key: list[str] = []
        """By number, one of the keys."""
        self._freed: deque[int] = deque()
        self._shared: set[int] = set()
        """The filters that have more keys than one."""
        self._atoms: dict[Sought, Atom] = {}
        """All but grams, which have tables of their own."""
        self._always: list[Check] = []
        self._grams = Grams()
        self._authors = Authors()
        self._categories = Categories()
        self._counts = Counts()
        self._flags: dict[tuple[str, str], Atom] = {}
        self._likes: dict[Like, Atom] = {}
        self.work = 0.0
        """How many atoms a paper makes us look at in checks, on average: the cost of the filters beside the walk."""

    def __len__(self) -> int:
        return len(self._normal)

    def __contains__(self, key: str) -> bool:
        return key in self._normal

    @property
    def distinct(self) -> int:
        """How many different filters are held."""
        return len(self._held)

    @property
    def likes(self) -> tuple[Like, ...]:
        """Every example of meaning that some filter names."""
        return tuple(self._likes)

    def put(self, key: str, query: Query) -> None:
        """Hold a filter for ``key``, in place of its former one."""
        self.drop(key)
        if (held := self._held.get(query.normal)) is not None:
            held.add(key)
            self._shared.add(held.number)
        else:
            held = Held(query, key, self._next(), keep=self._read is None)
            self._held[query.normal] = self._numbered[held.number] = held
            self._one_key[held.number] = key
            self._settle(held.number, query)
        self._normal[key] = held.normal

    def drop(self, key: str) -> None:
        """Forget the filter of ``key``, if there is one."""
        normal = self._normal.pop(key, None)
        if normal is None:
            return
        held = self._held[normal]
        if held.discard(key):
            del self._held[normal]
            self._freed.append(held.number)
            self._leave(held)
        elif isinstance(held.keys, str):
            self._shared.discard(held.number)
            self._one_key[held.number] = held.keys
        elif self._one_key[held.number] == key:
            self._one_key[held.number] = next(iter(held.keys))

    def _next(self) -> int:
        """A number for one more filter."""
        if len(self._freed) > REST:
            return self._freed.popleft()
        self._one_key.append("")
        return len(self._one_key) - 1

    def match(self, document: Document, similarity: Similarity | None = None) -> Matches:
        """Whose filter the paper passes, with the reasons.

        ``similarity`` answers for ``like:`` as it does in :func:`bot.query.evaluate`; without it none is satisfied.
        """
        found = self._awake(document, similarity)
        by_key = dict(zip(map(self._one_key.__getitem__, found), found, strict=True))
        for number in self._shared & found if self._shared else ():
            by_key.update(dict.fromkeys(self._numbered[number].holders(), number))
        return Matches(document, similarity, by_key, self._query)

    def _awake(self, document: Document, similarity: Similarity | None) -> set[int]:
        """The numbers of the filters that the paper passes."""
        present = self._present(document, similarity)
        found: set[int] = set()
        checks: list[Check] = list(self._always)
        for atom in present:
            if atom.whole is not None:
                found.update(atom.whole)
            if atom.waiting is not None:
                checks += atom.waiting
            if (pairs := atom.pairs) is not None and not present.isdisjoint(pairs):
                for second in pairs.keys() & present:
                    for one in pairs[second]:
                        if type(one) is int:
                            found.add(one)
                        else:
                            checks.append(cast("Check", one))
        for check in checks:
            rest = check.rest
            if (
                present.isdisjoint(rest.banned)
                and present.issuperset(rest.needed)
                and (not rest.groups or rest.holds(present))
            ):
                found.add(check.number)
        return found

    def _present(self, document: Document, similarity: Similarity | None) -> set[Atom]:
        """The atoms that the paper has."""
        present: set[Atom] = set()
        self._grams.find(document.words, present)
        self._authors.find(document.authors, present)
        self._categories.find(document.paper.categories, present)
        self._counts.find(document.paper, present)
        present.update([self._flags[flag] for flag in document.flags if flag in self._flags])
        if similarity is not None:
            for like, atom in self._likes.items():
                near = similarity.get(like) if isinstance(similarity, Mapping) else similarity(like)
                if near is not None and near > 0:
                    present.add(atom)
        return present

    def _query(self, number: int) -> Query:
        held = self._numbered[number]
        if held.query is not None:
            return held.query
        assert self._read is not None
        return self._read(held.normal)

    def _settle(self, number: int, query: Query) -> None:
        """Let a filter wait at its places."""
        for place in places(grown(query.root, self._atom), number):
            self.work += work(place)
            first, second, waiting = place
            if first is None:
                self._always.append(cast("Check", waiting))
            elif second is not None:
                if first.pairs is None:
                    first.pairs = {}
                first.pairs.setdefault(second, []).append(waiting)
            elif isinstance(waiting, int):
                if first.whole is None:
                    first.whole = array("L", (waiting,))
                else:
                    first.whole.append(waiting)
            elif first.waiting is None:
                first.waiting = [waiting]
            else:
                first.waiting.append(waiting)

    def _leave(self, held: Held) -> None:
        """Take a filter away from the places that :meth:`_settle` gave it."""
        root = self._query(held.number).root
        known = grown(root, self._known)
        for place in places(known, held.number):
            self.work -= work(place)
            _forget(place, self._always, held.number)
        grown(root, self._release)

    def _known(self, sought: Sought) -> Atom:
        """The atom of something that is looked for."""
        if isinstance(sought, Gram):
            atom = self._grams.get(sought)
            assert atom is not None
            return atom
        return self._atoms[sought]

    def _atom(self, sought: Sought) -> Atom:
        """The atom of something, looked for from now on; one more use of it."""
        atom = self._grams.get(sought) if isinstance(sought, Gram) else self._atoms.get(sought)
        if atom is None:
            atom = self._looked_for(sought)
        atom.uses += 1
        return atom

    def _looked_for(self, sought: Sought) -> Atom:
        if isinstance(sought, Gram):
            words, field, exact, prefix = sought
            atom = Atom(rarity_of_words(words, field, exact=exact, prefix=prefix))
            self._grams.put(sought, atom)
            return atom
        atom = self._atoms[sought] = Atom(rarity(sought))
        match sought:
            case Author():
                self._authors.put(sought, atom)
            case Category():
                self._categories.put(sought, atom)
            case Compare():
                self._counts.put(sought, atom)
            case Flag(field_, value):
                self._flags[field_, value] = atom
            case Like():
                self._likes[sought] = atom
        return atom

    def _release(self, sought: Sought) -> Atom:
        """One use less of something; after the last it is looked for no longer."""
        atom = self._known(sought)
        atom.uses -= 1
        if atom.uses:
            return atom
        if isinstance(sought, Gram):
            self._grams.drop(sought)
            return atom
        del self._atoms[sought]
        match sought:
            case Author():
                self._authors.drop(sought, atom)
            case Category():
                self._categories.drop(sought)
            case Compare():
                self._counts.drop(sought)
            case Flag(field, value):
                del self._flags[field, value]
            case Like():
                del self._likes[sought]
        return atom


def _forget(place: Place, always: list[Check], number: int) -> None:
    """Take a filter away from one place. Clauses that share a leaf may name it twice: the first time takes both away."""
    first, second, waiting = place
    if first is None:
        always[:] = [check for check in always if check.number != number]
    elif second is not None:
        if first.pairs is not None and second in first.pairs:
            left = [
                one for one in first.pairs[second] if (one if isinstance(one, int) else one.number) != number
            ]
            if left:
                first.pairs[second] = left
            else:
                del first.pairs[second]
                first.pairs = first.pairs or None
    elif isinstance(waiting, int):
        if first.whole is not None and number in first.whole:
            first.whole.remove(number)
            first.whole = first.whole or None
    else:
        first.waiting = [one for one in first.waiting or () if one.number != number] or None
