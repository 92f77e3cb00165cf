"""Commands that adapters bring: ``pigeon discord invite``, ``pigeon slack manifest``."""

from __future__ import annotations

from typing import Any

import typer
from typer.core import TyperGroup
from typer.main import get_command

from bot import plugins


def command(*, name: str) -> Any:
    """The commands of the adapter of that name; ``None`` where there is no such adapter, or it brings none.

    Only this one adapter is loaded, and its commands load its SDK when they are used, if at all.
    """
    plugin = plugins.adapter(name)
    if plugin is None or plugin.cli is None:
        return None
    root = typer.Typer(rich_markup_mode=None, add_completion=False)
    root.add_typer(plugin.cli(), name=name)
    mounted = get_command(root)
    assert isinstance(mounted, TyperGroup)
    return mounted.commands[name]
