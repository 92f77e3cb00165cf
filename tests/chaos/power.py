"""Power loss: what was not yet on the disk is gone. ``python -m tests.chaos.power --cuts 100`` prints a line for each setting.

The server tells the kernel to put its file on the disk; a small library that is preloaded into it notes how far the
file had come each time. A cut kills the server at a random moment and shortens its append-only file to that: the rest
was in the machine's memory. Then it starts again, and everything that had been acknowledged is looked for.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import structlog

from bot.clock import SystemClock
from bot.errors import PigeonError
from bot.models import Delivery, DeliveryKind, Destination, delivery_key
from bot.store import Database, Store, keys
from tests.chaos.valkey import ValkeyServer

SOURCE = Path(__file__).with_name("synced.c")
WRITERS = 8


def compiler() -> str | None:
    """A C compiler, if this machine has one."""
    return shutil.which("cc") or shutil.which("gcc")


@dataclass
class Loss:
    """What some cuts came to."""

    fsync: str
    cuts: int = 0
    acknowledged: int = 0
    lost: int = 0
    half: int = 0
    """Deliveries without their entry in the lane: a transaction of which a part was lost."""
    oldest: float = 0.0
    """How long before the cut the oldest of the lost was acknowledged; seconds."""
    bytes: int = 0
    torn: int = 0
    """Cuts that took bytes away at all."""
    written: list[tuple[float, Destination, str]] = field(default_factory=list, repr=False)

    def __str__(self) -> str:
        return (
            f"power loss appendfsync={self.fsync}: cuts={self.cuts} shortened={self.torn} bytes={self.bytes} "
            f"acknowledged={self.acknowledged} lost={self.lost} half_transactions={self.half} "
            f"oldest_lost={self.oldest:.2f}s"
        )


class Power:
    """A server whose power can be cut."""

    def __init__(self, folder: Path, fsync: str) -> None:
        self._synced = folder / "synced"
        self._synced.mkdir(parents=True)
        library = folder / "synced.so"
        built = compiler()
        assert built is not None, "there is no C compiler"
        subprocess.run(
            [built, "-shared", "-fPIC", "-O1", "-o", library, SOURCE, "-ldl"], check=True, capture_output=True
        )
        preloaded = {"LD_PRELOAD": str(library), "SYNCED_FOLDER": str(self._synced)}
        self.server = ValkeyServer(folder / "store", fsync=fsync, env=preloaded)

    def cut(self) -> int:
        """Kill it and shorten its files to what was on the disk; how many bytes that took."""
        self.server.kill()
        taken = 0
        for file in (self.server.folder / "appendonlydir").glob("*.incr.aof"):
            note = self._synced / file.name
            kept = int(note.read_text()) if note.exists() else 0
            taken += file.stat().st_size - kept
            with file.open("rb+") as held:
                held.truncate(kept)
        return taken


async def _write(url: str, found: Loss, number: int, cut: int) -> None:
    """Plan deliveries one after the other, and note each that was acknowledged, until the power is gone."""
    clock = SystemClock()
    store = Store(Database.connect(url), retention=timedelta(days=90))
    where = Destination(platform="plain", workspace=f"w{number}", channel=f"c{cut}")
    try:
        for at in range(1_000_000):
            key = delivery_key(where, DeliveryKind.NOTICE, str(at))
            card = Delivery(
                key=key,
                kind=DeliveryKind.NOTICE,
                destination=where,
                papers=(),
                due=clock.now(),
                note="A card " * 20,
            )
            await store.deliveries.plan(card, now=clock.now())
            found.written.append((clock.monotonic(), where, key))
    except PigeonError:
        return
    finally:
        await store.database.close()


async def _look(url: str, found: Loss, since: float) -> None:
    """Look for everything that was acknowledged."""
    store = Store(Database.connect(url), retention=timedelta(days=90))
    by_place: dict[Destination, list[tuple[float, str]]] = {}
    for moment, where, key in found.written:
        by_place.setdefault(where, []).append((moment, key))
    for where, rows in by_place.items():
        held = await store.deliveries.many(where, [key for _, key in rows])
        gone = [moment for moment, key in rows if key not in held]
        found.lost += len(gone)
        found.oldest = max(found.oldest, since - min(gone, default=since))
        lane = keys.in_shard(keys.shard_of(where), "lane", where.key)
        entries = await store.database.call(store.database.client.xrange(lane))
        waiting = {fields["key"] for _, fields in entries}
        found.half += sum(key not in waiting for key in held) + sum(
            key not in held for key in waiting & {key for _, key in rows}
        )
    await store.database.close()


def cuts(folder: Path, *, fsync: str, count: int, seed: int) -> Loss:
    """Cut the power so many times, at moments drawn by the seed."""
    chance, found, clock = random.Random(seed), Loss(fsync), SystemClock()
    power = Power(folder, fsync)
    power.server.start()

    async def one(number: int) -> float:
        writers = [
            asyncio.create_task(_write(power.server.url, found, writer, number)) for writer in range(WRITERS)
        ]
        await clock.sleep(chance.uniform(0.2, 1.6))
        taken, since = power.cut(), clock.monotonic()
        found.bytes += taken
        found.torn += taken > 0
        await asyncio.gather(*writers)
        return since

    try:
        for number in range(count):
            found.written.clear()
            since = asyncio.run(one(number))
            found.cuts += 1
            found.acknowledged += len(found.written)
            power.server.start()
            asyncio.run(_look(power.server.url, found, since))
    finally:
        power.server.kill()
    return found


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos.power", description=__doc__)
    parser.add_argument("--cuts", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    failed = False
    for fsync in ("always", "everysec"):
        with tempfile.TemporaryDirectory(prefix="power-") as folder:
            found = cuts(Path(folder), fsync=fsync, count=asked.cuts, seed=asked.seed)
        sys.stdout.write(f"{found}\n")
        sys.stdout.flush()
        failed |= bool(found.half) or (fsync == "always" and found.lost > 0)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
