"""Which adapters, sources, enrichers and roles a process has: from the settings and what is installed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from pydantic import SecretStr

from bot.clock import Clock
from bot.errors import SettingsError
from bot.ports import (
    Adapter,
    AdapterPlugin,
    Enricher,
    GivenFeeds,
    OwingSource,
    PluginContext,
    Source,
    SourcePlugin,
)
from bot.settings import ROLES, Settings
from bot.store import Store

CONSOLE: Final = "console"


def choose_adapters(
    settings: Settings, plugins: dict[str, AdapterPlugin], clock: Clock, store: Store, **options: Any
) -> list[Adapter]:
    """The adapters that are named, else those that have what they need, else the console.

    Raises:
        SettingsError: one is named that is not installed or lacks a setting.
    """
    names = settings.names("adapters") or [
        name for name, plugin in plugins.items() if name != CONSOLE and _on(settings, name, plugin)
    ]
    chosen = []
    for name in names or [CONSOLE]:
        plugin = plugins.get(name)
        if plugin is None:
            raise SettingsError(
                f"PIGEON_ADAPTERS names «{name}», which is not installed. Installed: {', '.join(plugins)}."
            )
        if name != CONSOLE and not plugin.configured(settings.sections[name]):
            raise SettingsError(
                f"PIGEON_ADAPTERS names «{name}», but its token is not set. `pigeon config show` lists the "
                f"settings that begin with PIGEON_{name.upper()}__."
            )
        chosen.append(plugin.create(_context(settings, name, clock, store, options)))
    return chosen


def _on(settings: Settings, name: str, plugin: AdapterPlugin) -> bool:
    """Is a platform to be connected? One with half of its secrets is not passed over: somebody wants it."""
    section = settings.sections[name]
    if plugin.configured(section):
        return True
    values = {
        field: value.get_secret_value()
        for field in type(section).model_fields
        if isinstance(value := getattr(section, field), SecretStr)
    }
    given = [field for field, value in values.items() if value]
    if given:
        lacking = [field for field in plugin.asked if not values.get(field)]
        raise SettingsError(
            f"{_named(name, given)} is set, which does not suffice to connect. "
            + (f"Set {_named(name, lacking)} as well" if lacking else "`pigeon doctor` tells what is missing")
            + f", or clear it to run without {name.capitalize()}."
        )
    return False


def _named(name: str, fields: Sequence[str]) -> str:
    return " and ".join(f"PIGEON_{name}__{field}".upper() for field in fields)


def choose_sources(
    settings: Settings, plugins: dict[str, SourcePlugin], clock: Clock, store: Store, **options: Any
) -> list[Source]:
    """The sources that are named, else those that are on by default or configured.

    Raises:
        SettingsError: one is named that is not installed.
    """
    names = settings.names("sources") or [
        name
        for name, plugin in plugins.items()
        if plugin.on_by_default or plugin.configured(settings.sections[name])
    ]
    chosen: list[Source] = []
    for name in names:
        plugin = plugins.get(name)
        if plugin is None:
            raise SettingsError(
                f"PIGEON_SOURCES names «{name}», which is not installed. Installed: {', '.join(plugins)}."
            )
        chosen += plugin.create(_context(settings, name, clock, store, options))
    return chosen


def categories_of(sources: Sequence[Source]) -> dict[str, Sequence[str]]:
    """What those sources are asked for that announce by category, by their names."""
    owed = {one.name: one.calendar.categories for one in sources if isinstance(one, OwingSource)}
    return {name: tuple(filter(None, categories)) for name, categories in owed.items() if any(categories)}


def choose_enrichers(
    settings: Settings, plugins: dict[str, SourcePlugin], clock: Clock, store: Store, **options: Any
) -> list[Enricher]:
    """The enrichers of the sources that run, and of what was configured to enrich only."""
    named = settings.names("sources")
    return [
        enricher
        for name, plugin in plugins.items()
        if (plugin.on_by_default and (not named or name in named))
        or (not plugin.on_by_default and plugin.configured(settings.sections[name]))
        for enricher in plugin.enrichers(_context(settings, name, clock, store, options))
    ]


def choose_given_feeds(
    settings: Settings, plugins: dict[str, SourcePlugin], clock: Clock, store: Store, **options: Any
) -> GivenFeeds | None:
    """What reads feeds that are given in chat; ``None`` where no plugin does, or none may be given."""
    for name, plugin in plugins.items():
        if plugin.given is not None:
            given = plugin.given(_context(settings, name, clock, store, options))
            return given if given.most else None
    return None


def choose_roles(settings: Settings) -> frozenset[str]:
    """The roles of this process.

    Raises:
        SettingsError: a role that does not exist.
    """
    names = settings.names("roles") or list(ROLES)
    for name in names:
        if name not in ROLES:
            raise SettingsError(f"There is no role «{name}». The roles are {', '.join(ROLES)}.")
    if "web" in settings.names("roles") and not settings.core.web_port:
        raise SettingsError("PIGEON_ROLES names «web», but PIGEON_WEB_PORT is 0. Set it to a free port.")
    return frozenset(names)


def _context(
    settings: Settings, name: str, clock: Clock, store: Store, options: dict[str, Any]
) -> PluginContext:
    return PluginContext(
        settings=settings.sections[name],
        clock=clock,
        shelf=store.shelf(name),
        data_dir=settings.core.data_dir,
        contact=settings.core.contact,
        options=options,
    )
