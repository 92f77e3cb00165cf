"""Who may manage and read what: asked of Slack when a command is carried out.

Only who is in a user group is kept, for seconds, and that a channel is public, for minutes.
https://docs.slack.dev/reference/methods/conversations.info and ``conversations.members``. Slack has no
roles for channels, so who may manage is the operator's setting; people whom the workspace names in
``settings managers:``, themselves or by a user group of theirs, may always.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final

import structlog

from adapters.slack.doctor import lacking
from adapters.slack.errors import delivery_error, explain, refusal_of
from adapters.slack.groups import Groups, group_id
from adapters.slack.public import PublicChannels
from adapters.slack.settings import Managers, SlackSettings
from adapters.slack.workspaces import Team
from bot.errors import CommandError, DestinationGone
from bot.models import Destination

log = structlog.get_logger(__name__)

PAGE: Final = 1000
PAGES: Final = 100
"""A channel of more than 100,000 members is not read to its end."""
UNSEEN: Final = frozenset(("channel_not_found", "not_in_channel", "method_not_supported_for_channel_type"))
"""Slack does not show us the channel: it is private and we are not in it, or there is none."""
_PERSON: Final = re.compile(r"[UW][A-Z0-9]+")  # noqa: TID251 - a pattern of ours, linear
INVITATION: Final = "an invitation (type «/invite @Paper Pigeon» in the channel)"
UNARCHIVED: Final = "the channel unarchived (channel name → Settings → Unarchive channel)"


class Unseen(Exception):
    """Slack does not show us the channel; ``str`` is its word for it."""


class SlackRights:
    """The rights of one person, for one command."""

    def __init__(
        self, team: Team, user: str, settings: SlackSettings, groups: Groups, public: PublicChannels
    ) -> None:
        self._team = team
        self._user = user
        self._settings = settings
        self._groups = groups
        self._public = public
        self._guest: bool | None = None
        self.lacking = False
        """The bot turned out to lack something that a person can give it; then trying again makes sense."""

    async def may_manage(self, destination: Destination, managers: Sequence[str]) -> bool:
        if not self._ours(destination):
            return False
        if destination.direct:
            return destination.channel == self._user
        named = (*managers, *self._settings.manager_ids)
        if self._user in {_bare(manager) for manager in named}:
            return True
        try:
            return await self._by_policy(destination) or await self._is_in_one_of(named)
        except Unseen as unseen:
            self.lacking = True
            text, remedy = explain(str(unseen))
            raise CommandError(f"{text} {remedy}") from unseen

    async def named(self, written: Sequence[str]) -> Sequence[str]:
        """People and user groups as Slack mentions them (``<@U1>``, ``<!subteam^S1>``).

        Raises CommandError where one is nobody, or a group into which we may not look.
        """
        found = []
        for word in written:
            group, person = group_id(word), _PERSON.fullmatch(_bare(word))
            if person is not None:
                found.append(f"<@{person[0]}>")
                continue
            try:
                if group is None:
                    group = await self._groups.by_handle(self._team, word.removeprefix("@"))
                if group is not None:
                    await self._groups.members(self._team, group)
            except CommandError:
                self.lacking = True
                raise
            if group is None:
                raise CommandError(
                    f"«{word}» is neither a person nor a user group that I know here. Write @name in a channel, where "
                    "Slack offers you the people and groups, or give a member id (U…)."
                )
            found.append(f"<!subteam^{group}>")
        return found

    async def spelled(self, managers: Sequence[str]) -> Sequence[str]:
        """``@ann`` and ``@leads``, as far as Slack tells."""
        names = [await self._name(manager) for manager in managers]
        return [f"@{name}" if name else manager for name, manager in zip(names, managers, strict=True)]

    async def _name(self, manager: str) -> str | None:
        group = group_id(manager)
        try:
            if group is not None:
                return await self._groups.handle(self._team, group)
            user = (await self._ask("users.info", user=_bare(manager))).get("user") or {}
        except CommandError:
            return None
        return str((user.get("profile") or {}).get("display_name") or user.get("name") or "") or None

    async def _is_in_one_of(self, managers: Sequence[str]) -> bool:
        """Is the asker in one of the user groups among those managers?"""
        groups = [group for group in map(group_id, managers) if group is not None]
        try:
            for group in groups:
                if self._user in await self._groups.members(self._team, group):
                    return True
        except CommandError:
            self.lacking = True
            raise
        return False

    async def _by_policy(self, destination: Destination) -> bool:
        match self._settings.managers:
            case Managers.MEMBERS:
                return await self._is_member(destination)
            case Managers.CREATOR:
                return await self._is_admin() or (await self._info(destination)).get("creator") == self._user
            case Managers.ADMINS:
                return await self._is_admin()
            case Managers.LIST:
                return False

    async def may_read(self, destination: Destination) -> bool:
        if not self._ours(destination):
            return False
        if destination.direct:
            return destination.channel == self._user
        try:
            # Members of the workspace see its public channels; guests only those they are in.
            if await self._is_public(destination) and not await self._is_guest():
                return True
            return await self._is_member(destination)
        except Unseen:
            return False

    async def missing(self, destination: Destination) -> Sequence[str]:
        if destination.direct or not self._ours(destination):
            return ()
        try:
            lacks = lacking(await self._info(destination), self._team)
        except Unseen as unseen:
            lacks = str(unseen)
        self.lacking = self.lacking or lacks is not None
        if lacks is None:
            return ()
        return (UNARCHIVED if lacks == "is_archived" else INVITATION,)

    def _ours(self, destination: Destination) -> bool:
        if destination.platform != "slack":
            return False
        return self._team.organisation or destination.workspace == self._team.id

    async def _info(self, destination: Destination) -> dict[str, Any]:
        answer = await self._ask("conversations.info", channel=destination.channel)
        found = answer.get("channel")
        return found if isinstance(found, dict) else {}

    async def _is_public(self, destination: Destination) -> bool:
        place = self._team.id, destination.channel
        if self._public.has(*place):
            return True
        info = await self._info(destination)
        if info.get("is_private") or info.get("is_im") or info.get("is_mpim"):
            return False
        self._public.add(*place)
        return True

    async def _is_member(self, destination: Destination) -> bool:
        cursor: str | None = None
        for _ in range(PAGES):
            arguments: dict[str, Any] = {"channel": destination.channel, "limit": PAGE}
            if cursor:
                arguments["cursor"] = cursor
            answer = await self._ask("conversations.members", **arguments)
            if self._user in (answer.get("members") or ()):
                return True
            cursor = (answer.get("response_metadata") or {}).get("next_cursor")
            if not cursor:
                return False
        return False

    async def _is_admin(self) -> bool:
        user = (await self._ask("users.info", user=self._user)).get("user") or {}
        return bool(user.get("is_admin") or user.get("is_owner"))

    async def _is_guest(self) -> bool:
        if self._guest is None:
            user = (await self._ask("users.info", user=self._user)).get("user") or {}
            self._guest = any(
                user.get(kind) for kind in ("is_restricted", "is_ultra_restricted", "is_stranger")
            )
        return self._guest

    async def _ask(self, method: str, **arguments: Any) -> Any:
        """The answer. Raises Unseen where Slack shows us no such channel; other failures end the command."""
        try:
            return await self._team.client.api_call(method, http_verb="GET", params=arguments)
        except Exception as error:
            word = refusal_of(error)
            if word in UNSEEN:
                raise Unseen(word) from error
            log.warning(
                "Slack would not tell somebody's rights", method=method, error=word or type(error).__name__
            )
            self.lacking = True
            raise CommandError(
                f"I could not find out from Slack what I need to know for that, so I did nothing. {_why(error)}"
            ) from error


def _why(error: Exception) -> str:
    failure = delivery_error(error)
    if isinstance(failure, DestinationGone):
        return f"{failure} {failure.remedy}"
    return "Slack does not answer just now; try again in a minute."


def _bare(manager: str) -> str:
    """``<@U1>`` and ``U1`` name the same person."""
    return manager.strip().removeprefix("<@").removesuffix(">").partition("|")[0]
