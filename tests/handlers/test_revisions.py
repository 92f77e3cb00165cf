"""Revisions of papers that no listing announced to us: for those who ask for revisions, and for nobody else."""

from datetime import date

import pytest

from bot.models import Announce, Paper, Sighting
from tests.core import Core, paper, words


def seen(source: str, announce: Announce) -> Sighting:
    return Sighting(source=source, announce=announce, day=date(2026, 1, 6))


def revision(number: int, announce: Announce = Announce.REPLACE) -> Paper:
    return paper(number, version=3, sightings=(seen("arxiv", announce),))


@pytest.mark.parametrize("announce", [Announce.REPLACE, Announce.REPLACE_CROSS])
async def test_a_paper_of_years_ago_is_no_news_because_it_was_revised(core: Core, announce: Announce) -> None:
    await core.subscribe("robot")
    await core.subscribe("cat:cs.RO upvotes>=0")
    await core.bring(revision(1, announce))
    assert not core.adapter.posted


@pytest.mark.parametrize(
    "query",
    [
        "robot new-version:yes",
        "robot announce:replace",
        "robot -announce:cross",
        "robot (new-version:yes OR new-version:no)",
    ],
)
async def test_who_asks_for_revisions_gets_them(core: Core, query: str) -> None:
    await core.subscribe(query)
    await core.bring(revision(1))
    assert len(core.adapter.posted) == 1


async def test_a_cross_list_is_new_to_its_readers(core: Core) -> None:
    await core.subscribe("robot")
    await core.bring(paper(1, version=2, sightings=(seen("arxiv", Announce.CROSS),)))
    assert len(core.adapter.posted) == 1


async def test_another_listing_makes_it_news_after_all(core: Core) -> None:
    await core.subscribe("robot")
    await core.bring(revision(1))
    await core.bring(paper(1, sightings=(seen("huggingface", Announce.NEW),)))
    assert len(core.adapter.posted) == 1


async def test_preview_counts_what_a_subscription_would_bring_and_search_finds_all(core: Core) -> None:
    await core.bring(paper(1), revision(2))
    assert "1 of 1 paper" in words(await core.say("preview robot"))
    assert "1 of 2 papers" in words(await core.say("preview robot new-version:yes"))
    assert "2 of 2 papers" in words(await core.say("search robot"))


async def test_explain_says_why_it_did_not_come_and_what_would_bring_it(core: Core) -> None:
    await core.subscribe("robot")
    await core.bring(revision(1))
    said = words(await core.say("explain 2601.00001"))
    assert "✗ Only a revision of it was announced" in said
    assert "new-version:yes" in said
    await core.bring(paper(1, sightings=(seen("huggingface", Announce.NEW),)))
    assert "Only a revision" not in words(await core.say("explain 2601.00001"))
