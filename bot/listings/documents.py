"""Reading JSON that strangers send, and taking values of the right kind out of it (pure).

Every accessor gives ``None`` or an empty value for what is missing or of another kind: the schema of
a listing grows and shrinks without notice.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from typing import Any, Final

from bot.errors import ListingMalformed

MOST_ITEMS: Final = 2_000
"""Rows of one answer that are read; the rest counts as skipped."""
_LINE_BREAKS: Final = dict.fromkeys(map(ord, "\t\r\n"))
_LARGEST: Final = 2**53
"""Counts beyond what JSON numbers carry exactly are no counts."""


def load(data: bytes) -> Any:
    """The JSON value in ``data``. Raises ListingMalformed for everything else."""
    head = data[:200].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if not head:
        raise ListingMalformed("The answer is empty.")
    if head.startswith(b"<"):
        raise ListingMalformed("The answer is a web page and not the list it should be.")
    try:
        return json.loads(data, parse_constant=lambda _: None, parse_int=_integer)
    except (ValueError, RecursionError) as error:
        raise ListingMalformed("The answer is no complete JSON document.") from error


def mapping(value: object) -> Mapping[str, Any]:
    """An object, or an empty one."""
    return value if isinstance(value, dict) else {}


def items(value: object) -> list[Any]:
    """A list, or an empty one."""
    return value if isinstance(value, list) else []


def text(*values: object) -> str:
    """The first of them that is a text with something in it, stripped; lone surrogates become «?»."""
    for value in values:
        if isinstance(value, str) and (found := value.strip()):
            return found.encode("utf-8", "replace").decode()
    return ""


def texts(values: Iterable[object]) -> tuple[str, ...]:
    """Those that are texts with something in them."""
    return tuple(found for value in values if (found := text(value)))


def count(*values: object) -> int | None:
    """The first of them that is a count: a whole number from 0 on. Unknown is ``None`` and not 0."""
    for value in values:
        if isinstance(value, bool):
            continue
        if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) < 16:
            return int(value)
        if isinstance(value, float) and math.isfinite(value) and value == int(value):
            value = int(value)  # noqa: PLW2901
        if isinstance(value, int) and 0 <= value < _LARGEST:
            return value
    return None


def moment(*values: object) -> datetime | None:
    """The first of them that is a date or a time in ISO 8601, in UTC; without a zone it is taken for UTC."""
    for value in values:
        if not isinstance(value, str) or not 8 <= len(value.strip()) <= 40:
            continue
        try:
            found = datetime.fromisoformat(value.strip())
            return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
        except (ValueError, OverflowError):
            continue
    return None


def day(*values: object) -> date | None:
    """The day of the first of them that is a date or a time, in UTC."""
    found = moment(*values)
    return found.date() if found else None


def web_address(*values: object) -> str | None:
    """The first of them that is an http or https link; every other scheme is no link of ours."""
    for value in values:
        found = text(value).translate(_LINE_BREAKS)  # as browsers do
        if found.lower().startswith(("https://", "http://")) and len(found) <= 2_000 and found.isprintable():
            return found.replace(" ", "%20")
    return None


def _integer(digits: str) -> int | None:
    return int(digits) if len(digits) <= 18 else None
