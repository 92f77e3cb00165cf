"""What an operator sets for Slack: ``PIGEON_SLACK__…``."""

from __future__ import annotations

from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

DEFAULT_API_URL = "https://slack.com/api/"
"""GovSlack lives at ``https://slack-gov.com/api/`` (https://docs.slack.dev/govslack)."""


class Mode(StrEnum):
    """How Slack's events reach the bot."""

    SOCKET = "socket"
    """The bot calls Slack: no public address is needed. One workspace, or a few of one organisation."""
    HTTP = "http"
    """Slack calls the bot: signed requests to a public address; OAuth installs any number of workspaces."""


class CardStyle(StrEnum):
    """Which blocks draw a card."""

    CLASSIC = "classic"
    """Sections, context and actions: every client shows them."""
    NATIVE = "native"
    """Slack's own ``card``, ``carousel`` and ``container``; falls back to classic where Slack refuses them."""


class OnAmbiguous(StrEnum):
    """What to do about a send of unknown outcome that cannot be looked up."""

    RESEND = "resend"
    """Post it again: it may appear twice."""
    PARK = "park"
    """Put it aside for a person: it may be missing."""


class Managers(StrEnum):
    """Who may manage the subscriptions of a channel; its named managers always may."""

    MEMBERS = "members"
    CREATOR = "creator"
    """Whoever created the channel, and the workspace's admins."""
    ADMINS = "admins"
    """The workspace's admins and owners."""
    LIST = "list"
    """Nobody but the named managers."""


class SlackSettings(BaseModel):
    """Everything that can be set; secrets never appear in logs or messages."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    bot_token: SecretStr = SecretStr("")
    """«Bot User OAuth Token» of OAuth & Permissions, ``xoxb-…``."""
    app_token: SecretStr = SecretStr("")
    """«App-Level Token» with ``connections:write`` of Basic Information, ``xapp-…``; Socket Mode needs it."""
    mode: Mode = Mode.SOCKET
    """``socket``: the bot calls Slack, and needs no public address. ``http``: Slack calls the bot."""
    api_url: str = DEFAULT_API_URL
    """Address of the Web API; GovSlack has one of its own."""
    card_style: CardStyle = CardStyle.CLASSIC
    """``classic``: blocks that every client shows. ``native``: Slack's own cards, classic where it refuses them."""
    on_ambiguous: OnAmbiguous = OnAmbiguous.PARK
    """What to do about a card that may or may not have been posted and cannot be looked up: ``resend``, ``park``."""
    managers: Managers = Managers.MEMBERS
    """Who may manage a channel's subscriptions: ``members``, ``creator``, ``admins`` or ``list`` (nobody but those named)."""
    manager_ids: tuple[str, ...] = ()
    """Ids of members (``U…``) and user groups (``S…``) that may manage every channel's subscriptions."""
    posts_per_minute: int = Field(default=240, ge=1)
    """Slack allows «several hundred» a minute and workspace (https://docs.slack.dev/apis/web-api/rate-limits)."""
    timeout: float = Field(default=10.0, gt=0, le=60)
    """Seconds after which an unanswered request counts as of unknown outcome."""

    signing_secret: SecretStr = SecretStr("")
    """Of Basic Information; HTTP mode needs it."""
    client_id: str = ""
    """Of Basic Information; with it many workspaces install the app by OAuth (HTTP mode)."""
    client_secret: SecretStr = SecretStr("")
    """Of Basic Information; belongs to the client id."""
    public_url: str = ""
    """Where Slack and people's browsers reach the HTTP server: ``https://pigeon.example.org``."""
    http_host: str = "127.0.0.1"
    """Address on which the HTTP mode listens."""
    http_port: int = Field(default=3000, ge=0, le=65535)
    """Port on which the HTTP mode listens."""

    @field_validator("api_url")
    @classmethod
    def _with_slash(cls, value: str) -> str:
        if not value.startswith(("https://", "http://")):
            raise ValueError("must be the address of a Web API, such as https://slack.com/api/")
        return value if value.endswith("/") else value + "/"

    @field_validator("bot_token")
    @classmethod
    def _bot_token(cls, value: SecretStr) -> SecretStr:
        if value.get_secret_value().startswith("xapp-"):
            raise ValueError(
                "is an app-level token (xapp-…); the bot token begins with xoxb-. Are the two swapped?"
            )
        return value

    @field_validator("app_token")
    @classmethod
    def _app_token(cls, value: SecretStr) -> SecretStr:
        if value.get_secret_value().startswith("xoxb-"):
            raise ValueError(
                "is a bot token (xoxb-…); the app-level token begins with xapp-. Are the two swapped?"
            )
        return value

    @field_validator("public_url")
    @classmethod
    def _without_slash(cls, value: str) -> str:
        return value.rstrip("/")

    @model_validator(mode="after")
    def _whole(self) -> SlackSettings:
        if bool(self.client_id) != bool(self.client_secret.get_secret_value()):
            raise ValueError("client_id and client_secret belong together: set both, or neither")
        if self.client_id and self.mode is Mode.HTTP and not self.public_url:
            raise ValueError("OAuth needs public_url, the address that people's browsers are sent back to")
        return self

    @property
    def oauth(self) -> bool:
        """Do workspaces install the app by OAuth, rather than by one token in the settings?"""
        return self.mode is Mode.HTTP and bool(self.client_id)

    @property
    def complete(self) -> bool:
        """Do these settings suffice to connect?"""
        if self.mode is Mode.HTTP:
            token = bool(self.bot_token.get_secret_value())
            return bool(self.signing_secret.get_secret_value()) and (token or self.oauth)
        return bool(self.bot_token.get_secret_value() and self.app_token.get_secret_value())
