"""A lab with Paper Pigeon in Slack, verb by verb: from the invitation to forget-me, by the real process."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.clock import SystemClock
from bot.commands.verbs import OFFERED
from bot.samples.server import SampleServer
from tests.journeys.slack_lab import cards, running, said
from tests.peers.slack_server import DROP_AFTER, SlackPeer

pytestmark = pytest.mark.timeout(400)
WIDE = "robot OR agents OR diffusion OR language OR model"
PATIENCE = 120


@pytest.fixture
async def peer(contracts: Path) -> AsyncIterator[SlackPeer]:
    async with SlackPeer() as peer:
        peer.paced = True
        yield peer
        assert peer.violations == [], "every body was one that Slack takes"


class Member:
    """Somebody of the workspace, who types and presses; which verbs were used is kept."""

    def __init__(self, peer: SlackPeer, user: str, used: set[str]) -> None:
        self._peer = peer
        self._user = user
        self._used = used

    async def asks(self, text: str) -> dict[str, Any]:
        """Type a command; the private answer."""
        self._used.add(text.split(maxsplit=1)[0])
        exchange = await self._peer.slash(f"/papers {text}", user=self._user)
        return {"ts": "1.0", **await exchange.reply()}

    async def presses(self, label: str, message: dict[str, Any]) -> dict[str, Any]:
        """Press a button, or choose from a menu; the answer."""
        exchange = await self._peer.press(label, message=message, user=self._user)
        return {"ts": "1.0", **await exchange.reply()}

    async def opens(self, text: str) -> dict[str, Any]:
        """Type a command that opens a form; the form."""
        self._used.add(text.split(maxsplit=1)[0])
        return await (await self._peer.slash(f"/papers {text}", user=self._user)).modal()


@pytest.fixture
async def pigeon(peer: SlackPeer, tmp_path: Path) -> AsyncIterator[None]:
    """It runs on sample papers of which a day passes in twenty seconds, and holds a socket."""
    async with SampleServer(SystemClock(), seconds_per_day=20.0) as listing:
        settings = {
            "PIGEON_SLACK__APP_TOKEN": "xapp-1",
            "PIGEON_SOURCES": "huggingface",
            "PIGEON_HUGGINGFACE__URL": listing.huggingface_url,
            "PIGEON_POLL_SECONDS": "2",
        }
        async with running(peer, tmp_path, **settings):
            await peer.until(lambda: peer.sockets, PATIENCE)
            yield


@pytest.mark.usefixtures("pigeon")
async def test_from_the_invitation_to_forget_me(peer: SlackPeer) -> None:
    used: set[str] = set()
    ann, bob, guest = (Member(peer, user, used) for user in ("U1", "U2", "U3"))

    # invite, set up
    await peer.event({"type": "member_joined_channel", "user": "UBOT", "channel": "C1", "team": "T1"})
    await peer.open_home(user="U1")
    home = await peer.until(lambda: peer.homes.get("U1"))
    assert "Nothing is posted until you choose" in said(home)
    assert "subscribe" in said(await ann.asks("help"))
    setup = await ann.asks("setup")
    assert "Robot learning" in said(setup)
    assert not peer.posts("C1"), "an invitation alone makes nothing appear"

    # subscribe, by the form, with its preview
    form = await ann.opens("subscribe")
    values = {"query": WIDE, "when": "instant", "name": "ours"}
    await peer.type_in(form, "query", WIDE[:12], values=values)
    await peer.type_in(form, "when", "instant", values=values)
    shown = await peer.until(lambda: "Written: `/papers subscribe" in said(peer.views[form["id"]]), PATIENCE)
    assert shown
    peer.faults.next("chat.postMessage", DROP_AFTER)
    await peer.submit(peer.views[form["id"]], values, user="U1")
    question = await peer.until(
        lambda: "Confirm" in said(peer.views[form["id"]]) and peer.views[form["id"]], PATIENCE
    )
    await peer.press("Confirm", view=question, user="U1")
    await peer.until(lambda: "Subscribed" in said(peer.views[form["id"]]), PATIENCE)

    # papers arrive, each once, though the answer to the first one was lost
    await peer.until(lambda: len(papers(peer)) >= 3, PATIENCE)
    card = papers(peer)[0]
    assert "matched:" in said(card)
    assert said(await bob.presses("Abstract", card))

    # pause; a day passes; resume with what was missed
    assert "Paused" in said(await ann.asks("pause 1 for:1d"))
    known = await knows(ann)
    stood = len(papers(peer))
    async with asyncio.timeout(PATIENCE):
        while await knows(ann) <= known:
            await SystemClock().sleep(0.5)
    assert len(papers(peer)) == stood, "nothing is posted meanwhile"
    missed = await ann.asks("resume 1")
    assert "matched during the pause. Send now?" in said(missed)
    send = next(text for text in re.findall(r'"(Send \d+)"', said(missed)))
    assert "What you missed comes now as one digest" in said(await ann.presses(send, missed))
    digest = await peer.until(lambda: [one for one in cards(peer, "C1") if one not in papers(peer)], PATIENCE)
    assert digest

    # discuss, in one thread; why; save
    await bob.presses("Discuss", card)
    await peer.until(lambda: len(peer.posts("C1", thread=card["ts"])) >= 2, PATIENCE)
    assert "is open" in said(await ann.presses("Discuss", card))
    assert len(peer.posts("C1", thread=card["ts"])) == 2, "pressed twice: one thread, one opener"
    why = await bob.presses("Why this?", card)
    assert "see it" in said(why), "step by step, to the message that was posted"
    await bob.presses("Save", card)
    paper = next(part for part in said(card).split("https://arxiv.org/abs/")[1:])[:10]
    assert "Open the thread" in said(await bob.asks(f"discuss {paper}"))
    assert "saved" in said(await bob.asks(f"save {paper} tag:group")).lower()
    assert paper in said(await bob.asks(f"paper {paper}"))
    assert said(await bob.asks(f"explain {paper}"))
    assert "Sent to your direct messages" in said(await bob.asks("saved bibtex"))
    assert "papers" in said(await bob.asks("preview robot days:30"))
    assert said(await bob.asks("search robot"))
    assert said(await bob.asks("profile"))
    assert "I can post here" in said(await bob.asks("status"))

    # by mention in the thread, by direct message, by the shortcuts
    await peer.mention(f"<@UBOT> explain {paper}", user="U2", thread=card["ts"])
    seen = await peer.until(lambda: peer.ephemerals, PATIENCE)
    assert (seen[-1]["user"], seen[-1]["thread_ts"]) == ("U2", card["ts"]), "there, and for them alone"
    await peer.say("status", user="U2")
    await peer.until(lambda: "I can post here" in said(peer.posts("DU2")), PATIENCE)
    link = {"ts": peer.stamp(), "user": "U1", "text": f"have you read <https://arxiv.org/abs/{paper}>?"}
    saved = await (await peer.shortcut("pigeon_save", message=link, user="U1")).reply()
    assert "saved" in said(saved).lower()
    assert "field.query" in said(await (await peer.shortcut("pigeon_find", user="U1")).modal())

    # edit, by the form; only who may
    form = await ann.opens("edit 1")
    await peer.until(lambda: "Written: `/papers edit 1" in said(peer.views[form["id"]]), PATIENCE)
    await peer.submit(form, {"when": "daily", "name": "our papers"})
    await peer.until(
        lambda: "at once → weekdays 09:00 Europe/Paris" in said(peer.views[form["id"]]), PATIENCE
    )
    assert "Only people who can manage" in said(await guest.asks("pause 1"))
    assert said(await ann.asks("digest 1"))
    assert "our papers" in said(await ann.asks("list"))

    # remove, undo
    removed = await ann.asks("remove 1")
    assert "Undone" in said(await ann.presses("Undo", removed))
    assert "our papers" in said(await ann.asks("list"))

    # settings: managers by a user group, threads never
    peer.groups["S1"] = ("leads", {"U3"})
    changed = await ann.asks('settings managers:"<!subteam^S1|@leads>" threads:never')
    assert "managers*: @leads" in said(changed)
    assert "Paused" in said(await guest.asks("pause 1")), "named by their group"
    other = next(one for one in papers(peer) if one["ts"] != card["ts"])
    assert "Threads are switched off" in said(await bob.presses("Discuss", other))

    # what no part of the journey needs is answered, too
    for verb in OFFERED:
        if verb.name not in used | {"forget-me"}:
            assert said(await ann.asks(verb.examples[0])), verb.name

    # forget-me
    forget = await bob.asks("forget-me")
    assert '"confirm"' in said(forget), "Slack itself asks whether they really want that"
    assert "Erased" in said(await bob.presses("Erase it", forget))
    assert used == {verb.name for verb in OFFERED}, "every verb was used"
    keys = [post["metadata"]["event_payload"]["d"] for post in cards(peer, "C1")]
    assert len(set(keys)) == len(keys), "each card once"


async def knows(member: Member) -> int:
    """How many papers the bot knows, once all of them are matched."""
    async with asyncio.timeout(PATIENCE):
        while True:
            found = re.search(r"([\d,]+) papers known, 0 waiting", said(await member.asks("status")))
            if found:
                return int(found[1].replace(",", ""))
            await SystemClock().sleep(0.2)


def papers(peer: SlackPeer) -> list[dict[str, Any]]:
    """Cards of papers in the channel: those that offer their abstract."""
    return [post for post in cards(peer, "C1") if "Abstract" in said(post)]
