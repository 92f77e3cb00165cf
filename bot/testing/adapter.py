"""An adapter that remembers what it was given, and fails as a test wishes."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.cards import Card
from bot.errors import Ambiguous, DeliveryError
from bot.models import Destination, MessageRef
from bot.ports import CommandHandler, Limit


@dataclass(frozen=True, slots=True)
class Posted:
    """One message on the pretended platform."""

    destination: Destination
    card: Card
    key: str
    message: MessageRef


@dataclass(frozen=True, slots=True)
class Lost:
    """A fault: the message is posted, and the answer is lost on its way back."""


Fault = DeliveryError | Lost | BaseException | Callable[[], None]


class RecordingAdapter:
    """A :class:`bot.ports.Adapter` with every optional power, over a list of messages.

    It has no protection against double posts of its own (``resend_window`` is zero): what is posted twice is
    there twice, so that a test can see it.
    """

    def __init__(self, name: str = "recording", *, limits: Sequence[Limit] = ()) -> None:
        self.name = name
        self.posted: list[Posted] = []
        self.threads: list[tuple[MessageRef, Card, str]] = []
        self.thread_faults: deque[DeliveryError] = deque()
        """What befalls the next threads, one each."""
        self.said: dict[str, int] = {}
        """Messages in its open threads, by the thread's id."""
        self.counted = 0
        """How often they were asked for."""
        self.edits: list[tuple[MessageRef, Card]] = []
        self.edit_faults: deque[DeliveryError] = deque()
        """What befalls the next edits, one each."""
        self.handle: CommandHandler | None = None
        self.resend_window = timedelta()
        self.faults: deque[Fault | None] = deque()
        """What befalls the next sends, one each; ``None`` lets one pass."""
        self.blind: DeliveryError | None = None
        """Raised by look-ups and counts while it is set."""
        self.lookups = 0
        self.gate = asyncio.Event()
        """Sends wait for it; it is open at first."""
        self.gate.set()
        self._limits = tuple(limits)

    @asynccontextmanager
    async def connect(self, handle: CommandHandler | None) -> AsyncIterator[None]:
        self.handle = handle
        yield

    async def send(self, destination: Destination, card: Card, *, key: str) -> MessageRef:
        await self.gate.wait()
        fault = self.faults.popleft() if self.faults else None
        if isinstance(fault, BaseException):
            raise fault
        if callable(fault):
            fault()
        message = MessageRef(
            platform=self.name, channel=destination.channel, message=str(len(self.posted) + 1)
        )
        self.posted.append(Posted(destination, card, key, message))
        if isinstance(fault, Lost):
            raise Ambiguous("The answer was lost.")
        return message

    async def find(self, destination: Destination, *, key: str, since: datetime) -> MessageRef | None:
        del since  # all that was ever posted is looked through
        self.lookups += 1
        if self.blind is not None:
            raise self.blind
        for posted in self.posted:
            if posted.key == key and posted.destination.key == destination.key:
                return posted.message
        return None

    async def open_thread(self, message: MessageRef, card: Card, *, name: str, key: str) -> MessageRef:
        del name, key
        if self.thread_faults:
            raise self.thread_faults.popleft()
        for parent, _, thread in self.threads:
            if parent == message:
                return MessageRef(platform=self.name, channel=message.channel, message=thread, thread=thread)
        self.threads.append((message, card, f"t{message.message}"))
        return MessageRef(
            platform=self.name,
            channel=message.channel,
            message=f"t{message.message}",
            thread=f"t{message.message}",
        )

    async def thread_counts(self, workspace: str) -> Mapping[str, int]:
        del workspace
        self.counted += 1
        if self.blind is not None:
            raise self.blind
        return dict(self.said)

    async def edit(self, message: MessageRef, card: Card) -> None:
        if self.edit_faults:
            raise self.edit_faults.popleft()
        self.edits.append((message, card))

    def limits(self, destination: Destination) -> Sequence[Limit]:
        del destination
        return self._limits

    def texts(self, channel: str | None = None) -> list[str]:
        """The fallback lines of what was posted, in order."""
        return [one.card.fallback for one in self.posted if channel in {None, one.destination.channel}]
