"""Answers to one interaction: acknowledge, show, change, follow up, open a dialogue.

Discord wants the first answer within 3 seconds; then the interaction's token serves for 15 minutes
(https://discord.com/developers/docs/interactions/receiving-and-responding).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from adapters.discord import errors, escape, limits
from adapters.discord.render import EPHEMERAL, Message, render
from adapters.discord.rest import Rest
from bot.cards import Card
from bot.commands.model import Choice
from bot.errors import Ambiguous, CardRejected, RetryLater
from bot.text.cut import Unit, cut

_MESSAGE, _LATER, _LATER_UPDATE, _UPDATE, _CHOICES, _MODAL = 4, 5, 6, 7, 8, 9
_CALLBACK: Final = "/interactions/{webhook_id}/{webhook_token}/callback"
_FOLLOWUP: Final = "/webhooks/{webhook_id}/{webhook_token}"
_ORIGINAL: Final = "/webhooks/{webhook_id}/{webhook_token}/messages/@original"


class Answers:
    """The ways to answer an interaction. ``hidden`` answers are seen by the asker alone."""

    def __init__(self, rest: Rest, *, interaction: int, token: str, application: int) -> None:
        self._rest = rest
        self._interaction = interaction
        self._token = token
        self._application = application

    async def show(self, card: Card, *, hidden: bool) -> None:
        """The first answer, as a new message."""
        made = render(card, private=hidden)
        await self._first(_MESSAGE, made.body, made)

    async def change(self, card: Card) -> None:
        """The first answer, in the place of the message that carried the button."""
        made = render(card)
        await self._first(_UPDATE, made.body, made)

    async def later(self, *, hidden: bool, pressed: bool) -> None:
        """Acknowledge now and answer later: «thinking…», or nothing visible under a button."""
        if pressed:
            await self._first(_LATER_UPDATE)
        else:
            await self._first(_LATER, {"flags": EPHEMERAL} if hidden else None)

    async def ask(self, modal: dict[str, Any]) -> None:
        """The first answer, as a dialogue (:mod:`.forms`)."""
        await self._first(_MODAL, modal)

    async def offer(self, choices: Sequence[Choice]) -> None:
        """The first answer to somebody who is typing."""
        made = []
        for choice in choices[: limits.COMMAND_CHOICES]:
            name = cut(escape.line(choice.label), limits.CHOICE_NAME, unit=Unit.UTF16)
            if name and 0 < len(choice.value) <= limits.OPTION_TEXT:
                made.append({"name": name, "value": choice.value})
        await self._first(_CHOICES, {"choices": made})

    async def finish(self, card: Card) -> None:
        """Put the card where the «thinking…», or the message with the pressed button, is."""
        made = render(card)
        await self._rest.call(
            "PATCH",
            _ORIGINAL,
            body=made.body,
            files=made.files,
            webhook_id=self._application,
            webhook_token=self._token,
            doing="answer a command",
        )

    async def add(self, card: Card, *, hidden: bool) -> None:
        """A further message."""
        made = render(card, private=hidden)
        await self._rest.call(
            "POST",
            _FOLLOWUP,
            body=made.body,
            files=made.files,
            webhook_id=self._application,
            webhook_token=self._token,
            doing="add to an answer",
        )

    async def _first(
        self, kind: int, data: dict[str, Any] | None = None, message: Message | None = None
    ) -> None:
        try:
            await self._callback(kind, data, message)
        except (Ambiguous, RetryLater):
            # It may have arrived. There is no later for a first answer, and a second one does no harm.
            try:
                await self._callback(kind, data, message)
            except CardRejected as error:
                if errors.code_of(error) != errors.ALREADY_ACKNOWLEDGED:
                    raise

    async def _callback(self, kind: int, data: dict[str, Any] | None, message: Message | None) -> None:
        # Interaction and token stand where discord.py expects a webhook's, so that each has a bucket of its own.
        await self._rest.call(
            "POST",
            _CALLBACK,
            body={"type": kind} if data is None else {"type": kind, "data": data},
            files=message.files if message else (),
            webhook_id=self._interaction,
            webhook_token=self._token,
            doing="answer an interaction",
        )
