"""Other ids and titles under which a paper is known: what makes one paper of what several listings show."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from bot.identity import may_be_one, other_ids, share_an_author, title_mark
from bot.models import Paper
from bot.private import feed_of
from bot.store import keys
from bot.store.database import Database
from bot.store.records import decode

_AT_ONCE = 400


class Names:
    """Aliases and titles, as long as the papers are kept."""

    def __init__(self, database: Database, *, retention: timedelta) -> None:
        self._database = database
        self._expiry = int(retention.total_seconds() * 1000)

    async def as_known(self, papers: Sequence[Paper]) -> list[Paper]:
        """The same papers, each under the id under which it is known already.

        Names are written before the papers are, so that a crash in between makes no second paper of one.
        """
        found: list[Paper] = [paper for paper in papers if feed_of(paper.id)]
        papers = [
            paper for paper in papers if not feed_of(paper.id)
        ]  # what a given feed says, ties nobody else's
        for start in range(0, len(papers), _AT_ONCE):
            found += await self._settled(papers[start : start + _AT_ONCE])
        return found

    async def canonical(self, paper_id: str) -> str:
        """The id under which a paper is kept, where it is known by several."""
        return str(await self._database.call(self._database.client.get(keys.alias(paper_id))) or paper_id)

    async def _settled(self, papers: Sequence[Paper]) -> list[Paper]:
        own = [paper.id for paper in papers]
        others = {paper.id: other_ids(paper) for paper in papers}
        ids = list(dict.fromkeys([*own, *(one for named in others.values() for one in named)]))
        marks = {paper.id: mark for paper in papers if (mark := title_mark(paper))}
        aliases = await self._values([keys.alias(one) for one in ids])
        titles = await self._values([keys.title(mark) for mark in dict.fromkeys(marks.values())])
        stored = await self._stored(ids)
        candidates = {one for mark in marks.values() if (one := titles.get(keys.title(mark))) is not None}
        named_alike = await self._papers([one for one in candidates if one not in own])
        settled: list[Paper] = []
        writes: list[tuple[str | int, ...]] = []
        for paper in papers:
            target = _target(paper, others[paper.id], aliases, stored) or paper.id
            mark = marks.get(paper.id)
            if target == paper.id and paper.id not in stored and mark is not None:
                alike = named_alike.get(titles.get(keys.title(mark), ""))
                if alike is not None and may_be_one(paper.id, alike.id) and share_an_author(paper, alike):
                    target = alike.id
            # What has a record of its own keeps it: that there were two is no reason to lose one.
            writes += [
                ("SET", keys.alias(one), target, "PX", self._expiry)
                for one in (paper.id, *others[paper.id])
                if one not in {target, *stored}
                and aliases.get(keys.alias(one)) != target
                and may_be_one(one, target)
            ]
            if mark is not None and keys.title(mark) not in titles:
                writes.append(("SET", keys.title(mark), target, "PX", self._expiry, "NX"))
            settled.append(paper if target == paper.id else replace(paper, id=target))
        if writes:
            await self._database.pipeline(writes)
        return settled

    async def _values(self, names: Sequence[str]) -> Mapping[str, str]:
        if not names:
            return {}
        held = await self._database.call(self._database.client.mget(names))
        return {name: str(value) for name, value in zip(names, held, strict=True) if value is not None}

    async def _stored(self, ids: Sequence[str]) -> Collection[str]:
        there = await self._database.pipeline([("EXISTS", keys.paper(one)) for one in ids])
        return {one for one, exists in zip(ids, there, strict=True) if exists}

    async def _papers(self, ids: Sequence[str]) -> Mapping[str, Paper]:
        held = await self._values([keys.paper(one) for one in ids])
        return {one: decode(Paper, held[keys.paper(one)]) for one in ids if keys.paper(one) in held}


def _target(
    paper: Paper, others: Sequence[str], aliases: Mapping[str, str], stored: Collection[str]
) -> str | None:
    """The id under which the paper is known by one of its ids."""
    if paper.id in stored:
        return paper.id
    if (alias := aliases.get(keys.alias(paper.id))) is not None:
        return alias
    for one in others:
        known = aliases.get(keys.alias(one)) or (one if one in stored else None)
        if known is not None and may_be_one(paper.id, known):
            return known
    return None
