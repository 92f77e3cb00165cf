"""The operator's commands. Each module is imported when its command is used: help must not wait for them."""

from __future__ import annotations

import importlib
from typing import Annotated, Any

import typer

from bot import __version__

app = typer.Typer(
    name="pigeon",
    help="Paper Pigeon: paper alerts for research teams, in Discord and Slack.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)


def _do(module: str, name: str, **given: Any) -> Any:
    return getattr(importlib.import_module(f"bot.cli.{module}"), name)(**given)


@app.command()
def run(
    demo: Annotated[
        bool, typer.Option("--demo", help="Use the bundled sample papers instead of the network.")
    ] = False,
    once: Annotated[
        bool, typer.Option("--once", help="Poll, match and deliver what is due, then exit.")
    ] = False,
    roles: Annotated[
        str, typer.Option(help="Roles of this process: poll, match, send, chat. Default: all.")
    ] = "",
) -> None:
    """Run the bot. Without a Discord or Slack token it shows its cards here."""
    _do("running", "run", demo=demo, once=once, roles=roles)


@app.command()
def version() -> None:
    """Print the version."""
    typer.echo(f"Paper Pigeon {__version__}")
