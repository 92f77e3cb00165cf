"""Atom feeds (https://www.rfc-editor.org/rfc/rfc4287). Pure: papers in, XML out."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID, uuid5

from lxml import etree

from bot.cards.html import is_web
from bot.models import Paper

NAMESPACE: Final = "http://www.w3.org/2005/Atom"
_OURS: Final = UUID("85c9b063-3938-5ecd-8c1e-3964151f1c42")
"""The UUID of the project's address; under it the ids of feeds and entries are made, so that they stay the same for ever."""
_FORBIDDEN: Final = re.compile(  # noqa: TID251 - a pattern of ours
    r"[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]"
)
"""What XML 1.0 cannot hold (https://www.w3.org/TR/xml/#charsets)."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A paper in a feed."""

    paper: Paper
    at: datetime
    """When it was posted or saved."""


def atom(
    *, title: str, subject: str, address: str, page: str, entries: Sequence[Entry], since: datetime
) -> tuple[str, datetime]:
    """A feed document, and when it last changed.

    ``subject`` names the feed and never changes; it is hashed. ``address`` is where the feed itself is, ``page`` what a
    person reads instead. ``since`` is when it last changed where it has no entries.
    """
    updated = max((one.at for one in entries), default=since).replace(microsecond=0)
    names: Any = {None: NAMESPACE}  # without a prefix; the stubs know of none
    feed = etree.Element(f"{{{NAMESPACE}}}feed", nsmap=names)
    feed.set("{http://www.w3.org/XML/1998/namespace}lang", "en")
    _text(feed, "id", uuid5(_OURS, f"feed:{subject}").urn)
    _text(feed, "title", title or "Papers")
    _text(feed, "updated", _moment(updated))
    _link(feed, "self", address, "application/atom+xml")
    _link(feed, "alternate", page, "text/html")
    _text(_child(feed, "author"), "name", "Paper Pigeon")
    _text(feed, "generator", "Paper Pigeon")
    for one in entries:
        _entry(feed, one)
    body = etree.tostring(feed, encoding="unicode", pretty_print=True)
    return f'<?xml version="1.0" encoding="utf-8"?>\n{body}', updated


def _entry(feed: etree._Element, entry: Entry) -> None:
    paper = entry.paper
    node = _child(feed, "entry")
    _text(node, "id", uuid5(_OURS, f"paper:{paper.id}").urn)
    _text(node, "title", paper.title or paper.short_id)
    _text(node, "updated", _moment(entry.at))
    if paper.published is not None:
        _text(node, "published", _moment(paper.published))
    linked = is_web(paper.url)
    if linked:
        _link(node, "alternate", paper.url, "text/html")
    if is_web(paper.pdf_url):
        _link(node, "related", paper.pdf_url or "", "application/pdf")
    for name in paper.authors:
        if _clean(name):
            _text(_child(node, "author"), "name", name)
    for category in paper.categories:
        if _clean(category):
            _child(node, "category").set("term", _clean(category))
    if _clean(paper.abstract):
        _text(node, "summary", paper.abstract)
    if not linked:  # an entry without an alternate link must have content (RFC 4287, section 4.1.2)
        _text(node, "content", paper.abstract or paper.title or paper.short_id)


def _child(parent: etree._Element, name: str) -> etree._Element:
    return etree.SubElement(parent, f"{{{NAMESPACE}}}{name}")


def _text(parent: etree._Element, name: str, text: str) -> None:
    _child(parent, name).text = _clean(text)


def _link(parent: etree._Element, relation: str, address: str, kind: str) -> None:
    node = _child(parent, "link")
    node.set("rel", relation)
    node.set("type", kind)
    node.set("href", _clean(address))


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _clean(text: str) -> str:
    return _FORBIDDEN.sub("", text).strip()
