"""What chat answers, answered in the terminal: the same handlers, the same cards."""

from __future__ import annotations

import asyncio
import re
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Final

import typer

from bot.app import App
from bot.cards import Card, CardKind
from bot.cards.html import page
from bot.cards.paper import paper_card
from bot.choosing import choose_given_feeds, choose_sources
from bot.cli.files import write_whole
from bot.cli.opening import Opened, open_beside, open_settings
from bot.clock import Clock, SystemClock
from bot.commands import Command
from bot.errors import CommandError
from bot.handlers.replay import Replay
from bot.listings.fetch import Fetcher
from bot.listings.parser import Parser
from bot.meaning import Meanings
from bot.models import Destination, Person, Subscription, SubscriptionState
from bot.ports import Origin, PluginContext, Reply, ShowingAdapter
from bot.query import parse
from bot.settings import Settings
from bot.store import Store
from bot.turns import SharedLimiter

OPERATOR: Final = Person(id="operator", name="you")
MOST_CARDS: Final = 50
"""Paper cards of one preview page."""
_ONE_VALUE: Final = re.compile(  # noqa: TID251 - a pattern of ours
    r"(?P<minus>-?)(?P<field>(?:author|title|abstract|org|keyword|like):)?(?P<text>[^\":()|]*\s[^\":()|]*)"
)
_OPERATORS: Final = re.compile(r"(?:^|\s)(?:OR|AND|NOT|-\S.*)(?:\s|$)")  # noqa: TID251 - a pattern of ours


@dataclass(frozen=True)
class Operator:
    """Whoever may run commands on this machine owns the store, and may do everything in it."""

    async def may_manage(self, destination: Destination, managers: Sequence[str]) -> bool:  # noqa: ARG002
        return True

    async def may_read(self, destination: Destination) -> bool:  # noqa: ARG002
        return True

    async def missing(self, destination: Destination) -> Sequence[str]:  # noqa: ARG002
        return ()


@dataclass(frozen=True)
class _Asking:
    """What the commands here work with."""

    store: Store
    clock: Clock
    app: App
    settings: Settings
    origin: Origin
    screen: ShowingAdapter

    async def answer(self, verb: str, options: Mapping[str, str]) -> Reply:
        """The reply to a command; raises CommandError where it is an error."""
        reply = await self.app.handlers(
            Command(verb=verb, options={name: text for name, text in options.items() if text}), self.origin
        )
        if reply.card.kind is CardKind.ERROR:
            raise CommandError(reply.card.fallback)
        return reply


def ask(*, verb: str, options: Mapping[str, str], workspace: str) -> None:
    """Carry a verb out and print its reply."""
    asyncio.run(_ask(verb, options, workspace))


def explain(*, paper: str, subscription: str, workspace: str) -> None:
    """Say why a paper was posted or was not, for one subscription or for every place of the workspace."""
    asyncio.run(_explain(paper, subscription, workspace))


def search(*, words: Sequence[str], days: int, sort: str, workspace: str) -> None:
    """Find papers by a filter."""
    options = {"query": query_of(words), "days": str(days), "sort": sort}
    asyncio.run(_ask("search", options, workspace))


def preview(*, words: Sequence[str], days: int, html: Path | None, workspace: str) -> None:
    """Show what a filter would have brought; with ``html`` also as a page."""
    asyncio.run(_preview(query_of(words), days, html, workspace))


def query_of(words: Sequence[str]) -> str:
    """The filter as it was meant: the shell has taken the quotes away, and ``"world model"`` was a phrase.

    A single argument is taken as it is, unless it is one field and its words: ``author:"Sergey Levine"``.
    """
    return " ".join(_word(word, alone=len(words) == 1) for word in words)


def _word(word: str, *, alone: bool) -> str:
    match = _ONE_VALUE.fullmatch(word)
    if match is None or _OPERATORS.search(match["text"]) or (alone and not match["field"]):
        return word
    return f'{match["minus"]}{match["field"] or ""}"{match["text"].strip()}"'


async def _ask(verb: str, options: Mapping[str, str], workspace: str) -> None:
    async with _asking(workspace) as asking:
        asking.screen.show(await asking.answer(verb, options))


async def _explain(paper: str, subscription: str, workspace: str) -> None:
    options = {"paper": paper, "subscription": subscription}
    async with _asking(workspace) as asking:
        where = asking.origin.where
        stored = await asking.store.subscriptions.of(where.platform, where.workspace)
        places = {one.destination.key: one.destination for one in stored if _may_see(one)}
        if subscription or not places:
            asking.screen.show(await asking.answer("explain", options))
            return
        for place in places.values():
            there = replace(asking, origin=replace(asking.origin, where=place))
            reply = await there.answer("explain", options)
            typer.echo(f"→ {place.name or place.key}")
            asking.screen.show(reply)


def _may_see(subscription: Subscription) -> bool:
    """What people get by direct message is theirs; the operator's own is not hidden."""
    where = subscription.destination
    mine = not where.direct or where.channel == OPERATOR.id
    return mine and subscription.state is not SubscriptionState.REMOVED


async def _preview(query: str, days: int, html: Path | None, workspace: str) -> None:
    async with _asking(workspace) as asking:
        reply = await asking.answer("preview", {"query": query, "days": str(days)})
        asking.screen.show(reply)
        if html is not None:
            cards = [reply.card, *await _papers(asking, query, days)]
            write_whole(html, page(cards, "Paper Pigeon: preview", subtitle=query).encode(), mode=0o644)
            typer.echo(f"Wrote {html}.", err=True)


async def _papers(asking: _Asking, query: str, days: int) -> list[Card]:
    """The very cards that the filter would have brought, best first."""
    replayed = await Replay(asking.store, asking.clock, Meanings(asking.store, asking.clock)).run(
        parse(query), days=days, best=MOST_CARDS
    )
    return [
        paper_card(hit.paper, now=asking.clock.now(), reasons=hit.verdict.reasons, subscriptions=["preview"])
        for hit in replayed.hits
    ]


@asynccontextmanager
async def _asking(workspace: str) -> AsyncIterator[_Asking]:
    opened = open_settings(quiet=True)
    origin = Origin(person=OPERATOR, where=_where(workspace, opened), rights=Operator(), zone="")
    settings, clock = opened.settings, SystemClock()
    async with AsyncExitStack() as stack:
        store = await stack.enter_async_context(open_beside(settings, samples=True))
        fetcher = Fetcher(
            clock=clock,
            limiter=SharedLimiter(store.turns, clock, worker="operator"),
            contact=settings.core.contact,
        )
        stack.push_async_callback(fetcher.aclose)
        parser = Parser()
        stack.push_async_callback(parser.aclose)
        app = App(
            settings,
            store,
            clock,
            sources=choose_sources(settings, opened.sources, clock, store, fetcher=fetcher, parser=parser),
            adapters=(),
            roles=(),
            poll_every=timedelta(seconds=settings.core.poll_seconds),
            worker="operator",
            given=choose_given_feeds(settings, opened.sources, clock, store, fetcher=fetcher, parser=parser),
        )
        yield _Asking(store, clock, app, settings, origin, _screen(opened, clock, store))


def _screen(opened: Opened, clock: Clock, store: Store) -> ShowingAdapter:
    """The console, which draws cards for terminals and pipes."""
    settings = opened.settings
    console = opened.adapters["console"].create(
        PluginContext(
            settings=settings.sections["console"],
            clock=clock,
            shelf=store.shelf("console"),
            data_dir=settings.core.data_dir,
            options={"output": sys.stdout, "input": None},
        )
    )
    assert isinstance(console, ShowingAdapter)
    return console


def _where(written: str, opened: Opened) -> Destination:
    """Where the operator stands: in the console's own workspace, or in another one.

    Raises:
        CommandError: there is no such platform.
    """
    if not written:
        return Destination(platform="console", workspace="local", channel="console", name="console")
    platform, _, workspace = written.partition("/")
    if platform not in opened.adapters or not workspace:
        raise CommandError(
            f"«{written}» is not a workspace. Write platform/id, where platform is one of {', '.join(opened.adapters)}; "
            "`pigeon subs list` shows those there are."
        )
    return Destination(platform=platform, workspace=workspace, channel="operator", name="the operator")
