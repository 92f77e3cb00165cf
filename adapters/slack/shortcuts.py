"""Shortcuts: two on messages, two in the menu «⚡» (https://docs.slack.dev/interactivity/implementing-shortcuts)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any, Final

from adapters.slack import forms
from adapters.slack.actions import asked_by
from adapters.slack.desk import Desk
from adapters.slack.mrkdwn import unescape
from adapters.slack.names import DISCUSS, FIND
from adapters.slack.places import Beside, answer, opened
from bot.cards.reply import error_card
from bot.commands.model import Command
from bot.commands.verbs import BY_NAME
from bot.ports import Reply
from bot.text.ids import canonical_id

LOOKED_AT: Final = 500
"""Words and links of a message that are tried as names of papers."""
NO_PAPER: Final = (
    "I see no paper in that message. I know papers by their arXiv id, DOI, or the address of their page at "
    "arxiv.org, huggingface.co, biorxiv.org or medrxiv.org."
)

_LINK = re.compile(r"<(https?://[^<>|\s]+)(?:\|[^<>]*)?>")  # noqa: TID251 - a pattern of ours, linear


async def on_message(desk: Desk, body: Mapping[str, Any]) -> None:
    """«Discuss this paper» and «Save this paper»."""
    asked = asked_by(body)
    team = await desk.team(asked)
    place = Beside(str(body["response_url"]), team, asked)
    paper = paper_in(body.get("message") or {})
    if paper is None:
        await answer(desk, Reply(card=error_card(NO_PAPER)), place, asked, team)
        return
    verb = "discuss" if body.get("callback_id") == DISCUSS else "save"
    reply = await desk.command(Command(verb=verb, options={"paper": paper}), asked, team)
    await answer(desk, reply, place, asked, team, trigger=str(body.get("trigger_id", "")))


async def anywhere(desk: Desk, body: Mapping[str, Any]) -> None:
    """«Find a paper» and «New subscription»: their forms, for one's own direct messages."""
    asked = asked_by(body)
    team = await desk.team(asked)
    verb = BY_NAME["search" if body.get("callback_id") == FIND else "subscribe"]
    await opened(team, str(body.get("trigger_id", "")), forms.view(forms.verb_form(verb), asked))


def paper_in(message: Mapping[str, Any]) -> str | None:
    """The first paper that a message names: the links of its blocks before the words of its text."""
    for candidate in islice(_candidates(message), LOOKED_AT):
        found = canonical_id(candidate)
        if found is not None:
            return found
    return None


def _candidates(message: Mapping[str, Any]) -> Iterator[str]:
    texts = [
        *_texts(message.get("blocks")),
        str(message.get("text") or ""),
        *_texts(message.get("attachments")),
    ]
    for text in texts:
        yield from (unescape(found) for found in _LINK.findall(text))
        if text.startswith("http"):
            yield text
    for text in texts:
        yield from (word.strip("()[]{}«»\"'.,;") for word in unescape(_LINK.sub(" ", text)).split())


def _texts(part: Any) -> Iterator[str]:
    if isinstance(part, Mapping):
        for name, value in part.items():
            if isinstance(value, str) and name in (
                "text",
                "url",
                "title_link",
                "from_url",
                "original_url",
                "fallback",
            ):
                yield value
            else:
                yield from _texts(value)
    elif isinstance(part, list):
        for one in part:
            yield from _texts(one)
