"""What a preview offers beside the count: near misses, wider and narrower forms, each with its rate."""

from datetime import timedelta

from tests.core import Core, paper, words


def robots(count: int, first: int = 1, **fields: object) -> list[object]:
    return [paper(at, f"Robots, part {at}", **fields) for at in range(first, first + count)]


async def test_a_near_miss_is_named_and_the_wider_form_has_its_rate(core: Core) -> None:
    await core.bring(*robots(3), paper(9, "Robots that swim", categories=("cs.LG",)))
    said = words(await core.say("preview robot cat:cs.RO"))
    assert "3 of 4 papers" in said
    assert "Just missed: 1 more without cat:cs.RO (about 4 a day in all)" in said
    assert "The first of them: «Robots that swim»." in said


async def test_a_quiet_filter_is_offered_wider_forms_with_their_rates(core: Core) -> None:
    await core.bring(*robots(20, categories=("cs.LG",)), paper(90, "Robots and bees"))
    await core.clock.advance(timedelta(days=6))
    await core.bring(paper(91, "Trees", abstract="On graphs.", categories=("math.CO",)))
    said = words(await core.say("preview robot cat:cs.RO"))
    assert "1 of 22 papers in 7 days, about 1 a week" in said
    assert "That is little. Wider: without cat:cs.RO: 21, about 3 a day." in said


async def test_a_loud_filter_is_offered_narrower_forms_with_their_rates(core: Core) -> None:
    await core.bring(*robots(20, abstract="They learn."), *robots(5, first=40, abstract="They see."))
    said = words(await core.say("preview robot (learn OR see)"))
    assert "25 of 25 papers" in said
    assert "That is a lot. Narrower: without the alternative see: 20, about 20 a day" in said


async def test_where_no_step_helps_each_clause_is_counted_alone(core: Core) -> None:
    await core.bring(*robots(4), paper(9, "Bees", abstract="Honey.", categories=("q-bio.PE",)))
    said = words(await core.say("preview honey origami cat:cs.RO"))
    assert "0 of 5 papers" in said
    assert "Each alone: honey: 1, about 1 a day · origami: 0, less than one a week · cat:cs.RO: 4" in said


async def test_what_nothing_comes_near_to_says_so(core: Core) -> None:
    await core.bring(*robots(2))
    assert "Nothing near it matched either" in words(await core.say("preview origami honey -bees"))


async def test_the_terms_that_did_the_work_and_what_comes_here_already(core: Core) -> None:
    await core.bring(*robots(3), paper(9, "Bees", abstract="Honey."))
    await core.subscribe("title:bees")
    said = words(await core.say("preview robot OR honey OR origami"))
    assert "What did the work: robot 3 · honey 1 · 1 brought nothing" in said
    assert "Of these come here already: 1 from subscription 1" in said
