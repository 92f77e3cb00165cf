"""An index that was saved by one process is the same index in another."""

import os
import pickle
import random
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import structlog

from bot import audience, snapshot
from bot.matcher import Matcher
from bot.matching import Index
from bot.models import Announce, Paper, Sighting, SubscriptionState
from bot.query import Document, evaluate, parse, stored
from bot.snapshot import Snapshot
from tests.core import Core, paper
from tests.matching.queries import Draw

NOW = datetime(2026, 1, 5, tzinfo=UTC)
SAVE = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from bot.matching import Index
from bot.query import stored
from bot.snapshot import Snapshot
index = Index(stored)
for number, line in enumerate(Path(sys.argv[1]).read_text().splitlines()):
    index.put("gone", stored(line))
    index.put(f"k{number}", stored(line))
index.drop("gone")
Snapshot(Path(sys.argv[2])).write(index, ["k0"], datetime.now(UTC))
"""


def save_elsewhere(lines: list[str], folder: Path, seed: int) -> None:
    """Another process saves an index; its hashes of texts are others."""
    (folder / "lines").write_text("\n".join(lines))
    subprocess.run(
        [sys.executable, "-c", SAVE, folder / "lines", folder],
        env=os.environ | {"PYTHONHASHSEED": str(seed)},
        check=True,
    )


def test_it_finds_what_the_evaluator_finds_and_goes_on_changing(
    read_papers: Callable[[int], list[Paper]], tmp_path: Path
) -> None:
    papers = read_papers(400)
    draw, chance = Draw(papers, seed=3), random.Random(3)
    lines = [draw.query().normal for _ in range(900)] + [
        "fine-tuning",
        "finetun* model",
        "diffusion-policies",
    ]
    save_elsewhere(lines, tmp_path, 1)
    saved = Snapshot(tmp_path).read()
    assert saved is not None
    assert saved.revisions == {"k0"}
    index, held = saved.index, {f"k{number}": line for number, line in enumerate(lines)}
    assert index.texts() == held

    def check(some: list[Paper]) -> None:
        for document in map(Document.of, some):
            verdicts = {key: evaluate(stored(line), document) for key, line in held.items()}
            found = index.match(document)
            assert set(found) == {key for key, verdict in verdicts.items() if verdict.matched}
            assert all(found[key] == verdicts[key] for key in found)

    check(papers[:20])
    for key in chance.sample(sorted(held), 300):
        if chance.random() < 0.5:
            index.drop(key)
            del held[key]
        else:
            held[key] = draw.query().normal
            index.put(key, stored(held[key]))
    check(papers[20:30])
    index.texts_from(lambda key: held[key])
    check(papers[30:40])
    assert index.texts() == held
    for key in list(held):
        index.drop(key)
        del held[key]
    assert (len(index), index.distinct, index._atoms.uses[1:].count(0)) == (0, 0, len(index._atoms.uses) - 1)


@pytest.fixture
def every_index_is_saved(monkeypatch) -> None:
    monkeypatch.setattr(audience, "MANY", 1)
    monkeypatch.setattr(audience, "WORTH_SAVING", 1)


async def matches(core: Core, matcher: Matcher, *papers: Paper) -> set[tuple[str, int]]:
    """Which paper each of the subscriptions got."""
    core.source.bring(*papers)
    await core.poller.once()
    await matcher.once()
    held = matcher._audience
    found = [(one, held.wanted_by(one, held.index.match(Document.of(one)))) for one in papers]
    return {(one.title, int(key.rpartition("/")[2])) for one, keys in found for key in keys}


@pytest.mark.usefixtures("every_index_is_saved")
async def test_a_start_from_what_was_saved_holds_what_the_store_holds_now(core: Core, tmp_path: Path) -> None:
    stays = await core.subscribe("drones")
    alike = await core.subscribe("drones")
    changed = await core.subscribe("boats")
    removed = await core.subscribe("drones wings")
    dropped = await core.subscribe("drones")
    chosen = await core.subscribe("drones", sources=("huggingface",))
    revised = await core.subscribe("drones new-version:yes")
    unreadable = await core.subscribe("drones")
    kept = Snapshot(tmp_path)
    await Matcher(core.store, core.clock, worker="w1", snapshot=kept).once()
    assert kept.path.stat().st_mode & 0o777 == 0o600

    await core.store.subscriptions.put(changed := await fresh(core, changed.number, query="drones wing"))
    await core.store.subscriptions.put(await fresh(core, removed.number, state=SubscriptionState.REMOVED))
    await core.store.subscriptions.drop(await fresh(core, dropped.number))
    await core.store.subscriptions.put(await fresh(core, unreadable.number, query="(("))
    added = await core.subscribe("wings")
    again = Matcher(core.store, core.clock, worker="w1", snapshot=kept)
    one = paper(1, "Drones with wings")
    announced = Sighting(source="arxiv", announce=Announce.REPLACE)
    revision = paper(2, "Drones with wings, revised", version=2, sightings=(announced,))
    expected = await matches(core, Matcher(core.store, core.clock, worker="w1"), one, revision)
    assert await matches(core, again, one, revision) == expected
    assert {number for _, number in expected} >= {stays.number, alike.number, changed.number, added.number}
    assert not {number for _, number in expected} & {removed.number, dropped.number, unreadable.number}
    assert chosen.number not in {number for _, number in expected}
    assert {found for found in expected if found[0] == revision.title} == {(revision.title, revised.number)}
    assert again._audience.index._filters._texts.keys() <= {*again._audience.index._filters._free}


async def fresh(core: Core, number: int, **fields: object):
    from dataclasses import replace

    found = await core.store.subscriptions.get("recording", "lab", number)
    assert found is not None
    return replace(found, **fields)  # type: ignore[arg-type]


@pytest.mark.usefixtures("every_index_is_saved")
async def test_nothing_is_read_again_that_has_not_changed(core: Core, tmp_path: Path, monkeypatch) -> None:
    for number in range(30):
        await core.subscribe(f"drones OR word{number}")
    for expected in (30, 0):
        with structlog.testing.capture_logs() as logs:
            await Matcher(core.store, core.clock, worker="w1", snapshot=Snapshot(tmp_path)).once()
        (built,) = [one for one in logs if one["event"] == "The index is built"]
        assert (built["subscriptions"], built["anew"]) == (30, expected)


@pytest.mark.usefixtures("every_index_is_saved")
async def test_what_was_erased_is_in_no_file_a_day_later(core: Core, tmp_path: Path, monkeypatch) -> None:
    kept = Snapshot(tmp_path)
    await core.subscribe("drones")
    erased = await core.subscribe("secretword")
    matcher = Matcher(core.store, core.clock, worker="w1", snapshot=kept)
    await matcher.once()
    assert b"secretword" in kept.path.read_bytes()
    await core.store.subscriptions.drop(erased)
    await core.clock.advance(timedelta(hours=23))
    await matcher.once()
    assert b"secretword" in kept.path.read_bytes()  # it is not written for each change
    await core.clock.advance(timedelta(hours=1))
    await matcher.once()
    assert b"secretword" not in kept.path.read_bytes()
    saved = kept.read()
    assert saved is not None
    assert len(saved.index) == 1

    monkeypatch.setattr(audience, "MANY", 10)  # and of an index that is not large any more there is no file
    await core.subscribe("boats")
    await core.clock.advance(timedelta(days=1))
    await matcher.once()
    assert not kept.path.exists()


@pytest.mark.parametrize("harm", ["damaged", "cut", "of another version", "empty", "foreign"])
def test_what_is_of_no_use_is_left_alone(tmp_path: Path, monkeypatch, harm: str) -> None:
    index, kept = Index(stored), Snapshot(tmp_path)
    index.put("a", parse("robots"))
    kept.write(index, [], NOW)
    assert kept.read() is not None
    content = kept.path.read_bytes()
    match harm:
        case "damaged":
            kept.path.write_bytes(content[:-5] + b"x" + content[-4:])
        case "cut":
            kept.path.write_bytes(content[:-100])
        case "of another version":
            monkeypatch.setattr(snapshot, "_version", lambda: b"2" * 32)
        case "empty":
            kept.path.write_bytes(b"")
        case "foreign":
            body = pickle.dumps((timedelta(days=1), [], NOW.isoformat()))
            kept.path.write_bytes(content[:32] + snapshot._digest(body) + body)
    assert kept.read() is None


def test_what_a_killed_process_left_is_cleared_away(tmp_path: Path) -> None:
    index, kept = Index(stored), Snapshot(tmp_path)
    left, written_now = (tmp_path / f".{kept.path.name}.{name}" for name in ("left", "now"))
    for file, hours in ((left, 2), (written_now, 0)):
        file.touch()
        moment = (NOW - timedelta(hours=hours)).timestamp()
        os.utime(file, (moment, moment))
    kept.write(index, [], NOW)
    assert {*tmp_path.iterdir()} == {kept.path, written_now}


@pytest.mark.parametrize("name", ["sys", "np.frombuffer", "Document.of"])
def test_nothing_is_called_that_is_no_part_of_an_index(name: str) -> None:
    import io

    for module in ("os", "bot.snapshot", "bot.matching.index", "bot.query.document"):
        body = f"c{module}\n{name}\n.".encode()
        with pytest.raises((pickle.UnpicklingError, AttributeError)):
            snapshot._Parts(io.BytesIO(b"\x80\x04" + body)).load()


def test_a_place_that_cannot_be_written_to_is_said_and_harms_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    index = Index(stored)
    index.put("a", parse("robots"))
    with structlog.testing.capture_logs() as logs:
        Snapshot(tmp_path / "file").write(index, [], NOW)
    assert [one["log_level"] for one in logs] == ["warning"]
    assert Snapshot(tmp_path / "file").read() is None
