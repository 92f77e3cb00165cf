"""Lengths and counts that Slack refuses to exceed, and how text is cut to them.

Block Kit: https://docs.slack.dev/reference/block-kit/blocks and …/block-elements;
messages: https://docs.slack.dev/reference/methods/chat.postMessage.
Lengths are counted in UTF-16 units of the escaped text, which is never less than any other count.
"""

from __future__ import annotations

from typing import Final

from bot.text.cut import Unit, length
from bot.text.cut import cut as shortened

MESSAGE_BLOCKS: Final = 50
VIEW_BLOCKS: Final = 100
MESSAGE_TEXT: Final = 3900
"""Slack advises 4,000 and has doubled longer messages (https://github.com/slackapi/bolt-python/issues/764)."""
MESSAGE_BLOCKS_TEXT: Final = 12_000
"""All text of a message's blocks together; more is ``msg_blocks_too_long``."""

SECTION_TEXT: Final = 3000
HEADER_TEXT: Final = 150
CONTEXT_TEXT: Final = 2000
ACTIONS_ELEMENTS: Final = 25
BUTTON_TEXT: Final = 75
BUTTON_VALUE: Final = 2000
BUTTON_URL: Final = 3000
OPTION_TEXT: Final = 75
OPTION_VALUE: Final = 150
OVERFLOW_OPTIONS: Final = 5
SELECT_OPTIONS: Final = 100
CONFIRM_TITLE: Final = 100
CONFIRM_TEXT: Final = 300
CONFIRM_BUTTON: Final = 30
IMAGE_URL: Final = 3000
ALT_TEXT: Final = 2000

VIEW_TITLE: Final = 24
VIEW_BUTTON: Final = 24
INPUT_LABEL: Final = 2000
INPUT_HINT: Final = 2000
INPUT_VALUE: Final = 3000
PLACEHOLDER: Final = 150

CARD_TITLE: Final = 150
CARD_SUBTITLE: Final = 150
CARD_BODY: Final = 200
CARD_ACTIONS: Final = 3
CAROUSEL_CARDS: Final = 10
CONTAINER_TITLE: Final = 150

ELLIPSIS: Final = "…"


def units(text: str) -> int:
    """The length of a text in UTF-16 units."""
    return length(text, Unit.UTF16)


def cut(text: str, limit: int) -> str:
    """Shorten to ``limit`` UTF-16 units, between characters as people see them, marked by «…»."""
    return shortened(text, limit, unit=Unit.UTF16)
