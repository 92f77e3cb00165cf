"""Related papers, and «discussed in #x» only where the reader may see it."""

from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from bot.delivery.threads import Threads
from bot.handlers import related
from bot.models import CardSize, Destination, Person
from tests.core import ANA, ML, AllRights, Core, origin, paper, words

CLOSED = replace(ML, channel="closed", name="#zanzibar")
"""A channel whose very name is nobody's business who is not in it."""
OPEN = replace(ML, channel="open", name="#open")
BOB = Person(id="bob", name="Bob")


@dataclass
class Reads(AllRights):
    """May read some channels, and remembers which were asked about."""

    channels: frozenset[str] = frozenset()
    asked: list[str] = field(default_factory=list)
    manage: bool = True
    lacks: tuple[str, ...] = ()

    async def may_read(self, destination: Destination) -> bool:
        self.asked.append(destination.channel)
        return destination.channel in self.channels


def reader(*channels: str, where: Destination = ML) -> object:
    return origin(BOB, where, Reads(channels=frozenset(channels)))


async def two_alike(core: Core) -> None:
    await core.bring(
        paper(1, "Robot arms that grasp", abstract="A manipulator learns to grasp with a robot hand."),
        paper(2, "Robot arms that grasp well", abstract="A manipulator learns to grasp with a robot hand."),
    )


async def talked_about(core: Core, where: Destination, number: int = 2) -> None:
    """Somebody who is there opens the thread of a paper."""
    known = await core.store.papers.get(f"arxiv:2601.{number:05d}")
    assert known is not None
    await Threads(core.store, core.clock, platforms=["recording"]).plan(known, where)
    await core.settle()
    await core.clock.advance(timedelta(seconds=5))
    await core.settle()


@pytest.mark.parametrize("line", ["paper 2601.00001", "abstract 2601.00001"])
@pytest.mark.parametrize("subscribed", [True, False])
async def test_only_who_may_read_a_channel_learns_of_its_threads(
    core: Core, line: str, subscribed: bool
) -> None:
    await two_alike(core)
    if subscribed:
        await core.subscribe("nothing-comes-of-this", destination=CLOSED)
    await talked_about(core, CLOSED)
    assert len(core.adapter.threads) == 1
    said = words(await core.say(line, reader("ml")))
    assert "well" in said and "discussed" not in said and "zanzibar" not in said
    if subscribed:
        assert "discussed in #zanzibar" in words(await core.say(line, reader("ml", "closed")))


async def test_where_one_thread_may_not_be_read_another_is_named(core: Core) -> None:
    await two_alike(core)
    for where in (CLOSED, OPEN):
        await core.subscribe("nothing-comes-of-this", destination=where)
        await talked_about(core, where)
    said = words(await core.say("paper 2601.00001", reader("ml", "open")))
    assert "discussed in #open" in said and "zanzibar" not in said


async def test_another_workspace_learns_nothing_though_ids_are_equal(core: Core) -> None:
    await two_alike(core)
    await core.subscribe("nothing-comes-of-this", destination=OPEN)
    await talked_about(core, OPEN)
    there = replace(ML, workspace="rival")
    await core.subscribe("nothing-comes-of-this", destination=replace(OPEN, workspace="rival", name="#mine"))
    said = words(await core.say("paper 2601.00001", origin(ANA, there)))
    assert "well" in said and "discussed" not in said and "#open" not in said


async def test_a_followed_thread_is_found_in_a_channel_without_subscriptions(core: Core) -> None:
    from bot.models import MessageRef
    from bot.store.discussions import Discussion

    await two_alike(core)
    card = MessageRef(
        platform="recording", channel="open", message="m1", thread="t1", url="https://chat.example/t1"
    )
    talk = Discussion(
        destination=OPEN,
        paper="arxiv:2601.00002",
        card=card,
        posted_at=core.clock.now(),
        active_at=core.clock.now(),
    )
    await core.store.discussions.follow(talk, core.clock.now())
    assert "discussed" in words(await core.say("paper 2601.00001", reader("ml", "open")))
    assert "discussed" not in words(await core.say("paper 2601.00001", reader("ml")))


async def test_a_posted_card_names_threads_of_its_own_channel_and_of_no_other(core: Core) -> None:
    from bot.delivery.compose import Composer
    from bot.handlers import Handlers
    from bot.meaning import Meanings

    core.composer = Composer(
        core.store,
        paper_actions=Handlers.PAPER_ACTIONS,
        digest_actions=Handlers.DIGEST_ACTIONS,
        threading=["recording"],
        meanings=Meanings(core.store, core.clock),
    )
    core.lanes = core.another_sender(core.worker)
    await core.subscribe("grasp", card=CardSize.FULL, destination=OPEN)
    await core.subscribe("grasp", card=CardSize.FULL, destination=CLOSED)
    await two_alike(core)
    await talked_about(core, CLOSED)
    await core.bring(paper(3, "Robot arms that grasp better", abstract="A manipulator learns to grasp."))
    cards = {one.destination.channel: repr(one.card.blocks) for one in core.adapter.posted[-2:]}
    assert "related: " in cards["open"] and "discussed" not in cards["open"]
    assert "discussed here" in cards["closed"]


async def test_rights_are_asked_for_only_where_there_is_a_thread(core: Core) -> None:
    """On Slack each of these questions is a request, and there are limits to those."""
    await two_alike(core)
    for number in range(related.CHANNELS + 5):
        await core.subscribe("nothing", destination=replace(ML, channel=f"c{number}", name=f"#c{number}"))
    someone = Reads(channels=frozenset({"ml"}))
    await core.say("paper 2601.00001", origin(BOB, ML, someone))
    assert someone.asked == []
