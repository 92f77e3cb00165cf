"""Who asked, where, and carrying it out: what all ways of asking have in common.

Everything is taken from what Slack delivered and verified, nothing from a button's value: that is a
written command, parsed and checked like one that was typed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Final

import structlog

from adapters.slack.groups import Groups
from adapters.slack.live import Live
from adapters.slack.public import PublicChannels
from adapters.slack.rights import SlackRights
from adapters.slack.settings import SlackSettings
from adapters.slack.workspaces import Team, Workspaces
from bot.cards import Action
from bot.cards.reply import error_card
from bot.clock import Clock
from bot.commands.model import Command
from bot.commands.parse import parse
from bot.commands.write import write
from bot.errors import CommandError, PigeonError
from bot.models import Destination, MessageRef, Person
from bot.ports import CommandHandler, Origin, Reply, Shelf

log = structlog.get_logger(__name__)

REMEMBERED: Final = timedelta(hours=24)
"""Slack delivers again for up to an hour; «delayed events» for a day (https://docs.slack.dev/apis/events-api)."""
PROFILE_KEPT: Final = 3600.0
"""Seconds for which a person's name, zone and locale are taken as known."""
PROFILES: Final = 5000
OUTSIDER: Final = (
    "Only members of the workspace that installed me can give me commands. "
    "Ask somebody of that workspace, or have Paper Pigeon installed in yours."
)


@dataclass(frozen=True, slots=True)
class Asked:
    """Where and by whom something was asked, before anything was looked up."""

    workspace: str
    user: str
    user_name: str = ""
    channel: str = ""
    channel_name: str = ""
    home: str = ""
    """The workspace of the person; another one in channels shared between companies."""
    organisation: str = ""
    message: MessageRef | None = None

    @property
    def direct(self) -> bool:
        """In the asker's own messages with the bot, or in no channel at all (App Home, global shortcuts)."""
        return not self.channel or self.channel.startswith("D")


@dataclass(frozen=True, slots=True)
class Profile:
    """What Slack tells of a person."""

    name: str = ""
    zone: str = ""
    locale: str = "en"


class Desk:
    """Shared by all listeners of one connection."""

    def __init__(
        self,
        handle: CommandHandler,
        *,
        workspaces: Workspaces,
        settings: SlackSettings,
        shelf: Shelf,
        clock: Clock,
    ) -> None:
        self.handle = handle
        self.workspaces = workspaces
        self.settings = settings
        self.shelf = shelf
        self.clock = clock
        self.live = Live(shelf, clock)
        self._groups = Groups(clock)
        self._public = PublicChannels(clock)
        self._profiles: dict[tuple[str, str], tuple[float, Profile]] = {}

    async def first(self, delivery: str) -> bool:
        """Is this delivery (an event, a trigger) seen for the first time within a day?

        Where the store cannot say, it is taken as new: carrying out fails honestly by itself then.
        """
        if not delivery:
            return True
        try:
            new = await self.shelf.add(f"seen/{delivery}", "1", ttl=REMEMBERED)
        except PigeonError as error:
            log.warning("It could not be noted what Slack delivered", why=str(error))
            return True
        if not new:
            log.info("Slack delivered something again", delivery=delivery)
        return new

    async def team(self, asked: Asked) -> Team:
        """The asker's workspace. Raises a DeliveryError where it has not installed the app."""
        return await self.workspaces.team(asked.workspace)

    async def origin(self, asked: Asked, team: Team) -> Origin:
        """Raises CommandError for people of another workspace."""
        if asked.home and asked.home != asked.workspace and not asked.organisation:
            raise CommandError(OUTSIDER)
        profile = await self._profile(team, asked)
        where = Destination(
            platform="slack",
            workspace=asked.workspace,
            channel=asked.user if asked.direct else asked.channel,
            direct=asked.direct,
            name=profile.name if asked.direct else f"#{asked.channel_name}" if asked.channel_name else "",
        )
        return Origin(
            person=Person(id=asked.user, name=asked.user_name or profile.name),
            where=where,
            rights=SlackRights(team, asked.user, self.settings, self._groups, self._public),
            locale=profile.locale,
            zone=profile.zone,
            message=asked.message,
        )

    async def written(self, text: str, asked: Asked, team: Team) -> Reply:
        """Parse and carry out a written command."""
        try:
            command = parse(text)
        except CommandError as error:
            return Reply(card=error_card(str(error)))
        return await self.command(command, asked, team)

    async def command(self, command: Command, asked: Asked, team: Team) -> Reply:
        """Carry a command out; whatever goes wrong becomes a reply, with Retry where a person can mend it."""
        try:
            origin = await self.origin(asked, team)
            reply = await self.handle(command, origin)
        except PigeonError as error:
            return Reply(card=error_card(str(error)))
        except Exception:
            log.exception("A command broke", verb=command.verb, workspace=asked.workspace)
            return Reply(
                card=error_card("Something broke on my side, and nothing was changed. Please try again.")
            )
        if isinstance(origin.rights, SlackRights) and origin.rights.lacking:
            again = Action("Retry", command=write(command))
            return replace(reply, card=replace(reply.card, actions=(*reply.card.actions, again)))
        return reply

    async def _profile(self, team: Team, asked: Asked) -> Profile:
        now = self.clock.monotonic()
        kept = self._profiles.get((asked.workspace, asked.user))
        if kept is not None and now - kept[0] < PROFILE_KEPT:
            return kept[1]
        try:
            answer = await team.client.users_info(user=asked.user, include_locale=True)
            found: Mapping[str, Any] = answer.get("user") or {}
        except Exception as error:  # noqa: BLE001 - a command works without a name and a zone
            log.info("Slack did not tell who asks", error=type(error).__name__)
            return Profile(name=asked.user_name)
        about = found.get("profile") or {}
        profile = Profile(
            name=str(
                about.get("display_name") or found.get("real_name") or found.get("name") or asked.user_name
            ),
            zone=str(found.get("tz") or ""),
            locale=str(found.get("locale") or "en"),
        )
        if len(self._profiles) >= PROFILES:
            self._profiles.clear()
        self._profiles[asked.workspace, asked.user] = (now, profile)
        return profile
