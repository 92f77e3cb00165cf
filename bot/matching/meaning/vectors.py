"""Vectors of the language model: written small, and many held side by side."""

from __future__ import annotations

import base64
from array import array
from collections.abc import Iterable, Sequence
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

Vector: TypeAlias = "array[float]"
"""Numbers of 32 bits; of length one."""

_STEPS: Final = 127


def packed(vector: Vector) -> str:
    """A vector in 4/3 of a byte for each number: a paper's in half a kilobyte.

    Each number is rounded to a 127th of the largest; cosines change by less than 0.001.
    """
    largest = max(map(abs, vector), default=0.0) or 1.0
    small = array("b", [round(number / largest * _STEPS) for number in vector])
    return base64.b64encode(small.tobytes()).decode()


def unpacked(text: str) -> Vector:
    """The vector that :func:`packed` wrote, of length one again."""
    small = array("b", base64.b64decode(text))
    length = sum(number * number for number in small) ** 0.5 or 1.0
    return array("f", [number / length for number in small])


def dot(left: Vector, right: Vector) -> float:
    """The cosine of two vectors of length one."""
    return sum(map(float.__mul__, left, right))


def mixed(parts: Sequence[tuple[float, Vector]]) -> Vector:
    """The weighted sum of vectors, of length one."""
    total = [sum(column) for column in zip(*([s * n for n in v] for s, v in parts), strict=True)]
    length = sum(number * number for number in total) ** 0.5 or 1.0
    return array("f", [number / length for number in total])


class Rows:
    """Many vectors as one matrix: a product with all of them is one call."""

    def __init__(self) -> None:
        self._matrix: NDArray[np.float32] | None = None

    def put(self, row: int, vector: Vector) -> None:
        """Hold a vector at ``row``; rows in between are zero."""
        held = self._matrix
        if held is None or row >= len(held):
            grown = np.zeros((max(64, row * 2), len(vector)), np.float32)
            if held is not None:
                grown[: len(held)] = held
            self._matrix = held = grown
        held[row] = np.frombuffer(vector, np.float32)

    def dots(self, vector: Vector, count: int) -> list[float]:
        """The cosine with each of the first ``count`` rows; 0 for rows that hold nothing."""
        return self.joined(vector, count, 1.0, ())

    def joined(
        self,
        vector: Vector | None,
        count: int,
        share: float,
        more: Iterable[tuple[float, array[int], array[float]]],
    ) -> list[float]:
        """For each of the first ``count`` rows ``share`` of its cosine, if there is a vector, and what ``more`` adds.

        Each of ``more`` is a factor, rows, and what is added to these: the factor times a number for each.
        """
        total = np.zeros(count, np.float32)
        if self._matrix is not None and vector is not None:
            made = self._matrix[:count] @ np.frombuffer(vector, np.float32)
            total[: len(made)] = share * made
        for factor, rows, numbers in more:
            total[np.frombuffer(rows, np.uintc)] += np.float32(factor) * np.frombuffer(numbers, np.float32)
        scores: list[float] = total.tolist()
        return scores
