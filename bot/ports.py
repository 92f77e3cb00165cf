"""The two ports, Source and Adapter, the optional powers of an adapter, and what passes through them.

A new source implements :class:`Source`; a new platform implements :class:`Adapter`. Powers that not
every platform has are small protocols of their own; the core asks for them with ``isinstance``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from pydantic import BaseModel

from bot.cards import Card, Form
from bot.clock import Clock
from bot.commands.model import Choice, Command
from bot.given import GivenFeeds
from bot.ledger import Calendar
from bot.models import Destination, Listing, MessageRef, Paper, Person

# --- listings ---------------------------------------------------------------------------------


class Source(Protocol):
    """A place that announces papers."""

    name: str
    """Unique, lower case, as it appears in ``source:`` filters, keys and logs."""

    async def fetch(self, cursor: str | None) -> Listing:
        """Ask once. ``cursor`` is what the last listing carried, ``None`` at the very first.

        Raises a :class:`bot.errors.ListingError`; then the cursor stays, and the next poll asks again.
        """


@runtime_checkable
class CatchingUpSource(Protocol):
    """Can bring what appeared in a time gone by, for days on which its feed was missed."""

    async def catch_up(self, since: datetime, until: datetime, cursor: str | None) -> Listing:
        """One bounded page of it, oldest first; begin with ``None``, go on with the listing's cursor.

        That cursor is ``None`` after the last page; it has nothing to do with the one of ``fetch``.
        Raises a :class:`bot.errors.ListingError`; then the same page can be asked for again.
        """


@runtime_checkable
class OwingSource(Protocol):
    """Knows when it has to announce: the ledger holds what came against that, and names what is missing."""

    calendar: Calendar


class Enricher(Protocol):
    """Knows more of papers that listings brought: citations, an open PDF, models.

    It is asked about those that matched or were looked at, beside everything else: no poll and no card waits for it.
    """

    name: str
    """Unique among enrichers, lower case."""
    at_once: int
    """Most papers of one request."""
    per_day: int
    """Most requests of one (UTC) day."""

    def knows(self, paper: Paper) -> bool:
        """Can it be asked about this paper at all?"""

    async def enrich(self, papers: Sequence[Paper]) -> Sequence[Paper]:
        """Ask once. Papers with the ids they were asked by, and nothing but what is known of them there.

        A paper that is not known there, or of which nothing changed, is left out. Raises a
        :class:`bot.errors.ListingError`; then they are asked about again later.
        """


# --- commands ---------------------------------------------------------------------------------


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


# --- adapters ---------------------------------------------------------------------------------


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


# --- plugins ----------------------------------------------------------------------------------


class Shelf(Protocol):
    """A small durable store of an adapter's or source's own; names never clash with another's."""

    async def get(self, name: str) -> str | None:
        """The value, or ``None``."""

    async def put(self, name: str, value: str, *, ttl: timedelta | None = None) -> None:
        """Keep a value, for ``ttl`` or for good."""

    async def add(self, name: str, value: str, *, ttl: timedelta) -> bool:
        """Keep a value unless there is one already; tell whether it was kept."""

    async def drop(self, name: str) -> None:
        """Forget a value."""

    async def names(self, prefix: str = "") -> Sequence[str]:
        """The names kept, sorted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PluginContext:
    """What a plugin is built from."""

    settings: Any
    """An instance of the plugin's own settings model."""
    clock: Clock
    shelf: Shelf
    data_dir: Path
    contact: str = ""
    """Who runs this bot, for the User-Agent that listings ask for."""
    options: Mapping[str, Any] = field(default_factory=dict)
    """What the program itself passes: ``fetcher`` for sources, ``output`` for the console."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AdapterPlugin:
    """What an entry point in the group ``paper_pigeon.adapters`` names."""

    name: str
    settings: type[BaseModel]
    """Filled from ``PIGEON_<NAME>__…``. Importing the plugin must not import the platform's SDK."""
    create: Callable[[PluginContext], Adapter]
    configured: Callable[[Any], bool]
    """Do these settings suffice to connect? Decides whether it is on when PIGEON_ADAPTERS is empty."""
    asked: Sequence[str] = ()
    """Names of the settings that ``pigeon setup`` asks for, in this order; all of them are needed."""
    cli: Callable[[], Any] | None = None
    """Commands of its own, a ``typer.Typer``, reached as ``pigeon <name> …``; called only when they are used."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourcePlugin:
    """What an entry point in the group ``paper_pigeon.sources`` names."""

    name: str
    settings: type[BaseModel]
    create: Callable[[PluginContext], Sequence[Source]]
    """One plugin may give several sources (one for each feed), or none but enrichers."""
    configured: Callable[[Any], bool]
    on_by_default: bool = False
    enrichers: Callable[[PluginContext], Sequence[Enricher]] = lambda _: ()
    given: Callable[[PluginContext], GivenFeeds] | None = None
    """Feeds that people give in chat; whether or not the plugin's own sources are configured."""
