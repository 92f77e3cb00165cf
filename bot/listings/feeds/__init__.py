"""Any RSS or Atom feed: journals, laboratories, blogs. Off until feeds are named.

Their addresses come from people, so they are fetched behind the guard (:mod:`bot.listings.guard`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Annotated, Final
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, Field

from bot.ports import GivenFeeds, PluginContext, Source, SourcePlugin

_NAME: Final = re.compile(r"[a-z0-9][a-z0-9.-]{0,39}")  # noqa: TID251
_TAKEN: Final = frozenset(
    {
        "arxiv",
        "huggingface",
        "huggingface-trending",
        "biorxiv",
        "medrxiv",
        "crossref",
        "openreview",
        "pubmed",
        "feeds",
    }
)
"""Names of other sources: a feed of that name would share their bookmark."""


def _feeds(text: str) -> dict[str, str]:
    """«name=address» or bare addresses, with commas or white space between; a bare one is named by its host."""
    feeds: dict[str, str] = {}
    for entry in _parts(text):
        name, sign, url = entry.partition("=")
        if not sign or "/" in name:
            name, url = _host(entry), entry
        if not url.startswith(("https://", "http://")) or not _NAME.fullmatch(name):
            raise ValueError(
                f"«{entry[:200]}» is no feed; write https://… or name=https://…, names in small letters"
            )
        if name in _TAKEN:
            raise ValueError(f"«{name}» is the name of another source; give the feed one of its own")
        if feeds.setdefault(name, url) != url:
            raise ValueError(f"two feeds are called «{name}»; give one another name with name=https://…")
    return feeds


def _host(url: str) -> str:
    try:
        return (urlsplit(url).hostname or "").removeprefix("www.")
    except ValueError:
        return ""


def _parts(text: str) -> list[str]:
    return [part for part in re.split(r"[\s,]+", text) if part]


def _checked_feeds(text: str) -> str:
    _feeds(text)
    return text


def _checked_exceptions(text: str) -> str:
    from bot.listings.guard import Allowed  # noqa: PLC0415

    Allowed.read(_parts(text))
    return text


class FeedsSettings(BaseModel):
    """Settings under ``PIGEON_FEEDS__``."""

    urls: Annotated[str, AfterValidator(_checked_feeds)] = Field(
        "", description="Feeds to watch: addresses, or name=address, with commas between. Empty: off."
    )
    allow: Annotated[str, AfterValidator(_checked_exceptions)] = Field(
        "",
        description="Hosts (feeds.lab.example, …:8080) or networks (10.1.0.0/16) inside, to be read all the same.",
    )
    per_workspace: int = Field(
        20, ge=0, le=200, description="Feeds that people may give in chat, for each workspace. 0: none."
    )


def _create(context: PluginContext) -> Sequence[Source]:
    from bot.listings.feeds.source import Feed  # noqa: PLC0415
    from bot.listings.guard import Allowed  # noqa: PLC0415
    from bot.listings.reader import Reader  # noqa: PLC0415

    settings: FeedsSettings = context.settings
    reader = Reader.of(context)
    allowed = Allowed.read(_parts(settings.allow))
    return [
        Feed(name, url, reader=reader, clock=context.clock, allowed=allowed)
        for name, url in _feeds(settings.urls).items()
    ]


def _given(context: PluginContext) -> GivenFeeds:
    from bot.listings.feeds.given import Feeds  # noqa: PLC0415
    from bot.listings.guard import Allowed  # noqa: PLC0415
    from bot.listings.reader import Reader  # noqa: PLC0415

    settings: FeedsSettings = context.settings
    return Feeds(
        reader=Reader.of(context),
        clock=context.clock,
        allowed=Allowed.read(_parts(settings.allow)),
        most=settings.per_workspace,
    )


plugin = SourcePlugin(
    name="feeds",
    settings=FeedsSettings,
    create=_create,
    configured=lambda settings: bool(settings.urls.strip()),
    given=_given,
)
