"""``pigeon subs``: subscriptions of all workspaces, for whoever operates the bot."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import typer

from bot.cli.asking import OPERATOR, query_of
from bot.cli.entries import LARGEST, Entry, destination, read, refuse, subscription_of, to_yaml, written
from bot.cli.files import write_whole
from bot.cli.opening import Opened, open_beside, open_settings
from bot.cli.table import rows_of
from bot.clock import SystemClock
from bot.delivery.digests import Digests
from bot.errors import BackupError, CommandError, QueryError
from bot.models import Subscription, SubscriptionState
from bot.query import parse
from bot.schedule import describe
from bot.store import Store

STANDARD: Final = Path("-")


@dataclass(frozen=True)
class Step:
    """What an import does about one subscription."""

    sign: str
    """``+`` new, ``~`` changed, ``=`` unchanged, ``?`` only in the store."""
    after: Subscription
    before: Subscription | None = None

    def lines(self) -> list[str]:
        """The step in words: the subscription, then each field that changes."""
        place = f"{self.after.number or 'new'} {self.after.title} → {self.after.destination.key}"
        if self.sign != "~" or self.before is None:
            return [f"{self.sign} {place}"]
        old, new = written(self.before), written(self.after)
        names = [name for name in {**old, **new} if old.get(name) != new.get(name)]
        return [f"~ {place}", *(f"    {name}: {_said(old, name)} → {_said(new, name)}" for name in names)]


def show(*, removed: bool, as_json: bool) -> None:
    """Print all subscriptions."""
    asyncio.run(_show(removed=removed, as_json=as_json))


def add(*, words: Sequence[str], to: str, given: Mapping[str, str]) -> None:
    """Add one."""
    asyncio.run(_add(query_of(words), to, given))


def export(*, file: Path) -> None:
    """Write all subscriptions as YAML; ``-`` is standard output."""
    asyncio.run(_export(file))


def import_(*, file: Path, dry_run: bool, prune: bool) -> None:
    """Make the store be as the file says, after saying what changes."""
    asyncio.run(_import(file, dry_run=dry_run, prune=prune))


async def _show(*, removed: bool, as_json: bool) -> None:
    async with open_beside(open_settings(quiet=True).settings, samples=True) as store:
        found = await _all(store, removed=removed)
    if as_json:
        typer.echo(
            json.dumps([{"id": one.id, **written(one)} for one in found], ensure_ascii=False, indent=1)
        )
    elif not found:
        typer.echo("No subscriptions yet. People make them with /papers subscribe; you with pigeon subs add.")
    else:
        rows = [
            (
                str(one.number),
                one.destination.key + (f" ({one.destination.name})" if one.destination.name else ""),
                one.state.value,
                describe(one.cadence),
                one.name,
                one.query,
            )
            for one in found
        ]
        typer.echo(rows_of(("number", "to", "state", "when", "name", "query"), rows))


async def _add(query: str, to: str, given: Mapping[str, str]) -> None:
    opened = open_settings(quiet=True)
    where = destination(to, opened.adapters)
    entry = Entry(1, {**given, "to": to, "query": query, "made by": OPERATOR.id})
    entry.lines = dict.fromkeys(entry.values, 1)
    faults: list[str] = []
    async with open_beside(opened.settings) as store:
        zone = (await store.preferences.get(where.platform, where.workspace, where.channel)).get(
            "timezone", ""
        )
        made = subscription_of(entry, None, zone_name=zone or "UTC", sources=opened.sources, faults=faults)
        if made is None:
            raise CommandError(" ".join(fault.removeprefix("line 1, ") for fault in faults))
        made = replace(made, created_by=OPERATOR, created_at=SystemClock().now())
        stored = await store.subscriptions.create(made)
    typer.echo(
        f"Added subscription {stored.number}: «{stored.title}» posts {describe(stored.cadence)} to {to}."
    )


async def _export(file: Path) -> None:
    async with open_beside(open_settings(quiet=True).settings) as store:
        found = await _all(store)
    if file == STANDARD:
        sys.stdout.write(to_yaml(found))
        return
    write_whole(file, to_yaml(found).encode())
    typer.echo(f"Wrote {file}: {len(found)} subscriptions.", err=True)


async def _import(file: Path, *, dry_run: bool, prune: bool) -> None:
    opened = open_settings(quiet=True)
    entries = read(_content(file), file=str(file))
    async with open_beside(opened.settings) as store:
        steps = _plan(entries, await _all(store, removed=True), opened, str(file))
        for line in _difference(steps, prune=prune):
            typer.echo(line)
        if not dry_run:
            for step in steps:
                await _apply(store, step, prune=prune)
            typer.echo("Done.")
        else:
            typer.echo("Nothing was changed (--dry-run).")


def _content(file: Path) -> str:
    try:
        raw = sys.stdin.buffer.read(LARGEST + 1) if file == STANDARD else file.read_bytes()
        text = raw.decode("utf-8-sig")
    except OSError as error:
        raise BackupError(
            f"{file} cannot be read: {error.strerror}. Check the name and the rights."
        ) from error
    except UnicodeDecodeError as error:
        raise BackupError(f"{file} is not text in UTF-8. Save it as UTF-8 and try again.") from error
    if len(raw) > LARGEST:
        raise BackupError(f"{file} is larger than {LARGEST >> 20} MB. Split it into several files.")
    return text


async def _all(store: Store, *, removed: bool = False) -> list[Subscription]:
    return [
        one
        async for one in store.subscriptions.everything()
        if removed or one.state is not SubscriptionState.REMOVED
    ]


# --- planning -----------------------------------------------------------------------------------


def _plan(entries: Sequence[Entry], stored: Sequence[Subscription], opened: Opened, file: str) -> list[Step]:
    """What the file asks for. Raises BackupError with every fault; then nothing is to be done."""
    faults: list[str] = []
    steps: list[Step] = []
    taken: dict[str, int] = {}
    for entry in entries:
        try:
            destination(entry.get("to"), opened.adapters)
        except CommandError as error:
            faults.append(f"line {entry.lines.get('to', entry.line)}, to: {error}")
            continue
        current = _current(entry, stored)
        after = subscription_of(entry, current, zone_name="UTC", sources=opened.sources, faults=faults)
        if after is None:
            continue
        name = after.id if after.number else f"{after.destination.key} {after.name or after.query}"
        if name in taken:
            faults.append(f"line {entry.line}: this is the same subscription as that of line {taken[name]}.")
        taken[name] = entry.line
        same = current is not None and written(current) == written(after)
        steps.append(Step("=" if same else "~" if current else "+", after, current))
    refuse(file, faults)
    steps += [
        Step("?", one, one)
        for one in stored
        if one.id not in taken and one.state is not SubscriptionState.REMOVED
    ]
    return steps


def _current(entry: Entry, stored: Sequence[Subscription]) -> Subscription | None:
    """The stored subscription that an entry is about: by number, else by name or query at its place."""
    where = destination(entry.get("to"))
    here = [one for one in stored if one.workspace == (where.platform, where.workspace)]
    if number := entry.get("number"):
        return next((one for one in here if one.number == int(number)), None)
    here = [
        one for one in here if one.destination.key == where.key and one.state is not SubscriptionState.REMOVED
    ]
    if name := entry.get("name"):
        return next((one for one in here if one.name == name), None)
    try:
        query = parse(entry.get("query")).normal
    except QueryError:
        return None  # it is reported where the entry is read
    return next((one for one in here if one.query == query), None)


def _difference(steps: Sequence[Step], *, prune: bool) -> list[str]:
    """The difference for people: what is new, changed, only here; the rest as a count."""
    lines = [line for step in steps if step.sign in {"+", "~"} for line in step.lines()]
    only = [step for step in steps if step.sign == "?"]
    if prune:
        lines += [f"- {line.removeprefix('? ')}" for step in only for line in step.lines()]
    else:
        lines += [line for step in only for line in step.lines()]
    count = {sign: sum(step.sign == sign for step in steps) for sign in "+~=?"}
    kept = "removed (restorable for 30 days)" if prune else "only in the store (kept)"
    lines.append(f"{count['+']} added, {count['~']} changed, {count['=']} unchanged, {count['?']} {kept}.")
    return lines


# --- applying -----------------------------------------------------------------------------------


async def _apply(store: Store, step: Step, *, prune: bool) -> None:
    now = SystemClock().now()
    if step.sign == "+":
        made = replace(step.after, created_at=now)
        if not made.number:
            await store.subscriptions.create(made)
        elif not await store.subscriptions.restore(made):
            raise BackupError(
                f"Subscription {made.id} appeared meanwhile. Import again to see the difference."
            )
    elif step.sign == "~" and step.before is not None:
        stored = await store.subscriptions.put(step.after)
        await Digests(store, SystemClock()).reschedule(step.before, stored)
    elif step.sign == "?" and prune:
        stored = await store.subscriptions.put(replace(step.after, state=SubscriptionState.REMOVED))
        await store.deliveries.set_digest(stored, None)


def _said(entry: Mapping[str, object], name: str) -> str:
    value = entry.get(name, "")
    return (", ".join(map(str, value)) if isinstance(value, list) else str(value)) or "default"
