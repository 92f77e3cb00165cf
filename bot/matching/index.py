"""The index over all filters: a paper looks only at those that it may pass.

Equal filters (by their normal form) are held once. Each leaf of any filter is an atom; a paper is walked once to see
which atoms it has (:mod:`bot.matching.grams`, :mod:`bot.matching.lookups`), and each of these wakes the filters that
wait for it (:mod:`bot.matching.plan`). What it finds is exactly what :func:`bot.query.evaluate` finds one by one;
a test holds the two against each other. One index belongs to one thread.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Final, TypeAlias
from weakref import WeakValueDictionary

import numpy as np
from numpy.typing import NDArray

from bot.matching.atoms import EVERY, TOGETHER, Atoms, Had, ends_of
from bot.matching.checks import Checks
from bot.matching.filters import Filters
from bot.matching.filters import State as Held
from bot.matching.grams import Grams, Spelled
from bot.matching.lookups import Authors, Categories, Counts
from bot.matching.plan import Sought, branches, grown, share, work
from bot.query import Document, Query, Similarity, Verdict, evaluate
from bot.query.tree import Author, Category, Compare, Flag, Like

_NUMBER: Final = 32
"""A paper and the number of a filter are one number: the paper stands so many bits above."""


_SAVED: Final = (
    "_checks",
    "_atoms",
    "_grams",
    "_others",
    "_authors",
    "_categories",
    "_counts",
    "_flags",
    "_likes",
    "work",
)
State: TypeAlias = tuple[Held, dict[str, object]]


class Matches(Mapping[str, Verdict]):
    """Whose filter a paper passes.

    Their keys are looked up when they are asked for, or before the index changes; the reasons are made when they are
    asked for, once for equal filters.
    """

    def __init__(
        self,
        document: Document,
        similarity: Similarity | None,
        numbers: NDArray[np.int64],
        names: Callable[[NDArray[np.int64]], dict[str, int]],
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

    def __init__(
        self, read: Callable[[str], Query] | None = None, text_of: Callable[[str], str] | None = None
    ) -> None:
        """With ``read``, which gives a filter again from its normal form, no trees are kept.

        They are read when reasons are asked for; without it they are kept. With ``text_of`` no normal forms are kept
        either: it gives the one that a key holds, and is asked no later than the key is dropped.
        """
        self._filters = Filters(read, text_of)
        self._unnamed: WeakValueDictionary[int, Matches] = WeakValueDictionary()
        """Matches of which the keys may not be known yet."""
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
        return len(self._filters)

    def __contains__(self, key: str) -> bool:
        return key in self._filters

    @property
    def distinct(self) -> int:
        """How many different filters are held."""
        return self._filters.distinct

    @property
    def likes(self) -> tuple[Like, ...]:
        """Every example of meaning that some filter names."""
        return tuple(self._likes)

    def texts(self) -> dict[str, str]:
        """The normal form of each key's filter."""
        return self._filters.texts()

    def state(self) -> State:
        """What is to be saved so that :meth:`restored` gives the same index again, in any process."""
        return self._filters.state(), {name: self.__dict__[name] for name in _SAVED}

    @classmethod
    def restored(cls, state: State, read: Callable[[str], Query]) -> Index:
        """The index that was saved. It has the texts of its filters until :meth:`texts_from`."""
        index = cls(read)
        filters, parts = state
        index._filters.restore(filters)
        index.__dict__.update(parts)
        return index

    def texts_from(self, text_of: Callable[[str], str]) -> None:
        """Let somebody else keep the texts from now on, as with ``text_of`` at the beginning."""
        self._filters.texts_from(text_of)

    def put(self, key: str, query: Query) -> None:
        """Hold a filter for ``key``, in place of its former one."""
        self.drop(key)
        if self._unnamed:
            self._changes()
        number, new = self._filters.put(key, query)
        if new:
            self._settle(number, query)

    def drop(self, key: str) -> None:
        """Forget the filter of ``key``, if there is one."""
        if key not in self._filters:
            return
        if self._unnamed:
            self._changes()
        number, gone = self._filters.drop(key)
        if gone:
            self._leave(number)

    def match(self, document: Document, similarity: Similarity | None = None) -> Matches:
        """Whose filter the paper passes, with the reasons.

        ``similarity`` answers for ``like:`` as it does in :func:`bot.query.evaluate`; without it none is satisfied.
        """
        (matches,) = self.match_all([(document, similarity)])
        return matches

    def match_all(self, papers: Sequence[tuple[Document, Similarity | None]]) -> list[Matches]:
        """The same for several papers, for which each of them costs half as much."""
        found = []
        for start in range(0, len(papers), TOGETHER):
            some = papers[start : start + TOGETHER]
            passed = self._passed(some)
            ends = ends_of(passed.papers)
            holders = self._filters.holders(passed.what)[ends].tolist()
            for at, (document, similarity) in enumerate(some):
                matches = Matches(
                    document,
                    similarity,
                    passed.what[ends[at] : ends[at + 1]],
                    self._filters.named,
                    self._filters.query,
                    count=holders[at + 1] - holders[at],
                )
                self._unnamed[id(matches)] = matches
                found.append(matches)
        return found

    def _changes(self) -> None:
        """Let the matches at hand be those that were found, whatever changes now."""
        for matches in self._unnamed.values():
            len(matches.by_key)
        self._unnamed.clear()

    def _passed(self, papers: Sequence[tuple[Document, Similarity | None]]) -> Had:
        """The numbers of the filters that papers pass, paper by paper."""
        present = _each_once(self._had(papers))
        there = self._atoms.there(present)
        try:
            return _each_once([self._checks.passed(self._atoms.awake(present, there), there)])
        finally:  # what one batch leaves there would be another one's
            there[present.what] = 0

    def _had(self, papers: Sequence[tuple[Document, Similarity | None]]) -> Iterator[Had]:
        """The atoms that each paper has, one or several times."""
        yield from self._grams.find([document.paper for document, _ in papers])
        owners: list[int] = []
        others: list[int] = []
        for at, (document, similarity) in enumerate(papers):
            present = {EVERY}
            self._authors.find(document.paper.authors, present)
            self._categories.find(document.paper.categories, present)
            self._counts.find(document.paper, present)
            present.update([self._flags[flag] for flag in document.flags if flag in self._flags])
            if similarity is not None:
                for like, atom in self._likes.items():
                    near = similarity.get(like) if isinstance(similarity, Mapping) else similarity(like)
                    if near is not None and near > 0:
                        present.add(atom)
            others += present
            owners += [at] * len(present)
        yield Had(np.array(owners, np.int64), np.array(others, np.int64))

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

        for branch in branches(grown(self._filters.query(number).root, known), atoms.rarity):
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


def _each_once(had: Iterable[Had]) -> Had:
    """All of it in the order of the papers, without repetitions."""
    papers, what = map(np.concatenate, zip(*had, strict=True))
    found = np.sort(papers << _NUMBER | what)  # an eighth of what np.unique takes
    found = found[np.diff(found, prepend=-1) != 0]
    return Had(found >> _NUMBER, found & ((1 << _NUMBER) - 1))
