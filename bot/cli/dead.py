"""``pigeon dead``: cards that were given up."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, Final

import typer

from bot.cli.opening import open_beside, open_settings
from bot.cli.table import rows_of
from bot.clock import SystemClock
from bot.errors import NotFound, PigeonError
from bot.models import Delivery
from bot.store import Store
from bot.store.dead_letters import REPLAYABLE
from bot.store.records import encode

ALL: Final = "all"

Letters = Sequence[tuple[datetime, Delivery]]


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
            typer.echo(json.dumps([_facts(at, one) for at, one in letters], ensure_ascii=False, indent=1))
            return
        rows = [
            (
                one.key,
                f"{at:%Y-%m-%d %H:%M}",
                one.kind.value,
                one.destination.key,
                str(one.attempts),
                one.why,
            )
            for at, one in letters
        ]
        typer.echo(
            rows_of(("key", "given up (UTC)", "kind", "to", "tries", "why"), rows)
            if rows
            else "Nothing was given up."
        )


async def _show(key: str, *, as_json: bool) -> None:
    async with _letters() as (_, letters):
        [(at, one)] = _chosen(letters, key)
        facts = _facts(at, one)
        if as_json:
            typer.echo(json.dumps(facts, ensure_ascii=False, indent=1))
            return
        typer.echo("\n".join(f"{name}: {_shown(value)}" for name, value in facts.items() if value))


async def _replay(key: str) -> None:
    now = SystemClock().now()
    async with _letters() as (store, letters):
        chosen = _chosen(letters, key)
        able = [one for _, one in chosen if one.kind in REPLAYABLE]
        if not able and chosen:
            raise PigeonError(
                "A notice is out of date by now, and a thread can be opened again by its button: "
                "there is nothing to send again. `pigeon dead drop` takes it off the list."
            )
        done = sum([await store.dead_letters.replay(one, now) for one in able])
        left = (
            f" {len(chosen) - len(able)} notices and threads stay: drop them."
            if len(able) < len(chosen)
            else ""
        )
        typer.echo(f"{done} put back into the queue; a running bot sends them.{left}")


async def _drop(key: str) -> None:
    async with _letters() as (store, letters):
        done = sum([await store.dead_letters.drop(one) for _, one in _chosen(letters, key)])
        typer.echo(f"{done} dropped; they are not posted, now or later.")


@asynccontextmanager
async def _letters() -> AsyncIterator[tuple[Store, Letters]]:
    opened = open_settings(quiet=True)
    async with open_beside(opened.settings) as store:
        found = [pair for platform in opened.adapters for pair in await store.dead_letters.of(platform)]
        yield store, sorted(found, key=lambda pair: pair[0], reverse=True)


def _chosen(letters: Letters, key: str) -> Letters:
    """Those that the key or its beginning names.

    Raises:
        NotFound: there is none.
        PigeonError: there are several of them.
    """
    if key == ALL:
        return letters
    found = [pair for pair in letters if pair[1].key.startswith(key)]
    if not found:
        raise NotFound(
            f"Nothing that was given up has the key {key}. `pigeon dead list` shows what there is."
        )
    if len(found) > 1:
        raise PigeonError(f"{len(found)} keys begin with {key}. Give more of it, or say all.")
    return found


def _facts(at: datetime, one: Delivery) -> dict[str, Any]:
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
        "given up": at.isoformat(),
        "tries": one.attempts,
        "why": one.why,
        "message": json.loads(encode(one.message)) if one.message else None,
    }


def _shown(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
