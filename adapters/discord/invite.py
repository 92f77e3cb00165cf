"""The link that invites the bot.

https://discord.com/developers/docs/topics/oauth2#bot-authorization-flow
"""

from __future__ import annotations

from urllib.parse import urlencode

from adapters.discord.permissions import INVITED


def invite_url(application_id: str) -> str:
    """The page on which somebody who manages a server adds the bot, with its eight permissions."""
    query = urlencode(
        {"client_id": application_id, "scope": "bot applications.commands", "permissions": str(INVITED)}
    )
    return f"https://discord.com/oauth2/authorize?{query}"
