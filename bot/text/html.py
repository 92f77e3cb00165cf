"""HTML, JATS and MathML in titles and abstracts become text; what merely looks like a tag stays."""

from __future__ import annotations

import html
from typing import Final

import nh3
import regex

from bot.text.latex_symbols import script

_ELEMENTS: Final = (
    r"abbr|alternatives|annotation|annotation-xml|article|bold|body|blockquote|center|cite|code|dd|del|disp-formula|div|dl|"
    r"dt|em|ext-link|figcaption|figure|font|h[1-6]|head|html|iframe|inline-formula|ins|italic|kbd|label|li|link|list|"
    r"list-item|mark|math|menclose|merror|mfenced|mfrac|mi|mn|mo|mover|mpadded|mphantom|mroot|mrow|ms|mspace|msqrt|mstyle|"
    r"msub|msubsup|msup|mtable|mtd|mtext|mtr|munder|munderover|object|ol|pre|samp|sc|script|sec|section|semantics|small|"
    r"span|strike|strong|style|sub|sup|svg|table|tbody|td|tex-math|th|thead|title|tr|tt|ul|underline|var|xref|"
    r"[abipqsu]|(?:jats|mml|m|xhtml|html):[a-z][a-z0-9-]*"
)
_ALONE: Final = r"br|hr|img|p|wbr"
_ATTRIBUTES: Final = r"(?:\s+[\w:.-]+\s*=\s*(?:\"[^\"<>]*\"|'[^'<>]*'|[^\s<>\"']+))*"
_COMMENT: Final = r"<!--(?:(?!<!--).)*?-->"
_FLAGS: Final = regex.IGNORECASE | regex.DOTALL
_TAG: Final = regex.compile(rf"</?(?:{_ELEMENTS}|{_ALONE}){_ATTRIBUTES}\s*/?>|{_COMMENT}", _FLAGS)
_EVIDENCE: Final = regex.compile(
    rf"</(?:{_ELEMENTS})\s*>|<(?:{_ALONE}){_ATTRIBUTES}\s*/?>|{_COMMENT}", _FLAGS
)
"""Only with an end tag, or one that needs none, is a text taken for HTML: «the <s> token» and «a<b» are not."""
_CDATA: Final = regex.compile(r"<!\[CDATA\[((?:(?!<!\[CDATA\[).)*?)\]\]>", _FLAGS)
_BLOCK: Final = regex.compile(
    r"(?=</?(?:\w+:)?(?:p|br|hr|div|li|h[1-6]|title|sec|section|tr|td|th|dt|dd|list-item|disp-formula)\b)",
    _FLAGS,
)
_SCRIPT: Final = regex.compile(r"<(?:\w+:)?(su[pb])>([^<>]{1,40})</(?:\w+:)?\1>", _FLAGS)
_MATHML: Final = regex.compile(
    r"<(?:\w+:)?m(su[pb])\b[^<>]*>\s*<(?:\w+:)?m[a-z]+\b[^<>]*>([^<>]*)</[^<>]+>"
    r"\s*<(?:\w+:)?m[a-z]+\b[^<>]*>([^<>]*)</[^<>]+>\s*</(?:\w+:)?m\1>",
    _FLAGS,
)
_NO_TEXT: Final = {"annotation", "annotation-xml", "iframe", "object", "script", "style", "tex-math"}
"""Elements whose content says the same again, or nothing to a reader."""
_PREFIXES: Final = ("", "jats:", "mml:", "m:")
_ENTITY: Final = regex.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_OPENING: Final = regex.compile(r"<")


def strip_html(text: str) -> str:
    """The text that a browser would show, on however many lines; entities are decoded.

    Raised and lowered characters keep their meaning (10<sup>5</sup> becomes «10⁵»). A text without a sign of
    HTML comes back as it is, but for entities that end in a semicolon.
    """
    if "<" in text:
        text = _CDATA.sub(r"\1", text)
        if _EVIDENCE.search(text):
            return _shown(text)
    if "&" in text:
        text = _ENTITY.sub(lambda found: html.unescape(found.group()), text)
    return text


def _shown(text: str) -> str:
    text = _MATHML.sub(lambda found: found[2].strip() + _script(found[1], found[3]), text)
    text = _SCRIPT.sub(lambda found: _script(found[1], html.unescape(found[2])), text)
    tags = {found.start() for found in _TAG.finditer(text)}
    escaped = _OPENING.sub(lambda found: "<" if found.start() in tags else "&lt;", text)
    bare = nh3.clean(
        _BLOCK.sub(" ", escaped),
        tags=set(),
        clean_content_tags={prefix + name for prefix in _PREFIXES for name in _NO_TEXT},
    )
    return html.unescape(bare)


def _script(element: str, text: str) -> str:
    return html.escape(script("^" if element.casefold() == "sup" else "_", text), quote=False)
