"""One paper is one paper: ids, DOIs, versions and titles reconcile what several listings show."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from bot.cards import plain
from bot.cards.paper import paper_card
from bot.identity import may_be_one, other_ids, share_an_author, title_mark
from bot.merging import merged
from bot.models import CardSize, Paper, Sighting
from bot.poller import Poller
from bot.testing.source import ListSource
from tests.core import Core, paper

TITLE = "Diffusion policies for opening doors with two arms"


def preprint(**fields: object) -> Paper:
    values: dict[str, object] = {"title": TITLE, "authors": ("Ana Sól", "Bo Li")}
    return paper(1, **(values | fields))


def journal(**fields: object) -> Paper:
    values: dict[str, object] = {
        "id": "doi:10.1038/s1-2",
        "title": TITLE,
        "abstract": "",
        "authors": ("A. Sol", "B. Li"),
        "categories": (),
        "doi": "10.1038/s1-2",
        "journal_ref": "Nature Robotics",
        "url": "https://doi.org/10.1038/s1-2",
        "sightings": (Sighting(source="crossref", day=date(2026, 3, 2), url="https://doi.org/10.1038/s1-2"),),
    }
    return paper(2, **(values | fields))


async def another(core: Core, name: str, *papers: Paper) -> None:
    """Another listing brings papers, not for the first time."""
    source = ListSource(name, [[], papers])
    poller = Poller(source, core.store, core.clock, every=timedelta(minutes=10), worker="w1")
    await poller.once()
    await poller.once()
    await core.settle()


async def test_a_preprint_and_its_journal_version_are_one_card_and_one_paper_with_a_history(core):
    await core.subscribe("diffusion")
    await core.bring(preprint())
    await another(core, "crossref", journal())
    assert len(core.adapter.posted) == 1
    held = await core.store.papers.get("arxiv:2601.00001")
    assert held is not None
    assert (held.doi, held.journal_ref) == ("10.1038/s1-2", "Nature Robotics")
    assert (held.abstract, held.categories, held.url) == (preprint().abstract, ("cs.RO",), preprint().url)
    assert [one.source for one in held.sightings] == ["arxiv", "crossref"]
    assert await core.store.papers.get("doi:10.1038/s1-2") is None
    reply = await core.say("paper https://doi.org/10.1038/s1-2")
    said = "\n".join(plain(getattr(block, "spans", ())) for block in reply.card.blocks)
    assert "history: arXiv 5 Jan 2026 · Crossref 2 Mar 2026" in said
    assert "Nature Robotics" in said
    assert "also on Crossref" in said


async def test_it_is_the_same_the_other_way_round_and_arxiv_has_the_word(core):
    await core.subscribe("diffusion")
    await another(core, "crossref", journal())
    await core.bring(preprint())
    await another(core, "crossref", journal(title=TITLE.upper()))
    assert len(core.adapter.posted) == 1
    held = await core.store.papers.get("doi:10.1038/s1-2")
    assert held is not None
    assert (held.title, held.categories, held.url) == (TITLE, ("cs.RO",), preprint().url)
    assert "Diffusion" in plain((await core.say("paper 2601.00001")).card.blocks[0].spans)


async def test_a_doi_that_the_preprint_names_suffices_whatever_the_titles(core):
    await core.bring(preprint(doi="10.1038/s1-2"))
    await another(core, "crossref", journal(title="Opening doors", authors=("Somebody Else",)))
    held = await core.store.papers.get("arxiv:2601.00001")
    assert held is not None
    assert {one.source for one in held.sightings} == {"arxiv", "crossref"}


async def test_two_papers_of_one_registry_stay_two_though_they_share_title_and_doi(core):
    await core.subscribe("diffusion")
    await core.bring(preprint(doi="10.1038/s1-2"))
    second = replace(preprint(doi="10.1038/s1-2"), id="arxiv:2601.00009")
    await core.bring(second)
    assert len(core.adapter.posted) == 2
    assert await core.store.papers.get("arxiv:2601.00009") is not None


@pytest.mark.parametrize(
    "other",
    [
        journal(authors=("Somebody Else",)),
        journal(authors=()),
        journal(title="Correction: " + TITLE),
        journal(title=TITLE + ", again"),
    ],
)
async def test_a_title_alone_or_another_title_makes_nothing_one(core, other):
    await core.bring(preprint())
    await another(core, "crossref", other)
    assert await core.store.papers.get(other.id) is not None


async def test_a_crash_before_the_papers_are_stored_makes_no_second_paper(core):
    await core.store.papers.names.as_known([preprint()])  # and then the process dies
    await core.bring(preprint())
    await another(core, "crossref", journal())
    assert await core.store.papers.get("doi:10.1038/s1-2") is None


async def test_a_paper_known_under_two_ids_before_keeps_both(core):
    await core.bring(preprint())
    await another(core, "crossref", journal(title="Another title of four words", authors=("X",)))
    await core.bring(preprint(doi="10.1038/s1-2"))
    assert await core.store.papers.names.canonical("doi:10.1038/s1-2") == "doi:10.1038/s1-2"


def test_what_names_a_title():
    assert title_mark(preprint()) == title_mark(preprint(title=f" {TITLE.title()}. "))
    assert title_mark(paper(1, "Editorial")) is None
    assert title_mark(paper(1, "Response to Sol and others on doors")) is None
    assert share_an_author(preprint(), journal())
    assert not share_an_author(preprint(), journal(authors=("Carl X",)))


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("arxiv:2601.00001", "doi:10.1038/1", True),
        ("doi:10.1101/2026.01.01", "doi:10.1038/1", True),
        ("doi:10.1038/1", "doi:10.1126/1", False),
        ("doi:10.1101/1", "doi:10.64898/1", False),
        ("arxiv:2601.00001", "arxiv:2601.00002", False),
        ("openreview:abcdefgh", "arxiv:2601.00002", True),
    ],
)
def test_what_may_be_one(one, other, expected):
    assert may_be_one(one, other) is expected is may_be_one(other, one)


def test_a_link_to_the_journal_is_another_id():
    found = Paper(id="doi:10.1101/1", title="T", doi="10.1101/1", journal_ref="https://doi.org/10.1038/X")
    assert other_ids(found) == ("doi:10.1038/x",)


def test_what_two_listings_call_a_paper_does_not_go_to_and_fro(clock):
    held = merged(None, preprint(), source="arxiv", now=clock.now())
    for _ in range(2):
        after = merged(
            held, replace(journal(), id=held.id, keywords=("doors",)), source="crossref", now=clock.now()
        )
        assert (after.title, after.url, after.categories) == (held.title, held.url, held.categories)
        again = merged(after, preprint(), source="arxiv", now=clock.now())
        assert again == after
        held = again


def test_a_compact_card_has_no_history(clock):
    both = preprint(sightings=(*preprint().sightings, *journal().sightings))
    for size, shown in ((CardSize.COMPACT, False), (CardSize.FULL, True)):
        card = paper_card(both, size=size, now=clock.now())
        assert ("history" in "".join(plain(getattr(one, "spans", ())) for one in card.blocks)) is shown
