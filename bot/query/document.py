"""A paper prepared once for any number of queries.

Each text becomes :class:`Words`: three parallel tuples, one entry for each position::

    text     "Fine-tuning of world models"
    exact    ("fine",       "tuning", "of", "world",       "models")   what a quoted word is compared with
    stems    ("fine",       "tune",   "of", "world",       "model")    what any other word is compared with
    joined   ("finetuning", "",       "",   "worldmodels", "")         the compound with the *next* word
    joined_stems ("finetun", "",      "",   "worldmodel",  "")         what unquoted words see of it

So a text is a small graph: from position p an edge ``stems[p]`` (or ``exact[p]``) leads to p + 1, and, where there
is a compound, an edge ``joined_stems[p]`` leads to p + 2. A term matches where one of its
:attr:`~bot.query.tree.Term.patterns` is a path; quoted terms use the edges of ``exact`` alone, a prefix the edges of
``exact`` and ``joined`` for its last word. What the pattern has joined itself is no compound of the paper's. An index
over many queries walks the same graph with all patterns at once.
Positions of keywords never touch: a phrase does not run from one keyword into the next.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate, chain, compress, count
from typing import Final

from bot.models import REVISIONS, Paper
from bot.query.authors import Name, taken_apart
from bot.text.words import compound_stems, scanned, spans


@dataclass(frozen=True)
class Words:
    """One text of a paper, word by word."""

    text: str
    """As the paper has it; keywords joined by line breaks."""
    exact: tuple[str, ...]
    stems: tuple[str, ...]
    joined: tuple[str, ...]
    breaks: frozenset[int] = frozenset()
    """Positions that no phrase may run into: the first words of keywords."""

    @classmethod
    def of(cls, text: str) -> Words:
        """Prepare one text."""
        return cls(text, *scanned(text)) if text else _NOTHING

    @classmethod
    def of_list(cls, texts: Sequence[str]) -> Words:
        """Prepare several short texts as one, without a phrase across their borders."""
        if not texts:
            return _NOTHING
        parts = [scanned(text) for text in texts]
        firsts = accumulate(len(part.exact) for part in parts)
        exact, stemmed, joined = (tuple(chain.from_iterable(same)) for same in zip(*parts, strict=True))
        return cls("".join(f"{text}\n" for text in texts), exact, stemmed, joined, frozenset(firsts))

    @cached_property
    def spans(self) -> tuple[tuple[int, int], ...]:
        """Where each word stands in ``text``, in code points."""
        return spans(self.text)

    @cached_property
    def joined_stems(self) -> tuple[str, ...]:
        """The stem of each compound, "" where there is none."""
        places = compress(count(), self.joined)
        found = iter(compound_stems([(self.exact[at], self.exact[at + 1]) for at in places]))
        return tuple([next(found) if word else "" for word in self.joined])

    @cached_property
    def at_exact(self) -> Mapping[str, tuple[int, ...]]:
        """The positions of each word as written."""
        return _positions(self.exact)

    @cached_property
    def at_stem(self) -> Mapping[str, tuple[int, ...]]:
        """The positions of each stem."""
        return _positions(self.stems)

    @cached_property
    def at_joined(self) -> Mapping[str, tuple[int, ...]]:
        """The positions of the first part of each compound, by its stem."""
        return _positions(self.joined_stems)


_NOTHING = Words("", (), (), ())


@dataclass(frozen=True)
class Document:
    """All that a query can ask of a paper, prepared. Immutable, and the same in every process."""

    paper: Paper
    words: Mapping[str, Words]
    """By field: ``title``, ``abstract``, ``keyword``, ``org``; always all four."""
    flags: frozenset[tuple[str, str]]
    """Every ``(field, value)`` that holds: ``("has", "code")``, ``("source", "arxiv")``, …"""

    @classmethod
    def of(cls, paper: Paper) -> Document:
        """Prepare ``paper``."""
        return cls(paper, _Prepared(paper), frozenset(_flags(paper)))

    @cached_property
    def authors(self) -> tuple[tuple[str, Name], ...]:
        """Each author as the listing has it, and taken apart."""
        return tuple(
            [(author, name) for author in self.paper.authors if (name := taken_apart(author)) is not None]
        )


TEXTS: Final[Mapping[str, Callable[[Paper], Sequence[str]]]] = {
    "title": lambda paper: (paper.title,),
    "abstract": lambda paper: (paper.abstract,),
    "keyword": lambda paper: paper.keywords,
    "org": lambda paper: (paper.organization or "",),
}
"""The texts of each field. No phrase runs from one into the next."""


class _Prepared(Mapping[str, Words]):
    """The words of each field, prepared when somebody asks for them: most papers are wanted by nobody."""

    def __init__(self, paper: Paper) -> None:
        self._paper = paper
        self._held: dict[str, Words] = {}

    def __getitem__(self, field: str) -> Words:
        if (held := self._held.get(field)) is None:
            texts = TEXTS[field](self._paper)
            held = self._held[field] = Words.of_list(texts) if field == "keyword" else Words.of(texts[0])
        return held

    def __iter__(self) -> Iterator[str]:
        return iter(TEXTS)

    def __len__(self) -> int:
        return len(TEXTS)


def _flags(paper: Paper) -> Iterable[tuple[str, str]]:
    present = {
        "code": paper.code_url,
        "pdf": paper.pdf_url,
        "doi": paper.doi,
        "project": paper.project_url,
        "abstract": paper.abstract.strip(),
        "thumbnail": paper.thumbnail_url,
        "comment": paper.comment,
        "journal": paper.journal_ref,
        "org": paper.organization,
        "keywords": paper.keywords,
    }
    yield from (("has", name) for name, value in present.items() if value)
    for sighting in paper.sightings:
        yield "source", sighting.source.lower()
        yield "announce", sighting.announce.value
    revised = (paper.version or 1) > 1 or any(s.announce in REVISIONS for s in paper.sightings)
    yield "new-version", "yes" if revised else "no"


def _positions(forms: tuple[str, ...]) -> dict[str, tuple[int, ...]]:
    found: dict[str, list[int]] = {}
    for position, form in enumerate(forms):
        if form:
            found.setdefault(form, []).append(position)
    return {form: tuple(places) for form, places in found.items()}
