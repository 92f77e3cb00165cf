"""What a query means for a paper: the words people expect to find each other, and what is said of it."""

import pytest

from bot.models import Announce, Reason, Sighting
from bot.query import Document, Like, Query, evaluate, near, parse
from tests.query.papers import paper


def finds(query: str, title: str = "", abstract: str = "", **more: object) -> bool:
    return evaluate(parse(query), Document.of(paper(title, abstract, **more))).matched


@pytest.mark.parametrize(
    "query",
    [
        "diffusion",
        "DIFFUSIONS",
        "diffuse policy",
        '"diffusion policies"',
        "diffusion-policy",
        "world-model",
        "worldmodel",
        "finetuning",
        "fine-tuned",
        "fine tuning",
        '"fine tuning"',
        '"fine-tuning"',
        "k-means",
        "kmeans",
        "data-set",
        "data set",
        "scholkopf",
        "Schölkopf",
        "pol*",
        "finetun*",
        '"diffusion pol*"',
        "title:model",
        "abstract:k-means",
        "keyword:robot",
        "robot-learning",
        "org:deepmind",
        "org:deep-mind",
        'org:"google deepmind"',
        "cat:cs.ro",
        "cat:cs.*",
        "cat:cs",
        "cat:cond-mat",
        "cat:cond-mat.*",
        "author:levine",
        "author:Oord",
        "upvotes>=11",
        "upvotes<12",
        "upvotes=11",
        "comments<=0",
        "-stars>=1 diffusion",
        "has:code",
        "has:org",
        "-has:pdf diffusion",
        "source:arxiv source:huggingface",
        "announce:cross",
        "announce:trending",
        "new-version:no",
        "diffusion (nothing OR policy)",
        "diffusion -nothing",
    ],
)
def test_finds(robots: Document, query: str) -> None:
    assert evaluate(parse(query), robots).matched


@pytest.mark.parametrize(
    "query",
    [
        "fusion",
        "polic",
        '"diffusion policy"',
        '"finetuning"',
        "policy-diffusion",
        '"model"',
        "title:survey",
        "abstract:world",
        "learning-curve",
        "keyword:diffusion",
        "levine",
        "deepmind",
        "cat:cs.R",
        "cat:stat.*",
        "author:sergey",
        "author:lev",
        "upvotes>11",
        "upvotes<11",
        "stars>=0",
        "stars<5",
        "has:pdf",
        "source:biorxiv",
        "announce:new",
        "new-version:yes",
        "diffusion -survey",
        'like:"agents that plan"',
        "diffusion (nothing OR nobody)",
    ],
)
def test_does_not_find(robots: Document, query: str) -> None:
    assert not evaluate(parse(query), robots).matched


SPELLINGS = ("fine-tuning", "fine tuning", "finetuning", "Fine–Tuning", "FINETUNING", "fine\ntuning")


@pytest.mark.parametrize("query", SPELLINGS)
@pytest.mark.parametrize("text", SPELLINGS)
def test_compounds_find_each_other_however_written(query: str, text: str) -> None:
    assert finds(query, f"On {text} of models")
    assert finds(f"efficient-{query.replace(' ', '-').replace(chr(10), '-')}", f"Efficient {text} of models")


@pytest.mark.parametrize(
    ("query", "title"),
    [
        ("information", "Robots in formation flight"),
        ("asymmetric", "A symmetric matrix"),
        ("finetuning", "Fine, tuning forks"),
        ("finetuning", "It is fine. Tuning follows"),
        ("fusion", "Diffusion"),
        ("diffusion", "Diffusiophoresis"),
        ("12", "Figures 1-2"),
        ("robot-learning", "Robot and learning"),
        ('"a*"', "A search"),
        ("police", "Policy"),
        ("C++", "C is a language"),
    ],
)
def test_false_friends(query: str, title: str) -> None:
    assert not finds(query, title)


def test_the_order_of_two_words_matters_only_for_their_compound() -> None:
    assert finds("fine tuning", "finetuning")
    assert not finds("tuning fine", "finetuning")
    assert finds("tuning fine", "fine-tuning")


def test_a_phrase_stays_within_its_field() -> None:
    assert not finds('"world models"', "The world", "models")
    assert not finds("robot-learning", keywords=("robot", "learning"))
    assert not finds("robotlearning", keywords=("robot", "learning"))


@pytest.mark.parametrize(
    "asked", ["levine", "S. Levine", "Sergey Levine", "Levine, Sergey", "Levine, S.", "LEVINE S"]
)
@pytest.mark.parametrize(
    "written", ["Sergey Levine", "S. Levine", "Levine, Sergey", "Levine S", "SERGEY LEVINE"]
)
def test_names_in_any_form(asked: str, written: str) -> None:
    assert finds(f'author:"{asked}"', authors=(written,))


@pytest.mark.parametrize(
    ("asked", "written", "same"),
    [
        ("Sergey Levine", "Simon Levine", False),
        ("Sergey Levine", "Sergey Levin", False),
        ("S. Levine", "A. Levine", False),
        ("Sergey Levine", "Levine", False),
        ("Levine Sergey", "Sergey Levine", False),
        ("Michael I. Jordan", "Michael Jordan", True),
        ("Michael Jordan", "Michael I. Jordan", True),
        ("M. I. Jordan", "Michael Irwin Jordan", True),
        ("Michael B. Jordan", "Michael I. Jordan", False),
        ("Fei-Fei Li", "Fei Fei Li", True),
        ("Feifei Li", "Fei-Fei Li", True),
        ("F.-F. Li", "Fei-Fei Li", True),
        ("Wei-Chiu Ma", "W. C. Ma", True),
        ("Aaron van den Oord", "Aäron van den Oord", True),
        ("Oord, Aaron van den", "Aäron van den Oord", True),
        ("van den Oord", "Aäron van den Oord", True),
        ("Oord", "Aäron van den Oord", True),
        ("Ben-David", "Shai Ben-David", True),
        ("David", "Shai Ben-David", False),
        ("Garcia", "Maria Garcia Lopez", True),
        ("Schölkopf", "B. Scholkopf", True),
        ("Martin Luther King Jr.", "Martin Luther King", True),
        ("OpenAI", "OpenAI", True),
        ("Sutskever", "Ilya Sutskever", True),
        ("Ilya", "Ilya Sutskever", False),
    ],
)
def test_names_that_contradict_each_other_do_not_match(asked: str, written: str, same: bool) -> None:
    assert finds(f'author:"{asked}"', authors=(written,)) is same


def test_a_new_version_is_told_by_its_number_or_its_announcement() -> None:
    replaced = (Sighting(source="arxiv", announce=Announce.REPLACE_CROSS),)
    assert finds("new-version:yes", version=2)
    assert finds("new-version:yes", sightings=replaced)
    assert not finds("new-version:yes", version=1, sightings=(Sighting(source="arxiv"),))


def test_reasons_say_what_stands_where(robots: Document) -> None:
    verdict = evaluate(
        parse('finetuning (diffusion-policy OR nothing) cat:cs.* author:"S. Levine" upvotes>=5'), robots
    )
    assert verdict.reasons == (
        Reason(term="finetuning", field="title", spans=((23, 34),), text="Fine-Tuning", score=3.0),
        Reason(term="finetuning", field="abstract", spans=((3, 12),), text="fine tune", score=1.0),
        Reason(
            term="diffusion-policy", field="title", spans=((0, 18),), text="Diffusion Policies", score=3.0
        ),
        Reason(term="cat:cs.*", field="category", text="cs.RO", score=0.5),
        Reason(term="cat:cs.*", field="category", text="cs.LG", score=0.5),
        Reason(term='author:"S. Levine"', field="author", text="Sergey Levine", score=3.0),
        Reason(term="upvotes>=5", field="upvotes", text="11", score=0.0),
    )
    assert verdict.score == 11.0
    title = robots.paper.title
    assert [title[a:b] for a, b in verdict.reasons[0].spans] == ["Fine-Tuning"]


@pytest.mark.parametrize(
    ("query", "title", "hits"),
    [
        ("fine*", "Fine-tuning fine art", ["Fine", "fine"]),
        ("fine tuning", "Fine tuning", ["Fine"]),
        ("model-world-model", "Model world model world model", ["Model world model"]),
        ("kmeans", "$k$-means, k-means", ["k$-means", "k-means"]),
        ("scholkopf", "On Scho\u0308lkopf’s kernels", ["Scho\u0308lkopf’s"]),
    ],
)
def test_spans_are_the_shortest_and_never_overlap(query: str, title: str, hits: list[str]) -> None:
    reason = evaluate(parse(query), Document.of(paper(title))).reasons[0]
    assert [title[start:end] for start, end in reason.spans] == hits


def test_weights_and_places_make_the_score(robots: Document) -> None:
    def score(query: str) -> float:
        return evaluate(parse(query), robots).score

    assert score("title:diffusion") > score("abstract:diffusion")
    assert score("diffusion^3") == 3 * score("diffusion")
    assert score("nothing") == 0
    assert score("diffusion OR policy") > score("diffusion")


def test_a_negation_gives_no_reasons_and_its_opposite_does(robots: Document) -> None:
    assert (
        evaluate(parse("diffusion -nothing"), robots).reasons == evaluate(parse("diffusion"), robots).reasons
    )
    twice = evaluate(parse("diffusion -(nothing -kmeans)"), robots)
    assert {reason.term for reason in twice.reasons} == {"diffusion", "kmeans"}


def test_clauses_say_which_part_failed(robots: Document) -> None:
    query = parse("diffusion -survey upvotes>=20 stars>=1 (source:biorxiv OR has:pdf) fusion like:robots")
    verdict = evaluate(query, robots)
    assert not verdict.matched
    assert verdict.reasons == ()
    assert [str(clause) for clause in verdict.clauses] == [
        "✓ diffusion: in the title «Diffusion», in the abstract «diffusion»",
        "✗ -survey: in the abstract «survey»",
        "✗ upvotes>=20: it has 11",
        "✗ stars>=1: unknown",
        "✗ source:biorxiv OR has:pdf",
        "✗ fusion: not found",
        '✗ like:"robots": meaning is not compared here',
    ]
    assert [str(clause) for clause in verdict.clauses[4].clauses] == [
        "✗ source:biorxiv: arxiv, huggingface",
        "✗ has:pdf: it has abstract, code, keywords, org",
    ]


def test_likeness_comes_from_outside(robots: Document) -> None:
    query = parse('diffusion like:"agents that plan" -like:2401.01234')
    plan, example = Like("agents that plan"), Like("2401.01234")
    near_one = evaluate(query, robots, {plan: 0.5})
    assert near_one.matched
    assert near_one.reasons[-1] == Reason(
        term='like:"agents that plan"', field="like", text=plan.text, score=0.5
    )
    assert not evaluate(query, robots, {plan: 0.5, example: 0.1}).matched
    assert not evaluate(query, robots, {plan: -0.5}).matched
    assert evaluate(query, robots, {plan: 1.0}.get).matched
    assert evaluate(query, robots, {}).clauses[1].note == "not near enough in meaning"


def test_a_document_shows_its_words(robots: Document) -> None:
    title = robots.words["title"]
    assert title.exact == ("diffusion", "policies", "for", "fine", "tuning", "world", "models")
    assert title.stems == ("diffus", "polici", "for", "fine", "tune", "world", "model")
    assert title.joined == ("diffusionpolicies", "", "", "finetuning", "tuningworld", "worldmodels", "")
    assert title.joined_stems[3] == "finetun"
    assert [title.text[a:b] for a, b in title.spans][3] == "Fine"


def test_variants(robots: Document) -> None:
    found = {
        v.label: (v.normal, v.wider)
        for v in near(parse('diffusion "robot learning" (policy OR planner) cat:cs.RO'))
    }
    assert found["without `cat:cs.RO`"] == ('diffusion "robot learning" (policy OR planner)', True)
    assert (
        found["with any ending, `robot-learning`"][0]
        == "diffusion robot-learning (policy OR planner) cat:cs.RO"
    )
    assert (
        found["without the phrase, `robot learning`"][0]
        == "diffusion robot learning (policy OR planner) cat:cs.RO"
    )
    assert found["`diffusion` in the title only"][1] is False
    assert found["without the alternative `planner`"] == (
        'diffusion "robot learning" policy cat:cs.RO',
        False,
    )
    assert [v.label for v in near(parse("the robot"))] == [
        "without `the`",
        "`the` in the title only",
        "side by side, `the-robot`",
        "`robot` in the title only",
    ]
    assert all(isinstance(v, Query) for v in near(parse("robot -survey")))
    assert "without `robot`" not in {v.label for v in near(parse("robot -survey"))}
