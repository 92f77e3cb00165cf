"""Reading pages of OAI-PMH, in the formats arXiv and arXivRaw (pure).

What arXiv says of it: https://info.arxiv.org/help/oa/index.html
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Final

from lxml import etree

from bot.errors import ListingMalformed
from bot.listings import documents, markup
from bot.listings.arxiv.wording import authors, says_withdrawn
from bot.listings.page import Page, Rows
from bot.models import Announce, Paper, Sighting
from bot.text.ids import arxiv_id, doi_of

EXPIRED: Final = "badResumptionToken"
"""In a ListingMalformed: the pages must be asked for from the start again."""
LONGEST_HELD: Final = timedelta(days=30)
"""A first version so old is not new: its record was touched for another reason."""


def parse(data: bytes, *, categories: str = "") -> Page:
    """Read one page of ListRecords or GetRecord.

    ``categories`` (with spaces between) leaves out records in none of them. Deleted records are no
    papers and no errors. Raises ListingMalformed for errors of the protocol.
    """
    document = markup.read(data)
    root = document.root
    if markup.name(root) not in {"oai-pmh", "record"}:
        raise ListingMalformed(f"The answer is no page of OAI-PMH but a «{markup.name(root)[:40]}».")
    error = markup.find(root, "error")
    if error is not None and error.get("code") != "noRecordsMatch":
        raise ListingMalformed(f"OAI-PMH refuses ({error.get('code')}): {markup.text_of(error)[:200]}")
    verb = next(markup.children(root, "listrecords", "getrecord"), root)
    records = list(markup.children(verb, "record")) or ([root] if markup.name(root) == "record" else [])
    token = markup.find(verb, "resumptiontoken")
    wanted = frozenset(categories.split())
    read = Rows()
    if document.damaged and records:
        records.pop()  # it may have lost its end
        read.skip("the last record may be cut off")
    for record in records:
        header = markup.find(record, "header")
        if header is not None and header.get("status") == "deleted":
            read.leave_out()
            continue
        paper = _paper(record)
        if paper is None:
            read.skip(f"no id or no title in {markup.text_of(record)[:80]!r}")
        elif not wanted or wanted.intersection(paper.categories):
            read.add(_announced(paper, wanted))
        else:
            read.leave_out()
    return read.page(
        damaged=document.damaged,
        total=documents.count(token.get("completeListSize")) if token is not None else None,
        next=markup.text_of(token) or None,
    )


def _paper(record: etree._Element) -> Paper | None:
    metadata = markup.find(record, "metadata")
    fields = next(markup.children(metadata, "arxiv", "arxivraw"), None) if metadata is not None else None
    if fields is None:
        return None
    found = arxiv_id(markup.text_at(fields, "id"))
    title = " ".join(markup.text_at(fields, "title").split())
    if found is None or not title:
        return None
    versions = list(markup.children(fields, "version"))
    first, last = (markup.text_at(versions[place], "date") for place in (0, -1)) if versions else ("", "")
    comment = markup.text_at(fields, "comments") or None
    abstract = markup.text_at(fields, "abstract")
    day = documents.day(markup.text_at(record, "header", "datestamp"))
    return Paper(
        id=found.canonical,
        title=title,
        abstract=abstract,
        authors=_authors(fields),
        categories=tuple(markup.text_at(fields, "categories").split()),
        published=markup.moment(first or markup.text_at(fields, "created")),
        updated=markup.moment(last or markup.text_at(fields, "updated")),
        version=_version(versions),
        doi=doi_of(markup.text_at(fields, "doi")),
        comment=comment,
        journal_ref=markup.text_at(fields, "journal-ref") or None,
        url=f"https://arxiv.org/abs/{found.base}",
        pdf_url=f"https://arxiv.org/pdf/{found.base}",
        withdrawn=says_withdrawn(comment, abstract) or _without_text(versions),
        sightings=(Sighting(source="arxiv", day=day, url=f"https://arxiv.org/abs/{found.base}"),),
    )


def _authors(fields: etree._Element) -> tuple[str, ...]:
    element = markup.find(fields, "authors")
    if element is None:
        return ()
    people = list(markup.children(element, "author"))
    if not people:  # arXivRaw has one line
        return authors(markup.text_of(element))
    return documents.texts(
        " ".join(
            part
            for part in (
                markup.text_at(person, "forenames"),
                markup.text_at(person, "keyname"),
                markup.text_at(person, "suffix"),
            )
            if part
        )
        for person in people
    )


def _version(versions: list[etree._Element]) -> int | None:
    return documents.count(versions[-1].get("version", "").removeprefix("v")) if versions else None


def _without_text(versions: list[etree._Element]) -> bool:
    """A withdrawal is a last version that only says so: «I» (ignored) of 0 kB."""
    if len(versions) < 2:
        return False
    last = versions[-1]
    return markup.text_at(last, "source_type") == "I" and markup.text_at(last, "size") in {"0kb", "1kb"}


def _announced(paper: Paper, wanted: frozenset[str]) -> Paper:
    """With the kind of announcement that its dates speak for: a record's datestamp is only its last change."""
    (seen,) = paper.sightings
    first = paper.version == 1 or (paper.version is None and paper.updated is None)
    kind = Announce.NEW if first and _recent(paper.published, seen.day) else Announce.REPLACE
    if wanted and paper.categories[0] not in wanted:
        kind = Announce.CROSS if kind is Announce.NEW else Announce.REPLACE_CROSS
    return replace(paper, sightings=(replace(seen, announce=kind),))


def _recent(published: datetime | None, day: date | None) -> bool:
    return published is None or day is None or day - published.date() <= LONGEST_HELD
