"""PubMed's search language: words, then a tag in brackets; operators from left to right.

Described at https://pubmed.ncbi.nlm.nih.gov/help/#using-search-field-tags.
"""

from __future__ import annotations

import re
from typing import Final

from bot.query.faults import Fault
from bot.query.phrases import Notes, heading, phrase

_TEXT: Final = frozenset(
    {"tiab", "tw", "title/abstract", "text word", "text words", "all", "all fields", "ot", "kw"}
)
_SCOPED: Final = {"ti": "title:", "title": "title:", "ab": "abstract:", "au": "author:", "author": "author:"}
_HEADINGS: Final = frozenset(
    {
        "mesh",
        "mesh terms",
        "mesh:noexp",
        "mh",
        "mh:noexp",
        "majr",
        "nm",
        "supplementary concept",
        "sh",
        "subheading",
    }
    | {"pt", "ptyp", "publication type", "substance name", "rn"}
)
_DATES: Final = frozenset({"crdt", "dp", "pdat", "edat", "mhda", "date - publication", "dcom", "lr"})
_OTHERS: Final = frozenset({"la", "lang", "language", "ad", "jour", "ta", "filter", "sb"})
_TAGS: Final = _TEXT | frozenset(_SCOPED) | _HEADINGS | _DATES | _OTHERS
_TAG = re.compile(r"\s*\[\s*([A-Za-z][A-Za-z :/-]{1,24}?)\s*\]")  # noqa: TID251 - a pattern of ours
_PIECE = re.compile(  # noqa: TID251 - a pattern of ours
    r'(?P<quoted>"[^"]*")|(?P<sign>[()]|(?i:\b(?:and|or|not)\b))|(?P<word>[^\s()"\[]+)|(?P<rest>\[[^\]]*\]?|")'
)


def looks_like_it(text: str) -> bool:
    """Whether a query holds one of PubMed's tags."""
    return any(tag.lower() in _TAGS for tag in _TAG.findall(text))


def expression(text: str, notes: Notes) -> str:
    """``text`` in our language; what the translation changed is added to ``notes``."""
    out: list[str] = []
    words: list[str] = []
    at, begun = 0, 0
    while at < len(text):
        if (tag := _TAG.match(text, at)) and words:
            if tag[1].lower() in _DATES and out[-1:] in (["AND"], ["("]):
                notes["Dates are left out: a subscription brings what appears from now on."] = None
                if out[-1] == "AND":
                    out.pop()
                words, at = [], tag.end()
                continue
            out.append(_tagged(" ".join(words), tag[1].lower(), notes, text=text, start=begun, end=tag.end()))
            words, at = [], tag.end()
        elif piece := _PIECE.match(text, at):
            if not words:
                begun = at
            if piece["sign"]:
                out += [*_untagged(words), piece["sign"].upper()]
                words = []
            elif piece["quoted"] and words:
                out += _untagged(words)
                words, begun = [piece["quoted"]], at
            elif not piece["rest"]:
                words.append(piece[0])
            at = piece.end()
        else:
            at += 1
    return _left_to_right([*out, *_untagged(words)])


def _untagged(words: list[str]) -> list[str]:
    """Words without a tag are all wanted, and belong together: ``a OR b c`` is ``a OR (b c)``."""
    return [f"({' '.join(words)})"] if len(words) > 1 else words


def _tagged(words: str, tag: str, notes: Notes, *, text: str, start: int, end: int) -> str:
    """What a tag makes of the words before it."""
    if tag in _HEADINGS:
        notes["Headings such as `[Mesh]` and `[pt]` are searched as words: new papers have none."] = None
        return heading(words)
    if tag in _TEXT:
        return phrase(words)
    if (scope := _SCOPED.get(tag)) is None:
        what = "dates are" if tag in _DATES else f"`[{tag}]` is"
        why = f"{what} not filtered here, because a subscription brings what appears from now on; leave out `{text[start:end]}`"
        raise Fault(why, 0, len(text), text[:start] + text[end:], whole=True)
    return f'author:"{words.strip(chr(34))}"' if scope == "author:" else phrase(words, scope)


def _left_to_right(parts: list[str]) -> str:
    """Parentheses where PubMed's order, strictly from the left, is not ours: ``a OR b AND c`` is ``(a OR b) AND c``."""
    frames = [_Frame()]
    for part in parts:
        if part == "(":
            frames.append(_Frame())
        elif part == ")":
            if len(frames) == 1:
                return " ".join(parts)  # a parenthesis too many: the parser says where
            inner = frames.pop()
            if inner.text:
                frames[-1].add(f"({inner.text})")
            else:  # a date stood there
                frames[-1].signs.clear()
        elif part in {"AND", "OR", "NOT"}:
            frames[-1].signs.append(part)
        else:
            frames[-1].add(part)
    if len(frames) > 1 or any(frame.signs for frame in frames):
        return " ".join(parts)  # something is missing: the parser says what
    return frames[0].text


class _Frame:
    """What has been read between two parentheses."""

    def __init__(self) -> None:
        self.text = ""
        self.joined_by = ""
        self.signs: list[str] = []

    def add(self, operand: str) -> None:
        """Join one more operand by the signs read before it; without any it is wanted as well."""
        sign = "OR" if "OR" in self.signs else "AND"
        if self.text and self.joined_by not in {"", sign}:
            self.text = f"({self.text})"
        if "NOT" in self.signs:
            operand = f"NOT {operand}"
        self.joined_by = sign if self.text else ""
        self.text = f"{self.text} {sign} {operand}" if self.text else operand
        self.signs = []
