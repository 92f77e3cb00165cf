"""The doctor finds seeded faults and names the remedy; health asks one question."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from bot.cli.examining import clock_of, disk, examined
from bot.errors import StoreUnavailable
from bot.health import GRACE, ailing
from bot.ports import Finding, Severity
from bot.samples.server import SampleServer
from bot.store.schema import open_schema
from bot.testing.clock import FakeClock

NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)
EVERY = timedelta(minutes=10)


def _found(answer) -> dict[str, dict[str, str]]:
    return {row["subject"]: row for row in json.loads(answer.out)}


@pytest.fixture
def offline(pigeon, monkeypatch):
    """Listings at a port where nothing answers."""
    for name in ("HUGGINGFACE__URL", "ARXIV__RSS_URL", "ARXIV__API_URL", "ARXIV__OAI_URL"):
        monkeypatch.setenv(f"PIGEON_{name}", "http://127.0.0.1:9")
    monkeypatch.setenv("PIGEON_ARXIV__RECONCILE", "false")
    return pigeon


def test_listings_that_cannot_be_reached_are_failures_with_a_remedy(offline):
    answer = offline("doctor")
    assert answer.code == 3
    assert "✗ arxiv" in answer.out
    assert "fix: Check the network" in answer.out
    assert "✓ store" in answer.out
    assert answer.err == ""


def test_listings_read_lately_are_not_asked_again(offline):
    now = datetime.now(UTC)  # noqa: TID251 - the command reads the machine's own clock

    async def polled(store):
        for name in ("arxiv", "huggingface"):
            await store.papers.note_health(name, {"succeeded_at": now.isoformat(), "papers": "12"})

    offline.store(polled)
    answer = offline("doctor", "--json")
    assert answer.code == 0
    assert "12 papers" in _found(answer)["arxiv"]["text"]


def test_listings_that_answer_are_read_and_their_bookmarks_stay(offline, monkeypatch):
    from bot.clock import SystemClock

    async def with_samples():
        async with SampleServer(SystemClock()) as server:
            monkeypatch.setenv("PIGEON_HUGGINGFACE__URL", server.huggingface_url)
            monkeypatch.setenv("PIGEON_ARXIV__RSS_URL", server.arxiv_rss_url)
            return await asyncio.to_thread(offline, "doctor", "--json")

    found = _found(asyncio.run(with_samples()))
    assert found["huggingface"]["severity"] == "ok"
    assert "papers" in found["huggingface"]["text"]
    assert found["arxiv"]["severity"] == "ok"

    async def looked(store):
        return await store.papers.cursor("huggingface"), await store.papers.count()

    assert offline.store(looked) == (None, 0)


def test_a_wrong_setting_is_a_finding(pigeon, monkeypatch):
    monkeypatch.setenv("PIGEON_SLAK__BOT_TOKEN", "xoxb-1")
    answer = pigeon("doctor")
    assert answer.code == 3
    assert "✗ config" in answer.out
    assert "Did you mean PIGEON_SLACK__BOT_TOKEN?" in answer.out


def test_a_store_that_is_not_there_is_a_finding(offline, monkeypatch):
    monkeypatch.setenv("PIGEON_REDIS_URL", "redis://:canary@127.0.0.1:1/0")
    answer = offline("doctor")
    assert answer.code == 3
    assert "✗ store" in answer.out
    assert "canary" not in answer.out + answer.err


def test_subscriptions_that_no_listing_can_answer_are_named(offline):
    offline.subscribe(query="cat:hep-th")
    offline.subscribe(query="cat:cs.RO OR source:pubmed")
    offline.subscribe(query="diffusion")
    said = [
        row["text"]
        for row in json.loads(offline("doctor", "--json").out)
        if row["subject"] == "subscriptions"
    ]
    assert len(said) == 2
    assert said[0].startswith("discord/10/1: I do not watch `hep-th`")
    assert said[1].startswith("discord/10/2: I do not read a listing called «pubmed»")


def test_a_store_that_forgets_is_a_warning(offline):
    async def weaken(store):
        await store.database.call(store.database.client.config_set("appendfsync", "everysec"))

    async def mend(store):
        await store.database.call(store.database.client.config_set("appendfsync", "always"))

    offline.store(weaken)
    try:
        answer = offline("doctor", "--json")
    finally:
        offline.store(mend)
    stores = [row for row in json.loads(answer.out) if row["subject"] == "store"]
    assert any(row["severity"] == "warning" and "everysec" in row["text"] for row in stores)
    assert answer.err == ""


def test_a_store_that_evicts_is_refused(offline):
    async def evict(store):
        await store.database.call(store.database.client.config_set("maxmemory-policy", "allkeys-lru"))

    async def mend(store):
        await store.database.call(store.database.client.config_set("maxmemory-policy", "noeviction"))

    offline.store(evict)
    try:
        found = _found(offline("doctor", "--json"))
    finally:
        offline.store(mend)
    assert found["store"]["severity"] == "failure"
    assert "noeviction" in found["store"]["text"]


def test_a_store_of_a_newer_version_is_a_failure(offline):
    async def newer(store):
        await store.database.call(store.database.client.set("pp:{meta}:schema", 99))

    offline.store(newer)
    assert "newer Paper Pigeon" in _found(offline("doctor", "--json"))["store"]["text"]


def test_a_token_that_is_wrong_is_a_failure(offline, monkeypatch):
    monkeypatch.setenv("PIGEON_SLACK__BOT_TOKEN", "xoxb-canary")
    monkeypatch.setenv("PIGEON_SLACK__APP_TOKEN", "xapp-canary")
    monkeypatch.setenv("PIGEON_SLACK__API_URL", "http://127.0.0.1:9/api/")
    answer = offline("doctor")
    assert answer.code == 3
    assert "✗ Slack" in answer.out
    assert "canary" not in answer.out + answer.err


@pytest.mark.parametrize(
    ("skew", "severity"),
    [(1, Severity.OK), (-20, Severity.WARNING), (20, Severity.WARNING), (90, Severity.FAILURE)],
)
def test_clocks_that_differ_are_told(skew, severity):
    assert clock_of(NOW + timedelta(seconds=skew), NOW).severity is severity


def test_a_disk_is_looked_at_above_a_folder_that_is_not_there_yet(tmp_path, monkeypatch):
    assert disk(tmp_path / "a" / "b").severity is Severity.OK
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=1 << 20))
    assert disk(tmp_path).severity is Severity.FAILURE


async def test_an_adapter_that_does_not_connect_is_asked_why():
    class Refused:
        name = "refused"

        def connect(self, handle):
            raise StoreUnavailable("no")

        async def send(self, destination, card, *, key):
            raise AssertionError

        async def check(self, destinations):
            return [Finding("token", Severity.FAILURE, "It was revoked.")]

    assert await examined(Refused(), ()) == [Finding("token", Severity.FAILURE, "It was revoked.")]


# --- health -------------------------------------------------------------------------------------


def _ailing(pigeon, *, read: timedelta | None, used: timedelta = timedelta(days=1)) -> str:
    async def look(store):
        await open_schema(store.database, NOW - used)
        if read is not None:
            await store.papers.note_health("arxiv", {"succeeded_at": (NOW - read).isoformat()})
            await store.papers.note_health("dead", {"failed_at": NOW.isoformat()})
        return await ailing(store, await store.papers.healths(), every=EVERY, now=FakeClock(NOW).now())

    return pigeon.store(look)


def test_well_while_any_listing_was_read_within_three_intervals_and_two_minutes(pigeon):
    assert _ailing(pigeon, read=timedelta(minutes=32)) == ""
    assert "since 2026-01-05 08:27 UTC" in _ailing(pigeon, read=timedelta(minutes=32, seconds=1))


def test_a_new_store_has_five_minutes_for_its_first_poll(pigeon):
    assert _ailing(pigeon, read=None, used=GRACE) == ""
    pigeon.empty()
    assert "No listing was ever read" in _ailing(pigeon, read=None, used=GRACE + timedelta(seconds=1))


def test_health_exits_0_and_1_with_a_sentence(pigeon):
    assert pigeon("health").code == 0
    pigeon.empty()

    async def old(store):
        await open_schema(store.database, NOW)

    pigeon.store(old)
    answer = pigeon("health")
    assert answer.code == 1
    assert answer.out.count("\n") == 1


def test_health_starts_no_store(bare):
    answer = bare("health")
    assert answer.code == 1
    assert "No bot runs" in answer.out
    assert not (bare.folder / ".pigeon").exists()
