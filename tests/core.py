"""What tests of the core share: a store on a real Valkey, papers, subscriptions, and the parts joined."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from bot.cards import plain
from bot.commands import parse
from bot.delivery.compose import Composer
from bot.delivery.destinations import Destinations
from bot.delivery.digests import Digests
from bot.delivery.lanes import Lanes
from bot.delivery.sender import Sender
from bot.handlers import Handlers
from bot.matcher import Matcher
from bot.models import (
    Announce,
    Cadence,
    Destination,
    Paper,
    Person,
    Sighting,
    Subscription,
    When,
)
from bot.poller import Poller
from bot.ports import Origin, Reply
from bot.query import parse as parse_query
from bot.store import Database, Store
from bot.testing.adapter import RecordingAdapter
from bot.testing.clock import FakeClock
from bot.testing.source import ListSource

ML = Destination(platform="recording", workspace="lab", channel="ml", name="#ml")
ANA = Person(id="ana", name="Ana")


def paper(number: int, title: str = "", **fields: object) -> Paper:
    """A small paper; ``number`` makes its id."""
    values: dict[str, object] = {
        "id": f"arxiv:2601.{number:05d}",
        "title": title or f"Robots that learn, part {number}",
        "abstract": "We teach a robot to open doors.",
        "authors": ("Ada Lovelace", "Alan Turing"),
        "categories": ("cs.RO",),
        "url": f"https://arxiv.org/abs/2601.{number:05d}",
        "sightings": (Sighting(source="arxiv", announce=Announce.NEW, day=date(2026, 1, 5)),),
    }
    return Paper(**(values | fields))  # type: ignore[arg-type]


class AllRights:
    """Everybody may do everything."""

    def __init__(self, *, manage: bool = True, missing: Sequence[str] = ()) -> None:
        self.manage = manage
        self.lacks = missing

    async def may_manage(self, destination: Destination, managers: Sequence[str]) -> bool:
        return self.manage

    async def may_read(self, destination: Destination) -> bool:
        return True

    async def missing(self, destination: Destination) -> Sequence[str]:
        return self.lacks


def origin(person: Person = ANA, where: Destination = ML, rights: AllRights | None = None) -> Origin:
    return Origin(person=person, where=where, rights=rights or AllRights())


@dataclass
class Core:
    """The core on a real store, with a source and a platform of ours."""

    store: Store
    clock: FakeClock
    source: ListSource = field(default_factory=lambda: ListSource("arxiv"))
    adapter: RecordingAdapter = field(default_factory=RecordingAdapter)
    worker: str = "w1"

    def __post_init__(self) -> None:
        self.composer = Composer(
            self.store,
            paper_actions=Handlers.PAPER_ACTIONS,
            digest_actions=Handlers.DIGEST_ACTIONS,
            threading=["recording"],
        )
        self.digests = Digests(self.store, self.clock)
        self.handlers = Handlers(
            self.store,
            self.clock,
            composer=self.composer,
            digests=self.digests,
            sources=["arxiv", "huggingface"],
            categories={"arxiv": ("cs.RO", "cs.LG", "cs.AI")},
            threading=["recording"],
        )
        self.poller = Poller(
            self.source, self.store, self.clock, every=timedelta(minutes=10), worker=self.worker
        )
        self.matcher = Matcher(self.store, self.clock, worker=self.worker)
        self.destinations = Destinations(self.store, self.clock)
        self.lanes = self.another_sender(self.worker)

    def another_sender(self, worker: str, adapter: RecordingAdapter | None = None) -> Lanes:
        adapter = adapter or self.adapter
        sender = Sender(adapter, self.store, self.composer, self.destinations, self.clock)
        return Lanes(adapter.name, self.store, sender, self.clock, worker=worker)

    async def subscribe(self, query: str, **fields: object) -> Subscription:
        values: dict[str, object] = {
            "number": 0,
            "query": parse_query(query).normal,
            "destination": ML,
            "cadence": Cadence(when=When.INSTANT),
            "created_by": ANA,
            "created_at": self.clock.now(),
        }
        return await self.store.subscriptions.create(Subscription(**(values | fields)))  # type: ignore[arg-type]

    async def settle(self) -> None:
        """Match what waits and send what is due."""
        await self.matcher.once()
        await self.digests.once()
        await self.lanes.once()

    async def bring(self, *papers: Paper) -> None:
        """A listing brings papers, and everything that follows from it happens."""
        self.source.bring(*papers)
        await self.poller.once()
        await self.settle()

    async def seeded(self) -> "Core":
        """Past the first listing: from here on, new papers are news."""
        self.source.bring()
        await self.poller.once()
        return self

    async def say(self, line: str, by: Origin | None = None) -> Reply:
        """What somebody types, and the answer."""
        return await self.handlers(parse(line), by or origin())


def open_core(redis_url: str, clock: FakeClock, **fields: object) -> Core:
    database = Database.connect(redis_url)
    return Core(Store(database, retention=timedelta(days=90)), clock, **fields)  # type: ignore[arg-type]


def words(reply: Reply) -> str:
    """All that a reply says, in one string."""
    said = [reply.card.fallback]
    for block in reply.card.blocks:
        said.extend(plain(getattr(block, name, ())) for name in ("spans", "note"))
        said.append(getattr(block, "text", ""))
    return "\n".join(said)


def commands(reply: Reply) -> dict[str, str]:
    """The buttons of a reply: label and command."""
    return {action.label: action.command or action.url or "" for action in reply.card.actions}
