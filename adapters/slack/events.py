"""What Slack reports by itself: channels archived and restored, the bot removed, the app uninstalled."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

import structlog

from adapters.slack.commands import workspace_of
from adapters.slack.desk import Desk
from adapters.slack.installations import Installations
from bot.errors import DeliveryError
from bot.models import Destination
from bot.ports import Happening, HappeningKind

log = structlog.get_logger(__name__)

CHANNELS: Final[Mapping[str, tuple[HappeningKind, str]]] = MappingProxyType(
    {
        "channel_archive": (HappeningKind.DESTINATION_GONE, "The channel was archived."),
        "group_archive": (HappeningKind.DESTINATION_GONE, "The channel was archived."),
        "channel_deleted": (HappeningKind.DESTINATION_GONE, "The channel was deleted."),
        "group_deleted": (HappeningKind.DESTINATION_GONE, "The channel was deleted."),
        "channel_left": (HappeningKind.DESTINATION_GONE, "I was removed from the channel."),
        "group_left": (HappeningKind.DESTINATION_GONE, "I was removed from the channel."),
        "channel_unarchive": (HappeningKind.DESTINATION_BACK, "The channel was restored."),
        "group_unarchive": (HappeningKind.DESTINATION_BACK, "The channel was restored."),
    }
)


async def channel_changed(desk: Desk, body: Mapping[str, Any]) -> None:
    """A channel takes cards no longer, or again."""
    event = body["event"]
    kind, detail = CHANNELS[event["type"]]
    await _happened(desk, body, kind, str(event["channel"]), detail)


async def joined(desk: Desk, body: Mapping[str, Any]) -> None:
    """Somebody joined a channel; it concerns us if it was the bot."""
    event = body["event"]
    try:
        team = await desk.workspaces.team(workspace_of(body))
    except DeliveryError as error:
        log.info("A channel's news could not be placed", why=str(error))
        return
    if event.get("user") == team.bot_user:
        await _happened(desk, body, HappeningKind.DESTINATION_BACK, str(event["channel"]), "I was invited.")


async def uninstalled(desk: Desk, body: Mapping[str, Any], installations: Installations | None) -> None:
    """The workspace removed the app: its tokens are forgotten, and the core is told."""
    workspace = workspace_of(body)
    if installations is not None:
        enterprise = str(body.get("enterprise_id") or "") or None
        await installations.async_delete_all(enterprise_id=enterprise, team_id=workspace or None)
    desk.workspaces.forget(workspace)
    log.info("A workspace uninstalled the app", workspace=workspace)
    await _happened(desk, body, HappeningKind.WORKSPACE_LEFT, "", "The app was uninstalled.")


async def tokens_revoked(desk: Desk, body: Mapping[str, Any], installations: Installations | None) -> None:
    """Tokens were taken back: people's are forgotten; with the bot's own the workspace has left."""
    workspace = workspace_of(body)
    revoked = body["event"].get("tokens") or {}
    if installations is not None:
        enterprise = str(body.get("enterprise_id") or "") or None
        for user in revoked.get("oauth") or ():
            await installations.async_delete_installation(
                enterprise_id=enterprise, team_id=workspace or None, user_id=user
            )
        if revoked.get("bot"):
            await installations.async_delete_bot(enterprise_id=enterprise, team_id=workspace or None)
    if revoked.get("bot"):
        desk.workspaces.forget(workspace)
        await _happened(desk, body, HappeningKind.WORKSPACE_LEFT, "", "The app's token was revoked.")


async def _happened(
    desk: Desk, body: Mapping[str, Any], kind: HappeningKind, channel: str, detail: str
) -> None:
    destination = Destination(platform="slack", workspace=workspace_of(body), channel=channel)
    await desk.handle.happened(Happening(kind=kind, destination=destination, detail=detail))
