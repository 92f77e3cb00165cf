"""Examines what the operator and the admins of Slack set up: ``pigeon doctor`` and ``status``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from slack_sdk.errors import SlackApiError

from adapters.slack import doubts
from adapters.slack.errors import delivery_error, explain, refusal_of
from adapters.slack.manifest import OPTIONAL, SCOPES
from adapters.slack.settings import Mode, SlackSettings
from bot.errors import DeliveryError, DestinationGone, PigeonError, StartError
from bot.models import Destination
from bot.ports import Finding, Severity, Shelf

if TYPE_CHECKING:
    from adapters.slack.workspaces import Team, Workspaces


async def examine(
    workspaces: Workspaces, settings: SlackSettings, destinations: Sequence[Destination], *, shelf: Shelf
) -> Sequence[Finding]:
    """Everything that can be found out by asking; the workspaces must be open."""
    found: list[Finding] = []
    if settings.oauth:
        found.append(Finding("Slack", Severity.OK, "Workspaces install the app by OAuth."))
        for workspace in sorted({destination.workspace for destination in destinations}):
            try:
                found += _team(await workspaces.team(workspace))
            except DeliveryError as error:
                remedy = error.remedy if isinstance(error, DestinationGone) else ""
                found.append(Finding(f"Slack {workspace}", Severity.FAILURE, str(error), remedy))
    else:
        try:
            found += _team(await workspaces.home())
        except StartError as error:
            return [Finding("Slack", Severity.FAILURE, str(error), "Set PIGEON_SLACK__BOT_TOKEN anew.")]
    found.append(await _door(workspaces, settings))
    try:
        found.append(await doubts.finding(shelf))
    except PigeonError as error:
        found.append(Finding("Slack sends", Severity.WARNING, f"It could not be counted: {error}"))
    for destination in destinations:
        found.append(await channel(workspaces, destination))
    return found


def _team(team: Team) -> list[Finding]:
    subject = f"Slack {team.name or team.id}"
    found = [Finding(subject, Severity.OK, f"The bot token works in {team.name or team.id}.")]
    if not team.scopes:
        return found
    lacks = [scope for scope in SCOPES if scope not in team.scopes]
    needed = [scope for scope in lacks if scope not in OPTIONAL]
    if needed:
        found.append(
            Finding(
                subject,
                Severity.WARNING,
                f"The app lacks {len(needed)} of its scopes: {_reasons(needed)}.",
                "Update the app's manifest (pigeon slack manifest), then «Reinstall to Workspace».",
            )
        )
    optional = [scope for scope in lacks if scope in OPTIONAL]
    if optional:
        text = f"The app was not granted what it can do without: {_reasons(optional)}."
        found.append(Finding(subject, Severity.OK, text))
    return found


def _reasons(scopes: Sequence[str]) -> str:
    return "; ".join(f"{scope} ({SCOPES[scope]})" for scope in scopes)


async def _door(workspaces: Workspaces, settings: SlackSettings) -> Finding:
    if settings.mode is Mode.HTTP:
        if settings.signing_secret.get_secret_value():
            return Finding(
                "Slack events", Severity.OK, f"HTTP mode on {settings.http_host}:{settings.http_port}."
            )
        return Finding(
            "Slack events",
            Severity.FAILURE,
            "HTTP mode has no signing secret, so every request would be refused.",
            "Set PIGEON_SLACK__SIGNING_SECRET (Basic Information → App Credentials).",
        )
    try:
        await workspaces.client().apps_connections_open(app_token=settings.app_token.get_secret_value())
    except SlackApiError as error:
        text, _ = explain(refusal_of(error) or "fatal_error")
        return Finding(
            "Slack events",
            Severity.FAILURE,
            f"Socket Mode cannot be opened. {text}",
            "Make an app-level token with connections:write (Basic Information → App-Level Tokens) and turn on Socket Mode.",
        )
    except Exception as error:  # noqa: BLE001 - a doctor reports whatever it meets
        return Finding(
            "Slack events", Severity.FAILURE, f"Socket Mode cannot be opened: {type(error).__name__}."
        )
    return Finding("Slack events", Severity.OK, "Socket Mode can be opened.")


async def channel(workspaces: Workspaces, destination: Destination) -> Finding:
    """Can cards be posted there?"""
    subject = destination.name or destination.channel
    if destination.direct:
        return Finding(subject, Severity.OK, "Direct messages.")
    try:
        team = await workspaces.team(destination.workspace)
        answer = await team.client.conversations_info(channel=destination.channel)
    except Exception as error:  # noqa: BLE001 - a doctor reports whatever it meets
        try:
            failure: DeliveryError = delivery_error(error)
        except Exception:  # noqa: BLE001
            return Finding(subject, Severity.FAILURE, f"It could not be examined: {type(error).__name__}.")
        if isinstance(failure, DestinationGone):
            return Finding(subject, Severity.FAILURE, str(failure), failure.remedy)
        return Finding(subject, Severity.WARNING, f"It could not be examined: {failure}")
    lacks = lacking(answer.get("channel") or {}, team)
    if lacks is not None:
        text, remedy = explain(lacks)
        return Finding(subject, Severity.FAILURE, text, remedy)
    return Finding(subject, Severity.OK, "Cards can be posted there.")


def lacking(info: dict[str, Any], team: Team) -> str | None:
    """What keeps the bot from posting in a channel, in Slack's word; ``None`` where nothing does."""
    if info.get("is_archived"):
        return "is_archived"
    if info.get("is_member") or info.get("is_im"):
        return None
    if not info.get("is_private") and (not team.scopes or "chat:write.public" in team.scopes):
        return None
    return "not_in_channel"
