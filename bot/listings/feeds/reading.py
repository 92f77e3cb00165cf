"""Reading RSS 0.9 to 2.0, RDF and Atom, as journals and blogs write them (pure)."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from lxml import etree

from bot.errors import ListingMalformed
from bot.listings import documents, markup
from bot.listings.page import Page, Rows
from bot.models import Paper, Sighting
from bot.text.ids import canonical_id

MOST_ITEMS: Final = 2_000
_KINDS: Final = frozenset({"rss", "rdf", "feed"})
_OLDEST_YEAR: Final = 1990
_IN_PARENTHESES: Final = re.compile(r"\S{1,100}@\S{1,100}\s{1,4}\(([^()]{1,100})\)")  # noqa: TID251


def parse(data: bytes, *, source: str, now: str) -> Page:
    """Read a feed. ``source`` is its name with us; dates after ``now`` (ISO) and before 1990 are no dates.

    Raises ListingMalformed for everything that is no feed.
    """
    document = markup.read(data)
    root = document.root
    if markup.name(root) not in _KINDS:
        raise ListingMalformed(f"The answer is no feed but a «{markup.name(root)[:40]}».")
    channel = markup.find(root, "channel")
    head = root if channel is None else channel
    items = [element for place in (root, head) for element in markup.children(place, "item", "entry")]
    items = list(dict.fromkeys(items))
    read = Rows()
    if document.damaged and len(items) > 1:
        items.pop()  # it may have lost its end
        read.skip("the last item may be cut off")
    latest = datetime.fromisoformat(now) + timedelta(days=1)
    for item in items[:MOST_ITEMS]:
        paper = _paper(item, source, latest)
        if paper is None:
            read.skip(f"neither title nor link in {markup.text_of(item)[:80]!r}")
        else:
            read.add(paper)
    for _ in items[MOST_ITEMS:]:
        read.skip(f"beyond the first {MOST_ITEMS} items")
    return read.page(damaged=document.damaged, title=markup.text_at(head, "title")[:300])


def _paper(item: etree._Element, source: str, latest: datetime) -> Paper | None:
    link = next(_links(item), None)
    abstract = next(
        (
            text
            for name in ("description", "summary", "encoded", "content")
            if (text := markup.text_at(item, name))
        ),
        "",
    )
    title = markup.text_at(item, "title") or abstract[:120] or link or ""
    if not title:
        return None
    known = next(_canonical(item), None)
    guid = markup.text_at(item, "guid") or markup.text_at(item, "id")
    published = _moment(item, latest, "published", "pubdate", "date", "issued", "created", "publicationdate")
    return Paper(
        # What survives longest goes first: an id of the paper, the feed's own, the link, the words.
        id=known or f"feed:{source}:{_short(guid or link or title)}",
        title=title,
        abstract=abstract,
        authors=tuple(dict.fromkeys(_authors(item))),
        categories=documents.texts(
            child.get("term") or markup.text_of(child)
            for child in markup.children(item, "category", "subject")
        ),
        published=published,
        updated=_moment(item, latest, "updated", "modified"),
        doi=known.removeprefix("doi:") if known and known.startswith("doi:") else None,
        url=link or _page_of(known) or "",
        sightings=(Sighting(source=source, day=published.date() if published else None, url=link),),
    )


def _links(item: etree._Element) -> Iterator[str]:
    """The item's own pages, best first."""
    elements = list(markup.children(item, "link"))
    for wanted in ("alternate", ""):
        for element in elements:
            if element.get("rel", "") == wanted and (
                found := documents.web_address(element.get("href"), markup.text_of(element))
            ):
                yield found
    for name in ("guid", "origlink", "id"):
        if found := documents.web_address(markup.text_at(item, name)):
            yield found


def _canonical(item: etree._Element) -> Iterator[str]:
    """Ids by which other listings know it. Free text is not searched: a post about a paper is not the paper."""
    for name in ("doi", "identifier", "guid", "id"):
        for element in markup.children(item, name):
            if found := canonical_id(markup.text_of(element)):
                yield found
    for link in _links(item):
        if found := canonical_id(link):
            yield found


def _authors(item: etree._Element) -> Iterator[str]:
    for element in markup.children(item, "author", "creator", "contributor"):
        said = markup.text_at(element, "name") or markup.text_of(element)
        address = _IN_PARENTHESES.fullmatch(said)  # RSS wants «who@example.org (Their Name)»
        name = " ".join((address[1] if address else said).split())
        if name and "@" not in name:
            yield name[:200]


def _moment(item: etree._Element, latest: datetime, *names: str) -> datetime | None:
    for name in names:
        found = markup.moment(markup.text_at(item, name))
        if found is not None and found.year >= _OLDEST_YEAR and found <= latest:
            return found
    return None


def _page_of(known: str | None) -> str | None:
    if known is None:
        return None
    scheme, _, rest = known.partition(":")
    return f"https://arxiv.org/abs/{rest}" if scheme == "arxiv" else f"https://doi.org/{rest}"


def _short(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:20]
