"""Who may manage and read what: asked of Slack when a command is carried out, never remembered.

https://docs.slack.dev/reference/methods/conversations.info and ``conversations.members``. Slack has no
roles for channels, so who may manage is the operator's setting; people whom the workspace names in
``settings managers:`` may always.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import structlog

from adapters.slack.doctor import lacking
from adapters.slack.errors import delivery_error, explain, refusal_of
from adapters.slack.settings import Managers, SlackSettings
from adapters.slack.workspaces import Team
from bot.errors import CommandError
from bot.models import Destination

log = structlog.get_logger(__name__)

PAGE: Final = 1000
PAGES: Final = 100
"""A channel of more than 100,000 members is not read to its end."""
UNSEEN: Final = frozenset(
    ("channel_not_found", "not_in_channel", "missing_scope", "method_not_supported_for_channel_type")
)


class SlackRights:
    """The rights of one person, for one command."""

    def __init__(self, team: Team, user: str, settings: SlackSettings) -> None:
        self._team = team
        self._user = user
        self._settings = settings

    async def may_manage(self, destination: Destination, managers: Sequence[str]) -> bool:
        if destination.platform != "slack" or not self._ours(destination):
            return False
        if destination.direct:
            return destination.channel == self._user
        named = {_bare(manager) for manager in (*managers, *self._settings.manager_ids)}
        if self._user in named:
            return True
        policy = self._settings.managers
        if policy is Managers.LIST:
            return False
        if await self._is_admin():
            return policy is not Managers.MEMBERS or await self._sees(destination)
        if policy is Managers.ADMINS:
            return False
        if policy is Managers.CREATOR:
            info = await self._info(destination)
            return info is not None and info.get("creator") == self._user
        return await self._is_member(destination)

    async def may_read(self, destination: Destination) -> bool:
        if destination.platform != "slack" or not self._ours(destination):
            return False
        if destination.direct:
            return destination.channel == self._user
        return await self._sees(destination)

    async def missing(self, destination: Destination) -> Sequence[str]:
        if destination.direct or destination.platform != "slack":
            return ()
        try:
            answer = await self._team.client.conversations_info(channel=destination.channel)
        except Exception as error:
            word = refusal_of(error)
            if word in UNSEEN:
                return (" ".join(explain(word)),)
            raise CommandError(
                f"Slack could not be asked about that channel: {delivery_error(error)}"
            ) from error
        lacks = lacking(answer.get("channel") or {}, self._team)
        return (" ".join(lacks),) if lacks else ()

    def _ours(self, destination: Destination) -> bool:
        return self._team.organisation or destination.workspace == self._team.id

    async def _sees(self, destination: Destination) -> bool:
        """Members of the workspace see public channels; guests only those they are in."""
        info = await self._info(destination)
        if info is None:
            return False
        if info.get("is_private") or info.get("is_im") or info.get("is_mpim") or await self._is_guest():
            return await self._is_member(destination)
        return True

    async def _info(self, destination: Destination) -> dict[str, Any] | None:
        answer = await self._ask("conversations.info", channel=destination.channel)
        found = answer.get("channel") if answer is not None else None
        return found if isinstance(found, dict) else None

    async def _is_member(self, destination: Destination) -> bool:
        cursor: str | None = None
        for _ in range(PAGES):
            arguments: dict[str, Any] = {"channel": destination.channel, "limit": PAGE}
            if cursor:
                arguments["cursor"] = cursor
            answer = await self._ask("conversations.members", **arguments)
            if answer is None:
                return False
            if self._user in (answer.get("members") or ()):
                return True
            cursor = (answer.get("response_metadata") or {}).get("next_cursor")
            if not cursor:
                return False
        return False

    async def _is_admin(self) -> bool:
        user = await self._person()
        return bool(user.get("is_admin") or user.get("is_owner"))

    async def _is_guest(self) -> bool:
        user = await self._person()
        return bool(user.get("is_restricted") or user.get("is_ultra_restricted") or user.get("is_stranger"))

    async def _person(self) -> dict[str, Any]:
        answer = await self._ask("users.info", user=self._user)
        found = answer.get("user") if answer is not None else None
        return found if isinstance(found, dict) else {"is_restricted": True}

    async def _ask(self, method: str, **arguments: Any) -> Any:
        """The answer, or ``None`` where Slack shows us no such thing; other failures end the command."""
        try:
            return await self._team.client.api_call(method, http_verb="GET", params=arguments)
        except Exception as error:
            word = refusal_of(error)
            if word in UNSEEN - {"missing_scope"}:
                return None
            log.warning(
                "Slack would not tell somebody's rights", method=method, error=word or type(error).__name__
            )
            raise CommandError(
                f"I could not find out whether you may do that, so I did nothing. {delivery_error(error)}"
            ) from error


def _bare(manager: str) -> str:
    """``<@U1>`` and ``U1`` name the same person."""
    return manager.strip().removeprefix("<@").removesuffix(">").partition("|")[0]
