"""A request and its answer, as the site sees them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from hashlib import sha256
from typing import Final

HTML: Final = "text/html; charset=utf-8"
TEXT: Final = "text/plain; charset=utf-8"
FIGURES: Final = "text/plain; version=0.0.4; charset=utf-8"
"""https://prometheus.io/docs/instrumenting/exposition_formats/"""
ATOM: Final = "application/atom+xml; charset=utf-8"
SVG: Final = "image/svg+xml"


@dataclass(frozen=True, slots=True)
class Visit:
    """One GET or HEAD."""

    path: str
    """Decoded, without the query."""
    query: Mapping[str, str] = field(default_factory=dict)
    client: str = ""
    """Whose budget it draws on: an address, or the network of one."""
    none_match: str = ""
    """``If-None-Match`` as it came."""
    modified_since: str = ""
    """``If-Modified-Since`` as it came."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What is sent back."""

    status: int
    body: str = ""
    kind: str = HTML
    headers: Mapping[str, str] = field(default_factory=dict)


def conditional(visit: Visit, body: str, kind: str, modified: datetime) -> Answer:
    """The body, or 304 where the client has it already. A tag outweighs a date (RFC 9110, section 13.2.2)."""
    tag = f'"{sha256(body.encode()).hexdigest()[:32]}"'
    headers = {
        "ETag": tag,
        "Last-Modified": format_datetime(modified.astimezone(UTC), usegmt=True),
        "Cache-Control": "private, no-cache",
    }
    unchanged = _names(visit.none_match, tag) if visit.none_match else _as_new(visit.modified_since, modified)
    if unchanged:
        return Answer(304, "", kind, headers)
    return Answer(200, body, kind, headers)


def _names(none_match: str, tag: str) -> bool:
    given = [one.strip().removeprefix("W/") for one in none_match.split(",")]
    return tag in given or "*" in given


def _as_new(since: str, modified: datetime) -> bool:
    if not since:
        return False
    try:
        moment = parsedate_to_datetime(since)
    except ValueError:
        return False
    known = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return modified.replace(microsecond=0) <= known
