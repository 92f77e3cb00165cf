"""``pigeon backup`` and ``pigeon restore``: versioned JSON lines, written whole, read whole before anything is done."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, Final

import typer
from pydantic import ValidationError

from bot.cli.files import whole
from bot.cli.opening import open_beside, open_settings
from bot.clock import SystemClock
from bot.errors import BackupError, PigeonError
from bot.store.backup import FORMAT, KINDS, Part, read_part
from bot.store.backup_file import HEADER, write
from bot.store.schema import CURRENT

_LONGEST: Final = 16 << 20
"""Bytes of one line; the largest saved list is far below."""
_LEFT_OUT: Final = (
    "Not in it: papers (listings bring them again), what waits to be sent, and platforms' own values, which may hold "
    "tokens: workspaces that installed the app by OAuth do so again. Keep .env yourself."
)


def backup(*, file: Path | None) -> None:
    """Write everything that people made into one file."""
    asyncio.run(_backup(file))


def restore(*, file: Path, dry_run: bool) -> None:
    """Read a backup whole, then put back what the store does not have."""
    asyncio.run(_restore(file, dry_run=dry_run))


async def _backup(file: Path | None) -> None:
    now = SystemClock().now()
    path = file or Path(f"paper-pigeon-{now:%Y%m%d-%H%M%S}.jsonl")
    async with open_beside(open_settings(quiet=True).settings) as store:
        with whole(path) as target:
            counts = await write(store.backup, target, now)
    typer.echo(f"Wrote {path}: {_listed(counts)}.")
    typer.echo(_LEFT_OUT, err=True)


async def _restore(file: Path, *, dry_run: bool) -> None:
    for _ in _parts(file):
        pass  # every line is read before anything is done
    done: Counter[str] = Counter()
    there: list[str] = []
    async with open_beside(open_settings(quiet=True).settings) as store:
        for part in _parts(file):
            if await store.backup.restore(part, dry_run=dry_run):
                done[part.kind] += 1
            else:
                there.append(_named(part))
    typer.echo(f"{'Would restore' if dry_run else 'Restored'}: {_listed(done)}.")
    if there:
        shown = ", ".join(there[:10]) + (f" and {len(there) - 10} more" if len(there) > 10 else "")
        typer.echo(f"Already there, and left as {'it is' if len(there) == 1 else 'they are'}: {shown}.")


def _parts(file: Path) -> Iterator[Part]:
    """The parts of a backup, in order.

    Raises:
        BackupError: the file cannot be read, is damaged, cut short, or of a newer version.
    """
    try:
        with file.open("rb") as lines:
            expected = _header(file, lines)
            found: Counter[str] = Counter()
            for number, line in enumerate(iter(lambda: lines.readline(_LONGEST), b""), 2):
                part = _part(file, number, line)
                found[part.kind] += 1
                yield part
    except OSError as error:
        raise BackupError(
            f"{file} cannot be read: {error.strerror}. Check the name and the rights."
        ) from error
    if found != expected:
        lacking = [
            f"{found[kind]:,} of {expected[kind]:,} {KINDS.get(kind, kind)}"
            for kind in sorted(expected | found)
            if found[kind] != expected[kind]
        ]
        raise BackupError(
            f"{file} ends after line {1 + found.total():,} with {', '.join(lacking)}: it was cut short or changed. "
            "Nothing was restored. Use another backup."
        )


def _header(file: Path, lines: IO[bytes]) -> Counter[str]:
    try:
        header: Any = json.loads(lines.readline(_LONGEST))
        version, schema, counts = header[HEADER], header["schema"], Counter[str](header["counts"])
        newer = version > FORMAT or schema > CURRENT
    except (ValueError, KeyError, TypeError) as error:
        raise BackupError(
            f"{file} is not a backup of Paper Pigeon: its line 1 is no header. Nothing was restored."
        ) from error
    if newer:
        raise BackupError(
            f"{file} was made by a newer Paper Pigeon (format {version}, schema {schema}; this version reads up to "
            f"{FORMAT} and {CURRENT}). Install that version, then restore. Nothing was restored."
        )
    return counts


def _part(file: Path, number: int, line: bytes) -> Part:
    try:
        return read_part(line)
    except ValidationError as error:
        first = error.errors()[0]
        why = str(first["msg"]).removeprefix("Value error, ")
    except PigeonError as error:
        why = str(error).partition(". ")[0]
    except RecursionError:
        why = "it is nested too deeply"
    raise BackupError(f"{file}, line {number:,} cannot be read: {why}. Nothing was restored.") from None


def _named(part: Part) -> str:
    match part.kind:
        case "subscription":
            return f"subscription {part.subscription.id}"
        case "number":
            return f"the numbers of {part.workspace}"
        case "preferences":
            return f"settings of {part.of}"
        case "saved":
            return f"saved list of {part.of}"
        case "ratings":
            return f"ratings of {part.of}"
        case "examples":
            return "the texts of examples"
        case "feed":
            return f"a feed of {part.of}"
        case "posted":
            return f"posted {part.key}"
        case "cursor":
            return f"bookmark of {part.source}"


def _listed(counts: Counter[str]) -> str:
    return ", ".join(f"{counts[kind]:,} {name}" for kind, name in KINDS.items() if counts[kind]) or "nothing"
