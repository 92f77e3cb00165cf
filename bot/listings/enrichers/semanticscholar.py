"""Semantic Scholar: citations and an open PDF. Off until a key is set, or its shared pool is accepted.

Without a key everybody shares one pool, which mostly answers 429 and never says for how long; a key allows one request
a second in all (https://www.semanticscholar.org/product/api). Up to 500 papers go into one request
(https://api.semanticscholar.org/api-docs/graph, ``paper/batch``): the answer has a row for each, ``null`` for one unknown.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from pydantic import BaseModel, Field, SecretStr

from bot.errors import ListingMalformed
from bot.listings import documents
from bot.listings.page import Page
from bot.listings.politeness import Manners
from bot.models import Paper
from bot.ports import Enricher, PluginContext, SourcePlugin

if TYPE_CHECKING:  # the program's help must not wait for an HTTP client
    from bot.listings.reader import Reader

NAME: Final = "semanticscholar"
_FIELDS: Final = "externalIds,citationCount,openAccessPdf"


class SemanticScholarSettings(BaseModel):
    """Settings under ``PIGEON_SEMANTICSCHOLAR__``."""

    url: str = Field("https://api.semanticscholar.org", description="Address of the API.")
    api_key: SecretStr = Field(SecretStr(""), description="A key allows one request a second. Empty: off.")
    shared_pool: bool = Field(
        default=False, description="Ask without a key, from a pool that all share and that mostly refuses."
    )
    per_day: int = Field(500, ge=1, le=10_000, description="Most requests a day, of up to 100 papers each.")


def parse(data: bytes) -> Page:
    """Read a batch: for each row a paper called by its place in the answer; ``null`` gives none.

    Raises ListingMalformed for what is none.
    """
    rows = documents.load(data)
    if not isinstance(rows, list):
        said = documents.text(documents.mapping(rows).get("error"), documents.mapping(rows).get("message"))
        raise ListingMalformed(
            f"The answer is no batch of Semantic Scholar{f': {said[:200]}' if said else ''}."
        )
    found = []
    for place, row in enumerate(rows[: documents.MOST_ITEMS]):
        fields = documents.mapping(row)
        if not fields:
            continue
        citations = documents.count(fields.get("citationCount"))
        pdf = documents.web_address(documents.mapping(fields.get("openAccessPdf")).get("url"))
        found.append(
            Paper(
                id=str(place),
                title=str(place),
                citations=citations,
                citations_by=NAME if citations is not None else None,
                pdf_url=pdf,
            )
        )
    return Page(papers=tuple(found), rows=len(rows))


class SemanticScholar:
    """Asks for many papers at once."""

    name = NAME
    at_once = 100

    def __init__(self, settings: SemanticScholarSettings, reader: Reader) -> None:
        key = settings.api_key.get_secret_value()
        self.per_day = settings.per_day
        self._url = f"{settings.url.rstrip('/')}/graph/v1/paper/batch?fields={_FIELDS}"
        self._headers = {"x-api-key": key} if key else {}
        # A 429 of the shared pool says nothing of when to come back.
        self._manners = Manners(NAME, interval=1.1 if key else 10.0, cooldown=60.0 if key else 600.0)
        self._reader = reader

    def knows(self, paper: Paper) -> bool:
        """By arXiv id, DOI or PubMed id."""
        return _id(paper) is not None

    async def enrich(self, papers: Sequence[Paper]) -> Sequence[Paper]:
        asked = [(paper.id, name) for paper in papers if (name := _id(paper))]
        answer = await self._reader.fetcher.post(
            self._url,
            {"ids": [name for _, name in asked]},
            headers=self._headers,
            manners=self._manners,
            accept=frozenset({200, 400}),
        )
        if answer.status == 400:
            # «No valid paper ids given»: none of them is known there.
            return ()
        page = await self._reader.parse(parse, answer, subject=self.name)
        if page.rows != len(asked):
            raise ListingMalformed(
                f"Semantic Scholar answered with {page.rows} rows for {len(asked)} papers; none of them was taken."
            )
        return [replace(paper, id=asked[int(paper.id)][0]) for paper in page.papers]


def _id(paper: Paper) -> str | None:
    scheme, _, rest = paper.id.partition(":")
    names = {"arxiv": "ARXIV", "doi": "DOI", "pubmed": "PMID"}
    if scheme in names:
        return f"{names[scheme]}:{rest}"
    return f"DOI:{paper.doi}" if paper.doi else None


def _create(context: PluginContext) -> Sequence[Enricher]:
    from bot.listings.reader import Reader  # noqa: PLC0415

    return [SemanticScholar(context.settings, Reader.of(context))]


plugin = SourcePlugin(
    name=NAME,
    settings=SemanticScholarSettings,
    create=lambda _: (),
    configured=lambda settings: bool(settings.api_key.get_secret_value()) or settings.shared_pool,
    enrichers=_create,
)
