"""What reading one answer of a listing gives."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from bot.errors import ListingMalformed
from bot.models import Paper

NAMED_PROBLEMS: Final = 5
"""So many unreadable rows are described in words; the rest is only counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One answer, read: its papers, what could not be read, and where the next page is."""

    papers: tuple[Paper, ...]
    skipped: int = 0
    """Rows that were there and could not be read."""
    problems: tuple[str, ...] = ()
    """Why, for the first few of them."""
    damaged: bool = False
    """The document itself was broken or cut off; the rows that could be read are here all the same."""
    rows: int = 0
    """Rows in the answer, of whatever kind."""
    total: int | None = None
    """How many rows the whole listing says it has, over all its pages."""
    next: str | None = None
    """The token of the next page; ``None`` on the last."""
    title: str = ""
    """What the listing calls itself, where it does."""

    @property
    def suspicious(self) -> bool:
        """More than a fifth of the rows were unreadable: probably the listing changed its form."""
        return self.damaged or self.skipped * 5 > len(self.papers) + self.skipped


class Rows:
    """Collects the rows of one answer: a bad row is counted and named, and never costs another row."""

    def __init__(self) -> None:
        self.papers: list[Paper] = []
        self.left_out = 0
        self.skipped = 0
        self.problems: list[str] = []

    def add(self, paper: Paper) -> None:
        """Keep a paper."""
        self.papers.append(paper)

    def leave_out(self) -> None:
        """Count a row that can be read and is not wanted."""
        self.left_out += 1

    def skip(self, why: str) -> None:
        """Count a row that cannot be read."""
        self.skipped += 1
        if len(self.problems) < NAMED_PROBLEMS:
            self.problems.append(why[:200])

    def page(
        self,
        *,
        damaged: bool = False,
        total: int | None = None,
        next: str | None = None,  # noqa: A002
        title: str = "",
    ) -> Page:
        """Everything collected, as one page.

        Raises ListingMalformed if there were rows and none could be read, or nothing but a broken document.
        """
        if self.skipped and not self.papers and not self.left_out:
            raise ListingMalformed(f"None of its {self.skipped} rows could be read: {self.problems[0]}.")
        if damaged and not self.papers and not self.left_out:
            raise ListingMalformed("The answer is broken, and nothing of it could be read.")
        return Page(
            papers=tuple(self.papers),
            skipped=self.skipped,
            problems=tuple(self.problems),
            damaged=damaged,
            rows=len(self.papers) + self.left_out + self.skipped,
            total=total,
            next=next,
            title=title,
        )


def each_once(papers: Iterable[Paper]) -> tuple[Paper, ...]:
    """Each paper once, where it came first, as it was said last, with all its sightings."""
    found: dict[str, Paper] = {}
    for paper in papers:
        earlier = found.get(paper.id)
        seen = (
            () if earlier is None else tuple(one for one in earlier.sightings if one not in paper.sightings)
        )
        found[paper.id] = replace(paper, sightings=seen + paper.sightings)
    return tuple(found.values())
