"""What a store holds is read quickly, and as it always was."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.errors import QueryError
from bot.query import Node, Query, Term, parse, printed, stored
from bot.query.tree import all_of
from tests.query.test_query_laws import NODES, leaf


def same(text: str) -> Query:
    read, parsed = stored(text), parse(text)
    assert read == parsed, text
    assert read.normal == parsed.normal
    return read


@settings(max_examples=300)
@given(NODES)
def test_the_tree_is_the_same(node: Node) -> None:
    same(printed(all_of([leaf("zebra"), node])))


@pytest.mark.parametrize(
    "typed",
    [
        "fine tuning of models",
        '"or" robot',
        'author:"Sergey Levine" -(survey OR review)',
        'like:"agents that plan"~12 cat:cs.RO',
        "like:2401.01234",
        "C++ -c#",
        '"a*" search^2',
        "title:(robot OR drone) upvotes>=20 stars<5",
        '"world mod*" OR trans* OR "x y"*',
        "机器人 学习",
        "naïve Schölkopf",
        'org:"google deepmind" has:code',
        "cond-mat cat:cond-mat.*",
        "adj adj3 andnot",
        'author:"Jürgen Schmidhuber" OR author:"D. Jr." OR author:"van den Oord"',
        "fine tuning -data -set cat:cs.RO",
        'like:"one OR two" OR robot',
        "zebra diffusion abstract:survey has:code has:pdf -(abstract:survey has:doi)",
    ],
)
def test_every_kind_of_leaf(typed: str) -> None:
    try:
        normal = parse(typed).normal
    except QueryError:
        pytest.skip("not a query any more")
    same(normal)


@pytest.mark.parametrize(
    "text",
    [
        "robot robot",
        "drone OR robot OR drone",
        "drone (robot arm)",
        "drone OR (robot OR arm)",
        "(drone OR robot)",
        "drone  (robot OR arm)",
        "drone ( robot OR arm)",
        "(drone OR robot)arm",
        "drone -(robot)",
        "drone --robot",
        "drone -(-robot)",
        "((drone OR robot)) arm",
        "(drone OR robot OR drone) arm",
        "drone OR robot arm",
        "(drone robot OR arm) zebra",
        "(drone OR robot) AND arm",
        "(the OR of) zebra",
        "zebra OR -robot",
        "(zebra robot) OR (-drone -arm)",
        "drone OR OR robot",
        "(drone OR robot) OR",
    ],
)
def test_what_is_no_normal_form_is_read_as_typed(text: str) -> None:
    try:
        parsed = parse(text)
    except QueryError:
        with pytest.raises(QueryError):
            stored(text)
        return
    read = stored(text)
    assert (read, read.normal) == (parsed, parsed.normal)


@given(st.text(alphabet='ab -()"OR:^*~', max_size=14))
def test_anything_else_is_left_to_the_parser(text: str) -> None:
    try:
        parsed = parse(text)
    except QueryError:
        with pytest.raises(QueryError):
            stored(text)
        return
    if parsed.normal == text:
        same(text)


@pytest.mark.parametrize(
    "text",
    [
        "(" * 5_000,
        "-" * 5_000 + "a",
        "a " * 40_000,
        " OR ".join(f"a{n}" for n in range(600)),
        "a) b",
        "-survey",
        "the",
    ],
)
def test_what_no_subscription_may_hold_is_refused_and_harms_nothing(text: str) -> None:
    with pytest.raises(QueryError):
        stored(text)


def test_leaves_are_shared() -> None:
    one, other = stored("diffusion cat:cs.RO"), stored("drone OR diffusion")
    terms = [node for query in (one, other) for node in query.root.children if node == Term(("diffusion",))]  # type: ignore[union-attr]
    assert terms[0] is terms[1]
