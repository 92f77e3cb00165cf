"""Stored vectors: by which model, made once, made anew, and never needed. With a model of four directions."""

import asyncio
import random
from array import array
from collections.abc import Sequence
from datetime import timedelta

import pytest

from bot.errors import EmbeddingError
from bot.matching.meaning import Examples, Meaning, Recent, of_text, similarity
from bot.matching.meaning.recent import Cut
from bot.matching.meaning.vectors import Vector
from bot.meaning import AT_ONCE, Meanings
from bot.query import parse
from bot.testing.clock import FakeClock
from tests.core import Core, paper


class Four:
    """An embedder that counts what it reads and knows four groups of words."""

    dimension = 4

    def __init__(self, name: str = "four/1") -> None:
        self.name = name
        self.read: list[str] = []
        self.broken = False

    async def embed(self, texts: Sequence[str]) -> list[Vector]:
        if self.broken:
            raise EmbeddingError("It is broken.")
        self.read += texts
        groups = (("robot", "manipulator"), ("star", "galaxy"), ("cell", "protein"))
        made = []
        for text in texts:
            numbers = [float(any(word in text.lower() for word in group)) for group in groups]
            numbers.append(0.1 if any(numbers) else 1.0)
            length = sum(number**2 for number in numbers) ** 0.5
            made.append(array("f", [number / length for number in numbers]))
        return made


async def stored(core: Core, count: int = 3) -> None:
    words = ("Robots", "Stars", "Cells")
    await core.bring(*(paper(at, f"{words[at % 3]} {at}", abstract="") for at in range(1, count + 1)))


async def all_read(meanings: Meanings) -> int:
    total = 0
    while count := await meanings.read_some():
        assert count <= AT_ONCE
        total += count
    return total


async def test_each_paper_is_read_once_and_its_vector_bears_the_models_name(core: Core) -> None:
    await stored(core, 70)
    four = Four()
    meanings = Meanings(core.store, core.clock, four)
    assert await all_read(meanings) == 70
    assert await all_read(meanings) == 0
    raw = await core.store.database.client.get("pp:{papers}:vector:arxiv:2601.00001")
    assert raw.startswith("four/1 4 ")
    assert await core.store.database.client.pttl("pp:{papers}:vector:arxiv:2601.00001") > 0


async def test_another_model_reads_everything_anew_and_never_mixes(core: Core) -> None:
    await stored(core)
    await all_read(Meanings(core.store, core.clock, Four()))
    other = Four("four/2")
    meanings = Meanings(core.store, core.clock, other)
    papers = list((await core.store.papers.many([f"arxiv:2601.0000{n}" for n in (1, 2, 3)])).values())
    assert all(one.vector is None for one in (await meanings.papers(papers)).values())
    assert await all_read(meanings) == 3
    assert all(one.vector is not None for one in (await meanings.papers(papers)).values())


async def test_meaning_finds_what_words_do_not(core: Core) -> None:
    await stored(core, 30)
    meanings = Meanings(core.store, core.clock, Four())
    await all_read(meanings)
    near = await meanings.near(parse("like:manipulators~500"))
    titles = [one.title for one in (await core.store.papers.many(list(near))).values()]
    assert titles and all(title.startswith("Robots") for title in titles)
    assert await Meanings(core.store, core.clock).near(parse("like:manipulators~500")) == {}


async def test_a_paper_scores_the_same_before_and_after_it_was_stored(core: Core) -> None:
    await stored(core, 1)
    meanings = Meanings(core.store, core.clock, Four())
    one = (await core.store.papers.get("arxiv:2601.00002")) or (
        await core.store.papers.get("arxiv:2601.00001")
    )
    assert one is not None
    asked = await meanings.text("a manipulator")
    first = similarity(asked, (await meanings.papers([one], read=True))[one.id])
    assert similarity(asked, (await meanings.papers([one]))[one.id]) == pytest.approx(first, abs=1e-6)


async def test_a_model_that_fails_is_left_out_and_words_go_on(core: Core) -> None:
    await stored(core, 6)
    four = Four()
    meanings = Meanings(core.store, core.clock, four)
    await all_read(meanings)
    four.broken = True
    assert (await meanings.text("robots")).vector is None
    assert meanings.model == "words alone"
    related = await meanings.related((await core.store.papers.many(["arxiv:2601.00001"]))["arxiv:2601.00001"])
    assert all("Robots" in one.title or "Stars" in one.title for one in related)


async def test_reading_ahead_is_done_by_one_process(core: Core) -> None:
    await stored(core)
    await core.store.leases.take("embedding", "somebody else", timedelta(minutes=1))
    four = Four()
    task = asyncio.create_task(Meanings(core.store, core.clock, four).run("me"))
    async with asyncio.timeout(20):
        await core.clock.until_asleep()  # until it has looked, and waits for its next turn
    task.cancel()
    assert four.read == []


async def some(count: int, chance: random.Random) -> list[Meaning]:
    words = ["robot", "star", "protein", "manipulator", "galaxy", "policy", "dust", "cell", "grasp"]
    texts = [" ".join(chance.choices(words, k=4)) for _ in range(count)]
    vectors = await Four().embed(texts)
    return [
        of_text(text, vector=vector if chance.random() < 0.8 else None)
        for text, vector in zip(texts, vectors, strict=True)
    ]


async def test_side_by_side_they_score_as_one_by_one(clock: FakeClock) -> None:
    chance = random.Random(7)
    papers, asked, cut = await some(150, chance), await some(12, chance), Cut(0.3, 0.5)
    recent, examples = Recent(), Examples[int]()
    for at, meaning in enumerate(papers):
        recent.put(str(at), meaning, clock.now())
    for at, meaning in enumerate([*asked[6:], *asked]):  # each row is used twice
        examples.put(at % 12, meaning, cut)
        if at == 3:
            examples.drop(1)
    held = dict(enumerate([*asked[6:], *asked]))
    held = {at % 12: meaning for at, meaning in held.items()}

    def near(left: Meaning, right: Meaning) -> float | None:
        both = left.vector is not None and right.vector is not None
        score = similarity(left, right)
        return 3 * score if score >= (cut.joined if both else cut.words) else None

    for paper_ in papers:
        wanted = {key: found for key, one in held.items() if (found := near(one, paper_)) is not None}
        assert examples.near(paper_) == pytest.approx(wanted, abs=1e-5)
    for one in asked:
        wanted_ids = {str(at): f for at, p in enumerate(papers) if (f := near(one, p)) is not None}
        assert recent.near(one, cut) == pytest.approx(wanted_ids, abs=1e-4)


async def test_what_the_model_reads_late_counts_in_processes_that_looked_before(core: Core) -> None:
    """A model that is installed over a full store reads for half an hour; who looked at its start must not miss that."""
    await stored(core, 30)
    await core.clock.advance(timedelta(hours=1))
    early = Meanings(core.store, core.clock, Four())
    like = parse("like:manipulators~500")
    assert await early.near(like) == {}
    await all_read(Meanings(core.store, core.clock, Four()))
    await core.clock.advance(timedelta(hours=1))
    assert len(await early.near(like)) == 10
