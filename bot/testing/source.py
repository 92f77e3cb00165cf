"""A source that brings what a test hands it."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from bot.errors import ListingError
from bot.models import Listing, Paper


class ListSource:
    """A :class:`bot.ports.Source` over a list: each fetch brings the next entry, then nothing more.

    ::

        source = ListSource("arxiv", [[paper], ListingUnavailable("down"), [other]])
    """

    def __init__(self, name: str, listings: Iterable[Iterable[Paper] | ListingError] = ()) -> None:
        self.name = name
        self.cursors: list[str | None] = []
        """The cursors it was asked with."""
        self._listings = deque(listings)

    def bring(self, *papers: Paper) -> None:
        """Let the next fetch bring these."""
        self._listings.append(papers)

    async def fetch(self, cursor: str | None) -> Listing:
        self.cursors.append(cursor)
        following = str(int(cursor or 0) + 1)
        if not self._listings:
            return Listing(source=self.name, papers=(), cursor=following, unchanged=True)
        entry = self._listings.popleft()
        if isinstance(entry, ListingError):
            raise entry
        return Listing(source=self.name, papers=tuple(entry), cursor=following)
