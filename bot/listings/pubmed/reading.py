"""Reading answers of PubMed: lists of ids, and records (pure)."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Final

from lxml import etree

from bot.errors import ListingMalformed
from bot.listings import documents, markup
from bot.listings.page import Page, Rows
from bot.models import Paper, Sighting
from bot.text.ids import doi_of

_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


def parse_ids(data: bytes) -> Page:
    """Read an answer of ``esearch``: each id as a paper of that id without more. Raises ListingMalformed."""
    result = documents.mapping(documents.mapping(documents.load(data)).get("esearchresult"))
    found = result.get("idlist")
    if not isinstance(found, list):
        said = documents.text(result.get("ERROR"))[:200]
        raise ListingMalformed(f"The answer is no list of ids of PubMed{f': {said}' if said else ''}.")
    read = Rows()
    for value in found:
        number = documents.count(value)
        if number is None:
            read.skip(f"no id in {str(value)[:40]!r}")
        else:
            read.add(Paper(id=f"pubmed:{number}", title=str(number)))
    return read.page(total=documents.count(result.get("count")))


def parse(data: bytes) -> Page:
    """Read an answer of ``efetch``: articles with all PubMed says. Raises ListingMalformed."""
    document = markup.read(data)
    if markup.name(document.root) != "pubmedarticleset":
        raise ListingMalformed(
            f"The answer holds no articles of PubMed but a «{markup.name(document.root)[:40]}»."
        )
    articles = list(markup.children(document.root, "pubmedarticle", "pubmedbookarticle"))
    read = Rows()
    if document.damaged and articles:
        articles.pop()  # it may have lost its end
        read.skip("the last article may be cut off")
    for article in articles:
        paper = _paper(article)
        if paper is None:
            read.skip(f"no id or no title in {markup.text_of(article)[:80]!r}")
        else:
            read.add(paper)
    return read.page(damaged=document.damaged)


def _paper(element: etree._Element) -> Paper | None:
    citation = markup.find(element, "medlinecitation")
    article = markup.find(citation, "article") if citation is not None else None
    if citation is None or article is None:
        return None
    number = documents.count(markup.text_at(citation, "pmid"))
    title = markup.text_at(article, "articletitle") or markup.text_at(article, "vernaculartitle")
    if number is None or not title:
        return None
    doi = _doi(element, article)
    authors = markup.find(article, "authorlist")
    abstract = markup.find(article, "abstract")
    page = f"https://pubmed.ncbi.nlm.nih.gov/{number}/"
    entered = _entered(element)
    return Paper(
        id=f"doi:{doi}" if doi else f"pubmed:{number}",
        title=title,
        abstract="\n".join(map(_section, markup.children(abstract, "abstracttext")))
        if abstract is not None
        else "",
        authors=documents.texts(map(_name, markup.children(authors, "author")))
        if authors is not None
        else (),
        published=_date(markup.find(article, "articledate"))
        or _date(markup.find(article, "journal", "journalissue", "pubdate")),
        keywords=documents.texts(
            markup.text_of(word)
            for words in markup.children(citation, "keywordlist")
            for word in markup.children(words, "keyword")
        ),
        doi=doi,
        journal_ref=markup.text_at(article, "journal", "title") or None,
        url=f"https://doi.org/{doi}" if doi else page,
        withdrawn=any(
            "retracted" in markup.text_of(kind).lower()
            for kinds in markup.children(article, "publicationtypelist")
            for kind in kinds
        ),
        sightings=(Sighting(source="pubmed", day=entered.date() if entered else None, url=page),),
    )


def _section(element: etree._Element) -> str:
    label = element.get("Label")
    return f"{label}: {markup.text_of(element)}" if label else markup.text_of(element)


def _name(author: etree._Element) -> str:
    given = markup.text_at(author, "forename") or markup.text_at(author, "initials")
    return f"{given} {markup.text_at(author, 'lastname')}".strip() or markup.text_at(author, "collectivename")


def _doi(element: etree._Element, article: etree._Element) -> str | None:
    data = markup.find(element, "pubmeddata", "articleidlist")
    said = [
        markup.text_of(child)
        for parent, name, attribute in ((article, "elocationid", "EIdType"), (data, "articleid", "IdType"))
        if parent is not None
        for child in markup.children(parent, name)
        if child.get(attribute) == "doi"
    ]
    return next(filter(None, map(doi_of, said)), None)


def _entered(element: etree._Element) -> datetime | None:
    history = markup.find(element, "pubmeddata", "history")
    dates = markup.children(history, "pubmedpubdate") if history is not None else ()
    return next((_date(child) for child in dates if child.get("PubStatus") == "entrez"), None)


def _date(element: etree._Element | None) -> datetime | None:
    """Year, month (number or name) and day, of which the last two may be missing."""
    year = documents.count(markup.text_at(element, "year")) if element is not None else None
    if element is None or year is None:
        return None
    said = markup.text_at(element, "month").lower()
    month = _MONTHS.index(said[:3]) + 1 if said[:3] in _MONTHS else documents.count(said) or 1
    try:
        found = date(year, month, documents.count(markup.text_at(element, "day")) or 1)
    except (ValueError, OverflowError):
        return None
    return datetime.combine(found, datetime.min.time(), UTC)
