"""The index over all filters: a paper looks only at those that it may pass.

Equal filters (by their normal form) are held once. Each leaf of any filter is an atom; a paper is walked once to see
which atoms it has (:mod:`bot.matching.grams`, :mod:`bot.matching.lookups`), and each of these wakes the filters that
wait for it (:mod:`bot.matching.plan`). What it finds is exactly what :func:`bot.query.evaluate` finds one by one;
a test holds the two against each other. One index belongs to one thread.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import cast

from bot.matching.atoms import Atom, Check, Held
from bot.matching.grams import Gram, Grams
from bot.matching.lookups import Authors, Categories, Counts
from bot.matching.plan import Place, Sought, grown, places, work
from bot.matching.rarity import rarity, rarity_of_words
from bot.query import Document, Query, Similarity, Verdict, evaluate
from bot.query.tree import Author, Category, Compare, Flag, Like


class Matches(Mapping[str, Verdict]):
    """Whose filter a paper passes. The reasons are made when they are asked for, once for equal filters."""

    def __init__(self, document: Document, found: set[Held], similarity: Similarity | None) -> None:
        self._document = document
        self._similarity = similarity
        by_key: dict[str, Held] = {}
        for held in found:
            keys = held.keys
            if type(keys) is str:
                by_key[keys] = held
            else:
                by_key.update(dict.fromkeys(keys, held))
        self._by_key = by_key
        self._verdicts: dict[Held, Verdict] = {}

    def __getitem__(self, key: str) -> Verdict:
        held = self._by_key[key]
        if (verdict := self._verdicts.get(held)) is None:
            verdict = self._verdicts[held] = evaluate(held.query, self._document, self._similarity)
        return verdict

    def __iter__(self) -> Iterator[str]:
        return iter(self._by_key)

    def __len__(self) -> int:
        return len(self._by_key)

    def __contains__(self, key: object) -> bool:
        return key in self._by_key


class Index:
    """Filters by the key of whoever holds them."""

    def __init__(self) -> None:
        self._held: dict[str, Held] = {}
        """Each distinct filter, by its normal form."""
        self._normal: dict[str, str] = {}
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
        else:
            held = Held(query, key)
            self._held[query.normal] = held
            self._settle(held)
        self._normal[key] = held.query.normal

    def drop(self, key: str) -> None:
        """Forget the filter of ``key``, if there is one."""
        normal = self._normal.pop(key, None)
        if normal is not None and self._held[normal].discard(key):
            self._leave(self._held.pop(normal))

    def match(self, document: Document, similarity: Similarity | None = None) -> Matches:
        """Whose filter the paper passes, with the reasons.

        ``similarity`` answers for ``like:`` as it does in :func:`bot.query.evaluate`; without it none is satisfied.
        """
        return Matches(document, self._awake(document, similarity), similarity)

    def _awake(self, document: Document, similarity: Similarity | None) -> set[Held]:
        present = self._present(document, similarity)
        found: set[Held] = set()
        checks: list[Check] = list(self._always)
        for atom in present:
            if atom.whole is not None:
                found.update(atom.whole)
            if atom.waiting is not None:
                checks += atom.waiting
            if (pairs := atom.pairs) is not None and not present.isdisjoint(pairs):
                for second in pairs.keys() & present:
                    for one in pairs[second]:
                        if type(one) is Held:
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
                found.add(check.held)
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

    def _settle(self, held: Held) -> None:
        """Let a filter wait at its places."""
        for place in places(grown(held.query.root, self._atom), held):
            self.work += work(place)
            if place.first is None:
                self._always.append(cast("Check", place.waiting))
            elif place.second is not None:
                pairs = place.first.pairs = place.first.pairs or {}
                pairs.setdefault(place.second, []).append(place.waiting)
            elif isinstance(place.waiting, Held):
                place.first.whole = [*(place.first.whole or ()), place.waiting]
            else:
                place.first.waiting = [*(place.first.waiting or ()), place.waiting]

    def _leave(self, held: Held) -> None:
        """Take a filter away from the places that :meth:`_settle` gave it."""
        known = grown(held.query.root, self._known)
        for place in places(known, held):
            self.work -= work(place)
            _forget(place, self._always, held)
        grown(held.query.root, self._release)

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


def _forget(place: Place, always: list[Check], held: Held) -> None:
    """Take a filter away from one place."""
    if place.first is None:
        always[:] = [check for check in always if check.held is not held]
    elif place.second is not None:
        # Clauses that share a leaf may name the same pair twice: the first time takes both away.
        if place.first.pairs is not None and place.second in place.first.pairs:
            left = [
                one
                for one in place.first.pairs[place.second]
                if (one if isinstance(one, Held) else one.held) is not held
            ]
            if left:
                place.first.pairs[place.second] = left
            else:
                del place.first.pairs[place.second]
                place.first.pairs = place.first.pairs or None
    elif isinstance(place.waiting, Held):
        place.first.whole = [one for one in place.first.whole or () if one is not held] or None
    else:
        place.first.waiting = [one for one in place.first.waiting or () if one.held is not held] or None
