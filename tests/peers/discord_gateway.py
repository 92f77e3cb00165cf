"""The gateway of the loopback Discord: hello, identify, events, resume. No more intents than the bot asks for."""

from __future__ import annotations

import asyncio
import contextlib
import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from aiohttp import WSMsgType, web
from simcord.backend import serializers

GUILDS = 1 << 0
_OF_GUILDS = ("GUILD_", "CHANNEL_", "THREAD_", "STAGE_")
_ALWAYS = ("INTERACTION_CREATE",)


@dataclass
class Session:
    """One gateway session: it outlives its connection for as long as it may be resumed."""

    number: str
    shard: tuple[int, int]
    sequence: int = 0
    log: list[tuple[int, str, Any]] = field(default_factory=list)
    socket: web.WebSocketResponse | None = None
    deflate: Any = None


class Gateway:
    """All sessions of the bot."""

    def __init__(self, peer: Any) -> None:
        self._peer = peer
        self.sessions: dict[str, Session] = {}
        self.identified = 0
        self.resumed = 0
        self.refuse_with = 0
        """A close code for every IDENTIFY from now on (4014, …)."""
        self.refuse_connections = False
        self._sending: set[asyncio.Task[None]] = set()

    @property
    def connected(self) -> bool:
        """Is there a session with a connection?"""
        return any(one.socket is not None and not one.socket.closed for one in self.sessions.values())

    def emit(self, event: str, payload: Mapping[str, Any]) -> None:
        """Tell the bot, if its intents cover the event; a session that is away hears it when it resumes."""
        if not event.startswith((*_OF_GUILDS, *_ALWAYS)):
            return
        data = json.loads(json.dumps(payload))
        if event == "GUILD_CREATE":
            data.pop("unavailable", None)  # an invitation; those at the start say «unavailable: false»
        server = int(data.get("guild_id") or (data.get("id") if event.startswith("GUILD_") else 0) or 0)
        for session in self.sessions.values():
            number, count = session.shard
            if (server >> 22) % count == number:
                self._put(session, event, data)

    async def close(self, code: int = 4000, *, forget: bool = False) -> None:
        """Close every connection; with ``forget`` no session can be resumed."""
        for session in list(self.sessions.values()):
            if session.socket is not None:
                await session.socket.close(code=code)
        if forget:
            self.sessions.clear()

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """One connection."""
        if self.refuse_connections:
            return web.Response(status=503)
        socket = web.WebSocketResponse(heartbeat=None, max_msg_size=0)
        await socket.prepare(request)
        deflate = zlib.compressobj() if request.query.get("compress") == "zlib-stream" else None
        session: Session | None = None
        await self._frame(
            socket, deflate, {"op": 10, "d": {"heartbeat_interval": 41_250}, "s": None, "t": None}
        )
        with contextlib.suppress(ConnectionError):
            async for message in socket:
                if message.type is not WSMsgType.TEXT:
                    continue
                said = json.loads(message.data)
                if said["op"] == 1:
                    await self._frame(socket, deflate, {"op": 11, "d": None, "s": None, "t": None})
                elif said["op"] == 2:
                    session = await self._identify(socket, deflate, said["d"])
                elif said["op"] == 6:
                    session = await self._resume(socket, deflate, said["d"])
        if session is not None and session.socket is socket:
            session.socket = None
        return socket

    async def _identify(
        self, socket: web.WebSocketResponse, deflate: Any, said: dict[str, Any]
    ) -> Session | None:
        self.identified += 1
        if said["token"] != self._peer.token:
            await socket.close(code=4004)
            return None
        if self.refuse_with:
            await socket.close(code=self.refuse_with)
            return None
        shard = tuple(said.get("shard") or (0, 1))
        session = Session(f"session-{self.identified}", (shard[0], shard[1]), socket=socket, deflate=deflate)
        self.sessions[session.number] = session
        backend = self._peer.backend
        ours = [guild for guild in backend.guilds.values() if (guild.id >> 22) % shard[1] == shard[0]]
        self._put(
            session,
            "READY",
            {
                "v": 10,
                "user": dict(serializers.user_payload(backend.bot_user)),
                "guilds": [{"id": str(guild.id), "unavailable": True} for guild in ours],
                "session_id": session.number,
                "resume_gateway_url": self._peer.gateway_url,
                "shard": list(shard),
                "application": {"id": str(backend.application_id), "flags": 0},
            },
        )
        for guild in ours:
            self._put(
                session,
                "GUILD_CREATE",
                json.loads(json.dumps(serializers.guild_create_payload(backend, guild))),
            )
        return session

    async def _resume(
        self, socket: web.WebSocketResponse, deflate: Any, said: dict[str, Any]
    ) -> Session | None:
        session = self.sessions.get(said["session_id"])
        if said["token"] != self._peer.token or session is None:
            await self._frame(socket, deflate, {"op": 9, "d": False, "s": None, "t": None})
            return None
        self.resumed += 1
        session.socket, session.deflate = socket, deflate
        missed = [one for one in session.log if one[0] > (said["seq"] or 0)]
        for sequence, event, payload in missed:
            await self._frame(socket, deflate, {"op": 0, "t": event, "s": sequence, "d": payload})
        session.sequence += 1
        await self._frame(socket, deflate, {"op": 0, "t": "RESUMED", "s": session.sequence, "d": {}})
        return session

    def _put(self, session: Session, event: str, payload: Any) -> None:
        session.sequence += 1
        session.log.append((session.sequence, event, payload))
        if session.socket is None or session.socket.closed:
            return
        frame = {"op": 0, "t": event, "s": session.sequence, "d": payload}
        task = asyncio.ensure_future(self._frame(session.socket, session.deflate, frame))
        self._sending.add(task)
        task.add_done_callback(self._sending.discard)

    async def _frame(self, socket: web.WebSocketResponse, deflate: Any, frame: dict[str, Any]) -> None:
        text = json.dumps(frame)
        with contextlib.suppress(ConnectionError):
            if deflate is None:
                await socket.send_str(text)
            else:  # compressing and queueing must not be parted, or frames would overtake each other
                await socket.send_bytes(deflate.compress(text.encode()) + deflate.flush(zlib.Z_SYNC_FLUSH))
