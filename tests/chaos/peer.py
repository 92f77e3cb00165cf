"""The process of a run's platform: a loopback platform with its odds, and beside it the listing and the record.

It is never killed: what it holds at the end is what people would see.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import asdict, dataclass, field
from typing import Any

from aiohttp import web

from tests.chaos.faults import DiscordFaults, Odds, SlackFaults
from tests.chaos.plain import PlainPlatform
from tests.peers.discord_faults import Buckets
from tests.peers.discord_server import DiscordPeer
from tests.peers.slack_server import SlackPeer

AHEAD = 8
"""Papers that the listing shows beyond what every channel has, so that there is always something to send."""
_NUMBER = re.compile(r"Robots that learn, part (\d+)")  # noqa: TID251 - our own pattern
PER_SERVER = 40


@dataclass
class Plan:
    """What a run is about."""

    platform: str
    seed: int
    channels: int
    papers: int
    nonce_window: float = 8.0


@dataclass
class Place:
    """What workers need to know of the platform."""

    control: str = ""
    address: str = ""
    destinations: list[dict[str, str]] = field(default_factory=list)


class _Sampled:
    """Holds every 25th body against Discord's contract: that takes 70 ms, and cards are much alike."""

    def __init__(self, contract: Any) -> None:
        self._contract = contract
        self._bodies = 0

    def problems(self, method: str, path: str, body: Any) -> list[str]:
        self._bodies += 1
        return list(self._contract.problems(method, path, body)) if self._bodies % 25 == 1 else []


class Peer:
    """One platform of the three kinds, told apart by how it is made and read."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.odds = Odds(plan.seed)
        self._held = False
        self._shown = 0
        self.place = Place()
        self.texts: Callable[[], list[tuple[str, str]]] = list
        self.count: Callable[[], int] = lambda: 0
        """The number of messages, found without reading them: it is asked for all the time."""
        self.violations: Callable[[], list[str]] = list

    async def start(self, stack: AsyncExitStack) -> None:
        """Open the platform and the control of this run."""
        app = web.Application()
        app.router.add_get("/listing", self._listing)
        app.router.add_get("/count", self._count)
        app.router.add_get("/record", self._record)
        app.router.add_post("/calm", self._calm)
        app.router.add_post("/hold", self._hold)
        app.router.add_post("/go-on", self._go_on)
        match self.plan.platform:
            case "discord":
                await self._discord(stack)
            case "slack":
                await self._slack(stack)
            case _:
                plain = PlainPlatform(self.odds, nonce=self.plan.platform == "nonce")
                plain.routes(app)
                self.texts = plain.record
                self.count = lambda: len(plain.messages)
                for number in range(self.plan.channels):
                    self._destination("plain", f"w{number // 10}", f"c{number}")
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self.place.control = f"http://127.0.0.1:{runner.addresses[0][1]}"
        self.place.address = self.place.address or self.place.control

    def _destination(self, platform: str, workspace: str, channel: str) -> None:
        self.place.destinations.append({"platform": platform, "workspace": workspace, "channel": channel})

    async def _discord(self, stack: AsyncExitStack) -> None:
        peer = DiscordPeer(token="chaos.token.secret", nonce_window=self.plan.nonce_window, buckets=Buckets())
        await stack.enter_async_context(peer)
        peer.faults = DiscordFaults(self.odds)
        if peer._contract is not None:
            peer._contract = _Sampled(peer._contract)  # type: ignore[assignment]
        for first in range(0, self.plan.channels, PER_SERVER):
            names = [f"c{number}" for number in range(first, min(first + PER_SERVER, self.plan.channels))]
            server = peer.server(f"s{first}", channels=names)
            for channel in server.channels.values():
                self._destination("discord", str(server.id), str(channel))
        self.place.address = peer.api_url
        self.texts = lambda: [
            (one["channel"], json.dumps(message))
            for one in self.place.destinations
            for message in peer.messages(int(one["channel"]))
        ]
        self.count = lambda: sum(len(held) for held in peer.backend.messages.values())
        self.violations = lambda: peer.violations

    async def _slack(self, stack: AsyncExitStack) -> None:
        peer = await stack.enter_async_context(SlackPeer())
        peer.faults = SlackFaults(self.odds)
        for number in range(self.plan.channels):
            peer.add_channel(f"C9{number:04}", f"c{number}", members=("U1", "UBOT"))
            self._destination("slack", "T1", f"C9{number:04}")
        self.place.address = peer.api_url
        self.texts = lambda: [
            (one["channel"], json.dumps(message))
            for one in self.place.destinations
            for message in peer.posts(one["channel"])
        ]
        self.count = lambda: sum(len(held) for held in peer.messages.values())
        self.violations = lambda: peer.violations

    def _found(self) -> list[tuple[str, int]]:
        """Channel and paper number of every card."""
        return [(channel, int(found[1])) for channel, text in self.texts() if (found := _NUMBER.search(text))]

    async def _listing(self, request: web.Request) -> web.Response:
        del request
        if not self._held:
            self._shown = min(self.plan.papers, self.count() // self.plan.channels + AHEAD)
        return web.json_response({"papers": self._shown})

    async def _hold(self, request: web.Request) -> web.Response:
        """The listing shows no more for the moment."""
        del request
        self._held = True
        return web.json_response({})

    async def _go_on(self, request: web.Request) -> web.Response:
        del request
        self._held = False
        return web.json_response({})

    async def _count(self, request: web.Request) -> web.Response:
        del request
        return web.json_response({"posted": self.count()})

    async def _record(self, request: web.Request) -> web.Response:
        del request
        return web.json_response(
            {"posted": self._found(), "odds": self.odds.drawn, "violations": self.violations()}
        )

    async def _calm(self, request: web.Request) -> web.Response:
        del request
        self.odds.on = False
        return web.json_response({})


async def _serve(plan: Plan, pipe: int) -> None:
    async with AsyncExitStack() as stack:
        peer = Peer(plan)
        await peer.start(stack)
        with os.fdopen(pipe, "w") as out:
            json.dump(asdict(peer.place), out)
        await asyncio.Event().wait()


def serve(plan: Plan, pipe: int) -> None:
    """Be the platform's process; writes where it is to the pipe."""
    asyncio.run(_serve(plan, pipe))
