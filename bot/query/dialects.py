"""Queries in the languages of other search engines: translated where that is safe, refused with advice where not.

* arXiv's language (https://info.arxiv.org/help/api/user-manual.html) needs no translation: ``ti:``, ``abs:``, ``au:``,
  ``all:`` and ``ANDNOT`` are ours as well.
* PubMed's marks words with tags, ``copper[tiab]``: :mod:`bot.query.pubmed`.
* Ovid's marks them with suffixes, ``copper.ti,ab.``: :mod:`bot.query.ovid`.

Either may come as numbered lines that name earlier ones (``1 or 2``, ``or/1-5``, ``limit 3 to humans``); the result of
such a search is its last line. Subject headings are searched as words, since a listing of new papers has none;
operators, phrases and truncation stay what they were; nearness (``adj3``) becomes «both». The notes say so.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from enum import Enum
from typing import Final

from bot.query import ovid, pubmed
from bot.query.faults import Fault
from bot.query.fields import ALIASES, FIELDS
from bot.query.lexer import plain_signs
from bot.query.limits import MAX_LENGTH
from bot.query.phrases import Notes

_REFERENCES = re.compile(r"[\d\s()#]*(?:\b(?:and|or|not)\b[\d\s()#]*)+", re.IGNORECASE)  # noqa: TID251 - ours
_RANGE = re.compile(r"(or|and)\s*/?\s*(\d[\d\s,-]*)", re.IGNORECASE)  # noqa: TID251 - a pattern of ours
_LIMIT = re.compile(r"(?:limit\s+(\d+)\s+to\b.*|remove duplicates from (\d+))", re.IGNORECASE)  # noqa: TID251 - ours
_LABEL = re.compile(r"^(?:#?\d+\s*[.):]\s+|#\d+\s+(?!(?:and|or|not)\b))", re.IGNORECASE)  # noqa: TID251 - ours
_REMARK = re.compile(r"\[[^\]\n]*\]")  # noqa: TID251 - a pattern of ours
"""What people note beside a line of Ovid's; in PubMed's language brackets are tags."""
_OURS = re.compile(rf'"[^"]*"|(?<![\w-])(?:{"|".join((*FIELDS, *ALIASES))}):[^\s()"]+', re.IGNORECASE)  # noqa: TID251
_NUMBER = re.compile(r"\d+")  # noqa: TID251 - a pattern of ours


class Dialect(Enum):
    """A foreign language that we read."""

    PUBMED = "PubMed"
    OVID = "Ovid"


def spoken(text: str) -> Dialect | None:
    """The foreign language that ``text`` is written in, by marks that ours has not; quotations and fields apart."""
    bare = _OURS.sub('""', plain_signs(text))
    if pubmed.looks_like_it(bare):
        return Dialect.PUBMED
    return Dialect.OVID if ovid.looks_like_it(bare) else None


def translated(text: str, dialect: Dialect) -> tuple[str, tuple[str, ...]]:
    """``text`` in our language, and sentences on what the translation changed."""
    signs = plain_signs(text)
    tagged = dialect is Dialect.PUBMED
    notes: Notes = {f"Read as {dialect.value}'s language.": None}
    read = pubmed.expression if tagged else ovid.expression
    if not tagged:
        signs = _REMARK.sub(" ", signs)
    lines = [line for raw in signs.splitlines() if (line := _LABEL.sub("", raw.strip(), count=1).strip())]
    if len(lines) > 1 and (not tagged or any(_refers(line) for line in lines)):
        return _Search(lines, read, notes).result(), tuple(notes)
    return read(" ".join(lines), notes), tuple(notes)


def _refers(line: str) -> bool:
    """Whether a line consists of the numbers of others."""
    return any(c.isdigit() for c in line) and bool(
        _REFERENCES.fullmatch(line) or _RANGE.fullmatch(line.rstrip(". ")) or _LIMIT.fullmatch(line)
    )


class _Search:
    """A search of several lines."""

    def __init__(self, lines: list[str], read: Callable[[str, Notes], str], notes: Notes) -> None:
        self.lines = lines
        self.read = read
        self.notes = notes
        self.meanings: list[str] = []
        self.used: set[int] = set()

    def result(self) -> str:
        """The last line, with every line that it names put in its place."""
        for line in self.lines:
            meaning = self.meaning(line)
            if len(meaning) > 4 * MAX_LENGTH:
                raise Fault("its lines, put into each other, are far too long; split it", 0, 0, whole=True)
            self.meanings.append(meaning)
        unused = [n for n in range(1, len(self.lines)) if n not in self.used]
        if len(unused) > _MOST_UNUSED * len(self.lines):
            why = (
                f"line {unused[0]} of the search (`{_short(self.lines[unused[0] - 1])}`) is used by no later line, so "
                "the numbers do not fit; join the lines with AND and OR, or paste the whole search with its numbers"
            )
            raise Fault(why, 0, 0, whole=True)
        if unused:
            self.notes[f"Used by no later line and left out: {', '.join(map(str, unused))}."] = None
        return self.meanings[-1]

    def meaning(self, line: str) -> str:
        """One line in our language."""
        if limit := _LIMIT.fullmatch(line):
            self.notes["Limits (`limit … to …`) are left out: new papers do not carry them."] = None
            return self.earlier(int(limit[1] or limit[2]), line)
        if span := _RANGE.fullmatch(line.rstrip(". ")):
            joiner = f" {span[1].upper()} "
            return f"({joiner.join(self.earlier(n, line) for n in _numbers(span[2]))})"
        if _refers(line):
            inner = _NUMBER.sub(lambda m: self.earlier(int(m[0]), line), line.replace("#", " "))
            return f"({inner})"
        return f"({self.read(line, self.notes)})"

    def earlier(self, number: int, line: str) -> str:
        """What an earlier line means."""
        if not 1 <= number <= len(self.meanings):
            why = f"its line `{_short(line)}` names line {number}, which does not come before it; paste the whole search"
            raise Fault(why, 0, 0, whole=True)
        self.used.add(number)
        return self.meanings[number - 1]


_MOST_LINES: Final = 500
_MOST_UNUSED: Final = 0.1
"""A share of lines that lead nowhere is the trace of a second thought; more are a sign of wrong numbers."""


def _numbers(text: str) -> list[int]:
    """The line numbers of ``1-3, 7``."""
    found: list[int] = []
    for part in text.replace(" ", "").split(","):
        first, dash, last = part.partition("-")
        if first.isdigit() and (not dash or last.isdigit()):
            found += range(int(first), min(int(last or first), int(first) + _MOST_LINES) + 1)
    return found


def _short(line: str) -> str:
    line = line.replace("`", "'")
    return line if len(line) <= 40 else line[:39].rstrip() + "…"
