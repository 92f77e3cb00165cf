"""Subscriptions by meaning, their rates, and what 👍 and 👎 do, through the whole core."""

import json
from datetime import timedelta

from bot.models import Cadence, Destination, Person, When
from tests.core import ANA, ML, AllRights, Core, commands, origin, paper, words

BOB = Person(id="bob", name="Bob")
MINE = Destination(platform="recording", workspace="lab", channel="ana", direct=True)
TOPICS = {
    "worlds": (
        "World models for planning agents",
        "An agent plans ahead in the latent space of its world model.",
    ),
    "stars": ("Spectra of young stars", "We observe dust and gas around young stars in nearby clusters."),
    "folds": ("Protein folding", "Structures of proteins are predicted from sequences."),
    "arms": ("Robot arms that grasp", "A manipulator learns to grasp objects with a robot hand."),
}


def about(number: int, topic: str, **fields: object):
    title, abstract = TOPICS[topic]
    return paper(number, f"{title}, part {number}", abstract=abstract, **fields)


async def stocked(core: Core) -> None:
    """Two weeks of papers on four topics."""
    for day in range(14):
        await core.bring(*(about(day * 4 + at, topic) for at, topic in enumerate(TOPICS)))
        await core.clock.advance(timedelta(days=1))


def titles(core: Core) -> str:
    return "\n".join(one.card.fallback for one in core.adapter.posted)


async def test_a_text_brings_what_is_near_in_meaning_and_says_so(core: Core) -> None:
    await stocked(core)
    await core.subscribe('like:"agents that plan with world models"~12')
    await core.bring(about(101, "worlds"), about(102, "stars"), about(103, "folds"))
    assert "part 101" in titles(core)
    assert "part 102" not in titles(core)
    assert "agents that plan" in words_of(core)


def words_of(core: Core) -> str:
    return repr([one.card.blocks for one in core.adapter.posted])


async def test_a_paper_is_an_example_and_outlives_its_own_record(core: Core) -> None:
    await stocked(core)
    await core.subscribe("like:2601.00001~12")
    await core.bring(about(101, "stars"), about(102, "folds"))
    assert "part 101" in titles(core) and "part 102" not in titles(core)
    await core.store.database.client.delete("pp:{papers}:paper:arxiv:2601.00001")
    from bot.matcher import Matcher

    core.matcher = Matcher(core.store, core.clock, worker="fresh")
    await core.bring(about(103, "stars"))
    assert "part 103" in titles(core)


async def test_filters_beside_an_example_are_never_overridden(core: Core) -> None:
    await stocked(core)
    await core.subscribe('like:"agents that plan with world models"~12 cat:cs.LG -survey')
    await core.bring(
        about(101, "worlds"),
        about(102, "worlds", categories=("cs.LG",)),
        about(103, "worlds", categories=("cs.LG",), comment="", keywords=("survey",)),
    )
    assert "part 102" in titles(core)
    assert "part 101" not in titles(core) and "part 103" not in titles(core)


async def test_an_unknown_example_is_told_and_brings_nothing(core: Core) -> None:
    await stocked(core)
    said = words(await core.say("preview like:2501.09999"))
    assert "No listing has brought 2501.09999" in said
    assert "0 of 28" in said


async def test_preview_shows_the_rate_and_fewer_and_more_move_it(core: Core) -> None:
    await stocked(core)
    reply = await core.say('subscribe like:"agents that plan with world models"~3')
    few = int(words(reply).split(" of ")[0].split()[-1])
    more = await core.say(commands(reply)["More"])
    assert "~5" not in words(more) and 'like:"agents that plan with world models"' in words(more)
    many = await core.say(commands(more)["More"])
    assert "~8" in words(many)
    assert few <= int(words(many).split(" of ")[0].split()[-1])
    assert "no longer open" in words(await core.say(commands(reply)["More"]))
    await core.say(commands(many)["Confirm"])
    kept = (await core.store.subscriptions.of("recording", "lab"))[0]
    assert kept.query.endswith("~8")
    fewer = await core.say("fewer 1")
    assert "about 5 papers a week" in words(fewer)
    await core.say(commands(fewer)["Undo"])
    assert (await core.store.subscriptions.of("recording", "lab"))[0].query.endswith("~8")


async def test_more_and_fewer_ask_for_the_right_to_manage_and_for_an_example(core: Core) -> None:
    await core.subscribe('like:"agents that plan"')
    await core.subscribe("robot")
    stranger = origin(BOB, rights=AllRights(manage=False))
    assert "may change" in words(await core.say("more 1", stranger))
    assert "knows more and fewer" in words(await core.say("more 2"))


async def test_explain_says_what_is_not_near(core: Core) -> None:
    await stocked(core)
    await core.subscribe('like:"agents that plan with world models"~12')
    await core.bring(about(101, "worlds"), about(102, "stars"))
    assert "near in meaning" in words(await core.say("explain 2601.00101"))
    assert "not near enough" in words(await core.say("explain 2601.00102"))


async def rate(core: Core, **labels: str) -> None:
    for number, verb in labels.items():
        await core.say(f"{verb} 2601.{int(number[1:]):05d}")


async def test_a_digest_comes_in_the_order_of_what_was_liked_and_loses_nothing(core: Core) -> None:
    await core.bring(*(about(at, topic) for at, topic in enumerate(("stars", "stars", "arms"), 1)))
    await rate(core, p1="like", p2="like", p3="unlike")
    sub = await core.subscribe("part", cadence=Cadence(when=When.DAILY))
    await core.bring(about(11, "arms"), about(12, "folds"), about(13, "stars"))
    await core.say(f"send-now {sub.number}")
    await core.settle()
    card = repr(core.adapter.posted[-1].card.blocks)
    assert card.index("part 13") < card.index("part 12") < card.index("part 11")


async def test_switched_off_the_order_is_the_filters(core: Core) -> None:
    await core.bring(*(about(at, topic) for at, topic in enumerate(("stars", "stars", "arms"), 1)))
    await rate(core, p1="like", p2="like", p3="unlike")
    where = ML
    papers = [about(11, "arms"), about(13, "stars")]
    assert [one.id[-2:] for one in await core.digests._meanings.ordered(where, papers)] == ["13", "11"]
    await core.say("settings profile:off")
    assert [one.id[-2:] for one in await core.digests._meanings.ordered(where, papers)] == ["11", "13"]


async def test_only_where_asked_a_profile_leaves_out_and_explain_tells(core: Core) -> None:
    await core.bring(*(about(at, topic) for at, topic in enumerate(("stars", "stars", "arms"), 1)))
    await rate(core, p1="like", p2="like", p3="unlike")
    await core.subscribe("part")
    await core.bring(about(11, "arms"))
    assert "part 11" in titles(core)
    await core.say("settings profile:filter")
    await core.bring(about(12, "arms"), about(13, "stars"), about(14, "folds"))
    assert "part 12" not in titles(core)
    assert "part 13" in titles(core) and "part 14" in titles(core)
    assert "profile of this place leaves it out" in words(await core.say("explain 2601.00012"))


async def test_a_profile_adds_nothing_that_a_filter_does_not_want(core: Core) -> None:
    await core.bring(*(about(at, topic) for at, topic in enumerate(("stars", "stars", "arms"), 1)))
    await rate(core, p1="like", p2="like", p3="unlike")
    await core.subscribe("protein")
    await core.say("settings profile:filter")
    await core.bring(about(11, "stars"))
    assert "part 11" not in titles(core)


async def test_a_profile_is_shown_explained_undone_exported_and_erased(core: Core) -> None:
    await core.bring(*(about(at, topic) for at, topic in enumerate(("stars", "stars", "arms"), 1)))
    assert "Nobody has rated" in words(await core.say("profile"))
    first = await core.say("like 2601.00001")
    assert "so far 1" in words(first)
    assert "Taken back" in words(await core.say(commands(first)["Undo"]))
    assert "Nobody has rated" in words(await core.say("profile"))
    await rate(core, p1="like", p2="like", p3="unlike")
    shown = words(await core.say("profile"))
    assert "2 liked, 1 not" in shown
    assert "+" in shown and "star" in shown and "−" in shown and "grasp" in shown
    why = words(await core.say("profile paper:2601.00003"))
    assert "Score −" in why or "Score -" in why
    assert "nearer to what was not liked" in why
    exported = json.loads((await core.say("profile export")).card.files[0].content)
    assert sorted(one["rating"] for one in exported) == [-1, 1, 1]
    assert all(one["mine"] for one in exported)
    stranger = origin(BOB, rights=AllRights(manage=False))
    assert "may change" in words(await core.say("profile erase", stranger))
    assert "3 ratings" in words(await core.say("profile erase"))
    assert "Nobody has rated" in words(await core.say("profile"))


async def test_people_vote_once_each_and_channels_do_not_share(core: Core) -> None:
    await core.bring(about(1, "stars"))
    await core.say("like 2601.00001")
    await core.say("like 2601.00001")
    await core.say("unlike 2601.00001", origin(BOB))
    values = {one.person: one.value for one in await core.store.ratings.of(ML)}
    assert values == {"ana": 1, "bob": -1}
    assert "Nobody has rated" in words(await core.say("profile", origin(ANA, MINE)))
    other = Destination(platform="recording", workspace="other", channel="ml")
    assert "Nobody has rated" in words(await core.say("profile", origin(ANA, other)))


async def test_forget_me_shows_exports_and_erases_ones_own_ratings_everywhere(core: Core) -> None:
    await core.bring(about(1, "stars"))
    await core.say("like 2601.00001")
    await core.say("unlike 2601.00001", origin(ANA, MINE))
    await core.say("like 2601.00001", origin(BOB))
    assert "2 papers that you rated" in words(await core.say("forget-me"))
    exported = json.loads((await core.say("forget-me export")).card.files[0].content)
    assert sorted(one["rating"] for one in exported["ratings"]) == [-1, 1]
    await core.say("forget-me erase")
    assert [one.person for one in await core.store.ratings.of(ML)] == ["bob"]
    assert list(await core.store.ratings.of(MINE)) == []


async def test_ratings_of_a_place_are_bounded_and_the_oldest_go(core: Core, monkeypatch) -> None:
    monkeypatch.setattr("bot.store.ratings.MOST", 3)
    await core.bring(*(about(at, "stars") for at in range(1, 6)))
    for at in range(1, 6):
        await core.say(f"like 2601.{at:05d}")
        await core.clock.advance(timedelta(seconds=1))
    assert sorted(one.paper_id[-1] for one in await core.store.ratings.of(ML)) == ["3", "4", "5"]


async def test_related_papers_stand_on_the_full_card_and_their_threads_where_one_may_read(core: Core) -> None:
    await core.subscribe("robot")
    await core.bring(about(1, "arms"), about(2, "arms"), about(3, "stars"))
    full = words(await core.say("paper 2601.00001"))
    assert "related:" in full and "part 2" in full and "part 3" not in full
    abstract = words(await core.say("abstract 2601.00001"))
    assert "part 2" in abstract and "discussed in" not in abstract
