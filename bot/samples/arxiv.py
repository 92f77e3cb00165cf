"""What the samples' arXiv feeds and query API have in common: categories, versions, names, XML.

Forms: https://info.arxiv.org/help/rss_specifications.html and https://info.arxiv.org/help/api/user-manual.html.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from typing import Final
from zoneinfo import ZoneInfo

from lxml import etree

from bot.samples.days import Announcement, SamplePaper

ATOM: Final = "http://www.w3.org/2005/Atom"
ARXIV: Final = "http://arxiv.org/schemas/atom"
DC: Final = "http://purl.org/dc/elements/1.1/"
_CONTENT: Final = "http://purl.org/rss/1.0/modules/content/"
OPENSEARCH: Final = "http://a9.com/-/spec/opensearch/1.1/"

QUERY_NAMESPACES: Final[dict[str | None, str]] = {"opensearch": OPENSEARCH, "arxiv": ARXIV, None: ATOM}
FEED_NAMESPACES: Final[dict[str | None, str]] = {"arxiv": ARXIV, "dc": DC, None: ATOM}
RSS_NAMESPACES: Final[dict[str | None, str]] = {"arxiv": ARXIV, "dc": DC, "atom": ATOM, "content": _CONTENT}

_NEW_YORK: Final = ZoneInfo("America/New_York")
_CATEGORY: Final = re.compile(r"[a-z-]+(?:\.[A-Za-z-]+)?")  # noqa: TID251 - ours, constant
_TEX_ACCENTS: Final = {0x300: "`", 0x301: "'", 0x302: "^", 0x303: "~", 0x308: '"', 0x30C: "v ", 0x327: "c "}


def batch_time(announced: date) -> datetime:
    """Return when the feeds of that day are built: midnight in New York."""
    return datetime.combine(announced, time(), _NEW_YORK)


def in_category(paper: SamplePaper, wanted: str) -> bool:
    """Tell whether a paper is in a category, or in any of an archive: ``cs.RO``, ``cs``, ``cs.*``."""
    return any(_covers(wanted, have) for have in paper.categories)


def arxiv_categories(paper: SamplePaper) -> list[str]:
    """Leave out the subject classes of other schemes («68T07»), which only the query API shows."""
    return [category for category in paper.categories if _CATEGORY.fullmatch(category)]


def announce_type(item: Announcement, categories: Sequence[str]) -> str:
    """Return ``new``, ``cross``, ``replace`` or ``replace-cross``, as seen by the feed of ``categories``."""
    crossed = not any(_covers(wanted, item.paper.categories[0]) for wanted in categories)
    if item.version > 1:
        return "replace-cross" if crossed else "replace"
    return "cross" if crossed else "new"


def title(paper: SamplePaper) -> str:
    """Return the title in arXiv's spelling."""
    return paper.tex_title or paper.title


def tex_name(name: str) -> str:
    r"""Write accents as the feeds do: «Veličković» as ``Veli\v ckovi\'c``. The query API has Unicode."""
    letters: list[str] = []
    for character in unicodedata.normalize("NFD", name):
        accent = _TEX_ACCENTS.get(ord(character))
        if accent is None:
            letters.append(character)
        else:
            letters.append(f"\\{accent}{letters.pop()}")
    return "".join(letters)


def start(tag: str, namespaces: Mapping[str | None, str], **attributes: str) -> etree._Element:
    """Return a new root element; the namespace under ``None`` needs no prefix."""
    # The stubs do not know of the key None (https://lxml.de/tutorial.html#namespaces).
    return etree.Element(tag, attributes, nsmap=namespaces)  # type: ignore[arg-type]


def add(parent: etree._Element, tag: str, text: str | None = None, **attributes: str) -> etree._Element:
    """Append an element; ``tag`` may carry its namespace in braces."""
    element = etree.SubElement(parent, tag, attributes)
    element.text = text
    return element


def document(root: etree._Element) -> bytes:
    """Return the whole document in UTF-8, indented like the real ones."""
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)


def _covers(wanted: str, category: str) -> bool:
    return category == wanted or category.startswith(f"{wanted.removesuffix('.*')}.")
