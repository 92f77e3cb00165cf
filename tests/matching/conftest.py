"""Papers to match."""

import gzip
import json
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.models import Paper
from tests.matching.queries import dressed


@pytest.fixture(scope="session")
def read_papers(recordings: Path) -> Callable[[int], list[Paper]]:
    """Reads recorded papers, each with the fields that the recording lacks filled at random."""

    def read(step: int) -> list[Paper]:
        chance = random.Random(step)
        with gzip.open(recordings / "arxiv" / "metadata_20k.jsonl.gz", "rt", encoding="utf-8") as lines:
            rows = [json.loads(line) for at, line in enumerate(lines) if at % step == 0]
        return [
            dressed(
                Paper(
                    id=f"arxiv:{row['id']}",
                    title=row["title"],
                    abstract=row["summary"],
                    authors=tuple(row["authors"]),
                    categories=tuple(row["categories"]),
                ),
                chance,
            )
            for row in rows
        ]

    return read
