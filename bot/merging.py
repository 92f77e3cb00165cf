"""One paper is one paper: what several listings say of it, made one. Pure."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import fields, replace
from datetime import datetime
from typing import Any, Final

from bot.models import Paper, Reading, Sighting

PREFERRED: Final = ("arxiv", "biorxiv", "medrxiv", "openreview", "pubmed", "crossref")
"""Sources whose title, abstract and authors are the authors' own, the most trusted first; Hugging Face and feeds copy
them. What a paper is called does not go to and fro between the listings that show it."""

TEXTS: Final = (
    "title",
    "abstract",
    "authors",
    "categories",
    "keywords",
    "version",
    "updated",
    "url",
    "pdf_url",
    "doi",
    "journal_ref",
    "comment",
    "withdrawn",
)
"""What the most trusted source decides; the others fill in what it leaves out."""
MEASURES: Final = ("upvotes", "comments", "stars")
"""Counts that the newest reading replaces."""
READINGS: Final = 8
"""Readings kept of a paper: the first, and the latest."""

WATCHED: Final = (
    *MEASURES,
    "version",
    "code_url",
    "project_url",
    "doi",
    "journal_ref",
    "withdrawn",
    "organization",
    "keywords",
    "title",
    "abstract",
    "categories",
    "sightings",
)
"""Fields by which a filter may tell a paper that it told apart before: their change queues it anew."""


_UNKNOWN: Final = (None, "", ())


def merged(held: Paper | None, brought: Paper, *, source: str, now: datetime) -> Paper:
    """The paper as it is known after ``source`` brought it.

    Nothing known is forgotten because one listing leaves it out; what the most trusted source says replaces what
    others said; counts take the newest reading; a lower version replaces nothing.
    """
    seen = tuple(
        sighting if sighting.seen_at else replace(sighting, seen_at=now)
        for sighting in brought.sightings or (Sighting(source=source, seen_at=now),)
    )
    if held is None:
        return replace(brought, sightings=seen, first_seen=now, readings=_read((), brought, now))
    values: dict[str, Any] = {}
    for field in fields(Paper):
        old, new = getattr(held, field.name), getattr(brought, field.name)
        if field.name in {"id", "sightings", "first_seen", "readings"} or new in _UNKNOWN or new == old:
            continue
        if field.name in TEXTS and old not in _UNKNOWN and not _replaces(held, brought, source):
            continue
        if field.name == "published" and old is not None:
            new = min(old, new)
        values[field.name] = new
    if any(name in values for name in MEASURES):
        values["readings"] = _read(held.readings, replace(held, **values), now)
    return replace(held, **values, sightings=_joined(held.sightings, seen))


def _read(before: Sequence[Reading], paper: Paper, now: datetime) -> tuple[Reading, ...]:
    """The readings with the present one; none while no listing told a count."""
    counts = [getattr(paper, name) for name in MEASURES]
    if all(count is None for count in counts):
        return ()
    found = (*before, Reading(now, *counts))
    return found if len(found) <= READINGS else (found[0], *found[1 - READINGS :])


def _replaces(held: Paper, brought: Paper, source: str) -> bool:
    rank, best = _rank(source), min((_rank(one.source) for one in held.sightings), default=len(PREFERRED))
    if rank == best and brought.version and held.version and brought.version != held.version:
        return brought.version > held.version
    return rank <= best


def _rank(source: str) -> int:
    return PREFERRED.index(source) if source in PREFERRED else len(PREFERRED)


def _joined(held: Sequence[Sighting], seen: Sequence[Sighting]) -> tuple[Sighting, ...]:
    known = {(one.source, one.announce, one.day) for one in held}
    return (*held, *(one for one in seen if (one.source, one.announce, one.day) not in known))


def enriched(held: Paper, found: Paper) -> Paper:
    """The paper with what an enricher knows of it: counts are replaced, links only filled in.

    Of two who count citations the one that found more is shown; its own later count replaces it, be it lower.
    """
    values: dict[str, Any] = {
        name: new
        for name in (*MEASURES, "models", "datasets", "spaces", "linked")
        if (new := getattr(found, name)) not in _UNKNOWN
    }
    values |= {
        name: new
        for name in ("pdf_url", "code_url", "project_url")
        if (new := getattr(found, name)) and not getattr(held, name)
    }
    if found.citations is not None and (
        held.citations is None or found.citations_by == held.citations_by or found.citations > held.citations
    ):
        values |= {"citations": found.citations, "citations_by": found.citations_by}
    return replace(held, **values)


def what_was(before: Paper, after: Paper) -> str:
    """The former values of the watched fields that changed, as JSON; empty where none did."""
    was = {}
    for name in WATCHED:
        old, new = getattr(before, name), getattr(after, name)
        if old != new:
            was[name] = len(old) if name == "sightings" else old
    return json.dumps(was, ensure_ascii=False) if was else ""


def before(after: Paper, was: dict[str, Any]) -> Paper:
    """The paper as it was before the change that :func:`what_was` noted."""
    values = dict(was)
    if "sightings" in values:
        values["sightings"] = after.sightings[: int(values["sightings"])]
    for name in ("keywords", "categories"):
        if name in values:
            values[name] = tuple(values[name])
    return replace(after, **values)


def one_each(papers: Sequence[Paper]) -> list[Paper]:
    """One paper for each id: a listing may show one under two days, or announce it twice."""
    by_id: dict[str, Paper] = {}
    for paper in papers:
        held = by_id.get(paper.id)
        if held is None:
            by_id[paper.id] = paper
        else:
            newer = paper if (paper.version or 0) > (held.version or 0) else held
            by_id[paper.id] = replace(newer, sightings=_joined(held.sightings, paper.sightings))
    return list(by_id.values())
