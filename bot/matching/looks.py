"""How one leaf of a filter is looked for in a shelf of papers: where to look, and what to check there."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, TypeAlias

from bot.matching.letters import JOIN, PART, Hints, Kept, Letters, Shelf, hashed, name_hint
from bot.query.authors import same_person, taken_apart
from bot.query.document import Words
from bot.query.fields import FREE_FIELDS
from bot.query.places import places
from bot.query.tree import Author, Category, Compare, Flag, Joined, Leaf, Like, Term
from bot.text.words import compound_stems, stem

Test: TypeAlias = Callable[[Kept], bool]
Near: TypeAlias = Mapping[str, Mapping[Like, float]]
"""By paper id: which examples of meaning it is near to; above 0 is near enough."""
Place: TypeAlias = tuple[Shelf, int]
_ORDER: Final = {field: at for at, field in enumerate(FREE_FIELDS)}


@dataclass(frozen=True, slots=True)
class Look:
    """Where a leaf may be true, and whether it is."""

    test: Test | None
    """``None``: it is true wherever it may be."""
    groups: Collection[str] | None = None
    """Runs of stem letters, one of which is there wherever the leaf is true; ``None``: it may be true anywhere."""
    doubts: Collection[str] = ()
    """Letters of compounds; a paper with one of them may pass without any of the groups."""
    known: Callable[[Shelf], set[int]] | None = None
    """Where the shelf knows it: the places at which it is true."""

    def places(self, shelf: Shelf) -> set[int] | None:
        """The papers of a shelf that may pass; ``None`` for all."""
        if self.known is not None:
            return self.known(shelf)
        if self.groups is None:
            return None
        found: set[int] = set()
        for group in self.groups:
            fewest = min((shelf.with_letter(letter) for letter in group), key=len)
            found.update(fewest)
        for doubt in self.doubts:
            found.update(shelf.with_compound(doubt))
        return found


class Looks:
    """Makes looks for leaves, in the letters of one corpus."""

    def __init__(
        self, stems: Letters, exact: Letters, compounds: Hints, near: Near, places: Mapping[str, Place]
    ) -> None:
        self._stems = stems
        self._exact = exact
        self._compounds = compounds
        self._near = near
        self._places = places

    def look(self, leaf: Leaf) -> Look:
        """What finds the papers that pass ``leaf``: exactly those that :func:`bot.query.evaluate` lets pass."""
        match leaf:
            case Term():
                return self._term(leaf)
            case Author():
                return Look(_author(leaf))
            case Category():
                return Look(None, known=_category(leaf))
            case Compare(field):
                return Look(
                    lambda kept: (count := getattr(kept.paper, field)) is not None and leaf.holds(count)
                )
            case Flag(field, value):
                wanted = (field, value)
                return Look(lambda kept: wanted in kept.flags)
            case Like():
                return Look(None, known=self._near_to(leaf))

    def _near_to(self, like: Like) -> Callable[[Shelf], set[int]]:
        found: dict[Shelf, set[int]] = {}
        for paper_id, near in self._near.items():
            if near.get(like, 0.0) > 0 and (place := self._places.get(paper_id)) is not None:
                found.setdefault(place[0], set()).add(place[1])
        return lambda shelf: found.get(shelf, set())

    def grams(self, term: Term) -> list[str]:
        """The patterns of a term as pieces of ``stems``; those with a word that no paper has are left out."""
        found = map(self._stems.known, dict.fromkeys(term.patterns))
        return [gram for gram in found if gram is not None]

    def _term(self, term: Term) -> Look:
        if term.field == "org":
            return Look(
                lambda kept: bool(kept.paper.organization and places(term, Words.of(kept.paper.organization)))
            )
        if term.prefix:
            return self._begun(term)
        if term.exact:
            return self._quoted(term)
        grams = self.grams(term)
        doubts = {
            word
            for pattern in term.patterns
            for word in pattern
            if not isinstance(word, Joined) and word in self._compounds
        }
        if term.field is None and not doubts and all(len(gram) == 1 for gram in grams):
            return Look(None, grams)
        field = term.field

        def there(kept: Kept) -> bool:
            stems = kept.stems
            start, end = (0, len(stems)) if field is None else _bounds(stems, field)
            for gram in grams:
                if stems.find(gram, start, end) >= 0:
                    return True
            # By its words alone it does not pass: a compound would have to stand for one of them.
            for hint in hints:
                if hint in kept.joined:
                    return any(may_be(kept) for may_be in maybe) and compounded(kept)
            return False

        hints = list(map(hashed, doubts))
        patterns = [pattern for pattern in term.patterns if not set(pattern).isdisjoint(doubts)]
        maybe = list(map(self._maybe, patterns))
        compounded = self._compounded(patterns, doubts, field)
        return Look(there, grams, hints)

    def _maybe(self, pattern: tuple[str, ...]) -> Test:
        """Whether each word of a pattern is there as a word or perhaps as a compound."""
        words = [(self._stems.get(word), hashed(word)) for word in pattern]

        def may_be(kept: Kept) -> bool:
            for letter, hint in words:
                if (letter is None or letter not in kept.stems) and hint not in kept.joined:
                    return False
            return True

        return may_be

    def _compounded(
        self, patterns: Sequence[tuple[str, ...]], doubts: Collection[str], field: str | None
    ) -> Test:
        """Whether a pattern stands there, perhaps with compounds for some of its words."""
        firsts = {word[:1] for word in doubts}
        least = min(map(len, doubts), default=0)  # a stem is no longer than its word
        letters = [
            [("" if isinstance(word, Joined) else word, self._stems.get(word)) for word in pattern]
            for pattern in patterns
        ]
        known: dict[str, str] = {}

        def compounds(exact: str) -> dict[int, str]:
            """Which of the doubtful words stand there as compounds, by their places among the stems."""
            found: dict[int, str] = {}
            at, count = exact.find(JOIN), 0
            while at >= 0:
                pair = exact[at - 1 : at + 2]
                if (made := known.get(pair)) is None:
                    one, two = self._exact.word(pair[0]), self._exact.word(pair[2])
                    may_be = one[:1] in firsts and len(one) + len(two) >= least
                    made = known[pair] = compound_stems([(one, two)])[0] if may_be else ""
                if made in doubts:
                    found[at - 1 - count] = made
                count += 1
                at = exact.find(JOIN, at + 1)
            return found

        def there(kept: Kept) -> bool:
            for one in (field,) if field else FREE_FIELDS:
                start, end = _bounds(kept.exact, one)
                if made := compounds(kept.exact[start:end]):
                    start, end = _bounds(kept.stems, one)
                    stems = kept.stems[start:end]
                    if any(_stands(pattern, stems, made) for pattern in letters):
                        return True
            return False

        return there

    def _quoted(self, term: Term) -> Look:
        letters, group = self._exact.known(term.words), self._stems.known(map(stem, term.words))
        if letters is None or group is None:
            return _NOWHERE
        found = re.compile(f"{JOIN}?".join(letters)).search  # noqa: TID251 - a pattern of ours
        field = term.field
        if field is None:
            return Look(lambda kept: found(kept.exact) is not None, [group])

        def there(kept: Kept) -> bool:
            start, end = _bounds(kept.exact, field)
            return found(kept.exact[start:end]) is not None

        return Look(there, [group])

    def _begun(self, term: Term) -> Look:
        """A term that ends with a star: first a pattern over the words that may be meant, then a close look."""
        ways: list[str] = []
        groups: set[str] = set()
        for *before, start in term.patterns:
            lead = self._stems.known(map(stem, before) if term.exact else before)
            met_by_compounds = not term.exact and any(word in self._compounds for word in before)
            if lead is None and not met_by_compounds:
                continue
            for way, words in self._ends(start, exact=term.exact):
                ways.append(way)
                if lead and not met_by_compounds:
                    groups.add(lead)
                else:
                    groups.update(letter for word in words if (letter := self._stems.get(stem(word))))
        if not ways:
            return _NOWHERE
        found = re.compile("|".join(ways)).search  # noqa: TID251 - a pattern of ours
        if term.field is None and all(len(one) == 1 for one in term.patterns):
            return Look(lambda kept: found(kept.exact) is not None, groups)
        return Look(lambda kept: found(kept.exact) is not None and self._closely(term, kept), groups)

    def _ends(self, start: str, *, exact: bool) -> Iterator[tuple[str, Iterable[str]]]:
        """Patterns for a word or (unless quoted) a compound that begins so; the words that are there then."""
        if words := self._exact.beginning(start):
            yield f"[{''.join(map(self._exact.letter, words))}]", words
        for size in range(1, 1 if exact else len(start)):
            first = self._exact.get(start[:size])
            if first is not None and (rest := self._exact.beginning(start[size:])):
                yield f"{first}{JOIN}[{''.join(map(self._exact.letter, rest))}]", (start[:size],)

    def _closely(self, term: Term, kept: Kept) -> bool:
        """Look at the words of a paper themselves."""
        for field in (term.field,) if term.field else FREE_FIELDS:
            start, end = _bounds(kept.exact, field)
            if places(term, self._exact.read(kept.exact[start:end])):
                return True
        return False


def _stands(pattern: Sequence[tuple[str, str | None]], stems: str, compounds: Mapping[int, str]) -> bool:
    """Whether words stand side by side, each by its letter or, if it has a name, as a compound, which takes two places."""
    word, letter = pattern[0]
    ends = {at + 2 for at, made in compounds.items() if made == word}
    if letter is not None:
        at = stems.find(letter)
        while at >= 0:
            ends.add(at + 1)
            at = stems.find(letter, at + 1)
    for word, letter in pattern[1:]:
        ends = {at + 1 for at in ends if letter is not None and stems.startswith(letter, at)} | {
            at + 2 for at in ends if compounds.get(at) == word
        }
    return bool(ends)


def _author(leaf: Author) -> Test:
    asked = taken_apart(leaf.name)
    if asked is None:
        return _never
    hint = name_hint(asked)
    return lambda kept: (
        hint in kept.names
        and any(
            same_person(asked, name)
            for author in kept.paper.authors
            if (name := taken_apart(author)) is not None
        )
    )


def _category(leaf: Category) -> Callable[[Shelf], set[int]]:
    accepts = lru_cache(maxsize=None)(leaf.accepts)
    return lambda shelf: shelf.with_category(accepts)


def _bounds(text: str, field: str) -> tuple[int, int]:
    """Where a field begins and ends; keywords, the last, may hold more of the marks."""
    start = 0
    for _ in range(_ORDER[field]):
        start = text.index(PART, start) + 1
    return start, len(text) if field == FREE_FIELDS[-1] else text.index(PART, start)


def _never(_: Kept) -> bool:
    return False


_NOWHERE: Final = Look(None, ())
