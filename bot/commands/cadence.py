"""From options to a Cadence: when a subscription posts. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from bot.commands.model import Command
from bot.commands.times import digest_time, quiet_hours, weekdays
from bot.commands.zones import zone
from bot.errors import CommandError
from bot.models import WORKDAYS, Cadence, When

MONDAY: Final = frozenset({0})


def cadence(command: Command, *, default: Cadence, current: Cadence | None = None) -> Cadence:
    """Read ``when``, ``at``, ``days``, ``timezone`` and ``quiet_hours``.

    What is left out stays as it is in ``current``, or for a new subscription as in ``default`` (which
    carries the workspace's zone and quiet hours). Raises a :class:`bot.errors.CommandError` for a value that
    cannot be read, and for ``at`` or ``days`` where nothing would come of them.
    """
    start = current or default
    when = When(command.get("when", start.when))
    rhythmic = when in {When.DAILY, When.WEEKLY}
    for name in ("at", "days"):
        if command.get(name) and not rhythmic:
            raise CommandError(
                f"`{name}:` is for daily and weekly digests, and this one posts {_word(when)}. "
                f"Add `when:daily`, or leave `{name}:` out."
            )
    made = replace(start, when=when, days=_days(command, when, start))
    if text := command.get("at"):
        at, complete = digest_time(text)
        made = replace(made, at=at, complete=complete)
    if text := command.get("timezone"):
        made = replace(made, zone=zone(text))
    if text := command.get("quiet_hours"):
        made = replace(made, quiet=quiet_hours(text))
    return made


def _days(command: Command, when: When, start: Cadence) -> frozenset[int]:
    text = command.get("days")
    if not text:
        if when is start.when:
            return start.days
        # A change of rhythm makes the old days meaningless: one day a week is no daily digest.
        return MONDAY if when is When.WEEKLY else WORKDAYS
    days = weekdays(text)
    if when is When.WEEKLY and len(days) > 1:
        raise CommandError(
            f"A weekly digest comes on one day, and «{text}» are {len(days)}. "
            "Name one, such as `days:fri`, or take `when:daily` for several."
        )
    return days


def _word(when: When) -> str:
    return "at once" if when is When.INSTANT else "each hour"
