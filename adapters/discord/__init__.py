"""Discord: cards in Components V2, slash commands, buttons, direct messages, threads and forums.

Importing this package loads neither discord.py nor anything else of weight; :func:`create` does.
The ways through it: ``adapter`` (what the core calls) → ``render`` (card to payload) → ``rest`` (requests);
``gateway`` (the connection) → ``interactions`` (what people do) → the core's handler → ``render``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from adapters.discord.settings import DiscordSettings, configured
from bot.ports import AdapterPlugin, PluginContext

if TYPE_CHECKING:
    import typer

    from adapters.discord.adapter import DiscordAdapter


def create(context: PluginContext) -> DiscordAdapter:
    """Build the adapter from its settings; nothing is connected yet."""
    from adapters.discord.adapter import DiscordAdapter as Made  # noqa: PLC0415 — loads discord.py

    return Made(context.settings, context.clock, context.shelf)


def cli() -> typer.Typer:
    """The commands ``pigeon discord …``."""
    from adapters.discord.cli import build  # noqa: PLC0415 — only when they are used

    return build()


plugin = AdapterPlugin(
    name="discord", settings=DiscordSettings, create=create, configured=configured, asked=("token",), cli=cli
)
