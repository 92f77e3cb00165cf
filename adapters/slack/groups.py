"""Who is in which user group (https://docs.slack.dev/reference/methods/usergroups.users.list).

The scope ``usergroups:read`` is optional: without it only people can be named as managers. The method may be asked
some twenty times a minute (tier 2), so that what Slack said is kept for half a minute and no longer.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from typing import Final

import structlog

from adapters.slack.errors import refusal_of
from adapters.slack.workspaces import Team
from bot.clock import Clock
from bot.errors import CommandError

log = structlog.get_logger(__name__)

KEPT: Final = 30.0
"""Seconds for which somebody who left a group still counts as in it."""
MOST: Final = 1000
SCOPE: Final = "usergroups:read"
UNSEEN: Final = (
    f"Slack does not tell me who is in a user group: I lack the scope {SCOPE}. Name people instead, or ask an admin to "
    "add it (api.slack.com/apps → OAuth & Permissions → Bot Token Scopes, then Reinstall to Workspace)."
)
GONE: Final = frozenset(("no_such_subteam", "subteam_not_found"))

_GROUP: Final = re.compile(r"<!subteam\^(S[A-Z0-9]+)(?:\|[^<>]*)?>|(S[A-Z0-9]*[0-9][A-Z0-9]*)")  # noqa: TID251 - ours, linear


def group_id(manager: str) -> str | None:
    """The id of the user group that somebody named, as Slack writes mentions of one; ``None`` where it is none."""
    match = _GROUP.fullmatch(manager.strip())
    return None if match is None else match[1] or match[2]


class Groups:
    """The user groups of all workspaces, as far as they were asked for lately."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._members: OrderedDict[tuple[str, str], tuple[float, frozenset[str]]] = OrderedDict()

    async def members(self, team: Team, group: str) -> frozenset[str]:
        """Ids of the people in it; nobody where it was deleted. Raises CommandError where Slack does not tell."""
        now = self._clock.monotonic()
        asked_at, kept = self._members.get((team.id, group), (float("-inf"), frozenset()))
        if now - asked_at < KEPT:
            return kept
        found: frozenset[str] = frozenset()
        try:
            answer = await team.client.usergroups_users_list(usergroup=group)
            found = frozenset(map(str, answer.get("users") or ()))
        except Exception as error:
            if refusal_of(error) not in GONE:
                raise _told(error) from error
        self._members[team.id, group] = (now, found)
        self._members.move_to_end((team.id, group))
        while len(self._members) > MOST:
            self._members.popitem(last=False)
        return found

    async def by_handle(self, team: Team, handle: str) -> str | None:
        """The id of the group that people call ``@handle``. Raises CommandError where Slack does not tell."""
        return next((group for group, name in await self._all(team) if name == handle), None)

    async def handle(self, team: Team, group: str) -> str | None:
        """What people call a group, without the @. Raises CommandError where Slack does not tell."""
        return next((name for found, name in await self._all(team) if found == group), None)

    async def _all(self, team: Team) -> list[tuple[str, str]]:
        try:
            answer = await team.client.usergroups_list()
        except Exception as error:
            raise _told(error) from error
        return [(str(one["id"]), str(one.get("handle") or "")) for one in answer.get("usergroups") or ()]


def _told(error: Exception) -> CommandError:
    word = refusal_of(error)
    log.warning("Slack would not tell who is in a user group", error=word or type(error).__name__)
    if word == "missing_scope":
        return CommandError(UNSEEN)
    said = f" (Slack says {word})" if word else ""
    return CommandError(
        f"Slack does not tell me just now who is in that user group{said}. Try again in a minute."
    )
