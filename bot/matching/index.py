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

from bot.matching.atoms import Atom, Check, Waits
from bot.matching.grams import Grams, Spelled
from bot.matching.lookups import Authors, Categories, Counts
from bot.matching.plan import Place, Sought, grown, places, share, work
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
        self._numbers: dict[str, int] = {}
        """For each key the number of its filter. What waits is a number: hundreds are gathered for each paper, and
        numbers side by side in memory are gathered many times faster than objects that lie all over it."""
        self._number_of: dict[str, int] = {}
        """Each distinct filter, by its normal form."""
        self._normals: list[str] = []
        self._queries: list[Query] | None = [] if read is None else None
        self._one_key: list[str] = []
        """By number, one of the keys."""
        self._freed: deque[int] = deque()
        self._shared: dict[int, set[str]] = {}
        """All keys of the filters that have more than one: sets are large, and most filters have one holder."""
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
        return len(self._numbers)

    def __contains__(self, key: str) -> bool:
        return key in self._numbers

    @property
    def distinct(self) -> int:
        """How many different filters are held."""
        return len(self._number_of)

    @property
    def likes(self) -> tuple[Like, ...]:
        """Every example of meaning that some filter names."""
        return tuple(self._likes)

    def put(self, key: str, query: Query) -> None:
        """Hold a filter for ``key``, in place of its former one."""
        if key in self._numbers:
            self.drop(key)
        number = self._number_of.get(query.normal)
        if number is None:
            number = self._next(key, query)
            self._number_of[query.normal] = number
            self._settle(number, query)
        elif (keys := self._shared.get(number)) is not None:
            keys.add(key)
        else:
            self._shared[number] = {self._one_key[number], key}
        self._numbers[key] = number

    def drop(self, key: str) -> None:
        """Forget the filter of ``key``, if there is one."""
        number = self._numbers.pop(key, None)
        if number is None:
            return
        keys = self._shared.get(number)
        if keys is None:
            del self._number_of[self._normals[number]]
            self._freed.append(number)
            self._leave(number)
            return
        keys.discard(key)
        if self._one_key[number] == key:
            self._one_key[number] = next(iter(keys))
        if len(keys) == 1:
            del self._shared[number]

    def _next(self, key: str, query: Query) -> int:
        """A number for one more filter."""
        if len(self._freed) > REST:
            number = self._freed.popleft()
            self._one_key[number], self._normals[number] = key, query.normal
            if self._queries is not None:
                self._queries[number] = query
            return number
        self._one_key.append(key)
        self._normals.append(query.normal)
        if self._queries is not None:
            self._queries.append(query)
        return len(self._one_key) - 1

    def match(self, document: Document, similarity: Similarity | None = None) -> Matches:
        """Whose filter the paper passes, with the reasons.

        ``similarity`` answers for ``like:`` as it does in :func:`bot.query.evaluate`; without it none is satisfied.
        """
        found = self._awake(document, similarity)
        by_key = dict(zip(map(self._one_key.__getitem__, found), found, strict=True))
        for number in self._shared.keys() & found if self._shared else ():
            by_key.update(dict.fromkeys(self._shared[number], number))
        return Matches(document, similarity, by_key, self._query)

    def _awake(self, document: Document, similarity: Similarity | None) -> set[int]:
        """The numbers of the filters that the paper passes."""
        present = self._present(document, similarity)
        found: set[int] = set()
        checks: list[Check] = list(self._always)
        awake: list[Waits] = []
        for atom in present:
            # What it is, is asked in the cheapest way: there are hundreds of them.
            if (whole := atom.whole) is not None:
                if type(whole) is int:
                    found.add(whole)
                else:
                    found.update(cast("array[int]", whole))
            if (waiting := atom.waiting) is not None:
                if type(waiting) is list:
                    checks += waiting
                else:
                    checks.append(cast("Check", waiting))
            if (pairs := atom.pairs) is not None:
                if type(pairs) is tuple:
                    if pairs[0] in present:
                        awake.append(pairs[1])
                else:
                    table = cast("dict[Atom, Waits]", pairs)
                    if not present.isdisjoint(table):
                        awake += [table[second] for second in table.keys() & present]
        for waits in awake:
            if type(waits) is int:
                found.add(waits)
            elif type(waits) is Check:
                checks.append(waits)
            else:
                for one in cast("list[int | Check]", waits):
                    if type(one) is int:
                        found.add(one)
                    else:
                        checks.append(cast("Check", one))
        for check in checks:
            if (
                present.isdisjoint(check.banned)
                and present.issuperset(check.needed)
                and (not check.groups or check.holds(present))
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
        if self._queries is not None:
            return self._queries[number]
        assert self._read is not None
        return self._read(self._normals[number])

    def _settle(self, number: int, query: Query) -> None:
        """Let a filter wait at its places."""
        for place in places(grown(query.root, self._atom), number):
            self.work += work(place)
            first, second, waiting = place
            if first is None:
                self._always.append(cast("Check", waiting))
            elif second is not None:
                first.pair(second, waiting)
            else:
                first.wait(waiting)

    def _leave(self, number: int) -> None:
        """Take a filter away from the places that :meth:`_settle` gave it."""
        root = self._query(number).root
        for place in places(grown(root, self._known), number):
            self.work -= work(place)
            self._forget(place, number)
        grown(root, self._release)

    def _forget(self, place: Place, number: int) -> None:
        """Take a filter away from one place. Clauses that share a leaf may name it twice: the first time takes both."""
        first, second, waiting = place
        if first is None:
            self._always[:] = [check for check in self._always if check.number != number]
        elif second is not None:
            first.part(second, number)
        else:
            first.leave(waiting)

    def _known(self, sought: Sought) -> Atom:
        """The atom of something that is looked for."""
        if isinstance(sought, Spelled):
            atom = self._grams.get(sought)
            assert atom is not None
            return atom
        return self._atoms[sought]

    def _atom(self, sought: Sought) -> Atom:
        """The atom of something, looked for from now on; one more use of it."""
        atom = self._grams.get(sought) if isinstance(sought, Spelled) else self._atoms.get(sought)
        if atom is None:
            atom = self._looked_for(sought)
        atom.uses += 1
        return atom

    def _looked_for(self, sought: Sought) -> Atom:
        if isinstance(sought, Spelled):
            return self._grams.put(sought, share(sought))
        atom = self._atoms[sought] = Atom(share(sought))
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
        if isinstance(sought, Spelled):
            self._grams.drop(sought, atom)
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
