"""``search``: the filter holds exactly; words and meaning put what passes in order, and add what is near."""

from datetime import timedelta

from bot.handlers.searching import without_free_words
from bot.query import parse
from tests.core import Core, paper, words


def rows(said: str) -> list[str]:
    """The titles of the answer, in their order."""
    return [line for line in said.splitlines() if line.startswith("T:")]


async def shelf(core: Core) -> None:
    await core.bring(
        paper(
            1,
            "T: Door handles",
            abstract="A robot is mentioned once in a long text about handles, hinges and wood.",
        ),
        paper(
            2, "T: Robots that grasp cups", abstract="A robot grasps cups with a robot hand; grasping robots."
        ),
        paper(
            3,
            "T: Grasping cups with machines",
            abstract="Machines grasp cups: grasping by machines with hands.",
        ),
        paper(4, "T: Prime numbers", abstract="Sieves for primes.", categories=("math.NT",)),
    )


async def test_what_is_nearest_comes_first(core: Core) -> None:
    await shelf(core)
    said = words(await core.say("search robot"))
    assert rows(said)[:2] == ["T: Robots that grasp cups", "T: Door handles"]
    assert "2 of 4 papers in 30 days" in said


async def test_a_paper_that_lacks_a_free_word_and_is_near_is_shown_and_said_to_be_so(core: Core) -> None:
    await shelf(core)
    said = words(await core.say("search robot grasping cups"))
    assert rows(said) == ["T: Robots that grasp cups", "T: Grasping cups with machines"]
    assert "1 of 4 papers" in said
    assert "near in meaning, without robot" in said
    assert "1 of these lacks a word of yours and is near in meaning. Quote a word to insist on it." in said


async def test_what_is_quoted_scoped_or_joined_by_signs_holds_exactly(core: Core) -> None:
    await shelf(core)
    for written in (
        '"robot" "grasping" "cups"',
        "title:robots title:cups",
        "robot (cups OR machines) grasping",
    ):
        assert "near in meaning" not in words(await core.say(f"search {written}")), written
    said = words(await core.say("search robot grasping cups cat:math.NT"))
    assert rows(said) == []  # the category holds, however near the others are
    assert "near" not in words(await core.say("search robot grasping cups -machines"))


async def test_other_orders_show_what_fits_and_nothing_else(core: Core) -> None:
    await shelf(core)
    said = words(await core.say("search robot grasping cups sort:new"))
    assert rows(said) == ["T: Robots that grasp cups"]


async def test_what_was_delivered_here_bounds_what_is_near_as_well(core: Core) -> None:
    await core.subscribe("robot")
    await shelf(core)
    said = words(await core.say("search robot grasping cups delivered:here"))
    assert rows(said) == ["T: Robots that grasp cups"]


async def test_without_words_the_order_is_that_of_the_filter(core: Core) -> None:
    await shelf(core)
    await core.bring(paper(5, "T: More primes", abstract="Sieves.", categories=("math.NT",), upvotes=7))
    assert rows(words(await core.say("search cat:math.NT"))) == ["T: More primes", "T: Prime numbers"]


async def test_older_papers_than_were_asked_for_stay_away(core: Core) -> None:
    await shelf(core)
    await core.clock.advance(timedelta(days=20))
    await core.bring(paper(6, "T: Robots and cups", abstract="A robot."))
    assert rows(words(await core.say("search robot grasping cups days:7"))) == ["T: Robots and cups"]


def test_what_is_left_when_free_words_are_only_meant() -> None:
    assert without_free_words(parse("world models")) == ()
    assert (
        without_free_words(parse('world "models" cat:cs.RO -survey'))
        == parse('"models" cat:cs.RO -survey').root.children
    )  # type: ignore[union-attr]
    assert without_free_words(parse("world OR models")) is None
    assert without_free_words(parse("title:world cat:cs.RO")) is None


async def test_what_was_delivered_here_is_found_behind_many_that_were_not(core: Core) -> None:
    """The nearest papers of all may all have been posted elsewhere."""
    closer = [
        paper(at, f"T: Grasping cups, part {at}", abstract="Machines grasp cups: grasping cups by machines.")
        for at in range(10, 30)
    ]
    await core.subscribe("title:handmade")
    await core.bring(*closer, paper(3, "T: Handmade machines that grasp cups", abstract="Hands grasp cups."))
    said = words(await core.say("search robot grasping cups delivered:here"))
    assert rows(said) == ["T: Handmade machines that grasp cups"]
