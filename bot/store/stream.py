"""A stream as a work list: a consumer group whose entries are deleted only when their work is done.

No MAXLEN: trimming a stream drops entries that are still being worked on, silently
(XAUTOCLAIM then names them in its third answer, https://valkey.io/commands/xautoclaim/).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import structlog
from redis import exceptions as redis_errors

from bot.store.database import Database, Script, translated

log = structlog.get_logger(__name__)

_DONE = Script(
    "done",
    """
    redis.call('XACK', KEYS[1], ARGV[1], unpack(ARGV, 2))
    return redis.call('XDEL', KEYS[1], unpack(ARGV, 2))
    """,
    even_full=True,
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One piece of work."""

    id: str
    fields: Mapping[str, str]


class WorkStream:
    """One stream and its one consumer group."""

    def __init__(self, database: Database, key: str, group: str) -> None:
        self._database = database
        self.key = key
        self.group = group

    async def add(self, fields: Mapping[str, str]) -> str:
        """Append one entry; its id."""
        flat = [part for pair in fields.items() for part in pair]
        return str(
            await self._database.call(self._database.client.execute_command("XADD", self.key, "*", *flat))
        )

    async def read(
        self, consumer: str, *, count: int, block_ms: int | None, again: bool = False
    ) -> Sequence[Entry]:
        """The next entries; with ``again`` those this consumer took earlier and never finished."""
        command: list[Any] = ["XREADGROUP", "GROUP", self.group, consumer, "COUNT", count]
        if block_ms is not None and not again:
            command += ["BLOCK", block_ms]
        command += ["STREAMS", self.key, "0" if again else ">"]
        try:
            answer = await self._database.call(self._database.client.execute_command(*command))
        except redis_errors.ResponseError as error:
            if "NOGROUP" not in str(error):
                raise
            await self._create_group()
            return ()
        return [entry for row in _rows(answer) for entry in entries(row[1])]

    async def claim_stale(self, consumer: str, *, idle_ms: int, count: int) -> Sequence[Entry]:
        """Take over entries whose consumer has been silent for ``idle_ms``."""
        try:
            answer = await self._database.call(
                self._database.client.execute_command(
                    "XAUTOCLAIM", self.key, self.group, consumer, idle_ms, "0-0", "COUNT", count
                )
            )
        except redis_errors.ResponseError as error:
            if "NOGROUP" not in str(error):
                raise
            await self._create_group()
            return ()
        deleted = answer[2] if len(answer) > 2 else []
        if deleted:
            log.error(
                "Entries of a work stream were deleted before they were done", stream=self.key, ids=deleted
            )
        return entries(answer[1])

    async def done(self, ids: Sequence[str]) -> None:
        """Acknowledge and delete entries whose work is finished."""
        if ids:
            await self._database.run(_DONE, [self.key], [self.group, *ids])

    async def forget_consumers(self, *, idle_ms: int, keep: str) -> int:
        """Delete consumers that hold nothing and were silent for ``idle_ms``; how many."""
        async with translated():
            try:
                rows = await self._database.client.xinfo_consumers(self.key, self.group)
            except redis_errors.ResponseError:
                return 0
            gone = [
                row["name"]
                for row in rows
                if row["name"] != keep and row["pending"] == 0 and row["idle"] >= idle_ms
            ]
            for name in gone:
                await self._database.client.xgroup_delconsumer(self.key, self.group, name)
        return len(gone)

    async def length(self) -> int:
        """Entries that are not done."""
        return int(await self._database.call(self._database.client.xlen(self.key)))

    async def _create_group(self) -> None:
        """Make the group at the very start, so that entries added before it are not skipped."""
        async with translated():
            try:
                await self._database.client.xgroup_create(self.key, self.group, id="0", mkstream=True)
            except redis_errors.ResponseError as error:
                if "BUSYGROUP" not in str(error):
                    raise


def _rows(answer: Any) -> Sequence[Any]:
    if not answer:
        return ()
    return list(answer.items()) if isinstance(answer, dict) else list(answer)


def entries(rows: Any) -> list[Entry]:
    """Read the rows of a stream as redis-py gives them, parsed or flat."""
    read = []
    for row in rows or ():
        identifier, fields = row[0], row[1]
        if fields is None:
            continue  # deleted meanwhile; claim_stale reports it
        if not isinstance(fields, dict):
            fields = dict(zip(fields[::2], fields[1::2], strict=True))
        read.append(Entry(str(identifier), fields))
    return read
