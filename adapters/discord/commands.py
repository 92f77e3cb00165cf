"""The registry of verbs as Discord's application commands: ``/papers`` with a subcommand for each verb.

Pure: verbs go in, the JSON for Discord comes out, always the same for the same verbs, so that its hash says
whether Discord has to be told. https://discord.com/developers/docs/interactions/application-commands
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from adapters.discord import limits
from adapters.discord.locales import DESCRIPTIONS, MENU_NAMES
from adapters.discord.option_locales import OPTIONS
from bot.commands.model import Option, OptionKind, Verb
from bot.commands.verbs import OFFERED
from bot.text.cut import Unit, cut

ROOT: Final = "papers"
DISCUSS: Final = "Discuss this paper"
SAVE: Final = "Save this paper"
MENUS: Final[Mapping[str, str]] = {DISCUSS: "discuss", SAVE: "save"}
"""Commands in the menu of a message, and their verbs."""

_SUBCOMMAND, _STRING, _INTEGER, _BOOLEAN = 1, 3, 4, 5
_CHAT_INPUT, _MESSAGE = 1, 3
_COMPLETED: Final = frozenset(
    {
        OptionKind.QUERY,
        OptionKind.SUBSCRIPTION,
        OptionKind.PAPER,
        OptionKind.DESTINATION,
        OptionKind.DURATION,
        OptionKind.DAYS,
        OptionKind.ZONE,
        OptionKind.GROUP,
        OptionKind.SOURCES,
    }
)
_EVERYWHERE: Final[Mapping[str, Any]] = {
    "integration_types": [0, 1],  # into a server, and to a person
    "contexts": [0, 1, 2],  # servers, our direct messages, other private channels
    "default_member_permissions": None,  # everybody may have alerts by direct message; rights are checked at execution
}


def payload(verbs: Sequence[Verb] = OFFERED) -> list[dict[str, Any]]:
    """Everything to register, for one bulk overwrite."""
    root = {
        "type": _CHAT_INPUT,
        "name": ROOT,
        **_described("", "Paper alerts: new papers that match your interests."),
        "options": [_subcommand(verb) for verb in verbs],
        **_EVERYWHERE,
    }
    menus = [
        {"type": _MESSAGE, "name": name, "name_localizations": dict(MENU_NAMES[verb]), **_EVERYWHERE}
        for name, verb in MENUS.items()
    ]
    return [root, *menus]


def fingerprint(made: Sequence[Mapping[str, Any]]) -> str:
    """A hash of what is registered: equal for equal commands."""
    text = json.dumps(made, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def shapes(made: Sequence[Mapping[str, Any]]) -> frozenset[str]:
    """What commands can be given, whatever else Discord says of them: ``papers edit subscription:3``."""
    found = set()
    for command in made:
        found.add(f"{command['name']}/{command.get('type', _CHAT_INPUT)}")
        for sub in command.get("options") or ():
            found.add(f"{command['name']} {sub['name']}")
            found |= {
                f"{command['name']} {sub['name']} {option['name']}:{option['type']}"
                for option in sub.get("options") or ()
            }
    return frozenset(found)


def given(options: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """The options of an interaction as the text that people would have typed."""
    return {
        str(option["name"]): _typed(option.get("value"))
        for option in options
        if option.get("value") is not None
    }


def _typed(value: Any) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return str(value)


def _subcommand(verb: Verb) -> dict[str, Any]:
    options = sorted(
        verb.options, key=lambda option: not option.required
    )  # Discord wants the required ones first
    return {
        "type": _SUBCOMMAND,
        "name": verb.name,
        **_described(verb.name, verb.summary),
        "options": [_option(option) for option in options[: limits.COMMAND_OPTIONS]],
    }


def _option(option: Option) -> dict[str, Any]:
    made: dict[str, Any] = {
        "type": _STRING,
        "name": option.name,
        "description": _short(option.description, limits.COMMAND_DESCRIPTION),
        "required": option.required,
    }
    if translations := OPTIONS.get(option.description):
        made["description_localizations"] = dict(translations)
    if option.kind is OptionKind.INTEGER:
        made["type"] = _INTEGER
        if option.minimum is not None:
            made["min_value"] = option.minimum
        if option.maximum is not None:
            made["max_value"] = option.maximum
    elif option.kind is OptionKind.BOOLEAN:
        made["type"] = _BOOLEAN
    elif option.choices and len(option.choices) <= limits.COMMAND_CHOICES:
        made["choices"] = [
            {"name": _short(choice.label, limits.CHOICE_NAME), "value": choice.value}
            for choice in option.choices
        ]
    elif option.kind in _COMPLETED or option.choices:
        made["autocomplete"] = True
    return made


def _described(verb: str, text: str) -> dict[str, Any]:
    made: dict[str, Any] = {"description": _short(text, limits.COMMAND_DESCRIPTION)}
    if translations := DESCRIPTIONS.get(verb):
        made["description_localizations"] = dict(translations)
    return made


def _short(text: str, limit: int) -> str:
    return cut(text, limit, unit=Unit.UTF16)
