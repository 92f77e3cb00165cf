"""The gateway over real sockets: commands, resumed sessions, and starts that fail."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from adapters.discord import gateway
from adapters.discord.adapter import DiscordAdapter
from adapters.discord.identify import BURST, IdentifyBudget, day_budget
from bot.clock import SystemClock
from bot.errors import SettingsError
from bot.ports import HappeningKind
from bot.testing.clock import FakeClock
from tests.adapters.discord.fakes import Core, DictShelf, said
from tests.adapters.discord.test_interactions import FORM, with_button
from tests.adapters.discord.test_wire import settings
from tests.peers.discord_server import DiscordPeer

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


class QuickClock(SystemClock):
    """The machine's clock, but pauses between starts are short; they are noted."""

    def __init__(self) -> None:
        self.slept: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        await super().sleep(min(seconds, 0.05))


@asynccontextmanager
async def served(
    peer: DiscordPeer, core: Core, shelf: DictShelf | None = None, clock: QuickClock | None = None
) -> AsyncIterator[DiscordAdapter]:
    adapter = DiscordAdapter(settings(peer), clock or QuickClock(), shelf or DictShelf())
    async with adapter.connect(core):
        yield adapter


@pytest.fixture
async def peer() -> AsyncIterator[DiscordPeer]:
    async with DiscordPeer() as made:
        yield made
        assert made.violations == []


async def serve_for_ever(peer: DiscordPeer, meanwhile: Callable[[], Awaitable[None]] | None = None) -> None:
    async with asyncio.timeout(30), served(peer, Core()):
        if meanwhile:
            await meanwhile()
        await asyncio.Event().wait()


async def ready(peer: DiscordPeer) -> None:
    await peer.until(lambda: peer.gateway.connected and peer.backend.commands.get(None))


async def settled(peer: DiscordPeer, shelf: DictShelf) -> None:
    """READY is over: discord.py waits two seconds for servers that are still to come."""
    await peer.until(lambda: any(name.startswith("guild/") for name in shelf.kept))


async def test_a_journey_over_the_wire(peer: DiscordPeer) -> None:
    lab, core = peer.server(), Core()
    ml = lab.channels["ml"]
    ada, bob = peer.person("ada", lab, manages=True), peer.person("bob", lab)
    async with served(peer, core):
        await ready(peer)
        core.answers["subscribe"] = with_button("undo u1", "Undo", announce=said("ada subscribed #ml").card)
        answer = await ada.slash(ml, "papers subscribe", query="robots", when="weekly")
        assert answer.seconds < 1.0
        await answer.settled()
        assert dict(core.last[0].options) == {"query": "robots", "when": "weekly"}
        assert await core.last[1].rights.may_manage(core.last[1].where, ())
        await peer.until(lambda: peer.texts(ml))
        assert peer.texts(ml) == ["ada subscribed #ml"]
        pressed = await bob.press(answer.messages[0], "Undo")
        assert core.last[0].verb == "undo"
        assert not await core.last[1].rights.may_manage(core.last[1].where, ())
        assert pressed.text == "did undo"
        core.answers["edit"] = said("x", form=FORM)
        shown = await ada.slash(ml, "papers edit", subscription="7")
        core.answers["edit"] = said("changed")
        assert (await ada.submit(shown, query="new")).text == "changed"
        assert core.last[0].options["query"] == "new"
        assert (await ada.type_into(ml, "papers subscribe", "to", "ml")).choices[0]["value"] == f"<#{ml}|ml>"
        assert (await bob.slash(None, "papers list")).text == "did list"
        assert core.last[1].where.direct


async def test_a_slow_core_is_acknowledged_in_time(peer: DiscordPeer) -> None:
    lab, core = peer.server(), Core()
    ada = peer.person("ada", lab)
    async with served(peer, core):
        await ready(peer)
        core.delay = 1.2
        answer = await ada.slash(lab.channels["ml"], "papers status")
        assert answer.seconds < 1.5
        assert (await answer.settled()).text == "did status"


@pytest.mark.parametrize("place", ["a server without the bot", "a group of people"])
@pytest.mark.parametrize("slow", [False, True])
async def test_who_installed_it_to_their_account_is_answered_alone(
    peer: DiscordPeer, place: str, slow: bool
) -> None:
    core = Core()
    peer.server()
    async with served(peer, core):
        await ready(peer)
        foreign = peer.server("Foreign")
        ada = peer.person("ada", foreign)
        ada.installed = True
        channel = foreign.channels["ml"] if place == "a server without the bot" else None
        core.answers["list"] = core.answers["search"] = said(
            "your own alerts", announce=said("everybody reads this").card
        )
        verb, options = ("search", {"query": "x"}) if slow else ("list", {})
        answer = await (await ada.slash(channel, f"papers {verb}", **options)).settled()
        assert core.last[1].where.workspace == f"@{ada.id}"
        assert [one["flags"] & 64 for one in answer.messages] == [64], "and nothing is announced there"


@pytest.mark.parametrize("fault", ["drop-before", "drop-after", "status"])
async def test_a_broken_acknowledgement_is_given_again(peer: DiscordPeer, fault: str) -> None:
    lab, core = peer.server(), Core()
    ada = peer.person("ada", lab)
    async with served(peer, core):
        await ready(peer)
        for verb, options in {"list": {}, "search": {"query": "robots"}}.items():
            peer.faults.add(fault, path="/interactions/*", status=502)
            answer = await ada.slash(lab.channels["ml"], f"papers {verb}", **options)
            assert (await answer.settled()).text == f"did {verb}"
            assert len(answer.messages) == 1


async def test_an_interaction_that_came_too_late_is_carried_out_and_said_in_the_log(
    peer: DiscordPeer, capsys: pytest.CaptureFixture[str]
) -> None:
    lab, core = peer.server(), Core()
    ada = peer.person("ada", lab)
    async with served(peer, core):
        await ready(peer)
        peer.faults.add("status", path="/interactions/*", status=404, code=10062)
        asking = asyncio.create_task(ada.slash(lab.channels["ml"], "papers search", query="robots"))
        await peer.until(lambda: core.asked)
        assert core.last[0].verb == "search"
        asking.cancel()
    assert "came too late" in capsys.readouterr().out


async def test_a_forged_press_is_a_command_like_any_other(peer: DiscordPeer) -> None:
    lab, core = peer.server(), Core()
    ada = peer.person("ada", lab)
    async with served(peer, core):
        await ready(peer)
        core.answers["list"] = with_button("pause s7")
        shown = (await ada.slash(lab.channels["ml"], "papers list")).messages[0]
        await ada.press_id(shown, "p1:remove s1")
        command, origin = core.last
        assert command.verb == "remove"
        assert origin.workspace == ("discord", str(lab.id))
        asked = len(core.asked)
        for custom_id in ("p1:", "x", "p1:no-such-verb 7", "p1:remove s0"):
            assert (await ada.press_id(shown, custom_id)).text
        assert len(core.asked) == asked


async def test_commands_are_written_only_when_they_changed(peer: DiscordPeer) -> None:
    peer.server()
    shelf = DictShelf()
    for _ in range(2):
        async with served(peer, Core(), shelf):
            await ready(peer)
    assert len(peer.sent("PUT", "/commands")) == 1
    name = next(name for name in shelf.kept if name.startswith("commands/"))
    shelf.kept[name] = "of another version"
    async with served(peer, Core(), shelf):
        await peer.until(lambda: len(peer.sent("PUT", "/commands")) == 2)
    peer.backend.register_commands(None, [{"type": 1, "name": "other", "description": "of another program"}])
    async with served(peer, Core(), shelf):
        await peer.until(lambda: len(peer.sent("PUT", "/commands")) == 3)


async def test_a_dropped_connection_resumes_and_misses_nothing(peer: DiscordPeer) -> None:
    core, shelf = Core(), DictShelf()
    peer.server()
    async with served(peer, core, shelf):
        await settled(peer, shelf)
        await peer.gateway.close(4000)
        fresh = peer.server("Fresh", invited=True)
        await peer.until(lambda: any(h.destination.workspace == str(fresh.id) for h in core.happenings))
        assert (peer.gateway.identified, peer.gateway.resumed) == (1, 1)
        assert core.happenings[-1].kind is HappeningKind.WORKSPACE_JOINED


async def test_an_interaction_told_twice_is_carried_out_once(peer: DiscordPeer) -> None:
    lab, core = peer.server(), Core()
    ada = peer.person("ada", lab)
    async with served(peer, core):
        await ready(peer)
        await ada.slash(lab.channels["ml"], "papers list")
        (session,) = peer.gateway.sessions.values()
        told = next(payload for _, event, payload in session.log if event == "INTERACTION_CREATE")
        peer.gateway.emit("INTERACTION_CREATE", told)
        await ada.slash(lab.channels["ml"], "papers status")
        assert [command.verb for command, _ in core.asked] == ["list", "status"]


async def test_an_invitation_is_greeted(peer: DiscordPeer) -> None:
    core = Core()
    core.answers["welcome"] = said("Hi. Nothing is posted until you choose.")
    shelf = DictShelf()
    peer.server()
    async with served(peer, core, shelf):
        await settled(peer, shelf)
        fresh = peer.server("Fresh", channels=["lobby"], invited=True)
        await peer.until(lambda: peer.texts(fresh.channels["lobby"]))
        assert peer.texts(fresh.channels["lobby"]) == ["Hi. Nothing is posted until you choose."]


async def test_a_first_connection_that_fails_is_tried_again_with_pauses(
    peer: DiscordPeer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gateway, "FIRST_CONNECT", 0.3)
    peer.server()
    peer.gateway.refuse_connections = True
    clock = QuickClock()
    async with served(peer, Core(), clock=clock):
        await peer.until(lambda: len(clock.slept) >= 2)
        assert clock.slept == sorted(clock.slept)
        assert peer.gateway.identified == 0
        peer.gateway.refuse_connections = False
        await peer.until(lambda: peer.gateway.connected)


@pytest.mark.parametrize("code", sorted(gateway.FATAL))
async def test_what_no_new_start_can_mend_surfaces_in_a_sentence(peer: DiscordPeer, code: int) -> None:
    peer.gateway.refuse_with = code
    with pytest.raises(SettingsError) as raised:
        await serve_for_ever(peer)
    assert str(raised.value) == gateway.FATAL[code]
    assert peer.gateway.identified == 1


async def test_a_token_reset_while_connected_surfaces(peer: DiscordPeer) -> None:
    async def reset() -> None:
        await ready(peer)
        peer.token = "another"
        await peer.gateway.close(4004)

    with pytest.raises(SettingsError, match="PIGEON_DISCORD__TOKEN"):
        await serve_for_ever(peer, reset)


async def test_used_up_sessions_are_not_spent(peer: DiscordPeer) -> None:
    peer.sessions_left = 3
    clock = QuickClock()
    async with served(peer, Core(), clock=clock):
        await peer.until(lambda: clock.slept)
        assert clock.slept[0] == 3600.0
        with contextlib.suppress(TimeoutError):
            await peer.until(lambda: peer.gateway.connected)


async def test_an_error_within_is_raised_as_it_is(peer: DiscordPeer) -> None:
    async def fail() -> None:
        raise ValueError("mine")

    with pytest.raises(ValueError, match="mine"):
        await serve_for_ever(peer, fail)


async def test_the_session_budget_slows_a_loop_down() -> None:
    clock = FakeClock()
    budget = IdentifyBudget(clock)
    for _ in range(BURST):
        assert budget.wait() == 0
        await budget.spend()
    assert 99 <= budget.wait() <= 100
    assert day_budget(1000, 1, 5000) == 0
    assert day_budget(20, 1, 5000) == 5.0
