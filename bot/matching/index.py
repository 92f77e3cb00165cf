"""The index over all filters: a paper looks only at those that it may pass.

Equal filters (by their normal form) are held once. Each leaf of any filter is an atom; a paper is walked once to see
which atoms it has (:mod:`bot.matching.grams`, :mod:`bot.matching.lookups`), and each of these wakes the filters that
wait for it (:mod:`bot.matching.plan`). What it finds is exactly what :func:`bot.query.evaluate` finds one by one;
a test holds the two against each other. One index belongs to one thread.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property, lru_cache
from operator import neg
from typing import Final
from weakref import WeakValueDictionary

from bot.matching.atoms import EVERY, Atoms
from bot.matching.checks import Checks
from bot.matching.grams import Grams, Spelled
from bot.matching.lookups import Authors, Categories, Counts
from bot.matching.plan import Sought, branches, grown, share, work
from bot.query import Document, Query, Similarity, Verdict, evaluate
from bot.query.tree import Author, Category, Compare, Flag, Like

READ: Final = 1 << 13
"""Filters whose trees are at hand: those that match many papers."""
REST: Final = 4096
"""So many numbers are freed before the first of them is given again: matches at hand keep their reasons meanwhile."""


class Matches(Mapping[str, Verdict]):
    """Whose filter a paper passes.

    Their keys are looked up when they are asked for, or before the index changes; the reasons are made when they are
    asked for, once for equal filters.
    """

    def __init__(
        self,
        document: Document,
        similarity: Similarity | None,
        numbers: set[int],
        names: Callable[[set[int]], dict[str, int]],
        query_of: Callable[[int], Query],
        *,
        count: int,
    ) -> None:
        self._document = document
        self._similarity = similarity
        self._numbers = numbers
        self._names = names
        self._query_of = query_of
        self._count = count
        self._verdicts: dict[int, Verdict] = {}

    @cached_property
    def by_key(self) -> Mapping[str, int]:
        """The number of the filter of each key."""
        return self._names(self._numbers)

    def __getitem__(self, key: str) -> Verdict:
        number = self.by_key[key]
        if (verdict := self._verdicts.get(number)) is None:
            query = self._query_of(number)
            verdict = self._verdicts[number] = evaluate(query, self._document, self._similarity)
        return verdict

    def __iter__(self) -> Iterator[str]:
        return iter(self.by_key)

    def __len__(self) -> int:
        return self._count

    def __contains__(self, key: object) -> bool:
        return key in self.by_key


class Index:
    """Filters by the key of whoever holds them."""

    def __init__(self, read: Callable[[str], Query] | None = None) -> None:
        """With ``read``, which gives a filter again from its normal form, no trees are kept.

        They are read when reasons are asked for; without it they are kept.
        """
        self._read = None if read is None else lru_cache(maxsize=READ)(read)
        self._numbers: dict[str, int] = {}
        """For each key the number of its filter, from 1."""
        self._number_of: dict[str, int] = {}
        """Each distinct filter, by its normal form."""
        self._normals: list[str] = [""]
        self._queries: list[Query | None] | None = [None] if read is None else None
        self._one_key: list[str] = [""]
        """By number, one of the keys."""
        self._freed: deque[int] = deque()
        self._unnamed: WeakValueDictionary[int, Matches] = WeakValueDictionary()
        """Matches of which the keys may not be known yet."""
        self._shared: dict[int, set[str]] = {}
        """All keys of the filters that have more than one: sets are large, and most filters have one holder."""
        self._checks = Checks()
        self._atoms = Atoms()
        self._grams = Grams(self._atoms)
        self._others: dict[Sought, int] = {}
        """All atoms but grams, which have tables of their own."""
        self._authors = Authors()
        self._categories = Categories()
        self._counts = Counts()
        self._flags: dict[tuple[str, str], int] = {}
        self._likes: dict[Like, int] = {}
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
        elif self._unnamed:
            self._changes()
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
        if self._unnamed:
            self._changes()
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
        return len(self._normals) - 1

    def match(self, document: Document, similarity: Similarity | None = None) -> Matches:
        """Whose filter the paper passes, with the reasons.

        ``similarity`` answers for ``like:`` as it does in :func:`bot.query.evaluate`; without it none is satisfied.
        """
        found = self._passed(document, similarity)
        shared = self._shared
        matches = Matches(
            document,
            similarity,
            found,
            self._named,
            self._query,
            count=len(found) + sum([len(shared[one]) - 1 for one in shared.keys() & found]),
        )
        self._unnamed[id(matches)] = matches
        return matches

    def _named(self, numbers: set[int]) -> dict[str, int]:
        """All keys of filters, and for each the number of its own."""
        by_key = dict(zip(map(self._one_key.__getitem__, numbers), numbers, strict=True))
        for number in self._shared.keys() & numbers:
            by_key.update(dict.fromkeys(self._shared[number], number))
        return by_key

    def _changes(self) -> None:
        """Let the matches at hand be those that were found, whatever changes now."""
        for matches in self._unnamed.values():
            len(matches.by_key)
        self._unnamed.clear()

    def _passed(self, document: Document, similarity: Similarity | None) -> set[int]:
        """The numbers of the filters that the paper passes."""
        present = self._present(document, similarity)
        found = set(self._atoms.awake(present))
        checks = [-claim for claim in found if claim < 0]
        found.difference_update(map(neg, checks))
        found.update(self._checks.passed(checks, present))
        return found

    def _present(self, document: Document, similarity: Similarity | None) -> set[int]:
        """The atoms that the paper has."""
        present = {EVERY}
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
        if self._queries is not None and (query := self._queries[number]) is not None:
            return query
        assert self._read is not None
        return self._read(self._normals[number])

    def _settle(self, number: int, query: Query) -> None:
        """Let a filter wait at its places."""
        atoms = self._atoms
        for places, check in (made := [*branches(grown(query.root, self._atom), atoms.rarity)]):
            if not places:
                continue  # nothing passes it
            claim = number if check is None else -self._checks.add(check, number)
            for first, second in places:
                atoms.wait(first, second, claim)
        self.work += sum([work(branch, atoms.rarity) for branch in made])

    def _leave(self, number: int) -> None:
        """Take a filter away from the places that :meth:`_settle` gave it."""
        atoms = self._atoms
        used: list[tuple[Sought, int]] = []
        gone: set[int] = set()

        def known(sought: Sought) -> int:
            atom = self._known(sought)
            used.append((sought, atom))
            return atom

        def theirs(claim: int) -> bool:
            return self._checks.filter_of(claim) == number

        for branch in branches(grown(self._query(number).root, known), atoms.rarity):
            self.work -= work(branch, atoms.rarity)
            for first, second in branch.places:
                gone.update(atoms.leave(first, second, theirs))
        for claim in gone:
            if claim < 0:
                self._checks.drop(-claim)
        for sought, atom in used:
            self._release(sought, atom)

    def _known(self, sought: Sought) -> int:
        """The atom of something that is looked for."""
        atom = self._grams.get(sought) if isinstance(sought, Spelled) else self._others[sought]
        assert atom is not None
        return atom

    def _atom(self, sought: Sought) -> int:
        """The atom of something, looked for from now on; one more use of it."""
        if isinstance(sought, Spelled):
            atom = self._grams.put(sought)
        elif (held := self._others.get(sought)) is not None:
            atom = held
        else:
            atom = self._looked_for(sought)
        self._atoms.uses[atom] += 1
        return atom

    def _looked_for(self, sought: Author | Category | Compare | Flag | Like) -> int:
        atom = self._others[sought] = self._atoms.add(share(sought))
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

    def _release(self, sought: Sought, atom: int) -> None:
        """One use less of something; after the last it is looked for no longer."""
        self._atoms.uses[atom] -= 1
        if self._atoms.uses[atom]:
            return
        if isinstance(sought, Spelled):
            self._grams.drop(sought, atom)
            return
        del self._others[sought]
        self._atoms.forget(atom)
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
