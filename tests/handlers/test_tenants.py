"""Two workspaces on one bot: whatever is typed in one, nothing of the other is read or changed."""

import random
from collections.abc import Sequence

import pytest

from bot.cards import Action, Item
from bot.commands import VERBS, Command
from bot.models import Destination, Person
from bot.ports import Origin, Reply
from tests.core import ANA, ML, AllRights, Core, commands, origin, paper, words

SECRET = "zanzibar"
"""A word that only the first workspace uses."""
HERE = origin(ANA, where=ML)
THERE = origin(
    Person(id="ana", name="Ana"),  # even the same id of a person is somebody else in another workspace
    where=Destination(platform="recording", workspace="rival", channel="ml", name="#ml"),
)
VALUES = {
    "subscription": ("1", "2", "s1", "3"),
    "paper": ("2601.00001", "2601.00002"),
    "query": ("robot", "open doors", f"-{SECRET} robot"),
    "to": ("here", "me", "#ml", "#other"),
    "in": ("here", "#ml"),
    "scope": ("here", "server", "mine"),
    "action": ("show", "export", "preview", "send-now"),
    "when": ("daily", "instant"),
    "missed": ("send", "skip"),
    "format": ("list", "json", "bibtex"),
}


def said(reply: Reply) -> str:
    files = b"".join(file.content for file in reply.card.files).decode()
    return f"{words(reply)}\n{files}\n{reply.announce and reply.announce.fallback}\n{reply.form}".lower()


def buttons(reply: Reply) -> list[str]:
    found: list[Action] = list(reply.card.actions)
    for block in reply.card.blocks:
        if isinstance(block, Item):
            found += [block.action, *block.actions] if block.action else block.actions
    return [action.command for action in found if action.command]


async def furnished(core: Core) -> list[str]:
    """A workspace with a channel subscription, an alert, a saved paper, settings, drafts; its buttons."""
    await core.bring(paper(1), paper(2))
    carried: list[str] = []
    for line in (
        f"subscribe {SECRET} OR robot name:{SECRET} when:instant",
        f"subscribe {SECRET} to:me",
        f"subscribe robot name:{SECRET} when:daily",
    ):
        asked = await core.say(line, HERE)
        carried += buttons(asked)
        done = await core.say(commands(asked)["Confirm"], HERE)
        carried += buttons(done)
    await core.bring(paper(3), paper(4))
    await core.say(f"save 2601.00001 tag:{SECRET}", HERE)
    await core.say(f"settings managers:{SECRET}", HERE)
    pending = await core.say("subscribe robot", HERE)
    removed = await core.say("remove 2", HERE)
    return [*carried, *buttons(pending), *buttons(removed)]


async def snapshot(core: Core) -> dict[str, object]:
    """All that the store holds of the first workspace."""
    kept: dict[str, object] = {}
    client = core.store.database.client
    async for key in client.scan_iter("*"):
        if "rival" in key or key.startswith(("pp:{papers}", "pp:lease", "pp:draft", "pp:limit")):
            continue
        kind = await client.type(key)
        if kind == "hash":
            held = await client.hgetall(key)
            kept[key] = {name: value for name, value in held.items() if "rival" not in name}
        elif kind == "string" and "lab" in key:
            kept[key] = await client.get(key)
    return {key: value for key, value in kept.items() if "lab" in key}


async def try_everything(core: Core, asker: Origin, seed: int) -> None:
    """Sixty commands at random, of which none may tell the secret."""
    chance = random.Random(seed)
    for _ in range(60):
        verb = chance.choice([verb for verb in VERBS if verb.name != "discuss"])
        options = {
            option.name: chance.choice(VALUES.get(option.name, ("",)))
            for option in verb.options
            if option.name in VALUES and chance.random() < 0.7
        }
        reply = await core.handlers(Command(verb=verb.name, options=options), asker)
        mine = SECRET in " ".join(options.values())  # what one typed oneself may be echoed
        assert mine or SECRET not in said(reply), (verb.name, options)


@pytest.mark.parametrize("seed", range(4))
async def test_nothing_crosses_from_one_workspace_to_another(core: Core, seed: int) -> None:
    carried = await furnished(core)
    before = await snapshot(core)
    assert before
    await try_everything(core, THERE, seed)
    for line in carried:
        reply = await core.say(line, THERE)
        assert SECRET not in said(reply), line
    for verb, option in (("pause", "subscription"), ("explain", "subscription"), ("resume", "subscription")):
        choices = await core.handlers.complete(verb, option, "", THERE)
        assert SECRET not in str(choices)
    assert await snapshot(core) == before


class Outsider(AllRights):
    """Neither reads nor manages the channel that the first ones use."""

    async def may_read(self, destination: Destination) -> bool:
        return destination.channel != ML.channel

    async def may_manage(self, destination: Destination, managers: Sequence[str]) -> bool:
        return destination.channel != ML.channel


OUTSIDE = origin(
    Person(id="eve", name="Eve"),
    where=Destination(platform="recording", workspace=ML.workspace, channel="open", name="#open"),
    rights=Outsider(),
)


@pytest.mark.parametrize("seed", range(4))
async def test_nothing_of_a_closed_channel_is_told_to_those_outside(core: Core, seed: int) -> None:
    await furnished(core)
    await try_everything(core, OUTSIDE, seed)
    for line in ("list scope:server", "explain 1", "preview subscription:1", "pause 1", "explain 2601.00003"):
        assert SECRET not in said(await core.say(line, OUTSIDE)), line
    assert SECRET not in str(await core.handlers.complete("pause", "subscription", "", OUTSIDE))


async def test_who_manages_a_closed_channel_without_reading_it_finds_what_is_there(core: Core) -> None:
    class Admin(Outsider):
        async def may_manage(self, destination: Destination, managers: Sequence[str]) -> bool:
            return True

    await furnished(core)
    admin = origin(OUTSIDE.person, where=OUTSIDE.where, rights=Admin())
    assert SECRET in said(await core.say("list scope:server", admin))
    assert "Paused" in words(await core.say("pause 1", admin))
