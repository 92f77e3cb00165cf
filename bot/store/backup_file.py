"""A backup as a file: one line of header with the counts, then a line for each part."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections import Counter
from datetime import datetime
from typing import IO, Final

from bot.store.backup import FORMAT, Backup
from bot.store.schema import CURRENT

HEADER: Final = "paper_pigeon_backup"
_IN_MEMORY: Final = 8 << 20


async def write(backup: Backup, target: IO[bytes], now: datetime) -> Counter[str]:
    """Write everything that people made; how many parts of each kind."""
    counts: Counter[str] = Counter()
    with tempfile.SpooledTemporaryFile(_IN_MEMORY) as body:
        async for part in backup.parts():
            body.write(part.model_dump_json().encode() + b"\n")
            counts[part.kind] += 1
        # The counts stand at the head, and are known at the end.
        header = {
            HEADER: FORMAT, "schema": CURRENT, "created": now.isoformat(timespec="seconds"), "counts": counts
        }  # fmt: skip
        target.write(json.dumps(header).encode() + b"\n")
        body.seek(0)
        shutil.copyfileobj(body, target)
    return counts
