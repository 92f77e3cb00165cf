"""Rights are asked at execution and end at the server's border; what befalls channels reaches the core."""

from __future__ import annotations

from dataclasses import replace

import discord
import pytest
from simcord.backend.models import Overwrite
from simcord.enums import OverwriteType

from adapters.discord import permissions
from bot.errors import CommandError
from bot.models import Destination
from bot.ports import HappeningKind
from bot.testing.cards import EXAMPLE_CARDS
from tests.adapters.discord.fakes import said
from tests.adapters.discord.sim import world

CARD = EXAMPLE_CARDS["paper-compact"]


def place(w, channel, thread=None) -> Destination:
    return Destination(
        platform="discord", workspace=str(w.guild.id), channel=str(channel.id), thread=thread and str(thread)
    )


async def rights_of(w, member, channel=None):
    await member.slash(channel or w.channel, "papers status")
    return w.core.last[1].rights


async def test_manage_channels_is_what_it_takes() -> None:
    async with world() as w:
        there = place(w, w.channel)
        assert await (await rights_of(w, w.alice)).may_manage(there, ())
        assert not await (await rights_of(w, w.bob)).may_manage(there, ())


async def test_a_right_that_was_taken_away_is_gone_at_the_next_press() -> None:
    async with world() as w:
        other = w.guild.create_text_channel("other")
        assert await (await rights_of(w, w.alice)).may_manage(place(w, other), ())
        closed = w.guild.create_text_channel(
            "closed", overwrites={w.guild.default_role: discord.PermissionOverwrite(view_channel=False)}
        )
        rights = await rights_of(w, w.alice)
        assert not await rights.may_manage(place(w, closed), ())
        assert not await rights.may_read(place(w, closed))


async def test_roles_and_people_named_as_managers() -> None:
    async with world() as w:
        curators = w.guild.create_role("curators")
        carol = w.guild.add_member(w.env.create_user("carol"), roles=[curators])
        rights = await rights_of(w, carol)
        assert not await rights.may_manage(place(w, w.channel), ())
        assert await rights.may_manage(place(w, w.channel), (str(curators.id),))
        assert await rights.may_manage(place(w, w.channel), (str(carol.id),))
        assert await rights.may_manage(place(w, w.channel), (f"<@&{curators.id}>",))
        assert not await rights.may_manage(place(w, w.channel), ("1", str(w.bob.id)))


async def test_nothing_reaches_beyond_the_server() -> None:
    async with world() as w:
        elsewhere = w.env.create_guild("Elsewhere")
        channel = elsewhere.create_text_channel("theirs")
        rights = await rights_of(w, w.alice)
        foreign = [
            Destination(platform="discord", workspace=str(elsewhere.id), channel=str(w.channel.id)),
            Destination(platform="discord", workspace=str(elsewhere.id), channel=str(channel.id)),
            Destination(platform="discord", workspace=str(w.guild.id), channel=str(channel.id)),
            Destination(platform="slack", workspace=str(w.guild.id), channel=str(w.channel.id)),
            Destination(platform="discord", workspace=str(w.guild.id), channel=str(w.bob.id), direct=True),
            Destination(platform="discord", workspace=str(w.guild.id), channel="not a number"),
        ]
        for destination in foreign:
            assert not await rights.may_manage(destination, (str(w.alice.id),))
            assert not await rights.may_read(destination)


async def test_missing_permissions_have_the_clients_names() -> None:
    async with world() as w:
        deny = discord.PermissionOverwrite(send_messages=False)
        quiet = w.guild.create_text_channel("quiet", overwrites={w.guild.default_role: deny})
        hidden = w.guild.create_text_channel(
            "hidden", overwrites={w.guild.default_role: discord.PermissionOverwrite(view_channel=False)}
        )
        rights = await rights_of(w, w.alice)
        assert list(await rights.missing(place(w, w.channel))) == []
        assert list(await rights.missing(place(w, quiet))) == ["Send Messages"]
        assert list(await rights.missing(place(w, hidden))) == ["View Channel"]
        shy = w.guild.create_text_channel("shy", overwrites={w.guild.default_role: no_threads()})
        assert list(await rights.missing(place(w, shy))) == []
        assert list(await rights.wished(place(w, shy))) == ["Create Public Threads"]
        assert rights.remedy(["A", "B", "C"]).endswith("add my role and allow A, B and C.")


def no_threads():
    import discord

    return discord.PermissionOverwrite(create_public_threads=False)


def test_permissions_are_computed_as_discord_says() -> None:
    """https://discord.com/developers/docs/topics/permissions#permission-overwrites."""
    view, send = permissions.VIEW_CHANNEL, permissions.SEND_MESSAGES
    roles = [{"id": "1", "permissions": str(view)}, {"id": "2", "permissions": str(send)}]
    common = {"server": "1", "member": "9", "owner": "8", "roles": roles, "member_roles": ["2"]}
    assert permissions.in_channel(**common, overwrites=[]) == view | send
    assert permissions.in_channel(**{**common, "owner": "9"}, overwrites=[]) == permissions.EVERYTHING
    deny_all = {"id": "1", "allow": "0", "deny": str(view | send)}
    assert permissions.in_channel(**common, overwrites=[deny_all]) == 0
    allow_role = {"id": "2", "allow": str(view), "deny": "0"}
    assert permissions.in_channel(**common, overwrites=[deny_all, allow_role]) == view
    deny_member = {"id": "9", "allow": str(send), "deny": str(view)}
    assert permissions.in_channel(**common, overwrites=[deny_all, allow_role, deny_member]) == send
    admin = [{"id": "1", "permissions": str(permissions.ADMINISTRATOR)}]
    assert (
        permissions.in_channel(**{**common, "roles": admin}, overwrites=[deny_all]) == permissions.EVERYTHING
    )


async def test_a_server_joined_while_we_were_away_is_greeted_once() -> None:
    async with world() as w:
        w.core.answers["welcome"] = said("Hi. Nothing is posted until you choose.")
        fresh = w.env.create_guild("Fresh")
        fresh.create_text_channel(
            "rules", overwrites={fresh.default_role: discord.PermissionOverwrite(send_messages=False)}
        )
        lobby = fresh.create_text_channel("lobby")
        await w.env.settle()
        w.shelf.kept[f"guild/{w.guild.id}"] = "Lab"  # the one known when we went away
        for _ in range(2):
            await w.env.restart_bot(w.client())
            await w.env.settle()
        assert [texts_of(message) for message in lobby.history()] == [
            "Hi. Nothing is posted until you choose."
        ]
        command, origin = w.core.last
        assert command.verb == "welcome"
        assert origin.where.channel == str(lobby.id)
        assert not await origin.rights.may_manage(origin.where, (origin.person.id,))


def texts_of(message) -> str:
    return "\n".join(
        part.content for view in message.components for part in view.children if hasattr(part, "content")
    )


async def test_nobody_is_greeted_where_nothing_may_be_written() -> None:
    async with world() as w:
        before = len(w.env.http_requests)
        silent = w.env.create_guild("Silent")
        await w.env.settle()
        w.env.bot.dispatch("guild_join", w.env.bot.get_guild(silent.id))
        await w.env.settle()
        assert not [one for one in w.env.http_requests[before:] if one.method == "POST"]
        assert w.core.happenings[-1].kind is HappeningKind.WORKSPACE_JOINED


async def test_leaving_a_server_is_told_also_when_it_was_missed() -> None:
    async with world() as w:
        await w.env.settle()
        gone = w.env.create_guild("Gone")
        await w.env.settle()
        w.env.backend.remove_guild(gone.id)
        await w.env.settle()
        told = w.core.happenings[-1]
        assert (told.kind, told.destination.workspace) == (HappeningKind.WORKSPACE_LEFT, str(gone.id))
        w.shelf.kept["guild/42"] = "Missed"
        await w.env.restart_bot(w.client())
        await w.env.settle()
        assert (HappeningKind.WORKSPACE_LEFT, "42") in [
            (h.kind, h.destination.workspace) for h in w.core.happenings
        ]


async def test_deleted_and_closed_and_opened_channels_are_told() -> None:
    async with world() as w:
        ml, backend = w.channel, w.env.backend
        await w.env.settle()
        closed = Overwrite(target_id=w.guild.id, type=OverwriteType.ROLE, deny=permissions.SEND_MESSAGES)
        for overwrites in ([closed], []):
            backend.edit_channel(ml.id, {}, overwrites=overwrites)
            await w.env.settle()
        backend.delete_channel(ml.id)
        await w.env.settle()
        told = [(h.kind, h.destination.channel, h.detail) for h in w.core.happenings[-3:]]
        assert told == [
            (HappeningKind.DESTINATION_GONE, str(ml.id), "I lack Send Messages there."),
            (HappeningKind.DESTINATION_BACK, str(ml.id), ""),
            (HappeningKind.DESTINATION_GONE, str(ml.id), "It was deleted."),
        ]


async def test_a_deleted_thread_is_told_without_its_channel() -> None:
    async with world() as w:
        where = Destination(platform="discord", workspace=str(w.guild.id), channel=str(w.channel.id))
        card = await w.adapter.send(where, EXAMPLE_CARDS["paper-compact"], key="a" * 24)
        opened = await w.adapter.open_thread(card, EXAMPLE_CARDS["paper-full"], name="talk", key="b" * 24)
        w.env.backend.delete_channel(int(opened.thread))
        await w.env.settle()
        told = w.core.happenings[-1]
        assert told.kind is HappeningKind.THREAD_GONE
        assert (told.destination.channel, told.destination.thread) == (str(w.channel.id), opened.thread)


async def test_only_a_deleted_thread_does_not_stand() -> None:
    async with world() as w:
        where = Destination(platform="discord", workspace=str(w.guild.id), channel=str(w.channel.id))
        card = await w.adapter.send(where, EXAMPLE_CARDS["paper-compact"], key="a" * 24)
        opened = await w.adapter.open_thread(card, EXAMPLE_CARDS["paper-full"], name="talk", key="b" * 24)
        thread = replace(where, thread=opened.thread)
        rights = await rights_of(w, w.alice)
        assert await rights.stands(thread)

        w.env.backend.edit_channel(int(opened.thread), {}, thread_metadata={"archived": True})
        await w.env.settle()
        assert await rights.stands(thread), "archived ones are not in the gateway's list, and stand"

        w.env.backend.delete_channel(int(opened.thread))
        await w.env.settle()
        assert not await rights.stands(thread)
        assert await rights.stands(replace(thread, workspace="42")), "what cannot be asked for stands"


async def test_roles_are_named_as_people_name_them() -> None:
    async with world() as w:
        phd = w.guild.create_role("PhD")
        rights = await rights_of(w, w.alice)
        assert await rights.named(["@phd", f"<@&{phd.id}>", "<@77>"]) == [
            f"<@&{phd.id}>", f"<@&{phd.id}>", "<@77>",
        ]  # fmt: skip
        with pytest.raises(CommandError, match="no role"):
            await rights.named(["nobody"])


async def test_a_role_that_gained_something_opens_channels() -> None:
    async with world() as w:
        everyone = w.guild.default_role.id
        w.env.backend.edit_role(w.guild.id, everyone, {"permissions": permissions.VIEW_CHANNEL})
        await w.env.settle()
        w.env.backend.edit_role(w.guild.id, everyone, {"permissions": permissions.POSTING})
        await w.env.settle()
        assert (HappeningKind.DESTINATION_BACK, str(w.channel.id)) in [
            (h.kind, h.destination.channel) for h in w.core.happenings
        ]
