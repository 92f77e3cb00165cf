"""The terminal as a platform: prints cards, reads commands. The reference adapter, and the default without tokens.

``layout`` says which lines a card has, ``terminal`` and ``plain`` draw them with and without a terminal,
``lines`` reads standard input, ``adapter`` joins them.
"""

from __future__ import annotations

import sys

from pydantic import BaseModel, Field

from bot.ports import Adapter, AdapterPlugin, PluginContext


class ConsoleSettings(BaseModel):
    """What can be set as ``PIGEON_CONSOLE__…``."""

    width: int = Field(0, ge=0, le=500, description="Columns of a card. 0: the terminal's, 100 at most.")


def _create(context: PluginContext) -> Adapter:
    from adapters.console.adapter import ConsoleAdapter  # noqa: PLC0415 - importing the plugin stays cheap

    return ConsoleAdapter(
        output=context.options.get("output") or sys.stdout,
        commands=context.options.get("input", sys.stdin),
        clock=context.clock,
        width=context.settings.width,
    )


plugin = AdapterPlugin(
    name="console",
    settings=ConsoleSettings,
    create=_create,
    # Never on by itself beside another platform: the program falls back to it where no other is configured.
    configured=lambda _settings: False,
)
"""The entry point. ``options["output"]`` and ``options["input"]`` replace the standard streams; an input of
``None`` reads no commands."""
