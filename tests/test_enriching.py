"""Enrichers work beside everything else: bounded, for papers that people saw, and never in the way."""

from collections import deque
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from bot.cards import plain
from bot.enriching import REQUESTS, Enriching
from bot.errors import ListingBusy, ListingError, ListingUnavailable
from bot.merging import enriched
from bot.models import CardSize, Link, Paper
from bot.ports import Enricher
from tests.core import Core, paper


class Counting:
    """Knows how often a paper is cited."""

    name = "counting"
    at_once = 2
    per_day = 5

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.citations = 3
        self.faults: deque[ListingError] = deque()

    def knows(self, paper: Paper) -> bool:
        return paper.id.startswith("arxiv:")

    async def enrich(self, papers: Sequence[Paper]) -> Sequence[Paper]:
        if self.faults:
            raise self.faults.popleft()
        self.asked += [one.id for one in papers]
        return [
            Paper(id=one.id, title="other", citations=self.citations, citations_by="openalex", upvotes=None)
            for one in papers
        ]


def enriching(core: Core, enricher: Enricher) -> Enriching:
    return Enriching(enricher, core.store, core.clock, worker="w1")


async def test_only_papers_that_matched_or_were_looked_at_are_asked_about(core):
    await core.subscribe("title:doors")
    await core.bring(paper(1, "Opening doors"), paper(2, "Something else"), paper(3, "A third"))
    counting = Counting()
    await enriching(core, counting).once()
    assert counting.asked == ["arxiv:2601.00001"]
    await core.say("paper 2601.00003")
    await core.clock.advance(timedelta(minutes=1))
    await enriching(core, counting).once()
    assert counting.asked == ["arxiv:2601.00001", "arxiv:2601.00003"]


async def test_what_is_found_is_shown_on_the_full_card_and_nothing_else_changes(core):
    await core.bring(paper(1, "Opening doors"))
    before = await core.say("paper 2601.00001")
    assert "citation" not in str(before.card)
    await enriching(core, Counting()).once()
    held = await core.store.papers.get("arxiv:2601.00001")
    assert held is not None
    assert (held.title, held.citations) == ("Opening doors", 3)
    reply = await core.say("paper 2601.00001")
    assert any("3 citations (OpenAlex)" in plain(getattr(one, "spans", ())) for one in reply.card.blocks)
    await core.settle()
    assert core.adapter.posted == [], "a count of citations is no news"


async def test_it_is_asked_again_while_the_paper_is_young_and_shown(core):
    await core.bring(paper(1))
    await core.say("paper 2601.00001")
    counting = Counting()
    work = enriching(core, counting)
    asked_after = []
    for hour in range(24 * 30):
        before = len(counting.asked)
        await work.once()
        if hour % 24 == 0:
            await core.store.shown.forget_old(core.clock.now())
        if len(counting.asked) > before:
            asked_after.append(hour // 24)
        await core.clock.advance(timedelta(hours=1))
    assert asked_after == [0, 1, 2, 3, 6, 9, 12, 15], "and no more once nobody looks at it"


async def test_the_requests_of_a_day_are_bounded_over_restarts(core):
    await core.bring(*[paper(number) for number in range(1, 31)])
    await core.store.shown.note([f"arxiv:2601.{number:05}" for number in range(1, 31)], core.clock.now())
    counting = Counting()
    for _ in range(3):
        await enriching(core, counting).once()
    assert len(counting.asked) == counting.per_day * counting.at_once < REQUESTS * counting.at_once
    await core.clock.advance(timedelta(days=1))
    await enriching(core, counting).once()
    assert len(counting.asked) == 2 * counting.per_day * counting.at_once


async def test_a_failure_waits_and_loses_nothing(core):
    await core.bring(paper(1))
    await core.say("paper 2601.00001")
    counting = Counting()
    counting.faults.extend(
        [ListingUnavailable("down"), ListingUnavailable("down"), ListingBusy("busy", after=3_600)]
    )
    work = enriching(core, counting)
    waits = [await work.once() for _ in range(4)]
    assert [wait.total_seconds() for wait in waits] == [120, 240, 3_600, 60]
    assert counting.asked == ["arxiv:2601.00001"]


async def test_code_that_turns_up_brings_the_paper_to_who_waited_for_it(core):
    await core.subscribe("has:code")
    await core.bring(paper(1))
    await core.say("paper 2601.00001")

    class Code(Counting):
        async def enrich(self, papers: Sequence[Paper]) -> Sequence[Paper]:
            return [Paper(id=one.id, title="x", code_url="https://github.com/lab/doors") for one in papers]

    await enriching(core, Code()).once()
    await core.settle()
    assert len(core.adapter.posted) == 1


async def test_a_poll_that_was_quicker_is_kept(core):
    await core.bring(paper(1, upvotes=1))
    await core.say("paper 2601.00001")

    class Slow(Counting):
        async def enrich(self, papers: Sequence[Paper]) -> Sequence[Paper]:
            await core.bring(paper(1, upvotes=9))
            return await super().enrich(papers)

    await enriching(core, Slow()).once()
    held = await core.store.papers.get("arxiv:2601.00001")
    assert held is not None
    assert (held.upvotes, held.citations) == (9, 3)


def test_the_larger_count_is_shown_until_its_own_source_lowers_it():
    held = paper(1, citations=5, citations_by="semanticscholar")
    lower = paper(1, citations=2, citations_by="openalex")
    assert enriched(held, lower).citations == 5
    assert enriched(held, replace(lower, citations_by="semanticscholar")).citations == 2
    assert enriched(held, replace(lower, citations=9)).citations_by == "openalex"
    assert enriched(paper(1), replace(lower, citations=0)).citations == 0


def test_an_open_pdf_fills_a_gap_and_replaces_nothing():
    found = paper(1, pdf_url="https://x.org/a.pdf")
    assert enriched(paper(1), found).pdf_url == "https://x.org/a.pdf"
    assert enriched(paper(1, pdf_url="https://arxiv.org/pdf/1"), found).pdf_url == "https://arxiv.org/pdf/1"


def test_what_is_on_the_hub_stands_on_the_full_card_and_unknown_nowhere(clock):
    from bot.cards.paper import paper_card

    linked = (Link(kind="model", name="lab/m", url="https://huggingface.co/lab/m"),)
    full = paper_card(paper(1, models=3, spaces=0, linked=linked), size=CardSize.FULL, now=clock.now())
    said = [plain(getattr(one, "spans", ())) for one in full.blocks]
    assert "3 models: lab/m" in said
    bare = paper_card(paper(1), size=CardSize.FULL, now=clock.now())
    assert not any(word in str(bare.blocks) for word in ("citation", "0 model", "Space"))
