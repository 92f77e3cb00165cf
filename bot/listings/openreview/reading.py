"""Reading notes of OpenReview's API v2 (pure): every value of ``content`` is wrapped in ``{"value": …}``."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from bot.errors import ListingMalformed
from bot.listings import documents
from bot.listings.page import Page, Rows
from bot.models import Paper, Sighting
from bot.text.ids import canonical_id

SITE: Final = "https://openreview.net"
EVERYONE: Final = "everyone"
_GONE: Final = ("/withdrawn", "/desk_rejected")


def parse(data: bytes) -> Page:
    """Read one page of notes; ``next`` is the oldest change on it, in milliseconds.

    Raises ListingMalformed for everything else, with what OpenReview said.
    """
    answer = documents.mapping(documents.load(data))
    notes = answer.get("notes")
    if not isinstance(notes, list):
        said = documents.text(answer.get("message"))
        raise ListingMalformed(f"OpenReview's answer has no notes{f': {said[:200]}' if said else ''}.")
    read = Rows()
    oldest: int | None = None
    for row in notes[: documents.MOST_ITEMS]:
        note = documents.mapping(row)
        changed = documents.count(note.get("tmdate"), note.get("mdate"))
        if changed is not None:
            oldest = changed if oldest is None else min(oldest, changed)
        if documents.count(note.get("ddate")) is not None or EVERYONE not in documents.items(
            note.get("readers")
        ):
            read.leave_out()  # deleted, or for some eyes only
        elif (paper := _paper(note)) is None:
            read.skip(f"no forum or no title in {str(row)[:80]!r}")
        else:
            read.add(paper)
    for _ in notes[documents.MOST_ITEMS :]:
        read.skip(f"beyond the first {documents.MOST_ITEMS} notes")
    return read.page(total=documents.count(answer.get("count")), next=None if oldest is None else str(oldest))


def challenged(data: bytes) -> bool:
    """Does a refusal ask for a proof that a browser would give?"""
    return b"challenge" in data[:4_000].lower()


def token(data: bytes) -> str:
    """The token of a login; empty where there is none."""
    try:
        return documents.text(documents.mapping(documents.load(data)).get("token"))
    except ListingMalformed:
        return ""


def _paper(note: Mapping[str, Any]) -> Paper | None:
    forum = documents.text(note.get("forum"), note.get("id"))
    content = documents.mapping(note.get("content"))
    title = documents.text(_value(content, "title"))
    paper_id = canonical_id(f"openreview:{forum}")
    if paper_id is None or not title:
        return None
    page = f"{SITE}/forum?id={forum}"
    published = _moment(note.get("pdate"), note.get("cdate"), note.get("tcdate"))
    pdf = documents.text(_value(content, "pdf"))
    venue = documents.text(_value(content, "venueid")).lower()
    area = documents.text(_value(content, "primary_area"))
    return Paper(
        id=paper_id,
        title=title,
        abstract=documents.text(_value(content, "abstract"), _value(content, "TLDR")),
        authors=documents.texts(documents.items(_value(content, "authors"))),
        categories=(area,) if area else (),
        keywords=documents.texts(documents.items(_value(content, "keywords"))),
        published=published,
        updated=_moment(note.get("mdate"), note.get("tmdate")),
        comment=documents.text(_value(content, "venue")) or None,
        url=page,
        pdf_url=f"{SITE}{pdf}" if pdf.startswith("/") else documents.web_address(pdf),
        code_url=documents.web_address(_value(content, "code"), _value(content, "software")),
        withdrawn=any(mark in venue for mark in _GONE),
        sightings=(Sighting(source="openreview", day=published.date() if published else None, url=page),),
    )


def _value(content: Mapping[str, Any], name: str) -> object:
    held = content.get(name)
    return held.get("value") if isinstance(held, dict) else held


def _moment(*values: object) -> datetime | None:
    """The first of them that is a moment in milliseconds since 1970."""
    for value in values:
        number = documents.count(value)
        if number and number < 4_102_444_800_000:  # the year 2100
            return datetime.fromtimestamp(number / 1000, UTC)
    return None
