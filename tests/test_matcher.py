"""The matcher of one process: what was saved anywhere counts at once, whole, and harms nobody else."""

from dataclasses import replace

import pytest

from bot.matcher import Matcher
from bot.meaning import Meanings, Refused
from bot.models import Destination, Paper, SubscriptionState
from bot.store import keys
from tests.core import ML, Core, open_core, paper

OTHER = replace(ML, workspace="other lab", channel="cv")


async def queued(core: Core, *papers: Paper) -> None:
    """The papers wait to be matched."""
    core.source.bring(*papers)
    await core.poller.once()


async def test_a_filter_saved_in_one_process_counts_in_all_others_with_their_next_paper(
    core: Core, redis_url: str
) -> None:
    other = open_core(redis_url, core.clock, worker="w2")
    try:
        await core.matcher.once()
        await other.matcher.once()  # both hold what there is: nothing
        made = await core.subscribe("drones")
        await queued(core, paper(1, "Drones that fly"))
        assert (await other.matcher.once()).matches == 1
        await core.store.subscriptions.put(replace(made, query="boats"))
        await queued(core, paper(2, "Drones again"), paper(3, "Boats that swim"))
        assert (await other.matcher.once()).matches == 1
        await core.store.subscriptions.drop(await fresh(core, made.number))
        await queued(core, paper(4, "More boats"))
        assert (await other.matcher.once()).matches == 0
    finally:
        await other.store.database.close()


async def fresh(core: Core, number: int):
    found = await core.store.subscriptions.get("recording", "lab", number)
    assert found is not None
    return found


class Meddling(Meanings):
    """Somebody changes a filter while a batch is being matched."""

    def __init__(self, core: Core, number: int) -> None:
        super().__init__(core.store, core.clock)
        self.core, self.number, self.done = core, number, False

    async def refused(self, place: Destination, paper: Paper, asked: Refused) -> bool:
        if not self.done:
            self.done = True
            held = await fresh(self.core, self.number)
            await self.core.store.subscriptions.put(replace(held, query="boats"))
        return await super().refused(place, paper, asked)


async def test_a_batch_that_is_under_way_uses_the_old_rule_and_the_next_the_new_one(core: Core) -> None:
    made = await core.subscribe("drones")
    meddling = Meddling(core, made.number)
    core.matcher = Matcher(core.store, core.clock, worker="w1", meanings=meddling)
    await queued(core, *(paper(number, f"Drones {number}") for number in range(1, 6)))
    plans = await core.matcher.once()
    assert meddling.done
    assert plans.matches == 5
    await queued(core, paper(6, "Drones 6"), paper(7, "Boats 7"))
    assert (await core.matcher.once()).matches == 1


async def test_what_cannot_be_read_harms_no_other_filter(core: Core, monkeypatch) -> None:
    for bad in ("(" * 3_000, "a OR", "-survey", "the", ""):
        made = await core.subscribe("robots")
        await core.store.subscriptions.put(replace(made, query=bad))
    damaged = await core.subscribe("robots")
    await core.store.database.client.hset(
        keys.subscriptions("recording", "lab"), str(damaged.number), '{"v":1,"number":"x"}'
    )
    good = await core.subscribe("drones")
    await queued(core, paper(1, "Drones and robots"))
    matcher = Matcher(core.store, core.clock, worker="w1")
    assert (await matcher.once()).matches == 1  # with the index built from nothing
    await queued(core, paper(2, "Drones and robots, again"))
    await core.store.subscriptions.put(await fresh(core, good.number))
    assert (await matcher.once()).matches == 1  # and as changes come


async def test_a_record_that_is_damaged_behind_its_filter_harms_no_other(core: Core) -> None:
    name = keys.subscriptions("recording", "lab")
    for extra in ("", ',"sources":["arxiv"]'):
        damaged = await core.subscribe("drones")
        raw = f'{{"v":1,"query":"drones","destination":{{"channel":7}}{extra}}}'
        await core.store.database.client.hset(name, str(damaged.number), raw)
    await core.subscribe("drones")
    matcher = Matcher(core.store, core.clock, worker="w1")
    for number in (1, 2):
        await queued(core, paper(number, f"Drones {number}"))
        assert (await matcher.once()).matches == 1


async def test_a_choice_of_sources_holds_from_the_start_and_after_a_change(core: Core) -> None:
    one = await core.subscribe("drones", sources=("huggingface",))
    matcher = Matcher(core.store, core.clock, worker="w1")
    await queued(core, paper(1, "Drones"))
    assert (await matcher.once()).matches == 0
    one = await core.store.subscriptions.put(replace(one, sources=("arxiv",)))
    await queued(core, paper(2, "Drones, two"))
    assert (await matcher.once()).matches == 1
    await core.store.subscriptions.put(replace(one, state=SubscriptionState.REMOVED))
    await queued(core, paper(3, "Drones, three"))
    assert (await matcher.once()).matches == 0
    await queued(core, paper(4, "Drones, four"))
    assert (await Matcher(core.store, core.clock, worker="w1").once()).matches == 0


async def test_many_workspaces_are_loaded_whole(core: Core) -> None:
    places = [replace(ML, workspace=f"lab {number}") for number in range(45)]
    for place in places:
        await core.subscribe("drones", destination=place)
        await core.subscribe("boats", destination=place)
    await queued(core, paper(1, "Drones"))
    assert (await Matcher(core.store, core.clock, worker="w1").once()).matches == len(places)


async def test_the_loop_gets_its_turn_while_thousands_match_one_paper(core: Core) -> None:
    turns: list[int] = []

    class Counting:
        def __getattr__(self, name: str) -> object:
            return getattr(core.clock, name)

        async def sleep(self, seconds: float) -> None:
            turns.append(1)
            await core.clock.sleep(seconds)

    for number in range(300):
        await core.subscribe(f"drones -x{number}x")
    matcher = Matcher(core.store, Counting(), worker="w1")  # type: ignore[arg-type]
    await queued(core, paper(1, "Drones"))
    assert (await matcher.once()).matches == 300
    assert len(turns) >= 300 // 50 * 2  # while loading, and while explaining


async def damage(core: Core, number: int) -> None:
    name = keys.paper(paper(number).id)
    await core.store.database.call(core.store.database.client.set(name, '{"v": 1, "title": 7}'))


async def test_a_paper_that_cannot_be_read_is_set_aside_and_the_others_are_matched(core: Core) -> None:
    await core.subscribe("robot")
    await queued(core, *(paper(number) for number in range(1, 5)))
    await damage(core, 3)
    assert (await core.matcher.once()).matches == 3
    assert await core.store.papers.stream.length() == 0
    [aside] = await core.store.aside.all()
    assert aside.paper == paper(3).id
    assert "cannot be read" in aside.why


async def test_what_was_set_aside_is_matched_once_it_is_asked_for_again(core: Core) -> None:
    await core.subscribe("robot")
    await queued(core, paper(1))
    held = await core.store.database.call(core.store.database.client.get(keys.paper(paper(1).id)))
    await damage(core, 1)
    assert (await core.matcher.once()).matches == 0
    await core.store.database.call(core.store.database.client.set(keys.paper(paper(1).id), held))
    [aside] = await core.store.aside.all()
    assert await core.store.aside.replay(aside)
    assert not await core.store.aside.replay(aside), "of two who ask one does it"
    assert (await core.matcher.once()).matches == 1
    assert await core.store.aside.all() == []


class Broken(Meanings):
    """Meets a bug of ours with some papers."""

    def __init__(self, core: Core, faulty: set[str]) -> None:
        super().__init__(core.store, core.clock)
        self._faulty = faulty

    async def refused(self, destination: Destination, paper: Paper, known: Refused) -> bool:
        if paper.id in self._faulty:
            raise ZeroDivisionError
        return await super().refused(destination, paper, known)


async def test_a_bug_that_one_paper_meets_costs_that_paper_alone(core: Core) -> None:
    await core.subscribe("robot")
    matcher = Matcher(core.store, core.clock, worker="w1", meanings=Broken(core, {paper(2).id}))
    await queued(core, *(paper(number) for number in range(1, 5)))
    assert (await matcher.once()).matches == 3
    [aside] = await core.store.aside.all()
    assert (aside.paper, aside.why) == (paper(2).id, "ZeroDivisionError: a bug of ours.")


async def test_a_bug_that_all_papers_meet_ends_the_program_and_sets_none_aside(core: Core) -> None:
    await core.subscribe("robot")
    all_of_them = [paper(number) for number in range(1, 5)]
    matcher = Matcher(
        core.store, core.clock, worker="w1", meanings=Broken(core, {one.id for one in all_of_them})
    )
    await queued(core, *all_of_them)
    with pytest.raises(ZeroDivisionError):
        await matcher.once()
    assert await core.store.aside.all() == []
    assert await core.store.papers.stream.length() == 4
