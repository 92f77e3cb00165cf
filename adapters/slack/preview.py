"""The preview in a form: what its filter would have brought, at what rate, and how all of it is written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import structlog

from adapters.slack import forms
from adapters.slack.desk import Asked, Desk
from adapters.slack.errors import delivery_error, refusal_of
from adapters.slack.workspaces import Team
from bot.cards import Card
from bot.cards.reply import error_card
from bot.errors import CommandError, RetryLater

log = structlog.get_logger(__name__)

TRIES: Final = 3
SHORTEST: Final = 1.0
"""Seconds to wait at least where Slack, or the network, wants to be left alone."""


async def show(desk: Desk, view: Mapping[str, Any], asked: Asked, team: Team, *, at_once: bool) -> None:
    """Draw a form's preview anew, unless more is typed, or the form sent, meanwhile."""
    view_id = str(view["id"])
    mark = await desk.live.mark(view_id)
    if not at_once:
        await desk.live.pause()
        if not await desk.live.is_last(view_id, mark):
            return
    drawn = forms.refilled(view, preview=await _card(desk, view, asked, team))
    for _ in range(TRIES):
        await desk.live.turn(team.id)
        if not await desk.live.is_last(view_id, mark):
            return
        try:
            await team.client.views_update(view_id=view_id, view=drawn)
        except Exception as error:  # noqa: BLE001 - the form was closed or changed meanwhile
            failure = delivery_error(error)
            if not isinstance(failure, RetryLater):
                log.info("A preview could not be shown", error=refusal_of(error) or type(error).__name__)
                return
            desk.live.close(team.id, max(failure.after, SHORTEST))
        else:
            return


async def _card(desk: Desk, view: Mapping[str, Any], asked: Asked, team: Team) -> Card | None:
    """What the filter would have brought, or what is wrong with it; ``None`` while there is none."""
    try:
        command = forms.preview_of(view)
    except CommandError as error:
        return error_card(str(error))
    return None if command is None else (await desk.command(command, asked, team)).card
