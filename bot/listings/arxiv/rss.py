"""Reading arXiv's announcement feeds, in both of their forms (pure).

What arXiv says of them: https://info.arxiv.org/help/rss.html
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Final

from lxml import etree

from bot.errors import ListingMalformed
from bot.listings import documents, markup
from bot.listings.arxiv.wording import authors, says_withdrawn
from bot.listings.page import Page, Rows
from bot.models import Announce, Paper, Sighting
from bot.text.ids import arxiv_id, canonical_id

MOST_ITEMS: Final = 2_000
"""arXiv cuts a feed of several categories there (https://info.arxiv.org/help/rss_specifications.html)."""

_PREAMBLE: Final = re.compile(  # noqa: TID251
    r"\s{0,16}arXiv:\S{1,40}\s{1,8}Announce Type:\s{0,8}([a-z-]{1,20})\s{1,16}(?:Abstract:\s{0,8})?"
)


def parse(data: bytes) -> Page:
    """Read one feed. An empty one is an empty page: a day without announcements looks so."""
    document = markup.read(data)
    kind = markup.name(document.root)
    if kind == "rss":
        channel = markup.find(document.root, "channel")
        if channel is None:
            raise ListingMalformed("The feed of arXiv has no channel.")
        items = list(markup.children(channel, "item"))
        built = markup.moment(markup.text_at(channel, "pubdate"))
    elif kind == "feed":
        channel = document.root
        items = list(markup.children(channel, "entry"))
        built = markup.moment(markup.text_at(channel, "updated"))
    else:
        raise ListingMalformed(f"The answer is no announcement feed of arXiv but a «{kind[:40]}».")
    read = Rows()
    if document.damaged and items:
        items.pop()  # it may have lost its end
        read.skip("the last item may be cut off")
    for item in items[:MOST_ITEMS]:
        paper = _paper(item, built)
        if paper is None:
            read.skip(f"no id or no title in {markup.text_of(item)[:80]!r}")
        else:
            read.add(paper)
    for _ in items[MOST_ITEMS:]:
        read.skip(f"beyond the first {MOST_ITEMS} items")
    return read.page(damaged=document.damaged)


def _paper(item: etree._Element, built: datetime | None) -> Paper | None:
    found = arxiv_id(markup.text_at(item, "guid")) or arxiv_id(markup.text_at(item, "id"))
    base, version = found or (None, None)
    if base is None:
        link = canonical_id(markup.text_at(item, "link") or _href(item)) or ""
        base = link.removeprefix("arxiv:") if link.startswith("arxiv:") else None
    title = markup.text_at(item, "title")
    if base is None or not title:
        return None
    abstract = markup.text_at(item, "description") or markup.text_at(item, "summary")
    preamble = _PREAMBLE.match(abstract)
    if preamble:
        abstract = abstract[preamble.end() :].strip()
    announced = markup.moment(markup.text_at(item, "pubdate") or markup.text_at(item, "published")) or built
    creators = [name for child in markup.children(item, "creator") for name in authors(markup.text_of(child))]
    return Paper(
        id=f"arxiv:{base}",
        title=title,
        abstract=abstract,
        authors=tuple(creators),
        categories=documents.texts(
            child.get("term") or markup.text_of(child) for child in markup.children(item, "category")
        ),
        version=version,
        url=f"https://arxiv.org/abs/{base}",
        pdf_url=f"https://arxiv.org/pdf/{base}",
        withdrawn=says_withdrawn(abstract),
        sightings=(
            Sighting(
                source="arxiv",
                announce=_announce(
                    markup.text_at(item, "announce_type") or (preamble[1] if preamble else "")
                ),
                day=announced.date() if announced else None,
                url=f"https://arxiv.org/abs/{base}",
            ),
        ),
    )


def _href(item: etree._Element) -> str:
    return next((child.get("href", "") for child in markup.children(item, "link")), "")


def _announce(said: str) -> Announce:
    """An unknown word counts as new: rather one card too many than a paper nobody hears of."""
    try:
        return Announce(said.strip().lower())
    except ValueError:
        return Announce.NEW
