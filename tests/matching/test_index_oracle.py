"""The index finds exactly what evaluating every filter finds."""

import random
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.matching import Index
from bot.models import Paper
from bot.query import Document, Like, Node, Query, evaluate, printed, stored
from tests.matching.queries import Draw
from tests.query.test_query_laws import NODES, PAPERS


def differences(papers: list[Paper], queries: list[Query], *, change: bool) -> tuple[int, list[str]]:
    """How many pairs passed, and in words those on which index and oracle disagree."""
    held = dict(enumerate(queries))
    index = Index(stored, lambda key: held[int(key)].normal)
    for number, query in held.items():
        index.put(str(number), query)
    wrong: list[str] = []
    passed = 0
    for start in range(0, len(papers), 10):
        documents = [Document.of(paper) for paper in papers[start : start + 10]]
        all_found = index.match_all([(one, None) for one in documents])
        for document, found in zip(documents, map(set, all_found), strict=True):
            expected = {str(number) for number, query in held.items() if evaluate(query, document).matched}
            passed += len(expected)
            wrong += [f"{document.paper.id}: {held[int(one)].normal}" for one in found ^ expected]
        alone = documents[start // 10 % len(documents)]
        assert set(index.match(alone)) == set(all_found[documents.index(alone)])
        if change:  # some go, and some change their filter
            chance = random.Random(start)
            for number in chance.sample(sorted(held), 5):
                index.drop(str(number))
                del held[number]
            for number in chance.sample(sorted(held), 5):
                index.drop(str(number))
                held[number] = chance.choice(queries)
                index.put(str(number), held[number])
    return passed, wrong


@pytest.mark.timeout(300)
def test_random_queries_on_real_papers(read_papers: Callable[[int], list[Paper]]) -> None:
    papers = read_papers(100)
    draw = Draw(papers, seed=1)
    passed, wrong = differences(papers, [draw.query() for _ in range(1200)], change=True)
    assert not wrong, wrong[:5]
    assert passed > 10_000


@pytest.mark.long
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("seed", range(10))
def test_ten_million_pairs(read_papers: Callable[[int], list[Paper]], seed: int) -> None:
    papers = read_papers(20)
    draw = Draw(papers, seed=100 + seed)
    passed, wrong = differences(papers, [draw.query() for _ in range(1100)], change=True)
    assert not wrong, wrong[:5]
    assert passed > 50_000


@settings(max_examples=300)
@given(st.lists(NODES, min_size=1, max_size=5), PAPERS)
def test_any_tree_on_any_paper(nodes: list[Node], paper: Paper) -> None:
    """Also trees that typing cannot make: wanting nothing, or everything."""
    index = Index()
    queries = [Query(node, printed(node), "") for node in nodes]
    for number, query in enumerate(queries):
        index.put(str(number), query)
    document = Document.of(paper)
    expected = {str(number) for number, query in enumerate(queries) if evaluate(query, document).matched}
    assert set(index.match(document)) == expected
    for number in range(len(queries)):
        index.drop(str(number))
    assert (len(index), index.distinct) == (0, 0)
    assert not index.match(document)


@settings(max_examples=100)
@given(NODES, st.booleans(), PAPERS)
def test_meaning_is_asked_of_the_caller(node: Node, near: bool, paper: Paper) -> None:
    from bot.query.tree import all_of, any_of, none_of

    like = Like("agents that plan")
    document = Document.of(paper)
    for root in (all_of([like, node]), any_of([node, like]), all_of([none_of(like), node])):
        query = Query(root, printed(root), "")
        index = Index()
        index.put("a", query)
        assert index.likes == ((like,) if like in query.likes else ())
        for similarity in (None, {like: 0.5 if near else 0.0}, lambda _: 0.5 if near else None):
            expected = evaluate(query, document, similarity)
            found = index.match(document, similarity)
            assert ("a" in found) is expected.matched
            if expected.matched:
                assert found["a"] == expected


@pytest.mark.parametrize("kept", ["trees", "texts", "nothing"])
def test_keys_come_and_go_and_numbers_are_given_again(monkeypatch, kept: str) -> None:
    from bot.matching import filters as module
    from bot.query import parse
    from tests.query.papers import paper

    monkeypatch.setattr(module, "REST", 3)
    held: dict[str, str] = {}
    index = Index(None if kept == "trees" else parse, held.__getitem__ if kept == "nothing" else None)
    document = Document.of(paper(title="robots that learn"))
    chance = random.Random(5)
    words = [
        "robot",
        "learn",
        "robot learn",
        "drone",
        "robot -drone",
        "learn OR drone",
        '"robots that" -boat',
    ]
    for step in range(3_000):
        key, text = f"k{chance.randrange(12)}", chance.choice(words)
        if chance.random() < 0.4:
            index.drop(key)
            held.pop(key, None)
        else:
            index.put(key, parse(text))
            held[key] = text
        if step % 7 == 0:
            matches = index.match(document)
            expected = {key for key, text in held.items() if evaluate(parse(text), document).matched}
            assert set(matches) == expected
            assert all(matches[key] == evaluate(parse(held[key]), document) for key in expected)
    assert len(index._filters._key) < 30


def sizes(index: Index) -> dict[str, int]:
    """How much is known of what anybody looks for."""
    atoms, checks, grams = index._atoms, index._checks, index._grams
    return {
        "atoms": len(atoms._size) - len(atoms._free),
        "who waits": sum(atoms._size),
        "kinds": len(grams._kinds),
        "grams": sum(len(kind._after) for kind in grams._kinds.values()),
        "nodes": len(grams._nodes.end) - len(grams._nodes._free),
        "checks": len(checks._filter) - len(checks._free),
        "filters": index.distinct,
    }


def test_what_nobody_looks_for_is_forgotten(read_papers: Callable[[int], list[Paper]]) -> None:
    papers = read_papers(400)
    draw, index = Draw(papers, seed=3), Index(stored)
    queries = [draw.query() for _ in range(400)]
    queries += map(stored, ("data-set-dataset", "set-data-set-data", "dataset data set", "data-set*"))
    order = list(range(len(queries)))
    random.Random(3).shuffle(order)
    empty = sizes(index)
    for _ in range(2):
        for number, query in enumerate(queries):
            index.put(str(number), query)
        full = sizes(index)
        assert all(full[what] > none for what, none in empty.items())
        for number in order:
            index.drop(str(number))
        assert sizes(index) == empty
        assert abs(index.work) < 1e-6


def test_matches_at_hand_stay_what_they_were() -> None:
    from bot.query import parse
    from tests.query.papers import paper

    index = Index(parse)
    for key in ("a", "b"):
        index.put(key, parse("robot"))
    index.put("c", parse("learn"))
    matches = index.match(Document.of(paper(title="robots that learn")))
    assert len(matches) == 3
    index.drop("a")
    index.put("d", parse("robot"))
    index.put("c", parse("drone"))
    assert set(matches) == {"a", "b", "c"}
    assert matches["a"].matched
    assert matches["c"].matched
