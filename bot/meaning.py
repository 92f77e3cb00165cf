"""Meaning at work: joins the language model, the stored papers and their vectors. One for each process.

Words are weighed anew whenever they are needed (a third of a millisecond); what the model made is stored, with the
model's name and dimension, and made anew where either is another. Without a model everything works on words alone.
"""

from __future__ import annotations

import asyncio
from array import array
from collections import OrderedDict
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, TypeAlias, TypeVar

import structlog

from bot.clock import Clock
from bot.embedding import Embedder
from bot.errors import EmbeddingError
from bot.matching.meaning import Cut, Examples, Label, Meaning, Profile, Recent, Scores, of_text, similarity
from bot.matching.meaning.recent import KEPT
from bot.matching.meaning.vectors import Vector, packed, unpacked
from bot.models import Destination, Paper
from bot.query import Like, Query
from bot.store import Store
from bot.text.ids import canonical_id

log = structlog.get_logger(__name__)

BREATH: Final = 15
"""Papers weighed between two looks at the event loop: about five milliseconds."""
AT_ONCE: Final = 32
"""Papers that the model reads before what it made is stored."""
EVERY: Final = timedelta(seconds=30)
"""How often the model looks for papers that it has still to read, and others for what it has read."""
UNREAD: Final = 5_000
"""Papers without a vector that are asked for at once."""
LEASE: Final = timedelta(minutes=2)
PATIENCE: Final = 2.0
"""Seconds that a card waits for its related papers, and a search for what is near in meaning."""
AFRESH: Final = 20
"""Cuts that are taken anew before a batch of papers is matched; the others wait for the next batch."""
TEXTS: Final = 500
"""Texts of examples remembered with their vectors."""
STALE: Final = timedelta(hours=1)
"""How old a cut may grow before it is taken anew from the papers. It takes up to a twentieth of a second, in a thread."""
DIRECTION: Final = 100
"""The latest rated papers that a profile is made of."""


Answer = TypeVar("Answer")
Refused: TypeAlias = dict[str, Profile | None]
"""Profiles that filter, by the key of their place; ``None`` where none does."""


class Meanings:
    """What texts and papers mean, and which are near."""

    def __init__(self, store: Store, clock: Clock, embedder: Embedder | None = None) -> None:
        self._store = store
        self._clock = clock
        self._embedder = embedder
        self._recent = Recent()
        self._looked: datetime | None = None
        self._asked_again: datetime | None = None
        """When vectors of papers that had none were last asked for."""
        self._looking = asyncio.Lock()
        self._asking: set[asyncio.Task[Any]] = set()
        self._texts: OrderedDict[str, Meaning] = OrderedDict()
        self._cuts: OrderedDict[Like, tuple[datetime, Meaning, Cut]] = OrderedDict()

    @property
    def model(self) -> str:
        """What reads the texts, for people."""
        return self._embedder.name if self._embedder else "words alone"

    @property
    def reads(self) -> bool:
        """Whether there is a model, so that scores are of words and meaning."""
        return self._embedder is not None

    # --- meanings -----------------------------------------------------------------------------

    async def text(self, text: str, *, title: str = "") -> Meaning:
        """The meaning of a text that is no stored paper."""
        name = f"{title}\n{text}"
        if name not in self._texts:
            vectors = await self._read([_whole(title, text)])
            self._texts[name] = of_text(text, title=title, vector=vectors[0] if vectors else None)
            if len(self._texts) > TEXTS:
                self._texts.popitem(last=False)
        self._texts.move_to_end(name)
        return self._texts[name]

    async def papers(self, papers: Sequence[Paper], *, read: bool = False) -> dict[str, Meaning]:
        """The meanings of papers, by id; with ``read`` the model reads those that it has not read yet."""
        vectors = await self._vectors([paper.id for paper in papers])
        if read and self._embedder is not None:
            unread = [paper for paper in papers if paper.id not in vectors]
            for start in range(0, len(unread), AT_ONCE):
                vectors |= await self._make(unread[start : start + AT_ONCE])
        found = {}
        for at, paper in enumerate(papers):
            if at % BREATH == BREATH - 1:
                await self._clock.sleep(0)
            found[paper.id] = of_text(paper.abstract, title=paper.title, vector=vectors.get(paper.id))
        return found

    async def _vectors(self, ids: Sequence[str]) -> dict[str, Vector]:
        if self._embedder is None:
            return {}
        held = await self._store.vectors.many(
            ids, model=self._embedder.name, dimension=self._embedder.dimension
        )
        return {one: unpacked(text) for one, text in held.items()}

    async def _make(self, papers: Sequence[Paper]) -> dict[str, Vector]:
        vectors = await self._read([_whole(paper.title, paper.abstract) for paper in papers])
        if self._embedder is None or not vectors:
            return {}
        made = {paper.id: vector for paper, vector in zip(papers, vectors, strict=True)}
        await self._store.vectors.put(
            {one: packed(vector) for one, vector in made.items()},
            model=self._embedder.name,
            dimension=self._embedder.dimension,
        )
        return made

    async def _read(self, texts: Sequence[str]) -> list[Vector]:
        """Vectors of texts; none where there is no model, or it fails: words alone go on."""
        if self._embedder is None:
            return []
        try:
            vectors = await self._embedder.embed(texts)
        except EmbeddingError as error:
            log.warning("The language model is left out until the next start", why=str(error))
            self._embedder = None
            return []
        # As they come back from the store, so that a paper scores the same before and after.
        return [array("f", unpacked(packed(vector))) for vector in vectors]

    # --- what is near -------------------------------------------------------------------------

    async def _asked(self, question: Callable[[Recent], Answer]) -> Answer:
        """Ask the newest papers something, beside the event loop; nothing is added meanwhile."""
        async with self._looking:
            await self._look()
            return await asyncio.to_thread(question, self._recent)

    async def _look(self) -> None:
        """Bring the newest papers up to date."""
        if self._recent.full:
            self._recent, self._looked, self._asked_again = Recent(), None, None
        now = self._clock.now()
        since = self._looked - timedelta(minutes=5) if self._looked else now - self._store.papers.retention
        ids = await self._store.papers.recent(since, limit=KEPT)
        unread: Sequence[str] = ()
        if self._embedder is not None and (self._asked_again is None or now - self._asked_again >= EVERY):
            # The model may be far behind: it reads what was stored before it was installed for half an hour.
            unread, self._asked_again = self._recent.without_vector(UNREAD), now
        new = [one for one in reversed(ids) if one not in self._recent]
        for start in range(0, len(new), 200):
            papers = list((await self._store.papers.many(new[start : start + 200])).values())
            meanings = await self.papers(papers)
            for paper in papers:
                self._recent.put(paper.id, meanings[paper.id], paper.first_seen or now)
        for start in range(0, len(unread), AT_ONCE):
            for one, vector in (await self._vectors(unread[start : start + AT_ONCE])).items():
                self._recent.put(one, Meaning({}, vector), now)
            await self._clock.sleep(0)
        self._looked = now

    async def example(self, like: Like, *, keep: bool = False) -> Meaning | None:
        """The meaning of an example: its text, or the paper it names; ``None`` for a paper nobody knows.

        ``keep`` holds the text of the paper for as long as the store lives: a subscription names it.
        """
        paper_id = canonical_id(like.text) if " " not in like.text else None
        if paper_id is None:
            return await self.text(like.text)
        paper_id = await self._store.papers.names.canonical(paper_id)
        held = await self._store.vectors.example(paper_id)
        if held is None:
            paper = await self._store.papers.get(paper_id)
            if paper is None:
                return None
            held = paper.title, paper.abstract
            if keep:
                await self._store.vectors.keep_example(paper_id, *held)
        vector = (await self._vectors([paper_id])).get(paper_id)
        if vector is not None:  # read already
            return of_text(held[1], title=held[0], vector=vector)
        return await self.text(held[1], title=held[0])

    async def cut(self, like: Like, *, keep: bool = False) -> tuple[Meaning, Cut] | None:
        """The meaning of an example and where near enough begins; ``None`` for a paper nobody knows."""
        held = self._cuts.get(like)
        if held is not None and self._clock.now() - held[0] < STALE:
            return held[1], held[2]
        meaning = await self.example(like, keep=keep)
        if meaning is None:
            return None
        paper_id = canonical_id(like.text) if " " not in like.text else None
        itself = {paper_id} if paper_id else set()
        made = await self._asked(lambda recent: recent.cut(meaning, like.rate, without=itself))
        self._cuts[like] = self._clock.now(), meaning, made
        self._cuts.move_to_end(like)
        if len(self._cuts) > TEXTS:
            self._cuts.popitem(last=False)
        return meaning, made

    async def near(self, query: Query) -> dict[str, dict[Like, float]]:
        """For each recent paper the examples of a query that it is near enough to."""
        found: dict[str, dict[Like, float]] = {}
        for like in query.likes:
            held = await self.cut(like)
            if held is None:
                continue
            for paper_id, score in (await self._near(*held)).items():
                found.setdefault(paper_id, {})[like] = score
        return found

    async def _near(self, meaning: Meaning, cut: Cut) -> Mapping[str, float]:
        return await self._asked(lambda recent: recent.near(meaning, cut))

    async def scores(self, text: str) -> Scores | None:
        """How near each of the newest papers is to a text; ``None`` while what is stored is still being read."""
        meaning = await self.text(text)
        return await self._in_time(lambda recent: recent.scores(meaning), None)

    async def warm(self) -> None:
        """Read the newest papers now, so that the first question need not wait for it."""
        async with self._looking:
            await self._look()

    async def nearness(self, query: Query, paper: Paper) -> Mapping[Like, tuple[float, float]]:
        """How near one paper is to each example of a query that is known, and where near enough begins."""
        if not query.likes:
            return {}
        meaning = (await self.papers([paper], read=True))[paper.id]
        found = {}
        for like in query.likes:
            if (held := await self.cut(like)) is not None:
                both = held[0].vector is not None and meaning.vector is not None
                found[like] = similarity(held[0], meaning), held[1].of(vector=both)
        return found

    async def related(self, paper: Paper, count: int = 3) -> list[Paper]:
        """The papers known here that are nearest to one, nearest first.

        No card waits for it: none are named while a process that has just started is still reading what is stored.
        """
        meaning = (await self.papers([paper]))[paper.id]
        none: list[tuple[str, float]] = []
        best = await self._in_time(lambda recent: recent.nearest(meaning, count, without={paper.id}), none)
        known = await self._store.papers.many([one for one, _ in best])
        return [known[one] for one, _ in best if one in known]

    async def _in_time(self, question: Callable[[Recent], Answer], otherwise: Answer) -> Answer:
        """The answer, if there is one before anybody loses patience."""
        asking = asyncio.create_task(self._asked(question))
        done, _ = await asyncio.wait({asking}, timeout=PATIENCE)
        if not done:
            self._asking.add(asking)  # what it reads serves the next
            asking.add_done_callback(self._answered)
            return otherwise
        return asking.result()

    def _answered(self, late: asyncio.Task[Any]) -> None:
        self._asking.discard(late)
        if not late.cancelled() and late.exception() is not None:
            log.warning("Near papers could not be looked for", why=str(late.exception()))

    # --- what people want more of -------------------------------------------------------------

    async def profile(self, place: Destination, asked: str = "") -> Profile:
        """What the ratings of a place come to; ``asked`` are the words of the filter that brings its papers."""
        by_paper: dict[str, list[int]] = {}
        texts: dict[str, tuple[str, str]] = {}
        for rating in await self._store.ratings.of(place):
            by_paper.setdefault(rating.paper_id, []).append(rating.value)
            texts.setdefault(rating.paper_id, (rating.title, rating.abstract))
        labels = []
        stored = await self._vectors(list(by_paper)[:DIRECTION])
        for paper_id, values in list(by_paper.items())[:DIRECTION]:
            title, abstract = texts[paper_id]
            vector = stored.get(paper_id)
            meaning = (
                of_text(abstract, title=title, vector=vector)
                if vector is not None or self._embedder is None
                else await self.text(abstract, title=title)
            )
            labels.append(Label(paper_id, meaning, sum(values), title))
        return Profile(labels, await self.text(asked) if asked else None)

    async def ordered(self, place: Destination, papers: Sequence[Paper], asked: str = "") -> list[Paper]:
        """Papers in the order of a place's profile; as they were while it has too few ratings."""
        where = place.key if place.direct else place.channel
        chosen = await self._store.preferences.get(place.platform, place.workspace, where)
        if chosen.get("profile") == "off" or await self._store.ratings.count(place) == 0:
            return list(papers)
        profile = await self.profile(place, asked)
        if not profile.speaks:
            return list(papers)
        meanings = await self.papers(papers, read=True)
        return sorted(papers, key=lambda paper: -profile.score(meanings[paper.id]))

    async def refused(self, place: Destination, paper: Paper, asked: Refused) -> bool:
        """Whether people of a place chose that their profile filters, and it leaves this paper out.

        ``asked`` remembers profiles for the length of a batch.
        """
        if place.key not in asked:
            where = place.key if place.direct else place.channel
            chosen = await self._store.preferences.get(place.platform, place.workspace, where)
            filters = chosen.get("profile") == "filter"
            asked[place.key] = await self.profile(place) if filters else None
        profile = asked[place.key]
        if profile is None or not profile.speaks:
            return False
        return profile.refuses((await self.papers([paper], read=True))[paper.id])

    # --- reading ahead ------------------------------------------------------------------------

    async def run(self, worker: str) -> None:
        """Let the model read what is new, and what another model has read; one process at a time."""
        while self._embedder is not None:
            if await self._store.leases.take("embedding", worker, LEASE):
                while await self.read_some() and await self._store.leases.take("embedding", worker, LEASE):
                    await self._clock.sleep(0)
            await self._clock.sleep(EVERY.total_seconds())

    async def read_some(self) -> int:
        """Read some of the newest papers that have no vector of this model; how many."""
        if self._embedder is None:
            return 0
        ids = await self._store.papers.recent(self._clock.now() - self._store.papers.retention, limit=KEPT)
        for start in range(0, len(ids), 500):
            part = ids[start : start + 500]
            held = await self._store.vectors.many(
                part, model=self._embedder.name, dimension=self._embedder.dimension
            )
            unread = [one for one in part if one not in held][:AT_ONCE]
            if unread:
                papers = list((await self._store.papers.many(unread)).values())
                return len(await self._make(papers)) if papers else 0
        return 0


class Followed:
    """The examples of all subscriptions, for the matcher: each with its cut, taken anew now and then."""

    def __init__(self, meanings: Meanings, clock: Clock) -> None:
        self._meanings = meanings
        self._clock = clock
        self._examples: Examples[Like] = Examples()
        self._held: dict[Like, datetime] = {}

    async def near(self, likes: Collection[Like], papers: Sequence[Paper]) -> dict[str, dict[Like, float]]:
        """For each paper the examples that it is near enough to."""
        if not likes:
            return {}
        wanted = set(likes)
        for gone in self._held.keys() - wanted:
            self._examples.drop(gone)
            del self._held[gone]
        now = self._clock.now()
        stale = [one for one, taken in self._held.items() if now - taken >= STALE][:AFRESH]
        for like in (*(wanted - self._held.keys()), *stale):
            held = await self._meanings.cut(like, keep=True)
            if held is not None:
                self._examples.put(like, *held)
            self._held[like] = now
        meanings = await self._meanings.papers(papers, read=True)
        return {paper_id: self._examples.near(meaning) for paper_id, meaning in meanings.items()}


def _whole(title: str, text: str) -> str:
    return f"{title}. {text}" if title and text else title or text
