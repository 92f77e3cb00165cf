"""The ledger of each source: one field of a hash for each announcement day, and ``desk`` for the rest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import structlog

from bot.ledger import Book, Desk, Entry, Incident
from bot.store import keys
from bot.store.database import Database, Script
from bot.store.records import DamagedRecordError, decode, encode

log = structlog.get_logger(__name__)

DESK: Final = "desk"

_WRITE: Final = Script(
    "write-ledger",
    """
    -- KEYS: ledger, ledgers, fence.  ARGV: source, fencing number (0 = none), then field, value, …; an empty value
    -- forgets the field
    local fence = tonumber(ARGV[2])
    if fence > 0 and tonumber(redis.call('GET', KEYS[3]) or '0') > fence then return 0 end
    redis.call('SADD', KEYS[2], ARGV[1])
    for at = 3, #ARGV, 2 do
      if ARGV[at + 1] == '' then redis.call('HDEL', KEYS[1], ARGV[at])
      else redis.call('HSET', KEYS[1], ARGV[at], ARGV[at + 1]) end
    end
    return 1
    """,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Day:
    """The entries of one announcement day."""

    entries: tuple[Entry, ...]


def fields(book: Book) -> Mapping[str, str]:
    """A whole book as the fields of its hash."""
    days: dict[date, list[Entry]] = {}
    for (day, _), entry in sorted(book.entries.items()):
        days.setdefault(day, []).append(entry)
    written = {day.isoformat(): encode(_Day(entries=tuple(entries))) for day, entries in days.items()}
    return {**written, DESK: encode(book.desk)}


def changes(before: Mapping[str, str], after: Mapping[str, str]) -> Mapping[str, str]:
    """The fields to write; an empty value says that one is to be forgotten."""
    written = {name: value for name, value in after.items() if before.get(name) != value}
    return written | {name: "" for name in before if name not in after}


class Ledgers:
    """The ledgers of all sources. Each is written by the one process that polls its source."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def read(self, source: str) -> Book | None:
        """A source's ledger; ``None`` before its first poll.

        Raises:
            DamagedRecordError, SchemaTooNew: it cannot be read.
        """
        held = await self._database.call(self._database.client.hgetall(keys.ledger(source)))
        if DESK not in held:
            return None
        desk = decode(Desk, held.pop(DESK))
        entries = [entry for value in held.values() for entry in decode(_Day, value).entries]
        return Book(
            source=source,
            desk=desk,
            entries={(entry.day, entry.owed.category): entry for entry in entries},
        )

    async def write(self, before: Book | None, after: Book, *, fence: int = 0) -> None:
        """Write what changed since ``before`` was read; nothing where another process polls the source by now."""
        changed = changes(fields(before) if before else {}, fields(after))
        if changed:
            flat = [part for pair in changed.items() for part in pair]
            names = [keys.ledger(after.source), keys.LEDGERS, keys.fence(after.source)]
            await self._database.run(_WRITE, names, [after.source, fence, *flat])

    async def forget(self, source: str) -> None:
        """Let a ledger begin anew."""
        await self._database.call(self._database.client.delete(keys.ledger(source)))

    async def many(self, sources: Sequence[str] = ()) -> Sequence[Book]:
        """The ledgers of these sources, without names of all; those that have none, or a damaged one, are left out."""
        books = []
        for name in await self._named(sources):
            try:
                book = await self.read(name)
            except DamagedRecordError as error:
                log.warning("A ledger cannot be read", source=name, why=str(error))
            else:
                books += [book] if book is not None else []
        return books

    async def incidents(self, sources: Sequence[str] = ()) -> Sequence[Incident]:
        """What went wrong with these sources, without names with all, as far as it is remembered."""
        found: list[Incident] = []
        for name in await self._named(sources):
            held = await self._database.call(self._database.client.hget(keys.ledger(name), DESK))
            try:
                found += decode(Desk, held).incidents if held else ()
            except DamagedRecordError as error:
                log.warning("A ledger cannot be read", source=name, why=str(error))
        return found

    async def _named(self, sources: Sequence[str]) -> Sequence[str]:
        return sources or sorted(await self._database.call(self._database.client.smembers(keys.LEDGERS)))
