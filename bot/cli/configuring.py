"""``pigeon config``: what is set, where it comes from, and everything that can be set."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection

import typer
from pydantic import BaseModel

from bot import plugins
from bot.choosing import choose_roles
from bot.cli.opening import Opened, open_settings
from bot.cli.settings_text import env_example, settings_table
from bot.cli.table import rows_of
from bot.errors import SettingsError


def show(*, as_json: bool) -> None:
    """Print each setting, its value and where it comes from."""
    origins = list(open_settings(quiet=True).settings.origins())
    if as_json:
        rows = [
            {"name": one.name, "value": one.value, "from": one.source, "default": one.default}
            for one in origins
        ]
        typer.echo(json.dumps(rows, ensure_ascii=False, indent=1))
        return
    typer.echo(
        rows_of(
            ("setting", "from", "value"),
            [(one.name, one.source, one.value.replace("\n", " ")) for one in origins],
        )
    )


def check() -> None:
    """Read all settings, and check the names in them.

    Raises:
        SettingsError: something is wrong; the exit code is 78.
    """
    opened = open_settings(quiet=True)
    check_names(opened)
    typer.echo(f"The settings are right: {counted(opened)}.")


def check_names(opened: Opened) -> None:
    """Check that the roles, sources and adapters that the settings name exist. Raises SettingsError."""
    choose_roles(opened.settings)
    _known(opened, "sources", opened.sources)
    _known(opened, "adapters", opened.adapters)


def counted(opened: Opened) -> str:
    """«23 settings: 2 from the environment, 21 defaults»."""
    origins = list(opened.settings.origins())
    given = Counter(one.source for one in origins if not one.default)
    parts = [f"{count} from the {source}" for source, count in given.items()]
    return f"{len(origins)} settings: " + ", ".join([*parts, f"{len(origins) - given.total()} defaults"])


def example(*, markdown: bool) -> None:
    """Print every setting that there is, of the core and of all installed plugins."""
    models: dict[str, type[BaseModel]] = {name: one.settings for name, one in plugins.sources().items()}
    models |= {name: one.settings for name, one in plugins.adapters().items()}
    typer.echo((settings_table if markdown else env_example)(models), nl=False)


def _known(opened: Opened, setting: str, installed: Collection[str]) -> None:
    for name in opened.settings.names(setting):
        if name not in installed:
            raise SettingsError(
                f"PIGEON_{setting.upper()} names «{name}», which is not installed. Installed: {', '.join(installed)}."
            )
