"""Text from outside stays text: no mention, link, spoiler, fence or timestamp in it lives."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.discord import escape
from bot.cards import Span

# A token as Discord's client reads it, where no backslash stands before it.
UNESCAPED = r"(?<!\\)(?:\\\\)*"
LIVE = {
    "mention of a person, role, channel or section": UNESCAPED + r"<(?:@[!&]?|#|id:)\w+>",
    "command": UNESCAPED + r"</[^>\n]+:\d+>",
    "emoji": UNESCAPED + r"<a?:\w+:\d+>",
    "timestamp": UNESCAPED + r"<t:-?\d+(?::\w)?>",
    "everybody": r"@(?:everyone|here)",
    "masked link": UNESCAPED + r"\[[^\]\n]+\]\(",
    "bare link": r"https?://",
    "spoiler": UNESCAPED + r"\|\|",
    "code": UNESCAPED + r"`",
    "bold or italic": UNESCAPED + r"\*",
    "underline": UNESCAPED + r"_",
    "strike": UNESCAPED + r"~~",
    "emoji by name": UNESCAPED + r":[\w+-]+:",
    "heading, quote or list": r"(?m)^[ \t]*(?:#{1,3} |-# |>{1,3} |[-+*] |\d+\. )",
    "bidi or control": r"[\x00-\x08\x0b-\x1f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]",
}
HOSTILE = [
    "<@123456789012345678>",
    "<@!1>",
    "<@&123>",
    "<#123>",
    "</papers subscribe:123>",
    "<id:customize>",
    "<a:party:123>",
    "<t:0:R>",
    "@everyone",
    "@HERE",
    "\\\\<@1>",
    "[arxiv.org](https://evil.example)",
    "<https://evil.example>",
    "HTTPS://evil.example",
    "||spoiler||",
    "```fence```",
    "`code`",
    "**bold** _it_ ~~no~~ __u__",
    "# head",
    "-# small",
    ">>> quote",
    "- list",
    "1. list",
    ":tada:",
    "\u202egnp.exe",
    "a\u2066b\u2069",
    "\ud800",
    "line\r\n> quote",
]

hostile_text = st.lists(
    st.one_of(
        st.sampled_from(HOSTILE), st.text(max_size=8), st.sampled_from(list("\\<>[]()*_~`|@#:/-+.1 \n"))
    ),
    max_size=8,
).map("".join)


def live(text: str) -> list[str]:
    return [name for name, pattern in LIVE.items() if re.search(pattern, text, re.IGNORECASE)]


@pytest.mark.parametrize("text", HOSTILE)
def test_the_table_of_tokens_is_inert(text: str) -> None:
    assert live(text), "the table must hold live tokens, else this proves nothing"
    assert not live(escape.escape(text))


@given(hostile_text)
@settings(max_examples=300, deadline=None)
def test_no_live_token_survives(text: str) -> None:
    assert not live(escape.escape(text))


@given(st.lists(hostile_text, min_size=2, max_size=4))
@settings(max_examples=150, deadline=None)
def test_none_arises_where_spans_meet(texts: list[str]) -> None:
    spans = [Span(text, italic=number % 2 == 1) for number, text in enumerate(texts)]
    made = escape.markdown(spans)
    allowed = {"bold or italic"}  # the italics are ours
    assert not set(live(made)) - allowed


@given(hostile_text)
@settings(max_examples=150, deadline=None)
def test_code_cannot_be_left(text: str) -> None:
    made = escape.code(text)
    assert not made or (made[0] == made[-1] == "`" and "`" not in made[1:-1] and "\n" not in made)
    assert escape.fence(text).count("```") == 2


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "ftp://example.org",
        "https://",
        "//example.org",
        "https://[",
        "",
        "discord://x",
        "https://exa[mple.org/",
    ],
)
def test_only_web_addresses_are_linked(url: str) -> None:
    assert escape.markdown([Span("label", url=url)]) == "label"


def test_an_address_cannot_end_its_link() -> None:
    made = escape.markdown([Span("here", url="https://example.org/a) [evil](https://evil.example")])
    assert made.count("](") == 1
    assert made == "[here](https://example.org/a%29%20%5Bevil%5D%28https://evil.example)"


def test_styles() -> None:
    assert escape.markdown([Span("a ", bold=True), Span("b", italic=True)]) == "**a** *b*"
    assert escape.markdown([Span("a", bold=True), Span("b", italic=True)]) == "**a**\u200b*b*"
    assert escape.markdown([Span("a", bold=True), Span("b", bold=True)]) == "**ab**"
    assert escape.markdown([Span("x*y", code=True)]) == "`x*y`"
    assert escape.markdown([Span("t", bold=True, url="https://e.org")]) == "**[t](https://e.org)**"


def test_moments_are_shown_in_the_readers_zone() -> None:
    at = datetime(2026, 11, 20, 9, tzinfo=UTC)
    stamp = int(at.timestamp())
    assert escape.markdown([Span("3 days ago", at=at)]) == f"<t:{stamp}:R>"
    assert escape.markdown([Span("Mon 23 Nov 08:00", at=at)]) == f"<t:{stamp}:f>"
    assert escape.markdown([Span("20 Nov", at=at)]) == f"<t:{stamp}:D>"
