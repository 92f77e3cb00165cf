"""The other side of our own ports: a shelf in memory, and a core that answers what it is told to."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import timedelta

from adapters.discord.pace import Pace
from adapters.discord.rest import Rest
from bot.cards import Card, CardKind, Paragraph, Span
from bot.commands.model import Choice, Command
from bot.ports import Happening, Origin, Reply
from bot.testing.clock import FakeClock


class DictShelf:
    def __init__(self) -> None:
        self.kept: dict[str, str] = {}

    async def get(self, name: str) -> str | None:
        return self.kept.get(name)

    async def put(self, name: str, value: str, *, ttl: timedelta | None = None) -> None:
        self.kept[name] = value

    async def add(self, name: str, value: str, *, ttl: timedelta) -> bool:
        return self.kept.setdefault(name, value) is value

    async def drop(self, name: str) -> None:
        self.kept.pop(name, None)

    async def names(self, prefix: str = "") -> Sequence[str]:
        return sorted(name for name in self.kept if name.startswith(prefix))


def said(text: str, **more) -> Reply:
    return Reply(card=Card(kind=CardKind.REPLY, blocks=(Paragraph((Span(text),)),), fallback=text), **more)


class Core:
    """Records what it was asked; answers with ``reply``, or whatever ``answers`` holds for the verb."""

    def __init__(self) -> None:
        self.asked: list[tuple[Command, Origin]] = []
        self.happenings: list[Happening] = []
        self.completions: list[tuple[str, str, str]] = []
        self.answers: dict[str, Reply | Exception] = {}
        self.choices: Sequence[Choice] = ()
        self.delay = 0.0
        self.begins: Callable[[], None] = lambda: None
        """Called as soon as it is asked something."""

    async def __call__(self, command: Command, origin: Origin) -> Reply:
        self.asked.append((command, origin))
        self.begins()
        if self.delay:
            await asyncio.sleep(self.delay)  # noqa: TID251 — simcord's time, which stands still
        answer = self.answers.get(command.verb, said(f"did {command.verb}"))
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def complete(self, verb: str, option: str, typed: str, origin: Origin) -> Sequence[Choice]:
        self.completions.append((verb, option, typed))
        return self.choices

    async def happened(self, happening: Happening) -> None:
        self.happenings.append(happening)

    @property
    def last(self) -> tuple[Command, Origin]:
        return self.asked[-1]


class SimRest(Rest):
    """Requests through the client that simcord has taken over."""

    def __init__(self) -> None:
        super().__init__("token", Pace(FakeClock(), "sim"))
        self.client = None

    async def open(self) -> None:
        self._http = self.client.http
        if self.client.user is not None:
            self.user_id = str(self.client.user.id)
