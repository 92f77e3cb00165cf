"""All words and phrases that anybody asks for, in tables that a paper is looked up in.

A gram is a run of words as the document has them: stems, or words as written for quoted terms; the last one may be
the beginning of a word. Written with spaces it is the key of one atom. The words of a paper are looked up all at once,
then its pairs of neighbours, and only from pairs that begin a longer gram does the search go on word by word. The
compounds of the paper (:mod:`bot.query.document`) are edges that skip a word; few of them are asked for.

A term that has several spellings (``fine-tuning``: «fine tuning», «finetuning») is one atom under several keys. Where two
terms share a spelling, its key leads to an atom that stands for both.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from itertools import compress, pairwise
from typing import Final, NamedTuple, TypeVar

from bot.matching.atoms import Atom
from bot.query.document import Words
from bot.query.fields import FREE_FIELDS

_Key = TypeVar("_Key")
_HEAD: Final = 3
"""Beginnings are kept by their first three letters; shorter ones, which no typed query has, under none."""


class Spelled(NamedTuple):
    """A term by its spellings, as :attr:`bot.query.tree.Term.patterns` gives them, each once; all of them mean it."""

    spellings: tuple[tuple[str, ...], ...]
    field: str | None
    exact: bool
    prefix: bool

    @property
    def others(self) -> tuple[str, ...]:
        """All but the first as texts: with any one of its spellings they tell it from every other term."""
        return tuple(map(" ".join, self.spellings[1:])) if len(self.spellings) > 1 else ()


class Grams:
    """The words and phrases of all terms."""

    def __init__(self) -> None:
        self._stems = _Tables()
        self._exact = _Tables()

    def get(self, term: Spelled) -> Atom | None:
        """The atom of ``term``, if it is looked for."""
        return self._tables(term).get(term)

    def put(self, term: Spelled, share: float) -> Atom:
        """Look for ``term`` from now on; it is not looked for yet."""
        return self._tables(term).put(term, share)

    def drop(self, term: Spelled, atom: Atom) -> None:
        """Look for ``term`` no longer."""
        self._tables(term).drop(term, atom)

    def find(self, words: Mapping[str, Words], present: set[Atom]) -> None:
        """Add to ``present`` every term that a paper has."""
        for field, text in words.items():
            if text.exact:
                if self._stems.used:
                    _Search(self._stems, field, text, present, exact=False).run()
                if self._exact.used:
                    _Search(self._exact, field, text, present, exact=True).run()
        for shared in [atom.joint for atom in present if atom.joint is not None]:
            present.update(shared)

    def _tables(self, term: Spelled) -> _Tables:
        return self._exact if term.exact else self._stems


class _Tables:
    """Grams of one kind, stems or words as written."""

    def __init__(self) -> None:
        self.whole: dict[str | None, dict[str, Atom]] = {}
        """Atoms of grams, by field and key."""
        self.begun: dict[str, int] = {}
        """The beginnings of grams, one word, two …, and how many go on from there."""
        self.inner: dict[str, int] = {}
        """The second words of grams, and of how many."""
        self.stars: dict[str, dict[str, dict[tuple[str, str | None], Atom]]] = {}
        """Grams that end with the beginning of a word: by the words before it, by its first letters, then by
        itself and the field."""
        self.before_stars: dict[str, int] = {}
        """The beginnings of what stands before such an end, itself among them."""

    @property
    def used(self) -> bool:
        """Whether anything is looked for."""
        return bool(self.whole or self.stars)

    def get(self, term: Spelled) -> Atom | None:
        (words, *more), field, _, prefix = term
        if prefix:
            lead, end = " ".join(words[:-1]), words[-1]
            found = self.stars.get(lead, {}).get(_head(end), {}).get((end, field))
        else:
            table = self.whole.get(field)
            found = None if table is None else table.get(" ".join(words) if len(words) > 1 else words[0])
        if found is None or (found.joint is None and not more and not found.others):
            return found
        others = term.others
        for atom in found.joint or (found,):
            if atom.others == others:
                return atom
        return None

    def put(self, term: Spelled, share: float) -> Atom:
        spellings, field, _, prefix = term
        atom = Atom(share, term.others)
        for at, words in enumerate(spellings):
            if prefix:
                starts = _starts(words)
                lead, end = starts[-1] if starts else "", words[-1]
                _add(self.stars.setdefault(lead, {}).setdefault(_head(end), {}), (end, field), atom)
                _more(self.before_stars, starts)
                continue
            if (table := self.whole.get(field)) is None:
                table = self.whole[field] = {}
            if len(words) == 1:
                _add(table, words[0], atom)
                continue
            _add(table, atom.others[at - 1] if at else " ".join(words), atom)
            _more(self.begun, words[:1] if len(words) == 2 else _starts(words))
            _more(self.inner, words[1:2])
        return atom

    def drop(self, term: Spelled, atom: Atom) -> None:
        spellings, field, _, prefix = term
        for words in spellings:
            starts = _starts(words)
            if prefix:
                lead, end = starts[-1] if starts else "", words[-1]
                heads = self.stars[lead]
                ends = heads[_head(end)]
                _remove(ends, (end, field), atom)
                if not ends:
                    del heads[_head(end)]
                if not heads:
                    del self.stars[lead]
                _fewer(self.before_stars, starts)
                continue
            table = self.whole[field]
            _remove(table, " ".join(words), atom)
            if not table:
                del self.whole[field]
            if starts:
                _fewer(self.begun, starts)
                _fewer(self.inner, words[1:2])


class _Search:
    """One field of a paper in the tables of one kind."""

    def __init__(self, tables: _Tables, field: str, text: Words, present: set[Atom], *, exact: bool) -> None:
        self.tables = tables
        self.scopes = (None, field) if field in FREE_FIELDS else (field,)
        self.whole = [tables.whole[scope] for scope in self.scopes if scope in tables.whole]
        self.single = text.exact if exact else text.stems
        self.compounds: tuple[Sequence[int], Sequence[str]] = ((), ()) if exact else text.compounds
        self.text = text
        self.present = present

    def run(self) -> None:
        """Words, then pairs of neighbours, then what goes on from there."""
        single, present = self.single, self.present
        places, compounds = self.compounds
        words = {*single, *compounds}
        for table in self.whole:
            present.update(map(table.__getitem__, table.keys() & words))
        begun = self.tables.begun
        if begun and self.whole:
            pairs = list(map(" ".join, pairwise(single)))
            for at in self.text.breaks:
                if 0 < at <= len(pairs):
                    pairs[at - 1] = ""
            once = set(pairs)
            for table in self.whole:
                present.update(map(table.__getitem__, table.keys() & once))
            for at in compress(range(len(pairs)), map(begun.__contains__, pairs)):
                self._on(pairs[at], at + 2)
            # Grams that begin with a compound of the paper, and those that go on with one after their first word.
            for at in compress(range(len(places)), map(begun.__contains__, compounds)):
                self._on(compounds[at], places[at] + 2)
            for at in compress(range(len(places)), map(self.tables.inner.__contains__, compounds)):
                start = places[at]
                if start and start not in self.text.breaks and single[start - 1] in begun:
                    self._met(f"{single[start - 1]} {compounds[at]}", start + 2)
        if self.tables.stars:
            self._stars()

    def _on(self, start: str, at: int) -> None:
        """From the beginning of a gram, along the words at ``at``."""
        if at >= len(self.single) or at in self.text.breaks:
            return
        self._met(f"{start} {self.single[at]}", at + 1)
        if (compound := self._compound(at)) is not None:
            self._met(f"{start} {compound}", at + 2)

    def _compound(self, at: int) -> str | None:
        """The stem of the compound that begins at ``at``."""
        places, compounds = self.compounds
        found = bisect_left(places, at)
        return compounds[found] if found < len(places) and places[found] == at else None

    def _met(self, key: str, after: int) -> None:
        """A gram or the beginning of one, and what goes on behind it."""
        for table in self.whole:
            if (atom := table.get(key)) is not None:
                self.present.add(atom)
        if key in self.tables.begun:
            self._on(key, after)

    def _stars(self) -> None:
        """Grams that end with the beginning of a word."""
        text, places = self.text, self.compounds[0]
        self._ends("", {*text.exact, *(text.joined[at] for at in places)})
        before = self.tables.before_stars
        for at, word in enumerate(self.single):
            if word in before:
                self._starred(word, at + 1)
        for at, word in zip(*self.compounds, strict=True):
            if word in before:
                self._starred(word, at + 2)

    def _starred(self, start: str, at: int) -> None:
        """From what stands before such an end, or its beginning, along the words at ``at``."""
        if at >= len(self.single) or at in self.text.breaks:
            return
        compound = self._compound(at)
        if start in self.tables.stars:
            self._ends(start, (self.text.exact[at], self.text.joined[at] if compound is not None else ""))
        for word, after in ((self.single[at], at + 1), (compound, at + 2)):
            if word is not None and (key := f"{start} {word}") in self.tables.before_stars:
                self._starred(key, after)

    def _ends(self, lead: str, words: Iterable[str]) -> None:
        """The ends after ``lead`` that one of the words begins with."""
        heads = self.tables.stars.get(lead)
        if heads is None:
            return
        short = heads.get("")
        for word in words:
            for ends in (heads.get(word[:_HEAD]) if word else None, short):
                if ends is not None:
                    for (start, field), atom in ends.items():
                        if field in self.scopes and word.startswith(start):
                            self.present.add(atom)


def _starts(words: tuple[str, ...]) -> list[str]:
    """The beginnings of a gram, without the last word."""
    return [" ".join(words[:size]) for size in range(1, len(words))]


def _more(counts: dict[str, int], keys: Iterable[str]) -> None:
    for key in keys:
        counts[key] = counts.get(key, 0) + 1


def _fewer(counts: dict[str, int], keys: Iterable[str]) -> None:
    for key in keys:
        counts[key] -= 1
        if not counts[key]:
            del counts[key]


def _add(table: dict[_Key, Atom], key: _Key, atom: Atom) -> None:
    """Let ``key`` lead to one more atom."""
    held = table.setdefault(key, atom)
    if held is not atom:
        both = table[key] = Atom(1.0)
        both.joint = (*(held.joint or (held,)), atom)


def _remove(table: dict[_Key, Atom], key: _Key, atom: Atom) -> None:
    """Let ``key`` lead to one atom less."""
    left = tuple([one for one in table[key].joint or () if one is not atom])
    if not left:
        del table[key]
    elif len(left) == 1:
        table[key] = left[0]
    else:
        table[key].joint = left


def _head(start: str) -> str:
    return start[:_HEAD] if len(start) >= _HEAD else ""
