"""Cards that were given up: seen, sent again once, or dropped for good."""

import json
from datetime import UTC, datetime

import pytest

from bot.models import Delivery, DeliveryKind, DeliveryState, delivery_key
from bot.store import Store, keys
from bot.store.stream import Entry

NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)


def _give_up(pigeon, subscription, paper, kind=DeliveryKind.PAPER, why="The card was refused."):
    where = subscription.destination
    key = delivery_key(where, kind, paper)
    delivery = Delivery(key=key, kind=kind, destination=where, papers=(paper,), due=NOW, note="its words")

    async def work(store: Store):
        await store.deliveries.plan(delivery, now=NOW, reasons={subscription.number: ()})
        claim = await store.claims.claim(keys.shard_of(where), "w", NOW)
        await store.claims.intend(claim, NOW)
        assert await store.claims.settle_dead(claim, why, now=NOW)

    pigeon.store(work)
    return key


@pytest.fixture
def letters(pigeon):
    subscription = pigeon.subscribe()
    return subscription, [_give_up(pigeon, subscription, f"arxiv:2401.{at}") for at in (10000, 10001)]


def test_list_and_show_say_what_and_why(pigeon, letters):
    _, given_up = letters
    shown = pigeon("dead", "list").out
    assert all(key in shown for key in given_up)
    assert "The card was refused." in shown
    assert {row["key"] for row in json.loads(pigeon("dead", "list", "--json").out)} == set(given_up)
    one = pigeon("dead", "show", given_up[0][:8]).out
    assert "papers: arxiv:2401.10000" in one
    assert json.loads(pigeon("dead", "show", given_up[0], "--json").out)["tries"] == 1


def test_nothing_given_up_is_said(pigeon):
    assert pigeon("dead", "list").out == "Nothing was given up.\n"


def test_replay_puts_it_back_into_its_lane_once(pigeon, letters):
    subscription, [key, other] = letters
    assert "1 put back" in pigeon("dead", "replay", key).out
    assert [row["key"] for row in json.loads(pigeon("dead", "list", "--json").out)] == [other]
    assert pigeon("dead", "replay", key).code == 1

    async def claim(store: Store):
        shard = keys.shard_of(subscription.destination)
        now = datetime.now(UTC)  # noqa: TID251 - the command reads the machine's own clock
        return await store.claims.claim(shard, "w", now)

    claimed = pigeon.store(claim)
    assert claimed.key == key
    assert claimed.delivery.state is DeliveryState.PLANNED
    assert claimed.delivery.attempts == 0
    assert "refused" not in claimed.delivery.note


def test_all_of_them_at_once(pigeon, letters):
    assert "2 put back" in pigeon("dead", "replay", "all").out
    assert json.loads(pigeon("dead", "list", "--json").out) == []


def test_dropped_is_not_posted_nor_planned_again(pigeon, letters):
    subscription, [key, _] = letters
    assert "1 dropped" in pigeon("dead", "drop", key).out
    assert len(json.loads(pigeon("dead", "list", "--json").out)) == 1
    delivery = Delivery(
        key=key,
        kind=DeliveryKind.PAPER,
        destination=subscription.destination,
        papers=("arxiv:2401.10000",),
        due=NOW,
    )
    assert pigeon.store(lambda store: store.deliveries.plan(delivery, now=NOW)) is False


def test_a_notice_is_not_sent_again(pigeon):
    key = _give_up(pigeon, pigeon.subscribe(), "n1", DeliveryKind.NOTICE)
    answer = pigeon("dead", "replay", key)
    assert (answer.code, answer.out) == (1, "")
    assert "out of date" in answer.err
    assert len(json.loads(pigeon("dead", "list", "--json").out)) == 1


def test_a_key_that_is_none_or_several_is_a_sentence(pigeon, letters):
    assert "Nothing that was given up has the key zzz" in pigeon("dead", "show", "zzz").err
    assert "2 keys begin with" in pigeon("dead", "show", "").err


def test_papers_that_could_not_be_matched_are_listed_replayed_and_dropped(pigeon):
    fields = {"id": "arxiv:2401.10009", "event": "new", "was": "", "source": "arxiv", "seed": "0"}

    async def set_aside(store: Store):
        for why in ("ValueError: a bug of ours.", "It cannot be read."):
            entry = Entry(await store.papers.stream.add(fields), fields)
            await store.aside.put(entry, why, NOW)

    pigeon.store(set_aside)
    shown = pigeon("dead", "list").out
    assert shown.count("arxiv:2401.10009") == 2
    assert "a bug of ours" in shown
    first, second = (row["key"] for row in json.loads(pigeon("dead", "list", "--json").out))
    assert "brought by: arxiv" in pigeon("dead", "show", first).out
    assert "1 put back" in pigeon("dead", "replay", first).out
    assert pigeon.store(lambda store: store.papers.stream.length()) == 1
    assert "1 dropped" in pigeon("dead", "drop", second).out
    assert pigeon("dead", "list").out == "Nothing was given up.\n"
