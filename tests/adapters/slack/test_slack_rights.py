"""Who may manage, read and post: asked of Slack at each command."""

import json

import pytest

from adapters.slack.adapter import SlackAdapter
from adapters.slack.groups import KEPT, Groups
from adapters.slack.public import KEPT as PUBLIC_FOR
from adapters.slack.public import PublicChannels
from adapters.slack.rights import SlackRights
from adapters.slack.settings import SlackSettings
from bot.cards.reply import message
from bot.clock import SystemClock
from bot.errors import CommandError
from bot.models import Destination
from bot.ports import NamingRights, Reply
from bot.testing.clock import FakeClock
from tests.adapters.slack.conftest import Core, MemoryShelf, made, serving_with
from tests.peers.slack_server import SlackPeer, refuse, status


def channel(name: str) -> Destination:
    return Destination(platform="slack", workspace="T1", channel=name)


async def rights(
    adapter: SlackAdapter, user: str, public: PublicChannels | None = None, **settings: object
) -> SlackRights:
    clock = SystemClock()
    team, public = await adapter.workspaces.home(), public or PublicChannels(clock)
    return SlackRights(team, user, SlackSettings(**settings), Groups(clock), public)


# C1: ann (admin) and bob, who created it; C2: ann; G1: private, ann; gus is a guest in none of them.
POLICIES = [
    ("members", "U1", "C1", True),
    ("members", "U2", "C1", True),
    ("members", "U2", "C2", False),
    ("members", "U3", "C1", False),
    ("members", "U2", "G1", False),
    ("creator", "U2", "C1", True),
    ("creator", "U1", "C1", True),
    ("creator", "U3", "C1", False),
    ("admins", "U1", "C1", True),
    ("admins", "U2", "C1", False),
    ("list", "U1", "C1", False),
]


@pytest.mark.parametrize(("policy", "user", "where", "may"), POLICIES)
async def test_the_policy_decides_who_manages(
    adapter: SlackAdapter, policy: str, user: str, where: str, may: bool
):
    asker = await rights(adapter, user, managers=policy)
    assert await asker.may_manage(channel(where), ()) is may
    assert await asker.may_manage(channel(where), (f"<@{user}>",)) is True, "whom the workspace names"
    operator = await rights(adapter, user, managers="list", manager_ids=(user,))
    assert await operator.may_manage(channel(where), ()) is True


async def test_everybody_manages_their_own_direct_messages_and_nobody_elses(adapter: SlackAdapter):
    asker = await rights(adapter, "U2")
    own = Destination(platform="slack", workspace="T1", channel="U2", direct=True)
    other = Destination(platform="slack", workspace="T1", channel="U1", direct=True)
    assert (await asker.may_manage(own, ()), await asker.may_manage(other, ("U2",))) == (True, False)
    assert (await asker.may_read(own), await asker.may_read(other)) == (True, False)


async def test_other_workspaces_and_platforms_are_out_of_reach(adapter: SlackAdapter, peer: SlackPeer):
    asker = await rights(adapter, "U1")
    for place in (
        Destination(platform="slack", workspace="T2", channel="C1"),
        Destination(platform="discord", workspace="T1", channel="C1"),
    ):
        before = len(peer.requests)
        assert not await asker.may_manage(place, ("U1",))
        assert not await asker.may_read(place)
        assert await asker.missing(place) == ()
        assert len(peer.requests) == before, "it is not even asked"


async def test_members_read_public_channels_and_guests_their_own(adapter: SlackAdapter, peer: SlackPeer):
    assert await (await rights(adapter, "U2")).may_read(channel("C2"))
    assert not await (await rights(adapter, "U3")).may_read(channel("C2"))
    assert not await (await rights(adapter, "U2")).may_read(channel("G1"))
    assert await (await rights(adapter, "U1")).may_read(channel("G1"))
    assert not await (await rights(adapter, "U1")).may_read(channel("C404"))
    peer.channels["C2"]["members"] |= {f"UX{number:04}" for number in range(2500)} | {"U3"}
    assert await (await rights(adapter, "U3")).may_read(channel("C2")), "also on the last page of its members"


async def test_a_public_channel_is_asked_for_once_in_some_minutes_and_a_private_one_each_time(
    adapter: SlackAdapter, peer: SlackPeer
):
    clock = FakeClock()
    public = PublicChannels(clock)

    async def asked(user: str, name: str) -> list[str]:
        before = len(peer.requests)
        await (await rights(adapter, user, public)).may_read(channel(name))
        return [one.method for one in peer.requests[before:] if one.method != "auth.test"]

    assert "conversations.info" in await asked("U2", "C2")
    assert await asked("U1", "C2") == ["users.info"], "guests are still told apart"
    assert not await (await rights(adapter, "U3", public)).may_read(channel("C2"))
    assert "conversations.info" in await asked("U1", "G1")
    assert "conversations.info" in await asked("U1", "G1")
    await clock.advance(PUBLIC_FOR)
    assert "conversations.info" in await asked("U1", "C2")


async def test_what_the_bot_lacks_is_told_in_slacks_words(adapter: SlackAdapter, peer: SlackPeer):
    asker = await rights(adapter, "U1")
    assert await asker.missing(channel("C1")) == ()
    assert await asker.missing(channel("C2")) == (), "with chat:write.public no invitation is needed"
    assert not asker.lacking
    peer.channels["C1"]["is_archived"] = True
    assert "Unarchive channel" in (await asker.missing(channel("C1")))[0]
    assert "/invite" in (await asker.missing(channel("G9")))[0]
    assert asker.lacking


@pytest.mark.parametrize(
    "fault", [refuse("missing_scope", needed="users:read"), refuse("ratelimited"), status(500)], ids=str
)
async def test_what_cannot_be_found_out_is_not_taken_as_a_yes(adapter: SlackAdapter, peer: SlackPeer, fault):
    asker = await rights(adapter, "U1", managers="admins")
    peer.faults.always("users.info", fault)
    with pytest.raises(CommandError, match="did nothing"):
        await asker.may_manage(channel("C1"), ())


async def test_rights_are_asked_anew_for_each_command(adapter: SlackAdapter, peer: SlackPeer):
    asker = await rights(adapter, "U2")
    assert await asker.may_manage(channel("C1"), ())
    peer.channels["C1"]["members"].discard("U2")
    assert not await asker.may_manage(channel("C1"), ())


async def test_where_the_bot_is_not_the_command_says_so_with_retry(
    peer: SlackPeer, shelf: MemoryShelf, core: Core
):
    peer.add_channel("G2", "hidden", members=("U1",), is_private=True)

    async def guarded(command, origin):
        try:
            assert await origin.rights.may_manage(origin.where, ())
        except CommandError as error:
            return Reply(card=message("", str(error)))
        return Reply(card=message("Subscribed"))

    core.replies["subscribe"] = guarded
    async with serving_with(peer, shelf, core):
        reply = await (await peer.slash("/papers subscribe diffusion", channel="G2")).reply()
        assert "/invite @Paper Pigeon" in reply["text"]
        peer.channels["G2"]["members"].add("UBOT")
        again = await (await peer.press("Retry", message={"ts": "1.0", **reply}, channel="G2")).reply()
        assert "Subscribed" in again["text"]
        assert "Retry" not in json.dumps(again)


async def test_a_scope_that_is_missing_names_itself_and_the_remedy(peer: SlackPeer, shelf: MemoryShelf):
    peer.teams["T1"].scopes -= {"channels:read"}
    adapter = made(peer, shelf)
    async with adapter.connect(None):
        with pytest.raises(CommandError, match="channels:read.*Reinstall"):
            await (await rights(adapter, "U2")).may_manage(channel("C1"), ())


# --- user groups as managers ------------------------------------------------------------------


async def test_a_user_group_may_be_named_as_managers(adapter: SlackAdapter, peer: SlackPeer):
    peer.groups["S1"] = ("leads", {"U2"})
    managers = ("<!subteam^S1>",)
    for user, may in (("U2", True), ("U1", False)):
        asker = await rights(adapter, user, managers="list")
        assert await asker.may_manage(channel("C1"), managers) is may
    operator = await rights(adapter, "U2", managers="list", manager_ids=("S1",))
    assert await operator.may_manage(channel("C1"), ()) is True


async def test_nobody_is_asked_about_groups_where_the_policy_suffices(adapter: SlackAdapter, peer: SlackPeer):
    assert await (await rights(adapter, "U2")).may_manage(channel("C1"), ("<!subteam^S1>",)) is True
    assert not peer.calls("usergroups.users.list")


async def test_who_is_in_a_group_is_known_for_half_a_minute(adapter: SlackAdapter, peer: SlackPeer):
    clock = FakeClock()
    peer.groups["S1"] = ("leads", {"U2"})
    asker = SlackRights(
        await adapter.workspaces.home(),
        "U2",
        SlackSettings(managers="list"),
        Groups(clock),
        PublicChannels(clock),
    )
    assert await asker.may_manage(channel("C1"), ("<!subteam^S1>",)) is True
    peer.groups["S1"] = ("leads", set())
    await clock.advance(KEPT - 1)
    assert await asker.may_manage(channel("C1"), ("<!subteam^S1>",)) is True
    assert len(peer.calls("usergroups.users.list")) == 1
    await clock.advance(1)
    assert await asker.may_manage(channel("C1"), ("<!subteam^S1>",)) is False


async def test_a_deleted_group_is_nobody(adapter: SlackAdapter):
    asker = await rights(adapter, "U2", managers="list")
    assert await asker.may_manage(channel("C1"), ("<!subteam^S9>",)) is False


async def test_without_the_scope_a_sentence_says_so(adapter: SlackAdapter, peer: SlackPeer):
    peer.groups["S1"] = ("leads", {"U2"})
    peer.teams["T1"].scopes -= {"usergroups:read"}
    asker = await rights(adapter, "U2", managers="list")
    assert isinstance(asker, NamingRights)
    with pytest.raises(CommandError, match="I lack the scope usergroups:read"):
        await asker.may_manage(channel("C1"), ("<!subteam^S1>",))
    for written in ("<!subteam^S1>", "@leads"):
        with pytest.raises(CommandError, match="Name people instead"):
            await asker.named([written])
    assert asker.lacking, "with Retry, once an admin has added it"
    assert await asker.named(["<@U2>"]) == ["<@U2>"]
    assert await asker.spelled(["<!subteam^S1>"]) == ["<!subteam^S1>"]


async def test_names_are_read_before_they_are_kept(adapter: SlackAdapter, peer: SlackPeer):
    peer.groups["S1"] = ("leads", {"U2"})
    asker = await rights(adapter, "U1")
    written = ["<@U2>", "U3", "<!subteam^S1>", "S1", "@leads"]
    group = "<!subteam^S1>"
    assert await asker.named(written) == ["<@U2>", "<@U3>", group, group, group]
    assert await asker.spelled(["<@U2>", group]) == ["@bob", "@leads"]
    with pytest.raises(CommandError, match="«@nobody» is neither a person nor a user group"):
        await asker.named(["@nobody"])


@pytest.mark.parametrize("fault", [refuse("fatal_error"), status(503), refuse("team_access_not_granted")])
async def test_a_group_that_cannot_be_asked_about_is_no_yes(adapter: SlackAdapter, peer: SlackPeer, fault):
    peer.faults.always("usergroups.users.list", fault)
    asker = await rights(adapter, "U2", managers="list")
    with pytest.raises(CommandError, match="does not tell me just now"):
        await asker.may_manage(channel("C1"), ("<!subteam^S1>",))
