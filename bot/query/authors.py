"""Names of people: which spellings may be the same person's.

«Levine, Sergey», «Sergey Levine» and «S. Levine» are compatible; «Simon Levine» contradicts «Sergey Levine», and
«Michael B. Jordan» contradicts «Michael I. Jordan» but not «Michael Jordan». Given names and family names are never
swapped: for a listing that writes the family name first, write the query as that listing does, or with a comma.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from bot.text.words import fold

PARTICLES: Final = frozenset(
    [
        "af",
        "al",
        "ap",
        "bin",
        "ibn",
        "da",
        "das",
        "de",
        "del",
        "della",
        "den",
        "der",
        "di",
        "do",
        "dos",
        "du",
        "el",
        "la",
        "le",
        "los",
        "ten",
        "ter",
        "van",
        "von",
        "y",
        "zu",
        "zur",
        "zum",
    ]
)
_SUFFIXES: Final = frozenset({"jr", "sr", "ii", "iii", "iv", "phd"})
_SPECIAL: Final = PARTICLES | _SUFFIXES
_PARTS = re.compile(r"[^\s.,;·]+")  # noqa: TID251 - a pattern of ours


@dataclass(frozen=True, slots=True)
class Name:
    """A name taken apart; every part folded, hyphens kept inside a part as ``-``."""

    given: tuple[str, ...]
    family: tuple[str, ...]
    """With its particles: ``van den oord``. Of a name of one part, that part."""

    @property
    def key(self) -> str:
        """The last part of the family name: every name that matches a fuller one has the same."""
        return self.family[-1]

    @property
    def core(self) -> tuple[str, ...]:
        """The family name without its particles, which some listings drop; all of it if there is nothing else."""
        return tuple(part for part in self.family if part not in PARTICLES) or self.family

    @property
    def keys(self) -> frozenset[str]:
        """The parts by which a query of a single part finds this name: all but the first given name."""
        return frozenset((*self.given[1:], *self.family))


def name_words(name: str) -> tuple[str, ...]:
    """The parts of a name, folded, in the order written."""
    if name.isascii() and name.replace(" ", "").isalpha():
        return tuple([p for p in name.lower().split() if p not in _SUFFIXES])
    parts = (_part(p) for p in _PARTS.findall(name))
    return tuple(p for p in parts if p and p not in _SUFFIXES)


def taken_apart(name: str) -> Name | None:
    """Read a name in any of the usual forms; ``None`` if there is no letter in it."""
    if (plain := plain_words(name)) is not None:
        return Name(tuple(plain[:-1]), (plain[-1],))
    before, comma, after = name.partition(",")
    if comma and name_words(before) and name_words(after):
        family, given = name_words(before), name_words(after)
        while given and given[-1] in PARTICLES:  # «Oord, Aäron van den»
            given, family = given[:-1], (given[-1], *family)
        return Name(given, family)
    words = name_words(name)
    if not words:
        return None
    if len(words) > 1 and _is_initial(words[-1]) and not _is_initial(words[0]):
        return Name(words[1:], words[:1])  # «Levine S»
    if name.strip()[:1].islower() and PARTICLES.issuperset(words[:-1]):
        return Name((), words)  # «van den Oord», but not «Di Wu»
    first = len(words) - 1
    while first > 1 and words[first - 1] in PARTICLES:
        first -= 1
    return Name(words[:first], words[first:])


def plain_words(name: str) -> list[str] | None:
    """The words of a name in ASCII letters without particle, suffix, or an initial at its end, as most are.

    The last is the family name; ``None`` for any other name, which :func:`taken_apart` reads.
    """
    if not (name.isascii() and name.replace(" ", "").isalpha()):
        return None
    words = name.lower().split()
    return words if len(words) > 1 and len(words[-1]) > 1 and _SPECIAL.isdisjoint(words) else None


def same_person(asked: Name, author: Name) -> bool:
    """Whether the author of a paper may be the person asked for."""
    if not asked.given:
        return asked.key in author.keys if len(asked.family) == 1 else asked.core == author.core
    if not author.given or asked.core != author.core:
        return False
    return given_compatible(asked.given, author.given)


def given_compatible(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """Given names: the first agree, and the middle names of the shorter are all among those of the longer."""
    if "".join(one).replace("-", "") == "".join(other).replace("-", ""):
        return True  # Fei-Fei, Feifei
    one, other = _split(one), _split(other)
    if not _agree(one[0], other[0]):
        return False
    shorter, longer = sorted((one[1:], other[1:]), key=len)
    rest = iter(longer)
    return all(any(_agree(name, candidate) for candidate in rest) for name in shorter)


def _agree(one: str, other: str) -> bool:
    if _is_initial(one) or _is_initial(other):
        return one[0] == other[0]
    return one == other


def _split(parts: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(piece for part in parts for piece in part.split("-"))


def _is_initial(part: str) -> bool:
    return len(part) == 1 and part.isascii()


def _part(raw: str) -> str:
    if raw.isascii() and raw.isalnum():
        return raw.lower()
    pieces = ("".join(c for c in piece if c.isalnum()) for piece in fold(raw).replace("‐", "-").split("-"))
    return "-".join(piece for piece in pieces if piece)
