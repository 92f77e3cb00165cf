"""Papers to hold queries against."""

import gzip
import json
from pathlib import Path

import pytest

from bot.models import Announce, Paper, Sighting
from bot.query import Document
from tests.query.papers import paper


@pytest.fixture(scope="session")
def robots() -> Document:
    """One paper with something in every field."""
    return Document.of(
        paper(
            "Diffusion Policies for Fine-Tuning World Models",
            "We fine tune a policy. The $k$-means diffusion of datasets; a survey of Schölkopf.",
            authors=("Sergey Levine", "Schölkopf, Bernhard", "Aäron van den Oord"),
            categories=("cs.RO", "cs.LG", "cond-mat.soft"),
            organization="Google DeepMind",
            upvotes=11,
            comments=0,
            keywords=("robot learning", "curves of learning"),
            code_url="https://example.org/code",
            sightings=(
                Sighting(source="huggingface", announce=Announce.TRENDING),
                Sighting(source="arxiv", announce=Announce.CROSS),
            ),
        )
    )


@pytest.fixture(scope="session")
def real(recordings: Path) -> list[Document]:
    """Three hundred real papers, spread over the recorded ones."""
    with gzip.open(recordings / "arxiv" / "metadata_20k.jsonl.gz", "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for i, line in enumerate(lines) if i % 67 == 0]
    return [
        Document.of(
            Paper(
                id=f"arxiv:{row['id']}",
                title=row["title"],
                abstract=row["summary"],
                authors=tuple(row["authors"]),
                categories=tuple(row["categories"]),
            )
        )
        for row in rows
    ]
