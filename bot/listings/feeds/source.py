"""One feed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Final

from bot.clock import Clock
from bot.listings import documents
from bot.listings.feeds import reading
from bot.listings.guard import Allowed
from bot.listings.reader import Reader
from bot.models import Listing, Paper

FULL_READ_AFTER: Final = timedelta(hours=24)
REMEMBERED: Final = 500
"""Items whose words are kept in the bookmark, to know them again under a new guid."""


class Feed:
    """A feed that a person gave. Fetched from the public web only, or from where the operator allowed."""

    def __init__(self, name: str, url: str, *, reader: Reader, clock: Clock, allowed: Allowed) -> None:
        self.name = name
        self._url = url
        self._reader = reader
        self._clock = clock
        self._allowed = allowed

    async def fetch(self, cursor: str | None) -> Listing:
        now = self._clock.now()
        kept = _record(cursor)
        read = documents.moment(kept.get("read"))
        fresh = kept.get("url") == self._url and read is not None and now - read < FULL_READ_AFTER
        answer = await self._reader.fetcher.get(
            self._url,
            etag=documents.text(kept.get("etag")) or None if fresh else None,
            modified=documents.text(kept.get("modified")) or None if fresh else None,
            guarded=True,
            allowed=self._allowed,
        )
        if answer.unchanged:
            return Listing(source=self.name, papers=(), cursor=cursor, unchanged=True)
        page = await self._reader.parse(
            reading.parse, answer, subject=self.name, source=self.name, now=now.isoformat()
        )
        known = {
            key: value
            for key, value in documents.mapping(kept.get("known")).items()
            if isinstance(value, str)
        }
        papers, renamed = _recognised(page.papers, known)
        bookmark = {
            "v": 1,
            "url": self._url,
            "read": now.isoformat(),
            "etag": answer.etag if not page.suspicious else None,
            "modified": answer.modified if not page.suspicious else None,
            "known": _remembered(papers, known),
        }
        notes = []
        if page.damaged:
            notes.append(f"The feed {self.name} was damaged; {len(papers)} items of it could be read.")
        if renamed:
            notes.append(
                f"The feed {self.name} gave {renamed} of its items new ids; they were known by their words."
            )
        return Listing(
            source=self.name,
            papers=papers,
            cursor=json.dumps(bookmark, separators=(",", ":")),
            skipped=page.skipped,
            notes=tuple(notes),
        )


def _recognised(papers: Sequence[Paper], known: Mapping[str, str]) -> tuple[tuple[Paper, ...], int]:
    """The papers, those under the id they had before whose words are known; and how many of these there are."""
    ids = frozenset(known.values())
    found: list[Paper] = []
    renamed = 0
    for paper in papers:
        before = known.get(_words(paper))
        if paper.id.startswith("feed:") and paper.id not in ids and before is not None:
            found.append(replace(paper, id=before))
            renamed += 1
        else:
            found.append(paper)
    return tuple(found), renamed


def _remembered(papers: Sequence[Paper], known: Mapping[str, str]) -> Mapping[str, str]:
    """The words of these items, and of earlier ones as long as there is room: a feed may empty and fill again."""
    fresh = {_words(paper): paper.id for paper in papers[:REMEMBERED]}
    earlier = [(key, value) for key, value in known.items() if key not in fresh]
    return dict((*fresh.items(), *earlier[: REMEMBERED - len(fresh)]))


def _words(paper: Paper) -> str:
    said = "\n".join((paper.title, paper.abstract[:500]))
    return hashlib.sha256(said.encode("utf-8", "replace")).hexdigest()[:16]


def _record(cursor: str | None) -> Mapping[str, object]:
    try:
        return documents.mapping(json.loads(cursor or "{}"))
    except ValueError:
        return {}
