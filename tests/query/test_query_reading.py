"""Reading and printing: what is understood, how it is echoed, what is said when it is not."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.errors import QueryError
from bot.query import Like, Query, Term, leaves, limits, parse, printed

FULL = (
    'diffusion (policy OR "robot learning") -survey author:"Sergey Levine" cat:cs.RO title:world-model^3 org:deepmind '
    'upvotes>=20 has:code source:arxiv announce:new like:"agents that plan" keyword:x comments>5 stars>=100 '
    "new-version:yes prefix* transformer*"
)


def test_the_example_of_the_manual_is_its_own_normal_form() -> None:
    assert parse(FULL).normal == FULL


@pytest.mark.parametrize(
    ("typed", "normal"),
    [
        ("Diffusion  AND\tPolicy", "diffusion policy"),
        ("a1 or b1 | c1 || d1", "a1 OR b1 OR c1 OR d1"),
        ("robot & arm && hand", "robot arm hand"),
        ("robot NOT survey not review -talk ANDNOT demo", "robot -survey -review -talk -demo"),
        ("robot -(survey OR review)", "robot -(survey OR review)"),
        ("NOT NOT robot", "robot"),
        ("robot --arm", "robot arm"),
        ("((robot)) (arm (hand))", "robot arm hand"),
        ("robot arm robot", "robot arm"),
        ("robot (arm OR arm)", "robot arm"),
        ("robot OR arm hand", "robot OR (arm hand)"),
        ("“robot learning” „arm“ «hand held»", '"robot learning" "arm" "hand held"'),
        ("'robot learning' o'brien", '"robot learning" obrien'),
        ("ｄｉｆｆｕｓｉｏｎ　（ｐｏｌｉｃｙ　ＯＲ　“ｘ”）", 'diffusion (policy OR "x")'),
        ("Schölkopf fine–tuning", "scholkopf fine-tuning"),
        ("ti:Robots abs:arm au:Levine", "title:robots abstract:arm author:Levine"),
        ("organisation:DeepMind keywords:nerf category:CS.ro", "org:deepmind keyword:nerf cat:cs.RO"),
        ("all:robot any:arm", "robot arm"),
        ("title:(robot OR -arm) robot", "(title:robot OR -title:arm) robot"),
        ("author:(levine OR finn) cat:(cs.RO cs.LG)", "(author:levine OR author:finn) cat:cs.RO cat:cs.LG"),
        ('author: "Sergey  Levine" title: robot', 'author:"Sergey Levine" title:robot'),
        ("au:Schneider_P", 'author:"Schneider, P"'),
        (
            "upvotes >= 20 comments:>5 stars=>1 likes<3 upvotes≤7",
            "upvotes>=20 comments>5 stars>=1 upvotes<3 upvotes<=7",
        ),
        (
            "cat:cond-mat.SOFT cat:hep-th cat:Cs.* cat:math.ap",
            "cat:cond-mat.soft cat:hep-th cat:cs.* cat:math.AP",
        ),
        ('cat:"Cell Biology"', 'cat:"cell biology"'),
        (
            "has:GitHub announce:revision new-version:true source:HuggingFace",
            "has:code announce:replace new-version:yes source:huggingface",
        ),
        ("like:https://arxiv.org/abs/2401.01234v2", "like:2401.01234"),
        ("like:arXiv:2401.01234", "like:2401.01234"),
        ("like:10.1101/2023.01.01.522222", "like:doi:10.1101/2023.01.01.522222"),
        ('"robot learning"^2.50 diffusion^1', '"robot learning"^2.5 diffusion'),
        ('"robot learn*" "robot"* large-language-model*', '"robot learn*" "robot*" large-language-model*'),
        ('"A*" search C++', '"a*" search c++'),
        ("扩散模型", "扩散模型"),
        ("robot,", "robot"),
        ('robot "or" arm', 'robot "or" arm'),
        ("cat:math.MP diffusion|policy", "(cat:math.MP diffusion) OR policy"),
    ],
)
def test_normal_form(typed: str, normal: str) -> None:
    query = parse(typed)
    assert query.normal == normal
    assert parse(normal) == query
    assert parse(normal).normal == normal


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("diffusion (policy OR", "I can't read the query at ▸ `(policy OR`: a `)` is missing. Try `diffusion (policy OR planning)`"),
        ("diffusion (policy", "I can't read the query at ▸ `(policy`: a `)` is missing. Try `diffusion (policy)`"),
        ("diffusion) policy", "I can't read the query at ▸ `)`: a `(` is missing for this `)`. Try `diffusion policy`"),
        ('robot "arm', 'I can\'t read the query at ▸ `"arm`: a closing quote is missing. Try `robot "arm"`'),
        ("robot OR", "I can't read the query at ▸ `OR`: `OR` needs something after it. Try `robot`"),
        ("AND robot", "I can't read the query at ▸ `AND`: `AND` needs something before it. Try `robot`"),
        ("robot () arm", "I can't read the query at ▸ `()`: there is nothing between the parentheses. Try `robot arm`"),
        ("auhtor:levine", "I can't read the query at ▸ `auhtor:levine`: there is no field `auhtor`; did you mean `author`? Try `author:levine`"),
        ("upvote>=20", "I can't read the query at ▸ `upvote>=20`: only `upvotes`, `comments` and `stars` can be compared; did you mean `upvotes`? Try `upvotes>=20`"),
        ("upvotes:20", "I can't read the query at ▸ `upvotes:20`: `upvotes` is compared, not matched. Try `upvotes>=20`"),
        ("", "I can't read the query: it is empty. Try `diffusion policy -survey`"),
        ("*", "I can't read the query at ▸ `*`: `*` alone would bring every paper; name a listing instead. Try `source:arxiv`"),
    ],
)  # fmt: skip
def test_sentences(typed: str, sentence: str) -> None:
    with pytest.raises(QueryError) as caught:
        parse(typed)
    assert str(caught.value) == sentence


@pytest.mark.parametrize(
    ("typed", "part", "repair"),
    [
        ("-survey", "leave out", "cat:cs.LG -survey"),
        ("robot OR -survey", "leave out", "cat:cs.LG (robot OR -survey)"),
        ("the", "nearly every abstract", '"the"'),
        ("of and in", "nearly every abstract", '"of in"'),
        ("a*", "at least 3 letters", '"a*"'),
        ("ab*", "at least 3 letters", '"ab"'),
        ("*robot", "end of a word", "robot"),
        ("colo?r", "both spellings", "color"),
        ("has:cod", "takes `code`", "has:code"),
        ("announce:fresh", "takes `new`", "announce:new"),
        ("new-version:perhaps", "`yes` or `no`", "new-version:yes"),
        ("cat:*", "cat:cs.RO", "cat:cs.*"),
        ("author:Lev*", "does not work in names", 'author:"Lev"'),
        ("title:-survey robot", "before the field", "-title:survey robot"),
        ("(robot arm)^3", "not to a group", "(robot arm)"),
        ("has:code^2 robot", "words, names and categories", 'has:"code" robot'),
        ("robot^999", "from 0.01 to 100", "robot^2"),
        ("robot upvotes>=many", "whole number", "robot upvotes>=10"),
        ("upvotes>=1.5", "whole number", "upvotes>=10"),
        ("upvotes>=99999999999", "whole number", "upvotes>=10"),
        ("submittedDate:[20240101 TO 20260210] AND robot", "dates cannot be filtered", "robot"),
        ("jr:Nature robot", "not searched", "robot"),
        ("id:2401.01234", "one paper", "like:2401.01234"),
        ("https://arxiv.org/abs/2401.01234", "one paper", "like:2401.01234"),
        ("zzz:robot", "the fields are", '"zzz robot"'),
        ("robot - arm", "no word", "robot arm"),
        ("title:", "needs a value", "diffusion policy -survey"),
        ("like:?!", "no text to compare", 'like:"agents that plan"'),
        ("I am interested in papers that show how agents plan with a model of the world", "like a description", 'like:"I am interested in papers that show how agents plan with a model of the world"'),
    ],
)  # fmt: skip
def test_repairs(typed: str, part: str, repair: str) -> None:
    with pytest.raises(QueryError) as caught:
        parse(typed)
    error = caught.value
    assert part in str(error)
    assert 0 <= error.start <= error.end <= len(typed)
    assert error.text == typed
    assert error.repair == repair
    parse(repair)


@pytest.mark.parametrize(
    ("typed", "part"),
    [
        ("x" * (limits.MAX_LENGTH + 1), "6,000 is the most"),
        ("robot " * 9000, "6,000 is the most"),
        (" ".join(f"w{i}" for i in range(limits.MAX_TERMS + 1)), "more than 500 terms"),
        ("(" * 51 + "robot" + ")" * 51, "more than 50 deep"),
        ("(" * 3000 + "robot", "more than 50 deep"),
        (" ".join(f'like:"a{i}"' for i in range(21)), "more than 20 examples"),
        ('"' + "word " * 40 + '"', "30 is the most"),
        ("org:(" + " ".join("ß" * 25 + str(i) for i in range(150)) + ")", "written out it has"),
    ],
)
def test_limits_are_said(typed: str, part: str) -> None:
    with pytest.raises(QueryError, match=part):
        parse(typed)


def test_limits_can_be_reached() -> None:
    parse("(" * 50 + "robot" + ")" * 50)
    assert (
        len(list(leaves(parse(" ".join(f"w{i}" for i in range(limits.MAX_TERMS))).root))) == limits.MAX_TERMS
    )
    parse("NOT " * 1400 + "robot")


@pytest.mark.parametrize(
    "typed",
    [
        "robot or drone or arm or hand or leg or foot or eye or ear or tail or wing or fin or skin or bone",
        "robot and drone and arm and hand and leg and foot and eye and ear and tail and wing and fin and skin and bone",
        'robot "how do agents plan with a model of the world and what do they make of it in the end"',
        "learning neural mcmc random forest xgboost radex bayesian nested inference chemistry molecule ngc253 viti",
    ],
)
def test_long_lists_are_not_taken_for_prose(typed: str) -> None:
    parse(typed)


def test_a_name_that_fell_apart_is_noted() -> None:
    assert 'author:"Sergey Levine"' in parse("author:Sergey Levine robot").notes[0]
    assert parse("author:Sergey robot").notes == ()


def test_likes_are_listed_once_and_in_order() -> None:
    query = parse('like:2401.01234 (like:"agents that plan" OR robot) -like:2401.01234')
    assert query.likes == (Like("2401.01234"), Like("agents that plan"))


def test_equality_is_that_of_the_trees() -> None:
    assert parse("Robot  AND arm") == parse("robot arm")
    assert hash(parse("Robot AND arm")) == hash(parse("robot arm"))
    assert parse("robot arm") != parse("arm robot")


def test_neighbours_know_their_compound() -> None:
    left, middle, right = leaves(parse("efficient fine tuning").root)
    assert isinstance(left, Term)
    assert isinstance(middle, Term)
    assert isinstance(right, Term)
    assert left.also == ("efficientfine",)
    assert middle.also == ("efficientfine", "finetuning")
    assert right.also == ("finetuning",)
    assert all(
        not leaf.also
        for leaf in leaves(parse('fine OR tuning "fine" title:tuning').root)
        if isinstance(leaf, Term)
    )


ANY_TEXT = st.text(max_size=60)
ALMOST = st.text(alphabet="abц扩ß\"'()|:*^-?#.,<>=≥0129 \n＂（“ORNDtilekc[]/", max_size=40)
PIECES = st.lists(
    st.sampled_from(
        [
            "diffusion",
            "(",
            ")",
            "OR",
            "AND",
            "-",
            "NOT ",
            '"robot learning"',
            "title:",
            "author:",
            "cat:cs.*",
            "upvotes>=",
            "20",
            "^3",
            "*",
            "has:code",
            "like:",
            '"a',
            "fine",
            "tuning",
            "foo:",
            "|",
            "[tiab]",
            ".ti",
            "adj3",
            "exp",
            "\n",
            "1",
            "or/1-2",
            '"B"/',
            " ",
            "2401.01234",
            "announce:new",
            "org:",
            "the",
            "of",
        ]
    ),
    max_size=14,
).flatmap(lambda parts: st.sampled_from((" ".join(parts), "".join(parts))))


def read(text: str) -> Query | QueryError:
    """What becomes of a text; nothing else may be raised."""
    try:
        return parse(text)
    except QueryError as error:
        return error


@settings(max_examples=400)
@given(st.one_of(ANY_TEXT, ALMOST, PIECES))
@example("A*\x08")
@example("lung adj3 cancer[tiab]")
@example("or,")
def test_any_text_is_read_or_refused_and_printing_it_loses_nothing(text: str) -> None:
    query = read(text)
    if isinstance(query, QueryError):
        assert str(query).startswith("I can't read the query")
        assert 0 <= query.start <= query.end <= len(text)
        assert query.repair is None or isinstance(read(query.repair), Query)
    else:
        again = parse(query.normal)
        assert again == query
        assert again.normal == query.normal == printed(again.root)
