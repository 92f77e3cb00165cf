"""References for other programs: BibTeX and RIS. Pure text, no markup of any chat."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import Final

from bot.models import Paper
from bot.text.when import MONTHS

_ESCAPES: Final = str.maketrans(
    {
        "\\": r"\textbackslash{}",
        # Not \{ and \}: BibTeX counts braces behind a backslash, too.
        "{": r"\textbraceleft{}",
        "}": r"\textbraceright{}",
        "%": r"\%",
        "&": r"\&",
        "#": r"\#",
        "$": r"\$",
        "_": r"\_",
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
    }
)
_CAPITALS: Final = re.compile(r"\b[^\W_]+[A-Z][^\W_]*")  # noqa: TID251
"""A word with a capital after its first letter: bibliography styles would make it small."""
_FAMILY_FIRST: Final = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")  # noqa: TID251
"""Kana, Chinese characters and Hangul: names in these scripts begin with the family, and are left whole."""
_SMALL_WORDS: Final = frozenset(
    (
        *(
            "a",
            "an",
            "and",
            "are",
            "at",
            "by",
            "do",
            "does",
            "for",
            "from",
            "how",
            "in",
            "is",
            "of",
            "on",
            "or",
        ),
        *("the", "to", "towards", "via", "with"),
    )
)


def bibtex(papers: Iterable[Paper]) -> str:
    """One entry for each paper, in UTF-8, for biblatex and BibTeX alike; keys are unique within the text.

    Acronyms keep their capitals (``{BERT}``). arXiv papers carry ``eprint`` fields
    (https://info.arxiv.org/help/hypertex/bibstyles/index.html).
    """
    taken: set[str] = set()
    return "\n".join(_entry(paper, _unique(cite_key(paper), taken)) for paper in papers)


def ris(papers: Iterable[Paper]) -> str:
    """The same in RIS, which reference managers import; lines end as the format wants (CR LF)."""
    return "".join(line + "\r\n" for paper in papers for line in _ris(paper))


def cite_key(paper: Paper) -> str:
    """``uthor2026diffusion``: family name, year, the first word that says something; ASCII letters and digits."""
    family = _ascii(_name(paper.authors[0])[0]) if paper.authors else ""
    words = (_ascii(word) for word in re.split(r"[\s:–—-]+", paper.title))
    word = next((word for word in words if word and word not in _SMALL_WORDS), "")
    year = str(paper.published.year) if paper.published else ""
    return f"{family or 'paper'}{year}{word}"


def _entry(paper: Paper, key: str) -> str:
    scheme, _, rest = paper.id.partition(":")
    fields = {
        "title": _CAPITALS.sub(lambda found: "{" + found.group() + "}", paper.title.translate(_ESCAPES)),
        "author": " and ".join(_author(name) for name in paper.authors),
        "year": str(paper.published.year) if paper.published else "",
        "month": MONTHS[paper.published.month - 1].lower() if paper.published else "",
        "eprint": rest if scheme == "arxiv" else "",
        "archiveprefix": "arXiv" if scheme == "arxiv" else "",
        "primaryclass": paper.categories[0] if scheme == "arxiv" and paper.categories else "",
        "doi": _doi(paper),
        "url": paper.url,
        "note": "; ".join(text for text in (paper.journal_ref, paper.comment) if text),
    }
    lines = [f"@misc{{{key},"]
    for name, value in fields.items():
        if value:
            lines.append(f"  {name} = {_value(name, value)},")
    return "\n".join([*lines, "}\n"])


def _value(name: str, value: str) -> str:
    """A field's value: months are BibTeX's own words, titles and authors are escaped already."""
    if name == "month":
        return value
    if name in {"title", "author"}:
        return "{" + value + "}"
    if name in {"url", "doi", "eprint"}:
        return "{" + "".join(f"%{ord(sign):02X}" if sign in "{}\\" else sign for sign in value) + "}"
    return "{" + value.translate(_ESCAPES) + "}"


def _author(name: str) -> str:
    """``Levine, Sergey``; a name of which no family name is known stays whole, in braces."""
    family, given = _name(name)
    family, given = family.translate(_ESCAPES), given.translate(_ESCAPES)
    if not given:
        return "{" + family + "}"
    return f"{_whole(family)}, {_whole(given)}"


def _whole(part: str) -> str:
    """A name with « and » or a comma within must not fall apart."""
    return "{" + part + "}" if re.search(r",|\band\b", part) else part


def _name(name: str) -> tuple[str, str]:
    """Family and given name. Listings write «Sergey Levine» or «Levine, Sergey»; particles stay with the family."""
    if "," in name:
        family, _, given = name.partition(",")
        return family.strip(), given.strip()
    words = name.split()
    if len(words) < 2 or _FAMILY_FIRST.search(name):
        return name.strip(), ""
    start = len(words) - 1
    while start > 1 and words[start - 1].islower():
        start -= 1
    return " ".join(words[start:]), " ".join(words[:start])


def _ris(paper: Paper) -> list[str]:
    tags = [("TY", "JOUR" if paper.journal_ref else "GEN"), ("TI", paper.title)]
    for name in paper.authors:
        family, given = _name(name)
        tags.append(("AU", f"{family}, {given}" if given else family))
    if paper.published:
        tags.append(("PY", str(paper.published.year)))
        tags.append(("DA", f"{paper.published:%Y/%m/%d}"))
    tags += [("AB", paper.abstract), ("JO", paper.journal_ref or ""), ("DO", _doi(paper)), ("UR", paper.url)]
    tags += [("L1", paper.pdf_url or ""), ("N1", paper.comment or ""), ("ID", paper.short_id)]
    tags += [("KW", word) for word in (*paper.categories, *paper.keywords)]
    return [*(f"{tag}  - {' '.join(text.split())}" for tag, text in tags if text), "ER  - ", ""]


def _doi(paper: Paper) -> str:
    scheme, _, rest = paper.id.partition(":")
    return paper.doi or (rest if scheme == "doi" else "")


def _ascii(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text.replace("ß", "ss")).casefold()
    return "".join(sign for sign in plain if sign.isascii() and sign.isalnum())


def _unique(key: str, taken: set[str]) -> str:
    """The key, or with a, b, … after it; beyond z with a number."""
    found, number = key, 0
    while found in taken:
        found = f"{key}{chr(ord('a') + number)}" if number < 26 else f"{key}-{number}"
        number += 1
    taken.add(found)
    return found
