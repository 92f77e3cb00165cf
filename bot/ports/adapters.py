"""A platform's connection, and the powers that not every platform has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol, runtime_checkable

from bot.cards import Card
from bot.models import Destination, MessageRef
from bot.ports.commands import CommandHandler, Reply


class Adapter(Protocol):
    """A platform's connection."""

    name: str
    """The platform: ``console``, ``discord``, ``slack``, …"""

    def connect(self, handle: CommandHandler | None) -> AbstractAsyncContextManager[None]:
        """Within it the platform is reachable and, with ``handle``, its commands are served.

        A connection that dies for good surfaces there as an exception; the core opens it again with
        back-off. Without ``handle`` only what sending needs is opened.
        """

    async def send(self, destination: Destination, card: Card, *, key: str) -> MessageRef:
        """Post the card once, within the adapter's own deadline, without retrying.

        Raises a :class:`bot.errors.DeliveryError`. ``key`` names the delivery on the platform (a
        nonce, metadata), so that a look-up can find it again.
        """


@runtime_checkable
class ThreadingAdapter(Protocol):
    """Can open the one thread of a posted card."""

    async def open_thread(self, message: MessageRef, card: Card, *, name: str, key: str) -> MessageRef:
        """Open the thread under ``message`` and post its opener; return the existing one where it exists."""


@runtime_checkable
class CountingAdapter(Protocol):
    """Can tell how much is said in threads, for all of a workspace in one request.

    For platforms that do not show it under the card by themselves: «Discuss (12)» is kept up to date there.
    """

    async def thread_counts(self, workspace: str) -> Mapping[str, int]:
        """Messages in each open thread of a workspace, by the thread's id (:attr:`bot.models.MessageRef.thread`).

        Threads that are closed or gone are left out. Raises a :class:`bot.errors.DeliveryError`.
        """


@runtime_checkable
class EditingAdapter(Protocol):
    """Can change a posted card in place."""

    async def edit(self, message: MessageRef, card: Card) -> None:
        """Show ``card`` there instead. Raises DestinationGone where the message no longer exists."""


@runtime_checkable
class ReconcilingAdapter(Protocol):
    """Can find out what became of a send whose outcome is unknown."""

    resend_window: timedelta
    """For this long after the first attempt the platform itself swallows a second send of the same key."""

    async def find(self, destination: Destination, *, key: str, since: datetime) -> MessageRef | None:
        """Look for the delivery on the platform. ``None`` means: certainly not there.

        Raises Ambiguous where the platform does not let us look (a missing permission is not «not
        found»), RetryLater where it cannot be asked now.
        """


@dataclass(frozen=True, slots=True)
class Limit:
    """A documented or learnt budget: at most ``count`` sends in ``seconds`` under this name."""

    name: str
    count: int
    seconds: float
    shared: bool = True
    """Other destinations draw from it, too. For one that is a destination's own a sender does not wait with
    the lane in its hands: it comes back when there is room."""
    from_answer: bool = False
    """The next send waits ``seconds / count`` from this one's answer, not from its start: when between the two
    a platform counts a message is not told, so that only this keeps every two apart."""


@runtime_checkable
class PacedAdapter(Protocol):
    """Knows the platform's budgets; the core waits for them *before* it declares an intent."""

    def limits(self, destination: Destination) -> Sequence[Limit]:
        """The budgets that one send to this destination draws from."""


class Severity(StrEnum):
    """How bad a finding is."""

    OK = "ok"
    WARNING = "warning"
    FAILURE = "failure"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of ``pigeon doctor``."""

    subject: str
    severity: Severity
    text: str
    remedy: str = ""


@runtime_checkable
class CheckedAdapter(Protocol):
    """Can examine its own set-up."""

    async def check(self, destinations: Sequence[Destination]) -> Sequence[Finding]:
        """Examine token, scopes, commands, and each destination; never raises for a wrong set-up."""


@runtime_checkable
class ShowingAdapter(Protocol):
    """Can show a reply by itself, to whoever sits there: what the operator's commands print with."""

    def show(self, reply: Reply) -> None:
        """Show it as if it answered a command typed there."""
