"""A row of numbers as a row of bars: ``▁▃▂▅█``."""

from __future__ import annotations

from collections.abc import Sequence

_BARS = "▁▂▃▄▅▆▇█"


def sparkline(values: Sequence[float]) -> str:
    """One bar for each value, scaled from zero to the largest; the lowest bar is kept for zero and less."""
    top = max(values, default=0.0)
    if top <= 0:
        return _BARS[0] * len(values)
    return "".join(_BARS[0] if value <= 0 else _BARS[max(1, round(value / top * 7))] for value in values)
