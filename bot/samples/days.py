"""The sample papers as they lie in the data files, before they take a wire form."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import resources
from typing import Any, Final

DAYS: Final = 4
"""How many sample days there are; each is a file ``day<number>.json``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Organization:
    """Whose paper it is, as Hugging Face has it."""

    name: str
    """The short name in addresses: ``nvidia``."""
    fullname: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SamplePaper:
    """One paper. Everything but ``summary`` is a fact, unless ``made_up``."""

    id: str
    """The arXiv id without version: ``2510.18135``, ``nlin/0109019``."""
    title: str
    summary: str
    """Two to four sentences in our own words; never the authors' abstract."""
    authors: tuple[str, ...]
    published: datetime
    """The first version's moment in UTC; midnight where only the day is known."""
    tex_title: str | None = None
    """How arXiv writes the title, where Hugging Face writes it differently."""
    categories: tuple[str, ...] = ()
    """The primary one first; empty where only Hugging Face lists the paper."""
    comment: str | None = None
    doi: str | None = None
    keywords: tuple[str, ...] = ()
    organization: Organization | None = None
    code_url: str | None = None
    project_url: str | None = None
    made_up: bool = False
    """There is no such paper: it shows what happens to mentions and markup."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListRow:
    """A paper on a day's list of Hugging Face.

    Counts hold one value for each sample day from the list's own on; the last one is the recorded fact, and stays.
    """

    paper: SamplePaper
    upvotes: tuple[int, ...]
    comments: tuple[int, ...]
    stars: tuple[int, ...] = ()
    """Stars of the linked repository; empty where none is linked."""
    from_day: int = 1
    """The sample day on which the row appears, which may be later than its list."""
    without: frozenset[str] = frozenset()
    """Keys that the served row lacks."""
    null: frozenset[str] = frozenset()
    """Keys that the served row has as ``null``."""
    case: str = ""
    """What is awkward about it, for readers and tests; never served."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Announcement:
    """A paper in a day's batch of arXiv. A version above 1 is a replacement."""

    paper: SamplePaper
    version: int = 1
    case: str = ""
    """What is awkward about it, for readers and tests; never served."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleDay:
    """What both listings brought on one day."""

    number: int
    """Counted from 1."""
    huggingface: tuple[ListRow, ...]
    arxiv: tuple[Announcement, ...]


@functools.cache
def load() -> tuple[SampleDay, ...]:
    """Read the sample days from the package, the first day first. A paper is the same object on every day."""
    folder = resources.files("bot.samples")
    papers: dict[str, SamplePaper] = {}
    days = []
    for number in range(1, DAYS + 1):
        raw = json.loads(folder.joinpath(f"day{number}.json").read_text(encoding="utf-8"))
        papers.update((fields["id"], _paper(fields)) for fields in raw["papers"])
        days.append(
            SampleDay(
                number=number,
                huggingface=tuple(_row(fields, papers) for fields in raw["huggingface"]),
                arxiv=tuple(_announcement(fields, papers) for fields in raw["arxiv"]),
            )
        )
    return tuple(days)


def _paper(fields: dict[str, Any]) -> SamplePaper:
    published = datetime.fromisoformat(fields["published"])
    tuples = {key: tuple(fields.get(key, ())) for key in ("authors", "categories", "keywords")}
    organization = Organization(**fields["organization"]) if "organization" in fields else None
    made = {**fields, **tuples, "published": published.replace(tzinfo=UTC), "organization": organization}
    return SamplePaper(**made)


def _row(fields: dict[str, Any], papers: Mapping[str, SamplePaper]) -> ListRow:
    return ListRow(
        paper=papers[fields["id"]],
        upvotes=tuple(fields["upvotes"]),
        comments=tuple(fields["comments"]),
        stars=tuple(fields.get("stars", ())),
        from_day=fields.get("from_day", 1),
        without=frozenset(fields.get("without", ())),
        null=frozenset(fields.get("null", ())),
        case=fields.get("case", ""),
    )


def _announcement(fields: dict[str, Any], papers: Mapping[str, SamplePaper]) -> Announcement:
    return Announcement(paper=papers[fields["id"]], version=fields["version"], case=fields.get("case", ""))
