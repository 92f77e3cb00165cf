"""OpenReview by the documented shape of its API (no recording of it was at hand): changes, privacy, challenge, login."""

import json
from datetime import timedelta

import pytest
from aiohttp import web
from pydantic import SecretStr

from bot.errors import ListingBusy, ListingMalformed, ListingUnavailable
from bot.listings import openreview
from bot.listings.openreview import OpenReviewSettings, reading
from bot.listings.openreview import source as openreview_source
from bot.text.ids import canonical_id

VENUE = "ICLR.cc/2026/Conference"
AT = 1_764_000_000_000
"""Milliseconds: 24 November 2025, 16:00 UTC."""


def note(number: int, *, changed: int = AT, readers=("everyone",), **content):
    said = {
        "title": f"Paper {number}",
        "authors": ["Ana Sol", "Bo Li"],
        "venue": "ICLR 2026 Oral",
        "venueid": VENUE,
    }
    return {
        "id": f"forum{number:05}",
        "forum": f"forum{number:05}",
        "cdate": AT - 90 * 86_400_000,
        "pdate": AT - 86_400_000,
        "tmdate": changed,
        "readers": list(readers),
        "content": {name: {"value": value} for name, value in (said | content).items()},
    }


def page(*notes, **more) -> bytes:
    return json.dumps({"notes": list(notes), "count": len(notes), **more}).encode()


def test_every_field_of_a_note():
    (paper,) = reading.parse(
        page(note(1, abstract="A", keywords=["x", "y"], pdf="/pdf/1.pdf", primary_area="robotics"))
    ).papers
    assert (paper.id, paper.url) == ("openreview:forum00001", "https://openreview.net/forum?id=forum00001")
    assert (paper.authors, paper.keywords, paper.categories) == (
        ("Ana Sol", "Bo Li"),
        ("x", "y"),
        ("robotics",),
    )
    assert (paper.comment, paper.pdf_url) == ("ICLR 2026 Oral", "https://openreview.net/pdf/1.pdf")
    assert paper.published is not None and paper.published.isoformat() == "2025-11-23T16:00:00+00:00"
    assert (
        canonical_id("https://openreview.net/forum?id=forum00001&noteId=x")
        == paper.id
        == canonical_id(paper.id)
    )


def test_what_is_not_for_everybody_is_never_taken_though_the_account_can_see_it():
    hidden = [
        note(1, readers=("ICLR.cc/2026/Conference/Program_Chairs",)),
        {**note(2), "readers": None},
        {**note(3), "ddate": AT},
    ]
    found = reading.parse(page(*hidden, note(4)))
    assert [one.id for one in found.papers] == ["openreview:forum00004"]
    assert (found.rows, found.skipped) == (4, 0)


def test_a_withdrawn_one_says_so_and_an_odd_one_is_counted():
    withdrawn = note(1, venueid=f"{VENUE}/Withdrawn_Submission")
    odd = {"readers": ["everyone"], "forum": "x y", "content": {"title": {"value": "T"}}}
    found = reading.parse(page(withdrawn, odd))
    assert found.papers[0].withdrawn
    assert found.skipped == 1


@pytest.mark.parametrize("data", [b"", b"<html>", b"[]", b'{"name":"NotFoundError","message":"no venue"}'])
def test_what_is_no_answer_is_refused(data):
    with pytest.raises(ListingMalformed):
        reading.parse(data)


@pytest.fixture
def source(make, host):
    def build(**more):
        (made,) = make(openreview.plugin, OpenReviewSettings(url=host.url, venues=VENUE, **more))
        return made

    return build


async def test_a_large_venue_is_taken_as_known_over_several_polls_and_then_only_changes_are_read(
    source, host, clock, monkeypatch
):
    monkeypatch.setattr(openreview_source, "ROWS", 10)
    monkeypatch.setattr(openreview_source, "MOST_PAGES", 2)
    now = int(clock.time.timestamp() * 1000)
    notes = [note(number, changed=now - number * 3_600_000 * 24) for number in range(45)]

    async def answer(request: web.Request) -> web.Response:
        at = int(request.query["offset"])
        return web.Response(body=page(*notes[at : at + int(request.query["limit"])]))

    host.answer = answer
    listing = await source().fetch(None)
    brought = list(listing.papers)
    while listing.asked:
        assert listing.ground
        listing = await source().fetch(listing.cursor)
        brought += listing.papers
    assert len({one.id for one in brought}) == 45
    assert host.asked[0].query["content.venueid"] == VENUE
    assert host.asked[0].query["sort"] == "tmdate:desc"
    asked = len(host.asked)
    clock.time += timedelta(hours=7)
    notes.insert(0, note(99, changed=now + 3_600_000))
    listing = await source().fetch(listing.cursor)
    assert not listing.ground
    assert listing.papers[0].id == "openreview:forum00099"
    assert len(host.asked) == asked + 1, "one page reaches back beyond the last reading"
    assert not (await source().fetch(listing.cursor)).asked


async def test_a_challenge_is_told_in_a_sentence_and_nobody_knocks_again(source, host):
    async def answer(request: web.Request) -> web.Response:
        return web.json_response({"name": "ChallengeRequiredError", "status": 403}, status=403)

    host.answer = answer
    with pytest.raises(
        ListingBusy, match=r"challenge for browsers .* Set PIGEON_OPENREVIEW__USERNAME"
    ) as refused:
        await source().fetch(None)
    assert refused.value.after == 3_600
    with pytest.raises(ListingBusy, match="left alone .*ChallengeRequired"):
        await source().fetch(None)
    assert len(host.asked) == 1


async def test_with_an_account_it_logs_in_and_the_password_is_in_no_error(source, host):
    accepted = True

    async def answer(request: web.Request) -> web.Response:
        if request.path == "/login":
            assert await request.json() == {"id": "who@example.org", "password": "secret-1"}
            return web.json_response(
                {"token": "T1"} if accepted else {"message": "Invalid"}, status=200 if accepted else 400
            )
        assert request.headers["Authorization"] == "Bearer T1"
        return web.Response(body=page(note(1)))

    host.answer = answer
    account = {"username": "who@example.org", "password": SecretStr("secret-1")}
    assert len((await source(**account).fetch(None)).papers) == 1
    accepted = False
    with pytest.raises(ListingUnavailable, match="does not accept the account") as refused:
        await source(**account).fetch(None)
    assert "secret" not in str(refused.value)


async def test_a_redirect_of_a_login_is_refused_for_it_would_carry_the_password(source, host, other_host):
    async def answer(request: web.Request) -> web.Response:
        raise web.HTTPTemporaryRedirect(f"{other_host.url}/login")

    host.answer = answer
    with pytest.raises(ListingUnavailable):
        await source(username="who", password=SecretStr("secret-1")).fetch(None)
    assert not other_host.asked


def test_what_is_no_venue_is_said():
    with pytest.raises(ValueError, match="look like ICLR"):
        OpenReviewSettings(venues="ICLR 2026!")
