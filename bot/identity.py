"""When two papers are one: a preprint and its journal version, one paper under an arXiv id and a DOI (pure).

Ids that a listing itself names (an arXiv record's DOI, bioRxiv's link to the journal) are believed. Else the title
decides, word by word, together with a shared author: generic titles («Editorial») and short ones decide nothing. Two ids of
one registry (two arXiv ids, two journals' DOIs) are two papers, whatever they are called.
"""

from __future__ import annotations

import hashlib
import unicodedata
from typing import Final

from bot.models import Paper
from bot.text.ids import canonical_id

SHORTEST: Final = 25
"""Letters of a title below which it names nothing by itself."""
FEWEST_WORDS: Final = 4
_ABOUT_OTHERS: Final = (
    "correction",
    "erratum",
    "corrigendum",
    "retraction",
    "author correction",
    "publisher correction",
    "response to",
    "reply to",
    "comment on",
)
"""Beginnings of titles that repeat another paper's."""
_SHORTEST_NAME: Final = 2
PREPRINTS: Final = (
    "10.1101/",
    "10.64898/",
    "10.48550/",
    "10.21203/",
    "10.20944/",
    "10.26434/",
    "10.31234/",
    "10.2139/",
)
"""DOI prefixes of bioRxiv and medRxiv (two), arXiv, Research Square, Preprints.org, ChemRxiv, PsyArXiv, SSRN."""


def other_ids(paper: Paper) -> tuple[str, ...]:
    """Canonical ids besides its own that the listing itself gives the paper."""
    link = (
        paper.journal_ref if paper.journal_ref and paper.journal_ref.startswith("https://doi.org/") else None
    )
    named = [canonical_id(text) for text in (paper.doi, link) if text]
    return tuple(dict.fromkeys(one for one in named if one and one != paper.id))


def title_mark(paper: Paper) -> str | None:
    """A mark that papers of the same title share; ``None`` where the title or the authors decide nothing."""
    plain = unicodedata.normalize("NFKD", paper.title).casefold()
    letters = "".join(char for char in plain if char.isalnum())
    if len(letters) < SHORTEST or len(plain.split()) < FEWEST_WORDS or not paper.authors:
        return None
    if plain.startswith(_ABOUT_OTHERS):
        return None
    return hashlib.sha256(letters.encode()).hexdigest()[:20]


def may_be_one(one: str, other: str) -> bool:
    """May the papers of these two ids be one? Not where one registry gave both, but for a preprint and a journal."""
    scheme, _, name = one.partition(":")
    other_scheme, _, other_name = other.partition(":")
    if scheme != other_scheme:
        return True
    return scheme == "doi" and name.startswith(PREPRINTS) != other_name.startswith(PREPRINTS)


def share_an_author(one: Paper, other: Paper) -> bool:
    """Does one of the first authors bear a name that the other paper's authors bear, too?"""
    return bool(_names(one.authors[:3]) & _names(other.authors))


def _names(authors: tuple[str, ...]) -> set[str]:
    """Words of names of two letters and more, without accents: «Sol, A.» and «Ana Sól» share one."""
    said = unicodedata.normalize("NFKD", " ".join(authors)).casefold()
    return {
        word
        for word in "".join(
            char if char.isalnum() else " " for char in said if not unicodedata.combining(char)
        ).split()
        if len(word) >= _SHORTEST_NAME
    }
