"""Grams that end with the beginning of a word: ``diffusion polic*``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from bot.matching.texts import Texts
from bot.query.tree import Joined

_HEAD: Final = 3
"""Beginnings are kept by their first three letters; shorter ones, which no typed query has, under none."""
_JOINED: Final = "="
"""Before a word that a term has joined: no word has such a sign."""


class Beginnings:
    """Those of one kind and field."""

    def __init__(self) -> None:
        self._held: dict[str, dict[str, dict[str, tuple[int, ...]]]] = {}
        """The atoms of each, by the words before it, by its first letters, then by itself."""
        self._before: dict[str, int] = {}
        """How often something is among the words before one, or begins them."""

    def __bool__(self) -> bool:
        return bool(self._held)

    def ends(self, words: tuple[str, ...]) -> Sequence[int]:
        """The atoms of a gram."""
        return self._held.get(_lead(words), {}).get(_head(words[-1]), {}).get(words[-1], ())

    def put(self, words: tuple[str, ...], atom: int) -> None:
        """Let a gram have one more atom."""
        held = self._held.setdefault(_lead(words), {}).setdefault(_head(words[-1]), {})
        held[str(words[-1])] = (*held.get(words[-1], ()), atom)
        for start in _starts(words):
            self._before[start] = self._before.get(start, 0) + 1

    def drop(self, words: tuple[str, ...], atom: int) -> None:
        """Let a gram have one atom less."""
        lead, head = _lead(words), _head(words[-1])
        heads = self._held[lead]
        left = tuple([one for one in heads[head].pop(words[-1]) if one != atom])
        if left:
            heads[head][str(words[-1])] = left
        elif not heads[head]:
            del heads[head]
            if not heads:
                del self._held[lead]
        for start in _starts(words):
            self._before[start] -= 1
            if not self._before[start]:
                del self._before[start]

    def find(self, texts: Texts, *, exact: bool) -> Iterator[tuple[int, int]]:
        """Papers and the atoms that they have; quoted words have no compounds."""
        compounds: Mapping[int, str] = {} if exact or not self._before else texts.compounds
        words = texts.written(texts.exact)
        single = words if exact else texts.written(texts.stems)
        joined = [""] * len(single) if exact else texts.joined
        for paper, places in texts.papers():
            part = slice(places.start, places.stop)
            yield from ((paper, atom) for atom in self._ends("", {*words[part], *joined[part]}))
            reached = [("", at) for at in places] if self._before else []
            for start, at in reached:  # which grows meanwhile
                if at >= places.stop:
                    continue
                if start in self._held:
                    yield from ((paper, atom) for atom in self._ends(start, (words[at], joined[at])))
                for word, size in ((single[at], 1), (_JOINED + single[at], 1), (compounds.get(at), 2)):
                    if word and (key := f"{start} {word}") in self._before:
                        reached.append((key, at + size))

    def _ends(self, lead: str, words: Iterable[str]) -> Iterator[int]:
        """Those after ``lead`` that one of the words begins with."""
        heads = self._held.get(lead)
        if heads is None:
            return
        short = heads.get("")
        for word in filter(None, words):
            for held in (heads.get(word[:_HEAD]), short):
                for start, atoms in held.items() if held else ():
                    if word.startswith(start):
                        yield from atoms


def _lead(words: tuple[str, ...]) -> str:
    """The words before the last, each with a space before it."""
    return "".join([f" {_JOINED}{word}" if isinstance(word, Joined) else f" {word}" for word in words[:-1]])


def _starts(words: tuple[str, ...]) -> list[str]:
    """The beginnings of the words before the last, all of them last."""
    return [_lead((*words[:size], "")) for size in range(1, len(words))]


def _head(start: str) -> str:
    return start[:_HEAD] if len(start) >= _HEAD else ""
