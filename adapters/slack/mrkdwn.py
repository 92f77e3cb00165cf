"""The one writer of Slack's markup, «mrkdwn» (https://docs.slack.dev/messaging/formatting-message-text).

Cards hold no markup, so every character of theirs is text. What makes it so here:

- ``&``, ``<`` and ``>`` are escaped once: nothing can become a mention, a link or a channel.
- ``*``, ``~`` and backticks, which Slack cannot escape, are replaced by characters that look the same
  and mean nothing; ``_`` likewise, except inside a word, where Slack leaves it alone. A zero-width
  space would not do: whether Slack ends a run there is not documented.
- ``:name:`` gets a zero-width space, so that it is no emoji; so does «>» at the head of a line, so that
  it is no quotation.
- Text objects are ``verbatim``: Slack adds no links or mentions of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote, urlsplit

from adapters.slack.limits import ELLIPSIS, cut, units
from bot.cards import Span, plain

BREAK: Final = "\u200b"
"""Zero-width space."""
LOOKALIKES: Final = str.maketrans({"*": "\u2217", "~": "\u223c", "`": "\u02cb"})
"""Asterisk operator, tilde operator, modifier letter grave accent."""
LOW_LINE: Final = "\u02cd"
BAR: Final = "\u2223"
"""«divides», for a bar in a link's label or a date's fallback."""

_LONE_LOW_LINE = re.compile(r"(?<![^\W_])_|_(?![^\W_])")  # noqa: TID251 - a pattern of ours, linear
_EMOJI = re.compile(r":(?=[a-z0-9_+'-]{1,100}:)", re.IGNORECASE)  # noqa: TID251 - a pattern of ours, linear
_QUOTE = re.compile(r"^(?=[ \t]*&gt;)", re.MULTILINE)  # noqa: TID251 - a pattern of ours, linear
_SPACE = re.compile(r"\s+")  # noqa: TID251 - a pattern of ours, linear
_URL_SAFE: Final = "!#$%&'()*+,/:;=?@[]~-._"
_GROWTH: Final = 6
"""No character's markup is longer than this, so that a cut by a sixth of the excess never cuts too much."""
_LINKED_SCHEMES: Final = ("http", "https", "mailto")


def escape(text: str) -> str:
    """Escape the three characters that begin or end everything special. For plain ``text`` fields."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def unescape(text: str) -> str:
    """Undo :func:`escape`, as needed for what people typed."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def inert(text: str) -> str:
    """Text of anybody's as markup that shows just that text."""
    text = _LONE_LOW_LINE.sub(LOW_LINE, text.translate(LOOKALIKES))
    text = _EMOJI.sub(":" + BREAK, text)
    return _QUOTE.sub(BREAK, escape(text))


def safe_url(url: str) -> str | None:
    """The address as it may stand in ``<…|…>`` or in a button, or ``None`` where it is no web or mail address."""
    url = quote(url.strip(), safe=_URL_SAFE)
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    if parts.scheme.lower() not in _LINKED_SCHEMES or not (parts.netloc or parts.scheme.lower() == "mailto"):
        return None
    return url


def link(url: str, label: str) -> str:
    """A link with a label, or the label alone where the address is no address. Space around stays outside."""
    label = _SPACE.sub(" ", label)
    core = label.strip()
    before, _, after = label.partition(core) if core else (label, "", "")
    safe = safe_url(url)
    text = inert(core.replace("|", BAR))
    if safe is None or not text:
        return before + text + after
    return f"{before}<{safe.replace('&', '&amp;')}|{text}>{after}"


def date(at: datetime, fallback: str) -> str:
    """A moment in the reader's own zone (https://docs.slack.dev/messaging/formatting-message-text#date-formatting)."""
    text = escape(_SPACE.sub(" ", fallback).replace("|", BAR).replace("^", " ")) or at.strftime(
        "%Y-%m-%d %H:%M UTC"
    )
    return f"<!date^{int(at.timestamp())}^{{date_short_pretty}} {{time}}|{text}>"


def code(text: str) -> str:
    """A run in a fixed-width face. Inside it only ``& < >`` and the backtick mean anything."""
    shown = _SPACE.sub(" ", text).strip()
    return f"`{escape(shown.replace('`', LOOKALIKES[ord('`')]))}`" if shown else ""


def preformatted(text: str, limit: int) -> str:
    """Lines in a fixed-width face, at most ``limit`` units with their fences, cut at a line's end."""
    room = limit - units("```\n\n```\n") - units(ELLIPSIS)
    lines: list[str] = []
    for line in text.replace("`", LOOKALIKES[ord("`")]).split("\n"):
        shown = escape(line)
        if units(shown) + 1 > room:
            lines.append(fitted(line, room - 1) if room > 2 else ELLIPSIS)
            break
        room -= units(shown) + 1
        lines.append(shown)
    return "```\n" + "\n".join(lines) + "\n```"


def write(run: Iterable[Span], limit: int) -> str:
    """Spans as markup of at most ``limit`` UTF-16 units; a span that does not fit is cut, links stay whole."""
    done = ""
    for span in run:
        piece = _joined(done, _span(span))
        if units(done) + units(piece) > limit:
            return done + _shortened(done, span, limit - units(done))
        done += piece
    return done


def _shortened(before: str, span: Span, room: int) -> str:
    """As much of a span as fits, or nothing."""
    kept = min(units(span.text) - 1, room)
    while kept > 1:
        piece = _joined(before, _span(_with_text(span, cut(span.text, kept))))
        excess = units(piece) - room
        if excess <= 0:
            return piece
        kept -= max(1, excess // _GROWTH)
    return ""


def fitted(text: str, limit: int) -> str:
    """Plain text, escaped, of at most ``limit`` units."""
    kept = limit
    while units(shown := escape(cut(text, kept))) > limit:
        kept -= max(1, (units(shown) - limit) // _GROWTH)
    return shown


def _with_text(span: Span, text: str) -> Span:
    return Span(text, bold=span.bold, italic=span.italic, code=span.code, url=span.url, at=None)


def _span(span: Span) -> str:
    if span.at is not None:
        return date(span.at, span.text)
    if span.url:
        return _styled_line(link(span.url, span.text), span, written=True)
    if span.code:
        return code(span.text)
    if not (span.bold or span.italic):
        return inert(span.text)
    return "\n".join(_styled_line(line, span) for line in span.text.split("\n"))


def _styled_line(line: str, span: Span, *, written: bool = False) -> str:
    """Styles hold only within a line, and only close to the letters; ``written`` is markup already."""
    core = line.strip()
    if not core:
        return line
    before, _, after = line.partition(core)
    return before + _styled(core if written else inert(core), span) + after


def _styled(markup: str, span: Span) -> str:
    if not markup:
        return markup
    if span.italic:
        markup = f"_{markup}_"
    return f"*{markup}*" if span.bold else markup


def _joined(before: str, piece: str) -> str:
    """Keep a style's mark off the letters of its neighbour: Slack wants a word's boundary there."""
    if (
        before
        and piece
        and _binds(before[-1])
        and _binds(piece[0])
        and (before[-1] in "*_`" or piece[0] in "*_`")
    ):
        return BREAK + piece
    return piece


def _binds(character: str) -> bool:
    return character.isalnum() or character in "*_`"


def text_object(markup: str) -> dict[str, Any]:
    """A mrkdwn text object that Slack shows as written."""
    return {"type": "mrkdwn", "text": markup, "verbatim": True}


def plain_object(text: str, limit: int) -> dict[str, Any]:
    """A plain text object: shown as it is, without emoji codes."""
    return {"type": "plain_text", "text": cut(_SPACE.sub(" ", text).strip(), limit) or "…", "emoji": False}


def line(run: Iterable[Span]) -> str:
    """Spans as one plain line."""
    return _SPACE.sub(" ", plain(run)).strip()
