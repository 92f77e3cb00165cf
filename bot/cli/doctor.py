"""``pigeon doctor``: everything that can be found out by asking, with what to do about it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from typing import Final

import typer

from bot.cli import examining
from bot.cli.configuring import check_names, counted
from bot.cli.opening import Opened, open_beside, open_settings
from bot.clock import SystemClock
from bot.errors import PigeonError
from bot.ports import Finding, Severity

SIGNS: Final = {Severity.OK: "✓", Severity.WARNING: "!", Severity.FAILURE: "✗"}
FAILED: Final = 3
"""The exit code where something must be mended."""


def doctor(*, as_json: bool) -> None:
    """Print the findings; exit 3 where one is a failure."""
    found = asyncio.run(_examine())
    if as_json:
        rows = [
            {"subject": one.subject, "severity": one.severity.value, "text": one.text, "remedy": one.remedy}
            for one in found
        ]
        typer.echo(json.dumps(rows, ensure_ascii=False, indent=1))
    else:
        typer.echo(_lines(found))
    if any(one.severity is Severity.FAILURE for one in found):
        raise typer.Exit(FAILED)


async def _examine() -> list[Finding]:
    found = [examining.python(), *examining.xml()]
    try:
        opened = open_settings(silent=True)
        check_names(opened)
    except PigeonError as error:
        return [
            *found,
            Finding("config", Severity.FAILURE, str(error), "pigeon config show lists all settings."),
        ]
    found.append(Finding("config", Severity.OK, counted(opened)))
    found += examining.program(opened.settings)
    found.append(examining.disk(opened.settings.core.data_dir))
    try:
        return [*found, *await _with_store(opened)]
    except PigeonError as error:
        return [*found, Finding("store", Severity.FAILURE, str(error))]


async def _with_store(opened: Opened) -> list[Finding]:
    clock = SystemClock()
    async with open_beside(opened.settings) as store:
        found = await examining.store(store, opened.settings, clock)
        found += await examining.sources(store, opened, clock)
        found += await examining.adapters(store, opened, clock)
        found += await examining.deliveries(store, opened)
        found.append(await examining.page(store))
    return found


def _lines(found: Sequence[Finding]) -> str:
    width = max(len(one.subject) for one in found)
    lines = []
    for one in found:
        lines.append(f"{SIGNS[one.severity]} {one.subject:<{width}}  {one.text}")
        if one.remedy:
            lines.append(f"  {'':<{width}}  fix: {one.remedy}")
    wrong = [one for one in found if one.severity is not Severity.OK]
    failed = sum(one.severity is Severity.FAILURE for one in found)
    lines.append(f"{len(wrong)} findings, {failed} of them failures" if wrong else "All is well.")
    return "\n".join(lines)
