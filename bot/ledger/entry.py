"""One entry of the ledger, what is known of it, and the judgement (pure)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Final

from bot.ledger.clocks import Owed


class State(StrEnum):
    """How it stands with what a listing owes for one day and category."""

    WAITING = "waiting"
    """It may still come in time."""
    COMPLETE = "complete"
    """It came: ids that were not known before, or proof by another witness that all of them are known."""
    LATE = "late"
    """Its time is over, and the listing shows nothing of it, or cannot be read."""
    STALE = "stale"
    """The listing answers, but shows yesterday's, or moved for other categories only."""
    QUIET = "quiet day"
    """Nothing came, and a witness says that there was nothing."""
    HOLIDAY = "holiday"
    """Nothing is owed."""
    FAILED = "failed"
    """Its day is over and the listing shows it no more: a gap, unless a witness can fill it yet."""


SETTLED: Final = frozenset({State.COMPLETE, State.QUIET, State.HOLIDAY})
"""Nothing is left to wait for."""
WANTING: Final = frozenset({State.LATE, State.STALE, State.FAILED})
"""Something is missing, as far as we know."""


class Verdict(StrEnum):
    """What another witness (the query API) said of an entry."""

    FOUND = "found"
    """It knew papers that we did not; they are caught up."""
    KNOWN = "known"
    """It knew papers, and we had all of them."""
    NOTHING = "nothing"
    """It knows later papers, and none of this entry."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """The papers that came for an entry, counted by ids that this source had not announced to us before."""

    own: int = 0
    """Papers at home in the category: these alone prove that its part of the listing moved."""
    crossed: int = 0
    """Papers at home elsewhere."""
    caught_up: int = 0
    """Those of both that came from another witness, or from the nightly records."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Polls:
    """What our questions were answered while the entry was due."""

    answered: datetime | None = None
    """When the listing last answered while it could show this."""
    moved: bool = False
    """It brought unseen ids for this day in any category."""
    repeated: bool = False
    """Its last answer showed papers of the category, all of them known; or «not modified»."""
    verdict: Verdict | None = None


def judge(owed: Owed, seen: Seen, polls: Polls, now: datetime) -> State:
    """The state of an entry, from unseen ids and answers alone: dates in a feed and counts decide nothing."""
    whole = polls.answered is not None and polls.answered >= owed.ends
    if (seen.own and whole) or polls.verdict in {Verdict.FOUND, Verdict.KNOWN}:
        return State.COMPLETE
    if polls.verdict is Verdict.NOTHING:
        return State.QUIET
    if now < owed.by:
        return State.WAITING
    if owed.holiday:
        return State.HOLIDAY
    if (
        not seen.own
        and owed.believed is not None
        and polls.answered is not None
        and polls.answered >= owed.believed
    ):
        return State.QUIET
    if now >= owed.until:
        return State.FAILED
    stale = polls.answered is not None and not seen.own and (polls.moved or polls.repeated)
    return State.STALE if stale else State.LATE


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What was owed, and what is known of it."""

    owed: Owed
    seen: Seen = Seen()
    polls: Polls = Polls()

    @property
    def day(self) -> date:
        """The announcement day."""
        return self.owed.day

    def state(self, now: datetime) -> State:
        """:func:`judge` for this entry."""
        return judge(self.owed, self.seen, self.polls, now)
