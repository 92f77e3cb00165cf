"""The loopback Slack itself: it refuses what Slack refuses, and runs as a process."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.peers.slack_contract import ContractError, check_rows
from tests.peers.slack_server import DROP_BEFORE, SlackPeer, rate_limited, refuse

ROOT = Path(__file__).resolve().parents[2]
BEARER = {"Authorization": "Bearer xoxb-1"}
GOOD = {"channel": "C1", "text": "x"}


@pytest.fixture
async def peer(contracts: Path) -> AsyncIterator[SlackPeer]:
    async with SlackPeer() as peer:
        yield peer


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(headers=BEARER) as http:
        yield http


async def call(http: aiohttp.ClientSession, peer: SlackPeer, method: str, body: dict) -> dict:
    async with http.post(peer.api_url + method, json=body) as answer:
        return await answer.json()


@pytest.mark.parametrize(
    ("body", "word"),
    [
        ({"channel": "C404", "text": "x"}, "channel_not_found"),
        ({"channel": "C1"}, "no_text"),
        ({"channel": "C1", "blocks": [{"type": "divider"}]}, "no_text"),
        ({"channel": "C1", "text": "x" * 4000}, "msg_too_long"),
        ({"channel": "C1", "text": "x", "blocks": [{"type": "divider"}] * 51}, "invalid_blocks"),
        ({"channel": "C1", "text": "x", "blocks": [{"type": "unheard"}]}, "invalid_blocks"),
        ({"channel": "C1", "text": "x", "colour": "red"}, "invalid_arguments"),
        ({"channel": "C1", "text": "x", "thread_ts": "1.0"}, "thread_not_found"),
        (
            {
                "channel": "C1",
                "text": "x",
                "metadata": {"event_type": "a", "event_payload": {"d": "x" * 2000}},
            },
            "metadata_too_large",
        ),
    ],
)
async def test_bad_messages_are_refused_and_noted(
    peer: SlackPeer, http: aiohttp.ClientSession, body: dict, word: str
):
    answer = await call(http, peer, "chat.postMessage", body)
    assert answer["ok"] is False
    assert answer["error"] == word
    assert bool(peer.violations) is (word not in ("channel_not_found", "thread_not_found"))


async def test_tokens_scopes_and_faults(peer: SlackPeer, http: aiohttp.ClientSession):
    assert (await call(http, peer, "chat.postMessage", GOOD))["ok"] is True
    async with aiohttp.ClientSession() as stranger:
        assert (await call(stranger, peer, "auth.test", {}))["error"] == "not_authed"
    peer.teams["T1"].scopes -= {"chat:write"}
    answer = await call(http, peer, "chat.postMessage", GOOD)
    assert (answer["error"], answer["needed"]) == ("missing_scope", "chat:write")
    peer.faults.next("auth.test", rate_limited(3), refuse("fatal_error"), DROP_BEFORE)
    async with http.post(peer.api_url + "auth.test") as limited:
        assert (limited.status, limited.headers["Retry-After"]) == (429, "3")
    assert (await call(http, peer, "auth.test", {}))["error"] == "fatal_error"
    with pytest.raises(aiohttp.ClientError):
        await call(http, peer, "auth.test", {})
    assert (await call(http, peer, "auth.test", {}))["team_id"] == "T1"


async def test_a_trigger_opens_one_view_and_not_for_long(peer: SlackPeer, http: aiohttp.ClientSession):
    view = {
        "type": "modal",
        "title": {"type": "plain_text", "text": "x"},
        "blocks": [{"type": "section", "text": {"type": "plain_text", "text": "x"}}],
    }
    trigger = peer.trigger()
    assert (await call(http, peer, "views.open", {"trigger_id": trigger, "view": view}))["ok"] is True
    assert (await call(http, peer, "views.open", {"trigger_id": trigger, "view": view}))[
        "error"
    ] == "exchanged_trigger_id"
    late = peer.trigger()
    peer.triggers[late] -= 4
    assert (await call(http, peer, "views.open", {"trigger_id": late, "view": view}))[
        "error"
    ] == "expired_trigger_id"


async def test_more_than_ten_sockets_are_too_many(peer: SlackPeer, http: aiohttp.ClientSession):
    app = {"Authorization": "Bearer xapp-1"}
    sockets = []
    for number in range(11):
        async with http.post(peer.api_url + "apps.connections.open", headers=app) as answer:
            url = (await answer.json())["url"]
        sockets.append(await http.ws_connect(url))
        first = await sockets[-1].receive_json()
        assert first["type"] == ("disconnect" if number == 10 else "hello")
    for socket in sockets:
        await socket.close()


async def test_it_runs_as_a_process(contracts: Path, http: aiohttp.ClientSession):
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.peers.slack_server", cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    try:
        assert process.stdout is not None
        told = json.loads(await asyncio.wait_for(process.stdout.readline(), 20))
        async with http.post(told["api_url"] + "chat.postMessage", json=GOOD) as answer:
            assert (await answer.json())["ok"] is True
        async with http.get(told["api_url"].replace("/api/", "/control/posts?channel=C1")) as answer:
            assert [post["text"] for post in (await answer.json())["posts"]] == ["x"]
    finally:
        process.terminate()
        await process.wait()


@pytest.mark.parametrize(
    "row",
    [
        {"text": {"type": "plain_text", "text": "x" * 76}, "value": "1"},
        {"text": {"type": "plain_text", "text": "x"}, "value": "1" * 151},
    ],
    ids=["label", "value"],
)
def test_rows_of_a_menu_have_lengths_too(contracts: Path, row: dict[str, Any]) -> None:
    with pytest.raises(ContractError):
        check_rows([row])
    check_rows([])
