"""The names by which Slack calls us: of the command, the shortcuts and the views."""

from __future__ import annotations

from typing import Final

COMMAND_NAME: Final = "/papers"
DISCUSS: Final = "pigeon_discuss"
SAVE: Final = "pigeon_save"
FIND: Final = "pigeon_find"
NEW_SUBSCRIPTION: Final = "pigeon_new_subscription"
FORM: Final = "pigeon.form.1"
"""Callback id of every form; the number is the format's version."""
SHOWN: Final = "pigeon.shown"
"""Callback id of a modal that only shows something."""
