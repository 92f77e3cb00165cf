"""All words and phrases that anybody asks for, in tables that papers are looked up in.

A gram is a run of words as the document has them: stems, or words as written for quoted terms; the last one may be
the beginning of a word (:mod:`bot.matching.beginnings`). Each word of a gram is a number, a *node*; so is each beginning
of a longer one, which is found by the node before it and that of its last word. So the words of papers become numbers
once, and from there on all of them go on at once, pair by pair and word by word, in arrays of numpy's.

A text is a graph (:mod:`bot.query.document`): most of its edges lead from one word to the next, its compounds over two.
These are compared with words as they were typed; nearly none begins as one of them does
(:mod:`bot.matching.heads`), and the others are left alone. A word that a term has joined itself is a node of its own.

Title, abstract and keywords are looked up as one text; terms of one field have a table of their own, which their field
is looked up in as well. A term that has several spellings (``fine-tuning``: «fine tuning», «finetuning») is one atom at the
end of several grams.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from itertools import repeat
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from bot.matching.atoms import Atoms, Had
from bot.matching.beginnings import Beginnings
from bot.matching.heads import Heads
from bot.matching.nodes import Edges, Nodes
from bot.matching.rarity import rarity_of_words
from bot.matching.table import Table, lasting
from bot.matching.texts import Texts
from bot.matching.vocabulary import Vocabulary, bucket
from bot.models import Paper
from bot.query.fields import FREE_FIELDS
from bot.query.tree import Joined

if TYPE_CHECKING:
    from numpy.typing import NDArray

_WORD: Final = 32
"""A node and the next word are one number: the word stands so many bits above."""
_UNKNOWN: Final = -1


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
        self._nodes = Nodes()
        self._vocabulary = Vocabulary()
        self._kinds: dict[tuple[bool, str | None], _Kind] = {}
        """By whether words are compared as written, and by field."""

    def get(self, term: Spelled) -> int | None:
        """The atom of ``term``, if it is looked for."""
        kind = self._kinds.get((term.exact, term.field))
        return None if kind is None else self._held(kind, term)

    def put(self, term: Spelled) -> int:
        """The atom of ``term``, which is looked for from now on if it was not before."""
        if (kind := self._kinds.get((term.exact, term.field))) is None:
            kind = self._kinds[term.exact, term.field] = _Kind(self._nodes, self._vocabulary)
        if (atom := self._held(kind, term)) is not None:
            return atom
        share = rarity_of_words(term.spellings, term.field, exact=term.exact, prefix=term.prefix)
        atom = self._atoms.add(share, len(term.spellings))
        held = kind.beginnings if term.prefix else kind
        for words in term.spellings:
            held.put(words, atom)
        return atom

    def drop(self, term: Spelled, atom: int) -> None:
        """Look for ``term`` no longer."""
        kind = self._kinds[term.exact, term.field]
        held = kind.beginnings if term.prefix else kind
        for words in term.spellings:
            held.drop(words, atom)
        if not kind:
            del self._kinds[term.exact, term.field]
        self._atoms.forget(atom)

    def find(self, papers: Sequence[Paper]) -> Iterator[Had]:
        """Every term that each paper has, one or several times."""
        if not self._kinds:
            return
        wanted = [FREE_FIELDS if field is None else (field,) for _, field in self._kinds]
        texts = Texts.of(papers, {name: None for fields in wanted for name in fields}, self._vocabulary)
        for fields, ((exact, _), kind) in zip(wanted, self._kinds.items(), strict=True):
            yield from kind.find(texts.within(fields), exact=exact)

    def _held(self, kind: _Kind, term: Spelled) -> int | None:
        """The atom of a term that has the same spellings, and no others."""
        ends = kind.beginnings.ends if term.prefix else kind.ends
        first, *more = term.spellings
        size = len(term.spellings)
        for atom in ends(first):
            if self._atoms.spellings[atom] == size and all(atom in ends(words) for words in more):
                return atom
        return None


class _Kind:
    """Grams of one kind, stems or words as written, and of one field."""

    def __init__(self, nodes: Nodes, vocabulary: Vocabulary) -> None:
        self._nodes = nodes
        self._vocabulary = vocabulary
        self._typed: dict[str, int] = {}
        """The node of each word that somebody typed."""
        self._joined = Table()
        """The node of each word that a term has joined, by :func:`lasting`: hardly any paper has one of these, and as text
        they would be half of the index."""
        self._after = Table()
        """What a node and the next word lead to: an atom, or a node as a negative number."""
        self._heads = Heads()
        self._held = 0
        """How many times a gram has an atom."""
        self.beginnings = Beginnings()
        self._age = 0
        """Of the vocabulary when these two were begun:"""
        self._node_of = array("i")
        """The node of each of its forms, :data:`_UNKNOWN` for one that was not asked for since it changed."""
        self._heads_of = array("q")
        """How typed words go on that begin with it, likewise."""

    def __bool__(self) -> bool:
        return bool(self._held or self.beginnings)

    def __getstate__(self) -> dict[str, Any]:
        """Without what is known of the words of papers."""
        return self.__dict__ | {"_node_of": array("i"), "_heads_of": array("q"), "_age": 0}

    def ends(self, words: tuple[str, ...]) -> Sequence[int]:
        """The atoms of a gram."""
        held = -self._node(words[0])
        for word in words[1:]:
            number = self._node(word)
            if held >= 0 or not number:
                return ()
            held = self._after.get(-held | number << _WORD)
        return self._nodes.ends(-held) if held < 0 else (held,) if held else ()

    def _node(self, word: str) -> int:
        """The node of a word; 0 if it has none."""
        return self._joined.get(lasting(word)) if isinstance(word, Joined) else self._typed.get(word, 0)

    def put(self, words: tuple[str, ...], atom: int) -> None:
        """Let a gram have one more atom."""
        self._held += 1
        nodes = self._nodes
        numbers = [self._node(word) or self._new(word) for word in words]
        at = numbers[0]
        if len(numbers) == 1:
            nodes.lead(at, (*nodes.ends(at), atom))
            return
        for number in numbers:
            nodes.uses[number] += 1
        for number in numbers[1:-1]:
            at = self._inner(at | number << _WORD)
            nodes.uses[at] += 1
        key = at | numbers[-1] << _WORD
        held = self._after.get(key)
        if not held:
            self._after.put(key, atom)
        else:
            at = self._inner(key)
            nodes.lead(at, (*nodes.ends(at), atom))

    def drop(self, words: tuple[str, ...], atom: int) -> None:
        """Let a gram have one atom less."""
        self._held -= 1
        nodes = self._nodes
        numbers = [self._node(word) for word in words]
        at = numbers[0]
        if len(numbers) == 1:
            nodes.lead(at, [one for one in nodes.ends(at) if one != atom])
        else:
            path: list[tuple[int, int]] = []
            for number in numbers[1:-1]:
                key = at | number << _WORD
                at = -self._after.get(key)
                path.append((key, at))
                nodes.uses[at] -= 1
            key = at | numbers[-1] << _WORD
            held = self._after.get(key)
            if held > 0:
                self._after.put(key, 0)
            else:
                nodes.lead(-held, [one for one in nodes.ends(-held) if one != atom])
                path.append((key, -held))
            for key, node in reversed(path):
                if nodes.idle(node):
                    self._after.put(key, 0)
                    nodes.forget(node)
            for number in numbers:
                nodes.uses[number] -= 1
        for word in words:
            if (node := self._node(word)) and nodes.idle(node):
                self._forget(word, node)

    def _inner(self, key: int) -> int:
        """The node that a key leads to, from now on if it was none before."""
        held = self._after.get(key)
        if held < 0:
            return -held
        node = self._nodes.add(held) if held else self._nodes.add()
        self._after.put(key, -node)
        return node

    def _new(self, word: str) -> int:
        """A node for a word that has none of its kind."""
        node = self._nodes.add()
        if isinstance(word, Joined):
            self._joined.put(lasting(word), node)
            if typed := self._typed.get(word):
                self._nodes.twin[typed] = node
        else:
            self._typed[word] = node
            self._nodes.twin[node] = self._joined.get(lasting(word))
            self._heads.put(word)
            for size in range(1, len(word)):
                if (form := self._form(word[:size])) and self._heads_of[form] != _UNKNOWN:
                    self._heads_of[form] |= 1 << bucket(word[size : size + 2])
        if form := self._form(word):
            self._node_of[form] = _UNKNOWN
        return node

    def _forget(self, word: str, node: int) -> None:
        if isinstance(word, Joined):
            self._joined.put(lasting(word), 0)
            if typed := self._typed.get(word):
                self._nodes.twin[typed] = 0
        else:
            del self._typed[word]
            self._heads.drop(
                word
            )  # compounds that begin like it are looked at in vain until all is forgotten
        if form := self._form(word):
            self._node_of[form] = _UNKNOWN
        self._nodes.forget(node)

    def _form(self, word: str) -> int:
        """The number of a word in the vocabulary, if something is known of it here."""
        form = self._vocabulary.forms.get(word, 0)
        return form if form < len(self._node_of) and self._age == self._vocabulary.age else 0

    def find(self, texts: Texts, *, exact: bool) -> Iterator[Had]:
        """What ends in texts: at words, at pairs of neighbours, and at what goes on from there."""
        self._follow()
        # A border stands behind the last word; nothing goes on from it, or over it.
        numbers = self._numbers(texts.exact if exact else texts.stems)
        starts = numbers.nonzero()[0]
        nodes, ends, more = numbers.take(starts), starts + 1, None
        if not exact:
            more = self._more(texts, starts, nodes)
            nodes, ends = np.concatenate([nodes, more.nodes]), np.concatenate([ends, more.ends])
        uses = np.frombuffer(self._nodes.uses, np.uint32)
        while len(nodes):
            yield from self._nodes.found(texts.owners.take(ends - 1), nodes)
            on = uses.take(nodes).nonzero()[0]
            nodes, ends = nodes.take(on), ends.take(on)
            following = numbers.take(ends)
            there = following.nonzero()[0]
            keys, after = nodes.take(there) | following.take(there) << _WORD, ends.take(there) + 1
            if more is not None and len(more.starts):
                which, edge = more.after(ends)
                keys = np.concatenate([keys, nodes.take(which) | more.nodes.take(edge) << _WORD])
                after = np.concatenate([after, more.ends.take(edge)])
            leads = self._after.find(keys)
            atoms, inner = (leads > 0).nonzero()[0], (leads < 0).nonzero()[0]
            yield Had(texts.owners.take(after.take(atoms) - 1), leads.take(atoms).astype(np.int64))
            nodes, ends = -leads.take(inner).astype(np.int64), after.take(inner)
        if self.beginnings and (found := [*self.beginnings.find(texts, exact=exact)]):
            yield Had(*np.array(found, np.int64).T)

    def _follow(self) -> None:
        """Have room for what is known of all forms of the vocabulary."""
        if self._age != self._vocabulary.age:
            self._age = self._vocabulary.age
            self._node_of, self._heads_of = array("i"), array("q")
        more = len(self._vocabulary.text) - len(self._node_of)
        self._node_of.extend(repeat(_UNKNOWN, more))
        self._heads_of.extend(repeat(_UNKNOWN, more))

    def _numbers(self, forms: NDArray[np.int32]) -> NDArray[np.int64]:
        """The nodes of forms, 0 for those that nobody asks for."""
        held = np.frombuffer(self._node_of, np.int32)
        found = held.take(forms)
        unknown = found == _UNKNOWN
        if unknown.any():
            self._look_up({*forms[unknown].tolist()})
            found = held.take(forms)
        return found.astype(np.int64)

    def _look_up(self, forms: set[int]) -> None:
        """Learn the nodes of forms."""
        rest: list[int] = []
        for form in forms:
            node = self._node_of[form] = self._typed.get(self._vocabulary.text[form], 0)
            if not node:
                rest.append(form)
        keys = map(lasting, map(self._vocabulary.text.__getitem__, rest))
        joined = self._joined.find(np.fromiter(keys, np.int64, len(rest)))
        for form, node in zip(rest, joined.tolist(), strict=True):
            self._node_of[form] = node

    def _more(self, texts: Texts, starts: NDArray[np.int64], nodes: NDArray[np.int64]) -> Edges:
        """Words that are two nodes, and compounds."""
        twins = np.frombuffer(self._nodes.twin, np.uint32).take(nodes)
        double = twins.nonzero()[0]
        places = self._compounds(texts)
        compounds = np.array([self._typed.get(word, 0) for word in texts.compounds_at(places)], np.int64)
        places, compounds = places[compounds != 0], compounds[compounds != 0]
        starts = starts.take(double)
        return Edges(
            np.concatenate([starts, places]),
            np.concatenate([starts + 1, places + 2]),
            np.concatenate([twins.take(double), compounds]),
        )

    def _compounds(self, texts: Texts) -> NDArray[np.int64]:
        """Where compounds begin that may be words as typed."""
        places = texts.joins.nonzero()[0]
        first, second = texts.exact.take(places), texts.exact.take(places + 1)
        held = np.frombuffer(self._heads_of, np.int64)
        heads = held.take(first)
        unknown = heads == _UNKNOWN
        if unknown.any():
            for form in {*first[unknown].tolist()}:
                self._heads_of[form] = self._heads.go_on(self._vocabulary.text[form])
            heads = held.take(first)
        begins = np.frombuffer(self._vocabulary.begins, np.uint8).take(second)
        return places.take((heads >> begins & 1).nonzero()[0])
