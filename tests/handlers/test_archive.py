"""What questions about the past see: everything stored, up to date, whatever was in memory before."""

from datetime import timedelta

import pytest

from bot.handlers import archive
from bot.handlers.archive import Archive
from bot.handlers.replay import Replay
from bot.meaning import Meanings
from bot.models import Cadence, Sighting, When
from bot.query import parse
from tests.core import ML, AllRights, Core, open_core, origin, paper, words


def replay(core: Core) -> Replay:
    return Replay(core.store, core.clock, Meanings(core.store, core.clock))


async def count(asking: Replay, query: str, days: int = 7) -> int:
    return (await asking.run(parse(query), days=days)).count


async def test_new_and_changed_papers_are_seen_at_once(core: Core) -> None:
    asking = replay(core)
    await core.bring(paper(1, upvotes=3))
    assert await count(asking, "robot") == 1
    assert await count(asking, "upvotes>=10") == 0
    await core.bring(paper(1, upvotes=12), paper(2))
    assert await count(asking, "robot") == 2
    assert await count(asking, "upvotes>=10") == 1
    await core.bring(paper(2, title="Trees", abstract="On graphs."))
    assert await count(asking, "graph") == 1
    assert await count(asking, "robot") == 1


async def test_another_process_saved_it(core: Core) -> None:
    asking = replay(core)
    assert await count(asking, "robot") == 0
    other = open_core(core.store.database.url, core.clock, worker="w2")
    await other.seeded()
    await other.bring(paper(1))
    assert await count(asking, "robot") == 1
    await other.store.database.close()


async def test_a_longer_look_back_reads_what_is_missing(core: Core) -> None:
    asking = replay(core)
    await core.bring(paper(1))
    await core.clock.advance(timedelta(days=10))
    await core.bring(paper(2))
    assert await count(asking, "robot", days=7) == 1
    assert await count(asking, "robot", days=30) == 2
    assert await count(asking, "robot", days=7) == 1


async def test_only_the_newest_are_kept(core: Core, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "KEPT", 3)
    held = Archive(core.store, core.clock)
    await held.window(core.clock.now() - timedelta(days=7))
    for number in range(1, 6):
        await core.clock.advance(60)
        await core.bring(paper(number))
    window = await held.window(core.clock.now() - timedelta(days=7))
    assert {one.paper.id[-1] for one in window.papers()} == {"3", "4", "5"}


async def test_the_best_come_first_and_the_rest_is_counted(core: Core) -> None:
    await core.bring(
        *(paper(number, f"On trees, part {number}", abstract="A robot.") for number in range(1, 20)),
        paper(20, "Robots and robots"),
    )
    replayed = await replay(core).run(parse("robot"), days=7, best=2)
    assert replayed.count == 20
    assert [hit.paper.id for hit in replayed.hits] == ["arxiv:2601.00020", "arxiv:2601.00001"]
    assert replayed.hits[0].verdict.reasons
    assert sum(replayed.per_day) == 20


async def test_preview_says_which_terms_did_the_work(core: Core) -> None:
    await core.bring(paper(1), paper(2, "Drones", abstract="They fly."), paper(3))
    said = words(await core.say("preview robot OR drone OR submarine"))
    assert "What did the work: robot 2 · drone 1 · 1 brought nothing" in said


async def test_preview_names_what_comes_already(core: Core) -> None:
    first = await core.subscribe("robot")
    await core.subscribe("author:nobody")
    await core.subscribe(
        "drone", destination=ML.__class__(platform="recording", workspace="lab", channel="x")
    )
    await core.bring(paper(1), paper(2, "Drones", abstract="They fly."))
    said = words(await core.say("preview robot OR drone"))
    assert f"Of these come here already: 1 from subscription {first.number}" in said
    for named in (f"{first.number}", f"#{first.number}", f"{first.number} · robot"):
        assert "come here already" not in words(await core.say(f'preview subscription:"{named}"'))


async def test_preview_names_near_misses(core: Core) -> None:
    await core.bring(paper(1), paper(2, categories=("cs.LG",)), paper(3, categories=("cs.LG",)))
    said = words(await core.say("preview robot cat:cs.RO"))
    assert "Just missed: 2 more without" in said


async def test_preview_offers_narrower_forms_with_their_rates(core: Core) -> None:
    await core.bring(
        *(paper(number) for number in range(1, 18)),
        *(paper(number, "Trees", abstract="A robot.") for number in range(18, 40)),
    )
    said = words(await core.say("preview robot"))
    assert "Narrower:" in said
    assert "in the title only: 17, about 17 a day" in said


async def test_search_among_what_was_posted(core: Core) -> None:
    await core.subscribe("title:robots")
    await core.subscribe("title:gripper", cadence=Cadence(when=When.HOURLY))
    await core.bring(paper(1), paper(2, "A gripper"), paper(3, "Doors"))
    assert "3 of 3 papers" in words(await core.say("search door"))
    said = words(await core.say("search door delivered:here"))
    assert "1 of 3 papers in 30 days, posted in #ml" in said
    await core.clock.advance(timedelta(hours=1))
    await core.settle()
    assert "2 of 3 papers" in words(await core.say("search door delivered:here"))
    assert "and was posted to you" in words(await core.say("search door delivered:me"))


async def test_no_search_in_a_channel_that_one_cannot_read(core: Core) -> None:
    class Stranger(AllRights):
        async def may_read(self, destination: object) -> bool:
            return False

    said = words(await core.say("search door delivered:#secret", by=origin(rights=Stranger())))
    assert "cannot read that channel" in said


async def test_sources_narrow_what_is_looked_at(core: Core) -> None:
    await core.bring(paper(1), paper(2, sightings=(Sighting(source="huggingface"),)))
    replayed = await replay(core).run(parse("robot"), days=7, sources=["huggingface"])
    assert (replayed.checked, replayed.count) == (1, 1)
