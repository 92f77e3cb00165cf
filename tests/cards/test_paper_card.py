"""The paper card: its lines and their order, the excerpt, and that no button is dead."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.cards import Card, Heading, Note, Paragraph, plain
from bot.cards.excerpt import beginning, excerpt
from bot.cards.paper import ABSTRACT, COMMAND, EXCERPT, PaperAction, authors, counts, matched, paper_card
from bot.commands import BY_NAME, parse
from bot.models import CardSize, Paper, Reason, Sighting
from bot.testing.cards import ENORMOUS, EXAMPLE_CARDS, HOSTILE, NOW, PAPER, REASONS, SPARSE, places
from bot.text.cut import boundaries


def lines(card: Card) -> list[str]:
    return [plain(block.spans) for block in card.blocks if isinstance(block, Heading | Note | Paragraph)]


def test_a_compact_card_has_its_fields_in_their_order():
    card = paper_card(PAPER, reasons=REASONS, subscriptions=("Robotics",), now=NOW)
    title, who, text, last = lines(card)
    assert title == "Diffusion Policies that Forget"
    assert card.blocks[0] == Heading((replace(card.blocks[0].spans[0], url=PAPER.url),))
    assert who == "Ada Uthor, Bo Two, Chía Three et al. (+4) · Example Lab · cs.RO · 2 h ago"
    assert len(text) <= EXCERPT
    assert last == (
        "▲ 41 · 💬 6 · ★ 1,210 · also on Hugging Face · matched: diffusion policy (title), robot · «Robotics»"
    )
    assert card.accent == "arxiv"
    assert card.tags == ("cs.RO", "cs.LG")


def test_a_full_card_has_more_of_all():
    card = paper_card(PAPER, size=CardSize.FULL, now=NOW, related=(SPARSE,))
    shown = lines(card)
    assert ", ".join(PAPER.authors) in shown[1]
    assert "cs.RO cs.LG" in shown[1]
    assert shown[2] == PAPER.abstract
    assert shown[3] == PAPER.comment
    assert shown[4] == "Code · Project · Hugging Face"
    assert shown[-1] == f"related: {SPARSE.title}"
    long = paper_card(ENORMOUS, size=CardSize.FULL, now=NOW)
    assert len(lines(long)[2]) <= ABSTRACT
    assert "et al. (+4,985)" in lines(long)[1]


def test_the_date_is_given_as_a_moment_too():
    card = paper_card(PAPER, now=NOW)
    assert [span.at for span in card.blocks[1].spans if span.at] == [PAPER.published]


def test_a_revision_says_so_and_gives_its_own_date():
    revised = replace(PAPER, version=2, updated=datetime(2026, 11, 19, 9, tzinfo=UTC))
    assert lines(paper_card(revised, now=NOW))[1].endswith("1 day ago · v2")
    assert "v1" not in lines(paper_card(replace(PAPER, version=1), now=NOW))[1]


def test_unknown_is_not_nought():
    assert counts(replace(PAPER, upvotes=None, comments=0, stars=None)) == "💬 0"
    assert counts(SPARSE) == ""
    assert lines(paper_card(SPARSE, now=NOW)) == [SPARSE.title]


def test_one_listing_is_not_also_on():
    once = replace(PAPER, sightings=PAPER.sightings[:1] * 2)
    assert "also on" not in "".join(lines(paper_card(once, now=NOW)))
    journal = replace(
        SPARSE, sightings=(Sighting(source="nature"), Sighting(source="biorxiv"), Sighting(source="nature"))
    )
    assert lines(paper_card(journal, now=NOW))[-1] == "also on bioRxiv"


def test_authors():
    assert authors(SPARSE) == ""
    assert authors(replace(SPARSE, authors=("A", "B", "C"))) == "A, B, C"
    assert authors(replace(SPARSE, authors=("A", "B", "C", "D"))) == "A, B, C et al. (+1)"


def test_what_matched_is_named_once():
    def reason(term: str, field: str) -> Reason:
        return Reason(term=term, field=field, text="x")

    assert (
        matched([reason("robot", "abstract"), reason("robot", "title"), reason("robot", "abstract")])
        == "robot (title)"
    )
    assert (
        matched([reason("title:world", "title"), reason("cat:cs.RO", "category")])
        == "world (title), cat:cs.RO"
    )
    assert (
        matched([reason(f"t{number}", "abstract") for number in range(7)]) == "t0, t1, t2, t3, t4 and 2 more"
    )


# --- actions ----------------------------------------------------------------------------------


def test_only_what_was_asked_for_is_offered():
    def offered(*actions: str) -> list[str]:
        return [
            action.label for action in paper_card(PAPER, now=NOW, actions=actions, discuss_count=3).actions
        ]

    assert offered() == []
    assert offered("abstract") == ["Abstract"]
    assert offered("discuss", "links") == ["Discuss (3)", "arXiv", "PDF", "Code", "Project", "Hugging Face"]
    assert offered(*PaperAction)[:5] == ["Abstract", "Discuss (3)", "Save", "arXiv", "PDF"]
    assert [action.label for action in paper_card(PAPER, now=NOW).actions[:3]] == ["Abstract", "arXiv", "PDF"]


def test_what_is_behind_the_dots_comes_last():
    more = [action.more for action in paper_card(PAPER, now=NOW, actions=PaperAction).actions]
    assert more == sorted(more)


@pytest.mark.parametrize("name", EXAMPLE_CARDS)
def test_buttons_are_commands_or_links_never_both_and_fit(name):
    card = EXAMPLE_CARDS[name]
    for action in card.actions:
        assert (action.command is None) != (action.url is None)
        assert len(action.command or "") <= COMMAND


def test_buttons_can_be_typed():
    for paper in (PAPER, SPARSE, HOSTILE):
        for action in paper_card(paper, now=NOW, actions=PaperAction).actions:
            if action.command and action.command.split()[0] in BY_NAME:
                assert parse(action.command).get("paper") == paper.short_id


@pytest.mark.parametrize("rest", ["10.1101/" + "x" * 90, "with space", 'with"quote', "mit-ümlaut"])
def test_an_id_that_cannot_be_typed_gets_no_button(rest):
    assert not paper_card(replace(SPARSE, id=f"doi:{rest}"), now=NOW, actions=PaperAction).actions


# --- the excerpt ------------------------------------------------------------------------------

WORD = "diffusion"
LONG = (
    "Nothing to see here, it goes on. " * 20 + "We use diffusion for robots. " + "More text follows it. " * 20
)
AT = LONG.index(WORD)


def test_a_long_abstract_is_cut_around_what_matched():
    found = excerpt(LONG, [Reason(term=WORD, field="abstract", spans=((AT, AT + len(WORD)),))], limit=EXCERPT)
    shown = plain(found)
    assert shown.startswith("…")
    assert shown.endswith("…")
    assert [span.text for span in found if span.bold] == [WORD]
    assert len(shown) <= EXCERPT
    assert all(word in LONG.split() for word in shown.strip("…").split())


def test_no_comma_stands_before_the_dots():
    text = "We use diffusion, and" + ", then" * 100
    found = excerpt(text, [Reason(term="use", field="abstract", spans=places(text, "use"))], limit=40)
    assert plain(found) == "We use diffusion, and, then, then…"


def test_an_excerpt_that_ends_with_a_sentence_has_no_four_dots() -> None:
    assert plain(excerpt("One is here. Two follows it.", [], limit=14)) == "One is here…"


def test_up_to_three_terms_each_have_a_fragment():
    text = " filler text".join(
        f" {word} " + "and so on for quite some time " * 12 for word in ("one", "two", "three", "four")
    )
    reasons = [
        Reason(term=word, field="abstract", spans=places(text, word))
        for word in ("one", "two", "three", "four")
    ]
    found = excerpt(text, reasons, limit=EXCERPT)
    assert [span.text for span in found if span.bold] == ["one", "two", "three"]
    assert plain(found).count(" … ") == 2
    assert len(plain(found)) <= EXCERPT


def test_without_a_place_it_is_the_beginning():
    assert plain(excerpt(LONG, [], limit=60)) == "Nothing to see here, it goes on. Nothing to see here, it…"
    assert plain(excerpt(LONG, [Reason(term="x", field="title", spans=((0, 3),))], limit=60)).endswith("it…")


def test_places_that_cannot_be_are_passed_over():
    wrong = Reason(term="x", field="abstract", spans=((-1, 4), (5, 5), (3, 10_000)))
    assert not [span for span in excerpt("short text", [wrong], limit=60) if span.bold]


def test_a_place_within_an_emoji_is_widened():
    text = "a 👩‍🔬 b"
    found = excerpt(text, [Reason(term="x", field="abstract", spans=((3, 4),))], limit=60)
    assert [span.text for span in found if span.bold] == ["👩‍🔬"]


PIECES = st.sampled_from(
    ["word ", "diffusion ", "👩‍🔬", "漢字", "e\u0301", ". ", "🇫🇷🇩🇪", "longwordwithoutend" * 3, " "]
)


@given(
    st.lists(PIECES, max_size=120).map("".join),
    st.lists(st.tuples(st.integers(0, 900), st.integers(1, 300)), max_size=6),
    st.sampled_from([20, 60, EXCERPT]),
)
@settings(max_examples=400)
def test_an_excerpt_fits_and_splits_no_character(text, hits, limit):
    reasons = [
        Reason(term=str(start), field="abstract", spans=((start, start + size),)) for start, size in hits
    ]
    edges = boundaries(text)
    for found in (excerpt(text, reasons, limit=limit), beginning(text, reasons, limit=limit)):
        shown = plain(found)
        assert len(shown) <= limit
        assert all(span.text for span in found)
        at = 0
        for piece in (piece for piece in shown.split("…") if piece.strip()):
            core = piece if piece in text[at:] else piece.strip()
            at = text.index(core, at)
            assert edges is None or {at, at + len(core)} <= edges
            at += len(core)
        if len(text) <= limit:
            assert shown == text


@given(
    st.builds(
        Paper,
        id=st.just("arxiv:2511.00001"),
        title=st.text(min_size=1, max_size=3_000),
        abstract=st.text(max_size=2_000),
        authors=st.lists(st.text(max_size=30), max_size=500).map(tuple),
        categories=st.lists(st.text(max_size=10), max_size=5).map(tuple),
        organization=st.none() | st.text(max_size=300),
        upvotes=st.none() | st.integers(0, 10**9),
        url=st.just("https://arxiv.org/abs/2511.00001"),
    ),
    st.sampled_from(CardSize),
)
@settings(max_examples=60, deadline=None)
def test_any_paper_has_a_card_that_keeps_title_and_link(paper, size):
    card = paper_card(paper, size=size, now=NOW)
    assert card.title == paper.title
    assert card.blocks[0].spans[0].url == paper.url
    assert paper.url in card.fallback
