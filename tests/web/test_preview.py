"""The page for everybody: what a filter would have brought, and nothing that belongs to somebody."""

import re
from datetime import timedelta
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.testing.cards import HOSTILE
from bot.web.budget import CLIENT, EVERYBODY
from bot.web.preview import LONGEST
from bot.web.site import PREVIEW
from bot.web.visit import Visit
from tests.cards.test_html import Reader
from tests.core import paper
from tests.web.conftest import Browser, shown

ALLOWED = {
    "html", "head", "meta", "title", "link", "style", "body", "div", "a", "svg", "path", "rect", "span", "main", "h1", "h2",
    "p", "form", "label", "input", "select", "option", "button", "section", "article", "dl", "dt", "dd", "ul", "li", "code",
    "pre", "b", "i", "br", "hr", "time", "details", "summary", "footer",
}  # fmt: skip

NASTY = (
    HOSTILE.title,
    HOSTILE.abstract,
    *HOSTILE.authors,
    '"><svg onload=alert(1)>',
    "\x00\ud800\u202e",
    "'onfocus='alert(1)",
)


def parsed(body: str) -> Reader:
    """Read as a browser does; each element is one of ours, and none runs or loads anything."""
    reader = Reader(
        re.sub(r"<(path|rect)([^>]*)/>", r"<\1\2></\1>", body)
        .replace("<input", "<br data-input")
        .replace("<link", "<br data-link")
    )
    assert {name for name, _ in reader.elements} <= ALLOWED
    assert "\x00" not in body
    for _, attributes in reader.elements:
        for name, value in attributes.items():
            assert not name.startswith("on"), name
            assert name != "style", "the policy would stop it"
            if name in {"href", "action"}:
                assert re.match(r"(https?://|/)", value or ""), value
            assert name not in {"src", "srcset", "background"}
    assert not reader.open
    return reader


async def test_before_anything_is_typed_there_is_a_form(browser: Browser):
    answer = await browser.get("/")
    assert answer.status == 200
    assert "What would a filter bring?" in shown(parsed(answer.body) and answer)
    assert '<label for="q">' in answer.body


async def test_it_shows_the_papers_the_rate_and_the_line_to_copy(browser: Browser):
    await browser.core.bring(paper(1), paper(2, "Proofs", abstract=""), paper(3, "Robot soccer"))
    answer = await browser.get("/?q=robot+-soccer&days=7")
    said = shown(answer)
    assert answer.status == 200
    parsed(answer.body)
    assert "of 3 papers in one day, about 1 a day" in said
    assert "Robots that learn, part 1" in said
    assert "Robot soccer" not in said
    assert 'value="/papers subscribe robot -soccer"' in answer.body
    assert "matched: robot" in said
    assert 'aria-label="Papers a day: ' in answer.body


async def test_which_terms_did_the_work(browser: Browser):
    await browser.core.bring(paper(1), paper(2), paper(3, "Proofs", abstract="We prove it."))
    said = shown(await browser.get("/?q=robot+OR+prove"))
    assert "What did the work" in said
    assert "robot2" in said
    assert "prove1" in said


async def test_near_misses_are_links_that_bring_more(browser: Browser):
    await browser.core.bring(paper(1), paper(2, "Robot soccer"))
    answer = await browser.get("/?q=soccer+robot")
    assert "Just missed" in shown(answer)
    link = re.search(r'<dd><ul><li><a href="([^"]+)">', answer.body)
    assert link
    wider = await browser.get(link[1].replace("&amp;", "&"))
    assert '<p class="big">2</p>' in wider.body


async def test_an_empty_result_says_what_is_near(browser: Browser):
    await browser.core.bring(paper(1))
    said = shown(await browser.get("/?q=robot+zebra"))
    assert "of 1 paper in one day" in said
    assert "Closest" in said
    assert "without zebra" in said
    nothing = shown(await browser.get("/?q=zebra"))
    assert "Nothing near it" in nothing


async def test_without_papers_it_says_so(browser: Browser):
    assert "the first poll is still to come" in shown(await browser.get("/?q=robot"))


async def test_a_filter_that_cannot_be_read_is_shown_with_the_place_and_a_repair(browser: Browser):
    answer = await browser.get("/?q=" + quote("robot (arm OR hand"))
    assert answer.status == 400
    parsed(answer.body)
    written, under = re.search(r'<pre aria-hidden="true">(.*)\n(.*)</pre>', answer.body).groups()
    assert written == "robot (arm OR hand"
    assert re.sub("<[^>]*>", "", under).index("^") == written.index("(")
    repair = re.search(r'Did you mean <a href="([^"]+)">', answer.body)
    assert (await browser.get(repair[1].replace("&amp;", "&"))).status == 200
    assert 'aria-invalid="true"' in answer.body
    assert 'value="robot (arm OR hand"' in answer.body, "what was typed is not lost"


async def test_a_filter_may_be_so_long_and_no_longer(browser: Browser):
    assert (await browser.get("/?q=" + "x" * LONGEST)).status == 200
    assert "1,001 characters" in shown(await browser.get("/?q=" + "x" * (LONGEST + 1)))


async def test_nothing_of_a_workspace_is_on_it(browser: Browser):
    await browser.core.subscribe("robot", name="zanzibar")
    await browser.core.bring(paper(1))
    await browser.core.say("save 2601.00001 tag:zanzibar")
    before = await browser.core.store.database.call(browser.core.store.database.client.dbsize())
    answer = await browser.get("/?q=robot")
    assert "part 1" in shown(answer)
    for word in ("zanzibar", "recording", "#ml", "Ana"):
        assert word not in answer.body
    after = await browser.core.store.database.call(browser.core.store.database.client.dbsize())
    assert after == before, "a visit changes nothing"


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(typed=st.one_of(st.text(max_size=60), st.sampled_from(NASTY)))
async def test_whatever_is_typed_the_page_is_whole_and_harmless(browser: Browser, typed: str):
    browser.client = typed.encode("utf-8", "replace").hex()[:40]  # each a client of its own
    await browser.core.clock.advance(60)
    answer = await browser.get("/?q=" + quote(typed, errors="replace"))
    assert answer.status in {200, 400}
    answer.body.encode()
    parsed(answer.body)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(title=st.one_of(st.text(min_size=1, max_size=60), st.sampled_from(NASTY)))
async def test_whatever_a_paper_is_called_the_page_is_whole_and_harmless(browser: Browser, title: str):
    client = browser.core.store.database.client
    await client.delete(*[key async for key in client.scan_iter("pp:{papers}:paper:*")] or ["none"])
    await browser.core.clock.advance(60)
    await browser.core.bring(paper(1, f"{title} robot", url=f"javascript:{title}", authors=(title,)))
    answer = await browser.get("/?q=robot")
    assert answer.status == 200
    parsed(answer.body)
    assert "javascript:" not in re.sub(r">[^<]*<", "><", answer.body)


# --- how much work it does ----------------------------------------------------------------------


async def test_one_client_may_ask_so_often_and_then_waits(browser: Browser):
    for _ in range(int(CLIENT / PREVIEW)):
        assert (await browser.get("/?q=robot")).status == 200
    answer = await browser.get("/?q=robot")
    assert answer.status == 429
    assert int(answer.headers["Retry-After"]) >= 1
    assert 'value="robot"' in answer.body, "what was typed is not lost"
    browser.client = "192.0.2.8"
    assert (await browser.get("/?q=robot")).status == 200, "another one need not wait"
    browser.client = "192.0.2.7"
    await browser.core.clock.advance(timedelta(seconds=10))
    assert (await browser.get("/?q=robot")).status == 200


async def test_all_clients_together_may_ask_so_often(browser: Browser):
    for at in range(int(EVERYBODY / PREVIEW)):
        browser.client = f"192.0.2.{at}"
        assert (await browser.get("/?q=robot")).status == 200
    browser.client = "192.0.2.250"
    assert (await browser.get("/?q=robot")).status == 429
    assert (await browser.get("/health")).status == 200
    assert (await browser.get("/")).status == 200


@pytest.mark.parametrize(
    "path",
    [
        "/nonsense",
        "/w/",
        "/w/x",
        "/feed/",
        "/feed/x.atom",
        "/../etc/passwd",
        "//",
        "/static/../..",
        "/w/../metrics",
    ],
)
async def test_what_is_not_there_is_not_found(browser: Browser, path: str):
    answer = await browser.site.answer(Visit(path))
    assert answer.status == 404
    parsed(answer.body)
