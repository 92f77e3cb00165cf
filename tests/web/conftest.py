"""The site over a core on a real store, asked without a socket."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from html import unescape
from urllib.parse import parse_qsl, unquote, urlsplit

import pytest_asyncio

from bot.models import Destination, Person
from bot.ports import Origin
from bot.web.site import Process, Site
from bot.web.visit import Answer, Visit
from tests.core import ANA, ML, Core, commands, origin

ADDRESS = "https://papers.example.org"
RIVAL = Destination(platform="recording", workspace="rival", channel="ml", name="#ml")


@dataclass
class Browser:
    """Asks a site as a browser does."""

    core: Core
    site: Site
    parts: dict[str, bool] = field(default_factory=dict)
    client: str = "192.0.2.7"

    async def get(self, address: str, **headers: str) -> Answer:
        parts = urlsplit(address)
        return await self.site.answer(
            Visit(unquote(parts.path), dict(parse_qsl(parts.query)), client=self.client, **headers)
        )

    async def page(self, by: Origin | None = None) -> str:
        """The path of the page to which the command ``web`` gives somebody a link."""
        link = commands(await self.core.say("web", by or origin()))["Open the page"]
        assert link.startswith(ADDRESS), link
        return link.removeprefix(ADDRESS)

    async def feeds(self, by: Origin | None = None) -> dict[str, str]:
        """The paths of somebody's feeds by title."""
        reply = await self.core.say("web feeds", by or origin())
        return {
            item.spans[0].text: item.note[0].text.removeprefix(ADDRESS)
            for item in reply.card.blocks
            if hasattr(item, "note") and item.note
        }


async def browser_of(core: Core) -> Browser:
    """A browser of the site of a core."""
    parts: dict[str, bool] = {}
    process = Process(["arxiv"], timedelta(minutes=10), parts)
    site = Site(core.store, core.clock, core.handlers, process, address=ADDRESS)
    await core.store.web.announce(ADDRESS, ttl=timedelta(hours=1))
    return Browser(core, site, parts)


@pytest_asyncio.fixture
async def browser(core: Core) -> AsyncIterator[Browser]:
    made = await browser_of(core)
    yield made
    await made.site.close()


def shown(answer: Answer) -> str:
    """What a person reads on a page."""
    body = re.sub(r"<style>.*?</style>", "", answer.body, flags=re.DOTALL)
    return unescape(re.sub(r"<[^>]+>", "", body))


def direct(person: Person = ANA, workspace: str = "lab") -> Origin:
    """Somebody writes to the bot alone."""
    where = Destination(platform="recording", workspace=workspace, channel=person.id, direct=True)
    return replace(origin(person), where=where)


def elsewhere(person: Person = ANA) -> Origin:
    """The same channel's name, in another workspace."""
    return origin(person, where=RIVAL)


__all__ = ["ADDRESS", "ANA", "ML", "Browser", "browser_of", "direct", "elsewhere", "shown"]
