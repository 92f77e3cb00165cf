"""All examples of meaning that subscriptions name, held against one paper at once."""

from __future__ import annotations

from array import array
from collections.abc import Hashable
from typing import Generic, TypeVar

from bot.matching.meaning.compare import Meaning, joined
from bot.matching.meaning.recent import SCORE, Cut
from bot.matching.meaning.vectors import Rows

Key = TypeVar("Key", bound=Hashable)


class Examples(Generic[Key]):
    """Texts by what asks for them, each with its cut. A paper's words lead to those that share one."""

    def __init__(self) -> None:
        self._rows: dict[Key, int] = {}
        self._keys: list[Key | None] = []
        self._meanings: list[Meaning] = []
        self._cuts: list[Cut] = []
        self._free: list[int] = []
        self._words: dict[str, dict[int, float]] = {}
        self._vectors = Rows()

    def __len__(self) -> int:
        return len(self._rows)

    def __contains__(self, key: object) -> bool:
        return key in self._rows

    def put(self, key: Key, meaning: Meaning, cut: Cut) -> None:
        """Hold an example, in place of the former one of the same key."""
        self.drop(key)
        row = self._free.pop() if self._free else len(self._keys)
        if row == len(self._keys):
            self._keys.append(key)
            self._meanings.append(meaning)
            self._cuts.append(cut)
        self._rows[key], self._keys[row] = row, key
        self._meanings[row], self._cuts[row] = meaning, cut
        for word, weight in meaning.words.items():
            self._words.setdefault(word, {})[row] = weight
        if meaning.vector is not None:
            self._vectors.put(row, meaning.vector)

    def drop(self, key: Key) -> None:
        """Forget an example, if it is held."""
        row = self._rows.pop(key, None)
        if row is None:
            return
        for word in self._meanings[row].words:
            held = self._words[word]
            del held[row]
            if not held:
                del self._words[word]
        self._keys[row] = None
        self._free.append(row)

    def near(self, meaning: Meaning) -> dict[Key, float]:
        """The examples that the paper is near enough to, with what that counts."""
        count = len(self._keys)
        by_words = array("d", bytes(8 * count))
        for word, weight in meaning.words.items():
            for row, asked in self._words.get(word, {}).items():
                by_words[row] += asked * weight
        by_model = self._vectors.dots(meaning.vector, count) if meaning.vector is not None else None
        found = {}
        for row, key in enumerate(self._keys):
            if key is None:
                continue
            both = by_model is not None and self._meanings[row].vector is not None
            score = joined(by_words[row], by_model[row] if both and by_model is not None else None)
            if score >= self._cuts[row].of(vector=both):
                found[key] = SCORE * score
        return found
