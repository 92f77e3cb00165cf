"""Feeds whose addresses people give in chat."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from bot.ports.listings import Source


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedLook:
    """What a feed shows at the first look, before it is accepted."""

    title: str
    items: int
    newest: tuple[str, ...]
    """Titles of its newest items."""


class GivenFeeds(Protocol):
    """Reads feeds whose addresses people give in chat."""

    most: int
    """Feeds a workspace may give; 0: none."""

    def open(self, name: str, url: str) -> Source:
        """The source for a feed; its name begins with «@» (:mod:`bot.private`), and its papers are private."""

    async def look(self, url: str) -> FeedLook:
        """Read it once. Raises a :class:`bot.errors.ListingError` for what is no feed or cannot be reached."""
