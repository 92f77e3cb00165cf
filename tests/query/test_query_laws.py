"""Laws that hold for any query and any paper."""

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.models import Paper, Sighting
from bot.query import And, Clause, Document, Node, Query, evaluate, near, parse, printed
from bot.query.tree import all_of, any_of, none_of
from tests.query.papers import paper

LEAVES = [
    "diffusion",
    "policy",
    "fine",
    "tuning",
    "finetuning",
    "fine-tuning",
    '"fine tuning"',
    '"policy"',
    "title:model",
    "pol*",
    "the",
    "of",
    "abstract:survey",
    "keyword:robot",
    "learning-curve",
    "world-models",
    "worldmodels",
    "cat:cs.*",
    "cat:stat.ML",
    "author:levine",
    "author:finn",
    "upvotes>=10",
    "upvotes<3",
    "stars>=1",
    "has:code",
    "has:pdf",
    "source:arxiv",
    "announce:new",
    "new-version:yes",
    "org:deepmind",
    "model^2",
]


def leaf(text: str) -> Node:
    """One leaf, read in company so that no word is refused for standing alone."""
    root = parse(f"{text} cat:never").root
    assert isinstance(root, And)
    return root.children[0]


NODES: st.SearchStrategy[Node] = st.recursive(
    st.sampled_from(LEAVES).map(leaf),
    lambda inner: st.one_of(
        st.lists(inner, min_size=2, max_size=4).map(all_of),
        st.lists(inner, min_size=2, max_size=4).map(any_of),
        inner.map(none_of),
    ),
    max_leaves=8,
)
WORDS = [
    "diffusion",
    "policy",
    "policies",
    "fine",
    "tuning",
    "finetuning",
    "fine-tuning",
    "world",
    "model",
    "models",
    "worldmodel",
    "survey",
    ".",
    ",",
    "robot",
]
TEXTS = st.lists(st.sampled_from(WORDS), max_size=8).map(" ".join)
PAPERS: st.SearchStrategy[Paper] = st.builds(
    paper,
    title=TEXTS,
    abstract=TEXTS,
    keywords=st.lists(st.sampled_from(["robot learning", "curve", "learning curves"]), max_size=2).map(tuple),
    categories=st.lists(st.sampled_from(["cs.RO", "stat.ML", "cs.AI"]), max_size=2).map(tuple),
    authors=st.lists(st.sampled_from(["Sergey Levine", "Chelsea Finn"]), max_size=2).map(tuple),
    upvotes=st.sampled_from([None, 1, 11]),
    stars=st.sampled_from([None, 0, 5]),
    code_url=st.sampled_from([None, "https://example.org"]),
    sightings=st.sampled_from([(), (Sighting(source="arxiv"),)]),
)


def true(node: Node, document: Document) -> bool:
    return evaluate(Query(node, printed(node), ""), document).matched


@settings(max_examples=150)
@given(NODES, NODES, PAPERS)
def test_laws(one: Node, other: Node, given_paper: Paper) -> None:
    document = Document.of(given_paper)
    a, b = true(one, document), true(other, document)
    assert true(none_of(one), document) is not a
    assert true(none_of(none_of(one)), document) is a
    both, either = all_of([none_of(one), none_of(other)]), any_of([none_of(one), none_of(other)])
    assert true(any_of([one, other]), document) is (a or b)
    assert true(any_of([other, one]), document) is (a or b)
    assert true(none_of(any_of([one, other])), document) is true(both, document)
    assert true(either, document) is (not a or not b)


@settings(max_examples=100)
@given(st.permutations([0, 1, 2]), st.lists(NODES, min_size=3, max_size=3), PAPERS)
def test_order_does_not_matter(order: list[int], children: list[Node], given_paper: Paper) -> None:
    """Of alternatives never; of clauses unless they are bare words, whose neighbours say which compound is meant."""
    document = Document.of(given_paper)
    shuffled = [children[i] for i in order]
    assert true(any_of(children), document) is true(any_of(shuffled), document)
    groups, moved = (
        [none_of(And((child, leaf("zebra")))) for child in some] for some in (children, shuffled)
    )
    assert true(all_of(groups), document) is true(all_of(moved), document)


@settings(max_examples=150)
@given(NODES, PAPERS)
def test_reasons_and_clauses_agree_with_the_verdict(node: Node, given_paper: Paper) -> None:
    document = Document.of(given_paper)
    verdict = evaluate(Query(node, printed(node), ""), document)

    def marks(clause: Clause) -> None:
        assert clause.text
        for part in clause.clauses:
            marks(part)

    for clause in verdict.clauses:
        marks(clause)
    assert verdict.score == sum(reason.score for reason in verdict.reasons)
    if not verdict.matched:
        assert verdict.reasons == ()
    fields = {"title": given_paper.title, "abstract": given_paper.abstract}
    for reason in verdict.reasons:
        ends = [end for _, end in reason.spans]
        assert list(reason.spans) == sorted(reason.spans)
        assert all(a < b for a, b in reason.spans)
        assert all(end <= start for end, (start, _) in zip(ends, reason.spans[1:], strict=False))
        if reason.spans and reason.field in fields:
            start, end = reason.spans[0]
            assert fields[reason.field][start:end] == reason.text


@settings(max_examples=100)
@given(NODES)
def test_trees_survive_printing(node: Node) -> None:
    wanted = all_of([leaf("zebra"), node])
    assert parse(printed(wanted)).root == wanted


def test_wider_variants_bring_no_less_and_narrower_no_more(real: list[Document]) -> None:
    for text in (
        'language-model "large language models" cat:cs.CL',
        "diffusion model (image OR video) -survey",
        "robot learning cat:cs.*",
    ):
        query = parse(text)
        hits = {d.paper.id for d in real if evaluate(query, d).matched}
        for variant in near(query):
            other = {d.paper.id for d in real if evaluate(variant, d).matched}
            assert (hits <= other) if variant.wider else (other <= hits), variant.label


def test_words_of_real_titles_find_their_paper(real: list[Document]) -> None:
    for document in real:
        words = [word for word in document.words["title"].exact if len(word) > 3 and word.isalnum()][:3]
        for query in (
            " ".join(f'title:"{word}"' for word in words),
            " ".join(words) + " cat:cs OR " + " ".join(words),
        ):
            assert evaluate(parse(query), document).matched, query
        for author in document.paper.authors[:2]:
            if '"' not in author:
                assert evaluate(parse(f'author:"{author}"'), document).matched, author
