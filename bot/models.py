"""The nouns: frozen records without behaviour beyond what follows from their own fields.

Times are aware and in UTC unless a field says otherwise. «Unknown» is ``None``, never 0 or "".
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import date, datetime, time
from enum import StrEnum
from typing import Final

from bot.private import identity


class Announce(StrEnum):
    """How a listing announced a paper, in arXiv's own words (https://info.arxiv.org/help/rss.html)."""

    NEW = "new"
    CROSS = "cross"
    REPLACE = "replace"
    REPLACE_CROSS = "replace-cross"
    TRENDING = "trending"
    """On a «trending» order rather than on a day's list (Hugging Face)."""


REVISIONS: Final = frozenset({Announce.REPLACE, Announce.REPLACE_CROSS})
"""Announcements of a later version of a paper that was announced before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """That one source announced a paper."""

    source: str
    """The name of the source: ``huggingface``, ``arxiv``, …"""
    announce: Announce = Announce.NEW
    day: date | None = None
    """The announcement day the listing itself filed it under; ``None`` where it did not say."""
    seen_at: datetime | None = None
    """When we first read it there."""
    url: str | None = None
    """The paper's page at that source."""
    submitted_by: str | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """What the counts of a paper were when a listing told them anew."""

    at: datetime
    upvotes: int | None = None
    comments: int | None = None
    stars: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """Something on the Hub that goes with a paper: a ``model``, a ``dataset`` or a ``space``."""

    kind: str
    name: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """One paper by canonical id, whichever listings showed it."""

    id: str
    """Canonical and versionless: ``arxiv:2401.01234``, ``arxiv:hep-ex/0307015``, ``doi:10.1101/…``, ``feed:…``."""
    title: str
    """Text on one line. Sources give it as the listing has it; the poller tidies it (:mod:`bot.text`):
    what is stored, matched and shown is clean Unicode without LaTeX, HTML, control or bidi characters."""
    abstract: str = ""
    authors: tuple[str, ...] = ()
    """In the order and spelling of the listing."""
    categories: tuple[str, ...] = ()
    """The primary category first: ``cs.RO``, ``neuroscience``."""
    published: datetime | None = None
    """First version."""
    updated: datetime | None = None
    version: int | None = None
    organization: str | None = None
    upvotes: int | None = None
    comments: int | None = None
    stars: int | None = None
    """Stars of the linked code repository."""
    citations: int | None = None
    citations_by: str | None = None
    models: int | None = None
    datasets: int | None = None
    spaces: int | None = None
    linked: tuple[Link, ...] = ()
    readings: tuple[Reading, ...] = ()
    """The counts as they changed, oldest first: the first reading and the latest few."""
    keywords: tuple[str, ...] = ()
    doi: str | None = None
    comment: str | None = None
    """The authors' note («Accepted at …»), as arXiv keeps it."""
    journal_ref: str | None = None
    url: str = ""
    """Where a person reads about it: the canonical abstract page."""
    pdf_url: str | None = None
    code_url: str | None = None
    project_url: str | None = None
    thumbnail_url: str | None = None
    withdrawn: bool = False
    sightings: tuple[Sighting, ...] = ()
    """Every listing that showed it, first seen first."""
    first_seen: datetime | None = None
    """When any listing first brought it to us; set by the store."""

    @property
    def only_revised(self) -> bool:
        """Whether listings showed nothing of it but revisions: it is older than our knowledge of it."""
        return bool(self.sightings) and all(one.announce in REVISIONS for one in self.sightings)

    @property
    def short_id(self) -> str:
        """The id as people type it: without the scheme for arXiv, else whole."""
        scheme, _, rest = self.id.partition(":")
        return rest if scheme == "arxiv" else self.id


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """What one fetch brought."""

    source: str
    papers: tuple[Paper, ...]
    cursor: str | None
    """The source's own bookmark for the next fetch; opaque to the core."""
    unchanged: bool = False
    """The listing answered «not modified»: nothing was read, which is not the same as nothing there."""
    ground: bool = False
    """A first reading that takes several polls: these papers are taken as known, like those of the very first."""
    asked: bool = True
    """``False`` where it was not yet time to ask, so that nothing can be told of the network."""
    skipped: int = 0
    """Rows that could not be read and were left out; each was logged."""
    notes: tuple[str, ...] = ()
    """Sentences for the ledger: a stale category, an empty page that healed, …"""
    compared: tuple[date, date] | None = None
    """From and until which announcement day everything is known now, where a comparison with the source's own
    records came to its end."""
    unread: tuple[date, ...] = ()
    """Days whose own list was due and could not be read this time, where a source has a list for each day."""


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Destination:
    """Where cards go, or where a command came from."""

    platform: str
    workspace: str
    """The tenant: a Discord server, a Slack team, ``@<user id>`` for somebody outside any server, ``local``."""
    channel: str
    """The channel's id; for a direct destination the id of the person."""
    direct: bool = False
    """A person's direct messages rather than a channel."""
    thread: str | None = None
    name: str = field(default="", compare=False)
    """What people call it («#robotics»), for display only; it may be stale."""

    @property
    def key(self) -> str:
        """A stable name for store keys and hashes. Threads of one channel share their channel's lane."""
        return f"{self.platform}/{self.workspace}/{'@' if self.direct else ''}{self.channel}"


def destination_of(key: str) -> Destination:
    """Read :attr:`Destination.key`, perhaps with a thread behind: ``slack/T024BE7LD/@U2147483697``.

    Raises a ValueError with a sentence for whoever wrote it.
    """
    parts = key.strip().split("/")
    if len(parts) not in {3, 4} or not all(parts) or parts[2] == "@":
        raise ValueError(
            f"«{key[:80]}» is no place. Write platform/workspace/channel, such as discord/1234/5678, or "
            "slack/T024BE7LD/@U2147483697 for a person."
        )
    return Destination(
        platform=parts[0],
        workspace=parts[1],
        channel=parts[2].removeprefix("@"),
        direct=parts[2].startswith("@"),
        thread=parts[3] if len(parts) == 4 else None,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Who asked. Known only inside a workspace."""

    id: str
    name: str = field(default="", compare=False)


class When(StrEnum):
    """A cadence."""

    INSTANT = "instant"
    HOURLY = "hourly"
    DAILY = "daily"
    WEEKLY = "weekly"


DAY_NAMES: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
WORKDAYS: Final = frozenset(range(5))
EVERY_DAY: Final = frozenset(range(7))


@dataclass(frozen=True, slots=True, kw_only=True)
class Cadence:
    """When the matches of a subscription are said."""

    when: When = When.DAILY
    at: time = time(9, 0)
    """Local time of day for daily and weekly digests; the latest one where they wait to be ``complete``."""
    complete: bool = False
    """Daily and weekly digests come as soon as the day's lists are complete, ``at`` at the latest."""
    days: frozenset[int] = WORKDAYS
    """ISO weekdays counted from Monday = 0. A weekly digest uses the first of them."""
    zone: str = "UTC"
    """An IANA name (https://www.iana.org/time-zones)."""
    quiet: tuple[time, time] | None = None
    """Local hours in which instant cards wait: from, until. May span midnight. Nothing is dropped."""


class CardSize(StrEnum):
    """How much of a paper a card shows."""

    COMPACT = "compact"
    FULL = "full"


class SubscriptionState(StrEnum):
    """Whether a subscription matches and posts."""

    ACTIVE = "active"
    PAUSED = "paused"
    """By a person, perhaps until ``paused_until``; what matches meanwhile is kept."""
    BLOCKED = "blocked"
    """By us, because the destination takes no cards; resumes by itself when it does again."""
    REMOVED = "removed"
    """Deleted softly: restorable for 30 days."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """A query, a destination, a cadence, and who made it."""

    number: int
    """Counted within its workspace; people say «7» or «s7»."""
    query: str
    """The normal form (:mod:`bot.query`)."""
    destination: Destination
    cadence: Cadence = Cadence()
    card: CardSize = CardSize.COMPACT
    limit: int = 10
    """Most papers shown in one digest; the rest stays one command away."""
    name: str = ""
    sources: tuple[str, ...] = ()
    """Only papers that one of these sources announced; empty means all."""
    created_by: Person = Person(id="")
    created_at: datetime | None = None
    state: SubscriptionState = SubscriptionState.ACTIVE
    paused_until: datetime | None = None
    removed_at: datetime | None = None
    """When it was removed; it is forgotten for good thirty days later."""
    state_reason: str = ""
    """Why it is blocked, in a sentence for its maker."""
    mention: str = ""
    """A role or group of the platform to mention on a match; empty means none."""
    version: int = 1
    """Counted up by each change; a write names the version it read."""

    @property
    def workspace(self) -> tuple[str, str]:
        """The tenant it belongs to: platform and workspace."""
        return self.destination.platform, self.destination.workspace

    @property
    def id(self) -> str:
        """Unique over all workspaces; never shown to people and never trusted from them."""
        return f"{self.destination.platform}/{self.destination.workspace}/{self.number}"

    @property
    def title(self) -> str:
        """What to call it: its name, else its query."""
        return self.name or self.query


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """One thing in a paper that made a query true."""

    term: str
    """As written in the normal form of the query: ``diffusion``, ``author:"Sergey Levine"``, ``upvotes>=20``."""
    field: str
    """Where it was found: title, abstract, author, category, organization, …"""
    spans: tuple[tuple[int, int], ...] = ()
    """Places in that field's original text, as offsets in code points; empty where a place has no meaning."""
    text: str = ""
    """The words of the paper that were hit: «Diffusion Policies»."""
    score: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """A paper that passed a query, with its reasons."""

    paper_id: str
    subscription_id: str
    reasons: tuple[Reason, ...] = ()
    score: float = 0.0
    """Higher is better; comparable only within one subscription."""


class DeliveryKind(StrEnum):
    """What a delivery says."""

    PAPER = "paper"
    DIGEST = "digest"
    REVISION = "revision"
    THREAD = "thread"
    """Open the one thread of a paper under its card."""
    NOTICE = "notice"
    """To people, about a subscription («paused, because …»)."""


class DeliveryState(StrEnum):
    """How far a delivery has come."""

    PENDING = "pending"
    """Waits in a digest that is not closed yet."""
    PLANNED = "planned"
    INTENT = "intent"
    """An attempt is on its way, or its outcome is unknown."""
    SENT = "sent"
    DEAD = "dead"


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageRef:
    """Where a card was posted: needed to edit it or to open its thread."""

    platform: str
    channel: str
    message: str
    thread: str | None = None
    url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """Something due at a time for a destination. Written once under its key."""

    key: str
    kind: DeliveryKind
    destination: Destination
    papers: tuple[str, ...]
    """Canonical ids: one for a card, the whole frozen set, best first, for a digest."""
    subscriptions: tuple[int, ...] = ()
    """The numbers of the subscriptions that it speaks for."""
    reasons: tuple[tuple[int, tuple[Reason, ...]], ...] = ()
    """For each subscription number what matched; a digest keeps reasons with each of its papers."""
    due: datetime | None = None
    planned_at: datetime | None = None
    state: DeliveryState = DeliveryState.PLANNED
    attempts: int = 0
    intent_at: datetime | None = None
    first_intent_at: datetime | None = None
    doubt_at: datetime | None = None
    """Since when an attempt has been under way, or its outcome unknown."""
    sent_at: datetime | None = None
    message: MessageRef | None = None
    period: str = ""
    """For a digest the local date or hour it stands for."""
    digest: str = ""
    """For a paper that went into a digest: the key of that digest."""
    note: str = ""
    """Text of a notice, name of a thread, wording of a digest's period."""
    why: str = ""
    """Why it waits for another attempt, or was given up."""


def delivery_key(destination: Destination, kind: DeliveryKind, subject: str) -> str:
    """Name a delivery by what it says and where, never by its wording.

    ``subject`` is the canonical paper id, or a digest's subscription and period. 24 characters of
    hexadecimal: within Discord's limit of 25 for a nonce
    (https://discord.com/developers/docs/resources/message#create-message), and it tells nothing to a
    reader of Slack's metadata, which every app of a workspace can see.
    """
    place = (destination.platform, destination.workspace, destination.key)
    raw = "\x1f".join((*place, kind, identity(subject)))
    return hashlib.sha256(raw.encode()).hexdigest()[:24]
