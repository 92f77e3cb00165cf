"""Subscriptions as YAML for people: one entry each, and where in the file a fault is."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Final

import yaml

from bot.commands import Command
from bot.commands.cadence import cadence
from bot.commands.times import digest_time, quiet_hours, weekdays, written_time
from bot.commands.zones import zone
from bot.errors import BackupError, CommandError, PigeonError
from bot.models import (
    DAY_NAMES,
    EVERY_DAY,
    WORKDAYS,
    Cadence,
    CardSize,
    Destination,
    Person,
    Subscription,
    SubscriptionState,
    When,
    destination_of,
)
from bot.query import parse

LARGEST: Final = 8 << 20
"""Bytes of a file that is read."""
MOST_FAULTS: Final = 20
HEAD: Final = """\
# Subscriptions of Paper Pigeon. Edit, then: pigeon subs import FILE --dry-run
# to: platform/workspace/channel, a person with @ before the id. An entry without a number is a new subscription,
# unless there is one with its name or query at the same place. What is left out has its default.
"""

FIELDS: Final = (
    "number", "to", "query", "name", "when", "at", "days", "timezone", "quiet", "card", "limit", "sources",
    "mention", "state", "paused until", "made by",
)  # fmt: skip


@dataclass
class Entry:
    """One entry as it was written."""

    line: int
    values: dict[str, str] = field(default_factory=dict)
    lines: dict[str, int] = field(default_factory=dict)

    def get(self, name: str) -> str:
        """The value without surrounding space; empty where it was left out."""
        return self.values.get(name, "").strip()


def written(subscription: Subscription) -> dict[str, Any]:
    """A subscription as an entry, in the order in which people read it; defaults that say nothing left out."""
    one, when = subscription, subscription.cadence
    rhythmic = when.when in {When.DAILY, When.WEEKLY}
    paused = one.state is SubscriptionState.PAUSED
    entry: dict[str, Any] = {
        "number": one.number,
        "to": one.destination.key + (f"/{one.destination.thread}" if one.destination.thread else ""),
        "query": one.query,
        "name": one.name,
        "when": when.when.value,
        "at": written_time(when.at, complete=when.complete) if rhythmic else "",
        "days": _days(when) if rhythmic else "",
        "timezone": when.zone,
        "quiet": f"{when.quiet[0]:%H:%M}-{when.quiet[1]:%H:%M}" if when.quiet else "",
        "card": one.card.value,
        "limit": one.limit,
        "sources": list(one.sources),
        "mention": one.mention,
        "state": one.state.value,
        "paused until": one.paused_until.isoformat() if paused and one.paused_until else "",
        "made by": one.created_by.id,
    }
    return {name: value for name, value in entry.items() if value not in ("", [])}


def to_yaml(subscriptions: Sequence[Subscription]) -> str:
    """A whole file."""
    body = yaml.safe_dump(
        {"subscriptions": [written(one) for one in subscriptions]},
        sort_keys=False,
        allow_unicode=True,
        width=1000,
    )
    return HEAD + body


def read(text: str, *, file: str) -> list[Entry]:
    """The entries of a file.

    Raises:
        BackupError: it is no YAML, or not a list of entries; with the line.
    """
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise BackupError(
            f"{file}, line {line}: this is not YAML ({error.problem}). Nothing was changed."
        ) from error
    except (yaml.YAMLError, RecursionError) as error:
        raise BackupError(f"{file} is not YAML ({type(error).__name__}). Nothing was changed.") from error
    if isinstance(root, yaml.MappingNode):
        named = {key.value: value for key, value in root.value if isinstance(key, yaml.ScalarNode)}
        root = named.get("subscriptions")
    if not isinstance(root, yaml.SequenceNode):
        raise BackupError(
            f"{file} holds no list named «subscriptions». `pigeon subs export -` shows how such a file looks."
        )
    faults: list[str] = []
    entries = [_entry(node, faults) for node in root.value]
    refuse(file, faults)
    return entries


def refuse(file: str, faults: Sequence[str]) -> None:
    """Raise BackupError with every fault, if there are any."""
    if not faults:
        return
    more = f"\n  … and {len(faults) - MOST_FAULTS} more" if len(faults) > MOST_FAULTS else ""
    raise BackupError(
        f"{file} has {len(faults)} fault{'s' * (len(faults) > 1)}; nothing was changed.\n"
        + "\n".join(f"  {fault}" for fault in faults[:MOST_FAULTS])
        + more
    )


def subscription_of(
    entry: Entry,
    current: Subscription | None,
    *,
    zone_name: str,
    sources: Collection[str] = (),
    faults: list[str],
) -> Subscription | None:
    """The subscription that an entry describes, made from ``current`` where there is one.

    ``zone_name`` holds where the entry names no zone; ``sources`` are the kinds of listings, to tell a misspelt
    one. Faults are added to ``faults``, with line and field.
    """
    before = len(faults)

    def check(name: str, reader: Callable[[str], Any], default: Any) -> Any:
        text = entry.get(name)
        if not text:
            return default
        try:
            return reader(text)
        except PigeonError as error:
            faults.append(f"line {entry.lines[name]}, {name}: {error}")
            return default

    if not entry.get("query"):
        faults.append(f"line {entry.line}, query: it is missing. Say what to look for.")
    query = check("query", lambda text: parse(text).normal, "")
    check("at", digest_time, None)
    check("days", weekdays, None)
    check("timezone", zone, None)
    check("quiet", quiet_hours, None)
    check("when", lambda text: _one_of(text, When), None)
    size = check("card", lambda text: CardSize(_one_of(text, CardSize)), CardSize.COMPACT)
    limit = check("limit", _limit, 10)
    states = [one for one in SubscriptionState if one is not SubscriptionState.REMOVED]
    state = check("state", lambda text: SubscriptionState(_one_of(text, states)), SubscriptionState.ACTIVE)
    until = check("paused until", _moment, None)
    shown_by = check("sources", lambda text: _sources(text, sources), ())
    rhythm = Cadence(zone=zone_name)
    if len(faults) == before:
        options = {name: entry.get(name) for name in ("when", "at", "days", "timezone")}
        command = Command(verb="edit", options={**options, "quiet_hours": entry.get("quiet")})
        try:
            rhythm = cadence(command, default=rhythm)
        except CommandError as error:
            faults.append(f"line {entry.lines.get('when', entry.line)}, when: {error}")
    if len(faults) > before:
        return None
    if state is SubscriptionState.BLOCKED:
        # We find out by ourselves whether a place takes cards.
        state = (
            current.state
            if current and current.state is not SubscriptionState.REMOVED
            else SubscriptionState.ACTIVE
        )
    where = destination(entry.get("to"))
    if current is not None and current.destination.key == where.key:
        where = replace(current.destination, thread=where.thread)
    base = current or Subscription(
        number=int(entry.get("number") or 0), query=query, destination=where,
        created_by=Person(id=entry.get("made by") or "operator"),
    )  # fmt: skip
    return replace(
        base,
        query=query,
        destination=where,
        name=entry.get("name")[:60],
        cadence=rhythm,
        card=size,
        limit=limit,
        sources=shown_by,
        mention=entry.get("mention"),
        state=state,
        paused_until=until if state is SubscriptionState.PAUSED else None,
        state_reason=base.state_reason if state is base.state else "",
    )


def destination(text: str, platforms: Collection[str] = ()) -> Destination:
    """Read ``discord/<server>/<channel>``, or with ``@`` before the id of a person, perhaps with a thread behind.

    Raises:
        CommandError: it is not one, or its platform is not among ``platforms`` (if any are given).
    """
    try:
        found = destination_of(text)
    except ValueError as error:
        raise CommandError(str(error)) from error
    if platforms and found.platform not in platforms:
        near = difflib.get_close_matches(found.platform, platforms, n=1)
        raise CommandError(
            f"There is no platform «{found.platform[:40]}». "
            + (f"Did you mean {near[0]}?" if near else f"There are {', '.join(platforms)}.")
        )
    return found


def _entry(node: yaml.Node, faults: list[str]) -> Entry:
    line = node.start_mark.line + 1
    entry = Entry(line)
    if not isinstance(node, yaml.MappingNode):
        faults.append(f"line {line}: this is no entry; each has fields such as «to: …» and «query: …».")
        return entry
    for key, value in node.value:
        at = key.start_mark.line + 1
        name = key.value.strip().lower().replace("_", " ") if isinstance(key, yaml.ScalarNode) else "?"
        if name not in FIELDS:
            near = difflib.get_close_matches(name, FIELDS, n=1)
            hint = f"Did you mean «{near[0]}»?" if near else f"There are {', '.join(FIELDS)}."
            faults.append(f"line {at}, {name[:40]}: there is no such field. {hint}")
        elif name in entry.values:
            faults.append(
                f"line {at}, {name}: it is given twice in this entry (also in line {entry.lines[name]})."
            )
        elif (text := _text(value)) is None:
            faults.append(f"line {at}, {name}: a single value belongs here.")
        else:
            entry.values[name], entry.lines[name] = text, at
    number = entry.get("number")
    if number and not (number.isascii() and number.isdecimal() and 0 < int(number[:12]) < 10**9):
        faults.append(
            f"line {entry.lines['number']}, number: «{number[:20]}» is no number of a subscription."
        )
    return entry


def _text(node: yaml.Node) -> str | None:
    if isinstance(node, yaml.ScalarNode):
        return "" if node.tag == "tag:yaml.org,2002:null" else str(node.value)
    if isinstance(node, yaml.SequenceNode) and all(isinstance(one, yaml.ScalarNode) for one in node.value):
        return ",".join(str(one.value) for one in node.value)
    return None


def _one_of(text: str, values: Iterable[Any]) -> str:
    known = [one.value for one in values]
    if text.lower() in known:
        return text.lower()
    near = difflib.get_close_matches(text.lower(), known, n=1)
    raise CommandError(
        f"it cannot be «{text[:40]}». "
        + (f"Did you mean {near[0]}?" if near else f"Choose {', '.join(known)}.")
    )


def _sources(text: str, known: Collection[str]) -> tuple[str, ...]:
    """Names of listings. A feed has a name of its own, so only what is nearly one of ``known`` is refused."""
    names = tuple(dict.fromkeys(text.replace(",", " ").lower().split()))
    for name in names:
        near = difflib.get_close_matches(name, known, n=1, cutoff=0.8)
        if near and name not in known:
            raise CommandError(f"there is no listing «{name[:40]}». Did you mean {near[0]}?")
    return names


def _limit(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and 1 <= int(text[:9]) <= 50):
        raise CommandError(f"it takes a whole number from 1 to 50, and «{text[:20]}» is none.")
    return int(text)


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise CommandError(f"«{text[:40]}» is no moment. Write it like 2026-12-01T09:00:00+00:00.") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _days(when: Cadence) -> str:
    days = frozenset({min(when.days, default=0)}) if when.when is When.WEEKLY else when.days or EVERY_DAY
    named: Mapping[frozenset[int], str] = {EVERY_DAY: "every day", WORKDAYS: "mon-fri"}
    return named.get(days) or ",".join(DAY_NAMES[day] for day in sorted(days))
