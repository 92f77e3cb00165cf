"""OpenReview: the papers of conferences, by venue (API v2). Off until venues are named.

https://docs.openreview.net/reference/api-v2. Since 2026 it answers some servers with a challenge for browsers
(HTTP 403, ChallengeRequiredError); an account opens the door there. Only notes that everybody may read are taken,
whatever else the account can see.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Annotated, Final

from pydantic import AfterValidator, BaseModel, Field, SecretStr

from bot.ports import PluginContext, Source, SourcePlugin

_VENUE: Final = re.compile(r"[A-Za-z0-9][\w.-]*(?:/[\w.-]+){0,6}")  # noqa: TID251


def _venues(text: str) -> tuple[str, ...]:
    names = tuple(dict.fromkeys(part for part in re.split(r"[\s,]+", text) if part))
    for name in names:
        if not _VENUE.fullmatch(name):
            raise ValueError(
                f"«{name[:60]}» is no venue of OpenReview; they look like ICLR.cc/2026/Conference"
            )
    return names


def _checked(text: str) -> str:
    _venues(text)
    return text


class OpenReviewSettings(BaseModel):
    """Settings under ``PIGEON_OPENREVIEW__``."""

    url: str = Field("https://api2.openreview.net", description="Address of the API, version 2.")
    venues: Annotated[str, AfterValidator(_checked)] = Field(
        "",
        description="Venue ids to watch, with commas between: ICLR.cc/2026/Conference, TMLR. Empty: off.",
    )
    username: str = Field(
        "", description="Mail address of an account, where OpenReview does not answer without one."
    )
    password: SecretStr = Field(SecretStr(""), description="The account's password.")
    every_hours: float = Field(6.0, ge=0, description="Hours between two readings.")

    @property
    def watched(self) -> tuple[str, ...]:
        """The venues, one by one."""
        return _venues(self.venues)


def _create(context: PluginContext) -> Sequence[Source]:
    from bot.listings.openreview.source import OpenReview  # noqa: PLC0415
    from bot.listings.reader import Reader  # noqa: PLC0415

    return [OpenReview(context.settings, Reader.of(context), context.clock)]


plugin = SourcePlugin(
    name="openreview",
    settings=OpenReviewSettings,
    create=_create,
    configured=lambda settings: bool(settings.venues.strip(" ,")),
)
