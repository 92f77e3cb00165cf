"""What people do on Discord: commands, menus, buttons, dialogues and typing, each carried to the core.

Everything comes through one door, ``on_interaction``, and nothing about it is kept in memory: a press says
its command itself, so buttons work however old the card and however often the bot was restarted.
"""

from __future__ import annotations

import asyncio
import re
import secrets
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any, Final, cast

import discord
import structlog

from adapters.discord import channels, commands, errors
from adapters.discord.answers import Answers
from adapters.discord.buttons import asks_first, command_of
from adapters.discord.dialogues import Dialogues, Sheet, command_from, opened, token_of
from adapters.discord.origins import Interaction, answered_alone, in_server, origin
from adapters.discord.patience import Patience
from adapters.discord.rest import Rest
from bot.cards import Action, ActionStyle, Card, CardKind, Paragraph, Span
from bot.clock import Clock
from bot.commands.model import Choice, Command, OptionKind
from bot.commands.parse import parse
from bot.commands.verbs import BY_NAME
from bot.errors import CommandError, DeliveryError, PigeonError
from bot.ports import CommandHandler, Origin, Reply, Shelf
from bot.text.ids import canonical_id

_log = structlog.get_logger(__name__)

_EXPIRED: Final = "That form is more than a day old. Use the command again."
_AWAY: Final = "I cannot reach my store right now, so nothing was changed. Try again in a minute."
_SEEN: Final = 2000
_URL: Final = re.compile(r"https?://[^\s<>()\[\]\"'|]+")  # noqa: TID251 — our own pattern

_COMMAND, _COMPONENT, _COMPLETE, _SUBMIT = (
    discord.InteractionType.application_command,
    discord.InteractionType.component,
    discord.InteractionType.autocomplete,
    discord.InteractionType.modal_submit,
)


class Desk:
    """Takes every interaction, has the core answer it, and shows the answer."""

    def __init__(self, handle: CommandHandler, rest: Rest, clock: Clock, shelf: Shelf) -> None:
        self._handle = handle
        self._rest = rest
        self._clock = clock
        self._patience = Patience(clock)
        self._dialogues = Dialogues(shelf)
        self._seen: OrderedDict[int, None] = OrderedDict()

    async def serve(self, interaction: Interaction) -> None:
        """Answer one interaction; never raises for what a person or Discord did."""
        if interaction.id in self._seen:  # a resumed session tells some things twice
            return
        self._seen[interaction.id] = None
        if len(self._seen) > _SEEN:
            self._seen.popitem(last=False)
        answers = Answers(
            self._rest,
            interaction=interaction.id,
            token=interaction.token,
            application=interaction.application_id,
        )
        data = cast("Mapping[str, Any]", interaction.data or {})
        try:
            if interaction.type is _COMPLETE:
                await self._complete(interaction, answers, data)
            elif interaction.type is _COMPONENT and (token := token_of(str(data.get("custom_id", "")))):
                await self._open_again(interaction, answers, token)
            elif interaction.type is _COMPONENT and asks_first(str(data.get("custom_id", ""))):
                await answers.show(
                    _question(interaction, str(data["custom_id"])), hidden=answered_alone(interaction)
                )
            else:
                await self._carry_out(interaction, answers, data)
        except DeliveryError as error:
            late = errors.code_of(error) in {errors.UNKNOWN_INTERACTION, errors.ALREADY_ACKNOWLEDGED}
            _log.warning(
                "An answer came too late for Discord."
                if late
                else "An answer could not be shown on Discord.",
                reason=str(error),
                interaction=interaction.id,
            )
        except PigeonError as error:
            _log.warning("An interaction could not be answered.", reason=str(error))
            with suppress(DeliveryError):
                await answers.show(_sentence(_AWAY), hidden=answered_alone(interaction))

    # --- commands -----------------------------------------------------------------------------

    async def _carry_out(self, interaction: Interaction, answers: Answers, data: Mapping[str, Any]) -> None:
        asked, hidden = origin(interaction), answered_alone(interaction)
        sheet: Sheet | None = None
        if interaction.type is _SUBMIT:
            sheet = await self._dialogues.sent(str(data.get("custom_id", "")), data.get("components"))
            command: Command | Reply = command_from(sheet) if sheet else Reply(card=_sentence(_EXPIRED))
        else:
            command = self._read(interaction, data)
        if isinstance(command, Reply):
            await self._answer(interaction, command, answers, hidden=hidden)
            return
        seconds = self._patience.for_answer(interaction.id, command)
        due = self._clock.monotonic() + seconds
        if seconds > 0:
            work = asyncio.ensure_future(self._reply(command, asked, sheet))
            await asyncio.wait({work}, timeout=seconds)
        else:  # the acknowledgement does not wait for work to begin, either
            work = None
        if work is not None and work.done():
            reply, due = work.result(), self._clock.monotonic()
            await self._answer(interaction, reply, answers, hidden=hidden)
            self._acknowledged(due)
        else:
            try:
                await answers.later(hidden=hidden, pressed=interaction.message is not None)
                self._acknowledged(due)
            finally:
                # What was asked is carried out, also where Discord no longer listens.
                reply = await (work or self._reply(command, asked, sheet))
            await self._answer_late(interaction, reply, answers, hidden=hidden)
        if reply.announce is not None and in_server(interaction):
            await answers.add(reply.announce, hidden=False)

    def _acknowledged(self, due: float) -> None:
        seconds = self._clock.monotonic() - due
        self._patience.took(seconds)
        _log.debug("An interaction was acknowledged.", ms=round(seconds * 1000))

    def _read(self, interaction: Interaction, data: Mapping[str, Any]) -> Command | Reply:
        """The command that was asked for, or what to say where there is none."""
        try:
            return _command(interaction, data) or Reply(
                card=_sentence("I don't know that button any more. `/papers help` shows what I can do.")
            )
        except CommandError as error:
            return Reply(card=_sentence(str(error)))
        except Exception:  # noqa: BLE001 — see _failed
            return self._failed(str(data.get("name") or data.get("custom_id")))

    async def _reply(self, command: Command, asked: Origin, sheet: Sheet | None) -> Reply:
        """What the core says; a sentence where it cannot be asked or fails."""
        try:
            reply = await self._handle(command, asked)
            return reply if sheet is None else await self._dialogues.answered(sheet, reply)
        except CommandError as error:
            return Reply(card=_sentence(str(error)))
        except Exception:  # noqa: BLE001 — see _failed
            return self._failed(command.verb)

    def _failed(self, verb: str) -> Reply:
        """The person gets a number, the log the whole of it."""
        number = secrets.token_hex(3)
        _log.exception("A command failed.", incident=number, verb=verb)
        return Reply(
            card=_sentence(
                "Something went wrong on my side, and nothing was changed as far as I know. "
                f"Try again in a minute. If it stays, tell who runs me the number {number}."
            )
        )

    async def _answer(
        self, interaction: Interaction, reply: Reply, answers: Answers, *, hidden: bool
    ) -> None:
        """The first answer is the whole answer."""
        if reply.form is not None:
            await self._ask(interaction, answers, opened(reply.form))
        elif reply.replace and self._own(interaction):
            await answers.change(reply.card)
        else:
            await answers.show(reply.card, hidden=hidden and reply.private)

    async def _answer_late(
        self, interaction: Interaction, reply: Reply, answers: Answers, *, hidden: bool
    ) -> None:
        """The answer after «thinking…», or after nothing visible under a button."""
        pressed = interaction.message is not None
        card = reply.card if reply.form is None else await self._dialogues.offered(reply.form)
        if pressed and not (reply.replace and self._own(interaction)):
            await answers.add(card, hidden=hidden and reply.private)
        elif hidden and not reply.private and not pressed:
            # «thinking…» was shown to the asker alone, and the answer in its place is, too
            await answers.finish(_line("Here it is, for everybody to see."))
            await answers.add(card, hidden=False)
        else:
            await answers.finish(card)

    def _own(self, interaction: Interaction) -> bool:
        """Is the message under the button a private answer of ours, which may be replaced?"""
        message = interaction.message
        return message is not None and (message.flags.ephemeral or not answered_alone(interaction))

    # --- dialogues ----------------------------------------------------------------------------

    async def _ask(self, interaction: Interaction, answers: Answers, sheet: Sheet) -> None:
        places = channels.offer(interaction, "")
        await answers.ask(await self._dialogues.modal(sheet, places))

    async def _open_again(self, interaction: Interaction, answers: Answers, token: str) -> None:
        sheet = await self._dialogues.kept(token)
        if sheet is None:
            await answers.show(_sentence(_EXPIRED), hidden=answered_alone(interaction))
        else:
            await self._ask(interaction, answers, sheet)

    # --- completion ---------------------------------------------------------------------------

    async def _complete(self, interaction: Interaction, answers: Answers, data: Mapping[str, Any]) -> None:
        verb, options = _subcommand(data)
        focused = next((option for option in options if option.get("focused")), {})
        name, typed = str(focused.get("name", "")), str(focused.get("value", ""))
        kinds = {option.name: option.kind for option in BY_NAME[verb].options} if verb in BY_NAME else {}
        offered: Sequence[Choice]
        if kinds.get(name) is OptionKind.DESTINATION:
            offered = channels.offer(interaction, typed)
        elif kinds.get(name) is OptionKind.GROUP:
            offered = channels.roles(interaction, typed, several=name == "managers")
        else:
            try:
                async with asyncio.timeout(self._patience.for_typing(interaction.id)):
                    offered = await self._handle.complete(verb, name, typed, origin(interaction))
            except Exception as error:  # noqa: BLE001 — completion is a courtesy: it stays empty rather than failing
                _log.warning("Completion failed.", verb=verb, option=name, error=type(error).__name__)
                offered = ()
        await answers.offer(offered)


def _command(interaction: Interaction, data: Mapping[str, Any]) -> Command | None:
    """The command that an interaction asks for; ``None`` for a control that is not ours."""
    kind = interaction.type
    if kind is _COMMAND:
        if verb := commands.MENUS.get(str(data.get("name"))):
            return _from_message(verb, data)
        verb_name, options = _subcommand(data)
        return channels.named(Command(verb=verb_name, options=commands.given(options)), interaction)
    custom_id = str(data.get("custom_id", ""))
    written = command_of(custom_id, data.get("values") or ())
    return parse(written) if written else None


def _subcommand(data: Mapping[str, Any]) -> tuple[str, Sequence[Mapping[str, Any]]]:
    options = data.get("options") or ()
    if not options:
        return "help", ()
    return str(options[0].get("name", "")), options[0].get("options") or ()


def _from_message(verb: str, data: Mapping[str, Any]) -> Command:
    """The first paper that a message links to."""
    messages = (data.get("resolved") or {}).get("messages") or {}
    message = messages.get(str(data.get("target_id"))) or {}
    for text in _texts(message):
        for url in _URL.findall(text):
            if paper := canonical_id(url.rstrip(".,;:!?*_~`\\")):
                return Command(verb=verb, options={"paper": paper})
    raise CommandError(
        "I see no link to a paper in that message. I know links of arxiv.org, huggingface.co/papers, doi.org, "
        "biorxiv.org and medrxiv.org."
    )


def _texts(node: Any) -> Iterator[str]:
    """Every text and address in a message: content, embeds and components."""
    if isinstance(node, str):
        yield node
    elif isinstance(node, Mapping):
        for name in (
            "content",
            "url",
            "title",
            "description",
            "embeds",
            "components",
            "accessory",
            "message_snapshots",
            "message",
        ):
            if name in node:
                yield from _texts(node[name])
    elif isinstance(node, list):
        for part in node:
            yield from _texts(part)


def _question(interaction: Interaction, custom_id: str) -> Card:
    """Discord has no questions of its own: a second, private button asks."""
    parts = interaction.message.components if interaction.message else ()
    label = next((label for label, name in _buttons(parts) if name == custom_id), "Do it")
    text = f"«{label}»: do you really want that? If not, dismiss this message."
    return Card(
        kind=CardKind.REPLY,
        blocks=(Paragraph((Span(text),)),),
        actions=(Action(label, command=command_of(custom_id), style=ActionStyle.DANGER),),
        fallback=text,
        accent="notice",
    )


def _buttons(parts: Sequence[Any]) -> Iterator[tuple[str, str]]:
    """Label and custom id of every button of a message."""
    for part in parts:
        if isinstance(part, discord.Button) and part.custom_id:
            yield part.label or "", part.custom_id
        accessory = getattr(part, "accessory", None)
        yield from _buttons([*getattr(part, "children", ()), *([accessory] if accessory else ())])


def _line(text: str) -> Card:
    return Card(kind=CardKind.REPLY, blocks=(Paragraph((Span(text),)),), fallback=text)


def _sentence(text: str) -> Card:
    return Card(kind=CardKind.ERROR, blocks=(Paragraph((Span(text),)),), fallback=text, accent="error")
