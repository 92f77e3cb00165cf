"""Figures in Prometheus' text format (https://prometheus.io/docs/instrumenting/exposition_formats/). Pure.

Labels hold platforms, listings, parts and outcomes: never a name, a filter, a workspace or a token.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from bot import __version__
from bot.health import Healths, failing, succeeded
from bot.store.figures import Figures

PREFIX: Final = "paper_pigeon_"
Sample = tuple[Mapping[str, str], float]


@dataclass(frozen=True, slots=True)
class Measured:
    """What is told at one moment."""

    now: datetime
    figures: Figures | None
    """``None`` where the store did not answer."""
    healths: Healths = field(default_factory=dict)
    parts: Mapping[str, bool] = field(default_factory=dict)
    """The parts of this process, and whether each runs."""
    stall: float = 0.0
    """Seconds by which the event loop of this process was late, at worst in the last minute."""


def written(measured: Measured) -> str:
    """The whole page."""
    lines: list[str] = []
    for name, kind, said, samples in _families(measured):
        lines += [f"# HELP {PREFIX}{name} {said}", f"# TYPE {PREFIX}{name} {kind}"]
        lines += [f"{PREFIX}{name}{_labels(labels)} {_number(value)}" for labels, value in samples]
    return "\n".join(lines) + "\n"


def _families(measured: Measured) -> Iterable[tuple[str, str, str, list[Sample]]]:
    now, figures = measured.now, measured.figures
    yield "build_info", "gauge", "Always 1; its label is the version.", [({"version": __version__}, 1)]
    yield "store_up", "gauge", "Whether the store answered.", [({}, figures is not None)]
    parts: list[Sample] = [({"part": name}, running) for name, running in measured.parts.items()]
    yield "part_running", "gauge", "Whether a part of this process runs, or waits to be started again.", parts
    said = "Seconds by which the event loop of this process was late, at worst in the last minute."
    yield "loop_stall_seconds", "gauge", said, [({}, measured.stall)]
    if figures is None:
        return
    read = succeeded(measured.healths)
    bad = failing(measured.healths)
    rows: list[Sample] = [({"listing": name}, moment.timestamp()) for name, moment in read.items()]
    yield "listing_last_success_timestamp_seconds", "gauge", "When a listing was last read.", rows
    rows = [({"listing": name}, max(0.0, (now - moment).total_seconds())) for name, moment in read.items()]
    yield "listing_age_seconds", "gauge", "Seconds since a listing was last read.", rows
    rows = [({"listing": name}, name in bad) for name in measured.healths]
    yield "listing_failing", "gauge", "Whether the last poll of a listing failed.", rows
    yield "papers", "gauge", "Papers stored.", [({}, figures.papers)]
    yield "papers_unmatched", "gauge", "Papers that wait to be matched.", [({}, figures.unmatched)]
    traffic = figures.traffic
    rows = [
        ({"platform": platform, "outcome": outcome}, number)
        for platform, one in traffic.items()
        for outcome, number in one.outcomes.items()
    ]
    said = (
        "Deliveries by outcome since the store was first used: sent, dead (given up), and unknown, which counts attempts "
        "that began while it was not known what became of an earlier one."
    )
    yield "deliveries_total", "counter", said, rows
    rows = [({"platform": platform}, one.waiting) for platform, one in traffic.items()]
    yield "queue_deliveries", "gauge", "Deliveries in lanes: due, in work, or put off after an attempt.", rows
    rows = [({"platform": platform}, one.lanes) for platform, one in traffic.items()]
    yield "queue_lanes", "gauge", "Destinations with such deliveries.", rows
    rows = [({"platform": platform}, one.later) for platform, one in traffic.items()]
    yield "later_deliveries", "gauge", "Deliveries due at a time ahead.", rows
    rows = [
        ({"platform": platform}, max(0.0, (now - one.oldest_due).total_seconds()) if one.oldest_due else 0.0)
        for platform, one in traffic.items()
    ]
    yield (
        "queue_oldest_due_seconds",
        "gauge",
        "Seconds for which the lane that has waited longest is due.",
        rows,
    )
    rows = [({"platform": platform}, one.dead_letters) for platform, one in traffic.items()]
    yield "dead_letters", "gauge", "Deliveries that were given up and neither replayed nor dropped.", rows


def _labels(labels: Mapping[str, str]) -> str:
    if not labels:
        return ""
    return "{" + ",".join(f'{name}="{_escaped(value)}"' for name, value in labels.items()) + "}"


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")


def _number(value: float) -> str:
    whole = float(value)
    return str(int(whole)) if whole.is_integer() else f"{whole:.3f}"
