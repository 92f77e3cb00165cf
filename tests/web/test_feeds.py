"""Feeds: valid Atom, for whoever has the address, until it is revoked."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from urllib.parse import urlsplit
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from bot.models import Cadence, Paper, Person, When
from bot.ports import Happening, HappeningKind
from bot.testing.cards import HOSTILE, PAPER
from bot.web.feed import Entry, atom
from tests.core import ML, origin, paper, words
from tests.web.conftest import ADDRESS, Browser, direct, elsewhere

ATOM = "{http://www.w3.org/2005/Atom}"
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")  # noqa: TID251 - ours
NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)


def valid(document: str) -> etree._Element:
    """Hold a document against what RFC 4287 requires of feeds and entries; its root."""
    root = etree.fromstring(document.encode())
    assert root.tag == ATOM + "feed"
    once(root, "id", "title", "updated")
    at_most_once(root, "generator", "icon", "logo", "rights", "subtitle")
    persons(root)
    links = [
        (one.get("rel", "alternate"), one.get("type"), one.get("hreflang"))
        for one in root.findall(ATOM + "link")
    ]
    assert len(links) == len(set(links)), "4.1.1: one alternate of a kind"
    assert "self" in {relation for relation, _, _ in links}
    ids = []
    for entry in root.findall(ATOM + "entry"):
        once(entry, "id", "title", "updated")
        at_most_once(entry, "published", "summary", "content", "rights", "source")
        persons(entry)
        assert entry.find(ATOM + "author") is not None or root.find(ATOM + "author") is not None
        alternate = [one for one in entry.findall(ATOM + "link") if one.get("rel") == "alternate"]
        assert len(alternate) <= 1
        assert alternate or entry.find(ATOM + "content") is not None, "4.1.2: content where nothing is linked"
        for category in entry.findall(ATOM + "category"):
            assert category.get("term")
        ids.append(entry.findtext(ATOM + "id"))
    assert len(ids) == len(set(ids))
    for element in root.iter():
        name = etree.QName(element).localname
        if name in {"updated", "published"}:
            assert TIME.fullmatch(element.text or ""), element.text
        if name == "id":
            assert UUID((element.text or "").removeprefix("urn:uuid:"))
        if name == "link":
            assert urlsplit(element.get("href") or "").scheme in {"http", "https"}
        if name in {"title", "summary", "content"}:
            assert element.get("type", "text") == "text", "what looks like markup in it is text"
            assert not len(element)
    return root


def once(parent, *names):
    for name in names:
        found = parent.findall(ATOM + name)
        assert len(found) == 1, name
        assert (found[0].text or "").strip() or name == "title", name


def at_most_once(parent, *names):
    for name in names:
        assert len(parent.findall(ATOM + name)) <= 1, name


def persons(parent):
    for one in parent.findall(ATOM + "author"):
        assert (one.findtext(ATOM + "name") or "").strip()


def feed(*papers: Paper, title: str = "robots") -> etree._Element:
    document, _ = atom(
        title=title,
        subject="x",
        address=f"{ADDRESS}/feed/t.atom",
        page=f"{ADDRESS}/",
        entries=[Entry(one, NOW - timedelta(hours=at)) for at, one in enumerate(papers)],
        since=NOW,
    )
    return valid(document)


def test_an_empty_feed_is_valid():
    assert feed().findtext(ATOM + "updated") == "2026-01-05T09:00:00Z"


def test_an_entry_says_what_a_paper_is():
    entry = feed(PAPER).find(ATOM + "entry")
    assert entry.findtext(ATOM + "title") == PAPER.title
    assert entry.findtext(ATOM + "summary") == PAPER.abstract
    assert [one.findtext(ATOM + "name") for one in entry.findall(ATOM + "author")] == list(PAPER.authors)
    assert [one.get("term") for one in entry.findall(ATOM + "category")] == list(PAPER.categories)
    assert entry.find(ATOM + "link").get("href") == PAPER.url


def test_hostile_text_stays_text():
    entry = feed(HOSTILE, title="</feed><script>").find(ATOM + "entry")
    assert entry.findtext(ATOM + "title") == HOSTILE.title


TEXTS = st.text(max_size=40)


@settings(max_examples=150, deadline=None)
@given(texts=st.tuples(*[TEXTS] * 7))
def test_whatever_a_paper_holds_the_feed_is_valid(texts):
    title, abstract, author, category, url, pdf, name = texts
    one = paper(1, abstract=abstract, authors=(author,), categories=(category,), url=url, pdf_url=pdf)
    feed(Paper(**{field: getattr(one, field) for field in Paper.__slots__} | {"title": title}), title=name)


def test_an_id_stays_the_same_whatever_else_changes():
    first, second = feed(paper(1)), feed(paper(1, "Another title", abstract="Other"), paper(2))
    ids = [one.findtext(ATOM + "id") for one in second.findall(ATOM + "entry")]
    assert first.find(ATOM + "entry").findtext(ATOM + "id") == ids[0] != ids[1]
    assert first.findtext(ATOM + "id") == second.findtext(ATOM + "id")


# --- over the site ------------------------------------------------------------------------------


def titles(document: str) -> list[str | None]:
    return [entry.findtext(ATOM + "title") for entry in valid(document).findall(ATOM + "entry")]


async def test_a_subscription_brings_what_it_posted_and_nothing_else(browser: Browser):
    core = browser.core
    await core.subscribe("robot", name="robots")
    await core.subscribe("proof", name="proofs")
    await core.bring(paper(1), paper(2, "Proof of it", abstract=""), paper(3, "Of soup", abstract=""))
    await core.clock.advance(timedelta(minutes=1))
    await core.bring(paper(4))
    feeds = await browser.feeds()
    assert list(feeds) == ["Your saved papers", "1 · robots", "2 · proofs"]
    assert titles((await browser.get(feeds["1 · robots"])).body) == [
        "Robots that learn, part 4",
        "Robots that learn, part 1",
    ]
    assert titles((await browser.get(feeds["2 · proofs"])).body) == ["Proof of it"]


async def test_a_paper_that_two_subscriptions_share_is_in_both_feeds(browser: Browser):
    await browser.core.subscribe("robot", name="robots")
    await browser.core.subscribe("door", name="doors")
    await browser.core.bring(paper(1))
    feeds = await browser.feeds()
    for name in ("1 · robots", "2 · doors"):
        assert titles((await browser.get(feeds[name])).body) == ["Robots that learn, part 1"]


async def test_a_digest_brings_all_its_papers(browser: Browser):
    core = browser.core
    await core.clock.advance(timedelta(minutes=1))
    await core.subscribe("robot", name="robots", cadence=Cadence(when=When.HOURLY), limit=1)
    await core.bring(paper(1), paper(2))
    await core.clock.advance(timedelta(hours=1))
    await core.settle()
    assert len(titles((await browser.get((await browser.feeds())["1 · robots"])).body)) == 2


async def test_saved_papers_latest_first(browser: Browser):
    await browser.core.bring(paper(1), paper(2))
    for number in (1, 2):
        await browser.core.clock.advance(timedelta(minutes=1))
        await browser.core.say(f"save 2601.{number:05d}")
    found = titles((await browser.get((await browser.feeds())["Your saved papers"])).body)
    assert found == ["Robots that learn, part 2", "Robots that learn, part 1"]


async def test_an_unchanged_feed_is_not_sent_again(browser: Browser):
    await browser.core.subscribe("robot", name="robots")
    await browser.core.bring(paper(1))
    path = (await browser.feeds())["1 · robots"]
    first = await browser.get(path)
    assert first.kind.startswith("application/atom+xml")
    tag, modified = first.headers["ETag"], first.headers["Last-Modified"]
    assert modified == format_datetime(NOW, usegmt=True)
    for headers in (
        {"none_match": tag},
        {"none_match": f'"other", W/{tag}'},
        {"none_match": "*"},
        {"modified_since": modified},
    ):
        again = await browser.get(path, **headers)
        assert (again.status, again.body) == (304, ""), headers
        assert again.headers["ETag"] == tag
    for headers in (
        {"none_match": '"other"'},
        {"none_match": '"other"', "modified_since": modified},
        {"modified_since": "Mon, 05 Jan 2026 08:59:59 GMT"},
        {"modified_since": "nonsense"},
    ):
        assert (await browser.get(path, **headers)).status == 200, headers
    await browser.core.clock.advance(timedelta(minutes=1))
    await browser.core.bring(paper(2))
    assert (await browser.get(path, none_match=tag)).status == 200
    assert (await browser.get(path, modified_since=modified)).status == 200


async def test_asked_for_again_the_address_is_the_same(browser: Browser):
    await browser.core.subscribe("robot")
    assert await browser.feeds() == await browser.feeds()
    page = await browser.get(await browser.page())
    for path in (await browser.feeds()).values():
        assert ADDRESS + path in page.body


async def test_revoked_addresses_are_gone_and_new_ones_are_others(browser: Browser):
    await browser.core.subscribe("robot")
    feeds = await browser.feeds()
    assert "Ended 2 feed addresses" in words(await browser.core.say("web revoke"))
    for path in feeds.values():
        assert (await browser.get(path)).status == 410
    new = await browser.feeds()
    assert not set(new.values()) & set(feeds.values())
    for path in new.values():
        assert (await browser.get(path)).status == 200
    await browser.core.clock.advance(timedelta(minutes=1))
    assert "no feed addresses" in words(await browser.core.say("web revoke", elsewhere()))


async def test_an_address_that_nobody_was_given_is_not_found(browser: Browser):
    path = (await browser.feeds())["Your saved papers"]
    token = path.removeprefix("/feed/").removesuffix(".atom")
    assert len(token) >= 43, "256 bits"
    for other in (token[:-1] + ("A" if token[-1] != "A" else "B"), token[:-1], "A" * 43):
        assert (await browser.get(f"/feed/{other}.atom")).status == 404
    assert (await browser.get(f"/feed/{token}")).status == 404
    assert (await browser.get(f"/w/{token}")).status == 404


async def test_the_store_names_an_address_by_its_hash_only(browser: Browser):
    path = (await browser.feeds())["Your saved papers"]
    token = path.removeprefix("/feed/").removesuffix(".atom")
    client = browser.core.store.database.client
    assert not [key async for key in client.scan_iter("*") if token in key]


async def test_the_feed_of_a_removed_subscription_is_gone(browser: Browser):
    await browser.core.subscribe("robot", name="robots")
    path = (await browser.feeds())["1 · robots"]
    await browser.core.say("remove 1")
    assert (await browser.get(path)).status == 410


async def test_a_subscription_that_moved_shows_nothing_of_where_it_is_now(browser: Browser):
    """The right to read was looked at for the former channel alone."""
    await browser.core.subscribe("robot", name="robots")
    path = (await browser.feeds())["1 · robots"]
    await browser.core.say("edit 1 to:#secret")
    assert (await browser.get(path)).status == 410
    there = origin(where=replace(ML, channel="secret"))
    [_, new] = (await browser.feeds(there)).values()
    assert new != path
    assert (await browser.get(new)).status == 200
    assert (await browser.get(path)).status == 410
    await browser.core.say("edit 1 to:#ml")
    assert (await browser.get(path)).status == 410, "it does not come back by itself"


async def test_feeds_of_alerts_are_their_owners(browser: Browser):
    await browser.core.subscribe("robot", name="alert", destination=direct().me)
    assert "1 · alert" in await browser.feeds(direct())
    assert "1 · alert" not in await browser.feeds(direct(Person(id="ben")))


@pytest.mark.parametrize("how", ["forget-me erase", "left", "workspace left"])
async def test_who_leaves_or_is_forgotten_has_no_feeds(browser: Browser, how: str):
    await browser.core.subscribe("robot")
    feeds = await browser.feeds()
    other = await browser.feeds(elsewhere())
    if how == "left":
        await browser.core.handlers.happened(
            Happening(kind=HappeningKind.PERSON_LEFT, destination=direct().me)
        )
    elif how == "workspace left":
        await browser.core.handlers.happened(
            Happening(kind=HappeningKind.WORKSPACE_LEFT, destination=replace(ML, channel=""))
        )
    else:
        assert "the addresses of 2 feeds" in words(await browser.core.say("forget-me"))
        await browser.core.say(how)
    for path in feeds.values():
        assert (await browser.get(path)).status == 410
    for path in other.values():
        assert (await browser.get(path)).status == 200


async def test_many_feeds_are_made_and_stand_on_the_page(browser: Browser):
    for number in range(1, 31):
        await browser.core.subscribe(f"robot{number}", name=f"robots {number}")
    reply = await browser.core.say("web feeds")
    assert "19 more stand on your page" in words(reply)
    page = (await browser.get(await browser.page())).body
    shown = re.findall(ADDRESS + r"/feed/([\w-]+)\.atom", page)
    assert len(set(shown)) == 31
    # https://discord.com/developers/docs/components/reference: 4,000 characters in one message
    assert len(words(reply)) < 3_000
