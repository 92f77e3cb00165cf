"""Subscriptions of all workspaces: listed, added, and kept in a file for people."""

import json
from datetime import UTC, datetime, time, timedelta

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.cli.entries import Entry, destination, read, subscription_of, to_yaml, written
from bot.models import (
    Cadence,
    CardSize,
    Destination,
    Person,
    Subscription,
    SubscriptionState,
    When,
)


def _file(pigeon, text, name="s.yaml"):
    (pigeon.folder / name).write_text(text)
    return name


def _held(pigeon):
    return json.loads(pigeon("subs", "list", "--json").out)


def test_list_shows_all_workspaces(pigeon):
    pigeon.subscribe("discord/10/20", "mamba", name="states")
    pigeon.subscribe("slack/T1/@U1", "diffusion")
    shown = pigeon("subs", "list").out
    assert "discord/10/20" in shown
    assert "states" in shown
    assert "slack/T1/@U1" in shown
    assert len(shown.splitlines()) == 3


def test_an_empty_list_says_how_to_make_one(pigeon):
    assert "pigeon subs add" in pigeon("subs", "list").out


def test_add_takes_the_options_and_says_what_it_made(pigeon):
    answer = pigeon(
        "subs", "add", "diffusion", "-survey", "--to", "discord/10/20", "--when", "weekly", "--days", "fri",
        "--at", "5pm", "--timezone", "Paris", "--limit", "5", "--card", "full", "--sources", "arxiv",
    )  # fmt: skip
    assert answer.code == 0
    assert "Added subscription 1" in answer.out
    [made] = _held(pigeon)
    assert made["query"] == "diffusion -survey"
    assert (made["when"], made["days"], made["at"], made["timezone"]) == (
        "weekly",
        "fri",
        "17:00",
        "Europe/Paris",
    )
    assert (made["limit"], made["card"], made["sources"]) == (5, "full", ["arxiv"])


def test_add_takes_the_zone_of_the_place(pigeon):
    async def settle(store):
        await store.preferences.put("discord", "10", "20", {"timezone": "Asia/Tokyo"})

    pigeon.store(settle)
    pigeon("subs", "add", "mamba", "--to", "discord/10/20")
    assert _held(pigeon)[0]["timezone"] == "Asia/Tokyo"


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--to", "discrod/10/20"], "Did you mean discord?"),
        (["--to", "discord/10"], "is no place"),
        (["--to", "discord/10/20", "--when", "dayly"], "Did you mean daily?"),
        (["--to", "discord/10/20", "--at", "25:00"], "not a time of day"),
        (["--to", "discord/10/20", "--when", "instant", "--at", "9"], "daily and weekly"),
        (["--to", "discord/10/20", "--timezone", "Atlantis"], "Atlantis"),
        (["--to", "discord/10/20", "--limit", "999"], "from 1 to 50"),
        (["--to", "discord/10/20", "--sources", "arxic"], "Did you mean arxiv?"),
    ],
)
def test_add_refuses_with_a_sentence(pigeon, options, says):
    answer = pigeon("subs", "add", "mamba", *options)
    assert (answer.code, answer.out) == (1, "")
    assert says in answer.err
    assert _held(pigeon) == []


def test_export_and_import_into_an_empty_store_is_the_identity(pigeon):
    pigeon.subscribe("discord/10/20", 'diffusion author:"Sergey Levine"', name="robots: «ours»")
    pigeon.subscribe("slack/T1/@U1", "mamba", state=SubscriptionState.PAUSED, limit=3)
    before = _held(pigeon)
    exported = pigeon("subs", "export", "s.yaml")
    assert (exported.code, exported.out) == (0, "")
    assert (pigeon.folder / "s.yaml").stat().st_mode & 0o777 == 0o600
    assert "0 added, 0 changed, 2 unchanged, 0 only" in pigeon("subs", "import", "s.yaml").out
    pigeon.empty()
    assert "2 added" in pigeon("subs", "import", "s.yaml").out
    assert _held(pigeon) == before


def test_export_writes_to_standard_output(pigeon):
    pigeon.subscribe()
    text = pigeon("subs", "export", "-").out
    assert yaml.safe_load(text)["subscriptions"][0]["query"] == "diffusion"


def test_removed_ones_are_not_exported(pigeon):
    pigeon.subscribe(state=SubscriptionState.REMOVED)
    assert yaml.safe_load(pigeon("subs", "export", "-").out)["subscriptions"] == []


def test_the_difference_comes_first_and_a_dry_run_changes_nothing(pigeon):
    pigeon.subscribe("discord/10/20", "diffusion", name="robots")
    pigeon.subscribe("discord/10/21", "mamba")
    before = _held(pigeon)
    file = _file(
        pigeon,
        """
subscriptions:
  - to: discord/10/20
    name: robots
    query: diffusion -survey
    when: weekly
  - to: discord/10/22
    query: agents
""",
    )
    shown = pigeon("subs", "import", file, "--dry-run").out
    assert "~ 1 robots → discord/10/20" in shown
    assert "    query: diffusion → diffusion -survey" in shown
    assert "    when: daily → weekly" in shown
    assert "+ new agents → discord/10/22" in shown
    assert "? 2 mamba → discord/10/21" in shown
    assert "1 added, 1 changed, 0 unchanged, 1 only in the store (kept)." in shown
    assert _held(pigeon) == before

    assert pigeon("subs", "import", file).out.endswith("Done.\n")
    assert [one["query"] for one in _held(pigeon)] == ["diffusion -survey", "mamba", "agents"]
    assert "0 added, 0 changed, 2 unchanged, 1 only" in pigeon("subs", "import", file).out


def test_an_entry_without_number_or_name_is_known_by_its_query_however_it_is_written(pigeon):
    pigeon.subscribe("discord/10/20", "diffusion OR mamba")
    file = _file(pigeon, "subscriptions:\n- {to: discord/10/20, query: '( diffusion | mamba )', limit: 3}\n")
    assert "0 added, 1 changed" in pigeon("subs", "import", file).out
    assert [one["limit"] for one in _held(pigeon)] == [3]


def test_only_prune_removes_and_softly(pigeon):
    pigeon.subscribe("discord/10/20", "diffusion")
    file = _file(pigeon, "subscriptions: []\n")
    assert "1 only in the store (kept)" in pigeon("subs", "import", file).out
    assert len(_held(pigeon)) == 1
    assert "- 1 diffusion" in pigeon("subs", "import", file, "--prune").out
    assert _held(pigeon) == []
    [removed] = json.loads(pigeon("subs", "list", "--removed", "--json").out)
    assert removed["state"] == "removed"


def test_the_maker_of_a_changed_one_stays(pigeon):
    pigeon.subscribe("discord/10/20", "diffusion")
    file = _file(pigeon, "subscriptions:\n- {number: 1, to: discord/10/20, query: mamba}\n")
    pigeon("subs", "import", file)
    held = pigeon.store(lambda store: store.subscriptions.get("discord", "10", 1))
    assert (held.query, held.created_by, held.version) == ("mamba", Person(id="7"), 2)


def test_a_pause_by_file_stops_the_digest_and_resuming_starts_it(pigeon):
    from bot.models import Delivery, DeliveryKind, DeliveryState

    one = pigeon.subscribe("discord/10/20", "diffusion")
    now = datetime(2026, 1, 5, tzinfo=UTC)
    waiting = Delivery(
        key="k" * 24, kind=DeliveryKind.PAPER, destination=one.destination, papers=("arxiv:1",),
        due=now, state=DeliveryState.PENDING,
    )  # fmt: skip
    pigeon.store(lambda store: store.deliveries.plan(waiting, now=now, holder=one.id, score=1.0))
    text = "subscriptions:\n- {number: 1, to: discord/10/20, query: diffusion, state: %s}\n"
    pigeon("subs", "import", _file(pigeon, text % "paused"))
    assert pigeon.store(lambda store: store.deliveries.next_digest(one)) is None
    pigeon("subs", "import", _file(pigeon, text % "active"))
    assert pigeon.store(lambda store: store.deliveries.next_digest(one)) is not None


@pytest.mark.parametrize(
    ("entry", "says"),
    [
        ("  - to: discord/10/20\n    query: 'diffusion ('", "line 3, query: I can't read the query"),
        ("  - to: discord/10/20\n    query: a\n    whem: daily", "line 4, whem: there is no such field. Did you mean «when»?"),
        ("  - to: discord/10/20\n    query: a\n    when: dayly", "line 4, when: it cannot be «dayly». Did you mean daily?"),
        ("  - to: irc/10/20\n    query: mamba", "line 2, to: There is no platform «irc»"),
        ("  - query: mamba", "line 2, to:"),
        ("  - to: discord/10/20", "line 2, query: it is missing"),
        ("  - to: discord/10/20\n    query: a\n    query: b", "line 4, query: it is given twice"),
        ("  - to: discord/10/20\n    query: mamba\n    limit: many", "line 4, limit: it takes a whole number"),
        ("  - to: discord/10/20\n    query: mamba\n    number: -1", "line 4, number:"),
        ("  - to: discord/10/20\n    query: mamba\n    at: {a: b}", "line 4, at: a single value belongs here"),
        ("  - to: discord/10/20\n    query: mamba\n    state: removed", "line 4, state:"),
        ("  - to: discord/10/20\n    query: mamba\n    paused until: soon", "line 4, paused until:"),
        ("  - {number: 1, to: discord/10/20, query: a1}\n  - {number: 1, to: discord/10/20, query: b1}", "line 3: this is the same subscription as that of line 2"),
        ("  - just a word", "line 2: this is no entry"),
        ("  - to: [", "this is not YAML"),
        ("  - to: \t x: y: z", "this is not YAML"),
    ],
)  # fmt: skip
def test_a_fault_names_line_and_field_and_nothing_is_applied(pigeon, entry, says):
    text = f"subscriptions:\n{entry}\n" + ("" if "YAML" in says else "  - {to: discord/10/30, query: fine}\n")
    answer = pigeon("subs", "import", _file(pigeon, text))
    assert (answer.code, answer.out) == (1, "")
    assert says in answer.err
    assert "Traceback" not in answer.err
    assert _held(pigeon) == []


def test_all_faults_are_said_at_once(pigeon):
    text = "subscriptions:\n" + "  - {to: discord/1/2, query: '('}\n" * 30
    answer = pigeon("subs", "import", _file(pigeon, text))
    assert "has 30 faults" in answer.err
    assert "and 10 more" in answer.err


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"\xff\xfe", "not text in UTF-8"),
        (b"", "no list named"),
        (b"subscriptions: 5", "no list named"),
        (b"[" * 100_000, "not YAML"),
        (b"a: &a [*a]\nsubscriptions: [*b]", "not YAML"),
    ],
)
def test_a_file_that_is_none_is_refused(pigeon, content, says):
    (pigeon.folder / "s.yaml").write_bytes(content)
    answer = pigeon("subs", "import", "s.yaml")
    assert answer.code == 1
    assert says in answer.err
    assert "Traceback" not in answer.err


def test_a_file_that_is_not_there_is_a_sentence(pigeon):
    assert "none.yaml cannot be read" in pigeon("subs", "import", "none.yaml").err


ids = st.text("abcABC0123456789", min_size=1, max_size=12)
words = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), max_size=20).map(str.strip)
subscriptions = st.builds(
    Subscription,
    number=st.integers(1, 10**8),
    query=st.sampled_from(["diffusion", 'author:"Sergey Levine" OR upvotes>=20', "cat:cs.* -survey"]),
    destination=st.builds(
        Destination, platform=st.just("discord"), workspace=ids, channel=ids, direct=st.booleans()
    ),
    cadence=st.builds(
        Cadence,
        when=st.sampled_from(When),
        at=st.times().map(lambda at: time(at.hour, at.minute)),
        days=st.frozensets(st.integers(0, 6), min_size=1),
        zone=st.sampled_from(["UTC", "Europe/Paris", "America/Argentina/Buenos_Aires"]),
        quiet=st.none() | st.just((time(22), time(7))),
    ),
    card=st.sampled_from(CardSize),
    limit=st.integers(1, 50),
    name=words,
    sources=st.sampled_from([(), ("arxiv",), ("arxiv", "huggingface")]),
    mention=words,
    created_by=st.builds(Person, id=ids),
    state=st.sampled_from([SubscriptionState.ACTIVE, SubscriptionState.PAUSED]),
    paused_until=st.none() | st.just(datetime(2026, 1, 5, tzinfo=UTC) + timedelta(days=3)),
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(subscriptions)
def test_what_is_written_is_read_as_it_was(one):
    faults: list[str] = []
    [entry] = read(to_yaml([one]), file="f")
    back = subscription_of(entry, None, zone_name="UTC", faults=faults)
    assert faults == []
    assert back is not None
    assert written(back) == written(one)
    for name in ("number", "query", "name", "card", "limit", "sources", "mention", "state"):
        assert getattr(back, name) == getattr(one, name), name
    assert back.destination == one.destination
    assert back.created_by == one.created_by
    assert (back.cadence.when, back.cadence.zone, back.cadence.quiet) == (
        one.cadence.when,
        one.cadence.zone,
        one.cadence.quiet,
    )
    if one.state is SubscriptionState.PAUSED:
        assert back.paused_until == one.paused_until
    if one.cadence.when in {When.DAILY, When.WEEKLY}:
        assert back.cadence.at == one.cadence.at
    if one.cadence.when is When.DAILY:
        assert back.cadence.days == one.cadence.days


def test_a_blocked_one_stays_as_it_is_found():
    entry = Entry(1, {"to": "discord/1/2", "query": "a1", "state": "blocked"}, {"state": 1})
    made = subscription_of(entry, None, zone_name="UTC", faults=[])
    assert made is not None
    assert made.state is SubscriptionState.ACTIVE


def test_a_thread_is_part_of_a_place():
    assert destination("discord/1/2/3").thread == "3"
