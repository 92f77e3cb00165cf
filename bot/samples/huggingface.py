"""A sample day as ``GET https://huggingface.co/api/daily_papers?date=…`` would answer it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from bot.samples.days import ListRow, SampleDay

_LISTED_AT: Final = timedelta(minutes=30)
"""Lists open soon after midnight UTC."""
_SUBMITTER: Final = {"fullname": "Paper Pigeon sample", "type": "user", "isPro": False}
"""Real rows name the member who submitted the paper; the samples leave private people out."""
_NO_STAFF: Final = {"isHf": False, "isHfAdmin": False, "isMod": False}


def daily_papers(day: SampleDay, listed: date, reached: int) -> list[dict[str, Any]]:
    """Return the list of ``day``, dated ``listed``, as it looks on the sample day ``reached`` (counted from 1)."""
    age = reached - day.number
    return [_row(row, listed, age) for row in day.huggingface if row.from_day <= reached]


def _row(row: ListRow, listed: date, age: int) -> dict[str, Any]:
    paper = row.paper
    submitter_id = _object_id("submitter")
    inner: dict[str, Any] = {
        "id": paper.id,
        "authors": [
            {"_id": _object_id(paper.id, name), "name": name, "hidden": False} for name in paper.authors
        ],
        "publishedAt": _instant(paper.published),
        "submittedOnDailyAt": _instant(datetime.combine(listed, time(), UTC) + _LISTED_AT),
        "title": paper.title,
        "submittedOnDailyBy": {"_id": submitter_id, "user": "paper-pigeon", **_SUBMITTER},
        "summary": paper.summary,
        "upvotes": _count(row.upvotes, age),
        "discussionId": _object_id(paper.id),
        "ai_summary": paper.summary.partition(". ")[0].rstrip(".") + ".",
        "ai_keywords": list(paper.keywords),
    }
    outer: dict[str, Any] = {
        # The outer date is New York's wall time with a «Z» behind it: so it is in every recorded list.
        "publishedAt": _instant(paper.published.astimezone(ZoneInfo("America/New_York"))),
        "title": paper.title,
        "summary": paper.summary,
        "numComments": _count(row.comments, age),
        "submittedBy": {"_id": submitter_id, "name": "paper-pigeon", **_SUBMITTER, **_NO_STAFF},
        "isAuthorParticipating": False,
    }
    if not paper.made_up:
        outer["thumbnail"] = f"https://cdn-thumbnails.huggingface.co/social-thumbnails/papers/{paper.id}.png"
    if paper.code_url:
        inner["githubRepo"] = paper.code_url
    if row.stars:
        inner["githubStars"] = _count(row.stars, age)
    if paper.project_url:
        inner["projectPage"] = paper.project_url
    if paper.organization is not None:
        name, fullname = paper.organization.name, paper.organization.fullname
        organization = {"_id": _object_id(name), "name": name, "fullname": fullname}
        inner["organization"] = organization
        outer["organization"] = organization
    for part in (inner, outer):
        part.update(dict.fromkeys(row.null))
        for key in row.without:
            part.pop(key, None)
    return {"paper": inner, **outer}


def _count(values: Sequence[int], age: int) -> int:
    return values[min(age, len(values) - 1)]


def _instant(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.000Z")


def _object_id(*parts: str) -> str:
    """Stand in for the database ids of real rows: 24 hexadecimal digits, the same at every start."""
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:24]
