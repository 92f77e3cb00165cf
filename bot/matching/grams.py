"""All words and phrases that anybody asks for, in tables that a paper is looked up in.

A gram is a run of words as the document has them: stems, or words as written for quoted terms; the last one may be
the beginning of a word. Written with spaces it is the key of one atom. All words of a paper are looked up at once,
then its pairs of neighbours, and only from pairs that begin a longer gram does the search go on word by word. The
compounds of the paper (:mod:`bot.query.document`) are edges that skip a word; few of them are asked for.

Title, abstract and keywords are looked up as one text, with a word of no letters between them that no gram runs over;
terms of one field have a table of their own, which their field is looked up in as well.

A term that has several spellings (``fine-tuning``: «fine tuning», «finetuning») is one atom under several keys. Where two
terms share a spelling, its key leads to a number that stands for both.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from itertools import compress, pairwise
from typing import Final, NamedTuple, TypeVar

from bot.matching.atoms import INNER, Atoms
from bot.matching.rarity import rarity_of_words
from bot.query.document import Words
from bot.query.fields import FREE_FIELDS

_Key = TypeVar("_Key")
_HEAD: Final = 3
"""Beginnings are kept by their first three letters; shorter ones, which no typed query has, under none."""
_SEVERAL: Final = 0xFFFF
"""Instead of how many spellings a term has: the number stands for several terms."""
_BORDER: Final = ""
"""The word between two texts."""


class Spelled(NamedTuple):
    """A term by its spellings, as :attr:`bot.query.tree.Term.patterns` gives them, each once; all of them mean it."""

    spellings: tuple[tuple[str, ...], ...]
    field: str | None
    exact: bool
    prefix: bool


class Grams:
    """The words and phrases of all terms."""

    def __init__(self, atoms: Atoms) -> None:
        self._atoms = atoms
        self._tables: dict[tuple[bool, str | None], _Table] = {}
        """By whether words are compared as written, and by field."""
        self._joint: dict[int, tuple[int, ...]] = {}
        """What is there when a number is that stands for several terms."""

    def get(self, term: Spelled) -> int | None:
        """The atom of ``term``, if it is looked for."""
        table = self._tables.get((term.exact, term.field))
        return None if table is None else self._held(table.ways(term))

    def put(self, term: Spelled) -> int:
        """The atom of ``term``, which is looked for from now on if it was not before."""
        kind = term.exact, term.field
        if (table := self._tables.get(kind)) is None:
            table = self._tables[kind] = _Table(self._atoms)
        ways = table.ways(term)
        if (atom := self._held(ways)) is not None:
            return atom
        share = rarity_of_words(term.spellings, term.field, exact=term.exact, prefix=term.prefix)
        atom = self._atoms.add(share, len(ways))
        for leads, key in ways:
            held = leads.get(key)
            if held is not None:
                self._with(leads, key, held, atom)
            else:
                leads[key] = atom
        table.more(term)
        return atom

    def drop(self, term: Spelled, atom: int) -> None:
        """Look for ``term`` no longer."""
        kind = term.exact, term.field
        table = self._tables[kind]
        for leads, key in table.ways(term):
            self._without(leads, key, atom)
            if key not in leads and not term.prefix and key in table.longer:
                table.lies_in(key)
        table.fewer(term)
        if not table.used:
            del self._tables[kind]
        self._atoms.forget(atom)

    def find(self, words: Mapping[str, Words], present: set[int]) -> None:
        """Add to ``present`` every term that a paper has."""
        free = None
        for (exact, field), table in self._tables.items():
            if field is not None:
                text = Text((words[field],))
            else:
                text = free = free or Text([words[one] for one in FREE_FIELDS if words[one].exact])
            table.find(text, present, exact=exact)
        present.discard(None)
        for number in self._joint.keys() & present:
            present.update(self._joint[number])

    def _held(self, ways: Sequence[tuple[dict[_Key, int], _Key]]) -> int | None:
        """The atom that all of these lead to, and no others."""
        (leads, key), *more = ways
        number = leads.get(key)
        if number is None:
            return None
        size = len(ways)
        for atom in self._parts(number):
            if self._atoms.spellings[atom] == size and all(
                (other := leads.get(key)) is not None and atom in self._parts(other) for leads, key in more
            ):
                return atom
        return None

    def _with(self, leads: dict[str, int], key: str, held: int, atom: int) -> None:
        """Let a key that leads somewhere lead to one more atom."""
        atoms = self._atoms
        if atoms.spellings[held] == _SEVERAL:
            self._joint[held] = (*self._joint[held], atom)
            return
        if atoms.spellings[held]:
            both = leads[key] = atoms.add(1.0, _SEVERAL)
            self._joint[both] = (held, atom)
        else:
            both = leads[key] = atom
        atoms.longer[both] |= atoms.longer[held]

    def _without(self, leads: dict[str, int], key: str, atom: int) -> None:
        """Let a key lead to one atom less."""
        held = leads[key]
        if held == atom:
            del leads[key]
            return
        left = self._joint[held] = tuple([one for one in self._joint[held] if one != atom])
        if len(left) == 1:
            (leads[key],) = left
            self._atoms.longer[left[0]] |= self._atoms.longer[held]
            del self._joint[held]
            self._atoms.forget(held)

    def _parts(self, number: int) -> tuple[int, ...]:
        return self._joint[number] if self._atoms.spellings[number] == _SEVERAL else (number,)


class Text:
    """Texts of a paper as one, word by word, each part made when it is asked for."""

    def __init__(self, texts: Sequence[Words]) -> None:
        self._pieces: list[tuple[Words, int, int, int]] = []
        """Runs of words that a gram may lie in: from where to where in their text, and how much further they are here."""
        size = 0
        for text in texts:
            start = 0
            for end in (*sorted(text.breaks - {0}), len(text.exact)):
                self._pieces.append((text, start, end, size - start))
                size += end - start + 1
                start = end

    @cached_property
    def exact(self) -> list[str]:
        """The words as written."""
        found: list[str] = []
        for text, start, end, _ in self._pieces:
            found += text.exact[start:end]
            found.append(_BORDER)
        return found

    @cached_property
    def stems(self) -> list[str]:
        """Their stems."""
        found: list[str] = []
        for text, start, end, _ in self._pieces:
            found += text.stems[start:end]
            found.append(_BORDER)
        return found

    @cached_property
    def joined(self) -> dict[int, str]:
        """Compounds as written, by where they begin."""
        return {
            place + further: text.joined[place]
            for text, start, end, further in self._pieces
            for place in range(start, end)
            if text.joined[place]
        }

    @cached_property
    def compounds(self) -> tuple[list[int], list[str]]:
        """Where compounds begin, and their stems."""
        found: list[int] = []
        forms: list[str] = []
        for text, start, end, further in self._pieces:
            places, stems = text.compounds
            first, after = bisect_left(places, start), bisect_left(places, end)
            found += [place + further for place in places[first:after]]
            forms += stems[first:after]
        return found, forms


class _Table:
    """Grams of one kind, stems or words as written, and of one field."""

    def __init__(self, atoms: Atoms) -> None:
        self._atoms = atoms
        self.whole: dict[str, int] = {}
        """What each gram leads to: an atom, one that stands for several, or :data:`INNER`."""
        self.longer: dict[str, int] = {}
        """The words of grams that have several, and their beginnings of two words, three …, and how often they are that.
        All of them are in ``whole``, too."""
        self.stars: dict[str, dict[str, dict[str, int]]] = {}
        """Grams that end with the beginning of a word: by the words before it, by its first letters, then by itself."""
        self.before_stars: dict[str, int] = {}
        """The beginnings of what stands before such an end, itself among them."""

    @property
    def used(self) -> bool:
        """Whether anything is looked for."""
        return bool(self.whole or self.stars)

    def ways(self, term: Spelled) -> list[tuple[dict[str, int], str]]:
        """For each spelling the table it is kept in, and under which key."""
        if not term.prefix:
            return [
                (self.whole, words[0] if len(words) == 1 else " ".join(words)) for words in term.spellings
            ]
        found = []
        for words in term.spellings:
            heads = self.stars.setdefault(" ".join(words[:-1]), {})
            found.append((heads.setdefault(_head(words[-1]), {}), words[-1]))
        return found

    def more(self, term: Spelled) -> None:
        """Let the beginnings of one more term be known."""
        longer = self.longer
        for words in term.spellings:
            if term.prefix:
                _more(self.before_stars, _starts(words))
            elif len(words) > 1:
                for part in _parts(words):
                    count = longer[part] = longer.get(part, 0) + 1
                    if count == 1:
                        self.lies_in(part)

    def lies_in(self, part: str) -> None:
        """Let it be known that longer grams have this word or begin so."""
        self._atoms.longer[self.whole.setdefault(part, INNER)] = 1

    def fewer(self, term: Spelled) -> None:
        """Let the beginnings of a term be known no longer."""
        longer = self.longer
        for words in term.spellings:
            if term.prefix:
                _fewer(self.before_stars, _starts(words))
                self._swept(words)
            elif len(words) > 1:
                for part in _parts(words):
                    longer[part] -= 1
                    if not longer[part]:
                        del longer[part]
                        if self.whole[part] == INNER:
                            del self.whole[part]

    def _swept(self, words: tuple[str, ...]) -> None:
        """Forget tables of ends that are empty."""
        lead, head = " ".join(words[:-1]), _head(words[-1])
        heads = self.stars.get(lead, {})
        if not heads.get(head, True):
            del heads[head]
        if not heads:
            self.stars.pop(lead, None)

    def find(self, text: Text, present: set[int], *, exact: bool) -> None:
        """Words, then pairs of neighbours, then what goes on from there."""
        whole, longer = self.whole, self._atoms.longer
        single = text.exact if exact else text.stems
        places, forms = ([], []) if exact else text.compounds
        present.update(map(whole.get, single))  # type: ignore[arg-type]
        asked = list(map(whole.get, forms))
        present.update(asked)  # type: ignore[arg-type]
        if self.longer:
            pairs = list(map(" ".join, pairwise(single)))
            numbers = list(map(whole.get, pairs))
            present.update(numbers)  # type: ignore[arg-type]
            reached = [
                (pairs[at], at + 2)
                for at in compress(range(len(numbers)), numbers)
                if longer[numbers[at]]  # type: ignore[index]
            ]
            compounds = {
                at: form
                for at, form, number in zip(places, forms, asked, strict=True)
                if number is not None and longer[number]
            }
            for at, compound in compounds.items():
                reached.append((compound, at + 2))
                if at and (number := whole.get(key := f"{single[at - 1]} {compound}")) is not None:
                    present.add(number)
                    reached.append((key, at + 2))
            self._walk(reached, single, compounds, present)
        if self.stars:
            self._stars(text, single, dict(zip(places, forms, strict=True)), present)

    def _walk(
        self,
        reached: list[tuple[str, int]],
        single: Sequence[str],
        compounds: Mapping[int, str],
        present: set[int],
    ) -> None:
        """Go on from the beginnings of grams that a text has, given where each ends."""
        whole, longer = self.whole, self._atoms.longer
        for start, at in reached:  # which grows meanwhile
            if at >= len(single):
                continue
            if (number := whole.get(key := f"{start} {single[at]}")) is not None:
                present.add(number)
                if longer[number]:
                    reached.append((key, at + 1))
            if at in compounds and (number := whole.get(key := f"{start} {compounds[at]}")) is not None:
                present.add(number)
                if longer[number]:
                    reached.append((key, at + 2))

    def _stars(
        self, text: Text, single: Sequence[str], compounds: Mapping[int, str], present: set[int]
    ) -> None:
        """Grams that end with the beginning of a word."""
        joined = text.joined if compounds else {}
        self._ends("", {*text.exact, *joined.values()}, present)
        before = self.before_stars
        if not before:
            return
        reached = [(word, at + 1) for at, word in enumerate(single) if word in before]
        reached += [(word, at + 2) for at, word in compounds.items() if word in before]
        for start, at in reached:  # which grows meanwhile
            if at >= len(single):
                continue
            if start in self.stars:
                self._ends(start, (text.exact[at], joined.get(at, "")), present)
            if (key := f"{start} {single[at]}") in before:
                reached.append((key, at + 1))
            if at in compounds and (key := f"{start} {compounds[at]}") in before:
                reached.append((key, at + 2))

    def _ends(self, lead: str, words: Iterable[str], present: set[int]) -> None:
        """The ends after ``lead`` that one of the words begins with."""
        heads = self.stars.get(lead)
        if heads is None:
            return
        short = heads.get("")
        for word in filter(None, words):
            for ends in (heads.get(word[:_HEAD]), short):
                if ends is not None:
                    present.update([number for start, number in ends.items() if word.startswith(start)])


def _starts(words: tuple[str, ...]) -> list[str]:
    """The beginnings of a gram, without the last word."""
    return [" ".join(words[:size]) for size in range(1, len(words))]


def _parts(words: tuple[str, ...]) -> tuple[str, ...]:
    """The words of a gram and its beginnings of several words, without itself."""
    return words if len(words) == 2 else (*words, *_starts(words)[1:])


def _more(counts: dict[str, int], keys: Iterable[str]) -> None:
    for key in keys:
        counts[key] = counts.get(key, 0) + 1


def _fewer(counts: dict[str, int], keys: Iterable[str]) -> None:
    for key in keys:
        counts[key] -= 1
        if not counts[key]:
            del counts[key]


def _head(start: str) -> str:
    return start[:_HEAD] if len(start) >= _HEAD else ""
