"""What entry points name, and what a plugin is built from."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, Protocol

from pydantic import BaseModel

from bot.clock import Clock
from bot.ports.adapters import Adapter
from bot.ports.feeds import GivenFeeds
from bot.ports.listings import Enricher, Source


class Shelf(Protocol):
    """A small durable store of an adapter's or source's own; names never clash with another's."""

    async def get(self, name: str) -> str | None:
        """The value, or ``None``."""

    async def put(self, name: str, value: str, *, ttl: timedelta | None = None) -> None:
        """Keep a value, for ``ttl`` or for good."""

    async def add(self, name: str, value: str, *, ttl: timedelta) -> bool:
        """Keep a value unless there is one already; tell whether it was kept."""

    async def drop(self, name: str) -> None:
        """Forget a value."""

    async def names(self, prefix: str = "") -> Sequence[str]:
        """The names kept, sorted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PluginContext:
    """What a plugin is built from."""

    settings: Any
    """An instance of the plugin's own settings model."""
    clock: Clock
    shelf: Shelf
    data_dir: Path
    contact: str = ""
    """Who runs this bot, for the User-Agent that listings ask for."""
    options: Mapping[str, Any] = field(default_factory=dict)
    """What the program itself passes: ``fetcher`` for sources, ``output`` for the console."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AdapterPlugin:
    """What an entry point in the group ``paper_pigeon.adapters`` names."""

    name: str
    settings: type[BaseModel]
    """Filled from ``PIGEON_<NAME>__…``. Importing the plugin must not import the platform's SDK."""
    create: Callable[[PluginContext], Adapter]
    configured: Callable[[Any], bool]
    """Do these settings suffice to connect? Decides whether it is on when PIGEON_ADAPTERS is empty."""
    asked: Sequence[str] = ()
    """Names of the settings that ``pigeon setup`` asks for, in this order; all of them are needed."""
    cli: Callable[[], Any] | None = None
    """Commands of its own, a ``typer.Typer``, reached as ``pigeon <name> …``; called only when they are used."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourcePlugin:
    """What an entry point in the group ``paper_pigeon.sources`` names."""

    name: str
    settings: type[BaseModel]
    create: Callable[[PluginContext], Sequence[Source]]
    """One plugin may give several sources (one for each feed), or none but enrichers."""
    configured: Callable[[Any], bool]
    on_by_default: bool = False
    enrichers: Callable[[PluginContext], Sequence[Enricher]] = lambda _: ()
    given: Callable[[PluginContext], GivenFeeds] | None = None
    """Feeds that people give in chat; whether or not the plugin's own sources are configured."""
