"""What a channel wants more of, from few labels."""

import pytest

from bot.matching.meaning import Label, Profile, of_text
from bot.matching.meaning.profile import centre

ROBOTS = ["robot arms grasp objects", "grasping objects with a robot hand", "a robot learns to grasp tools"]
STARS = ["spectra of young stars", "dust around young stars", "stars in nearby clusters"]


def label(text: str, value: int) -> Label:
    return Label(text, of_text(text), value, title=text)


def test_it_is_silent_below_three_labels_and_without_a_liked_one():
    assert not Profile([]).speaks
    assert not Profile([label(ROBOTS[0], 1), label(STARS[0], -1)]).speaks
    assert not Profile([label(text, -1) for text in STARS]).speaks
    assert Profile([label(ROBOTS[0], 1), label(ROBOTS[1], 1), label(STARS[0], -1)]).speaks


def test_what_is_like_the_liked_comes_first_and_like_the_unliked_last():
    profile = Profile([label(ROBOTS[0], 1), label(ROBOTS[1], 1), label(STARS[0], -1)])
    near, strange, against = (
        profile.score(of_text(text)) for text in (ROBOTS[2], "protein structures", STARS[1])
    )
    assert near > strange > against


def test_people_who_disagree_cancel_out():
    profile = Profile([label(ROBOTS[0], 0), label(STARS[0], 1)])
    assert profile.score(of_text(ROBOTS[1])) == 0


def test_what_was_asked_for_still_counts():
    labels = [label(ROBOTS[0], 1)] * 3
    without, with_text = Profile(labels), Profile(labels, of_text("young stars"))
    assert without.score(of_text(STARS[1])) == 0
    assert with_text.score(of_text(STARS[1])) > 0
    assert with_text.score(of_text(ROBOTS[1])) > with_text.score(of_text(STARS[1]))


def test_it_refuses_only_what_is_nearer_to_the_unliked():
    profile = Profile([*(label(text, 1) for text in ROBOTS), label(STARS[0], -1)])
    assert profile.refuses(of_text(STARS[1]))
    assert not profile.refuses(of_text(ROBOTS[1]))
    assert not profile.refuses(of_text("protein structures"))
    assert not Profile([label(text, 1) for text in ROBOTS]).refuses(of_text(STARS[0]))


def test_it_shows_the_words_and_papers_that_weigh_most_with_their_signs():
    profile = Profile([*(label(text, 1) for text in ROBOTS), label(STARS[0], -1)])
    words = {one.text: one.share for one in profile.words(20)}
    assert words["grasp"] > 0 > words["star"]
    shares = [abs(one.share) for one in profile.words(20)]
    assert shares == sorted(shares, reverse=True)
    papers = profile.papers(of_text("robot hands grasp"), 4)
    assert papers[0].text in ROBOTS
    assert all(one.share <= 0 for one in papers if one.text == STARS[0])


def test_the_shared_words_add_up_to_the_score():
    profile = Profile([*(label(text, 1) for text in ROBOTS), label(STARS[0], -1)])
    paper = of_text("a robot between the stars")
    assert sum(one.share for one in profile.shared_words(paper, 99)) == pytest.approx(profile.score(paper))


def test_several_examples_become_one():
    one, other = of_text(ROBOTS[0]), of_text(STARS[0])
    both = centre([one, other])
    assert set(both.words) == {*one.words, *other.words}
    assert sum(weight**2 for weight in both.words.values()) == pytest.approx(1)
