"""``pigeon dead``: cards that were given up, and papers that could not be matched."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import typer

from bot.cli.opening import open_beside, open_settings
from bot.cli.table import rows_of
from bot.clock import SystemClock
from bot.errors import NotFound, PigeonError
from bot.models import Delivery
from bot.store import Store
from bot.store.aside import Aside
from bot.store.dead_letters import REPLAYABLE
from bot.store.records import encode

ALL: Final = "all"


@dataclass(frozen=True, slots=True)
class Letter:
    """What was given up, and can be tried again or dropped."""

    at: datetime
    what: Delivery | Aside

    @property
    def key(self) -> str:
        """What names it on the command line."""
        return self.what.key

    @property
    def row(self) -> tuple[str, ...]:
        """Its line of the list."""
        one = self.what
        when = f"{self.at:%Y-%m-%d %H:%M}"
        if isinstance(one, Aside):
            return (one.key, when, "match", one.paper, "", one.why)
        return (one.key, when, one.kind.value, one.destination.key, str(one.attempts), one.why)

    @property
    def replayable(self) -> bool:
        """Whether it is of use later."""
        return isinstance(self.what, Aside) or self.what.kind in REPLAYABLE


Letters = Sequence[Letter]


def show_all(*, as_json: bool) -> None:
    """Print what was given up, newest first."""
    asyncio.run(_show_all(as_json=as_json))


def show(*, key: str, as_json: bool) -> None:
    """Print everything about one."""
    asyncio.run(_show(key, as_json=as_json))


def replay(*, key: str) -> None:
    """Put one, or all, back into the queue."""
    asyncio.run(_replay(key))


def drop(*, key: str) -> None:
    """Take one, or all, off the list."""
    asyncio.run(_drop(key))


async def _show_all(*, as_json: bool) -> None:
    async with _letters() as (_, letters):
        if as_json:
            typer.echo(json.dumps([_facts(one) for one in letters], ensure_ascii=False, indent=1))
            return
        typer.echo(
            rows_of(("key", "given up (UTC)", "kind", "to", "tries", "why"), [one.row for one in letters])
            if letters
            else "Nothing was given up."
        )


async def _show(key: str, *, as_json: bool) -> None:
    async with _letters() as (_, letters):
        [one] = _chosen(letters, key)
        facts = _facts(one)
        if as_json:
            typer.echo(json.dumps(facts, ensure_ascii=False, indent=1))
            return
        typer.echo("\n".join(f"{name}: {_shown(value)}" for name, value in facts.items() if value))


async def _replay(key: str) -> None:
    now = SystemClock().now()
    async with _letters() as (store, letters):
        chosen = _chosen(letters, key)
        able = [one for one in chosen if one.replayable]
        if not able and chosen:
            raise PigeonError(
                "A notice is out of date by now, and a thread can be opened again by its button: "
                "there is nothing to send again. `pigeon dead drop` takes it off the list."
            )
        done = sum([await _again(store, one.what, now) for one in able])
        left = (
            f" {len(chosen) - len(able)} notices and threads stay: drop them."
            if len(able) < len(chosen)
            else ""
        )
        typer.echo(f"{done} put back into the queue; a running bot takes them up.{left}")


async def _drop(key: str) -> None:
    async with _letters() as (store, letters):
        done = sum([await _forget(store, one.what) for one in _chosen(letters, key)])
        typer.echo(f"{done} dropped; they are not posted, now or later.")


@asynccontextmanager
async def _letters() -> AsyncIterator[tuple[Store, Letters]]:
    opened = open_settings(quiet=True)
    async with open_beside(opened.settings) as store:
        found = [
            Letter(at, one)
            for platform in opened.adapters
            for at, one in await store.dead_letters.of(platform)
        ]
        found += [Letter(one.at, one) for one in await store.aside.all()]
        yield store, sorted(found, key=lambda one: one.at, reverse=True)


async def _again(store: Store, one: Delivery | Aside, now: datetime) -> bool:
    if isinstance(one, Aside):
        return await store.aside.replay(one)
    return await store.dead_letters.replay(one, now)


async def _forget(store: Store, one: Delivery | Aside) -> bool:
    if isinstance(one, Aside):
        return await store.aside.drop(one)
    return await store.dead_letters.drop(one)


def _chosen(letters: Letters, key: str) -> Letters:
    """Those that the key or its beginning names.

    Raises:
        NotFound: there is none.
        PigeonError: there are several of them.
    """
    if key == ALL:
        return letters
    found = [one for one in letters if one.key.startswith(key)]
    if not found:
        raise NotFound(
            f"Nothing that was given up has the key {key}. `pigeon dead list` shows what there is."
        )
    if len(found) > 1:
        raise PigeonError(f"{len(found)} keys begin with {key}. Give more of it, or say all.")
    return found


def _facts(letter: Letter) -> dict[str, Any]:
    one = letter.what
    if isinstance(one, Aside):
        return {
            "key": one.key,
            "kind": "match",
            "papers": [one.paper],
            "brought by": one.fields.get("source", ""),
            "given up": one.at.isoformat(),
            "why": one.why,
        }
    return {
        "key": one.key,
        "kind": one.kind.value,
        "to": one.destination.key,
        "place": one.destination.name,
        "papers": list(one.papers),
        "subscriptions": list(one.subscriptions),
        "period": one.period,
        "planned": one.planned_at.isoformat() if one.planned_at else None,
        "first tried": one.first_intent_at.isoformat() if one.first_intent_at else None,
        "given up": letter.at.isoformat(),
        "tries": one.attempts,
        "why": one.why,
        "message": json.loads(encode(one.message)) if one.message else None,
    }


def _shown(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
