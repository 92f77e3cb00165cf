"""Hugging Face's page of one paper: models, datasets and Spaces that name it, code and its stars.

``GET {URL}/api/papers/{arXiv id}``; only here are the linked repositories. 404 means that nobody listed or named the
paper there, which is normal. The budget (500 requests in five minutes without a token, in the ``RateLimit`` header:
https://huggingface.co/docs/hub/rate-limits) is shared with the daily lists, which go first: what is asked here
stops while a part of it is left.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any, Final
from urllib.parse import quote

from bot.errors import ListingMalformed
from bot.listings import documents
from bot.listings.page import Page
from bot.listings.politeness import Manners
from bot.listings.reader import Reader
from bot.listings.wait import budget_left
from bot.models import Link, Paper
from bot.ports import Shelf
from bot.text.ids import arxiv_id

NAME: Final = "huggingface"
SPARED: Final = 100
"""Requests of the host's budget that are left to the daily lists."""
_KINDS: Final = (
    ("model", "linkedModels", ""),
    ("dataset", "linkedDatasets", "datasets/"),
    ("space", "linkedSpaces", "spaces/"),
)
_SHOWN: Final = 3
"""Linked repositories of each kind that are kept, best liked first; of the others only the number."""
_TAG_KEPT: Final = timedelta(days=30)


def parse(data: bytes, *, site: str) -> Page:
    """Read the page of one paper. Raises ListingMalformed for what is none."""
    row = documents.mapping(documents.load(data))
    found = arxiv_id(documents.text(row.get("id")))
    if found is None:
        raise ListingMalformed("The answer is no paper of Hugging Face.")
    paper = Paper(
        id=found.canonical,
        title=found.base,
        upvotes=documents.count(row.get("upvotes")),
        stars=documents.count(row.get("githubStars")),
        code_url=documents.web_address(row.get("githubRepo")),
        project_url=documents.web_address(row.get("projectPage")),
        linked=tuple(_linked(row, site)),
        models=documents.count(row.get("numTotalModels")),
        datasets=documents.count(row.get("numTotalDatasets")),
        spaces=documents.count(row.get("numTotalSpaces")),
    )
    return Page(papers=(paper,), rows=1)


def _linked(row: Mapping[str, Any], site: str) -> Iterator[Link]:
    for kind, name, path in _KINDS:
        repositories = [documents.mapping(one) for one in documents.items(row.get(name))[:500]]
        liked = sorted(repositories, key=lambda one: -(documents.count(one.get("likes")) or 0))
        for one in liked[:_SHOWN]:
            if called := documents.text(one.get("id"), one.get("repoId"))[:200]:
                yield Link(kind=kind, name=called, url=f"{site}/{path}{quote(called)}")


class HubPages:
    """One request for each paper, conditional from the second on."""

    name = NAME
    at_once = 1

    def __init__(self, url: str, reader: Reader, shelf: Shelf, *, per_day: int) -> None:
        self.per_day = per_day
        self._url = url.rstrip("/")
        self._reader = reader
        self._shelf = shelf
        # A family of its own: what is asked here never stands before the daily lists in a queue.
        self._manners = Manners("huggingface-papers", interval=0.5, cooldown=60.0)

    def knows(self, paper: Paper) -> bool:
        """ArXiv's papers only."""
        return paper.id.startswith("arxiv:")

    async def enrich(self, papers: Sequence[Paper]) -> Sequence[Paper]:
        found: list[Paper] = []
        for paper in papers:
            name = f"tag:{paper.id}"
            answer = await self._reader.fetcher.get(
                f"{self._url}/api/papers/{quote(paper.short_id)}",
                etag=await self._shelf.get(name),
                manners=self._manners,
                accept=frozenset({200, 404}),
            )
            if answer.status == 200:
                page = await self._reader.parse(parse, answer, subject="huggingface-papers", site=self._url)
                found += [one for one in page.papers if one.id == paper.id]
                if answer.etag:
                    await self._shelf.put(name, answer.etag, ttl=_TAG_KEPT)
            if (left := budget_left(answer.headers)) is not None and left[0] < SPARED:
                await self._reader.fetcher.limiter.cool(
                    self._manners, left[1], "the rest of Hugging Face's budget is left to the daily lists"
                )
        return found
