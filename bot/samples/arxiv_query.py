"""The sample days as arXiv's query API: look-ups by id, by category, and by category and date.

The real API also searches words; :func:`select` refuses that in the API's own error form
(https://info.arxiv.org/help/api/user-manual.html#34-errors).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from lxml import etree

from bot.samples.arxiv import (
    ARXIV,
    ATOM,
    OPENSEARCH,
    QUERY_NAMESPACES,
    add,
    document,
    in_category,
    start,
    title,
)
from bot.samples.days import Announcement

_LARGEST_PAGE: Final = 2000
_SEARCH: Final = re.compile(  # noqa: TID251 - ours, constant
    r"(?P<open>\()?\s*cat:[\w.*-]+(?:\s+OR\s+cat:[\w.*-]+)*\s*(?(open)\))"
    r"(?:\s+AND\s+submittedDate:\[(?P<since>\d{12})\s+TO\s+(?P<until>\d{12})\])?"
)
_CATEGORY: Final = re.compile(r"cat:([\w.*-]+)")  # noqa: TID251 - ours, constant
_EVER: Final = datetime.min.replace(tzinfo=UTC)
_NEVER: Final = datetime.max.replace(tzinfo=UTC)
_VERSIONED: Final = re.compile(r"(.+?)(?:v\d+)?")  # noqa: TID251 - ours, constant


class QueryRefused(Exception):
    """The query is not one that the samples can answer; the text is for the error feed."""


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a result."""

    items: Sequence[Announcement]
    total: int
    first: int
    """Counted from 0."""
    size: int


def select(announced: Sequence[Announcement], parameters: Mapping[str, str]) -> Page:
    """Return the page that ``search_query``, ``id_list``, ``start``, ``max_results`` and ``sortBy`` ask for.

    Args:
        announced: Everything announced so far, the newest first; of a paper the first one counts.
        parameters: Those of the address.

    Raises:
        QueryRefused: The query is not of the form ``(cat:a OR cat:b) AND submittedDate:[… TO …]``, of which the
            dates may be left out; or a number is none.
    """
    latest: dict[str, Announcement] = {}
    for item in announced:
        latest.setdefault(item.paper.id, item)
    first, size = _number(parameters, "start", 0), _number(parameters, "max_results", 10)
    if size > _LARGEST_PAGE:
        raise QueryRefused(f"max_results must not be greater than {_LARGEST_PAGE}")
    found = list(latest.values())
    if ids := [part.strip() for part in parameters.get("id_list", "").split(",") if part.strip()]:
        plain = [match[1] for one in ids if (match := _VERSIONED.fullmatch(one))]
        found = [latest[one] for one in plain if one in latest]
    if query := parameters.get("search_query", "").strip():
        found = _search(found, query)
    elif not ids:
        found = []
    if parameters.get("sortBy") == "submittedDate":
        newest_first = parameters.get("sortOrder") != "ascending"
        found.sort(key=lambda item: item.paper.published, reverse=newest_first)
    return Page(found[first : first + size], len(found), first, size)


def _search(items: Sequence[Announcement], query: str) -> list[Announcement]:
    asked = _SEARCH.fullmatch(query)
    if asked is None:
        raise QueryRefused("the sample listing answers id_list and searches such as cat:cs.RO OR cat:cs.CV")
    since, until = (
        _moment(asked[name], otherwise) for name, otherwise in (("since", _EVER), ("until", _NEVER))
    )
    wanted = _CATEGORY.findall(query)
    return [
        item
        for item in items
        if since <= item.paper.published <= until and any(in_category(item.paper, one) for one in wanted)
    ]


def _moment(text: str | None, otherwise: datetime) -> datetime:
    try:
        return otherwise if text is None else datetime.strptime(text, "%Y%m%d%H%M").replace(tzinfo=UTC)
    except ValueError as error:
        raise QueryRefused(f"{text} is no date and time such as 202510210000") from error


def answer(page: Page, *, address: str, parameters: Mapping[str, str], now: datetime) -> bytes:
    """Return a page as the API's Atom feed."""
    described = "&".join(f"{key}={parameters.get(key, '')}" for key in ("search_query", "id_list"))
    root = _feed(address, f"arXiv Query: {described}&start={page.first}&max_results={page.size}", now, page)
    for item in page.items:
        _entry(root, item)
    return document(root)


def refusal(sentence: str, *, address: str, now: datetime) -> bytes:
    """Return what goes with status 400: a valid feed with one entry titled «Error»."""
    root = _feed(address, "arXiv Query:", now, Page((), 1, 0, 1))
    entry = add(root, f"{{{ATOM}}}entry")
    add(entry, f"{{{ATOM}}}id", "https://arxiv.org/api/errors#sample")
    add(entry, f"{{{ATOM}}}title", "Error")
    add(entry, f"{{{ATOM}}}updated", _stamp(now))
    add(entry, f"{{{ATOM}}}summary", sentence)
    add(add(entry, f"{{{ATOM}}}author"), f"{{{ATOM}}}name", "arXiv api core")
    return document(root)


def _feed(address: str, heading: str, now: datetime, page: Page) -> etree._Element:
    root = start(f"{{{ATOM}}}feed", QUERY_NAMESPACES)
    add(root, f"{{{ATOM}}}id", address)
    add(root, f"{{{ATOM}}}title", heading)
    add(root, f"{{{ATOM}}}updated", _stamp(now))
    add(root, f"{{{ATOM}}}link", href=address, type="application/atom+xml")
    add(root, f"{{{OPENSEARCH}}}itemsPerPage", str(page.size))
    add(root, f"{{{OPENSEARCH}}}totalResults", str(page.total))
    add(root, f"{{{OPENSEARCH}}}startIndex", str(page.first))
    return root


def _entry(root: etree._Element, item: Announcement) -> None:
    paper = item.paper
    versioned = f"{paper.id}v{item.version}"
    page, pdf = f"https://arxiv.org/abs/{versioned}", f"https://arxiv.org/pdf/{versioned}"
    entry = add(root, f"{{{ATOM}}}entry")
    add(entry, f"{{{ATOM}}}id", f"http://arxiv.org/abs/{versioned}")
    add(entry, f"{{{ATOM}}}title", title(paper))
    # When a revision came in is not recorded: a day for each version keeps the order right.
    add(entry, f"{{{ATOM}}}updated", _stamp(paper.published + timedelta(days=item.version - 1)))
    add(entry, f"{{{ATOM}}}link", href=page, rel="alternate", type="text/html")
    add(entry, f"{{{ATOM}}}link", href=pdf, rel="related", type="application/pdf", title="pdf")
    add(entry, f"{{{ATOM}}}summary", paper.summary)
    for category in paper.categories:
        add(entry, f"{{{ATOM}}}category", term=category, scheme=ARXIV)
    add(entry, f"{{{ATOM}}}published", _stamp(paper.published))
    if paper.comment:
        add(entry, f"{{{ARXIV}}}comment", paper.comment)
    add(entry, f"{{{ARXIV}}}primary_category", term=paper.categories[0])
    for name in paper.authors:
        add(add(entry, f"{{{ATOM}}}author"), f"{{{ATOM}}}name", name)
    if paper.doi:
        add(entry, f"{{{ARXIV}}}doi", paper.doi)


def _number(parameters: Mapping[str, str], name: str, default: int) -> int:
    text = parameters.get(name, str(default))
    if not (text.isascii() and text.isdigit()):
        raise QueryRefused(f"{name} must be an integer of at least 0")
    return int(text)


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
