"""A page of a Form as a Discord modal, and what comes back from it.

https://discord.com/developers/docs/interactions/receiving-and-responding#interaction-response-object-modal
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from adapters.discord import escape, limits
from bot.cards import Field, Form
from bot.commands.model import Choice, Option, OptionKind
from bot.commands.verbs import BY_NAME
from bot.models import DAY_NAMES
from bot.text.cut import Unit, cut

_LABEL, _SELECT, _INPUT, _ROLES, _RADIO, _CHECKS = 18, 3, 4, 6, 21, 22
"""https://discord.com/developers/docs/components/reference"""
_DAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_SHORT: Final = 200
"""Characters of an answer that is not a filter."""


def pages(form: Form) -> int:
    """How many modals it takes: Discord shows five components in one."""
    return max(1, -(-len(form.fields) // limits.MODAL_FIELDS))


def page(form: Form, number: int) -> Sequence[Field]:
    """The fields of a page, counted from 0."""
    start = number * limits.MODAL_FIELDS
    return form.fields[start : start + limits.MODAL_FIELDS]


def modal(form: Form, number: int, *, custom_id: str, places: Sequence[Choice] = ()) -> dict[str, Any]:
    """One page as a dialogue. ``places`` are offered where a field asks for one.

    A sentence about what was wrong stands with the first field; it was shown whole before the dialogue opened again.
    """
    verb = BY_NAME.get(form.command.partition(" ")[0])
    options = {option.name: option for option in verb.options} if verb else {}
    parts = [_field(field, options.get(field.name), places) for field in page(form, number)]
    if parts and (error := _short(form.error, limits.LABEL_HINT)):
        parts[0]["description"] = error
    return {
        "custom_id": custom_id,
        "title": _short(form.title, limits.MODAL_TITLE) or "Papers",
        "components": parts,
    }


def answers(components: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """What was filled in, by the names of the fields; several chosen values stand with commas between them."""
    found: dict[str, str] = {}
    for part in components:
        inner = part.get("component")
        for field in [inner] if isinstance(inner, Mapping) else part.get("components") or ():
            if "custom_id" in field:
                found[str(field["custom_id"])] = _answer(field)
    return found


def _answer(field: Mapping[str, Any]) -> str:
    values = field.get("values")
    if values is not None:
        return ",".join(map(str, values))
    value = field.get("value")
    return ("on" if value else "off") if isinstance(value, bool) else str(value or "")


def _field(field: Field, option: Option | None, places: Sequence[Choice]) -> dict[str, Any]:
    made: dict[str, Any] = {
        "type": _LABEL,
        "label": _short(field.label, limits.LABEL) or field.name,
        "component": _component(field, option, places),
    }
    if hint := _short(field.hint, limits.LABEL_HINT):
        made["description"] = hint
    return made


def _component(field: Field, option: Option | None, places: Sequence[Choice]) -> dict[str, Any]:
    kind = option.kind if option else OptionKind.TEXT
    if kind is OptionKind.DESTINATION and places:
        return _select(field, _with_present(field, places))
    if kind is OptionKind.DAYS and (days := _days(field.value)) is not None:
        return _week(field, days)
    if kind is OptionKind.GROUP and (not field.value or field.value.isdecimal()):
        return _roles(field)
    if limits.RADIO_OPTIONS[0] <= len(field.choices) <= limits.RADIO_OPTIONS[1]:
        return _radio(field)
    if field.choices:
        return _select(field, [Choice(value, label) for value, label in field.choices])
    return _line(field, option)


def _line(field: Field, option: Option | None) -> dict[str, Any]:
    most = limits.INPUT_VALUE if field.long else max(_SHORT, len(field.value))
    made: dict[str, Any] = {
        "type": _INPUT,
        "custom_id": field.name,
        "style": 2 if field.long else 1,
        "required": field.required,
        "max_length": most,
    }
    if field.value:
        made["value"] = field.value[:most]
    if option and (text := _short(option.default, limits.INPUT_PLACEHOLDER)):
        made["placeholder"] = text
    return made


def _radio(field: Field) -> dict[str, Any]:
    """Few choices, all of them in sight."""
    return {
        "type": _RADIO,
        "custom_id": field.name,
        "required": field.required,
        "options": [_option(value, label, chosen=value == field.value) for value, label in field.choices],
    }


def _week(field: Field, days: Sequence[str]) -> dict[str, Any]:
    return {
        "type": _CHECKS,
        "custom_id": field.name,
        "required": False,
        "min_values": 0,
        "max_values": len(DAY_NAMES),
        "options": [
            _option(value, label, chosen=value in days) for value, label in zip(DAY_NAMES, _DAYS, strict=True)
        ],
    }


def _days(value: str) -> Sequence[str] | None:
    """The days of a value; ``None`` where it is written otherwise (somebody's own words, to be typed again)."""
    days = value.split(",") if value else []
    return days if set(days) <= set(DAY_NAMES) else None


def _roles(field: Field) -> dict[str, Any]:
    made: dict[str, Any] = {
        "type": _ROLES,
        "custom_id": field.name,
        "required": False,
        "min_values": 0,
        "max_values": 1,
    }
    if field.value:
        made["default_values"] = [{"id": field.value, "type": "role"}]
    return made


def _select(field: Field, choices: Sequence[Choice]) -> dict[str, Any]:
    return {
        "type": _SELECT,
        "custom_id": field.name,
        "options": [
            _option(one.value, one.label, chosen=one.value == field.value)
            for one in choices[: limits.SELECT_OPTIONS]
        ],
        "required": field.required,
        "min_values": 1 if field.required else 0,
        "max_values": 1,
    }


def _with_present(field: Field, places: Sequence[Choice]) -> list[Choice]:
    """The places that fit into a menu, with the present one among them under the name it has now."""
    present = field.value.partition("|")[0]
    found = [Choice(field.value, one.label) if _same(one.value, present) else one for one in places]
    if present and all(one.value != field.value for one in found[: limits.SELECT_OPTIONS]):
        named = field.value.strip("<#>").partition("|")[2]
        here = next((one for one in found if one.value == field.value), Choice(field.value, f"#{named}"))
        found = [here, *(one for one in found if one is not here)]
    return found


def _same(value: str, present: str) -> bool:
    return bool(present) and value.partition("|")[0] == present


def _option(value: str, label: str, *, chosen: bool) -> dict[str, Any]:
    return {
        "label": _short(label, limits.OPTION_TEXT) or value[: limits.OPTION_TEXT],
        "value": value[: limits.OPTION_TEXT],
        "default": chosen,
    }


def _short(text: str, limit: int) -> str:
    return cut(escape.line(text), limit, unit=Unit.UTF16)
