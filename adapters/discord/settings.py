"""Settings of this adapter: the environment variables ``PIGEON_DISCORD__…``."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field, HttpUrl, SecretStr, WebsocketUrl


class DiscordSettings(BaseModel):
    """How to reach Discord, and as whom."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    token: SecretStr | None = None
    """The bot's token, from the page «Bot» of https://discord.com/developers/applications."""
    api_url: HttpUrl = HttpUrl("https://discord.com/api/v10")
    """Another address of the REST API: a rate-limit proxy, or a test's Discord."""
    gateway_url: WebsocketUrl | None = None
    """Another address of the gateway; resumed sessions go there too."""
    deadline: float = Field(default=10.0, gt=0, le=60)
    """Seconds for one request. A send whose answer is not there by then is looked for before it is repeated."""
    commands: bool = True
    """Write the commands to Discord when they changed. Off for a second process that must not."""


def configured(settings: DiscordSettings) -> bool:
    """Is there a token?"""
    return settings.token is not None and bool(settings.token.get_secret_value().strip())
