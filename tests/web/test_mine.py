"""The page behind a signed link: one person's view of one place, for fifteen minutes, and of nothing else."""

import random
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.links import LASTS, grant, sign
from bot.logs import Redaction
from bot.models import Cadence, Destination, Person, When
from bot.store.keys import in_shard, shard_of
from bot.store.records import encode
from bot.testing.cards import HOSTILE
from tests.core import ANA, ML, AllRights, origin, paper, words
from tests.web.conftest import ADDRESS, Browser, direct, elsewhere, shown
from tests.web.test_preview import parsed

BEN = Person(id="ben", name="Ben")
OTHER = Destination(platform="recording", workspace="lab", channel="other", name="#other")


async def test_it_shows_what_is_here_what_was_posted_and_what_was_saved(browser: Browser):
    core = browser.core
    await core.subscribe("robot", name="robots")
    await core.subscribe("door", destination=direct().me, cadence=Cadence(when=When.DAILY))
    await core.bring(paper(1), paper(2, "Proofs", abstract=""))
    await core.say("save 2601.00002 tag:club")
    answer = await browser.get(await browser.page())
    parsed(answer.body)
    said = shown(answer)
    assert answer.status == 200
    assert "What comes to #ml" in said
    assert "robots" in said
    assert "at once" in said
    assert "Robots that learn, part 1" in said
    assert "Your own alerts" in said
    assert "door" in said
    assert said.index("Your saved papers") < said.index("Proofs") < said.index("club")
    assert answer.headers.get("Cache-Control") is None, "the headers of all answers say no-store"


async def test_a_message_can_be_opened_where_the_platform_has_an_address_for_it(browser: Browser):
    await browser.core.subscribe("robot")
    await browser.core.bring(paper(1))
    assert "message</a>" not in (await browser.get(await browser.page())).body
    tag, client = shard_of(ML), browser.core.store.database.client
    [sent] = await browser.core.store.deliveries.posted(ML)
    linked = replace(sent.message, url="https://chat.example.org/m/1?a=1&b=2")
    await client.hset(in_shard(tag, "d", sent.key), "message", encode(linked))
    answer = await browser.get(await browser.page())
    assert (
        '<a href="https://chat.example.org/m/1?a=1&amp;b=2" rel="noopener noreferrer">message</a>'
        in answer.body
    )


async def test_it_shows_times_in_the_zone_of_the_place(browser: Browser):
    await browser.core.say("settings timezone:Asia/Tokyo")
    await browser.core.subscribe("robot")
    await browser.core.bring(paper(1))
    said = shown(await browser.get(await browser.page()))
    assert "good until 18:15 (Asia/Tokyo)" in said
    assert "Mon 5 Jan, 18:00" in said


async def test_papers_of_a_digest_are_shown_once_it_was_posted(browser: Browser):
    core = browser.core
    await core.clock.advance(timedelta(minutes=1))
    await core.subscribe("robot", cadence=Cadence(when=When.HOURLY))
    await core.bring(paper(1), paper(2))
    assert "part 1" not in shown(await browser.get(await browser.page()))
    await core.clock.advance(timedelta(hours=1))
    await core.settle()
    said = shown(await browser.get(await browser.page()))
    assert "part 1" in said
    assert "part 2" in said


async def test_in_direct_messages_it_is_about_the_person_alone(browser: Browser):
    await browser.core.subscribe("robot", name="channel-thing")
    said = shown(await browser.get(await browser.page(direct())))
    assert "Your own alerts" in said
    assert "channel-thing" not in said


async def test_after_fifteen_minutes_it_says_that_the_link_has_expired(browser: Browser):
    page = await browser.page()
    await browser.core.clock.advance(LASTS)
    answer = await browser.get(page)
    assert answer.status == 410
    assert "/papers web" in shown(answer)


async def test_a_new_secret_ends_all_links(browser: Browser):
    page = await browser.page()
    await browser.core.store.web.rotate()
    assert (await browser.get(page)).status == 404
    assert (await browser.get(await browser.page())).status == 200


async def test_no_link_is_made_for_who_may_not_read_there(browser: Browser):
    class Blind(AllRights):
        async def may_read(self, destination):
            return False

    for line in ("web", "web feeds"):
        said = words(await browser.core.say(line, replace(origin(), rights=Blind())))
        assert "cannot read" in said
        assert "https://" not in said
    assert "https://" in words(await browser.core.say("web feeds", replace(direct(), rights=Blind())))


async def test_without_a_page_the_command_says_what_to_do(browser: Browser):
    await browser.core.store.database.call(browser.core.store.database.client.delete("pp:web:address"))
    for line in ("web", "web feeds"):
        said = words(await browser.core.say(line))
        assert "PIGEON_WEB_URL" in said
        assert "/w/" not in said


async def test_a_loopback_address_is_said_to_be_one(browser: Browser):
    await browser.core.store.web.announce("http://127.0.0.1:8080", ttl=timedelta(minutes=1))
    assert "on the machine that I run on" in words(await browser.core.say("web"))


async def test_hostile_words_of_people_are_harmless(browser: Browser):
    core = browser.core
    nasty = '"><script>alert(1)</script>'
    await core.subscribe("robot", name=nasty, destination=replace(ML, name=nasty))
    await core.say("save 2601.00001")
    await core.bring(replace(HOSTILE, title=f"robot {HOSTILE.title}", url='javascript:alert("1")'))
    await core.say(f"save {HOSTILE.short_id} tag:<b>")
    answer = await browser.get(await browser.page())
    parsed(answer.body)
    assert "<script" not in answer.body
    assert 'href="javascript' not in answer.body


@pytest.mark.parametrize("seed", range(5))
async def test_no_page_and_no_feed_shows_anything_of_another_tenant_person_or_channel(
    browser: Browser, seed: int
):
    """Random owners of subscriptions, saved papers and feeds, each under a word of their own; all look at theirs."""
    core, chance = browser.core, random.Random(seed)
    people = [ANA, BEN]
    asked = {
        f"{workspace}-{channel}-{person.id}": origin(
            person,
            where=Destination(platform="recording", workspace=workspace, channel=channel, name=f"#{channel}"),
        )
        for workspace in ("lab", "rival")
        for channel in ("ml", "other")
        for person in people
    }
    for number, name in enumerate(chance.sample(list(asked), len(asked)), start=1):
        by = asked[name]
        where = f"zch{by.where.workspace}{by.where.channel}"
        own = f"zme{by.where.workspace}{by.person.id}"
        kept = f"zsv{by.where.workspace}{by.person.id}"
        await core.subscribe("robot", name=where, destination=by.where, created_by=by.person)
        await core.subscribe("robot", name=own, destination=by.me, created_by=by.person)
        await core.bring(paper(number, f"robot of {where}"))
        await core.say(f"save 2601.{number:05d} tag:{kept}", by)
    words_of = {
        name: {f"zch{by.where.workspace}{by.where.channel}", f"zme{by.where.workspace}{by.person.id}", f"zsv{by.where.workspace}{by.person.id}"}
        for name, by in asked.items()
    }  # fmt: skip
    every = set().union(*words_of.values())
    for name, by in asked.items():
        browser.client = name
        said = (await browser.get(await browser.page(by))).body
        titles = {f"robot of {one}" for one in every}
        for title in titles:
            said = said.replace(title, "")  # papers are everybody's: all subscriptions here ask for the same
        found = {word for word in every if word in said}
        assert found == words_of[name], name
    for name, by in asked.items():
        browser.client = f"feeds {name}"
        for title, path in (await browser.feeds(by)).items():
            answer = await browser.get(path)
            assert answer.status == 200
            assert not {word for word in every - words_of[name] if f"<title>{word}</title>" in answer.body}, (
                title
            )


async def test_a_link_for_one_workspace_made_by_hand_opens_nothing(browser: Browser):
    await browser.core.subscribe("robot", name="zanzibar")
    forged = sign(b"x" * 32, grant(ML, "ana", browser.core.clock.now()))
    answer = await browser.get(f"/w/{forged}")
    assert answer.status == 404
    assert "zanzibar" not in answer.body


async def test_who_asks_elsewhere_sees_nothing_of_here(browser: Browser):
    await browser.core.subscribe("robot", name="zanzibar")
    await browser.core.bring(paper(1))
    answer = await browser.get(await browser.page(elsewhere()))
    assert answer.status == 200
    assert "zanzibar" not in answer.body
    assert "part 1" not in answer.body
    assert "None here yet" in shown(answer)


async def test_should_a_link_or_a_feed_ever_get_into_a_log_it_is_hidden_there(browser: Browser):
    page, feeds = await browser.page(), await browser.feeds()
    line = Redaction(())(None, "", {"event": f"GET {ADDRESS}{page} {feeds}"})["event"]
    for path in (page, *feeds.values()):
        assert path.rpartition("/")[2].removesuffix(".atom") not in line
    assert line.startswith(f"GET {ADDRESS}/w/(hidden)")
