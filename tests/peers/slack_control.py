"""Orders to a loopback Slack in another process, in JSON.

============================  ===================================================================================
``POST /control/<deed>``      slash, mention, say, open_home, event, with the arguments of
                              :class:`tests.peers.slack_actors.Actors` → {acknowledged_after, responses}
``POST /control/channels``    names, and how strict it is from now on: burst, per_minute, latency → {}
``GET /control/posts``        ?channel= → {posts, violations}
``GET /control/report``       figures of all messages and acknowledgements so far
============================  ===================================================================================
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import web

if TYPE_CHECKING:
    from tests.peers.slack_server import SlackPeer


def add_routes(app: web.Application, peer: SlackPeer) -> None:
    orders = Orders(peer)
    app.router.add_get("/control/posts", orders.posts)
    app.router.add_get("/control/report", orders.report)
    app.router.add_post("/control/channels", orders.channels)
    app.router.add_post("/control/{actor}", orders.act)


class Orders:
    def __init__(self, peer: SlackPeer) -> None:
        self._peer = peer

    async def posts(self, request: web.Request) -> web.Response:
        posts = self._peer.posts(request.query["channel"])
        return web.json_response({"posts": posts, "violations": self._peer.violations})

    async def channels(self, request: web.Request) -> web.Response:
        """Channels by name, of which the bot is a member."""
        asked = await request.json()
        for name in asked["names"]:
            self._peer.add_channel(f"C{name}", name, members=("UBOT", "U1"))
        self._peer.paced = True
        self._peer.burst, self._peer.per_minute = asked["burst"], asked["per_minute"]
        self._peer.latency = asked["latency"]
        return web.json_response({})

    async def report(self, _: web.Request) -> web.Response:
        peer = self._peer
        posts = [request for request in peer.requests if request.method == "chat.postMessage"]
        taken = [request.at for request in posts if request.outcome == "ok"]
        keys = [
            post["metadata"]["event_payload"]["d"]
            for posted in peer.messages.values()
            for post in posted
            if "metadata" in post
        ]
        figures = {
            "requests": len(posts),
            "posted": len(keys),
            "distinct": len(set(keys)),
            "refused": sum(request.outcome == "rate_limited" for request in posts),
            "seconds": taken[-1] - taken[0] if taken else 0.0,
            "violations": peer.violations,
            "acknowledged": peer.acknowledgements,
            "sockets": len(peer.sockets),
        }
        return web.json_response(figures)

    async def act(self, request: web.Request) -> web.Response:
        exchange = await self._peer.act(request.match_info["actor"], await request.json())
        return web.json_response(
            {"acknowledged_after": exchange.acknowledged_after, "responses": exchange.responses}
        )
