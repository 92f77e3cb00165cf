"""Words: where they stand in a text, and which spellings of them are one word.

Three readings of a word, each coarser than the one before:

* as written: ``Schölkopf’s``, the span of the token;
* *folded*: ``scholkopf``: without case, width, accents, ligatures and the possessive «'s»;
* *stemmed*: ``scholkopf``, and ``polici`` for policy and policies (Snowball's English stemmer,
  https://snowballstem.org/algorithms/english/stemmer.html); ``llm`` for LLM and LLMs, which it takes for two words.

What folding does to the letters that have no simple answer: ß is ss, İ and ı are i, æ is ae, œ is oe, ø is o,
ł is l, đ and ð are d, þ is th; Й is И, as every accent goes. «oe» for ö is another spelling, not the same word.
Text in Han characters and kana has no spaces: each character is a word, and a run of them a phrase.

All of it depends on nothing but the text, so that every process reads a paper and a query alike.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable, Sequence
from itertools import islice, pairwise
from sys import intern
from typing import Final, NamedTuple
from unicodedata import normalize

import snowballstemmer

STOP_WORDS: Final = frozenset(
    [
        "a",
        "an",
        "and",
        "any",
        "are",
        "as",
        "at",
        "be",
        "been",
        "but",
        "by",
        "can",
        "do",
        "does",
        "for",
        "from",
        "had",
        "has",
        "have",
        "he",
        "her",
        "his",
        "how",
        "i",
        "if",
        "in",
        "into",
        "is",
        "it",
        "its",
        "may",
        "more",
        "most",
        "no",
        "nor",
        "not",
        "of",
        "off",
        "on",
        "one",
        "or",
        "our",
        "out",
        "per",
        "she",
        "so",
        "some",
        "such",
        "than",
        "that",
        "the",
        "their",
        "them",
        "then",
        "there",
        "these",
        "they",
        "this",
        "those",
        "to",
        "too",
        "up",
        "us",
        "via",
        "was",
        "we",
        "were",
        "what",
        "when",
        "where",
        "which",
        "while",
        "who",
        "whose",
        "why",
        "will",
        "with",
        "you",
        "your",
    ]
)
"""Words that stand in nearly every abstract: they never make a compound, and alone they are no query."""

APOSTROPHES: Final = "'’ʼ"
"""Between two letters they part no word."""
_MARKS = "\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe00-\ufe0f"
_INVISIBLE = "\u00ad\u200b-\u200f\u2060-\u2064\ufeff"
_SINGLES = "\u3041-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff66-\uff9f\U0001b000-\U0001b16f\U00020000-\U0003ffff"
_LETTER = rf"[^\W_{_SINGLES}]"
_RUN = rf"{_LETTER}(?:{_LETTER}|[{_MARKS}{_INVISIBLE}])*"
# In this order: LaTeX's orders to the typesetter, which are not words; A*, C++ and C#; a word, with the
# apostrophes inside it; one Han character.
_TOKEN = re.compile(  # noqa: TID251 - a pattern of ours
    r"\\(?:em|bf|it|rm|sf|tt|sc|sl|emph|mbox|hbox|left|right|math(?:bf|rm|cal|bb|it|sf|tt|frak|scr)"
    r"|text(?:bf|it|rm|sc|sf|tt|sl|normal)?|operatorname|boldsymbol|ensuremath)(?![A-Za-z])"
    rf"|(?P<word>(?<![^\W_])[A-Za-z](?:\+\+|[*#])(?![\w*#+])|{_RUN}(?:[{APOSTROPHES}]{_RUN})*|[{_SINGLES}])"
)
_ASCII_WORD = re.compile(r"[A-Za-z0-9]+(?:'[A-Za-z0-9]+)*")  # noqa: TID251 - a pattern of ours
# The same words, as the odd ones among the parts of a text: in lower case without and with apostrophes, and beyond ASCII.
_PARTS = re.compile(r"([a-z0-9]+)")  # noqa: TID251 - a pattern of ours
_QUOTED_PARTS = re.compile(r"([a-z0-9]+(?:'[a-z0-9]+)*)")  # noqa: TID251 - a pattern of ours
_WIDE_PARTS = re.compile(rf"([^\W_]+(?:[{APOSTROPHES}][^\W_]+)*)")  # noqa: TID251 - a pattern of ours
_UNUSUAL = re.compile(rf"[{_MARKS}{_INVISIBLE}{_SINGLES}]")  # noqa: TID251 - a pattern of ours
_SIGNED_WORD = re.compile(r"\\[A-Za-z]|[A-Za-z](?:\+\+|[*#])")  # noqa: TID251 - a pattern of ours
_SINGLE = re.compile(f"[{_SINGLES}]")  # noqa: TID251 - a pattern of ours
# Initials in the plural (LLMs, GNNs), whose s the stemmer takes for a part of the word, since there is no vowel before it.
_INITIALS = re.compile("[bcdfghjklmnpqrtvwxz]{3,}s")  # noqa: TID251 - a pattern of ours
_DROPPED = re.compile(rf"[{_MARKS}{_INVISIBLE}]")  # noqa: TID251 - a pattern of ours
HYPHENS: Final = frozenset("-‐‑‒–−")
_PARTING: Final = frozenset([", ", ". ", ": ", "; ", " (", ") ", "), ", "). ", ".", "/"])
"""What most often stands between words that make no compound; the rest is decided in :func:`_over`."""
TYPESETTING: Final = "${}\\ \u00a0\t\r\n\u00ad"
"""What parts words like a mere space."""
_TYPESETTING: Final = str.maketrans("", "", TYPESETTING)
_LETTERS: Final = str.maketrans(
    {"ı": "i", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ħ": "h", "ŧ": "t"}
)
_CACHED_WORDS: Final = 1 << 16

_stemmer = snowballstemmer.stemmer("english")
if hasattr(_stemmer, "maxCacheSize"):
    _stemmer.maxCacheSize = 0  # PyStemmer's own cache costs twice what stemming anew does
# The stemmer keeps its state in itself; a lock costs less than a stemmer for each thread.
_stemming = threading.Lock()


class Token(NamedTuple):
    """One word of a text."""

    start: int
    end: int
    """``text[start:end]`` is the word as written; offsets in code points."""
    exact: str
    """Its folded form."""
    stem: str


def fold(text: str) -> str:
    """Take away case, width, accents, ligatures and invisible characters; folding twice changes nothing more."""
    if text.isascii():
        return text.lower()
    # Twice: a capital that appears only after decomposition (ϓ, math letters) needs the second pass.
    for _ in range(2):
        text = _DROPPED.sub("", normalize("NFKD", text.casefold())).translate(_LETTERS)
    return normalize("NFC", text)


def tokens(text: str) -> tuple[Token, ...]:
    """The words of ``text`` in their order. LaTeX marks and HTML-like noise only part words, they hide none."""
    if _is_plain(text):
        return tuple([Token(*m.span(), *reading(m[0])[:2]) for m in _ASCII_WORD.finditer(text)])
    return tuple(
        [
            Token(*m.span(), *found[:2])
            for m in _TOKEN.finditer(text)
            if (raw := m["word"]) and (found := reading(raw))[0]
        ]
    )


class Scanned(NamedTuple):
    """The words of a text without their places, in parallel tuples: what comparing needs, at half the cost."""

    exact: tuple[str, ...]
    stems: tuple[str, ...]
    joined: tuple[str, ...]
    """As :func:`compounds` gives them."""


def scanned(text: str) -> Scanned:
    """The words that :func:`tokens` finds, and their compounds."""
    if text.isascii():
        text = text.lower()  # fewer words to remember
        pattern = _QUOTED_PARTS if "'" in text else _PARTS
    else:
        pattern = _WIDE_PARTS
    if is_simple(text):
        parts = pattern.split(text)
        if len(parts) == 1:
            return Scanned((), (), ())
        exact, stemmed, joins = zip(*map(reading, parts[1::2]), strict=True)
        if "" not in exact:
            return Scanned(exact, stemmed, _compounds(parts[2:-1:2], exact, joins))
    found = tokens(text)
    return Scanned(tuple([t.exact for t in found]), tuple([t.stem for t in found]), compounds(text, found))


def spans(text: str) -> tuple[tuple[int, int], ...]:
    """Where each word that :func:`tokens` finds stands in ``text``."""
    if _is_plain(text):
        return tuple([m.span() for m in _ASCII_WORD.finditer(text)])
    return tuple([(t.start, t.end) for t in tokens(text)])


def _is_plain(text: str) -> bool:
    """Whether its words are runs of ASCII letters and digits, so that a simpler pattern finds them."""
    return text.isascii() and is_simple(text)


def is_simple(text: str) -> bool:
    """Whether its words are runs of letters and digits: none with signs or marks, and none of a single character."""
    if not text.isascii() and _UNUSUAL.search(text) is not None:
        return False
    signed = "\\" in text or "*" in text or "#" in text or "++" in text
    return not signed or _SIGNED_WORD.search(text) is None


def stem(word: str) -> str:
    """The stem of a folded word: what its endings have in common."""
    return reading(word)[1]


def stems(words: Iterable[str]) -> list[str]:
    """The stems of many folded words at once; for words too rare to remember."""
    with _stemming:
        found = _stemmer.stemWords(list(words))
    return list(map(_singular, found))


def _singular(stemmed: str) -> str:
    return stemmed[:-1] if _INITIALS.fullmatch(stemmed) else stemmed


def compound_stems(pairs: Iterable[tuple[str, str]]) -> list[str]:
    """The stems of folded words written as one, pair by pair.

    An ending is taken off the second word, of which two letters stay: what swallows a word is no ending.
    """
    pairs = list(pairs)
    joined = [left + right for left, right in pairs]
    return [
        stemmed if stemmed.startswith(left + right[:2]) else whole
        for (left, right), whole, stemmed in zip(pairs, joined, stems(joined), strict=True)
    ]


def joinable(left: str, right: str) -> bool:
    """Whether two folded words side by side may also be written as one: «fine tuning», «data set».

    Both need three letters and a meaning of their own, or «robots in formation» would be about information and
    «a symmetric matrix» about asymmetric ones. With a hyphen between them, see :func:`hyphenated`.
    """
    return _joins(left) and _joins(right)


def hyphenated(left: str, right: str) -> bool:
    """Whether two folded words with a hyphen between them may be written as one: all but two numbers («1-2»)."""
    return not (left.isdigit() and right.isdigit())


def unspaced(word: str) -> bool:
    """Whether it is a word of one Han character or kana, written without spaces between it and the next."""
    return len(word) == 1 and _SINGLE.match(word) is not None


def compounds(text: str, words: tuple[Token, ...]) -> tuple[str, ...]:
    """For each word the compound that it makes with the next one (``finetuning``), or "" where it makes none.

    A hyphen always joins; a mere space joins what :func:`joinable` allows; any other mark parts.
    """
    exact = tuple([word.exact for word in words])
    gaps = [text[left.end : right.start] for left, right in pairwise(words)]
    return _compounds(gaps, exact, [_joins(word) for word in exact])


def _compounds(gaps: Sequence[str], exact: Sequence[str], joins: Sequence[bool]) -> tuple[str, ...]:
    """The compounds of words, what stands between them, and whether each may join another over a space."""
    made = [
        (left + right if a and b else "")
        if gap == " "
        else ("" if gap in _PARTING else _over(gap, left, right))
        for gap, left, right, a, b in zip(
            gaps, exact, islice(exact, 1, None), joins, islice(joins, 1, None), strict=False
        )
    ]
    if exact:
        made.append("")
    return tuple(made)


def _over(gap: str, left: str, right: str) -> str:
    """The compound over anything but a single space."""
    gap = gap.translate(_TYPESETTING)
    joined = hyphenated(left, right) if gap in HYPHENS else not gap and joinable(left, right)
    return left + right if joined else ""


def _joins(word: str) -> bool:
    return len(word) > 2 and word.isalpha() and word not in STOP_WORDS


class _Readings(dict[str, tuple[str, str, bool]]):
    """For each token its folded form, its stem, and whether it may join another over a space."""

    def __missing__(self, raw: str) -> tuple[str, str, bool]:
        folded = fold(raw)
        if not folded.isalnum() and not (folded[:1].isascii() and folded[1:] in {"++", "*", "#"}):
            folded = folded.replace("’", "'").replace("ʼ", "'").removesuffix("'s")
            folded = "".join([c for c in folded if c.isalnum()])
        with _stemming:
            found = folded, intern(_singular(_stemmer.stemWord(folded))), _joins(folded)
        if len(self) >= _CACHED_WORDS:
            self.clear()  # the common words are back after a few papers
        self[raw] = found
        return found


reading: Final = _Readings().__getitem__
"""The folded form of a token, its stem, and whether it may join another over a space."""
