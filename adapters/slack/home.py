"""The App Home: one's alerts, the workspace's, saved papers and how things stand.

https://docs.slack.dev/surfaces/app-home. It is drawn from the answers to ordinary commands, asked for the
person who looks; the first visit is the welcome.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from itertools import count
from typing import Any, Final

import structlog

from adapters.slack import limits, mrkdwn, render
from adapters.slack.commands import organisation_of, workspace_of
from adapters.slack.desk import Asked, Desk
from adapters.slack.errors import refusal_of
from adapters.slack.render import Blocks
from adapters.slack.workspaces import Team
from bot.cards import Action, ActionStyle
from bot.commands.model import Command
from bot.errors import PigeonError

log = structlog.get_logger(__name__)

SECTIONS: Final = (
    ("My alerts", Command(verb="list", options={"scope": "mine"})),
    ("This workspace", Command(verb="list", options={"scope": "server"})),
    ("Saved papers", Command(verb="saved")),
    ("Status", Command(verb="status")),
)
SECTION_BLOCKS: Final = 22
"""Blocks of one section, so that four of them fit into the hundred of a view."""
BUTTONS: Final = (
    Action("New subscription", command="form subscribe", style=ActionStyle.PRIMARY),
    Action("Preview a filter", command="form preview"),
    Action("Find a paper", command="form search"),
    Action("Help", command="help"),
)
VISITED: Final = timedelta(days=3650)


async def visited(desk: Desk, body: Mapping[str, Any]) -> None:
    """Somebody opened the Home tab."""
    event = body["event"]
    if event.get("tab") != "home":
        return
    asked = Asked(workspace=workspace_of(body), user=str(event["user"]), organisation=organisation_of(body))
    await publish(desk, asked, await desk.team(asked), welcome=await _first(desk, asked))


async def publish(desk: Desk, asked: Asked, team: Team, *, welcome: bool = False) -> None:
    """Draw the Home of a person anew."""
    asked = Asked(
        workspace=asked.workspace,
        user=asked.user,
        user_name=asked.user_name,
        home=asked.home,
        organisation=asked.organisation,
    )
    numbers = count()
    blocks: Blocks = []
    if welcome:
        card = (await desk.command(Command(verb="welcome"), asked, team)).card
        # There is no channel here; «New subscription» lets one be chosen.
        card = replace(card, actions=tuple(one for one in card.actions if one.command != "welcome channel"))
        blocks += [
            *render.fit(render.blocks(card, numbers=numbers), SECTION_BLOCKS // 2),
            {"type": "divider"},
        ]
    blocks += render.actions(BUTTONS, numbers)
    for title, command in SECTIONS:
        reply = await desk.command(command, asked, team)
        drawn = render.blocks(reply.card, pictures=False, numbers=numbers)
        if drawn and drawn[0]["type"] == "header":
            drawn = drawn[1:]
        blocks.append({"type": "header", "text": mrkdwn.plain_object(title, limits.HEADER_TEXT)})
        blocks += render.fit(drawn, SECTION_BLOCKS - 1) if drawn else []
    view = {"type": "home", "blocks": render.fit(blocks, limits.VIEW_BLOCKS, text=60_000)}
    try:
        await team.client.views_publish(user_id=asked.user, view=view)
    except Exception as error:  # noqa: BLE001 - the next visit draws it anew
        log.warning("An App Home could not be drawn", error=refusal_of(error) or type(error).__name__)


async def _first(desk: Desk, asked: Asked) -> bool:
    try:
        return await desk.shelf.add(f"home/{asked.workspace}/{asked.user}", "1", ttl=VISITED)
    except PigeonError:
        return False
