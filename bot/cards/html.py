"""Cards as HTML: one self-contained page that asks nothing of the network.

Every string is escaped, only ``http`` and ``https`` become links, and the page forbids scripts and requests by its
own policy. Pictures are therefore links and thumbnails are left out: a preview tells no server that it was
looked at. Each line finds its own direction, so that Arabic and Hebrew titles read rightly.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import Final
from urllib.parse import urlsplit

from bot.cards.card import (
    Action,
    ActionStyle,
    Block,
    Card,
    Code,
    Heading,
    Item,
    Note,
    Paragraph,
    Picture,
    Rule,
    Span,
)
from bot.cards.html_style import STYLE

POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
"""The page's Content-Security-Policy (https://www.w3.org/TR/CSP3/)."""


def page(cards: Iterable[Card], title: str, *, subtitle: str = "") -> str:
    """A whole HTML document: light or dark as the reader's system is, and readable on a phone."""
    under = f'<p class="subtitle">{_text(subtitle)}</p>' if subtitle else ""
    shown = "\n".join(fragment(card) for card in cards)
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="referrer" content="no-referrer">\n<meta name="color-scheme" content="light dark">\n'
        f"<title>{_text(title)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n"
        f"<header><h1>{_text(title)}</h1>{under}</header>\n<main>\n{shown}\n</main>\n</body>\n</html>\n"
    )


def fragment(card: Card) -> str:
    """One card as an ``<article>``; :data:`bot.cards.html_style.STYLE` makes it look like one."""
    kind = card.kind.value
    accent = card.accent if card.accent in {"arxiv", "huggingface", "error", "notice"} else "other"
    parts = [f'<article class="card {kind} from-{accent}" aria-label="{_text(card.fallback)}">']
    parts.extend(_blocks(card.blocks))
    parts.extend(
        f'<p class="note">📎 {_text(file.name)} ({len(file.content):,} bytes)</p>' for file in card.files
    )
    parts.append(_actions(card.actions))
    parts.append("</article>")
    return "\n".join(part for part in parts if part)


def _blocks(blocks: Sequence[Block]) -> Iterable[str]:
    """Blocks in order; items that follow one another become one list."""
    listed = False
    for block in blocks:
        if isinstance(block, Item) != listed:
            listed = not listed
            yield "<ul>" if listed else "</ul>"
        yield _block(block)
    if listed:
        yield "</ul>"


def _block(block: Block) -> str:
    if isinstance(block, Heading):
        return f'<h2 dir="auto">{_spans(block.spans)}</h2>'
    if isinstance(block, Paragraph):
        return f'<p dir="auto">{_spans(block.spans)}</p>'
    if isinstance(block, Note):
        return f'<p class="note" dir="auto">{_spans(block.spans)}</p>'
    if isinstance(block, Item):
        note = f'<span class="note" dir="auto">{_spans(block.note)}</span>' if block.note else ""
        offered = tuple(action for action in (block.action, *block.actions) if action)
        return f'<li><span class="line" dir="auto">{_spans(block.spans)}</span>{note}{_actions(offered)}</li>'
    if isinstance(block, Code):
        return f"<pre>{_text(block.text, lines=True)}</pre>"
    if isinstance(block, Picture):
        return _picture(block)
    if isinstance(block, Rule):
        return "<hr>"
    raise AssertionError(block)


def _spans(spans: Iterable[Span]) -> str:
    return "".join(_span(span) for span in spans)


def _span(span: Span) -> str:
    shown = _text(span.text, lines=True).replace("\n", "<br>")
    if span.at is not None:
        shown = f'<time datetime="{span.at.isoformat()}" title="{span.at:%Y-%m-%d %H:%M} UTC">{shown}</time>'
    for wanted, element in ((span.code, "code"), (span.italic, "i"), (span.bold, "b")):
        if wanted:
            shown = f"<{element}>{shown}</{element}>"
    return _link(span.url, shown)


def _link(url: str | None, shown: str, classes: str = "") -> str:
    if not is_web(url):
        return shown
    named = f' class="{classes}"' if classes else ""
    return f'<a{named} href="{_text(url or "")}" rel="noopener noreferrer">{shown}</a>'


def _actions(actions: Sequence[Action]) -> str:
    """Buttons that say what they would do: links work, commands are named in their tooltip."""
    direct = "".join(_action(action) for action in actions if not action.more)
    more = "".join(_action(action) for action in actions if action.more)
    if more:
        direct += f'<details><summary aria-label="more">⋯</summary><div class="menu">{more}</div></details>'
    return f'<div class="actions">{direct}</div>' if direct else ""


def _action(action: Action) -> str:
    style = "" if action.style is ActionStyle.PLAIN else f" {action.style.value}"
    if action.command is None:
        return _link(action.url, f"{_text(action.label)} ↗", f"button{style}")
    return f'<span class="button{style}" title="{_text(action.command)}">{_text(action.label)}</span>'


def _picture(picture: Picture) -> str:
    return f'<p class="picture">{_link(picture.url, "🖼 " + _text(picture.alt))}</p>'


def is_web(url: str | None) -> bool:
    """Is it an address that a reader may be sent to: ``http`` or ``https``?"""
    try:
        return bool(url) and urlsplit(url or "").scheme in {"http", "https"}
    except ValueError:
        return False


def _text(text: str, *, lines: bool = False) -> str:
    """Escaped for text and for attributes alike; what a file in UTF-8 cannot hold is shown as «�»."""
    text = text.encode("utf-8", "replace").decode().replace("\x00", "\ufffd")
    return escape(text if lines else " ".join(text.splitlines()), quote=True)
