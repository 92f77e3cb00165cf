"""Ovid's search language: suffixes for fields, ``exp Heading/``, ``adj3``, ``$``.

Described at https://ospguides.ovid.com/OSPguides/medline.htm.
"""

from __future__ import annotations

import re
from typing import Final

from bot.query.phrases import Notes, heading, phrase

_CODES: Final = "ti|ab|tw|mp|kw|kf|ot|af|sh|hw|rn|pt|fs|nm|tx|au|px|tu"
_FIELDS: Final = rf"\.\s?(?P<fields>(?:{_CODES})(?:\s?[,.]\s?(?:{_CODES}))*)\b\s?[,.]*"
_SUFFIX = re.compile(rf"\s*{_FIELDS}", re.IGNORECASE)  # noqa: TID251 - a pattern of ours
_TELLING = re.compile(  # noqa: TID251 - a pattern of ours
    rf"[\w\")*$]\s?{_FIELDS}(?=\s|$|\))|\badj\d\b|\b(?:or|and)/\d|\bexp\s[^/\n]{{2,60}}/|^[A-Za-z][\w ,'-]{{2,60}}/\s*$",
    re.IGNORECASE | re.MULTILINE,
)
_HEADING = re.compile(r"/(?:\s*[a-z]{2}\b,?)*\s*$", re.IGNORECASE)  # noqa: TID251 - a pattern of ours
"""``Aspirin/`` and, with subheadings, ``Aspirin/ad, tu``."""
_PIECE = re.compile(  # noqa: TID251 - a pattern of ours
    r'(?P<quoted>"[^"]*"(?:/[\w ,]*)?)|(?P<sign>[()]|\b(?:and|or|not|adj\d*)\b)'
    rf"|(?P<word>(?:(?!\.\s?(?:{_CODES})\b)[^\s()\"])+)",
    re.IGNORECASE,
)
_SCOPES: Final = {"ti": "title:", "ab": "abstract:", "au": "author:"}


def looks_like_it(text: str) -> bool:
    """Whether a query shows marks that only Ovid's language has."""
    return _TELLING.search(text) is not None


def expression(text: str, notes: Notes) -> str:
    """One line in our language; what the translation changed is added to ``notes``."""
    out: list[str] = []
    opened: list[int] = []
    words: list[str] = []
    group: int | None = None  # where in ``out`` the group begins that has just closed
    at = 0
    while at < len(text):
        if (suffix := _SUFFIX.match(text, at)) and (words or group is not None):
            scope = _SCOPES.get(suffix["fields"].lower(), "")
            if words:
                out.append(_operand(words, scope, notes))
            elif group is not None and scope:
                out[group] = scope + out[group]
            words, group, at = [], None, suffix.end()
            continue
        piece = _PIECE.match(text, at)
        if piece is None:
            at += 1
            continue
        at = piece.end()
        if not piece["sign"]:
            words.append(piece[0])
            group = None
            continue
        if words:
            out.append(_operand(words, "", notes))
        sign, words, group = piece["sign"].upper(), [], None
        if sign == "(":
            opened.append(len(out))
        elif sign == ")" and opened:
            group = opened.pop()
        elif sign.startswith("ADJ"):
            notes["Nearness (`adj3`) is read as «both», at any distance."] = None
            sign = "AND"
        out.append(sign)
    if words:
        out.append(_operand(words, "", notes))
    return " ".join(out)


def _operand(words: list[str], scope: str, notes: Notes) -> str:
    """Words between two operators: a heading, a name, or words side by side."""
    if words[0].lower() == "exp" and len(words) > 1:
        words = words[1:]
    text = " ".join(words)
    if _HEADING.search(text):
        notes["Subject headings are searched as words: new papers have none."] = None
        return heading(text)
    if "?" in text or "#" in text:
        notes["Letters left open (`?`, `#`) are written out in the usual spellings."] = None
    return f'author:"{text.strip(chr(34)).rstrip("$*")}"' if scope == "author:" else phrase(text, scope)
