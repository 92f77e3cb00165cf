"""OpenAlex: citations and an open PDF, for papers with a DOI (arXiv's included). Off until a key is set.

A key is free and holds $1 a day; a list of up to 100 works costs $0.0001
(https://developers.openalex.org/api-reference/authentication). 429 is the end of the day's budget, 403 too fast.
Its counts are low for preprints, and it is days behind arXiv.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from pydantic import BaseModel, Field, SecretStr

from bot.errors import ListingMalformed
from bot.listings import documents
from bot.listings.page import Page, Rows
from bot.listings.politeness import Manners
from bot.models import Paper
from bot.ports import Enricher, PluginContext, SourcePlugin
from bot.text.ids import canonical_id, doi_of

if TYPE_CHECKING:  # the program's help must not wait for an HTTP client
    from bot.listings.reader import Reader

NAME: Final = "openalex"
_FIELDS: Final = "id,doi,cited_by_count,open_access,best_oa_location"


class OpenAlexSettings(BaseModel):
    """Settings under ``PIGEON_OPENALEX__``."""

    url: str = Field("https://api.openalex.org", description="Address of the API.")
    api_key: SecretStr = Field(
        SecretStr(""), description="A key of openalex.org/settings/api; free. Empty: off."
    )
    per_day: int = Field(
        500,
        ge=1,
        le=9_000,
        description="Most requests a day, of up to 50 papers each; 10,000 use a free key up.",
    )


def parse(data: bytes) -> Page:
    """Read a list of works: papers with nothing but their id, citations and open PDF.

    Raises ListingMalformed for what is none.
    """
    answer = documents.mapping(documents.load(data))
    rows = answer.get("results")
    if not isinstance(rows, list):
        said = documents.text(answer.get("message"), answer.get("error"))
        raise ListingMalformed(
            f"The answer is no list of works of OpenAlex{f': {said[:200]}' if said else ''}."
        )
    read = Rows()
    for row in rows[: documents.MOST_ITEMS]:
        work = documents.mapping(row)
        paper_id = canonical_id(documents.text(work.get("doi")))
        if paper_id is None:
            read.leave_out()
            continue
        citations = documents.count(work.get("cited_by_count"))
        read.add(
            Paper(
                id=paper_id,
                title=paper_id,
                citations=citations,
                citations_by=NAME if citations is not None else None,
                pdf_url=_pdf(work),
            )
        )
    return read.page()


def _pdf(work: Mapping[str, Any]) -> str | None:
    """The PDF at the best open place; the page of an article is no PDF."""
    return documents.web_address(documents.mapping(work.get("best_oa_location")).get("pdf_url"))


class OpenAlex:
    """Asks for many works by their DOIs at once."""

    name = NAME
    at_once = 50

    def __init__(self, settings: OpenAlexSettings, reader: Reader) -> None:
        self.per_day = settings.per_day
        self._settings = settings
        self._url = settings.url.rstrip("/")
        self._manners = Manners(NAME, interval=1.0, cooldown=3_600.0)
        self._reader = reader

    def knows(self, paper: Paper) -> bool:
        """By DOI only."""
        return _doi(paper) is not None

    async def enrich(self, papers: Sequence[Paper]) -> Sequence[Paper]:
        asked = {doi: paper.id for paper in papers if (doi := _doi(paper))}
        query = {
            "filter": "doi:" + "|".join(asked),
            "select": _FIELDS,
            "per_page": str(self.at_once),
            "api_key": self._settings.api_key.get_secret_value(),
        }
        answer = await self._reader.fetcher.get(
            f"{self._url}/works?{urlencode(query)}", manners=self._manners
        )
        page = await self._reader.parse(parse, answer, subject=self.name)
        ids = {canonical_id(doi): paper_id for doi, paper_id in asked.items()}
        return [replace(paper, id=ids[paper.id]) for paper in page.papers if paper.id in ids]


def _doi(paper: Paper) -> str | None:
    """The DOI to ask by: its own, or the one that arXiv registers for each of its papers."""
    scheme, _, rest = paper.id.partition(":")
    if scheme == "arxiv":
        return f"10.48550/arxiv.{rest}"
    found = doi_of(rest if scheme == "doi" else paper.doi or "")
    # A comma or a pipe would end the value of a filter.
    return found if found and not set(found) & set(",|") else None


def _create(context: PluginContext) -> Sequence[Enricher]:
    from bot.listings.reader import Reader  # noqa: PLC0415

    return [OpenAlex(context.settings, Reader.of(context))]


plugin = SourcePlugin(
    name=NAME,
    settings=OpenAlexSettings,
    create=lambda _: (),
    configured=lambda settings: bool(settings.api_key.get_secret_value()),
    enrichers=_create,
)
