"""What everything that asks arXiv has in common."""

from __future__ import annotations

from typing import Final

from bot.listings.arxiv import ArxivSettings
from bot.listings.politeness import Manners

SOURCE: Final = "arxiv"
LARGEST: Final = 12 * 1024 * 1024
"""Bytes of an answer. A full feed of 2,000 items has between 4 and 5 MB."""


def manners(settings: ArxivSettings) -> Manners:
    """One family over all of arXiv's hosts, as its terms want it (https://info.arxiv.org/help/api/tou.html)."""
    return Manners(SOURCE, interval=settings.interval_seconds, cooldown=settings.cooldown_seconds)
