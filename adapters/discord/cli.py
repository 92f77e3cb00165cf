"""``pigeon discord …``: commands of this adapter. They need neither discord.py nor the network."""

from __future__ import annotations

import base64
import binascii
from typing import Annotated

import typer
from pydantic import SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from adapters.discord.invite import invite_url


class _Given(BaseSettings):
    """The token, from the environment or ``.env``."""

    model_config = SettingsConfigDict(env_prefix="PIGEON_DISCORD__", env_file=".env", extra="ignore")

    token: SecretStr = SecretStr("")


def application_of(token: str) -> str | None:
    """The application's id, which is the first part of a bot's token; ``None`` where it is no such token.

    https://discord.com/developers/docs/reference#authentication
    """
    head = token.strip().partition(".")[0]
    try:
        text = base64.urlsafe_b64decode(head + "=" * (-len(head) % 4)).decode("ascii")
    except (binascii.Error, ValueError):
        return None
    return text if text.isdecimal() else None


def build() -> typer.Typer:
    """The commands, for :attr:`bot.ports.AdapterPlugin.cli`."""
    app = typer.Typer(name="discord", help="What only Discord needs.", no_args_is_help=True)

    @app.callback()
    def root() -> None:
        """What only Discord needs."""

    @app.command()
    def invite(
        application: Annotated[
            str,
            typer.Argument(
                help="The application's id; without it the token in PIGEON_DISCORD__TOKEN tells it."
            ),
        ] = "",
    ) -> None:
        """Print the link that invites the bot to a server."""
        found = application.strip() or application_of(_Given().token.get_secret_value()) or ""
        if not found.isdecimal():
            typer.echo(
                "I don't know which application to invite. Set PIGEON_DISCORD__TOKEN, or give the id from the page "
                "«General Information» of https://discord.com/developers/applications: pigeon discord invite ID",
                err=True,
            )
            raise typer.Exit(2)
        typer.echo(invite_url(found))

    return app
