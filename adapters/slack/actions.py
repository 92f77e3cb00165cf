"""Buttons, menus and forms: what people press.

A button's value is a written command. It is parsed, and its right checked, like one that is typed; who
pressed it and where comes from Slack's signed or authenticated payload, never from the value.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import structlog

from adapters.slack import forms, preview
from adapters.slack.desk import Asked, Desk
from adapters.slack.errors import refusal_of
from adapters.slack.home import publish
from adapters.slack.names import FORM
from adapters.slack.places import Beside, Conversation, Modal, Place, answer, opened
from adapters.slack.render import COMMAND, LINK
from adapters.slack.workspaces import Team
from bot.cards import CardKind
from bot.cards.reply import error_card
from bot.commands.model import Choice
from bot.commands.verbs import BY_NAME
from bot.errors import CommandError, PigeonError
from bot.models import MessageRef
from bot.ports import Reply

log = structlog.get_logger(__name__)

OPEN_FORM = "form "
"""Begins the value of a button that opens the form of a verb; answered here, since only Slack has modals."""
OLD = "This button is from another version of me. Type «/papers help» to see what I can do now."


def asked_by(body: Mapping[str, Any]) -> Asked:
    """Who pressed something, and where. Works for every interactive payload."""
    user, team = body.get("user") or {}, body.get("team") or {}
    container, channel = body.get("container") or {}, body.get("channel") or {}
    channel_id = str(channel.get("id") or container.get("channel_id") or "")
    message = body.get("message") or {}
    stamp = str(container.get("message_ts") or message.get("ts") or body.get("message_ts") or "")
    about = forms.subject(body["view"]) if (body.get("view") or {}).get("type") == "modal" else {}
    thread = str(container.get("thread_ts") or message.get("thread_ts") or "") or None
    covered = body.get("is_enterprise_install") in (True, "true")
    name = str(channel.get("name") or about.get("name", ""))
    return Asked(
        workspace=str(team.get("id") or user.get("team_id") or ""),
        user=str(user.get("id", "")),
        user_name=str(user.get("username") or user.get("name") or ""),
        channel=channel_id or about.get("channel", ""),
        channel_name="" if name in ("directmessage", "privategroup") else name,
        home=str(user.get("team_id") or ""),
        organisation=str((body.get("enterprise") or {}).get("id") or "") if covered else "",
        message=MessageRef(platform="slack", channel=channel_id, message=stamp, thread=thread)
        if channel_id and stamp
        else None,
    )


async def pressed(desk: Desk, body: Mapping[str, Any]) -> None:
    """A button or a menu, wherever it is: under a message, in a modal, in the App Home."""
    action = (body.get("actions") or [{}])[0]
    action_id = str(action.get("action_id", ""))
    if action_id.startswith(LINK):
        return  # the client has opened the address
    view = body.get("view") or {}
    asked = asked_by(body)
    team = await desk.team(asked)
    if view.get("callback_id") == FORM and not action_id.startswith(COMMAND):
        await preview.show(desk, view, asked, team, at_once=False)
        return
    value = str((action.get("selected_option") or action).get("value") or "")
    if value == LINK:
        return
    trigger = str(body.get("trigger_id", ""))
    place: Place
    if view.get("type") == "modal":
        place = Modal(team, str(view["id"]))
    elif view.get("type") == "home":
        view_id = await opened(team, trigger, forms.working())
        place, trigger = (Modal(team, view_id), "") if view_id else (Conversation(team, asked), "")
    else:
        place = (
            Beside(str(body["response_url"]), team, asked)
            if body.get("response_url")
            else Conversation(team, asked)
        )
    if not action_id.startswith(COMMAND):
        await answer(desk, Reply(card=error_card(OLD)), place, asked, team)
        return
    verb = BY_NAME.get(value.removeprefix(OPEN_FORM)) if value.startswith(OPEN_FORM) else None
    if verb is not None:
        reply = Reply(
            card=error_card(f"Type «/papers {verb.name}» to open the form."), form=forms.verb_form(verb)
        )
    else:
        reply = await desk.written(value, asked, team)
    await answer(desk, reply, place, asked, team, trigger=trigger, command=value)
    if view.get("type") == "home":
        await publish(desk, asked, team)


async def submitted(desk: Desk, body: Mapping[str, Any]) -> None:
    """A form was sent. Its view already says «working»; now it shows the answer, or itself with the error."""
    view = body["view"]
    asked = asked_by(body)
    team = await desk.team(asked)
    place = Modal(team, str(view["id"]))
    await desk.live.mark(str(view["id"]))  # a preview that is under way must not cover the answer
    try:
        command = forms.command_of(view)
    except CommandError as error:
        await _redrawn(team, view, forms.refilled(view, error=error_card(str(error))))
        return
    reply = await desk.command(command, asked, team)
    if reply.card.kind is CardKind.ERROR and reply.form is None:
        await _redrawn(team, view, forms.refilled(view, error=reply.card))
        return
    await answer(desk, reply, place, asked, team)


async def _redrawn(team: Team, view: Mapping[str, Any], drawn: dict[str, Any]) -> None:
    try:
        await team.client.views_update(view_id=str(view["id"]), view=drawn)
    except Exception as error:  # noqa: BLE001 - the form was closed or changed meanwhile
        log.info("A form could not be redrawn", error=refusal_of(error) or type(error).__name__)


async def completed(desk: Desk, body: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Rows for a menu that is filled while somebody types; empty where nothing fits or in time."""
    asked = asked_by(body)
    about = forms.subject(body.get("view") or {})
    verb = about.get("command", "").split(maxsplit=1)
    name = str(body.get("block_id", "")).removeprefix(forms.FIELD)
    typed = str(body.get("value") or "")
    if not verb:
        return []
    try:
        team = await desk.team(asked)
        offered = [*await desk.handle.complete(verb[0], name, typed, await desk.origin(asked, team))]
    except PigeonError as error:
        log.info("Nothing could be offered", option=name, why=str(error))
        return []
    if typed and not any(choice.value == typed for choice in offered):
        offered.append(Choice(typed, typed))  # an id or a zone may be typed without being offered
    return forms.option_rows(offered)
