"""A backup brings back what people made, posts nothing again, and is applied whole or not at all."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.models import Delivery, DeliveryKind, DeliveryState, MessageRef, delivery_key
from bot.store import Store
from bot.store.saved import Saved
from bot.store.schema import CURRENT

NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)


def _deliver(pigeon, subscription, paper, *, sent=True):
    """Plan a card, and settle it unless it is to wait."""
    key = delivery_key(subscription.destination, DeliveryKind.PAPER, paper)
    delivery = Delivery(
        key=key, kind=DeliveryKind.PAPER, destination=subscription.destination, papers=(paper,), due=NOW
    )

    async def work(store: Store):
        made = await store.deliveries.plan(delivery, now=NOW, reasons={subscription.number: ()})
        if sent:
            from bot.store import keys

            claim = await store.claims.claim(keys.shard_of(subscription.destination), "w", NOW)
            await store.claims.intend(claim, NOW)
            message = MessageRef(platform="discord", channel="20", message="99")
            assert (await store.claims.settle_sent(claim, message, now=NOW, next_at=NOW)).ours
        return made

    return pigeon.store(work)


def _filled(pigeon):
    first = pigeon.subscribe("discord/10/20", "diffusion", name="robots")
    pigeon.subscribe("slack/T1/@U1", "mamba")

    async def work(store: Store):
        await store.preferences.put("discord", "10", "20", {"timezone": "Europe/Paris"})
        await store.saved.keep("slack", "T1", "U1", Saved("arxiv:2401.10000", NOW, "later"))
        await store.shelf("slack").put("installation/T1", "xoxb-canary-secret")
        removed = await store.subscriptions.create(replace(first, query="gone"))
        await store.subscriptions.drop(removed)

    pigeon.store(work)
    pigeon.papers("Diffusion")
    assert _deliver(pigeon, first, "arxiv:2401.10000")
    return first


def test_everything_comes_back_and_nothing_is_posted_again(pigeon):
    first = _filled(pigeon)
    before = json.loads(pigeon("subs", "list", "--json").out)
    made = pigeon("backup", "b.jsonl")
    assert made.code == 0
    assert "2 subscriptions" in made.out
    assert "tokens" in made.err

    pigeon.empty()
    restored = pigeon("restore", "b.jsonl")
    assert restored.code == 0
    assert json.loads(pigeon("subs", "list", "--json").out) == before
    assert _deliver(pigeon, first, "arxiv:2401.10000", sent=False) is False
    assert _deliver(pigeon, first, "arxiv:2401.10001", sent=False) is True

    async def look(store: Store):
        where = first.destination
        key = delivery_key(where, DeliveryKind.PAPER, "arxiv:2401.10000")
        posted = await store.deliveries.get(where, key)
        return (
            posted,
            dict(await store.preferences.get("discord", "10", "20")),
            await store.saved.of("slack", "T1", "U1"),
            await store.papers.cursor("arxiv"),
            await store.subscriptions.create(replace(first, number=0)),
        )

    posted, preferences, saved, cursor, following = pigeon.store(look)
    assert posted.state is DeliveryState.SENT
    assert posted.message.message == "99"
    assert preferences == {"timezone": "Europe/Paris"}
    assert saved == [Saved("arxiv:2401.10000", NOW, "later")]
    assert cursor == "c1"
    assert following.number == 3, "the number of the one that was dropped is never given out again"


def test_a_paper_of_a_digest_that_was_sent_is_not_gathered_again(pigeon):
    subscription = pigeon.subscribe()
    where, paper = subscription.destination, "arxiv:2401.10000"
    key = delivery_key(where, DeliveryKind.PAPER, paper)
    pending = Delivery(
        key=key,
        kind=DeliveryKind.PAPER,
        destination=where,
        papers=(paper,),
        due=NOW,
        state=DeliveryState.PENDING,
    )
    digest = Delivery(
        key="d" * 24,
        kind=DeliveryKind.DIGEST,
        destination=where,
        papers=(paper,),
        subscriptions=(1,),
        due=NOW,
    )

    async def gather(store: Store):
        await store.deliveries.plan(pending, now=NOW, holder=subscription.id, score=1.0)
        return list(await store.deliveries.pending(subscription))

    async def send(store: Store):
        from bot.store import keys

        await gather(store)
        await store.deliveries.close_digest(subscription, digest, next_due=None, since=NOW, now=NOW)
        claim = await store.claims.claim(keys.shard_of(where), "w", NOW)
        await store.claims.intend(claim, NOW)
        message = MessageRef(platform="discord", channel="20", message="99")
        await store.claims.settle_sent(claim, message, now=NOW, next_at=NOW)

    pigeon.store(send)
    pigeon("backup", "b.jsonl")
    pigeon.empty()
    assert pigeon.store(gather) == [(paper, 1.0)]
    pigeon.empty()
    assert pigeon("restore", "b.jsonl").code == 0
    assert pigeon.store(gather) == []


def test_what_waits_to_be_sent_is_left_out(pigeon):
    subscription = pigeon.subscribe()
    _deliver(pigeon, subscription, "arxiv:2401.10000", sent=False)
    pigeon("backup", "b.jsonl")
    assert "posted" not in (pigeon.folder / "b.jsonl").read_text()


def test_the_file_is_for_its_owner_only_and_holds_no_token(pigeon):
    _filled(pigeon)
    pigeon("backup", "b.jsonl")
    path = pigeon.folder / "b.jsonl"
    assert path.stat().st_mode & 0o777 == 0o600
    assert "canary" not in path.read_text()
    header = json.loads(path.read_text().splitlines()[0])
    assert header["paper_pigeon_backup"] == 1
    assert header["counts"]["subscription"] == 2


def test_a_backup_without_a_name_gets_one_with_its_time(pigeon):
    assert pigeon("backup").code == 0
    assert len(list(pigeon.folder.glob("paper-pigeon-*.jsonl"))) == 1


def test_a_dry_run_says_what_it_would_do_and_does_nothing(pigeon):
    _filled(pigeon)
    pigeon("backup", "b.jsonl")
    pigeon.empty()
    would = pigeon("restore", "b.jsonl", "--dry-run")
    assert would.out.startswith("Would restore: 2 subscriptions")
    assert json.loads(pigeon("subs", "list", "--json").out) == []
    assert would.out.removeprefix("Would restore") == pigeon("restore", "b.jsonl").out.removeprefix(
        "Restored"
    )


def test_what_is_there_stays_as_it_is(pigeon):
    _filled(pigeon)
    pigeon("backup", "b.jsonl")
    pigeon.empty()
    mine = pigeon.subscribe("discord/10/21", "mine")
    answer = pigeon("restore", "b.jsonl")
    assert "Already there" in answer.out
    assert "subscription discord/10/1" in answer.out
    held = pigeon.store(lambda store: store.subscriptions.get("discord", "10", 1))
    assert held == mine


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda lines: [*lines[:2], '{"kind":"subscription"}', *lines[3:]], "line 3 cannot be read"),
        (lambda lines: [*lines[:2], lines[2][:20]], "line 3 cannot be read"),
        (lambda lines: lines[:-1], "cut short"),
        (lambda lines: [*lines, lines[-1]], "cut short or changed"),
        (lambda lines: lines[1:], "line 1 is no header"),
        (lambda lines: [], "line 1 is no header"),
        (lambda lines: ["\x00\xff"], "line 1 is no header"),
        (lambda lines: [lines[0].replace('backup": 1', 'backup": 2'), *lines[1:]], "newer Paper Pigeon"),
        (
            lambda lines: [lines[0].replace(f'schema": {CURRENT}', 'schema": 99'), *lines[1:]],
            "newer Paper Pigeon",
        ),
        (lambda lines: [line.replace('"record":{"v":1', '"record":{"v":9') for line in lines], "schema 9"),
        (lambda lines: [*lines[:1], "[" * 100_000, *lines[2:]], "line 2 cannot be read"),
    ],
)
def test_a_damaged_file_is_refused_whole(pigeon, spoil, says):
    _filled(pigeon)
    pigeon("backup", "b.jsonl")
    path = pigeon.folder / "b.jsonl"
    path.write_text("".join(f"{line}\n" for line in spoil(path.read_text().splitlines())))
    pigeon.empty()
    answer = pigeon("restore", "b.jsonl")
    assert (answer.code, answer.out) == (1, "")
    assert says in answer.err
    assert "Nothing was restored" in answer.err
    assert pigeon.store(lambda store: store.subscriptions.workspaces()) == []


def test_a_file_that_is_not_there_and_one_that_cannot_be_written_are_sentences(pigeon):
    assert "nowhere.jsonl cannot be read" in pigeon("restore", "nowhere.jsonl").err
    answer = pigeon("backup", "no/folder/b.jsonl")
    assert answer.code == 1
    assert "cannot be written" in answer.err


def test_a_backup_that_fails_leaves_the_former_one(pigeon, monkeypatch):
    path = pigeon.folder / "b.jsonl"
    path.write_text("the former one")
    monkeypatch.setattr("shutil.copyfileobj", lambda *_: (_ for _ in ()).throw(OSError(28, "No space left")))
    assert "No space left" in pigeon("backup", "b.jsonl").err
    assert path.read_text() == "the former one"
    assert list(pigeon.folder.iterdir()) == [path]


def test_marks_expire_as_marks_do(pigeon):
    subscription = _filled(pigeon)
    pigeon("backup", "b.jsonl")
    pigeon.empty()
    pigeon("restore", "b.jsonl")

    async def expiry(store: Store):
        from bot.store import keys

        key = delivery_key(subscription.destination, DeliveryKind.PAPER, "arxiv:2401.10000")
        name = keys.in_shard(keys.shard_of(subscription.destination), "d", key)
        return await store.database.call(store.database.client.pttl(name))

    assert timedelta(days=119) < timedelta(milliseconds=pigeon.store(expiry)) <= timedelta(days=120)
