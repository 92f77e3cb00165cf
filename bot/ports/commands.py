"""What was asked, where and with which rights; the answer; and what a platform reports by itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol, runtime_checkable

from bot.cards import Card, Form
from bot.commands.model import Choice, Command
from bot.models import Destination, MessageRef, Person


class Rights(Protocol):
    """What a platform knows of the asker's and the bot's rights; asked at execution, never cached."""

    async def may_manage(self, destination: Destination, managers: Sequence[str]) -> bool:
        """May the asker manage subscriptions of that destination?

        ``managers`` are the ids (roles, groups, people) that the workspace named as managers besides
        those whom the platform itself lets manage channels.
        """

    async def may_read(self, destination: Destination) -> bool:
        """May the asker read what was posted there?"""

    async def missing(self, destination: Destination) -> Sequence[str]:
        """What the bot lacks to post there, each in the words of the platform's own settings page."""


@runtime_checkable
class NamingRights(Protocol):
    """Rights that can tell whom somebody names as a manager, before the name is kept."""

    async def named(self, written: Sequence[str]) -> Sequence[str]:
        """The same people, roles and groups in the form that :meth:`Rights.may_manage` takes.

        Raises a :class:`bot.errors.CommandError` where one of them is nobody, or cannot be looked into.
        """

    async def spelled(self, managers: Sequence[str]) -> Sequence[str]:
        """What :meth:`named` gave, as people know it (``@ann``), for display only; as it is where that is not told."""


@runtime_checkable
class LookingRights(Protocol):
    """Rights that can tell whether a thread that was opened earlier is still there."""

    async def stands(self, thread: Destination) -> bool:
        """``False`` only where the platform says that it was deleted; one that cannot be asked for now stands."""


@runtime_checkable
class AdvisingRights(Protocol):
    """Rights that also know how a person gives the bot what it lacks."""

    async def wished(self, destination: Destination) -> Sequence[str]:
        """What else the bot lacks there: cards come without it; threads, files or look-ups do not."""

    def remedy(self, names: Sequence[str]) -> str:
        """How to give it that, in the words of the platform's own settings page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Who asked, and where. Built by the adapter from the verified interaction only."""

    person: Person
    where: Destination
    rights: Rights
    locale: str = "en"
    zone: str = ""
    """The asker's IANA time zone where the platform tells it."""
    message: MessageRef | None = None
    """The message on which a button or message command was used."""

    @property
    def workspace(self) -> tuple[str, str]:
        """The tenant: nothing outside it may be read or changed."""
        return self.where.platform, self.where.workspace

    @property
    def me(self) -> Destination:
        """The asker's own direct messages."""
        return Destination(
            platform=self.where.platform,
            workspace=self.where.workspace,
            channel=self.person.id,
            direct=True,
            name=self.person.name,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """The answer to a command."""

    card: Card
    private: bool = True
    """Only the asker sees it, where the platform can do that."""
    announce: Card | None = None
    """One public line in the channel the command was about, besides the reply."""
    form: Form | None = None
    """Open this dialogue instead of showing the card, where the platform can."""
    replace: bool = False
    """Put the card in the place of the private message that carried the button."""


class HappeningKind(StrEnum):
    """What a platform reports by itself."""

    WORKSPACE_JOINED = "workspace-joined"
    WORKSPACE_LEFT = "workspace-left"
    DESTINATION_GONE = "destination-gone"
    DESTINATION_BACK = "destination-back"
    """It takes cards again: a permission returned, a channel was restored, DMs were opened."""
    PERSON_LEFT = "person-left"
    THREAD_GONE = "thread-gone"
    """A thread was deleted: the destination is its channel's, with the thread."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """Something that befell a workspace, a destination or a person."""

    kind: HappeningKind
    destination: Destination
    """For a whole workspace its ``channel`` is empty; for a person it is their direct destination."""
    detail: str = ""


@runtime_checkable
class CommandHandler(Protocol):
    """The core as adapters see it."""

    async def __call__(self, command: Command, origin: Origin) -> Reply:
        """Carry a command out. Errors of ours become replies; this never raises a CommandError."""

    async def complete(self, verb: str, option: str, typed: str, origin: Origin) -> Sequence[Choice]:
        """Values to offer while somebody types; at most 25, best first."""

    async def happened(self, happening: Happening) -> None:
        """Take note of what the platform reports."""
