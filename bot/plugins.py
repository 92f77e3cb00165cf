"""Sources and adapters by entry point: ours come in by the same door as anybody's."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import EntryPoint, entry_points
from typing import Final, TypeVar

from bot.errors import SettingsError
from bot.ports import AdapterPlugin, SourcePlugin

ADAPTERS: Final = "paper_pigeon.adapters"
SOURCES: Final = "paper_pigeon.sources"

Plugin = TypeVar("Plugin", AdapterPlugin, SourcePlugin)


def adapters() -> Mapping[str, AdapterPlugin]:
    """Every installed adapter by name. Loading a plugin imports no platform's SDK."""
    return {point.name: _load(point, AdapterPlugin) for point in _points(ADAPTERS)}


def adapter(name: str) -> AdapterPlugin | None:
    """One installed adapter, without loading the others."""
    return next((_load(point, AdapterPlugin) for point in _points(ADAPTERS) if point.name == name), None)


def sources() -> Mapping[str, SourcePlugin]:
    """Every installed source by name."""
    return {point.name: _load(point, SourcePlugin) for point in _points(SOURCES)}


def _points(group: str) -> list[EntryPoint]:
    points = sorted(entry_points(group=group), key=lambda point: point.name)
    if not points:
        raise SettingsError(
            f"No plugins are installed in the group {group}. Paper Pigeon itself is not installed properly: "
            "run `python3 dev.py run`, or `pip install .`, in its folder."
        )
    return points


def _load(point: EntryPoint, kind: type[Plugin]) -> Plugin:
    try:
        plugin = point.load()
    except Exception as error:
        raise SettingsError(
            f"The plugin «{point.name}» ({point.value}) cannot be loaded: {type(error).__name__}: {error}. "
            "Uninstall the package it comes from, or ask its maker."
        ) from error
    if not isinstance(plugin, kind):
        raise SettingsError(
            f"The plugin «{point.name}» ({point.value}) is not a {kind.__name__}; see docs/adapters.md."
        )
    return plugin
