"""The app's manifest (https://docs.slack.dev/reference/app-manifest) and the link that creates the app from it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final
from urllib.parse import quote

from adapters.slack.names import COMMAND_NAME, DISCUSS, FIND, NEW_SUBSCRIPTION, SAVE

SCOPES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "commands": "the command /papers and the shortcuts",
        "chat:write": "posts cards where the bot was invited",
        "chat:write.public": "posts in public channels without an invitation; remove it if you prefer to invite",
        "app_mentions:read": "reads messages that mention the bot: commands in threads",
        "im:write": "opens direct messages, for subscriptions «to:me»",
        "im:history": "reads what people write to the bot directly: commands there, and its own cards",
        "channels:read": "knows a public channel's name, members and creator, to check who may manage it",
        "groups:read": "the same for private channels it was invited to",
        "channels:history": "looks whether a card of unknown outcome was posted, so that none appears twice",
        "groups:history": "the same in private channels",
        "users:read": "knows who is an admin, and people's time zones",
        "files:write": "hands over exports (BibTeX, RIS, CSV) as files",
        "usergroups:read": "knows who is in a user group that was named as a channel's managers",
    }
)
"""Every scope the bot asks for, and why."""
OPTIONAL: Final = frozenset(
    ("chat:write.public", "channels:history", "groups:history", "files:write", "usergroups:read")
)
"""Those without which everything else works (https://docs.slack.dev/changelog/2026/03/16/optional-scopes)."""

EVENTS: Final = (
    "app_home_opened",
    "app_mention",
    "app_uninstalled",
    "channel_archive",
    "channel_deleted",
    "channel_left",
    "channel_unarchive",
    "group_archive",
    "group_deleted",
    "group_left",
    "group_unarchive",
    "member_joined_channel",
    "message.im",
    "tokens_revoked",
)

EVENTS_PATH: Final = "/slack/events"
INSTALL_PATH: Final = "/slack/install"
REDIRECT_PATH: Final = "/slack/oauth_redirect"
CREATE: Final = "https://api.slack.com/apps?new_app=1&manifest_json="


def manifest(public: str = "") -> dict[str, Any]:
    """The manifest as data: for Socket Mode, or for HTTP mode at that public address."""
    public = public.rstrip("/")
    made: dict[str, Any] = {
        "_metadata": {"major_version": 2},
        "display_information": {
            "name": "Paper Pigeon",
            "description": "New papers that match your interests, with the reason why.",
            "long_description": (
                "Paper Pigeon watches arXiv, Hugging Face Daily Papers and journals, and posts what matches your "
                "filters: at once, or as a digest at the hour you choose. Each card says why it matched, opens "
                "one thread for its paper, and can be saved and exported. Type /papers help to begin."
            ),
            "background_color": "#3b4252",
        },
        "features": {
            "app_home": {
                "home_tab_enabled": True,
                "messages_tab_enabled": True,
                "messages_tab_read_only_enabled": False,
            },
            "bot_user": {"display_name": "Paper Pigeon", "always_online": True},
            "slash_commands": [
                {
                    "command": COMMAND_NAME,
                    "description": "Paper alerts: subscribe, list, preview, search …",
                    "usage_hint": "help | subscribe diffusion -survey when:daily at:09:00",
                    "should_escape": True,
                }
            ],
            "shortcuts": [
                {
                    "name": "Discuss this paper",
                    "type": "message",
                    "callback_id": DISCUSS,
                    "description": "Opens the thread of the paper in this message",
                },
                {
                    "name": "Save this paper",
                    "type": "message",
                    "callback_id": SAVE,
                    "description": "Keeps the paper in this message on your list",
                },
                {
                    "name": "Find a paper",
                    "type": "global",
                    "callback_id": FIND,
                    "description": "Searches the papers Paper Pigeon knows",
                },
                {
                    "name": "New subscription",
                    "type": "global",
                    "callback_id": NEW_SUBSCRIPTION,
                    "description": "Sends you papers that match a filter",
                },
            ],
        },
        "oauth_config": {
            "scopes": {"bot": list(SCOPES), "bot_optional": [scope for scope in SCOPES if scope in OPTIONAL]}
        },
        "settings": {
            "event_subscriptions": {"bot_events": list(EVENTS)},
            "interactivity": {"is_enabled": True},
            "org_deploy_enabled": False,
            "socket_mode_enabled": not public,
            "token_rotation_enabled": False,
        },
    }
    if public:
        made["features"]["slash_commands"][0]["url"] = public + EVENTS_PATH
        made["settings"]["event_subscriptions"]["request_url"] = public + EVENTS_PATH
        made["settings"]["interactivity"] |= {
            "request_url": public + EVENTS_PATH,
            "message_menu_options_url": public + EVENTS_PATH,
        }
        made["oauth_config"]["redirect_urls"] = [public + REDIRECT_PATH]
    return made


def creation_url(public: str = "") -> str:
    """The link that opens Slack's «create an app» page with the manifest filled in."""
    return CREATE + quote(json.dumps(manifest(public), separators=(",", ":"), ensure_ascii=False), safe="")
