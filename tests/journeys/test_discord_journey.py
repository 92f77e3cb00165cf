"""A lab's first hour with Paper Pigeon on Discord: the real process, sample listings, a Discord over real sockets."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from adapters.discord import permissions
from bot.clock import SystemClock
from bot.samples.server import SampleServer
from tests.peers.discord_people import Answer, parts, text_of
from tests.peers.discord_server import DiscordPeer

pytestmark = pytest.mark.timeout(400)
ROOT = Path(__file__).resolve().parents[2]
WIDE = "robot OR agents OR diffusion OR language OR model"


@pytest.fixture
async def peer() -> AsyncIterator[DiscordPeer]:
    async with DiscordPeer() as made:  # with Discord's own three seconds
        yield made
        assert made.violations == [], "every body was one that Discord takes"


@pytest.fixture
async def listing() -> AsyncIterator[SampleServer]:
    """The bundled sample papers; a day of theirs passes in twelve seconds."""
    async with SampleServer(SystemClock(), seconds_per_day=12.0) as server:
        yield server


@pytest.fixture
async def pigeon(
    peer: DiscordPeer, listing: SampleServer, tmp_path: Path
) -> AsyncIterator[asyncio.subprocess.Process]:
    """``pigeon run`` with those papers, connected to the loopback Discord."""
    peer.server("Before")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PIGEON_")}
    environment |= {
        "PYTHONPATH": str(ROOT),
        "PIGEON_ADAPTERS": "discord",
        "PIGEON_SOURCES": "huggingface",
        "PIGEON_HUGGINGFACE__URL": listing.huggingface_url,
        "PIGEON_POLL_SECONDS": "2",
        "PIGEON_DISCORD__TOKEN": peer.token,
        "PIGEON_DISCORD__API_URL": peer.api_url,
        "PIGEON_DISCORD__GATEWAY_URL": peer.gateway_url,
    }
    log = tmp_path / "log"
    with log.open("w") as stream:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bot", "run", cwd=tmp_path, env=environment, stdout=stream, stderr=stream
        )
        try:
            await peer.until(lambda: "Discord is connected" in log.read_text(), 120)
            yield process
            process.terminate()
            assert await asyncio.wait_for(process.wait(), 40) == 0, log.read_text()
            assert "Traceback" not in log.read_text(), log.read_text()
            assert peer.token not in log.read_text()
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()


def labels(message: dict[str, Any]) -> list[str]:
    return [part["label"] for part in parts(message) if part.get("label")]


def with_label(answer: Answer, label: str) -> dict[str, Any]:
    return next(message for message in answer.messages if label in labels(message))


@pytest.mark.usefixtures("pigeon")
async def test_from_the_invitation_to_forget_me(peer: DiscordPeer) -> None:
    lab = peer.server("Lab", channels=["ml"], invited=True)
    ml = lab.channels["ml"]
    ada, bob = peer.person("ada", lab, manages=True), peer.person("bob", lab)

    await peer.until(lambda: peer.texts(ml))
    hello = peer.messages(ml)[0]
    assert "Nothing is posted until you choose" in text_of(hello)
    assert len(labels(hello)) == 3
    setup = await (await ada.press(hello, "Set up this channel")).settled()
    assert "#ml" in setup.text
    refused = await (await bob.press(hello, "Set up this channel")).settled()
    assert "manage" in refused.text.lower()

    preview = await (await ada.slash(ml, "papers subscribe", query=WIDE, when="instant")).settled()
    assert "papers" in preview.text
    peer.faults.add("drop-after", path=f"/channels/{ml}/messages")
    done = await (await ada.press(with_label(preview, "Confirm"), "Confirm")).settled()
    assert "Subscribed" in done.text
    await peer.until(lambda: len(cards(peer, ml)) >= 3, 120)
    urls = [next(part["url"] for part in parts(card) if part.get("url")) for card in cards(peer, ml)]
    assert len(urls) == len(set(urls)), "a broken connection made no second card"

    card = cards(peer, ml)[0]
    assert "matched:" in text_of(card)
    assert (await (await bob.press(card, "Abstract")).settled()).text
    await (await bob.press(card, "Discuss")).settled()
    await peer.until(lambda: peer.threads(ml) and peer.messages(peer.threads(ml)[0].id), 120)
    await (await ada.press(card, "Discuss")).settled()
    assert [one.id for one in peer.threads(ml)] == [int(card["id"])]
    (opener,) = peer.messages(int(card["id"]))  # pressed twice: one thread, one opener
    assert "subscribed by ada" in text_of(opener)
    await peer.until(lambda: "Discuss (1)" in labels(cards(peer, ml)[0]), 30)
    card = cards(peer, ml)[0]
    why = next(part for part in parts(card) if part.get("custom_id") == "p1-menu")["options"]
    chosen = next(option["value"] for option in why if option["label"] == "Why this?")
    assert (await (await bob.choose(card, chosen)).settled()).text
    assert (await (await bob.press(card, "Save")).settled()).text

    edit = await ada.slash(ml, "papers edit", subscription="1")
    assert "Query" in [part.get("label") for part in edit.modal["components"]]
    changed = await (await ada.submit(edit, when="daily", name="our papers")).settled()
    assert "daily" in changed.text or "weekdays" in changed.text
    more = await ada.press(with_label(changed, "More settings"), "More settings")
    assert "Days" in [part.get("label") for part in more.modal["components"]]
    refused = await (await ada.submit(more, timezone="Mars/Olympus")).settled()
    again = await ada.press(with_label(refused, "Open the form"), "Open the form")
    assert "Mars" in str(again.modal["components"][1]["component"]["value"])
    done = await (await ada.submit(again, timezone="UTC", days="mon,thu")).settled()
    assert "Mon, Thu" in done.text
    assert (
        "Only people who can manage"
        in (await (await bob.slash(ml, "papers pause", subscription="1")).settled()).text
    )
    assert (await (await ada.slash(ml, "papers pause", subscription="1", **{"for": "1d"})).settled()).text
    assert (await (await ada.slash(ml, "papers resume", subscription="1", missed="send")).settled()).text
    removed = await (await ada.slash(ml, "papers remove", subscription="1")).settled()
    undone = await (await ada.press(with_label(removed, "Undo"), "Undo")).settled()
    assert "Undone" in undone.text
    assert "our papers" in (await (await ada.slash(ml, "papers list")).settled()).text

    forget = await (await bob.slash(ml, "papers forget-me")).settled()
    question = await (await bob.press(with_label(forget, "Erase it"), "Erase it")).settled()
    assert "do you really want that" in question.text
    assert "Erased" in (await (await bob.press(question.messages[0], "Erase it")).settled()).text


@pytest.mark.long
@pytest.mark.usefixtures("pigeon")
async def test_closed_places_pause_and_resume_by_themselves(peer: DiscordPeer) -> None:
    lab = peer.server("Lab", channels=["ml"], invited=True)
    ml = lab.channels["ml"]
    ada = peer.person("ada", lab, manages=True)
    preview = await (await ada.slash(ml, "papers subscribe", query=WIDE, when="instant")).settled()
    peer.deny(ml, permissions.SEND_MESSAGES)
    await (await ada.press(with_label(preview, "Confirm"), "Confirm")).settled()
    status = await (await ada.slash(ml, "papers status")).settled()
    assert "Send Messages" in status.text
    await asyncio.sleep(1)  # noqa: TID251 — the real process has its own clock
    assert cards(peer, ml) == []
    peer.deny(ml, 0)
    await peer.until(lambda: cards(peer, ml), 120)

    bob = peer.person("bob", lab)
    peer.closed_to_dms.add(bob.id)
    mine = await (await bob.slash(ml, "papers subscribe", query=WIDE, when="instant", to="me")).settled()
    await (await bob.press(with_label(mine, "Confirm"), "Confirm")).settled()
    await peer.until(lambda: any(one.status == 403 for one in peer.sent()), 120)
    assert peer.direct(bob) == []


def cards(peer: DiscordPeer, channel: int) -> list[dict[str, Any]]:
    """Cards of papers: those that offer their abstract."""
    return [message for message in peer.messages(channel) if "Abstract" in labels(message)]
