"""Cards as plain text for pipes and files: no boxes, no colours, one line of a card on one line."""

from __future__ import annotations

from collections.abc import Iterable

from adapters.console.layout import Face, Line, inert, safe_url
from bot.cards import Span

_RULE = "-" * 20


def plain_text(head: str, lines: Iterable[Line]) -> str:
    """The text, ended by an empty line; ``head`` says where it was posted and may be empty."""
    rows = [f"== {inert(head)} =="] if head else []
    rows.extend(_row(line) for line in lines)
    return "\n".join(rows) + "\n\n"


def _row(line: Line) -> str:
    if line.face is Face.RULE:
        return _RULE
    shown = "".join(_span(span) for span in line.spans)
    return line.lead + shown.replace("\n", "\n" + " " * len(line.lead))


def _span(span: Span) -> str:
    text, url = inert(span.text, lines=True), safe_url(span.url)
    return f"{text} <{url}>" if url and url != text else text
