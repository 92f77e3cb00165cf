"""A subscription's record leaves out what its place says, and a start reads only its filter."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.models import Cadence, Destination, Person, Subscription, SubscriptionState, When
from bot.store import keys
from bot.store.kept import Kept, filter_of, is_removed, names_sources, parts, read, record_of, undamaged
from bot.store.records import DamagedRecordError, encode
from tests.core import Core

MADE = datetime(2026, 11, 28, 9, 0, 0, 123456, tzinfo=UTC)
AWKWARD = '","state":"removed","sources":["x"],"destination":{"platform":"y\\"'
TEXTS = st.one_of(
    st.text(max_size=20), st.sampled_from([AWKWARD, "\\", '"', "é机\u2028\x00", '"state":"removed"'])
)


def place(one: Subscription) -> tuple[str, str, str]:
    return parts(one.id)


@given(
    number=st.integers(1, 10**9),
    query=TEXTS,
    workspace=TEXTS,
    name=TEXTS,
    mention=TEXTS,
    state=st.sampled_from(SubscriptionState),
    sources=st.sampled_from([(), ("arxiv",)]),
)
def test_it_comes_back_whole_from_either_shape(
    *, number, query, workspace, name, mention, state, sources
) -> None:
    one = Subscription(
        number=number,
        query=query,
        destination=Destination(platform="p", workspace=workspace, channel=name, name=name),
        cadence=Cadence(when=When.DAILY),
        created_by=Person(id=name),
        created_at=MADE,
        state=state,
        sources=sources,
        mention=mention,
    )
    for raw in (record_of(one), encode(one)):
        assert read(raw, *place(one)) == one
        assert filter_of(raw) == query
        assert is_removed(raw) is (state is SubscriptionState.REMOVED)
        assert names_sources(raw) is bool(sources)
    assert len(record_of(one)) < len(encode(one))
    assert (
        '"platform"'
        not in record_of(replace(one, query="", name="", mention="", created_by=Person(id="")))[:60]
    )


@pytest.mark.parametrize(
    "raw",
    [
        "",
        "{}",
        '{"v":1}',
        '{"v":1,"query":"a',
        '{"v":1,"query":"a"',
        '{"v":1,"number":"x"}',
        '{"v":1,"query":7}',
    ],
)
def test_what_is_no_record_is_not_taken_for_one(raw: str) -> None:
    assert filter_of(raw) is None
    assert undamaged(raw, "p", "w", "1") is None
    with pytest.raises(DamagedRecordError):
        read(raw, "p", "w", "1")


def test_a_record_is_read_once_and_a_damaged_one_is_none() -> None:
    one = Subscription(number=3, query="a", destination=Destination(platform="p", workspace="w", channel="c"))
    kept = Kept()
    kept.put(one.id, record_of(one))
    assert kept.get(one.id) == one
    assert kept.get(one.id) is kept.get(one.id)
    kept.put("p/w/4", '{"v":1,"query":"a","destination":7}')
    assert kept.get("p/w/4") is None
    assert kept.filter_of(one.id) == kept.filter_of("p/w/4") == "a"
    kept.drop(one.id)
    assert one.id not in kept


async def test_records_of_either_shape_lie_side_by_side_and_are_rewritten_when_they_change(
    core: Core,
) -> None:
    made = await core.subscribe("robots")
    client, name = core.store.database.client, keys.subscriptions("recording", "lab")
    old = replace(made, number=41, created_at=made.created_at)
    await client.hset(name, "41", encode(old))
    assert [one.number for one in await core.store.subscriptions.of("recording", "lab")] == [made.number, 41]
    assert await core.store.subscriptions.get("recording", "lab", 41) == old
    assert [one async for one in core.store.subscriptions.everything()] == [made, old]
    changed = await core.store.subscriptions.put(
        replace(old, name="x", paused_until=MADE + timedelta(days=1))
    )
    assert "number" not in await client.hget(name, "41")
    assert await core.store.subscriptions.by_ids([old.id]) == {old.id: changed}
