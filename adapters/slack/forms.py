"""Modals: forms made from the registry of verbs, with the written form and a live preview.

https://docs.slack.dev/surfaces/modals. Nothing of a form is kept in memory: what it is about stands in
the view's private metadata, what was typed in the view's state.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from itertools import count
from typing import Any, Final

from adapters.slack import limits, mrkdwn, render
from adapters.slack.desk import Asked
from adapters.slack.limits import cut, units
from adapters.slack.names import COMMAND_NAME, FORM, SHOWN
from adapters.slack.render import Blocks
from bot.cards import Card, Field, Form, Span
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
PREVIEW: Final = "pigeon.preview"
PASSING: Final = "passing."
"""Begins the block id of what is drawn anew each time: the error, the written form, the preview."""
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
    blocks = _passing(render.blocks(error_card(form.error))) if form.error else []
    for field in form.fields:
        blocks += _inputs(field, options.get(field.name))
    if _query(verb, form):
        button = {
            "type": "button",
            "action_id": PREVIEW,
            "text": mrkdwn.plain_object("Preview", limits.BUTTON_TEXT),
            "value": "preview",
        }
        blocks.append({"type": "actions", "block_id": "preview", "elements": [button]})
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


def _query(verb: Verb | None, form: Form) -> str | None:
    """The name of the field that holds a filter, if there is one."""
    names = {field.name for field in form.fields}
    for option in verb.options if verb else ():
        if option.kind is OptionKind.QUERY and option.name in names:
            return option.name
    return None


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
    if kind is OptionKind.QUERY:
        block["dispatch_action"] = True
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
    if kind is OptionKind.QUERY:
        made["dispatch_action_config"] = {"trigger_actions_on": ["on_enter_pressed"]}
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
    values = (shown_view.get("state") or {}).get("values") or {}
    for block_id, actions in sorted(values.items()):  # «channel.» before «field.»
        state = actions.get(VALUE) or {}
        if block_id.startswith(CHANNEL) and state.get("selected_conversation"):
            given[block_id.removeprefix(CHANNEL)] = f"<#{state['selected_conversation']}>"
        elif block_id.startswith(FIELD):
            chosen = state.get("selected_option") or {}
            value = str(chosen.get("value") or state.get("value") or "").strip()
            if value:
                given.setdefault(block_id.removeprefix(FIELD), value)
    return given


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
    """The same form with everything that was typed, and an error at its head or a preview at its foot."""
    values = (shown_view.get("state") or {}).get("values") or {}
    blocks = [
        _with_state(block, (values.get(block.get("block_id")) or {}).get(VALUE) or {})
        for block in shown_view.get("blocks") or ()
        if not str(block.get("block_id", "")).startswith(PASSING)
    ]
    head = _passing(render.fit(render.blocks(error), PREVIEW_BLOCKS)) if error is not None else []
    foot = _preview(shown_view, preview) if preview is not None else []
    kept = ("type", "callback_id", "title", "submit", "close", "private_metadata")
    made = {name: shown_view[name] for name in kept if shown_view.get(name)}
    made["blocks"] = [*head, *blocks, *foot][: limits.VIEW_BLOCKS]
    return made


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
    line = (Span("Written: "), Span(f"{COMMAND_NAME} {write(_unchecked(shown_view))}", code=True))
    made = render.context(mrkdwn.write(line, limits.CONTEXT_TEXT))
    return _passing(made + render.fit(render.blocks(card, pictures=False), PREVIEW_BLOCKS))


def _passing(blocks: Blocks) -> Blocks:
    """Mark blocks as drawn anew each time."""
    return [{**block, "block_id": f"{PASSING}{number}"} for number, block in enumerate(blocks)]


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
