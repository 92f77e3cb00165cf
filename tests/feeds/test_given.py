"""Feeds given in chat: looked at first, read once for all who gave them, and nobody else's business."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest
import pytest_asyncio
from aiohttp import web

from bot.choosing import choose_given_feeds
from bot.feeding import EVERY, Feeding
from bot.listings.feeds.given import Feeds
from bot.listings.fetch import Fetcher
from bot.listings.guard import REFUSAL, Allowed
from bot.listings.parser import MOST_KILLS, Parser
from bot.listings.politeness import LocalLimiter
from bot.listings.reader import Reader
from bot.models import Cadence, Destination, Person, When
from bot.plugins import sources
from bot.ports import Happening, HappeningKind, Reply
from bot.private import feed_name, identity, private_id
from bot.settings import load
from bot.store.backup import read_part
from tests.core import ANA, ML, AllRights, Core, commands, open_core, origin, paper, words
from tests.listings import readers
from tests.listings.conftest import Host, host

__all__ = ["host"]

THERE = origin(
    Person(id="eve", name="Eve"),
    where=Destination(platform="recording", workspace="rival", channel="ml", name="#ml"),
)


def item(number: int, title: str, *, doi: str = "") -> str:
    link = f"https://doi.org/{doi}" if doi else f"https://lab.example/{number}"
    return (
        f"<item><title>{title}</title><link>{link}</link><guid>{link}</guid><description>Text of {title}</description>"
        f"<pubDate>Mon, 0{number} Dec 2025 00:00:00 GMT</pubDate></item>"
    )


@dataclass
class Site:
    """A feed on a loopback server, and the core with what reads it."""

    core: Core
    host: Host
    feeding: Feeding
    parser: Parser
    items: list[str] = field(default_factory=lambda: [item(1, "Old robots"), item(2, "Older robots")])
    answers: int = 0

    @property
    def url(self) -> str:
        return f"{self.host.url}/feed.xml"

    @property
    def name(self) -> str:
        return feed_name(self.url)

    async def answer(self, request: web.Request) -> web.Response:
        self.answers += 1
        body = "".join(self.items)
        return web.Response(text=f"<rss version='2.0'><channel><title>The Lab</title>{body}</channel></rss>")

    async def give(self, by=None) -> Reply:
        looked = await self.core.say(f"feeds {self.url}", by)
        return await self.core.say(commands(looked)["Confirm"], by)

    async def poll(self) -> None:
        await self.core.clock.advance(EVERY * 1.1)
        await self.feeding.once()
        await self.core.settle()

    async def brings(self, *items: str) -> None:
        self.items = [*items, *self.items]
        await self.poll()


@pytest_asyncio.fixture
async def site(redis_url, clock, host) -> AsyncIterator[Site]:
    fetcher = Fetcher(clock=clock, limiter=LocalLimiter(clock))
    parser = Parser()
    allowed = Allowed.read([host.url.removeprefix("http://")])
    given = Feeds(reader=Reader(fetcher, parser), clock=clock, allowed=allowed, most=2)
    core = open_core(redis_url, clock)
    await core.seeded()
    core.handlers._services = replace(core.handlers._services, given=given)
    made = Site(core, host, Feeding(given, core.store, clock, worker="w1"), parser)
    host.answer = made.answer
    yield made
    await core.store.database.close()
    await fetcher.aclose()
    await parser.aclose()


async def test_a_first_look_shows_what_is_in_it_and_only_confirm_adds_it(site):
    reply = await site.core.say(f"feeds {site.url}")
    said = words(reply)
    assert "Read «The Lab» here?" in said
    assert "2 items" in said
    assert "Older robots" in said
    assert await site.core.store.feeds.of(*ML_WORKSPACE) == []
    assert site.name in words(await site.core.say(commands(reply)["Confirm"]))
    (feed,) = await site.core.store.feeds.of(*ML_WORKSPACE)
    assert (feed.name, feed.title, feed.added_by.id) == (site.name, "The Lab", "ana")
    assert "Remove" in str((await site.core.say("feeds")).card)


ML_WORKSPACE = (ML.platform, ML.workspace)


async def test_what_is_in_it_is_known_and_what_comes_is_matched_once(site):
    await site.core.subscribe("robots")
    await site.give()
    await site.poll()
    assert site.core.adapter.posted == [], "old items are no news"
    await site.brings(item(3, "New robots"), item(4, "Something else"))
    assert [one.card.fallback.split(" · ")[0] for one in site.core.adapter.posted] == ["New robots"]
    await site.poll()
    assert len(site.core.adapter.posted) == 1


async def test_a_subscription_can_name_the_feed_alone(site):
    await site.give()
    await site.poll()
    asked = await site.core.say(f"subscribe source:{site.name} when:instant")
    assert "I do not read a listing" not in words(asked)
    await site.core.say(commands(asked)["Confirm"])
    asked = await site.core.say(f"subscribe robots sources:{site.name} when:instant to:me")
    await site.core.say(commands(asked)["Confirm"])
    await site.core.bring(paper(1, "Robots of arXiv"))
    await site.brings(item(3, "New robots"))
    assert {
        one.card.fallback.split(" · ")[0] for one in site.core.adapter.posted if "New" in one.card.fallback
    } == {"New robots"}
    assert not any("arXiv" in one.card.fallback for one in site.core.adapter.posted)


# --- whose business it is -----------------------------------------------------------------------


async def test_nothing_of_a_feed_is_seen_in_another_workspace(site):
    await site.core.subscribe("robots", destination=THERE.where, created_by=THERE.person)
    await site.give()
    await site.poll()
    await site.brings(item(3, "Secret robots"))
    mine = await site.core.store.papers.of_feed(site.name, site.core.clock.now() - timedelta(days=9))
    assert len(mine) == 3
    assert site.core.adapter.posted == []
    for line in (
        "search robots",
        "preview robots",
        f"search source:{site.name}",
        "preview robots days:30",
        "status",
        "feeds",
        "list server",
        "forget-me export",
        *(
            f"{verb} {mine[0]}"
            for verb in ("paper", "abstract", "bibtex", "explain", "save", "share", "like", "discuss")
        ),
        f"subscribe robots sources:{site.name}",
        f"subscribe source:{site.name}",
        f"feeds remove:{site.name}",
    ):
        said = words(await site.core.say(line, THERE))
        assert "Secret" not in said, line
        assert "The Lab" not in said, line
        if site.name not in line:
            assert site.name not in said, line
    offered = await site.core.handlers.complete("paper", "paper", "Secret", THERE)
    assert offered == []
    # … and what was typed there took nothing away here.
    assert len(await site.core.store.feeds.of(*ML_WORKSPACE)) == 1
    assert "Secret robots" in words(await site.core.say("search robots"))
    assert "Secret robots" in words(await site.core.say(f"paper {mine[0]}"))


async def test_no_list_of_all_papers_holds_them(site):
    await site.give()
    await site.poll()
    store, past = site.core.store, site.core.clock.now() - timedelta(days=90)
    assert await store.papers.recent(past) == []
    assert (await store.papers.written(0))[1] == []
    assert await store.papers.count() == 0
    assert (await store.shown.since(0))[1] == []


async def test_what_a_feed_says_of_a_known_paper_reaches_nobody_else(site):
    """A workspace could otherwise rename everybody's papers by a feed of its own."""
    await site.core.bring(paper(1, "The true title", id="doi:10.1000/true", doi="10.1000/true"))
    await site.give()
    await site.poll()
    await site.brings(item(3, "A lie", doi="10.1000/true"), item(4, "A lie in advance", doi="10.1000/later"))
    held = await site.core.store.papers.get("doi:10.1000/true")
    assert held is not None
    assert (held.title, [one.source for one in held.sightings]) == ("The true title", ["arxiv"])
    later = paper(2, "Another true title", id="doi:10.1000/later", doi="10.1000/later", authors=())
    await site.core.bring(later)
    held = await site.core.store.papers.get("doi:10.1000/later")
    assert held is not None
    assert (held.title, len(held.sightings)) == ("Another true title", 1)


@pytest.mark.parametrize("first", ["feed", "listing"])
@pytest.mark.parametrize("when", [When.INSTANT, When.DAILY])
async def test_a_paper_of_a_feed_and_of_a_listing_is_one_card_there(site, first, when):
    await site.core.subscribe("robots", cadence=Cadence(when=when))
    await site.give()
    await site.poll()
    public = paper(7, "Robots at last", id="doi:10.1000/one", doi="10.1000/one", authors=())
    if first == "listing":
        await site.core.bring(public)
    await site.brings(item(3, "Robots at last", doi="10.1000/one"))
    if first == "feed":
        await site.core.bring(public)
    for _ in range(3):
        await site.core.clock.advance(timedelta(days=1))
        await site.core.settle()
    assert len(site.core.adapter.posted) == 1
    assert str(site.core.adapter.posted[0].card).count("Robots at last") <= 2
    found = words(await site.core.say("search robots at last days:30"))
    assert "1 of " in found


async def test_two_that_gave_it_both_get_it_and_it_is_fetched_once(site):
    await site.core.subscribe("robots")
    await site.core.subscribe("robots", destination=THERE.where, created_by=THERE.person)
    await site.give()
    await site.give(THERE)
    await site.poll()
    before = site.answers
    await site.brings(item(3, "New robots"))
    assert site.answers == before + 1
    assert {one.destination.workspace for one in site.core.adapter.posted} == {"lab", "rival"}
    await site.core.say(f"feeds remove:{site.name}", THERE)
    await site.brings(item(4, "More robots"))
    assert len(site.core.adapter.posted) == 3
    assert (await site.core.store.feeds.of(*ML_WORKSPACE))[0].name == site.name


# --- changes ------------------------------------------------------------------------------------


async def test_adding_and_removing_can_be_undone_in_that_workspace_alone(site):
    added = await site.give()
    assert "nothing to undo here" in words(await site.core.say(commands(added)["Undo"], THERE)).lower()
    await site.core.say(commands(added)["Undo"])
    assert await site.core.store.feeds.of(*ML_WORKSPACE) == []
    assert await site.core.store.feeds.addresses() == {}
    await site.give()
    removed = await site.core.say(f"feeds remove:{site.name}")
    await site.core.say(commands(removed)["Undo"])
    assert [one.name for one in await site.core.store.feeds.of(*ML_WORKSPACE)] == [site.name]


async def test_a_workspace_that_leaves_takes_its_feeds_with_it(site):
    await site.give()
    left = Happening(kind=HappeningKind.WORKSPACE_LEFT, destination=replace(ML, channel=""))
    await site.core.handlers.happened(left)
    assert await site.core.store.feeds.addresses() == {}
    before = site.answers
    await site.poll()
    assert site.answers == before


async def test_it_needs_the_right_to_manage_and_has_a_quota(site):
    nobody = origin(rights=AllRights(manage=False))
    for line in (f"feeds {site.url}", f"feeds remove:{site.name}"):
        assert "Only people who can manage" in words(await site.core.say(line, nobody))
    assert site.answers == 0
    await site.give()
    assert "read here already" in words(await site.core.say(f"feeds {site.url}"))
    looked = [await site.core.say(f"feeds {site.url}?{number}") for number in range(2)]
    await site.core.say(commands(looked[0])["Confirm"])
    assert "as many as I take" in words(await site.core.say(f"feeds {site.url}?3"))
    assert "as many as I take" in words(await site.core.say(commands(looked[1])["Confirm"]))


async def test_only_who_looked_may_confirm(site):
    looked = await site.core.say(f"feeds {site.url}")
    other = origin(Person(id="bo", name="Bo"))
    assert "Only the person who asked" in words(await site.core.say(commands(looked)["Confirm"], other))
    assert await site.core.store.feeds.of(*ML_WORKSPACE) == []


async def test_looks_are_counted(site):
    said = [words(await site.core.say(f"feeds {site.url}?{number}")) for number in range(25)]
    assert sum("many feeds within the hour" in one for one in said) == 5
    assert site.answers == 20


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("http://127.0.0.1:1/feed", REFUSAL),
        ("http://169.254.169.254/latest", REFUSAL),
        ("https://user:pw@example.org/", REFUSAL),
        ("file:///etc/passwd", "is not the address of a feed"),
        ("nature.com", "is not the address of a feed"),
        ("http://[::1", "not an address I can read"),
    ],
)
async def test_what_cannot_be_read_is_said_and_added_nowhere(site, written, expected):
    reply = await site.core.say(f'feeds add:"{written}"')
    assert expected in words(reply)
    assert "Confirm" not in commands(reply)


async def test_what_is_no_feed_is_said(site):
    async def answer(request: web.Request) -> web.Response:
        return web.Response(text="<html><body>Sign in</body></html>")

    site.host.answer = answer
    assert "I cannot take that feed: The answer is a web page" in words(
        await site.core.say(f"feeds {site.url}")
    )


async def test_status_tells_how_they_do(site):
    await site.give()
    assert "The Lab: not asked yet" in words(await site.core.say("status"))
    await site.poll()
    assert "The Lab: read just now" in words(await site.core.say("status"))

    async def answer(request: web.Request) -> web.Response:
        return web.Response(status=500)

    site.host.answer = answer
    await site.poll()
    assert "The Lab: failed just now" in words(await site.core.say("status"))
    assert "failed just now" in words(await site.core.say("feeds"))


async def test_a_feed_that_kills_three_parsers_is_quarantined_and_its_owner_told(site, monkeypatch):
    await site.give()
    await site.poll()
    monkeypatch.setattr("bot.listings.feeds.reading.parse", readers.die)
    for _ in range(MOST_KILLS):
        await site.core.clock.advance(timedelta(hours=2))
        await site.feeding.once()
    await site.core.settle()
    told = [one for one in site.core.adapter.posted if one.destination.direct]
    assert [one.destination.channel for one in told] == [ANA.id]
    assert site.name in told[0].card.fallback or site.name in str(told[0].card)
    before = site.answers
    await site.poll()
    assert site.answers == before, "it is not read any more"
    assert "not read any more" in words(await site.core.say("feeds"))
    assert "not read any more" in words(await site.core.say("status"))
    monkeypatch.undo()
    site.parser.forgive(site.name)
    await site.give()
    await site.poll()
    assert "The Lab: read just now" in words(await site.core.say("status"))


async def test_of_a_feed_of_the_settings_the_operator_is_told_once(core):
    from bot.errors import ListingQuarantined
    from bot.poller import Poller
    from bot.testing.source import ListSource

    gone = [ListingQuarantined("blog is not read any more.")] * 3
    poller = Poller(
        ListSource("blog", [[], *gone]), core.store, core.clock, every=EVERY, worker="w1", operator=ML
    )
    for _ in range(4):
        await poller.once()
    await core.settle()
    assert core.adapter.texts() == ["blog is not read any more."]


async def test_who_asks_to_be_forgotten_is_forgotten_here_too(site):
    await site.give()
    assert "1 feed that you gave" in words(await site.core.say("forget-me"))
    (file,) = (await site.core.say("forget-me export")).card.files
    assert site.url.encode() in file.content
    await site.core.say("forget-me erase")
    (feed,) = await site.core.store.feeds.of(*ML_WORKSPACE)
    assert feed.added_by.id == ""


async def test_the_operator_may_take_no_feeds_at_all(redis_url, clock, core):
    assert "does not take feeds in chat" in words(await core.say("feeds https://example.org/feed.xml"))
    plugins = dict(sources())
    sections = {name: plugin.settings for name, plugin in plugins.items()}
    settings = load(sections, env_file=None, flags={"PIGEON_FEEDS__PER_WORKSPACE": "0"})
    assert choose_given_feeds(settings, plugins, clock, core.store) is None
    assert choose_given_feeds(load(sections, env_file=None), plugins, clock, core.store) is not None


def test_names_and_ids():
    name = feed_name("https://www.nature.com/subjects/robotics.rss?token=secret")
    assert name.startswith("nature.com-")
    assert "secret" not in name
    assert feed_name("https://www.nature.com/other") != name
    assert feed_name("https://bücher.example/x").startswith("feed-")
    assert identity(private_id(name, "arxiv:2401.01234")) == "arxiv:2401.01234"
    own = private_id(name, f"feed:{name}:0a1b")
    assert own == f"feed:@{name}/0a1b" == identity(own)
    assert identity("arxiv:hep-ex/0307015") == "arxiv:hep-ex/0307015"


async def test_a_restored_feed_begins_anew_and_floods_nobody(site):
    await site.give()
    await site.poll()
    store = site.core.store
    lines = [part.model_dump_json() async for part in store.backup.parts()]
    await store.database.call(store.database.client.flushall())
    parts = [read_part(line) for line in lines]
    assert [part.source for part in parts if part.kind == "cursor"] == ["arxiv"]
    for part in parts:
        assert await store.backup.restore(part, dry_run=True)
        assert await store.backup.restore(part, dry_run=False)
        if part.kind == "feed":
            assert not await store.backup.restore(part, dry_run=False), "it is there already"
    await site.core.subscribe("robots")
    await site.poll()
    await site.brings(item(3, "New robots"))
    assert [one.card.fallback.split(" · ")[0] for one in site.core.adapter.posted] == ["New robots"]
