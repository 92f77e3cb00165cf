"""arXiv: the daily announcements (RSS), the query API for catching up, and OAI-PMH to reconcile by night.

Its terms of use (https://info.arxiv.org/help/api/tou.html) hold for all three together: one connection at a
time, three seconds between requests, over all machines of ours. Records are CC0; papers are linked,
never copied.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, BaseModel, Field

from bot.ledger.holidays import HOLIDAYS, corrected, read_corrections
from bot.ports import PluginContext, Source, SourcePlugin

_CATEGORY: Final = re.compile(r"[a-z][a-z-]{1,15}(?:\.[A-Za-z][A-Za-z-]{1,15})?")  # noqa: TID251


def _categories(text: str) -> tuple[str, ...]:
    """Names with commas, spaces or plus signs between."""
    names = tuple(dict.fromkeys(name for name in re.split(r"[\s,+]+", text) if name))
    for name in names:
        if not _CATEGORY.fullmatch(name):
            raise ValueError(
                f"«{name[:40]}» is no category of arXiv; they look like cs.CL, stat.ML or hep-th"
            )
    return names


def _checked(text: str) -> str:
    _categories(text)
    return text


def _checked_days(text: str) -> str:
    read_corrections(text)
    return text


class ArxivSettings(BaseModel):
    """Settings under ``PIGEON_ARXIV__``."""

    categories: Annotated[str, AfterValidator(_checked)] = Field(
        "cs.AI, cs.CL, cs.CV, cs.LG, cs.RO, stat.ML",
        description="Categories to watch, as in cs.CL,cs.LG (https://arxiv.org/category_taxonomy).",
    )
    rss_url: str = Field("https://rss.arxiv.org", description="Address of the announcement feeds.")
    api_url: str = Field("https://export.arxiv.org/api/query", description="Address of the query API.")
    oai_url: str = Field("https://oaipmh.arxiv.org/oai", description="Address of OAI-PMH.")
    interval_seconds: float = Field(
        3.0,
        ge=0,
        description="Seconds between two requests. arXiv asks for three; fewer only for a mirror of yours.",
    )
    cooldown_seconds: float = Field(
        660.0, ge=0, description="Least seconds to leave arXiv alone after it refused (HTTP 403, 429, 503)."
    )
    reconcile: bool = Field(
        default=True, description="Compare with arXiv's own records (OAI-PMH) once a night."
    )
    oai_format: Literal["arXiv", "arXivRaw"] = Field(
        "arXivRaw", description="Which records to ask OAI-PMH for; arXivRaw knows versions and withdrawals."
    )
    holidays: Annotated[str, AfterValidator(_checked_days)] = Field(
        "",
        description="Evenings (New York dates) on which arXiv announces nothing besides the usual holidays; with a minus "
        "sign, on which it does: 2026-12-24, -2027-01-03.",
    )

    @property
    def watched(self) -> tuple[str, ...]:
        """The categories, one by one."""
        return _categories(self.categories)

    @property
    def days_off(self) -> frozenset[date]:
        """The evenings without announcement, corrected."""
        added, removed = read_corrections(self.holidays)
        return corrected(HOLIDAYS, added=added, removed=removed)


def _create(context: PluginContext) -> Sequence[Source]:
    # Imported here, so that the program's help does not wait for an HTTP client.
    from bot.listings.arxiv.source import Arxiv  # noqa: PLC0415
    from bot.listings.reader import Reader  # noqa: PLC0415

    return [Arxiv(context.settings, Reader.of(context), context.clock)]


plugin = SourcePlugin(
    name="arxiv",
    settings=ArxivSettings,
    create=_create,
    configured=lambda settings: bool(settings.watched),
    on_by_default=True,
)
