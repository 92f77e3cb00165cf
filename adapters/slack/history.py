"""Looking for a message of ours by its delivery key, within Slack's budget for reading.

https://docs.slack.dev/reference/methods/conversations.history and ``conversations.replies``. An app sold
outside the Marketplace may read once a minute, 15 messages at a time; others about 50 times a minute
(https://docs.slack.dev/changelog/2025/05/29/rate-limit-changes-for-non-marketplace-apps). So we look only
after a send of unknown outcome; the client keeps to the budget (:mod:`adapters.slack.tiers`).
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from adapters.slack.errors import delivery_error
from adapters.slack.workspaces import Team
from bot.errors import Ambiguous, CardRejected, DestinationGone, RetryLater

PAGE: Final = 100
"""Messages asked for at once; Slack gives fewer where it limits us."""
PAGES: Final = 10
"""Pages read before giving up: a channel this busy is not searched to the end."""


class History:
    """Reads channels and threads."""

    async def find(
        self, team: Team, channel: str, *, key: str, thread: str | None, oldest: datetime | None
    ) -> str | None:
        """The timestamp of our message with that key, or ``None`` where it is certainly not there.

        Raises Ambiguous where we may not look or cannot look far enough, RetryLater where not now.
        """
        method = "replies" if thread else "history"
        arguments: dict[str, Any] = {"channel": channel, "limit": PAGE, "include_all_metadata": True}
        if oldest is not None:
            arguments |= {"oldest": f"{oldest.timestamp():.6f}", "inclusive": True}
        if thread:
            arguments["ts"] = thread
        for _ in range(PAGES):
            answer = await self._page(team, method, arguments)
            for message in answer.get("messages") or ():
                if _is_ours(message, team, key):
                    return str(message["ts"])
            cursor = (answer.get("response_metadata") or {}).get("next_cursor")
            if not cursor:
                if answer.get("has_more"):
                    raise Ambiguous("Slack showed only a part of the channel's messages.")
                return None
            arguments["cursor"] = cursor
        raise Ambiguous("The channel has more messages since the attempt than can be searched.")

    async def _page(self, team: Team, method: str, arguments: dict[str, Any]) -> Any:
        client = team.client
        try:
            if method == "replies":
                return await client.conversations_replies(**arguments)
            return await client.conversations_history(**arguments)
        except Exception as error:
            failure = delivery_error(error)
            if isinstance(failure, RetryLater):
                raise failure from error
            if isinstance(failure, (DestinationGone, CardRejected)):
                raise Ambiguous(f"Slack does not let me look whether it was posted: {failure}") from error
            raise RetryLater(f"Slack could not be asked: {failure}") from error


def _is_ours(message: Any, team: Team, key: str) -> bool:
    if not isinstance(message, dict):
        return False
    payload = (message.get("metadata") or {}).get("event_payload") or {}
    if payload.get("d") != key:
        return False
    return message.get("bot_id") == team.bot_id or message.get("user") == team.bot_user
