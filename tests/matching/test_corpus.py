"""What a filter finds among many papers is what evaluating each of them finds."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.matching.corpus import Corpus
from bot.matching.letters import Shelf
from bot.models import Paper
from bot.query import Document, Like, Node, Query, evaluate, parse, printed
from tests.matching.queries import Draw
from tests.query.papers import paper
from tests.query.test_query_laws import NODES, PAPERS

Read = Callable[[int], list[Paper]]


def found(corpus: Corpus, query: Query) -> set[str]:
    find = corpus.finder(query)
    return {
        kept.paper.id
        for shelf in corpus.shelves
        for at in find(shelf, [at for at, kept in enumerate(shelf.kept) if kept])
        if (kept := shelf.kept[at])
    }


def differences(papers: list[Paper], queries: list[Query]) -> tuple[int, list[str]]:
    documents = [Document.of(one) for one in papers]
    corpus = Corpus()
    for document in documents:
        corpus.put(document)
    wrong, passed = [], 0
    for query in queries:
        expected = {one.paper.id for one in documents if evaluate(query, one).matched}
        passed += len(expected)
        wrong += [f"{one}: {query.normal}" for one in found(corpus, query) ^ expected]
    return passed, wrong


@pytest.mark.parametrize("loose", [2, 256], ids=["compounds in order", "compounds one by one"])
def test_random_queries_on_real_papers(
    read_papers: Read, monkeypatch: pytest.MonkeyPatch, loose: int
) -> None:
    monkeypatch.setattr(Shelf, "_LOOSE", loose)
    papers = read_papers(130)
    draw = Draw(papers, seed=3)
    passed, wrong = differences(papers, [draw.query() for _ in range(400)])
    assert not wrong, wrong[:5]
    assert passed > 3000


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_a_million_pairs(read_papers: Read) -> None:
    papers = read_papers(20)
    draw = Draw(papers, seed=4)
    passed, wrong = differences(papers, [draw.query() for _ in range(1000)])
    assert not wrong, wrong[:5]
    assert passed > 50_000


@settings(max_examples=300)
@given(NODES, st.lists(PAPERS, min_size=1, max_size=4))
def test_any_tree_on_any_papers(node: Node, papers: list[Paper]) -> None:
    papers = [replace(one, id=f"arxiv:{at}") for at, one in enumerate(papers)]
    assert not differences(papers, [Query(node, printed(node), "")])[1]


@pytest.mark.parametrize(
    ("query", "text", "passes"),
    [
        ("finetuning-models", "Fine tuning models", True),
        ("fine-tuning-models", "Finetuning models", True),
        ("models-finetuning", "Models: fine tuning", True),
        ("finetuning-models", "Fine tuning of models", False),
        ("finetuning-models", "Fine models; tuning models", False),
        ("title:finetuning", "Fine tuning", True),
        ("abstract:finetuning", "Fine tuning", False),
    ],
)
def test_compounds_stand_where_they_are_asked_for(query: str, text: str, passes: bool) -> None:
    held = paper(title=text, abstract="Another sentence of tuned words; models.")
    count, wrong = differences([held], [parse(query)])
    assert not wrong
    assert count == passes


def test_a_paper_is_replaced_and_forgotten() -> None:
    corpus = Corpus()
    corpus.put(Document.of(paper("Robots")))
    corpus.put(Document.of(paper("Drones", upvotes=3)))
    assert len(corpus) == 1
    assert not found(corpus, parse("robot"))
    assert found(corpus, parse("drone upvotes>=3"))
    corpus.drop("arxiv:2401.01234")
    corpus.drop("arxiv:2401.01234")
    assert not found(corpus, parse("drone"))


def test_old_shelves_are_cleared_away() -> None:
    corpus = Corpus()
    for number in range(Shelf.ROOM + 5):
        corpus.put(Document.of(replace(paper("Robots"), id=str(number))))
    assert len(corpus.shelves) == 2
    for number in range(Shelf.ROOM):
        corpus.drop(str(number))
    assert len(corpus.shelves) == 1
    assert found(corpus, parse("robot")) == {str(number) for number in range(Shelf.ROOM, Shelf.ROOM + 5)}


def test_meaning_is_told_by_the_caller() -> None:
    corpus = Corpus()
    corpus.put(Document.of(paper("Robots")))
    query = parse('like:"agents that plan" robot')
    (like,) = query.likes
    assert isinstance(like, Like)
    for nearness, hits in ((0.4, 1), (0.0, 0)):
        near = {"arxiv:2401.01234": {like: nearness}}
        assert len(corpus.finder(query, near)(corpus.shelves[0], [0])) == hits
    assert not found(corpus, query)


def test_the_title_counts_more() -> None:
    corpus = Corpus()
    corpus.put(Document.of(replace(paper("Robots that walk", "They walk."), id="a")))
    corpus.put(Document.of(replace(paper("On walking", "A robot walks."), id="b")))
    score = corpus.scorer(parse("robot"))
    titled, other = corpus.get("a"), corpus.get("b")
    assert titled and other
    assert score(titled) > score(other) > 0
    assert corpus.scorer(parse("-robot cat:cs.RO"))(titled) == 0
