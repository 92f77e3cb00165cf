"""Where an answer goes: beside the command, into a conversation, or into a modal."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Final, Protocol

import structlog
from slack_sdk.errors import SlackApiError
from slack_sdk.webhook.async_client import AsyncWebhookClient
from slack_sdk.webhook.webhook_response import WebhookResponse

from adapters.slack import forms, limits, preview, render
from adapters.slack.desk import Asked, Desk
from adapters.slack.errors import BLOCKS_REFUSED, delivery_error, refusal_of, retry_after
from adapters.slack.workspaces import Team
from bot.cards import Action, Card, CardKind, Code, Note, Paragraph, Picture, Span
from bot.errors import Ambiguous, RetryLater
from bot.ports import Reply

log = structlog.get_logger(__name__)

TIMEOUT = 10
TRIES: Final = 3
"""How often an answer is shown that Slack was too busy for."""
PATIENCE: Final = 30.0
"""Seconds for which it is worth waiting: nobody looks for an answer after that."""
SHORTEST: Final = 1.0


class Place(Protocol):
    """Somewhere to answer."""

    async def show(self, card: Card, *, private: bool, replace: bool) -> None:
        """Show a card. Raises whatever the SDK raises."""


@dataclass(frozen=True, slots=True)
class Beside:
    """At a command or a button, by its response URL: five answers within 30 minutes, also where the bot is not.

    https://docs.slack.dev/interactivity/handling-user-interaction#message_responses
    """

    url: str
    team: Team
    asked: Asked

    async def show(self, card: Card, *, private: bool, replace: bool) -> None:
        message = {
            **render.message(card),
            "response_type": "ephemeral" if private else "in_channel",
            "replace_original": replace,
            "unfurl_links": False,
            "unfurl_media": False,
        }
        client = AsyncWebhookClient(self.url, timeout=TIMEOUT, retry_handlers=[])
        answer = await client.send_dict(message)
        word = _refusal(answer)
        if answer.status_code == 429:
            raise RetryLater("Slack asks to slow down (HTTP 429).", after=retry_after(answer.headers))
        if answer.status_code >= 500 and not private:
            raise Ambiguous(f"Slack's answer does not say whether it was posted (HTTP {answer.status_code}).")
        if word in BLOCKS_REFUSED:
            raise SlackApiError("The response URL refused the blocks.", {"ok": False, "error": word})  # type: ignore[no-untyped-call]
        if word:
            log.info("A response URL took no answer", error=word, status=answer.status_code)
            await Conversation(self.team, self.asked).show(card, private=private, replace=False)


def _refusal(answer: WebhookResponse) -> str:
    """Slack's word for what it did not take; ``""`` where it did. ``ok: false`` counts, whatever the status."""
    try:
        said = json.loads(answer.body)
    except ValueError:
        said = None
    told = said if isinstance(said, dict) else {}
    if answer.status_code == 200 and told.get("ok", True) is not False:
        return ""
    return str(told.get("error") or answer.body.strip()[:100] or answer.status_code)


@dataclass(frozen=True, slots=True)
class Conversation:
    """In a channel, a thread or direct messages."""

    team: Team
    asked: Asked
    thread: str | None = None

    async def show(self, card: Card, *, private: bool, replace: bool) -> None:  # noqa: ARG002 - nothing to put it in the place of
        message = render.message(card)
        extra: dict[str, Any] = {"thread_ts": self.thread} if self.thread else {}
        if self.asked.direct:
            channel = self.asked.channel or self.asked.user
            await self.team.client.chat_postMessage(
                channel=channel, unfurl_links=False, unfurl_media=False, parse="none", **message, **extra
            )
        elif private:
            await self.team.client.chat_postEphemeral(
                channel=self.asked.channel, user=self.asked.user, parse="none", **message, **extra
            )
        else:
            await self.team.client.chat_postMessage(
                channel=self.asked.channel,
                unfurl_links=False,
                unfurl_media=False,
                parse="none",
                **message,
                **extra,
            )


@dataclass(frozen=True, slots=True)
class Modal:
    """In an open modal, whose view is changed."""

    team: Team
    view_id: str

    async def show(self, card: Card, *, private: bool, replace: bool) -> None:  # noqa: ARG002 - a modal is private
        await self.team.client.views_update(view_id=self.view_id, view=forms.shown(card))


async def answer(
    desk: Desk, reply: Reply, place: Place, asked: Asked, team: Team, *, trigger: str = "", command: str = ""
) -> None:
    """Show a reply where it belongs: its form, its card, its files, and its public line.

    ``trigger`` opens forms while it is fresh, for three seconds; ``command`` is what a button repeats then.
    """
    if reply.form is not None:
        view = forms.view(reply.form, asked)
        if isinstance(place, Modal):
            await _tried(desk, lambda: team.client.views_update(view_id=place.view_id, view=view), "form")
            await _followed(desk, {**view, "id": place.view_id}, asked, team)
            return
        shown = await opened(team, trigger, view) if trigger else None
        if shown:
            await _followed(desk, {**view, "id": shown}, asked, team)
            return
        if command:
            again = Action("Open the form", command=command)
            reply = replace(reply, card=replace(reply.card, actions=(*reply.card.actions, again)))
    card = reply.card
    if card.files:
        card = await _handed_over(card, asked, team)
    await _tried(desk, lambda: _shown(place, card, private=reply.private, replace=reply.replace), "reply")
    announce = reply.announce
    if announce is not None and not asked.direct:
        public: Place = place if isinstance(place, Beside) else Conversation(team, asked)
        await _tried(desk, lambda: _shown(public, announce, private=False, replace=False), "announcement")


async def _shown(place: Place, card: Card, *, private: bool, replace: bool) -> None:
    """Show a card, or what Slack takes of it. Raises what the last try raised."""
    drawings = list(_plainer(card))
    for left, drawn in zip(reversed(range(len(drawings))), drawings, strict=True):
        try:
            await place.show(drawn, private=private, replace=replace)
        except SlackApiError as error:
            if refusal_of(error) not in BLOCKS_REFUSED or not left:
                raise
            log.warning("Slack refused the blocks of an answer")
        else:
            return


def _plainer(card: Card) -> Iterator[Card]:
    """The card; without its pictures, one of which may be dead; and its words alone, which Slack cannot refuse."""
    yield card
    pictured = replace(
        card, thumbnail=None, blocks=tuple(block for block in card.blocks if not isinstance(block, Picture))
    )
    if pictured != card:
        yield pictured
    yield replace(pictured, blocks=(Paragraph((Span(card.fallback),)),), actions=())


async def _followed(desk: Desk, view: dict[str, Any], asked: Asked, team: Team) -> None:
    """A form that opens with a filter in it opens with its preview."""
    if forms.has_filter(view):
        await preview.show(desk, view, asked, team, at_once=True)


async def opened(team: Team, trigger: str, view: dict[str, Any]) -> str | None:
    """Open a modal and return its id; ``None`` where the trigger is stale (it lives three seconds)."""
    try:
        made = await team.client.views_open(trigger_id=trigger, view=view)
    except Exception as error:  # noqa: BLE001 - the caller has another way to answer
        log.warning("A modal could not be opened", error=refusal_of(error) or type(error).__name__)
        return None
    return str((made.get("view") or {}).get("id") or "") or None


async def _tried(desk: Desk, request: Callable[[], Awaitable[Any]], what: str) -> None:
    """Show something; a little later where Slack asks to slow down, which it does before anything is shown.

    What cannot be shown is logged: there is nobody else to tell.
    """
    for left in reversed(range(TRIES)):
        try:
            await request()
        except Exception as error:  # noqa: BLE001 - delivery_error raises what it does not know
            failure = delivery_error(error)
            if isinstance(failure, RetryLater) and left and failure.after <= PATIENCE:
                await desk.clock.sleep(max(failure.after, SHORTEST))
                continue
            level = log.warning if isinstance(failure, Ambiguous) else log.error
            level("An answer could not be shown", what=what, why=str(failure))
        return


async def _handed_over(card: Card, asked: Asked, team: Team) -> Card:
    """Send the files to the asker's direct messages, and say so; short ones are shown where that fails.

    https://docs.slack.dev/messaging/working-with-files#upload
    """
    try:
        channel = (await team.client.conversations_open(users=asked.user))["channel"]["id"]
        for file in card.files:
            await team.client.files_upload_v2(
                channel=channel, filename=file.name, content=file.content, title=file.name
            )
    except Exception as error:  # noqa: BLE001 - whatever it is, the person gets the text instead
        log.warning("A file could not be handed over", error=refusal_of(error) or type(error).__name__)
        texts = [file.content.decode("utf-8", "replace") for file in card.files]
        if sum(map(len, texts)) > limits.SECTION_TEXT - 100:
            said = Paragraph(
                (
                    Span(
                        "Slack does not let me send files here (scope files:write), and it is too long to show."
                    ),
                )
            )
            return replace(card, files=(), blocks=(*card.blocks, said), kind=CardKind.ERROR)
        return replace(card, files=(), blocks=(*card.blocks, *(Code(text) for text in texts)))
    names = ", ".join(file.name for file in card.files)
    return replace(
        card, files=(), blocks=(*card.blocks, Note((Span(f"Sent to your direct messages: {names}"),)))
    )
