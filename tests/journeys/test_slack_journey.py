"""A lab's first hour with Paper Pigeon in Slack: the real process, sample listings, a loopback Slack."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.journeys.slack_lab import cards, running, said
from tests.peers.slack_server import DROP_AFTER, SlackPeer, refuse


@pytest.fixture
async def peer(contracts: Path) -> AsyncIterator[SlackPeer]:
    async with SlackPeer() as peer:
        yield peer
        assert peer.violations == [], "every body was one that Slack takes"


@pytest.fixture
async def pigeon(peer: SlackPeer, tmp_path: Path) -> AsyncIterator[None]:
    """It runs, and holds a socket."""
    async with running(peer, tmp_path, "--demo", PIGEON_SLACK__APP_TOKEN="xapp-1"):
        await peer.until(lambda: peer.sockets, 30)
        yield


async def subscribed(peer: SlackPeer, written: str, **who: str) -> None:
    asked = await peer.slash(f"/papers subscribe {written}", **who)
    preview = {"ts": "1.0", **await asked.reply()}
    assert "Subscribed" in said(await (await peer.press("Confirm", message=preview, **who)).reply())


@pytest.mark.usefixtures("pigeon")
async def test_from_the_first_help_to_a_discussion(peer: SlackPeer) -> None:
    await peer.open_home(user="U2")
    home = await peer.until(lambda: peer.homes.get("U2"))
    assert "Nothing is posted until you choose" in said(home)
    assert "subscribe" in said(await (await peer.slash("/papers help")).reply())
    assert "Did you mean" in said(await (await peer.slash("/papers subscirbe x")).reply())
    assert "missing" in said(await (await peer.slash("/papers preview (robot OR")).reply())

    # A connection breaks after Slack has taken the first card: it is looked for, and stands once.
    peer.faults.next("chat.postMessage", DROP_AFTER)
    await subscribed(peer, "robot OR agents OR diffusion OR language when:instant")
    await subscribed(peer, "model when:instant to:me", user="U2")
    await peer.until(lambda: len(cards(peer, "C1")) >= 2 and cards(peer, "DU2"), 45)
    await peer.until(lambda: peer.calls("conversations.history"), 20)

    card = cards(peer, "C1")[0]
    assert "matched:" in said(card)
    assert said(await (await peer.press("Abstract", message=card)).reply())
    assert said(await (await peer.press("Save", message=card, user="U2")).reply())
    await (await peer.press("Discuss", message=card)).reply()
    await peer.until(lambda: len(peer.posts("C1", thread=card["ts"])) >= 2, 20)
    await (await peer.press("Discuss", message=card, user="U2")).reply()

    assert "Sent to your direct messages" in said(
        await (await peer.slash("/papers saved bibtex", user="U2")).reply()
    )
    assert b"@" in next(iter(peer.files.values()))["content"]
    assert "agents" in said(await (await peer.slash("/papers list")).reply())
    assert "I can post here" in said(await (await peer.slash("/papers status")).reply())

    view = await (await peer.slash("/papers edit 1")).modal()
    await peer.submit(view, {"when": "daily"})
    # The asker's own zone: Slack tells it.
    await peer.until(lambda: "at once → weekdays 09:00 Europe/Paris" in said(peer.views[view["id"]]))
    assert "Paused" in said(await (await peer.slash("/papers pause 1 for:1w")).reply())
    assert "Undone" in said(await _undone(peer))
    removed = {"ts": "1.0", **await (await peer.slash("/papers remove 1")).reply()}
    assert "Undone" in said(await (await peer.press("Undo", message=removed)).reply())
    assert len(peer.posts("C1", thread=card["ts"])) == 2, "pressed twice, and one thread"
    keys = [post["metadata"]["event_payload"]["d"] for place in ("C1", "DU2") for post in cards(peer, place)]
    assert len(set(keys)) == len(keys), "each card once"


async def _undone(peer: SlackPeer) -> dict[str, Any]:
    paused = {"ts": "1.0", **await (await peer.slash("/papers pause 1")).reply()}
    return await (await peer.press("Undo", message=paused)).reply()


@pytest.mark.usefixtures("pigeon")
async def test_who_may_not_and_where_it_cannot(peer: SlackPeer) -> None:
    reply = await (await peer.slash("/papers subscribe robot", user="U3")).reply()
    assert "Only people who can manage" in said(reply), "a guest who is not in the channel"
    peer.add_channel("G2", "hidden", members=("U1",), is_private=True)
    reply = await (await peer.slash("/papers subscribe robot", channel="G2")).reply()
    assert "/invite @Paper Pigeon" in said(reply)
    peer.channels["G2"]["members"].add("UBOT")
    again = await (await peer.press("Retry", message={"ts": "1.0", **reply}, channel="G2")).reply()
    assert "Confirm" in said(again)

    peer.faults.channels["C1"] = "restricted_action"
    await subscribed(peer, "robot OR agents OR diffusion OR language when:instant")
    told = await peer.until(lambda: peer.posts("DU1"), 45)
    assert "The workspace does not let me post there" in said(told), "the maker learns why"
    peer.faults.channels.clear()
    retried = await (await peer.press("Retry", message=told[0], user="U1", channel="DU1")).reply()
    assert "I try" in said(retried)
    await peer.until(lambda: cards(peer, "C1"), 45)

    peer.faults.next("views.open", refuse("expired_trigger_id"))
    reply = await (await peer.slash("/papers subscribe")).reply()
    form = await (await peer.press("Open the form", message={"ts": "1.0", **reply})).modal()
    await peer.type_in(form, "query", "robot")
    await peer.until(
        lambda: any("Written: `/papers subscribe robot`" in said(view) for view in peer.views.values())
    )


async def test_by_http_with_one_token(peer: SlackPeer, tmp_path: Path) -> None:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    door = {
        "PIGEON_SLACK__MODE": "http",
        "PIGEON_SLACK__SIGNING_SECRET": "secret",
        "PIGEON_SLACK__HTTP_PORT": str(port),
    }
    peer.request_url = f"http://127.0.0.1:{port}/slack/events"
    async with running(peer, tmp_path, "--demo", **door):
        async with asyncio.timeout(30):
            while True:  # nothing announces that it listens
                try:
                    asked = await peer.slash("/papers help")
                    break
                except OSError:
                    await asyncio.sleep(0.05)  # noqa: TID251
        assert "subscribe" in said(await asked.reply())
        assert (await peer.send_signed("{}", signature="v0=forged"))[0] == 401
