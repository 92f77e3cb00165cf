"""PubMed: saved queries, by NCBI's E-utilities. Off until queries are named.

https://www.ncbi.nlm.nih.gov/books/NBK25497/ asks for three requests a second at most, ten with a key, and
for the name of the tool and an address.
"""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import BaseModel, Field, SecretStr

from bot.ports import PluginContext, Source, SourcePlugin


class PubmedSettings(BaseModel):
    """Settings under ``PIGEON_PUBMED__``."""

    url: str = Field(
        "https://eutils.ncbi.nlm.nih.gov/entrez/eutils", description="Address of the E-utilities."
    )
    queries: str = Field("", description="PubMed queries, with semicolons between. Empty: off.")
    api_key: SecretStr = Field(
        SecretStr(""), description="A key of NCBI allows ten requests a second, not three."
    )
    every_hours: float = Field(2.0, ge=0, description="Hours between two readings.")


def _create(context: PluginContext) -> Sequence[Source]:
    from bot.listings.pubmed.source import Pubmed  # noqa: PLC0415
    from bot.listings.reader import Reader  # noqa: PLC0415

    return [Pubmed(context.settings, Reader.of(context), context.clock, context.contact)]


plugin = SourcePlugin(
    name="pubmed",
    settings=PubmedSettings,
    create=_create,
    configured=lambda settings: bool(settings.queries.strip(" ;")),
)
