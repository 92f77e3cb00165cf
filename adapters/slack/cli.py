"""``pigeon slack …``: what an operator needs of Slack before the bot can run."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from adapters.slack.manifest import creation_url
from adapters.slack.manifest import manifest as made

app = typer.Typer(help="What Slack needs before the bot can run.", no_args_is_help=True)


@app.callback()
def slack() -> None:
    """What Slack needs before the bot can run."""


@app.command()
def manifest(
    *,
    url: Annotated[
        bool, typer.Option("--url", help="Print the link that creates the app in one click.")
    ] = False,
    public_url: Annotated[
        str, typer.Option(help="For HTTP mode: where Slack reaches the bot, https://pigeon.example.org.")
    ] = "",
) -> None:
    """Print the app's manifest, to paste at api.slack.com/apps, or the link that does it."""
    if public_url and not public_url.startswith("https://"):
        raise typer.BadParameter("Slack calls https:// addresses only.", param_hint="--public-url")
    typer.echo(
        creation_url(public_url) if url else json.dumps(made(public_url), indent=2, ensure_ascii=False)
    )
