"""What the loopback Slack knows: workspaces, people, channels, messages, views; and the faults it has been told."""

import asyncio
import itertools
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from bot.clock import Clock

SCOPES = frozenset(
    [
        "commands",
        "chat:write",
        "chat:write.public",
        "app_mentions:read",
        "im:write",
        "im:history",
        "channels:read",
        "groups:read",
        "channels:history",
        "groups:history",
        "users:read",
        "files:write",
        "usergroups:read",
    ]
)


@dataclass(frozen=True)
class Fault:
    """How one request goes wrong."""

    kind: str
    """refuse, status, rate_limited, drop_before, drop_after, slow, late"""
    word: str = ""
    status: int = 0
    after: float = 0.0
    extra: dict[str, Any] = field(default_factory=dict)


def refuse(word: str, **extra: Any) -> Fault:
    """``ok: false`` with HTTP 200: how Slack says no."""
    return Fault("refuse", word=word, extra=extra)


def status(code: int) -> Fault:
    """An answer of a proxy: that status and HTML."""
    return Fault("status", status=code)


def rate_limited(after: float = 1) -> Fault:
    """429 with Retry-After."""
    return Fault("rate_limited", after=after)


DROP_BEFORE = Fault("drop_before")
"""The connection breaks before anything was done."""
DROP_AFTER = Fault("drop_after")
"""It was done, and then the connection breaks."""


def late(seconds: float) -> Fault:
    """It arrives late, and counts then."""
    return Fault("late", after=seconds)


def slow(seconds: float) -> Fault:
    """It is done at once, and answered late."""
    return Fault("slow", after=seconds)


class Faults:
    """What goes wrong next. ``next(method, *faults)`` queues; ``always`` holds until cleared."""

    def __init__(self) -> None:
        self._queued: dict[str, deque[Fault | None]] = defaultdict(deque)
        self._always: dict[str, Fault] = {}
        self.channels: dict[str, str] = {}
        """Channel → the error that every post there meets."""

    def next(self, method: str, *faults: Fault | None) -> None:
        """For the next requests of that method; ``None`` lets one pass."""
        self._queued[method].extend(faults)

    def always(self, method: str, fault: Fault | None) -> None:
        """For every request of that method; ``None`` ends it."""
        if fault is None:
            self._always.pop(method, None)
        else:
            self._always[method] = fault

    def take(self, method: str) -> Fault | None:
        if self._queued[method]:
            return self._queued[method].popleft()
        return self._always.get(method)


@dataclass
class Team:
    id: str
    bot_token: str
    bot_user: str
    bot_id: str
    name: str = "Acme"
    enterprise: str = ""
    scopes: frozenset[str] = SCOPES

    @property
    def url(self) -> str:
        return f"https://{self.name.lower()}.slack.com/"


@dataclass
class Request:
    """One call of a method, as it came in."""

    method: str
    arguments: dict[str, Any]
    at: float
    """Monotonic seconds."""
    team: str = ""
    """Whose token it bore."""
    outcome: str = ""
    """ok, the error's word, or the fault's kind."""


class State:
    """Everything, in memory."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.teams: dict[str, Team] = {}
        self.users: dict[str, dict[str, Any]] = {}
        self.channels: dict[str, dict[str, Any]] = {}
        self.groups: dict[str, tuple[str, set[str]]] = {}
        """User group → its handle and the people in it."""
        self.messages: dict[str, list[dict[str, Any]]] = defaultdict(list)
        self.ephemerals: list[dict[str, Any]] = []
        self.views: dict[str, dict[str, Any]] = {}
        self.homes: dict[str, dict[str, Any]] = {}
        self.files: dict[str, dict[str, Any]] = {}
        self.triggers: dict[str, float] = {}
        self.codes: dict[str, str] = {}
        """OAuth codes that may be exchanged → workspace."""
        self.requests: list[Request] = []
        self.violations: list[str] = []
        """Bodies that the real Slack would have refused; empty at the end of a good test."""
        self.faults = Faults()
        self.news = asyncio.Condition()
        self.numbers = itertools.count(1)
        self._stamps: set[str] = set()
        self.add_team("T1", "xoxb-1", bot_user="UBOT", bot_id="B1")
        self.add_user("U1", name="ann", real_name="Ann Admin", is_admin=True)
        self.add_user("U2", name="bob", real_name="Bob")
        self.add_user("U3", name="guest", real_name="Gus", is_restricted=True)
        self.add_channel("C1", "robotics", members=("U1", "U2", "UBOT"), creator="U2")
        self.add_channel("C2", "random", members=("U1",))
        self.add_channel("G1", "secret", members=("U1", "UBOT"), is_private=True)

    def add_team(self, team: str, token: str, *, bot_user: str, bot_id: str, **more: Any) -> Team:
        self.teams[team] = Team(team, token, bot_user, bot_id, **more)
        return self.teams[team]

    def add_user(self, user: str, *, name: str, real_name: str = "", team: str = "T1", **more: Any) -> None:
        self.users[user] = {
            "id": user,
            "team_id": team,
            "name": name,
            "real_name": real_name or name,
            "tz": "Europe/Paris",
            "locale": "en-GB",
            "profile": {"display_name": name, "real_name": real_name or name},
            "is_admin": False,
            "is_owner": False,
            "is_restricted": False,
            **more,
        }

    def add_channel(
        self,
        channel: str,
        name: str,
        *,
        members: tuple[str, ...] = (),
        team: str = "T1",
        creator: str = "",
        **more: Any,
    ) -> None:
        self.channels[channel] = {
            "id": channel,
            "name": name,
            "members": set(members),
            "team": team,
            "creator": creator or (members[0] if members else ""),
            "is_private": False,
            "is_archived": False,
            **more,
        }

    def team_of_token(self, token: str) -> Team | None:
        return next((team for team in self.teams.values() if team.bot_token == token), None)

    def direct(self, team: Team, user: str) -> str:
        """The channel of direct messages with a person."""
        for channel, about in self.channels.items():
            if about.get("is_im") and about["user"] == user and about["team"] == team.id:
                return channel
        channel = f"D{user}"
        self.add_channel(
            channel, "directmessage", members=(user, team.bot_user), team=team.id, is_im=True, user=user
        )
        return channel

    def stamp(self) -> str:
        """A message's ts: seconds with six decimals, never twice."""
        moment = self.clock.now().timestamp()
        while (stamp := f"{moment:.6f}") in self._stamps:
            moment += 1e-6
        self._stamps.add(stamp)
        return stamp

    def trigger(self) -> str:
        trigger = f"trigger.{next(self.numbers)}"
        self.triggers[trigger] = self.clock.monotonic()
        return trigger

    async def changed(self) -> None:
        async with self.news:
            self.news.notify_all()

    async def until(self, holds: Callable[[], Any], patience: float = 60.0) -> Any:
        """Wait until something holds, and return it."""
        async with asyncio.timeout(patience), self.news:
            await self.news.wait_for(holds)
        return holds()

    def posts(self, channel: str, *, thread: str | None = None) -> list[dict[str, Any]]:
        """Messages that stand in a channel (and not in its threads), or in one thread, oldest first."""
        if thread is not None:
            return [message for message in self.messages[channel] if message.get("thread_ts") == thread]
        return [
            message for message in self.messages[channel] if message.get("thread_ts") in (None, message["ts"])
        ]
