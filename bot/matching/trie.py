"""All words and phrases that anybody asks for, as one tree of words that is walked along a paper.

A node is reached by a word; below it are the words that may follow. The walk follows the edges that
:mod:`bot.query.document` describes: a word, or the compound of two. Quoted terms have a tree of their own, because
they are compared with words as written and others with stems.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final

from bot.matching.atoms import Atom
from bot.query.document import Words
from bot.query.fields import FREE_FIELDS
from bot.query.tree import Term

_HEAD: Final = 3
"""Beginnings are kept by their first three letters; shorter ones, which no typed query has, under none."""
_NOBODY: Final[Mapping[str, Node]] = MappingProxyType({})
_NO_ATOMS: Final[tuple[Atom, ...]] = ()


class Node:
    """Where a run of words leads."""

    __slots__ = ("free", "next", "prefixes", "scoped")

    def __init__(self) -> None:
        self.free = _NO_ATOMS
        """Terms without a field that end here."""
        self.scoped: dict[str, tuple[Atom, ...]] | None = None
        """Terms with a field that end here, by the field."""
        self.next: dict[str, Node] | None = None
        self.prefixes: dict[str, dict[str, Node]] | None = None
        """Beginnings of the next word: by their first letters, then whole."""

    @property
    def useless(self) -> bool:
        """Whether nothing ends here and nothing follows."""
        return not (self.free or self.scoped or self.next or self.prefixes)

    def child(self, word: str, *, prefix: bool) -> Node:
        """The node behind a word or a beginning, made if it is not there."""
        if prefix:
            if self.prefixes is None:
                self.prefixes = {}
            group = self.prefixes.setdefault(_head(word), {})
        else:
            if self.next is None:
                self.next = {}
            group = self.next
        if (found := group.get(word)) is None:
            found = group[word] = Node()
        return found

    def prune(self, word: str, *, prefix: bool) -> None:
        """Forget the node behind a word if it is of no use any more."""
        if prefix:
            assert self.prefixes is not None
            group = self.prefixes[_head(word)]
            if group[word].useless:
                del group[word]
            if not group:
                del self.prefixes[_head(word)]
            self.prefixes = self.prefixes or None
        else:
            assert self.next is not None
            if self.next[word].useless:
                del self.next[word]
            self.next = self.next or None

    def beginning(self, word: str) -> Iterator[Node]:
        """The nodes of the beginnings that ``word`` has."""
        assert self.prefixes is not None
        for head in (word[:_HEAD], ""):
            for start, node in self.prefixes.get(head, _NOBODY).items():
                if word.startswith(start):
                    yield node


class Trie:
    """The words and phrases of all terms."""

    def __init__(self) -> None:
        self._stems = Node()
        self._exact = Node()

    def put(self, term: Term, atom: Atom) -> None:
        """Look for ``term`` from now on."""
        for pattern in dict.fromkeys(term.patterns):
            node = self._exact if term.exact else self._stems
            for at, word in enumerate(pattern):
                node = node.child(word, prefix=term.prefix and at == len(pattern) - 1)
            if term.field is None:
                node.free = (*node.free, atom)
            else:
                node.scoped = node.scoped or {}
                node.scoped[term.field] = (*node.scoped.get(term.field, ()), atom)

    def drop(self, term: Term, atom: Atom) -> None:
        """Look for ``term`` no longer."""
        for pattern in dict.fromkeys(term.patterns):
            node = self._exact if term.exact else self._stems
            path = []
            for at, word in enumerate(pattern):
                prefix = term.prefix and at == len(pattern) - 1
                path.append((node, word, prefix))
                node = node.child(word, prefix=prefix)
            if term.field is None:
                node.free = tuple(one for one in node.free if one is not atom)
            else:
                assert node.scoped is not None
                left = tuple(one for one in node.scoped[term.field] if one is not atom)
                node.scoped = {
                    field: atoms for field, atoms in (node.scoped | {term.field: left}).items() if atoms
                } or None
            for parent, word, prefix in reversed(path):
                parent.prune(word, prefix=prefix)

    def walk(self, words: Mapping[str, Words], present: set[Atom]) -> None:
        """Add to ``present`` every term that a paper has."""
        for field, text in words.items():
            if text.exact:
                if self._stems.next or self._stems.prefixes:
                    _Walk(field, text, text.stems, text.joined_stems, present).all(self._stems)
                if self._exact.next or self._exact.prefixes:
                    _Walk(field, text, text.exact, None, present).all(self._exact)


class _Walk:
    """One tree along one field."""

    __slots__ = ("breaks", "double", "exact", "field", "free", "joined", "present", "single")

    def __init__(
        self,
        field: str,
        text: Words,
        single: tuple[str, ...],
        double: tuple[str, ...] | None,
        present: set[Atom],
    ) -> None:
        self.field = field
        self.free = field in FREE_FIELDS
        # One empty word more: nothing follows the last, and no term has an empty word.
        self.single = (*single, "")
        self.double = None if double is None else (*double, "")
        self.exact = text.exact
        self.joined = None if double is None else text.joined
        self.breaks = text.breaks
        self.present = present

    def all(self, root: Node) -> None:
        """From every position."""
        if root.next is not None:
            follow = root.next.get
            self._each(map(follow, self.single), 1)
            if self.double is not None:
                self._each(map(follow, self.double), 2)
        if (heads := root.prefixes) is not None:
            for word in {*self.exact, *(self.joined or ())}:
                if word[:_HEAD] in heads or "" in heads:
                    for node in root.beginning(word):
                        self._end(node)

    def _each(self, nodes: Iterator[Node | None], step: int) -> None:
        """The nodes behind the first word, and what follows them; nearly all the time goes by here."""
        field, free, present = self.field, self.free, self.present
        single, double, breaks = self.single, self.double, self.breaks
        for at, node in enumerate(nodes, step):
            if node is None:
                continue
            if free and node.free:
                present.update(node.free)
            if node.scoped is not None and field in node.scoped:
                present.update(node.scoped[field])
            following = node.next
            goes_on = following is not None and (
                single[at] in following or (double is not None and double[at] in following)
            )
            if (goes_on or node.prefixes is not None) and at not in breaks:
                self._on(node, at)

    def _on(self, node: Node, at: int) -> None:
        """From a node, along the words that begin at ``at``."""
        if at >= len(self.exact) or at in self.breaks:
            return
        if node.next is not None:
            if (child := node.next.get(self.single[at])) is not None:
                self._end(child)
                self._on(child, at + 1)
            if self.double is not None and (child := node.next.get(self.double[at])) is not None:
                self._end(child)
                self._on(child, at + 2)
        if node.prefixes is not None:
            for word in (self.exact[at], self.joined[at] if self.joined is not None else ""):
                for child in node.beginning(word):
                    self._end(child)

    def _end(self, node: Node) -> None:
        """Terms that end here are there."""
        if self.free and node.free:
            self.present.update(node.free)
        if node.scoped is not None:
            self.present.update(node.scoped.get(self.field, ()))


def _head(start: str) -> str:
    return start[:_HEAD] if len(start) >= _HEAD else ""
