"""Incidents: what went wrong with a listing, from when to when, in sentences (pure)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from bot.ledger.entry import State
from bot.text.when import day as day_words

PATIENCE: Final = timedelta(minutes=30)
"""A listing that cannot be read for so long is worth a word: shorter failures heal with the next poll."""

NAMES: Final = {"arxiv": "arXiv", "huggingface": "Hugging Face"}
_FEW: Final = 4


class Kind(StrEnum):
    """What went wrong."""

    UNREACHABLE = "unreachable"
    """The listing could not be read."""
    LATE = "late"
    STALE = "stale"
    MISSED = "missed"


KIND_OF: Final = {State.LATE: Kind.LATE, State.STALE: Kind.STALE, State.FAILED: Kind.MISSED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """One thing that went wrong with a source; told once when it begins, and once when it is healed."""

    source: str
    kind: Kind
    began: datetime
    day: date | None = None
    """The announcement day it concerns; ``None`` where the listing could not be read."""
    categories: tuple[str, ...] = ()
    why: str = ""
    """The last failure, in its own words."""
    healed: datetime | None = None
    found: int = 0
    """Papers that were caught up."""
    told: bool = False
    """The operator was told that it began."""
    closed: bool = False
    """And how it ended."""

    @property
    def subject(self) -> tuple[str, date | None]:
        """There is one incident at a time for it."""
        return self.source, self.day

    def worth_telling(self, now: datetime) -> bool:
        """A missing batch always; a listing that cannot be read once that lasts."""
        return self.kind is not Kind.UNREACHABLE or (self.healed or now) - self.began >= PATIENCE


def sentence(incident: Incident, *, zone: str = "UTC") -> str:
    """What happened, for people: «Hugging Face was unreachable Mon 9 Mar 06:10 to 07:40 (UTC); caught up».

    ``zone`` is an IANA name.
    """
    name = NAMES.get(incident.source, incident.source)
    if incident.kind is Kind.UNREACHABLE:
        begins = _moment(incident.began, zone)
        if incident.healed is None:
            return (
                f"{name} has been unreachable since {begins} ({zone}); what it lists meanwhile comes later."
            )
        return f"{name} was unreachable {begins} to {_until(incident, zone)} ({zone}); caught up."
    assert incident.day is not None
    batch = f"{name}'s {'list' if not any(incident.categories) else 'batch'} of {day_words(incident.day)}"
    which = _which(incident.categories)
    what = {
        Kind.LATE: f"{batch} was late{which}",
        Kind.STALE: f"{batch} was stale{which}: the feed showed nothing new there",
        Kind.MISSED: f"{batch} was missed{which}",
    }[incident.kind]
    if incident.healed is None:
        return f"{what}; it is being caught up."
    return f"{what}; {_found(incident.found)}."


def notice(incident: Incident) -> str:
    """The sentence for the operator, with the cause and where to look."""
    why = f" The last failure: {incident.why}" if incident.why and incident.healed is None else ""
    return f"{sentence(incident)}{why} See `pigeon ledger`."


def footer(
    incidents: Iterable[Incident], *, since: datetime, now: datetime, zone: str, most: int = 3
) -> Sequence[str]:
    """The lines for a digest that stands for the time from ``since`` to ``now``: latest last, at most ``most``."""
    said = [
        incident
        for incident in incidents
        if incident.worth_telling(now)
        and incident.began <= now
        and (incident.healed is None or incident.healed >= since)
    ]
    said.sort(key=lambda one: one.began)
    return [sentence(one, zone=zone) for one in said[-most:]]


def _found(count: int) -> str:
    if not count:
        return "nothing of it was lost"
    return f"{count:,} {'paper' if count == 1 else 'papers'} caught up"


def _which(categories: Sequence[str]) -> str:
    named = [name for name in categories if name]
    if not named:
        return ""
    rest = f" and {len(named) - _FEW} more" if len(named) > _FEW else ""
    return f" in {', '.join(named[:_FEW])}{rest}"


def _moment(moment: datetime, zone: str) -> str:
    local = moment.astimezone(ZoneInfo(zone))
    return f"{day_words(local.date())} {local:%H:%M}"


def _until(incident: Incident, zone: str) -> str:
    assert incident.healed is not None
    end, begin = (moment.astimezone(ZoneInfo(zone)) for moment in (incident.healed, incident.began))
    return f"{end:%H:%M}" if end.date() == begin.date() else _moment(end.astimezone(UTC), zone)
