"""Told to stop: what has begun is seen through, what has not is given back at once."""

import asyncio
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.clock import SystemClock
from bot.models import DeliveryKind, DeliveryState, delivery_key
from bot.ports import Limit
from bot.store import keys
from bot.store.claims import Claim, Idle
from bot.testing.adapter import RecordingAdapter
from bot.testing.clock import FakeClock
from tests.core import ML, Core, open_core, paper

ROOT = Path(__file__).resolve().parents[2]


async def test_a_begun_send_ends_and_a_waiting_one_is_free_for_others(
    redis_url: str, clock: FakeClock
) -> None:
    adapter = RecordingAdapter(limits=[Limit("recording:all", 1, 4.0)])
    core = await open_core(redis_url, clock, adapter=adapter).seeded()
    places = [replace(ML, channel=name) for name in ("a", "b")]
    for place in places:
        await core.subscribe("robot", destination=place)
    core.source.bring(paper(1))
    await core.poller.once()
    await core.matcher.once()
    adapter.gate.clear()
    work = asyncio.create_task(core.lanes.run())
    async with asyncio.timeout(30):
        while (await _states(core)) != ["intent", "planned"]:
            await SystemClock().sleep(0.01)
        await clock.until_asleep(1)
    work.cancel()
    await SystemClock().sleep(0.1)
    assert not work.done(), "the send that began is seen through"
    claim = await core.store.claims.claim(keys.shard_of(ML), "another", clock.now())
    assert isinstance(claim, Claim), "the other lane waits for no lease"
    adapter.gate.set()
    await asyncio.wait([work], timeout=5)
    assert work.done()
    assert await _states(core) == ["planned", "sent"]
    assert len(adapter.posted) == 1
    await core.store.database.close()


async def test_a_lane_that_was_given_as_the_stop_came_is_free_for_others(
    core: Core, monkeypatch: pytest.MonkeyPatch
) -> None:
    await core.subscribe("robot")
    core.source.bring(paper(1))
    await core.poller.once()
    await core.matcher.once()
    claim, given, on = core.store.claims.claim, asyncio.Event(), asyncio.Event()

    async def late(*asked: Any, **more: Any) -> Claim | Idle:
        found = await claim(*asked, **more)
        given.set()
        await on.wait()  # the answer is on its way to us
        return found

    monkeypatch.setattr(core.store.claims, "claim", late)
    work = asyncio.create_task(core.lanes.run())
    async with asyncio.timeout(30):
        await given.wait()
        work.cancel()
        await SystemClock().sleep(0.01)
        on.set()
        await asyncio.wait([work])
    found = await claim(keys.shard_of(ML), "another", core.clock.now())
    assert isinstance(found, Claim), "it waits for no lease"
    assert not core.adapter.posted


async def _states(core) -> list[str]:  # type: ignore[no-untyped-def]
    found = []
    for name in ("a", "b"):
        place = replace(ML, channel=name)
        held = await core.store.deliveries.get(
            place, delivery_key(place, DeliveryKind.PAPER, "arxiv:2601.00001")
        )
        found.append(held.state.value if held else DeliveryState.DEAD.value)
    return sorted(found)


def _bot(folder: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "bot", "run", "--demo"],
        cwd=ROOT,
        env={**os.environ, "PIGEON_DATA_DIR": str(folder), "PIGEON_LOG_LEVEL": "warning"},
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_sigterm_ends_a_running_bot_in_good_order(tmp_path: Path) -> None:
    clock = SystemClock()
    bot = _bot(tmp_path)
    assert bot.stderr is not None
    assert bot.stdin is not None
    while "Type: preview" not in bot.stderr.readline():
        assert bot.poll() is None
    asked = clock.monotonic()
    bot.send_signal(signal.SIGTERM)
    said = bot.communicate(timeout=60)[1]
    assert clock.monotonic() - asked < 8
    assert bot.returncode == 0
    assert "everything is kept" in said


def test_a_second_signal_ends_it_at_once(tmp_path: Path) -> None:
    bot = _bot(tmp_path)
    assert bot.stderr is not None
    assert bot.stdin is not None
    while "Type: preview" not in bot.stderr.readline():
        assert bot.poll() is None
    # Both wait for it when it goes on, so that the second comes before the first has had its effect.
    for each in (signal.SIGSTOP, signal.SIGTERM, signal.SIGINT, signal.SIGCONT):
        bot.send_signal(each)
    said = bot.communicate(timeout=60)[1]
    assert bot.returncode == 1
    assert "everything is kept" not in said
