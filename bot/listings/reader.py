"""What a source reads with: the bounded fetch and the fenced parser, as one step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from bot.clock import Clock
from bot.listings.fetch import Fetched, Fetcher
from bot.listings.page import Page
from bot.listings.parser import Parse, Parser
from bot.listings.politeness import LocalLimiter
from bot.models import Paper
from bot.ports import PluginContext


class Reader:
    """Fetches and parses. Sources made together share one fetcher and one parser."""

    def __init__(self, *, fetcher: Fetcher, parser: Parser, clock: Clock) -> None:
        self._fetcher = fetcher
        self._parser = parser
        self._clock = clock

    @classmethod
    def of(cls, context: PluginContext) -> Reader:
        """The program's own, from ``fetcher`` and ``parser`` in the context's options; new ones where missing."""
        fetcher = context.options.get("fetcher")
        parser = context.options.get("parser")
        if not isinstance(fetcher, Fetcher):
            fetcher = Fetcher(
                clock=context.clock, limiter=LocalLimiter(context.clock), contact=context.contact
            )
        return cls(
            fetcher=fetcher, parser=parser if isinstance(parser, Parser) else Parser(), clock=context.clock
        )

    async def fetch(self, url: str, **how: Any) -> Fetched:
        """:meth:`bot.listings.fetch.Fetcher.get`."""
        return await self._fetcher.get(url, **how)

    async def parse(
        self, parse: Parse, answer: Fetched, *, subject: str, **arguments: str | int | None
    ) -> Page:
        """:meth:`bot.listings.parser.Parser.run`; each paper's sightings get the present moment."""
        page = await self._parser.run(parse, answer.body, subject=subject, **arguments)
        return replace(page, papers=self._stamped(page.papers))

    def _stamped(self, papers: Sequence[Paper]) -> tuple[Paper, ...]:
        now = self._clock.now()
        return tuple(
            replace(paper, sightings=tuple(replace(seen, seen_at=now) for seen in paper.sightings))
            for paper in papers
        )
