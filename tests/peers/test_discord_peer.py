"""The loopback Discord does what Discord documents, and its contract catches what Discord would refuse."""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

import aiohttp
import pytest

from tests.peers.discord_contract import Contract, load, rules
from tests.peers.discord_server import DiscordPeer

V2 = 1 << 15
TEXT = {"type": 10, "content": "x"}
ROW = {"type": 1, "components": [{"type": 2, "style": 2, "label": "x", "custom_id": "a"}]}


def link(**more: Any) -> dict[str, Any]:
    return {"type": 1, "components": [{"type": 2, "style": 5, "label": "x", **more}]}


BROKEN = {
    "content too long": {"content": "x" * 2001},
    "embeds too long": {"embeds": [{"description": "x" * 4000}, {"description": "x" * 2001}]},
    "empty field": {"embeds": [{"fields": [{"name": "a", "value": " "}]}]},
    "not an address": {"embeds": [{"title": "x", "url": "javascript:x"}]},
    "six rows": {
        "content": "x",
        "components": [
            {**ROW, "components": [{**ROW["components"][0], "custom_id": str(n)}]} for n in range(6)
        ],
    },
    "custom id twice": {"content": "x", "components": [ROW, ROW]},
    "link without url": {"content": "x", "components": [link()]},
    "link with custom id": {"content": "x", "components": [link(url="https://e.org", custom_id="a")]},
    "two selects in a row": {
        "content": "x",
        "components": [{"type": 1, "components": [{"type": 3, "custom_id": c, "options": []} for c in "ab"]}],
    },
    "min above max": {
        "content": "x",
        "components": [
            {"type": 1, "components": [{"type": 3, "custom_id": "a", "min_values": 2, "max_values": 1}]}
        ],
    },
    "V2 with content": {"flags": V2, "content": "x", "components": [TEXT]},
    "V2 without its flag": {"components": [TEXT]},
    "41 components": {"flags": V2, "components": [{"type": 17, "components": [TEXT] * 40}]},
    "4001 characters": {"flags": V2, "components": [{"type": 10, "content": "x" * 4001}]},
    "4001 units of emoji": {"flags": V2, "components": [{"type": 10, "content": "🎈" * 2001}]},
    "empty": {},
    "empty text": {"flags": V2, "components": [{"type": 10, "content": " "}]},
    "parse and ids": {"content": "x", "allowed_mentions": {"parse": ["users"], "users": ["1"]}},
    "one id twice": {"flags": V2, "components": [{**TEXT, "id": 7}, {**TEXT, "id": 7}]},
    "one option twice": {
        "content": "x",
        "components": [
            {
                "type": 1,
                "components": [{"type": 3, "custom_id": "a", "options": [{"value": "1"}, {"value": "1"}]}],
            }
        ],
    },
}


@pytest.mark.parametrize("name", BROKEN)
def test_the_hand_written_rules(name: str) -> None:
    assert rules(BROKEN[name])


def test_a_right_message_breaks_none() -> None:
    assert rules({"content": "x" * 2000, "components": [ROW, link(url="https://e.org")]}) == []
    assert rules({"flags": V2, "components": [{"type": 17, "components": [TEXT] * 39}]}) == []


@pytest.mark.parametrize(
    "body",
    [
        {"content": "x", "embed": {}},
        {"content": "x", "nonce": "n" * 26},
        {"embeds": [{"title": "x" * 257}]},
        {
            "content": "x",
            "components": [{"type": 1, "components": [{**ROW["components"][0], "label": "x" * 81}]}],
        },
        {
            "content": "x",
            "components": [{"type": 1, "components": [{**ROW["components"][0], "custom_id": "x" * 101}]}],
        },
        {"flags": V2, "components": [{"type": 9, "components": [TEXT]}]},
    ],
)
def test_the_schema_is_strict(body: dict[str, Any]) -> None:
    contract = load()
    if contract is None:
        pytest.skip("Discord's OpenAPI file is not here; set PIGEON_CONTRACTS")
    assert isinstance(contract, Contract)
    assert contract.problems("POST", "/channels/1/messages", body)
    assert contract.problems("POST", "/channels/1/messages", {"content": "x"}) == []
    assert contract.problems("POST", "/no/such/route", {})


async def ask(peer: DiscordPeer, method: str, path: str, body: Any = None) -> tuple[int, Any, Any]:
    headers = {"Authorization": f"Bot {peer.token}"}
    async with (
        aiohttp.ClientSession(headers=headers) as session,
        session.request(method, peer.api_url + path, json=body) as answer,
    ):
        return answer.status, await answer.json(content_type=None), answer.headers


async def test_a_repeated_nonce_gives_the_earlier_message_back() -> None:
    async with DiscordPeer() as peer:
        lab = peer.server()
        path = f"/channels/{lab.channels['ml']}/messages"
        body = {"content": "x", "nonce": "n", "enforce_nonce": True}
        _, first, _ = await ask(peer, "POST", path, body)
        _, second, _ = await ask(peer, "POST", path, body)
        assert first["id"] == second["id"]
        peer.backend.delete_message(lab.channels["ml"], int(first["id"]))
        status, error, _ = await ask(peer, "POST", path, body)
        assert (status, error["code"]) == (404, 10008)


async def test_buckets_refuse_the_sixth_send_and_say_when() -> None:
    async with DiscordPeer() as peer:
        lab = peer.server(channels=["a", "b"])
        path = f"/channels/{lab.channels['a']}/messages"
        statuses = [(await ask(peer, "POST", path, {"content": "x"}))[0] for _ in range(6)]
        assert statuses == [200] * 5 + [429]
        _, body, headers = await ask(peer, "POST", path, {"content": "x"})
        assert headers["Via"]
        assert 0 < body["retry_after"] <= 5
        assert (await ask(peer, "POST", f"/channels/{lab.channels['b']}/messages", {"content": "x"}))[
            0
        ] == 200


async def test_it_runs_in_a_process_of_its_own() -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.peers.discord_server", stdout=asyncio.subprocess.PIPE
    )
    try:
        assert process.stdout is not None
        told = json.loads(await process.stdout.readline())
        async with aiohttp.ClientSession() as session:

            async def order(verb: str, **said: Any) -> Any:
                async with session.post(f"{told['control_url']}/{verb}", json=said) as answer:
                    return await answer.json(content_type=None)

            lab = await order("server", name="Lab", channels=["ml"])
            path = f"{told['api_url']}/channels/{lab['channels']['ml']}/messages"
            await order("fault", kind="status", status=503)
            statuses = []
            for _ in range(2):
                async with session.post(
                    path, json={"content": "hi"}, headers={"Authorization": f"Bot {told['token']}"}
                ) as answer:
                    statuses.append(answer.status)
            assert statuses == [503, 200]
            assert [one["content"] for one in await order("messages", channel=lab["channels"]["ml"])] == [
                "hi"
            ]
            report = await order("report")
            assert (report["requests"], report["violations"]) == (2, [])
    finally:
        process.terminate()
        await process.wait()
