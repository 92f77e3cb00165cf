"""``pigeon setup``: asks for the tokens of platforms, checks them there, and writes them into ``.env``."""

from __future__ import annotations

import asyncio
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import typer

from bot.choosing import choose_adapters
from bot.cli.doctor import SIGNS
from bot.cli.examining import examined
from bot.cli.files import write_whole
from bot.cli.opening import Opened, open_beside, open_settings
from bot.cli.settings_text import described, quoted
from bot.clock import SystemClock
from bot.errors import BackupError, PigeonError, SettingsError
from bot.ports import AdapterPlugin, CheckedAdapter, Finding, Severity
from bot.settings import variable

USAGE: Final = 2


def setup(*, env_file: Path) -> None:
    """Ask, check and write. Without a terminal it names the variables to set, and exits 2."""
    opened = open_settings(silent=True)
    askable = {name: plugin for name, plugin in opened.adapters.items() if plugin.asked}
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        _tell(askable, env_file)
        raise typer.Exit(USAGE)
    written: dict[str, str] = {}
    for name, plugin in askable.items():
        there = " (it has its tokens already)" if plugin.configured(opened.settings.sections[name]) else ""
        if not typer.confirm(f"Connect {name.capitalize()}?{there}", default=not there, err=True):
            continue
        values = _ask(plugin)
        if values and _accepted(name, values):
            written |= values
    if not written:
        typer.echo("Nothing was written.", err=True)
        return
    keep(env_file, written)
    typer.echo(f"Wrote {', '.join(written)} to {env_file}, which only you can read. Next: pigeon run")


def keep(env_file: Path, values: Mapping[str, str]) -> None:
    """Put values into an ``.env`` file, in the place of those it has; only its owner can read it afterwards.

    Raises:
        BackupError: it cannot be read or written; it is as it was.
    """
    path = env_file.resolve()  # a link stays a link
    try:
        text = path.read_text(encoding="utf-8") if path.exists() else ""
    except (OSError, UnicodeDecodeError) as error:
        raise BackupError(
            f"{env_file} cannot be read ({type(error).__name__}). Mend it, or move it away."
        ) from error
    write_whole(path, with_values(text, values).encode())


def with_values(text: str, values: Mapping[str, str]) -> str:
    """The text of an ``.env`` file with these values: in place where a name stands, commented out or not."""
    left = dict(values)
    lines = []
    for line in text.splitlines():
        match = re.match(r"\s*(#?)\s*(?:export\s+)?(PIGEON_\w+)\s*=", line, re.ASCII)
        name = match[2].upper() if match else ""
        if match and name in values:
            if name in left:
                lines.append(f"{name}={quoted(left.pop(name))}")
            elif match[1]:
                lines.append(line)
            continue  # a second value of the same name would win over ours
        lines.append(line)
    lines += [f"{name}={quoted(value)}" for name, value in left.items()]
    return "\n".join(lines) + "\n"


def _tell(askable: Mapping[str, AdapterPlugin], env_file: Path) -> None:
    typer.echo(
        f"pigeon setup asks questions, and there is no terminal here to answer them. Set these in the environment, "
        f"or in {env_file} (mode 0600), then start pigeon run:",
        err=True,
    )
    for name, plugin in askable.items():
        for setting, meaning in _questions(plugin):
            typer.echo(f"  {variable(name, setting)}  {meaning}", err=True)


def _questions(plugin: AdapterPlugin) -> list[tuple[str, str]]:
    meanings = {one.name: one.meaning for one in described(plugin.settings, plugin.name)}
    return [(setting, " ".join(meanings[variable(plugin.name, setting)].split())) for setting in plugin.asked]


def _ask(plugin: AdapterPlugin) -> dict[str, str]:
    """The values that somebody gives; none where they leave one empty."""
    values = {}
    for setting, meaning in _questions(plugin):
        typer.echo(meaning, err=True)
        name = variable(plugin.name, setting)
        given = typer.prompt(
            f"{name} (hidden; empty to skip)", default="", hide_input=True, show_default=False, err=True
        )
        if not str(given).strip():
            return {}
        values[name] = str(given).strip()
    return values


def _accepted(platform: str, values: Mapping[str, str]) -> bool:
    """Whether the platform takes them, or the person keeps them all the same."""
    try:
        opened = open_settings(flags={**values, "PIGEON_ADAPTERS": platform}, silent=True)
        found = asyncio.run(_checked(opened))
    except SettingsError as error:
        typer.echo(f"✗ {error}", err=True)
        return False
    except PigeonError as error:
        found = [Finding(platform, Severity.WARNING, f"It could not be checked: {error}")]
    for one in found:
        typer.echo(f"{SIGNS[one.severity]} {one.subject}: {one.text}", err=True)
        if one.remedy:
            typer.echo(f"  fix: {one.remedy}", err=True)
    if all(one.severity is not Severity.FAILURE for one in found):
        return True
    return typer.confirm("Write it all the same?", default=False, err=True)


async def _checked(opened: Opened) -> list[Finding]:
    clock = SystemClock()
    async with open_beside(opened.settings) as store:
        return [
            finding
            for adapter in choose_adapters(opened.settings, opened.adapters, clock, store)
            if isinstance(adapter, CheckedAdapter)
            for finding in await examined(adapter, ())
        ]
