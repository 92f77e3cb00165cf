"""What listings give becomes what is stored, matched and shown: clean text on one line, within bounds.

Applied by the poller to each paper of each source, once; applying it again changes nothing.
"""

from __future__ import annotations

import unicodedata
from dataclasses import replace
from typing import Final
from urllib.parse import urlsplit

import regex

from bot.models import Paper, Sighting
from bot.text.cut import cut
from bot.text.html import strip_html
from bot.text.latex import latex

TITLE: Final = 1_000
"""Code points of a title; real ones have some 400 at most."""
ABSTRACT: Final = 20_000
AUTHORS: Final = 5_000
AUTHOR: Final = 200
CATEGORIES: Final = 50
KEYWORDS: Final = 100
LINKED: Final = 20
NOTE: Final = 2_000
"""Code points of a comment or a journal reference."""
NAME: Final = 300
"""Code points of an organisation, a category, a keyword."""
LINK: Final = 2_000
"""A longer address is left out: cut, it would lead elsewhere."""
_RAW: Final = 5
"""Of a raw text at most so many times its bound is read: markup shrinks."""
_PASSES: Final = 8

_TROUBLE: Final = regex.compile(r"[^ -~]|[\\$^_~{`<&]|^ | $|  ")
_SURROGATE: Final = regex.compile(r"[\ud800-\udfff]")
_INVISIBLE: Final = regex.compile(
    r"(?V1)[[\p{Cc}\p{Default_Ignorable_Code_Point}\p{Bidi_Control}\p{Noncharacter_Code_Point}\ufff9-\ufffb]"
    r"--[\s\u200c\u200d\ufe00-\ufe0f\U000e0100-\U000e01ef]]"
    # Joiners stay where they join: within an emoji, and between letters of scripts that need them.
    r"|(?<![\p{Extended_Pictographic}\p{Emoji_Modifier}\ufe0f\p{M}\p{Lo}])\u200d"
    r"|\u200d(?![\p{Extended_Pictographic}\p{Lo}])"
    r"|(?<![\p{M}\p{Lo}])\u200c|\u200c(?!\p{Lo})"
)
"""Control, bidirectional and zero-width characters: they hide or reorder what is read. Whitespace is folded apart;
variation selectors stay, names are written with them."""
_SPACE: Final = regex.compile(r"\s+")


def tidy(paper: Paper) -> Paper:
    """The same paper with clean texts and safe links; nothing else changes, and a second time nothing at all.

    LaTeX, HTML and entities become Unicode (NFC); control, bidirectional and zero-width characters go; whitespace,
    paragraphs included, is folded to single spaces; each text has its bound, cut at a word with «…». Of links
    only ``http`` and ``https`` survive. A paper without a title is called by its id.
    """
    return replace(
        paper,
        title=tidy_text(paper.title, TITLE) or paper.short_id,
        abstract=tidy_text(paper.abstract, ABSTRACT),
        authors=_texts(paper.authors, AUTHORS, AUTHOR),
        categories=_texts(paper.categories, CATEGORIES, NAME),
        keywords=_texts(paper.keywords, KEYWORDS, NAME),
        organization=_optional(paper.organization, NAME),
        comment=_optional(paper.comment, NOTE),
        journal_ref=_optional(paper.journal_ref, NOTE),
        url=_link(paper.url) or "",
        pdf_url=_link(paper.pdf_url),
        code_url=_link(paper.code_url),
        project_url=_link(paper.project_url),
        thumbnail_url=_link(paper.thumbnail_url),
        linked=tuple(
            replace(one, name=tidy_text(one.name, NAME), url=url)
            for one in paper.linked[:LINKED]
            if (url := _link(one.url))
        ),
        sightings=tuple(_sighting(seen) for seen in paper.sightings),
    )


def tidy_text(text: str, limit: int) -> str:
    """One clean line of at most ``limit`` code points."""
    text = text[: limit * _RAW]
    for _ in range(_PASSES):
        if not _TROUBLE.search(text):
            break
        read = clean_characters(latex(strip_html(_SURROGATE.sub("\ufffd", text))))
        if read == text:
            break
        text = read
    return cut(text, limit)


def clean_characters(text: str) -> str:
    """NFC without control, bidirectional and zero-width characters, whitespace folded to single spaces."""
    return unicodedata.normalize("NFC", _SPACE.sub(" ", _INVISIBLE.sub("", text)).strip())


def _texts(texts: tuple[str, ...], most: int, limit: int) -> tuple[str, ...]:
    made = (tidy_text(text, limit) for text in texts[:most])
    return tuple(text for text in made if text)


def _optional(text: str | None, limit: int) -> str | None:
    return tidy_text(text, limit) or None if text else None


def _sighting(seen: Sighting) -> Sighting:
    return replace(seen, url=_link(seen.url), submitted_by=_optional(seen.submitted_by, NAME))


def _link(url: str | None) -> str | None:
    """The address if a person may be sent there: http or https, with a host, on one line, without tricks."""
    if not url:
        return None
    url = url.strip()
    if len(url) > LINK or _SPACE.search(url) or _INVISIBLE.search(url) or _SURROGATE.search(url):
        return None
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    return url if parts.scheme in {"http", "https"} and parts.hostname else None
