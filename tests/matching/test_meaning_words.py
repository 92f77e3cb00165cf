"""Meaning without a model: words and how rare they are."""

import math
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.matching.meaning import Examples, Recent, of_text, similarity
from bot.matching.meaning.recent import FLOOR_WORDS, NEW_WORDS, Cut
from bot.query import Like, parse

START = datetime(2026, 11, 1, tzinfo=UTC)
TEXTS = [
    (
        "Diffusion policies for robot arms",
        "We learn visuomotor control of manipulators by denoising actions.",
    ),
    ("World models for planning agents", "An agent plans in the latent space of a learned world model."),
    ("Planning with language agents", "Agents that plan ahead with a model of the world solve long tasks."),
    ("Galaxy rotation curves", "We fit dark matter halos to the rotation of nearby galaxies."),
    ("Protein folding with transformers", "A transformer predicts structures of proteins from sequences."),
]


def recent(count: int = len(TEXTS), *, days: int = 7) -> Recent:
    held = Recent()
    for at in range(count):
        title, text = TEXTS[at % len(TEXTS)]
        held.put(f"p{at}", of_text(text, title=title), START + timedelta(days=days * at / max(1, count - 1)))
    return held


class TestWords:
    def test_texts_on_one_thing_are_nearer_than_strangers(self):
        asked = of_text("agents that plan with world models")
        scores = [similarity(asked, of_text(text, title=title)) for title, text in TEXTS]
        assert sorted(range(5), key=lambda at: -scores[at])[:2] in ([1, 2], [2, 1])
        assert scores[3] == 0

    @given(st.text(max_size=200), st.text(max_size=200))
    @settings(max_examples=60, deadline=None)
    def test_it_is_symmetric_and_between_nothing_and_the_same(self, left, right):
        a, b = of_text(left), of_text(right)
        assert similarity(a, b) == pytest.approx(similarity(b, a))
        assert -1e-9 <= similarity(a, b) <= 1 + 1e-9
        if a.words:
            assert similarity(a, a) == pytest.approx(1)

    def test_a_rare_word_says_more_than_a_common_one(self):
        asked = of_text("network photogrammetry")
        assert similarity(asked, of_text("photogrammetry")) > 1.5 * similarity(asked, of_text("network"))

    def test_the_title_counts_more(self):
        text = "a study of many other different things"
        assert similarity(of_text("galaxies"), of_text(text, title="galaxies")) > similarity(
            of_text("galaxies"), of_text(text + " galaxies")
        )

    def test_a_huge_text_is_bounded(self):
        assert math.isfinite(similarity(of_text("word " * 200_000), of_text("word")))


class TestRate:
    @pytest.mark.parametrize("rate", [1, 5, 20])
    def test_the_cut_lets_about_that_many_a_week_through(self, rate):
        held = Recent()
        words = ["agent", "plan", "world", "model", "learn", "control", "robot", "policy", "task", "reward"]
        asked = of_text(" ".join(words))
        papers = {}
        for at in range(400):  # four weeks of a hundred papers, each with another share of the words
            filler = " ".join(f"filler{at}x{n}" for n in range(1 + at % 97))
            papers[f"p{at}"] = of_text(" ".join(words[: 1 + at * 7 % 10]) + " " + filler)
            held.put(f"p{at}", papers[f"p{at}"], START + timedelta(days=28 * at / 399))
        cut = held.cut(asked, rate)
        through = sum(similarity(asked, one) >= cut.words for one in papers.values())
        assert abs(through - 4 * rate) <= 1

    def test_strangers_are_never_near_however_high_the_rate(self):
        assert recent().cut(of_text("sourdough bread baking"), 500).words == FLOOR_WORDS

    def test_before_the_first_paper_a_cut_stands_in(self):
        assert Recent().cut(of_text("agents"), 5).words == NEW_WORDS

    def test_a_longer_time_keeps_the_rate(self):
        asked = of_text("agents that plan with world models")
        week, month = recent(40, days=7), recent(40, days=28)
        assert week.cut(asked, 2).words >= month.cut(asked, 2).words

    def test_the_examples_themselves_set_no_cut(self):
        held = recent()
        paper = of_text(TEXTS[1][1], title=TEXTS[1][0])
        assert held.cut(paper, 1).words > held.cut(paper, 1, without={"p1"}).words


class TestNearest:
    def test_the_nearest_come_first_and_strangers_not_at_all(self):
        held = recent()
        found = held.nearest(of_text("planning agents and world models"), 5)
        assert [one for one, _ in found][:2] in (["p1", "p2"], ["p2", "p1"])
        assert "p3" not in dict(found)
        assert held.nearest(of_text("sourdough"), 5) == []

    def test_the_paper_itself_is_left_out(self):
        held = recent()
        found = held.nearest(of_text(TEXTS[1][1], title=TEXTS[1][0]), 3, without={"p1"})
        assert "p1" not in dict(found)
        assert found[0][0] == "p2"

    def test_it_says_when_it_has_grown_too_large(self):
        held = Recent(kept=4)
        for at in range(5):
            assert not held.full
            held.put(f"p{at}", of_text("word"), START)
        assert held.full

    def test_a_paper_is_held_once(self):
        held = recent()
        held.put("p1", of_text("other words"), START)
        assert len(held) == 5


class TestExamples:
    def test_near_agrees_with_similarity_after_any_changes(self):
        held: Examples[str] = Examples()
        asked = {f"e{at}": of_text(title) for at, (title, _) in enumerate(TEXTS)}
        for key, meaning in asked.items():
            held.put(key, meaning, Cut(0.05, 0.05))
        held.drop("e0")
        held.put("e1", asked["e4"], Cut(0.05, 0.05))
        held.put("again", asked["e0"], Cut(0.05, 0.05))
        now = {
            "e1": asked["e4"],
            "e2": asked["e2"],
            "e3": asked["e3"],
            "e4": asked["e4"],
            "again": asked["e0"],
        }
        for title, text in TEXTS:
            paper = of_text(text, title=title)
            wanted = {key: 3 * s for key, one in now.items() if (s := similarity(one, paper)) >= 0.05}
            assert held.near(paper) == pytest.approx(wanted)

    def test_the_cut_decides(self):
        held: Examples[str] = Examples()
        held.put("loose", of_text("planning agents"), Cut(0.01, 0.01))
        held.put("tight", of_text("planning agents"), Cut(0.99, 0.99))
        assert set(held.near(of_text(TEXTS[2][1], title=TEXTS[2][0]))) == {"loose"}


class TestRateInTheLanguage:
    @pytest.mark.parametrize(
        ("typed", "normal"),
        [
            ('like:"agents that plan"~12', 'like:"agents that plan"~12'),
            ("like:2401.01234~12", "like:2401.01234~12"),
            ('like:"agents that plan"~5', 'like:"agents that plan"'),
            ('like:"agents that plan"', 'like:"agents that plan"'),
            ('like: "a b c"~7 cat:cs.RO', 'like:"a b c"~7 cat:cs.RO'),
        ],
    )
    def test_a_rate_is_read_and_written(self, typed, normal):
        query = parse(typed)
        assert query.normal == normal
        assert parse(normal) == query

    @pytest.mark.parametrize(
        "typed", ['like:"agents"~0', 'like:"agents"~x', 'like:"agents"~9999', "like:agents~"]
    )
    def test_an_impossible_rate_is_refused_with_a_sentence(self, typed):
        from bot.errors import QueryError

        with pytest.raises(QueryError, match="how many papers a week"):
            parse(typed)

    def test_rates_tell_examples_apart(self):
        assert parse('like:"a b"').root == Like("a b", 5)
        assert parse('like:"a b"~6') != parse('like:"a b"')
