r"""Spans become Discord's Markdown; text from outside stays text.

Titles, names and queries may hold anything: mentions, masked links, spoilers, code fences, block
markers, timestamps, bidi controls. All of it is made inert here, and only here:

* every character that starts a construct gets a backslash (``\*``, ``\<``, ``\[``);
* ``@everyone`` and ``@here`` are parted by a zero-width space, because the backslash does not stop them;
* ``https\://`` does not become a link; links are only those that a Span names;
* control, bidi and unpaired surrogate characters are left out.

What the marks mean: https://discord.com/developers/docs/reference#message-formatting and
https://support.discord.com/hc/articles/210298617. Messages are sent with empty ``allowed_mentions`` besides.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from urllib.parse import quote, urlsplit

from bot.cards import Span

_UNSEEN = re.compile(  # noqa: TID251 — our own pattern
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2060-\u2069\ufeff\ud800-\udfff]"
)
_INLINE = re.compile(r"([\\*_~`|<\[\]])")  # noqa: TID251 — our own pattern
_SHORTCODE = re.compile(r":(?=[\w+-]+:)")  # noqa: TID251 — our own pattern
_BLOCK = re.compile(r"^([ \t]*)(#|>|-|\+)", re.MULTILINE)  # noqa: TID251 — our own pattern
_ORDERED = re.compile(r"^([ \t]*\d+)\.", re.MULTILINE)  # noqa: TID251 — our own pattern
_EVERYBODY = re.compile(r"@(?=everyone|here)", re.IGNORECASE)  # noqa: TID251 — our own pattern
_CLOCK_TIME = re.compile(r"\d:\d\d")  # noqa: TID251 — our own pattern
_PART = "\u200b"
"""Parts two marks that would otherwise run together; nobody sees it."""


def clean(text: str) -> str:
    """Leave out what cannot be seen or sent: controls, bidi overrides, unpaired surrogates."""
    return _UNSEEN.sub("", text.replace("\r\n", "\n").replace("\t", " "))


def line(text: str) -> str:
    """Clean text on one line, for places that take no Markdown (labels, names, placeholders)."""
    return " ".join(clean(text).split())


def escape(text: str) -> str:
    """Make every mark in a text inert."""
    text = _INLINE.sub(r"\\\1", clean(text))
    text = _SHORTCODE.sub(r"\\:", text)
    text = _BLOCK.sub(r"\1\\\2", text)
    text = _ORDERED.sub(r"\1\\.", text)
    text = text.replace("://", "\\://")
    return _EVERYBODY.sub(f"@{_PART}", text)


def code(text: str) -> str:
    """Text in a fixed-width face on one line. A backtick inside becomes its look-alike ˋ."""
    inner = line(text).replace("`", "ˋ")
    return f"`{inner}`" if inner else ""


def fence(text: str) -> str:
    """Lines in a fixed-width face; a fence inside is broken up."""
    return f"```\n{clean(text).replace('``', f'`{_PART}`')}\n```"


def safe_url(url: str | None, limit: int = 2048) -> str | None:
    """The address in a form that cannot end a link early, or ``None`` where it is no web address."""
    if not url:
        return None
    quoted = quote(line(url), safe="/:?#@!$&'*+,;=%~-._", errors="replace")
    try:
        parts = urlsplit(quoted)
    except ValueError:
        return None
    if (
        parts.scheme not in {"http", "https"}
        or not parts.hostname
        or "%" in parts.netloc
        or len(quoted) > limit
    ):
        return None
    return quoted


def markdown(run: Iterable[Span], *, links: bool = True) -> str:
    """The run as Markdown. With ``links`` off (inside a place that allows none) only the labels stay."""
    made = ""
    for span in _joined(run):
        piece = _one(span, links=links)
        if made and piece and _touch(made[-1], piece[0]):
            made += _PART
        made += piece
    return made


def _touch(left: str, right: str) -> bool:
    marks = "*_`~|"
    return left in marks and right in marks


def _joined(run: Iterable[Span]) -> Iterator[Span]:
    """Neighbours of one style become one span, so that their marks do not meet."""
    held: Span | None = None
    for span in run:
        if not span.text:
            continue
        if (
            held is not None
            and span.at is None
            and held.at is None
            and replace(held, text="") == replace(span, text="")
        ):
            held = replace(held, text=held.text + span.text)
            continue
        if held is not None:
            yield held
        held = span
    if held is not None:
        yield held


def _one(span: Span, *, links: bool) -> str:
    if span.at is not None:
        return f"<t:{int(span.at.timestamp())}:{_style(span.text)}>"
    text = code(span.text) if span.code else escape(span.text)
    body = text.strip()
    if not body:
        return " " if span.text else ""
    before, after = text[: len(text) - len(text.lstrip())], text[len(text.rstrip()) :]
    url = safe_url(span.url) if links else None
    if url:
        body = f"[{body}]({url})"
    if span.italic:
        body = f"*{body}*"
    if span.bold:
        body = f"**{body}**"
    return f"{before}{body}{after}"


def _style(fallback: str) -> str:
    """The style of a timestamp says as much as its fallback does.

    https://discord.com/developers/docs/reference#message-formatting-timestamp-styles
    """
    if fallback.startswith("in ") or fallback.endswith("ago"):
        return "R"
    return "f" if _CLOCK_TIME.search(fallback) else "D"
