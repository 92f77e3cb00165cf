"""All words and phrases that anybody asks for, in tables that a paper is looked up in.

A gram is a run of words as the document has them: stems, or words as written for quoted terms; the last one may be
the beginning of a word. Written with spaces it is the key of one atom. The words of a paper are looked up all at once,
then its pairs of neighbours, and only from pairs that begin a longer gram does the search go on word by word. The
compounds of the paper (:mod:`bot.query.document`) are edges that skip a word; few of them are asked for.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import compress, pairwise
from typing import Final, NamedTuple

from bot.matching.atoms import Atom
from bot.query.document import Words
from bot.query.fields import FREE_FIELDS

_HEAD: Final = 3
"""Beginnings are kept by their first three letters; shorter ones, which no typed query has, under none."""


class Gram(NamedTuple):
    """One spelling of a term, as :attr:`bot.query.tree.Term.patterns` gives it."""

    words: tuple[str, ...]
    field: str | None
    exact: bool
    prefix: bool

    @property
    def key(self) -> str:
        """The words as one text."""
        return " ".join(self.words) if len(self.words) > 1 else self.words[0]


class Grams:
    """The words and phrases of all terms."""

    def __init__(self) -> None:
        self._stems = _Tables()
        self._exact = _Tables()

    def get(self, gram: Gram) -> Atom | None:
        """The atom of ``gram``, if it is looked for."""
        return self._tables(gram).get(gram)

    def put(self, gram: Gram, atom: Atom) -> None:
        """Look for ``gram`` from now on; it is not looked for yet."""
        self._tables(gram).put(gram, atom)

    def drop(self, gram: Gram) -> None:
        """Look for ``gram`` no longer."""
        self._tables(gram).drop(gram)

    def find(self, words: Mapping[str, Words], present: set[Atom]) -> None:
        """Add to ``present`` every gram that a paper has."""
        for field, text in words.items():
            if text.exact:
                if self._stems.used:
                    _Search(self._stems, field, text, present, exact=False).run()
                if self._exact.used:
                    _Search(self._exact, field, text, present, exact=True).run()

    def _tables(self, gram: Gram) -> _Tables:
        return self._exact if gram.exact else self._stems


class _Tables:
    """Grams of one kind, stems or words as written."""

    def __init__(self) -> None:
        self.whole: dict[str | None, dict[str, Atom]] = {}
        """Atoms of grams, by field and key."""
        self.begun: dict[str, str | set[str]] = {}
        """What may follow the beginnings of grams, one word, two …: the only word, or all of them."""
        self.inner: Counter[str] = Counter()
        """The second words of grams."""
        self.stars: dict[str, dict[str, dict[tuple[str, str | None], Atom]]] = {}
        """Grams that end with the beginning of a word: by the words before it, by its first letters, then by
        itself and the field."""
        self.before_stars: Counter[str] = Counter()
        """The beginnings of what stands before such an end, itself among them."""

    @property
    def used(self) -> bool:
        """Whether anything is looked for."""
        return bool(self.whole or self.stars)

    def get(self, gram: Gram) -> Atom | None:
        if gram.prefix:
            lead, end = " ".join(gram.words[:-1]), gram.words[-1]
            return self.stars.get(lead, {}).get(_head(end), {}).get((end, gram.field))
        table = self.whole.get(gram.field)
        return None if table is None else table.get(gram.key)

    def put(self, gram: Gram, atom: Atom) -> None:
        if len(gram.words) == 1 and not gram.prefix:
            self.whole.setdefault(gram.field, {})[gram.words[0]] = atom
            return
        starts = _starts(gram.words)
        if gram.prefix:
            lead, end = starts[-1] if starts else "", gram.words[-1]
            self.stars.setdefault(lead, {}).setdefault(_head(end), {})[end, gram.field] = atom
            self.before_stars.update(starts)
        else:
            self.whole.setdefault(gram.field, {})[gram.key] = atom
            for start, word in zip(starts, gram.words[1:], strict=True):
                following = self.begun.setdefault(start, word)
                if isinstance(following, set):
                    following.add(word)
                elif following != word:
                    self.begun[start] = {following, word}
            if starts:
                self.inner[gram.words[1]] += 1

    def drop(self, gram: Gram) -> None:
        starts = _starts(gram.words)
        if gram.prefix:
            lead, end = starts[-1] if starts else "", gram.words[-1]
            del self.stars[lead][_head(end)][end, gram.field]
            self.stars[lead] = {head: ends for head, ends in self.stars[lead].items() if ends}
            if not self.stars[lead]:
                del self.stars[lead]
            _fewer(self.before_stars, starts)
        else:
            del self.whole[gram.field][gram.key]
            if not self.whole[gram.field]:
                del self.whole[gram.field]
            _fewer(self.inner, gram.words[1:2])
            for start, word in zip(reversed(starts), reversed(gram.words[1:]), strict=True):
                key = f"{start} {word}"
                if key in self.begun or any(key in table for table in self.whole.values()):
                    break  # others go on as this one did
                following = self.begun[start]
                if isinstance(following, set):
                    following.discard(word)
                    if len(following) == 1:
                        self.begun[start] = following.pop()
                else:
                    del self.begun[start]


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
                if (
                    start
                    and start not in self.text.breaks
                    and _follows(begun, single[start - 1], compounds[at])
                ):
                    self._met(f"{single[start - 1]} {compounds[at]}", start + 2)
        if self.tables.stars:
            self._stars()

    def _on(self, start: str, at: int) -> None:
        """From the beginning of a gram, along the words at ``at``."""
        if at >= len(self.single) or at in self.text.breaks:
            return
        begun, word, compound = self.tables.begun, self.single[at], self._compound(at)
        if _follows(begun, start, word):
            self._met(f"{start} {word}", at + 1)
        if compound is not None and _follows(begun, start, compound):
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


def _follows(begun: Mapping[str, str | set[str]], start: str, word: str) -> bool:
    following = begun.get(start, "")
    return word in following if isinstance(following, set) else word == following


def _starts(words: tuple[str, ...]) -> list[str]:
    """The beginnings of a gram, without the last word."""
    return [" ".join(words[:size]) for size in range(1, len(words))]


def _fewer(counts: Counter[str], keys: Iterable[str]) -> None:
    for key in keys:
        counts[key] -= 1
        if not counts[key]:
            del counts[key]


def _head(start: str) -> str:
    return start[:_HEAD] if len(start) >= _HEAD else ""
