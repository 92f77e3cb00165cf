"""Tell a description of an interest from a list of words: all words of a paragraph never stand in one paper."""

from __future__ import annotations

import re
from typing import Final

from bot.text.words import STOP_WORDS, fold

ADVICE: Final = (
    "it reads like a description, and a filter wants each of its words in the paper; ask for its meaning with `like:`, "
    "or name the words that matter"
)
_QUOTED = re.compile(r'"[^"]*"|“[^”]*”')  # noqa: TID251 - a pattern of ours
_MARK = re.compile(  # noqa: TID251 - a pattern of ours
    r"\b(?:AND|OR|NOT|ANDNOT)\b|\||\[\w+\]|(?<=\w)\s?[<>]=?\s?\d|\badj\d?\b|\.(?:ti|ab|tw|mp)\b"
)
_SIGNS: Final = frozenset({"and", "or", "not", "andnot"})
"""Words that join search terms as often as they join sentences: they tell nothing."""
_WORD = re.compile(r"(?<![\w-])[^\W\d_]+(?![\w-]|:\S)")  # noqa: TID251 - a pattern of ours
_PROSE: Final = ((12, 0.2), (30, 0.12), (200, 0.05))
"""From so many words on, such a share of :data:`STOP_WORDS`: of running English it is every fourth word, of notes with
bullets every tenth, of search terms hardly any. The words of ``end-to-end`` and the field of ``has:code`` are not counted."""
_LONGEST: Final = 250


def described(text: str) -> str | None:
    """The beginning of ``text``, fit to be quoted, if it is running prose; else ``None``."""
    bare = _QUOTED.sub(" ", text)
    if _MARK.search(bare):
        return None
    words = [word for raw in _WORD.findall(bare) if (word := fold(raw)) not in _SIGNS]
    common = sum(word in STOP_WORDS for word in words)
    if not any(len(words) >= fewest and common >= share * len(words) for fewest, share in _PROSE):
        return None
    sentence = " ".join(re.sub(r'["“”„«»*#`]+', " ", text).split())
    return sentence if len(sentence) <= _LONGEST else sentence[:_LONGEST].rpartition(" ")[0]
