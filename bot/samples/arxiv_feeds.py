"""A sample day as arXiv's announcement feeds: RSS 2.0 and Atom."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date
from email.utils import format_datetime
from typing import Final

from lxml import etree

from bot.samples.arxiv import (
    ARXIV,
    ATOM,
    DC,
    FEED_NAMESPACES,
    RSS_NAMESPACES,
    add,
    announce_type,
    arxiv_categories,
    batch_time,
    document,
    in_category,
    start,
    tex_name,
    title,
)
from bot.samples.days import Announcement, SampleDay

_LICENCE: Final = "http://arxiv.org/licenses/nonexclusive-distrib/1.0/"
"""Which licence each paper has was not recorded; this is the one that permits least."""
_LANG: Final = "{http://www.w3.org/XML/1998/namespace}lang"


def rss(day: SampleDay, announced: date, categories: Sequence[str], address: str) -> bytes:
    """Return the RSS feed of one batch, with the papers in any of ``categories``.

    Args:
        day: The batch.
        announced: The day on which it is announced.
        categories: As asked for: ``cs.RO``, or a whole archive, ``cs``.
        address: Where the feed says it lives.
    """
    name = "+".join(categories)
    midnight = batch_time(announced)
    root = start("rss", RSS_NAMESPACES, version="2.0")
    channel = add(root, "channel")
    add(channel, "title", f"{name} updates on arXiv.org")
    add(channel, "link", address)
    add(channel, "description", f"{name} updates on the arXiv.org e-print archive.")
    add(channel, f"{{{ATOM}}}link", href=address, rel="self", type="application/rss+xml")
    add(channel, "docs", "http://www.rssboard.org/rss-specification")
    add(channel, "language", "en-us")
    add(channel, "lastBuildDate", format_datetime(midnight.astimezone(UTC)))
    add(channel, "managingEditor", "rss-help@arxiv.org")
    add(channel, "pubDate", format_datetime(midnight))
    skipped = add(channel, "skipDays")
    for weekday, number in (("Sunday", 6), ("Saturday", 5)):
        # The demo announces at weekends too; a feed that skips its own day would contradict itself.
        if announced.weekday() != number:
            add(skipped, "day", weekday)
    for item in _wanted(day, categories):
        element = add(channel, "item")
        add(element, "title", title(item.paper))
        add(element, "link", f"https://arxiv.org/abs/{item.paper.id}")
        add(element, "description", _description(item, categories))
        add(element, "guid", f"oai:arXiv.org:{item.paper.id}v{item.version}", isPermaLink="false")
        for category in arxiv_categories(item.paper):
            add(element, "category", category)
        add(element, "pubDate", format_datetime(midnight))
        _announce(element, item, categories)
    return document(root)


def atom(day: SampleDay, announced: date, categories: Sequence[str], address: str) -> bytes:
    """Return the Atom feed of one batch; arguments as for :func:`rss`."""
    name = "+".join(categories)
    midnight = batch_time(announced)
    built = midnight.astimezone(UTC).isoformat()
    root = start(f"{{{ATOM}}}feed", FEED_NAMESPACES)
    root.set(_LANG, "en-us")
    add(root, f"{{{ATOM}}}id", address)
    add(root, f"{{{ATOM}}}title", f"{name} updates on arXiv.org")
    add(root, f"{{{ATOM}}}updated", built)
    add(root, f"{{{ATOM}}}link", href=address, rel="self", type="application/atom+xml")
    add(root, f"{{{ATOM}}}subtitle", f"{name} updates on the arXiv.org e-print archive.")
    for item in _wanted(day, categories):
        entry = add(root, f"{{{ATOM}}}entry")
        add(entry, f"{{{ATOM}}}id", f"oai:arXiv.org:{item.paper.id}v{item.version}")
        add(entry, f"{{{ATOM}}}title", title(item.paper))
        add(entry, f"{{{ATOM}}}updated", built)
        page = f"https://arxiv.org/abs/{item.paper.id}"
        add(entry, f"{{{ATOM}}}link", href=page, rel="alternate", type="text/html")
        add(entry, f"{{{ATOM}}}summary", _description(item, categories))
        for category in arxiv_categories(item.paper):
            add(entry, f"{{{ATOM}}}category", term=category)
        add(entry, f"{{{ATOM}}}published", midnight.isoformat())
        _announce(entry, item, categories)
    return document(root)


def _wanted(day: SampleDay, categories: Sequence[str]) -> Iterator[Announcement]:
    for item in day.arxiv:
        if any(in_category(item.paper, wanted) for wanted in categories):
            yield item


def _description(item: Announcement, categories: Sequence[str]) -> str:
    kind = announce_type(item, categories)
    return f"arXiv:{item.paper.id}v{item.version} Announce Type: {kind} \nAbstract: {item.paper.summary}"


def _announce(element: etree._Element, item: Announcement, categories: Sequence[str]) -> None:
    add(element, f"{{{ARXIV}}}announce_type", announce_type(item, categories))
    add(element, f"{{{DC}}}rights", _LICENCE)
    add(element, f"{{{DC}}}creator", ", ".join(map(tex_name, item.paper.authors)))
