"""Modals: forms made from the registry of verbs, with the written form and a live preview.

https://docs.slack.dev/surfaces/modals. Nothing of a form is kept in memory: what it is about stands in
the view's private metadata, what was typed in the view's state.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from itertools import count
from typing import Any, Final

from adapters.slack import limits, mrkdwn, render
from adapters.slack.desk import Asked
from adapters.slack.limits import cut, units
from adapters.slack.names import COMMAND_NAME, FORM, SHOWN
from adapters.slack.render import Blocks
from bot.cards import Block, Card, CardKind, Field, Form, Paragraph, Span
from bot.cards.reply import error_card
from bot.commands.check import check
from bot.commands.model import Command, Option, OptionKind, Verb
from bot.commands.parse import parse
from bot.commands.verbs import BY_NAME
from bot.commands.write import write
from bot.errors import CommandError

FIELD: Final = "field."
"""Begins the block id of an input, followed by the option's name."""
CHANNEL: Final = "channel."
"""The same, for «or another channel»."""
VALUE: Final = "pigeon.value"
PASSING: Final = "passing."
"""Begins the block id of what is drawn anew each time: the error, the written form, the preview."""
WAITING: Final = "What it would have brought shows here as you type, with its rate and how it is written."
COMPLETED: Final = frozenset((OptionKind.SUBSCRIPTION, OptionKind.PAPER, OptionKind.ZONE))
"""Kinds of options whose values are offered while somebody types."""
PREVIEW_BLOCKS: Final = 30


def asks(verb: Verb) -> bool:
    """Does the verb, typed alone, open a form? It does where it cannot do without an option, or builds a filter."""
    return any(
        option.required or (option.kind is OptionKind.QUERY and option.name == verb.free)
        for option in verb.options
    )


def verb_form(verb: Verb) -> Form:
    """A form that asks for every option of a verb."""
    fields = tuple(
        Field(
            name=option.name,
            label=option.name.replace("_", " ").capitalize(),
            hint=option.description,
            choices=tuple((choice.value, choice.label) for choice in option.choices),
            required=option.required,
            long=option.kind is OptionKind.QUERY,
        )
        for option in verb.options
    )
    return Form(title=verb.name.capitalize(), command=verb.name, fields=fields)


def view(form: Form, asked: Asked) -> dict[str, Any]:
    """The modal of a form."""
    verb = BY_NAME.get(form.command.split(maxsplit=1)[0]) if form.command.strip() else None
    options = {option.name: option for option in verb.options} if verb else {}
    blocks = _passing(render.blocks(error_card(form.error)), "error") if form.error else []
    query = _query(verb, {field.name for field in form.fields})
    for field in form.fields:
        made = _inputs(field, options.get(field.name))
        blocks += [_followed(block) for block in made] if query else made
        if field.name == query:
            blocks += _passing(render.context(WAITING), "preview")
    about = {"command": form.command, "channel": asked.channel, "name": asked.channel_name}
    return {
        "type": "modal",
        "callback_id": FORM,
        "title": mrkdwn.plain_object(form.title, limits.VIEW_TITLE),
        "submit": mrkdwn.plain_object(form.title if len(form.title) < 12 else "Do it", limits.VIEW_BUTTON),
        "close": mrkdwn.plain_object("Cancel", limits.VIEW_BUTTON),
        "private_metadata": json.dumps(about),
        "blocks": blocks[: limits.VIEW_BLOCKS],
    }


def _query(verb: Verb | None, names: set[str]) -> str | None:
    """The name of the field that holds a filter, if there is one among those."""
    for option in verb.options if verb else ():
        if option.kind is OptionKind.QUERY and option.name in names:
            return option.name
    return None


def _followed(block: dict[str, Any]) -> dict[str, Any]:
    """An input of which we hear each change, so that the preview and the written form keep up with it."""
    element = block["element"]
    if element["type"] in ("plain_text_input", "number_input"):
        heard = {"dispatch_action_config": {"trigger_actions_on": ["on_character_entered"]}}
        return {**block, "dispatch_action": True, "element": {**element, **heard}}
    return {**block, "dispatch_action": True}


def has_filter(shown_view: Mapping[str, Any]) -> bool:
    """Is there a filter in the form that is worth a preview at once?"""
    try:
        return preview_of(shown_view) is not None
    except CommandError:
        return False


def _inputs(field: Field, option: Option | None) -> Blocks:
    kind = option.kind if option is not None else OptionKind.TEXT
    block: dict[str, Any] = {
        "type": "input",
        "block_id": FIELD + field.name,
        "label": mrkdwn.plain_object(field.label, limits.INPUT_LABEL),
        "optional": not field.required,
        "element": _element(field, kind, option),
    }
    if field.hint:
        block["hint"] = mrkdwn.plain_object(field.hint, limits.INPUT_HINT)
    if kind is not OptionKind.DESTINATION:
        return [block]
    other = {
        "type": "input",
        "block_id": CHANNEL + field.name,
        "label": mrkdwn.plain_object("… or another channel", limits.INPUT_LABEL),
        "optional": True,
        "element": {
            "type": "conversations_select",
            "action_id": VALUE,
            "filter": {"include": ["public", "private"], "exclude_bot_users": True},
            "placeholder": mrkdwn.plain_object("Choose a channel", limits.PLACEHOLDER),
            **(
                {"initial_conversation": field.value[2:-1].partition("|")[0]}
                if field.value.startswith("<#")
                else {}
            ),
        },
    }
    return [block, other]


def _element(field: Field, kind: OptionKind, option: Option | None) -> dict[str, Any]:
    placeholder: dict[str, Any] = {}
    if option is not None and option.default:
        placeholder = {"placeholder": mrkdwn.plain_object(option.default, limits.PLACEHOLDER)}
    if kind is OptionKind.DESTINATION:
        return _select(
            (("here", "This conversation"), ("me", "Me, by direct message")), field.value, placeholder
        )
    if field.choices:
        return _select(field.choices, field.value, placeholder)
    if kind is OptionKind.BOOLEAN:
        return _select((("yes", "Yes"), ("no", "No")), field.value, placeholder)
    if kind in COMPLETED:
        made: dict[str, Any] = {
            "type": "external_select",
            "action_id": VALUE,
            "min_query_length": 0,
            **placeholder,
        }
        if field.value:
            made["initial_option"] = _option(field.value, field.value)
        return made
    if kind is OptionKind.INTEGER:
        made = {"type": "number_input", "action_id": VALUE, "is_decimal_allowed": False, **placeholder}
        if option is not None and option.minimum is not None:
            made["min_value"] = str(option.minimum)
        if option is not None and option.maximum is not None:
            made["max_value"] = str(option.maximum)
        return made | ({"initial_value": field.value} if field.value else {})
    made = {"type": "plain_text_input", "action_id": VALUE, "max_length": limits.INPUT_VALUE, **placeholder}
    if field.long and kind is not OptionKind.QUERY:
        made["multiline"] = True
    return made | ({"initial_value": field.value[: limits.INPUT_VALUE]} if field.value else {})


def _select(choices: tuple[tuple[str, str], ...], value: str, placeholder: dict[str, Any]) -> dict[str, Any]:
    options = [_option(name, label) for name, label in choices[: limits.SELECT_OPTIONS]]
    chosen = next((option for option in options if option["value"] == value), None)
    made = {"type": "static_select", "action_id": VALUE, "options": options, **placeholder}
    return made | ({"initial_option": chosen} if chosen else {})


def _option(value: str, label: str) -> dict[str, Any]:
    return {"text": mrkdwn.plain_object(label, limits.OPTION_TEXT), "value": value[: limits.OPTION_VALUE]}


def option_rows(choices: Any) -> list[dict[str, Any]]:
    """What completion offers, as rows of a menu."""
    made = [
        _option(choice.value, choice.label)
        for choice in choices
        if 0 < units(choice.value) <= limits.OPTION_VALUE
    ]
    return made[: limits.SELECT_OPTIONS]


# --- reading ----------------------------------------------------------------------------------


def subject(shown_view: Mapping[str, Any]) -> dict[str, str]:
    """What a view of ours is about: the command, and the channel in which it was asked for."""
    try:
        about = json.loads(shown_view.get("private_metadata") or "{}")
    except ValueError:
        return {}
    return {str(key): str(value) for key, value in about.items()} if isinstance(about, dict) else {}


def command_of(shown_view: Mapping[str, Any]) -> Command:
    """The command that a filled-in form stands for. Raises CommandError where it is none."""
    return check(_unchecked(shown_view))


def _unchecked(shown_view: Mapping[str, Any]) -> Command:
    written = subject(shown_view).get("command", "")
    name = written.split(maxsplit=1)[0] if written.strip() else ""
    if name not in BY_NAME:
        raise CommandError(
            "This form is from another version of me. Type the command again, and a new one opens."
        )
    try:
        base = parse(written)
    except CommandError:
        base = Command(verb=name)  # the written form alone lacks what the fields hold
    return Command(verb=base.verb, options={**base.options, **_typed(shown_view)})


def _typed(shown_view: Mapping[str, Any]) -> dict[str, str]:
    given: dict[str, str] = {}
    for block_id, state in sorted(_states(shown_view).items()):  # «channel.» before «field.»
        if block_id.startswith(CHANNEL) and state.get("selected_conversation"):
            given[block_id.removeprefix(CHANNEL)] = f"<#{state['selected_conversation']}>"
        elif block_id.startswith(FIELD):
            chosen = state.get("selected_option") or {}
            value = str(chosen.get("value") or state.get("value") or "").strip()
            if value:
                given.setdefault(block_id.removeprefix(FIELD), value)
    return given


def _states(shown_view: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """What each input holds; as it was opened where Slack has not told of it yet."""
    states: dict[str, Mapping[str, Any]] = {}
    for block in shown_view.get("blocks") or ():
        if block.get("type") == "input":
            element = block["element"]
            states[str(block.get("block_id"))] = {
                "value": element.get("initial_value"),
                "selected_option": element.get("initial_option"),
                "selected_conversation": element.get("initial_conversation"),
            }
    values = (shown_view.get("state") or {}).get("values") or {}
    return states | {block_id: actions.get(VALUE) or {} for block_id, actions in values.items()}


def preview_of(shown_view: Mapping[str, Any]) -> Command | None:
    """The command that previews the filter in a form; ``None`` while it is empty."""
    command = _unchecked(shown_view)
    verb = BY_NAME[command.verb]
    name = next((option.name for option in verb.options if option.kind is OptionKind.QUERY), "")
    query = command.get(name) if name else ""
    return Command(verb="preview", options={"query": query}) if query else None


# --- drawing again ----------------------------------------------------------------------------


def refilled(
    shown_view: Mapping[str, Any], *, error: Card | None = None, preview: Card | None = None
) -> dict[str, Any]:
    """The same form with everything that was typed; an error at its head, or a preview under its filter."""
    states = _states(shown_view)
    blocks: Blocks = []
    for block in shown_view.get("blocks") or ():
        block_id = str(block.get("block_id", ""))
        if not block_id.startswith(PASSING):
            blocks.append(_with_state(block, states.get(block_id) or {}))
    if _filter_block(shown_view) is not None:
        foot = (
            _passing(render.context(WAITING), "preview") if preview is None else _preview(shown_view, preview)
        )
        at = next(
            (at for at, block in enumerate(blocks, 1) if block.get("block_id") == _filter_block(shown_view)),
            len(blocks),
        )
        blocks[at:at] = foot
    head = _passing(render.fit(render.blocks(error), PREVIEW_BLOCKS), "error") if error is not None else []
    kept = ("type", "callback_id", "title", "submit", "close", "private_metadata")
    made = {name: shown_view[name] for name in kept if shown_view.get(name)}
    made["blocks"] = [*head, *blocks][: limits.VIEW_BLOCKS]
    return made


def _filter_block(shown_view: Mapping[str, Any]) -> str | None:
    """The block id of the input that holds the filter."""
    written = subject(shown_view).get("command", "")
    verb = BY_NAME.get(written.split(maxsplit=1)[0]) if written.strip() else None
    ids = [str(block.get("block_id", "")) for block in shown_view.get("blocks") or ()]
    name = _query(verb, {one.removeprefix(FIELD) for one in ids if one.startswith(FIELD)})
    return None if name is None else FIELD + name


def _with_state(block: Mapping[str, Any], state: Mapping[str, Any]) -> dict[str, Any]:
    if block.get("type") != "input":
        return dict(block)
    element = {
        name: value
        for name, value in block["element"].items()
        if name not in ("initial_value", "initial_option", "initial_conversation", "initial_time")
    }
    if state.get("value"):
        element["initial_value"] = state["value"]
    if state.get("selected_option"):
        element["initial_option"] = state["selected_option"]
    if state.get("selected_conversation"):
        element["initial_conversation"] = state["selected_conversation"]
    return {**block, "element": element}


def _preview(shown_view: Mapping[str, Any], card: Card) -> Blocks:
    written = "" if card.kind is CardKind.ERROR else f"{COMMAND_NAME} {write(_unchecked(shown_view))}"
    rest = tuple(block for block in card.blocks if not _says_only(block, written))
    made = render.blocks(
        replace(card, blocks=rest, actions=()), pictures=False
    )  # the form has its own button
    if made and made[0]["type"] == "header":
        made = made[1:]
    if written:
        line = (Span("Written: "), Span(written, code=True))
        made = render.context(mrkdwn.write(line, limits.CONTEXT_TEXT)) + made
    return _passing(render.fit(made, PREVIEW_BLOCKS), "preview")


def _says_only(block: Block, written: str) -> bool:
    """Does the block repeat a part of the written form?"""
    return isinstance(block, Paragraph) and any(
        span.code and span.text and span.text in written for span in block.spans
    )


def _passing(blocks: Blocks, what: str) -> Blocks:
    """Mark blocks as drawn anew each time."""
    return [{**block, "block_id": f"{PASSING}{what}.{number}"} for number, block in enumerate(blocks)]


def shown(card: Card, *, title: str = "Paper Pigeon") -> dict[str, Any]:
    """A modal that shows a card."""
    blocks = render.fit(render.blocks(card, numbers=count()), limits.VIEW_BLOCKS, text=60_000)
    return {
        "type": "modal",
        "callback_id": SHOWN,
        "title": mrkdwn.plain_object(cut(title, limits.VIEW_TITLE), limits.VIEW_TITLE),
        "close": mrkdwn.plain_object("Close", limits.VIEW_BUTTON),
        "blocks": blocks,
    }


def working() -> dict[str, Any]:
    """A modal that says that something is going on."""
    return {
        "type": "modal",
        "callback_id": SHOWN,
        "title": mrkdwn.plain_object("Paper Pigeon", limits.VIEW_TITLE),
        "close": mrkdwn.plain_object("Close", limits.VIEW_BUTTON),
        "blocks": [render.section("Working on it …")],
    }
