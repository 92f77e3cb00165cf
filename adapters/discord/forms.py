"""A Form as a Discord modal, and what comes back from it.

https://discord.com/developers/docs/interactions/receiving-and-responding#interaction-response-object-modal
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any, Final

from adapters.discord import escape, limits
from adapters.discord.buttons import FORM
from bot.cards import Field, Form
from bot.text.cut import Unit, cut

_LABEL, _SELECT, _INPUT, _TEXT = 18, 3, 4, 10


def modal(form: Form) -> dict[str, Any]:
    """The dialogue. Discord shows five components: fields that must be filled come first, others while there is room."""
    room = limits.MODAL_FIELDS - bool(form.error)
    wanted = sorted(range(len(form.fields)), key=lambda number: (not form.fields[number].required, number))
    shown = [form.fields[number] for number in sorted(wanted[:room])]
    parts: list[dict[str, Any]] = [_field(field) for field in shown]
    if form.error:
        parts.insert(0, {"type": _TEXT, "content": cut(escape.escape(form.error), 1000, unit=Unit.UTF16)})
    return {
        "custom_id": f"{FORM}{form.command}"[: limits.CUSTOM_ID],
        "title": _short(form.title, limits.MODAL_TITLE) or "Papers",
        "components": parts,
    }


def answers(components: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """What was filled in, by the names of the fields; several chosen values stand with commas between them."""
    found: dict[str, str] = {}
    for part in components:
        inner = part.get("component")
        for field in [inner] if isinstance(inner, Mapping) else part.get("components") or ():
            if "custom_id" not in field:
                continue
            values = field.get("values")
            found[str(field["custom_id"])] = (
                ",".join(values) if values is not None else str(field.get("value") or "")
            )
    return found


def filled(form: Form, typed: Mapping[str, str]) -> Form:
    """The form with what was typed into it."""
    fields = tuple(
        Field(**{**asdict(field), "value": typed.get(field.name, field.value)}) for field in form.fields
    )
    return Form(form.title, form.command, fields, form.error)


def dumps(form: Form) -> str:
    """A form as text, to be opened later."""
    return json.dumps(asdict(form), ensure_ascii=False)


def loads(text: str) -> Form:
    """Read what :func:`dumps` wrote."""
    kept = json.loads(text)
    fields = tuple(
        Field(**{**field, "choices": tuple((value, label) for value, label in field["choices"])})
        for field in kept["fields"]
    )
    return Form(kept["title"], kept["command"], fields, kept["error"])


def _field(field: Field) -> dict[str, Any]:
    made: dict[str, Any] = {
        "type": _LABEL,
        "label": _short(field.label, limits.LABEL) or field.name,
        "component": _choice(field) if field.choices else _line(field),
    }
    if hint := _short(field.hint, limits.LABEL_HINT):
        made["description"] = hint
    return made


def _line(field: Field) -> dict[str, Any]:
    made: dict[str, Any] = {
        "type": _INPUT,
        "custom_id": field.name,
        "style": 2 if field.long else 1,
        "required": field.required,
        "max_length": limits.INPUT_VALUE,
    }
    if field.value:
        made["value"] = field.value[: limits.INPUT_VALUE]
    return made


def _choice(field: Field) -> dict[str, Any]:
    options: Final = [
        {
            "label": _short(label, limits.OPTION_TEXT) or value[: limits.OPTION_TEXT],
            "value": value[: limits.OPTION_TEXT],
            "default": value == field.value,
        }
        for value, label in field.choices[: limits.SELECT_OPTIONS]
    ]
    return {
        "type": _SELECT,
        "custom_id": field.name,
        "options": options,
        "required": field.required,
        "min_values": 1 if field.required else 0,
        "max_values": 1,
    }


def _short(text: str, limit: int) -> str:
    return cut(escape.line(text), limit, unit=Unit.UTF16)
