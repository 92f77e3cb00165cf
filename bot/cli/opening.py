"""What every command begins with: plugins, settings, logging, and where it applies the store."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from pydantic import SecretStr

from bot import plugins
from bot.clock import SystemClock
from bot.logs import configure
from bot.ports import AdapterPlugin, SourcePlugin
from bot.settings import Settings, load
from bot.store import Store


@dataclass(frozen=True)
class Opened:
    """Settings, and the plugins they were read for."""

    settings: Settings
    adapters: dict[str, AdapterPlugin]
    sources: dict[str, SourcePlugin]


def open_settings(*, flags: dict[str, str] | None = None, quiet: bool = False) -> Opened:
    """Read the settings and set logging up. ``quiet`` is for commands whose answer is their output."""
    adapters, sources = dict(plugins.adapters()), dict(plugins.sources())
    sections = {name: plugin.settings for name, plugin in (sources | adapters).items()}
    settings = load(sections, flags=flags)
    interactive = sys.stderr.isatty()
    level = settings.core.log_level or ("warning" if interactive or quiet else "info")
    configure(
        level=level,
        style=settings.core.log_format or ("console" if interactive else "json"),
        secrets=_secrets(settings),
    )
    return Opened(settings, adapters, sources)


@asynccontextmanager
async def open_beside(settings: Settings) -> AsyncIterator[Store]:
    """The store for a command beside a running bot: its server if it runs, else one for the command alone."""
    from bot.app import open_store, store_at  # noqa: PLC0415 - commands without a store do not wait for it
    from bot.embedded import find_running  # noqa: PLC0415

    clock = SystemClock()
    running = None
    if not settings.core.redis_url.get_secret_value():
        running = find_running(settings.core.data_dir)
    opener = store_at(running, settings, clock) if running else open_store(settings, clock)
    async with opener as store:
        yield store


def _secrets(settings: Settings) -> list[str]:
    found = []
    for model in (settings.core, *settings.sections.values()):
        for name in type(model).model_fields:
            value = getattr(model, name)
            if isinstance(value, SecretStr) and value.get_secret_value():
                found.append(value.get_secret_value())
    return found
