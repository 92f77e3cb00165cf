"""What ``pigeon doctor`` says of Discord: token, application, sessions, commands, and every destination."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from adapters.discord import commands, errors, permissions
from adapters.discord.identify import RESERVE
from adapters.discord.invite import invite_url
from adapters.discord.lookup import Lookup
from adapters.discord.rest import Rest
from bot.errors import DeliveryError, DestinationGone
from bot.models import Destination
from bot.ports import Finding, Severity, Shelf

_PORTAL: Final = "https://discord.com/developers/applications"
_OK, _WARNING, _FAILURE = Severity.OK, Severity.WARNING, Severity.FAILURE


class Doctor:
    """Examines over REST only, so that it runs beside a bot that is at work."""

    def __init__(self, rest: Rest, lookup: Lookup, shelf: Shelf) -> None:
        self._rest = rest
        self._lookup = lookup
        self._shelf = shelf

    async def examine(self, destinations: Sequence[Destination]) -> list[Finding]:
        """Every finding, the token's first; without a token that works there are no others."""
        try:
            application = await self._rest.call("GET", "/applications/@me", doing="look at the application")
        except DeliveryError as error:
            return [_unreachable(error)]
        found = [
            *_of_application(application),
            await self._sessions(),
            await self._commands(str(application["id"])),
        ]
        found += [await self._destination(destination) for destination in destinations]
        return found

    async def _sessions(self) -> Finding:
        try:
            answer = await self._rest.call("GET", "/gateway/bot", doing="ask for the gateway")
        except DeliveryError as error:
            return Finding("Discord gateway", _WARNING, str(error))
        limit = answer["session_start_limit"]
        text = (
            f"{limit['remaining']} of {limit['total']} new sessions left today, {answer['shards']} shard(s)"
        )
        if limit["remaining"] < answer["shards"] + RESERVE:
            hours = limit["reset_after"] / 3_600_000
            return Finding(
                "Discord gateway",
                _FAILURE,
                text,
                f"Stop restarting the bot; it is counted anew in {hours:.1f} h.",
            )
        return Finding("Discord gateway", _OK, text)

    async def _commands(self, application: str) -> Finding:
        made = commands.payload()
        try:
            there = await self._rest.call(
                "GET",
                "/applications/{application_id}/commands",
                application_id=application,
                doing="read the commands",
            )
        except DeliveryError as error:
            return Finding("Discord commands", _WARNING, str(error))
        names = {command["name"] for command in there}
        if missing := [command["name"] for command in made if command["name"] not in names]:
            return Finding(
                "Discord commands",
                _FAILURE,
                f"Not written yet: {', '.join(missing)}",
                "Run pigeon with the role chat once.",
            )
        if await self._shelf.get(f"commands/{application}") != commands.fingerprint(made) or commands.shapes(
            there
        ) != commands.shapes(made):
            return Finding(
                "Discord commands",
                _WARNING,
                "They are of another version of the program.",
                "Run pigeon with the role chat once; it writes them when they changed.",
            )
        return Finding("Discord commands", _OK, f"{len(made)} commands, as this version has them")

    async def _destination(self, destination: Destination) -> Finding:
        subject = f"Discord {destination.name or destination.channel}"
        if destination.direct:
            return Finding(subject, _OK, "Direct messages; whether they are open shows when one is sent.")
        try:
            held, needed = await self._lookup.held(
                destination.thread or destination.channel, destination.workspace
            )
        except DestinationGone as error:
            return Finding(subject, _FAILURE, str(error), error.remedy)
        except DeliveryError as error:
            return Finding(subject, _WARNING, str(error))
        if lacking := permissions.missing(held, needed):
            off = f"{permissions.listed(lacking)} {'is' if len(lacking) == 1 else 'are'} off for my role"
            return Finding(subject, _FAILURE, f"I cannot post there: {off}.", permissions.remedy(lacking))
        if lacking := permissions.missing(held, permissions.INVITED):
            off = f"{permissions.listed(lacking)} {'is' if len(lacking) == 1 else 'are'} off for my role"
            return Finding(
                subject,
                _WARNING,
                f"I can post there, but {off}; threads, files and looking whether a card was posted need it.",
                permissions.remedy(lacking),
            )
        return Finding(subject, _OK, "I can post there, open threads and read back.")


def _of_application(application: Mapping[str, Any]) -> list[Finding]:
    name, number = application.get("name", "?"), application.get("approximate_guild_count")
    found = [Finding("Discord token", _OK, f"It is the token of «{name}» (application {application['id']}).")]
    if application.get("interactions_endpoint_url"):
        found.append(
            Finding(
                "Discord application",
                _FAILURE,
                "It has an Interactions Endpoint URL, so Discord sends commands there and not to this bot.",
                f"Clear that field on the page «General Information» ({_PORTAL}).",
            )
        )
    if number == 0:
        found.append(
            Finding(
                "Discord servers",
                _WARNING,
                "The bot is in no server.",
                f"Invite it: {invite_url(str(application['id']))}",
            )
        )
    elif number is not None:
        found.append(Finding("Discord servers", _OK, f"The bot is in about {number} server(s)."))
    found.append(Finding("Discord intents", _OK, "It asks for Guilds only; no privileged intent is needed."))
    return found


def _unreachable(error: DeliveryError) -> Finding:
    if errors.token_refused(error):
        return Finding(
            "Discord token",
            _FAILURE,
            "Discord refuses it.",
            f"Copy a current one from the page «Bot» ({_PORTAL}) into PIGEON_DISCORD__TOKEN.",
        )
    return Finding(
        "Discord", _FAILURE, str(error), "Look at the network, PIGEON_DISCORD__API_URL and discordstatus.com."
    )
