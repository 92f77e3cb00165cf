"""Buttons and menus: what a press carries, and what becomes of it after a restart.

A press carries a written command and nothing else (``p1:mute s7``), so nothing needs to be remembered
between posting a card and the press, however much later. The command is parsed and its permission checked
like a typed one; who pressed, and where, is what Discord says of the interaction. ``p1`` is the version of
this form: cards posted by older versions stay readable as long as their prefix is listed here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any, Final

from adapters.discord import escape, limits
from bot.cards import Action, ActionStyle
from bot.text.cut import Unit, cut

Component = dict[str, Any]

MENU: Final = "p1-menu"
"""The custom id of the menu «More…»; its values are written commands."""
_PRESS: Final = re.compile(r"p1(?P<asks>\?)?(?:\.\d+)?:(?P<command>.+)", re.DOTALL)  # noqa: TID251 — our own pattern

_ACTION_ROW: Final = 1
_BUTTON: Final = 2
_SELECT: Final = 3
_STYLES: Final = {ActionStyle.PLAIN: 2, ActionStyle.PRIMARY: 1, ActionStyle.DANGER: 4}
_LINK: Final = 5


def command_of(custom_id: str, values: Sequence[str] = ()) -> str | None:
    """The written command that a press carries; ``None`` for a control that is not ours."""
    if custom_id == MENU:
        return values[0] if values else None
    found = _PRESS.fullmatch(custom_id)
    return found["command"] if found else None


def asks_first(custom_id: str) -> bool:
    """Is it a button that has a question asked before its command is carried out (``p1?:forget-me erase``)?"""
    found = _PRESS.fullmatch(custom_id)
    return found is not None and found["asks"] is not None


class Controls:
    """Makes the buttons of one message, with custom ids that are unique in it.

    https://discord.com/developers/docs/components/reference#button
    """

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def button(self, action: Action) -> Component | None:
        """The button for an action, or ``None`` where Discord could not show it."""
        label = cut(escape.line(action.label), limits.BUTTON_LABEL, unit=Unit.UTF16) or "Open"
        if action.command:
            custom_id = self._free(action.command, "p1?" if action.confirm else "p1")
            if custom_id is None:
                return None
            return {"type": _BUTTON, "style": _STYLES[action.style], "label": label, "custom_id": custom_id}
        url = escape.safe_url(action.url, limits.BUTTON_URL)
        return {"type": _BUTTON, "style": _LINK, "label": label, "url": url} if url else None

    def rows(self, actions: Iterable[Action], most: int = 2) -> list[Component]:
        """Action rows of up to five buttons each."""
        made = [button for action in actions if (button := self.button(action))]
        size = limits.ROW_BUTTONS
        made = made[: most * size]
        return [
            {"type": _ACTION_ROW, "components": made[start : start + size]}
            for start in range(0, len(made), size)
        ]

    def _free(self, command: str, form: str) -> str | None:
        for number in range(100):
            custom_id = f"{form}:{command}" if not number else f"{form}.{number}:{command}"
            if len(custom_id) > limits.CUSTOM_ID:
                return None
            if custom_id not in self._taken:
                self._taken.add(custom_id)
                return custom_id
        return None


def menu(entries: Iterable[tuple[str, str]]) -> Component | None:
    """The menu «More…» from labels and commands; at most 25, each command once."""
    options: dict[str, Component] = {}
    for label, command in entries:
        text = cut(escape.line(label), limits.OPTION_TEXT, unit=Unit.UTF16)
        if text and len(command) <= limits.OPTION_TEXT and len(options) < limits.SELECT_OPTIONS:
            options.setdefault(command, {"label": text, "value": command})
    if not options:
        return None
    select = {
        "type": _SELECT,
        "custom_id": MENU,
        "placeholder": "More…",
        "options": list(options.values()),
        "min_values": 1,
        "max_values": 1,
    }
    return {"type": _ACTION_ROW, "components": [select]}
