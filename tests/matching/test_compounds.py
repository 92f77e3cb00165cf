"""Words that belong together: two or one, in the filter and in the paper."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.matching import Index
from bot.matching.heads import Heads
from bot.matching.vocabulary import bucket
from bot.query import Document, evaluate, parse
from bot.text.words import compound_stems, stem
from tests.query.papers import paper

LETTERS = st.text("abs", min_size=1, max_size=4)


@pytest.mark.parametrize(
    ("written", "title", "matches"),
    [
        ("fine-tuning", "Fine tuning of policies", True),
        ("fine-tuning", "Finetuned policies", True),
        ("finetuning", "Fine-tuned policies", True),
        ("finetuning", "Fine policies, tuning", False),
        ("large-world-models", "A large worldmodel", True),
        ("finetuning-world-models", "Fine-tuning worldmodels", True),
        ("fine tuning", "We finetune", True),
        ("world-mod*", "Worldmodels", True),
        ("worldmod*", "World models", True),
        ('"fine tuning"', "Finetuning", False),
    ],
)
def test_two_words_are_one(written: str, title: str, matches: bool) -> None:
    query, document, index = parse(written), Document.of(paper(title=title)), Index(parse)
    index.put("a", query)
    assert evaluate(query, document).matched is matches
    assert ("a" in index.match(document)) is matches


@given(LETTERS, LETTERS)
def test_of_a_compound_the_first_word_and_two_letters_stay(left: str, right: str) -> None:
    (found,) = compound_stems([(left, right)])
    assert found.startswith(left + right[:2])
    assert found in {left + right, stem(left + right)}


@given(st.lists(st.tuples(LETTERS, st.booleans()), max_size=30), LETTERS)
def test_how_typed_words_go_on_is_known(changes: list[tuple[str, bool]], word: str) -> None:
    heads, typed = Heads(), set[str]()
    for one, asks in changes:
        if one in typed:
            typed.remove(one)
            heads.drop(one)
        else:
            typed.add(one)
            heads.put(one)
        if asks:
            heads.go_on(one)
    rests = {one[len(word) :] for one in typed if one.startswith(word)} - {""}
    assert heads.go_on(word) == sum({1 << bucket(rest[:2]) for rest in rests})


@pytest.mark.parametrize(
    "written",
    [
        "policies",
        "fine-tuning",
        "finetuning",
        "world-models",
        "worldmodels",
        '"policies"',
        "title:policy",
        "worldmod*",
    ],
)
def test_a_filter_that_comes_after_its_words_were_met_finds_them(written: str) -> None:
    documents = [
        Document.of(paper(title=title))
        for title in ("Finetuned policies of a worldmodel", "Fine-tuning policies, world models", "Robots")
    ]
    index, query = Index(parse), parse(written)
    index.put("other", parse('zebra OR title:zebra OR "zebra"'))
    for _ in range(2):
        assert not any("a" in found for found in index.match_all([(one, None) for one in documents]))
        index.put("a", query)
        for one in documents:
            assert ("a" in index.match(one)) is evaluate(query, one).matched
        index.drop("a")
        index.put("b", parse('zyzzyva OR title:zyzzyva OR "zyzzyva"'))  # where that one was
        assert not any("b" in found for found in index.match_all([(one, None) for one in documents]))
        index.drop("b")
