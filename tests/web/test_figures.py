"""Figures and health: what a supervisor reads, in a form that Prometheus reads, and without anybody's words."""

import re
from datetime import timedelta
from pathlib import Path

from bot.errors import Ambiguous, CardRejected
from bot.models import Cadence, Person, When
from bot.testing.clock import FakeClock
from bot.web.figures import Measured, written
from bot.web.site import FRESH, PLATFORMS_FRESH
from tests.chaos.valkey import ValkeyServer
from tests.core import ML, open_core, origin, paper
from tests.web.conftest import Browser, browser_of

# https://prometheus.io/docs/instrumenting/exposition_formats/
SAMPLE = re.compile(  # noqa: TID251 - a pattern of ours
    r"(?P<name>[a-zA-Z_:][a-zA-Z0-9_:]*)"
    r'(?:\{(?P<labels>(?:[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\["\\n])*",?)*)\})? (?P<value>-?[0-9.]+)'
)
LABEL = re.compile(r'([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"')  # noqa: TID251 - a pattern of ours


def read(text: str) -> dict[str, float]:
    """Every sample; each belongs to a family that was declared before, and none comes twice."""
    assert text.endswith("\n")
    kinds: dict[str, str] = {}
    found: dict[str, float] = {}
    helped: set[str] = set()
    for line in text.splitlines():
        if line.startswith("# HELP "):
            helped.add(line.split()[2])
        elif line.startswith("# TYPE "):
            _, _, name, kind = line.split()
            assert name in helped
            assert name not in kinds
            assert kind in {"counter", "gauge"}
            assert name.endswith("_total") == (kind == "counter")
            kinds[name] = kind
        else:
            match = SAMPLE.fullmatch(line)
            assert match, line
            assert match["name"] == list(kinds)[-1], "samples of one family stand together"
            name = match["name"].removeprefix("paper_pigeon_")
            labels = ",".join(f"{value}" for _, value in LABEL.findall(match["labels"] or ""))
            key = f"{name} {labels}".strip()
            assert key not in found
            found[key] = float(match["value"])
    return found


async def figures(browser: Browser) -> dict[str, float]:
    await browser.core.clock.advance(PLATFORMS_FRESH)
    answer = await browser.get("/metrics")
    assert answer.kind == "text/plain; version=0.0.4; charset=utf-8"
    return read(answer.body)


async def test_what_was_sent_given_up_and_unknown_is_counted(browser: Browser):
    core = browser.core
    await core.subscribe("robot")
    assert (await figures(browser))["deliveries_total recording,sent"] == 0
    await core.bring(paper(1), paper(2))
    core.adapter.faults.append(CardRejected("no"))
    await core.bring(paper(3))
    core.adapter.faults.append(Ambiguous("no answer"))
    await core.bring(paper(4))
    waiting = await figures(browser)
    assert waiting["deliveries_total recording,sent"] == 2
    assert waiting["deliveries_total recording,dead"] == 1
    assert waiting["dead_letters recording"] == 1
    assert waiting["queue_deliveries recording"] == 1
    assert waiting["queue_lanes recording"] == 1
    assert waiting["queue_oldest_due_seconds recording"] > 200
    await core.lanes.once()
    settled = await figures(browser)
    assert settled["deliveries_total recording,sent"] == 3
    assert settled["deliveries_total recording,unknown"] == 1
    assert settled["queue_deliveries recording"] == 0
    assert settled["queue_oldest_due_seconds recording"] == 0
    [dead] = await core.store.dead_letters.of("recording")
    await core.store.dead_letters.drop(dead[1])
    last = await figures(browser)
    assert last["dead_letters recording"] == 0
    assert last["deliveries_total recording,dead"] == 1, "a counter never goes back"


async def test_papers_listings_and_what_lies_ahead(browser: Browser):
    core = browser.core
    quiet = (core.clock.now().time(), (core.clock.now() + timedelta(hours=2)).time())
    await core.subscribe("robot", cadence=Cadence(when=When.INSTANT, quiet=quiet))
    core.source.bring(paper(1), paper(2))
    await core.poller.once()
    found = await figures(browser)
    assert found["papers"] == 2
    assert found["papers_unmatched"] == 2
    assert found["listing_age_seconds arxiv"] == PLATFORMS_FRESH
    assert found["listing_failing arxiv"] == 0
    assert found["store_up"] == 1
    await core.settle()
    found = await figures(browser)
    assert found["papers_unmatched"] == 0
    assert found["later_deliveries recording"] == 2


async def test_any_process_tells_the_same_and_asks_the_store_seldom(browser: Browser):
    await browser.core.bring(paper(1))
    first = (await browser.get("/metrics")).body
    await browser.core.bring(paper(2))
    assert (await browser.get("/metrics")).body == first
    await browser.core.clock.advance(FRESH)
    assert read((await browser.get("/metrics")).body)["papers"] == 2


async def test_labels_hold_nobodys_words(browser: Browser):
    core = browser.core
    person = Person(id="zanzibar-person", name="Zanzibar")
    where = origin(person).where
    await core.subscribe("robot zanzibar", name="zanzibar", created_by=person, destination=where)
    await core.bring(paper(1, "Robot zanzibar"))
    page, feeds = await browser.page(), await browser.feeds()
    body = (await browser.get("/metrics")).body + (await browser.get("/ready")).body
    for word in ("zanzibar", "lab", ML.channel + '"', page[3:30], *(path[6:30] for path in feeds.values())):
        assert word not in body.lower().replace("label", "")
    names = {
        name for line in body.splitlines() for name, _ in LABEL.findall(line) if not line.startswith("#")
    }
    assert names <= {"version", "part", "listing", "platform", "outcome"}


def test_a_label_is_escaped(clock):
    text = written(Measured(now=clock.now(), figures=None, parts={'feed "a\\b"\n': True}))
    assert 'part="feed \\"a\\\\b\\"\\n"' in text
    assert read(text)["store_up"] == 0


# --- health -------------------------------------------------------------------------------------


async def test_ready_while_store_parts_and_listings_are_well(browser: Browser):
    browser.parts["match"] = True
    answer = await browser.get("/ready")
    assert (answer.status, answer.body) == (
        200,
        "Ready: the store answers, all parts run, listings are read.\n",
    )


async def test_a_part_that_is_started_again_is_named(browser: Browser):
    browser.parts |= {"match": True, "discord": False}
    answer = await browser.get("/ready")
    assert answer.status == 503
    assert "part: discord is being started again" in answer.body
    assert "match" not in answer.body
    assert "part_running discord" in read((await browser.get("/metrics")).body)


async def test_listings_that_all_fail_are_named(browser: Browser):
    core = browser.core
    await core.clock.advance(timedelta(minutes=32))
    assert (await browser.get("/ready")).status == 200
    await core.store.papers.note_health(
        "arxiv", {"failed_at": core.clock.now().isoformat(), "why": "HTTP 503"}
    )
    await core.clock.advance(timedelta(seconds=FRESH))
    answer = await browser.get("/ready")
    assert answer.status == 503
    assert "No listing was read since 2026-01-05 09:00 UTC" in answer.body
    assert "the last poll of arxiv failed" in answer.body


async def test_without_a_store_health_is_live_and_all_else_says_so(tmp_path: Path, clock: FakeClock):
    server = ValkeyServer(tmp_path / "valkey")
    server.start()
    core = await open_core(server.url, clock).seeded()
    try:
        browser = await browser_of(core)
        page, feeds = await browser.page(), await browser.feeds()
        addresses = (page, feeds["Your saved papers"], "/?q=robot", "/ready")
        assert (await browser.get("/ready")).status == 200
        server.kill()
        assert (await browser.get("/health")).status == 200
        assert (await browser.get("/")).status == 200
        assert read((await browser.get("/metrics")).body)["store_up"] == 0
        for address in addresses:
            answer = await browser.get(address)
            assert answer.status == 503, address
            assert "store" in answer.body
        server.start()
        for address in addresses:
            assert (await browser.get(address)).status == 200, address
        assert read((await browser.get("/metrics")).body)["store_up"] == 1
    finally:
        await core.store.database.close()
        server.kill()
