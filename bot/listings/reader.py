"""What a source reads with: the bounded fetch and the fenced parser."""

from __future__ import annotations

from dataclasses import dataclass

from bot.listings.fetch import Fetched, Fetcher
from bot.listings.page import Page
from bot.listings.parser import Parse, Parser
from bot.listings.politeness import LocalLimiter
from bot.ports import PluginContext


@dataclass(frozen=True, slots=True)
class Reader:
    """Fetches and parses. All sources of a program share one fetcher and one parser."""

    fetcher: Fetcher
    parser: Parser

    @classmethod
    def of(cls, context: PluginContext) -> Reader:
        """The program's own, from ``fetcher`` and ``parser`` in the context's options; new ones where missing."""
        fetcher, parser = context.options.get("fetcher"), context.options.get("parser")
        if not isinstance(fetcher, Fetcher):
            fetcher = Fetcher(
                clock=context.clock, limiter=LocalLimiter(context.clock), contact=context.contact
            )
        return cls(fetcher, parser if isinstance(parser, Parser) else Parser())

    async def parse(
        self, parse: Parse, answer: Fetched, *, subject: str, **arguments: str | int | None
    ) -> Page:
        """:meth:`bot.listings.parser.Parser.run` on the answer's body."""
        return await self.parser.run(parse, answer.body, subject=subject, **arguments)
