"""What people type, cut into words: quotes, and the escapes that Slack puts around text. Pure.

Slack hands over channels, people and addresses in angle brackets, and ``& < >`` as entities
(https://docs.slack.dev/messaging/formatting-message-text, «escaping text»). Discord's own forms
(``<#123>``, ``<@123>``) pass through unchanged.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

_CURLY: Final = "“”„‟"
_QUOTES: Final = '"' + _CURLY
_ANGLED: Final = re.compile(r"<([#@!]?)([^<>|\s][^<>|]*)(?:\|([^<>]*))?>")  # noqa: TID251 - a pattern of ours
_ADDRESS: Final = re.compile(r"(?:https?|mailto|tel):", re.IGNORECASE)  # noqa: TID251 - a pattern of ours
_KEY: Final = re.compile(r"[A-Za-z][A-Za-z_-]*")  # noqa: TID251 - a pattern of ours
_ENTITIES: Final = (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&"))


@dataclass(frozen=True, slots=True)
class Word:
    """One word of a written command; quoted parts keep their spaces."""

    text: str
    """As typed, with straight quotes."""
    key: str = ""
    """What stands before the first colon, lower case with ``_`` for ``-``, where that could be a name."""
    value: str = ""
    """What stands after that colon, without the quotes if it is quoted as a whole."""
    quoted: bool = False
    """The value is quoted as a whole."""
    open: bool = False
    """A quote in it is never closed."""


def unescape(text: str) -> str:
    """Undo Slack's escapes, once.

    ``<#C1|general>`` becomes ``<#C1>``, ``<@U1|ann>`` becomes ``<@U1>``, a link its address. What Slack
    took for a link by itself (``<http://cs.AI|cs.AI>``) becomes the text again.
    """
    text = _ANGLED.sub(_angled, text)
    for entity, character in _ENTITIES:
        text = text.replace(entity, character)
    return text


def escape(text: str) -> str:
    """Write text so that :func:`unescape` gives it back; unchanged where it would be anyway."""
    if unescape(text) == text:
        return text
    for entity, character in reversed(_ENTITIES):
        text = text.replace(character, entity)
    return text


def _angled(match: re.Match[str]) -> str:
    sigil, body, label = match.group(1), match.group(2), match.group(3)
    if sigil:
        return f"<{sigil}{body}>"
    if not _ADDRESS.match(body):
        return match.group(0)
    address = body.removeprefix("mailto:").removeprefix("tel:")
    guessed = label is not None and address.lower().removeprefix("http://").rstrip("/") == label.lower()
    return label if guessed and label is not None else address


def words(text: str) -> Iterator[Word]:
    """Cut text at white space outside quotes. Curly double quotes that open or close count as straight."""
    at, end = 0, len(text)
    while at < end:
        if text[at].isspace():
            at += 1
            continue
        at, word = _word(text, at)
        yield word


def quote(text: str) -> str:
    """Put text between quotes, so that :func:`words` gives it back as a whole."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def unquote(text: str) -> str | None:
    """Undo :func:`quote`; ``None`` where the text is not quoted as a whole."""
    if not text.startswith('"'):
        return None
    at = 1
    while at < len(text) and text[at] != '"':
        at += 2 if text[at] == "\\" else 1
    if at != len(text) - 1:
        return None
    return re.sub(r"\\(.)", r"\1", text[1:-1], flags=re.DOTALL)


def short(text: str, most: int = 60) -> str:
    """What somebody typed, cut to fit into a sentence."""
    return text if len(text) <= most else text[: most - 1] + "…"


def _word(text: str, at: int) -> tuple[int, Word]:
    made: list[str] = []
    while at < len(text) and not text[at].isspace():
        if text[at] in _QUOTES:
            at, inner, closed = _quoted(text, at)
            made.append(inner)
            if not closed:
                return at, _split("".join(made), closed=False)
        else:
            made.append(text[at])
            at += 1
    return at, _split("".join(made), closed=True)


def _quoted(text: str, at: int) -> tuple[int, str, bool]:
    """Read from an opening quote to its partner: a curly one is closed by any quote, a straight one by its like."""
    closers = '"' if text[at] == '"' else _QUOTES
    start = at = at + 1
    while at < len(text):
        if text[at] == "\\" and at + 1 < len(text):
            at += 2
        elif text[at] in closers:
            return at + 1, f'"{text[start:at]}"', True
        else:
            at += 1
    return at, f'"{text[start:]}', False


def _split(text: str, *, closed: bool) -> Word:
    key, colon, value = text.partition(":")
    if not colon or not _KEY.fullmatch(key):
        return Word(text, open=not closed)
    inner = unquote(value) if closed else None
    return Word(
        text,
        key=key.lower().replace("-", "_"),
        value=value if inner is None else inner,
        quoted=inner is not None,
        open=not closed,
    )
