"""Dialogues on their way: a form of any length in modals of five fields, kept where a restart does not lose it.

A modal is opened by a press or a command and by nothing else, and what is sent with it are its own fields alone. So
the form waits on the shelf, with what was typed so far, and a token stands for it: in the modal's custom id, and in the
buttons «Open the form» and «More settings» under the answers.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from typing import Any, Final

from adapters.discord import forms
from adapters.discord.buttons import command_of
from bot.cards import Action, Card, CardKind, Field, Form, Paragraph, Span
from bot.commands.model import Choice, Command
from bot.commands.parse import parse
from bot.ports import Reply, Shelf

_PAGE: Final = "p1-page:"
"""The prefix of a modal's custom id; the token of its form follows."""
_AGAIN: Final = "p1-again:"
"""A button that opens a page of a form; the token follows."""
_KEPT: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Sheet:
    """A form, the page that is shown, and what its fields held at first."""

    form: Form
    page: int
    was: Mapping[str, str]
    again: bool = False
    """It was opened by a button under an answer of its own, which the next answer replaces."""


def token_of(custom_id: str) -> str | None:
    """The token of the form that a button opens; ``None`` for other buttons."""
    written = command_of(custom_id) or ""
    return written.removeprefix(_AGAIN) if written.startswith(_AGAIN) else None


class Dialogues:
    """Opens forms and reads what comes back."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf

    async def modal(self, sheet: Sheet, places: Sequence[Choice]) -> dict[str, Any]:
        """A page as a modal."""
        custom_id = f"{_PAGE}{await self._keep(sheet)}"
        return forms.modal(sheet.form, sheet.page, custom_id=custom_id, places=places)

    async def kept(self, token: str) -> Sheet | None:
        """The form of a button; ``None`` once a day has passed."""
        sheet = await self._at(token)
        return None if sheet is None else replace(sheet, again=True)

    async def sent(self, custom_id: str, components: Any) -> Sheet | None:
        """The form with what was typed into the page that was sent."""
        sheet = await self._at(custom_id.removeprefix(_PAGE))
        if sheet is None:
            return None
        typed = forms.answers(components or ())
        fields = tuple(replace(one, value=typed.get(one.name, one.value)) for one in sheet.form.fields)
        return replace(sheet, form=replace(sheet.form, fields=fields, error=""))

    async def offered(self, form: Form) -> Card:
        """A card with a button that opens a form, where Discord would open none by itself any more."""
        text = "The form is ready."
        button = await self._button("Open the form", opened(form))
        return Card(kind=CardKind.REPLY, blocks=(Paragraph((Span(text),)),), actions=(button,), fallback=text)

    async def answered(self, sheet: Sheet, reply: Reply) -> Reply:
        """The answer to a page: an error opens it again as it was filled; after success the next page is offered."""
        reply = replace(reply, replace=reply.replace or sheet.again)
        if reply.form is not None:
            form = replace(sheet.form, error=reply.form.error)
            return replace(reply, card=await self._again(replace(sheet, form=form), reply.card), form=None)
        if reply.card.kind is CardKind.ERROR:
            form = replace(sheet.form, error=reply.card.fallback)
            return replace(reply, card=await self._again(replace(sheet, form=form), reply.card))
        if sheet.page + 1 < forms.pages(sheet.form):
            button = await self._button("More settings", replace(sheet, page=sheet.page + 1))
            card = replace(reply.card, actions=(*reply.card.actions, button))
            return replace(reply, card=card)
        return reply

    async def _again(self, sheet: Sheet, card: Card) -> Card:
        text = sheet.form.error or card.fallback
        error = Card(kind=CardKind.ERROR, blocks=(Paragraph((Span(text),)),), fallback=text, accent="error")
        shown = card if card.kind is CardKind.ERROR else error
        return replace(shown, actions=(*shown.actions, await self._button("Open the form", sheet)))

    async def _button(self, label: str, sheet: Sheet) -> Action:
        return Action(label, command=f"{_AGAIN}{await self._keep(sheet)}")

    async def _at(self, token: str) -> Sheet | None:
        kept = await self._shelf.get(f"form/{token}")
        return None if kept is None else _loads(kept)

    async def _keep(self, sheet: Sheet) -> str:
        token = secrets.token_urlsafe(12)
        await self._shelf.put(f"form/{token}", json.dumps(asdict(sheet), ensure_ascii=False), ttl=_KEPT)
        return token


def opened(form: Form) -> Sheet:
    """A form from its beginning."""
    return Sheet(form, 0, {field.name: field.value for field in form.fields})


def command_from(sheet: Sheet) -> Command:
    """The command of a page that was sent: what all pages so far hold. What was emptied is taken away."""
    verb, _, rest = sheet.form.command.strip().partition(" ")
    base = parse(sheet.form.command) if rest else Command(verb=verb)
    asked = [field for number in range(sheet.page + 1) for field in forms.page(sheet.form, number)]
    typed = {
        field.name: field.value or (field.cleared if sheet.was.get(field.name) else "") for field in asked
    }
    return Command(verb=base.verb, options={**base.options, **typed})


def _loads(text: str) -> Sheet:
    kept = json.loads(text)
    form = kept["form"]
    fields = tuple(
        Field(**{**field, "choices": tuple((value, label) for value, label in field["choices"])})
        for field in form["fields"]
    )
    made = Form(form["title"], form["command"], fields, form["error"])
    return Sheet(made, int(kept["page"]), dict(kept["was"]), bool(kept["again"]))
