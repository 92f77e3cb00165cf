"""What every command begins with: plugins, settings, logging, and where it applies the store."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

from pydantic import SecretStr

from bot import plugins
from bot.clock import SystemClock
from bot.errors import StoreUnavailable
from bot.logs import configure
from bot.ports import AdapterPlugin, SourcePlugin
from bot.settings import Settings, load
from bot.store import Store

SAMPLES: Final = "samples"
"""The samples live in a data directory of their own: they never mix with real papers."""


@dataclass(frozen=True)
class Opened:
    """Settings, and the plugins they were read for."""

    settings: Settings
    adapters: dict[str, AdapterPlugin]
    sources: dict[str, SourcePlugin]


def open_settings(
    *, flags: dict[str, str] | None = None, quiet: bool = False, silent: bool = False
) -> Opened:
    """Read the settings and set logging up.

    ``quiet`` is for commands whose answer is their output; ``silent`` for one that says itself what would be logged.
    """
    adapters, sources = dict(plugins.adapters()), dict(plugins.sources())
    sections = {name: plugin.settings for name, plugin in (sources | adapters).items()}
    settings = load(sections, flags=flags)
    interactive = sys.stderr.isatty()
    level = settings.core.log_level or ("warning" if interactive or quiet else "info")
    if silent:
        level = "critical"
    configure(
        level=level,
        style=settings.core.log_format or ("console" if interactive else "json"),
        secrets=_secrets(settings),
    )
    return Opened(settings, adapters, sources)


@asynccontextmanager
async def open_beside(settings: Settings, *, samples: bool = False) -> AsyncIterator[Store]:
    """The store for a command beside a running bot: its server if it runs, else one for the command alone.

    With ``samples`` that of a running demo counts, too: who looks on at one means its papers.
    """
    from bot.storage import open_store, store_at  # noqa: PLC0415 - commands without a store do not wait for it

    clock = SystemClock()
    running = _running(settings, samples=samples)
    opener = store_at(running, settings, clock) if running else open_store(settings, clock)
    async with opener as store:
        yield store


@asynccontextmanager
async def open_running(settings: Settings) -> AsyncIterator[Store]:
    """The store of a running bot; nothing is started.

    Raises:
        StoreUnavailable: none runs here, or the store does not answer.
    """
    from bot.storage import store_at  # noqa: PLC0415

    url = settings.core.redis_url.get_secret_value() or _running(settings, samples=True)
    if not url:
        raise StoreUnavailable(f"No bot runs on {settings.core.data_dir}. Start it with: pigeon run")
    async with store_at(url, settings, SystemClock()) as store:
        yield store


def _running(settings: Settings, *, samples: bool) -> str | None:
    from bot.embedded import find_running  # noqa: PLC0415 - only where it is wanted

    if settings.core.redis_url.get_secret_value():
        return None
    found = find_running(settings.core.data_dir)
    if found is None and samples:
        return find_running(settings.core.data_dir / SAMPLES)
    return found


def _secrets(settings: Settings) -> list[str]:
    found = []
    for model in (settings.core, *settings.sections.values()):
        for name in type(model).model_fields:
            value = getattr(model, name)
            if isinstance(value, SecretStr) and value.get_secret_value():
                found.append(value.get_secret_value())
    return found
