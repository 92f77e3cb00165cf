"""Written commands: ``/papers …``, «@pigeon …» in channels and threads, and direct messages.

Slash commands do not work in threads (https://docs.slack.dev/interactivity/implementing-slash-commands),
mentions do; both read the same language.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from adapters.slack import forms
from adapters.slack.desk import Asked, Desk
from adapters.slack.places import Beside, Conversation, answer, opened
from bot.cards import Action
from bot.cards.reply import error_card
from bot.commands.verbs import ALIASES, BY_NAME
from bot.commands.written import unescape
from bot.models import MessageRef
from bot.ports import Reply


async def slash(desk: Desk, body: Mapping[str, Any]) -> None:
    """``/papers …``: a form for a bare verb that needs options, else the answer beside the command."""
    asked = Asked(
        workspace=str(body.get("team_id", "")),
        user=str(body["user_id"]),
        user_name=str(body.get("user_name", "")),
        channel=str(body.get("channel_id", "")),
        channel_name="" if body.get("channel_name") in (None, "privategroup") else str(body["channel_name"]),
        organisation=organisation_of(body),
    )
    team = await desk.team(asked)
    text = str(body.get("text") or "").strip()
    bare = unescape(text).lower()
    verb = BY_NAME.get(ALIASES.get(bare, bare))
    place = Beside(str(body["response_url"]), team, asked)
    if verb is not None and not verb.button and forms.asks(verb):
        view = forms.view(forms.verb_form(verb), asked)
        if await opened(team, str(body.get("trigger_id", "")), view):
            return
        example = verb.examples[0] if verb.examples else verb.name
        again = (Action("Open the form", command=f"form {verb.name}"),)
        sentence = f"Slack did not let me open the form in time. Press the button, or type it, for example: {example}"
        await answer(desk, Reply(card=error_card(sentence, actions=again)), place, asked, team)
        return
    reply = await desk.written(text, asked, team)
    await answer(desk, reply, place, asked, team, trigger=str(body.get("trigger_id", "")), command=text)


async def mention(desk: Desk, body: Mapping[str, Any]) -> None:
    """«@pigeon <verb>», in a channel or a thread of it."""
    event = body["event"]
    if event.get("bot_id") or not event.get("user"):
        return
    await _message(desk, body, event)


async def direct_message(desk: Desk, body: Mapping[str, Any]) -> None:
    """A command written to the bot itself. Edits, joins and messages of bots are not commands."""
    event = body["event"]
    if (
        event.get("channel_type") != "im"
        or event.get("subtype")
        or event.get("bot_id")
        or not event.get("user")
    ):
        return
    await _message(desk, body, event)


async def _message(desk: Desk, body: Mapping[str, Any], event: Mapping[str, Any]) -> None:
    channel, thread = str(event["channel"]), event.get("thread_ts")
    asked = Asked(
        workspace=workspace_of(body),
        user=str(event["user"]),
        channel=channel,
        home=str(event.get("user_team") or event.get("team") or ""),
        organisation=organisation_of(body),
        message=MessageRef(platform="slack", channel=channel, message=str(thread), thread=str(thread))
        if thread
        else None,
    )
    team = await desk.team(asked)
    mention = rf"<@{re.escape(team.bot_user)}(?:\|[^<>]*)?>"
    text = re.sub(mention, " ", str(event.get("text") or "")).strip()
    reply = await desk.written(text, asked, team)
    await answer(desk, reply, Conversation(team, asked, thread), asked, team, command=text)


def workspace_of(body: Mapping[str, Any]) -> str:
    """The workspace for which an event was delivered."""
    granted: Sequence[Mapping[str, Any]] = body.get("authorizations") or ({},)
    return str(body.get("team_id") or granted[0].get("team_id") or "")


def organisation_of(body: Mapping[str, Any]) -> str:
    """The organisation, where one installation of it covers the workspace; else empty."""
    covered = body.get("is_enterprise_install")
    if covered in (True, "true"):
        return str(body.get("enterprise_id") or "")
    return ""
