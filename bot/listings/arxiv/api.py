"""Reading answers of arXiv's query API, and writing its queries (pure).

The format: https://info.arxiv.org/help/api/user-manual.html
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from urllib.parse import urlencode

from lxml import etree

from bot.errors import ListingMalformed
from bot.listings import documents, markup
from bot.listings.arxiv.wording import says_withdrawn
from bot.listings.page import Page, Rows
from bot.models import Announce, Paper, Sighting
from bot.text.ids import arxiv_id, doi_of


def parse(data: bytes) -> Page:
    """Read one answer. Raises ListingMalformed for arXiv's own error feed, with arXiv's words."""
    document = markup.read(data)
    if markup.name(document.root) != "feed":
        raise ListingMalformed(
            f"The answer is no result of arXiv's API but a «{markup.name(document.root)[:40]}»."
        )
    entries = list(markup.children(document.root, "entry"))
    for entry in entries:  # an error is a valid feed, and an HTTP 400 or 200
        if "/api/errors" in markup.text_at(entry, "id"):
            said = markup.text_at(entry, "summary")[:200]
            raise ListingMalformed(f"arXiv refuses the query: {said or 'it does not say why'}.")
    read = Rows()
    if document.damaged and entries:
        entries.pop()  # it may have lost its end
        read.skip("the last entry may be cut off")
    for entry in entries:
        paper = _paper(entry)
        if paper is None:
            read.skip(f"no id or no title in {markup.text_of(entry)[:80]!r}")
        else:
            read.add(paper)
    return read.page(
        damaged=document.damaged,
        total=documents.count(markup.text_at(document.root, "totalresults")),
    )


def _paper(entry: etree._Element) -> Paper | None:
    found = arxiv_id(markup.text_at(entry, "id").partition("/abs/")[2])
    title = markup.text_at(entry, "title")
    if found is None or not title:
        return None
    primary = next((child.get("term", "") for child in markup.children(entry, "primary_category")), "")
    categories = documents.texts(child.get("term") for child in markup.children(entry, "category"))
    comment = markup.text_at(entry, "comment") or None
    abstract = markup.text_at(entry, "summary")
    return Paper(
        id=found.canonical,
        title=title,
        abstract=abstract,
        authors=documents.texts(
            markup.text_at(author, "name") for author in markup.children(entry, "author")
        ),
        categories=tuple(dict.fromkeys(name for name in (primary, *categories) if name)),
        published=markup.moment(markup.text_at(entry, "published")),
        updated=markup.moment(markup.text_at(entry, "updated")),
        version=found.version,
        organization=next(
            (
                text
                for author in markup.children(entry, "author")
                if (text := markup.text_at(author, "affiliation"))
            ),
            None,
        ),
        doi=doi_of(markup.text_at(entry, "doi")),
        comment=comment,
        journal_ref=markup.text_at(entry, "journal_ref") or None,
        url=f"https://arxiv.org/abs/{found.base}",
        pdf_url=f"https://arxiv.org/pdf/{found.base}",
        withdrawn=says_withdrawn(comment, abstract),
        sightings=(
            Sighting(source="arxiv", announce=Announce.NEW, url=f"https://arxiv.org/abs/{found.base}"),
        ),
    )


def submitted_between(categories: Sequence[str], since: datetime, until: datetime) -> str:
    """The query for everything in these categories whose first version was submitted in that time."""
    span = f"{since.astimezone(UTC):%Y%m%d%H%M} TO {until.astimezone(UTC):%Y%m%d%H%M}"
    wanted = " OR ".join(f"cat:{name}" for name in categories)
    return f"({wanted}) AND submittedDate:[{span}]"


def query_url(base: str, query: str, *, start: int, most: int) -> str:
    """Where to ask for one page, oldest first, so that pages do not shift while they are read."""
    asked = {
        "search_query": query,
        "start": start,
        "max_results": most,
        "sortBy": "submittedDate",
        "sortOrder": "ascending",
    }
    return f"{base}?{urlencode(asked)}"
