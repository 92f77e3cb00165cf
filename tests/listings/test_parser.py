"""The parsing child has tight limits, and what befalls it befalls one listing only."""

import asyncio
import gzip
import os
import resource
import sys

import pytest

from bot.errors import ListingMalformed, ListingQuarantined, ListingUnavailable
from bot.listings.arxiv import rss
from bot.listings.parser import MOST_KILLS, Parser
from tests.listings import readers


async def test_a_reader_gets_the_bytes_and_its_arguments_and_its_papers_come_back(parser):
    page = await parser.run(readers.say, b"hello ", subject="x", word="world")
    assert [paper.title for paper in page.papers] == ["hello world"]
    assert page.rows == 1


async def test_what_comes_back_is_what_the_reader_gave(parser, recordings):
    data = gzip.decompress(sorted((recordings / "arxiv/rss/poll_series").glob("*.gz"))[5].read_bytes())
    assert await parser.run(rss.parse, data, subject="arxiv") == rss.parse(data)


async def test_two_thousand_papers_hold_the_event_loop_only_shortly(parser, clock):
    longest = 0.0

    async def watch() -> None:
        nonlocal longest
        last = clock.monotonic()
        while True:
            await clock.sleep(0.001)
            longest = max(longest, clock.monotonic() - last)
            last = clock.monotonic()

    await parser.run(readers.say, b"", subject="warm")
    watching = asyncio.create_task(watch())
    page = await parser.run(readers.many, b"2000", subject="x")
    watching.cancel()
    assert len(page.papers) == 2_000
    assert longest < 0.25  # 0.02 on an idle machine


async def test_the_child_sees_nothing_of_ours(parser, monkeypatch):
    monkeypatch.setenv("PIGEON_DISCORD__TOKEN", "secret")
    keep = os.open(os.devnull, os.O_RDONLY)
    os.set_inheritable(keep, True)
    page = await parser.run(readers.look_around, b"", subject="x")
    os.close(keep)
    descriptors, environment = page.problems
    assert "PIGEON" not in environment
    if sys.platform == "linux":
        assert int(descriptors) <= 5  # its three, the one just opened, the one that lists them


@pytest.mark.parametrize(
    ("reader", "word"),
    [
        (readers.recurse, "nested too deeply"),
        (readers.stumble, "KeyError"),
        (readers.hoard, "too much memory"),
    ],
)
async def test_a_reader_that_stumbles_costs_its_answer_and_not_the_child(parser, reader, word):
    with pytest.raises(ListingMalformed, match=word) as caught:
        await parser.run(reader, b"", subject="x")
    assert "secret" not in str(caught.value)
    assert (await parser.run(readers.say, b"next", subject="y")).papers[0].title == "next"


@pytest.mark.parametrize("reader", [readers.die, readers.wait, readers.lie])
async def test_a_killed_child_is_replaced_and_its_listing_quarantined_after_three(reader):
    parser = Parser(wall_seconds=1)
    for _ in range(MOST_KILLS - 1):
        with pytest.raises(ListingMalformed, match="too much to read"):
            await parser.run(reader, b"", subject="hostile")
    with pytest.raises(ListingQuarantined, match="not read any more"):
        await parser.run(reader, b"", subject="hostile")
    with pytest.raises(ListingQuarantined, match="not read any more"):
        await parser.run(readers.say, b"", subject="hostile")
    parser._wall = 60  # a child may take its time to start on a busy machine
    parser.forgive("hostile")
    assert (await parser.run(readers.say, b"fine", subject="hostile")).papers[0].title == "fine"
    assert (await parser.run(readers.say, b"fine", subject="other")).papers[0].title == "fine"
    await parser.aclose()


async def test_only_kills_in_a_row_count():
    parser = Parser(wall_seconds=5)
    for _ in range(MOST_KILLS):
        with pytest.raises(ListingMalformed, match="too much to read"):
            await parser.run(readers.die, b"", subject="unlucky")
        assert (await parser.run(readers.say, b"fine", subject="unlucky")).papers[0].title == "fine"
    await parser.aclose()


@pytest.mark.long
async def test_the_kernel_ends_a_child_that_computes_for_more_than_five_seconds():
    parser = Parser(wall_seconds=30)
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    with pytest.raises(ListingMalformed, match="too much to read"):
        await parser.run(readers.spin, b"", subject="hostile")
    assert 4 < resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before < 9
    await parser.aclose()


async def test_a_cancelled_question_does_not_answer_the_next_one(parser):
    await parser.run(readers.say, b"warm", subject="x")
    question = asyncio.create_task(parser.run(readers.wait, b"", subject="x"))
    for _ in range(20):
        await asyncio.wait([question], timeout=0.01)
    question.cancel()
    with pytest.raises(asyncio.CancelledError):
        await question
    assert (await parser.run(readers.say, b"next", subject="x")).papers[0].title == "next"


async def test_a_machine_without_room_for_a_child_is_no_fault_of_the_listing(parser, monkeypatch):
    monkeypatch.setattr(sys, "executable", "/no/such/python")
    with pytest.raises(ListingUnavailable, match="no parser could be started"):
        await parser.run(readers.say, b"x", subject="x")
    monkeypatch.undo()
    assert (await parser.run(readers.say, b"next", subject="x")).papers[0].title == "next"


async def test_questions_asked_together_are_answered_each_its_own(parser):
    pages = await asyncio.gather(*(parser.run(readers.say, str(n).encode(), subject="x") for n in range(20)))
    assert [page.papers[0].title for page in pages] == [str(n) for n in range(20)]
