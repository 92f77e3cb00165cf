"""Reading XML that strangers send (pure). Runs in the parsing child.

Before any parser sees a document it is decoded, its prolog is cut off (so that no DTD ever reaches one),
bare ampersands and HTML's named entities are repaired, and characters that XML forbids are removed:
libxml2's recovery would lose text over the first two without a word.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from html import escape
from html.entities import html5
from typing import Final

from lxml import etree

from bot.errors import ListingMalformed
from bot.listings import documents

MOST_ATTRIBUTES: Final = 200
LARGEST: Final = 12 * 1024 * 1024
"""Most bytes of a document. The fetch has a cap of its own, smaller for feeds that users give."""

_DECLARED: Final = re.compile(  # noqa: TID251
    rb"""^\s{0,64}<\?xml[^>]{0,200}?encoding\s{0,8}=\s{0,8}["']([A-Za-z0-9_.:-]{1,40})"""
)
_FORBIDDEN: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")  # noqa: TID251
_NAME: Final = r"#[0-9]{1,8};|#[xX][0-9a-fA-F]{1,7};|[A-Za-z][A-Za-z0-9]{0,31};"
_ENTITY: Final = re.compile(f"&amp;({_NAME})")  # noqa: TID251
_LITERALS: Final = (("<![CDATA[", "]]>"), ("<!--", "-->"))
_ROOT: Final = re.compile(r"<[A-Za-z_]")  # noqa: TID251
_CHARSET: Final = re.compile(  # noqa: TID251 - codecs that are character sets and cost no more than their text
    r"utf-?8|(us-)?ascii|(iso-?8859-?|latin-?)\d{1,2}|(windows-?|cp)125\d|koi8-[ru]|gb(2312|k|18030)|big5"
    r"|euc-(jp|kr)|shift[_-]jis|iso-2022-jp|macintosh"
)
_OWN: Final = frozenset({"amp;", "lt;", "gt;", "quot;", "apos;"})
_BOMS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


@dataclass(frozen=True, slots=True)
class Document:
    """A document that could be read."""

    root: etree._Element
    damaged: bool
    """It was not well-formed or broke off: what is here is what could be saved."""


def read(data: bytes) -> Document:
    """Parse a document. Raises ListingMalformed when nothing of XML is there or it declares a DTD of its own."""
    body = clean(data)
    root = _parse(body, recover=False)
    damaged = root is None
    if root is None:
        root = _parse(body, recover=True)
    if root is None:
        raise ListingMalformed("The answer is no XML document.")
    for element in root.iter(etree.Element):
        if len(element.attrib) > MOST_ATTRIBUTES:
            raise ListingMalformed(f"The answer has an element with more than {MOST_ATTRIBUTES} attributes.")
    return Document(root, damaged)


def clean(data: bytes) -> bytes:
    """The document from its root element on, in UTF-8, without a prolog, repaired as the module says."""
    if len(data) > LARGEST:
        raise ListingMalformed("The answer is larger than 12 MB.")
    text = without_prolog(decode(data))
    return _repaired(_FORBIDDEN.sub("", text)).encode("utf-8")


def decode(data: bytes) -> str:
    """Text by byte order mark, by what is declared, as UTF-8, else as the Latin of Windows."""
    for mark, charset in _BOMS:
        if data.startswith(mark):
            return data.decode(charset, "replace").removeprefix("\ufeff")
    if data[:4] in {b"<\x00?\x00", b"<\x00r\x00"}:
        return data.decode("utf-16-le", "replace")
    if data[:4] in {b"\x00<\x00?", b"\x00<\x00r"}:
        return data.decode("utf-16-be", "replace")
    declared = _DECLARED.match(data[:400])
    for charset in (declared[1].decode("ascii") if declared else "utf-8", "utf-8"):
        try:
            if _CHARSET.fullmatch(charset.lower()):
                return data.decode(charset)
        except (LookupError, ValueError):
            continue
    return data.decode("cp1252", "replace")


def without_prolog(text: str) -> str:
    """The document from its root element's tag on.

    A bare DOCTYPE (RSS 0.91, PubMed) is dropped with the prolog. One with declarations of its own is
    refused: no listing needs any, and entity bombs do. Raises ListingMalformed.
    """
    at = 0
    while True:
        while at < len(text) and text[at].isspace():
            at += 1
        if text.startswith("<?", at):
            at = _after(text, "?>", at)
        elif text.startswith("<!--", at):
            at = _after(text, "-->", at + 4)
        elif text[at : at + 9].upper() == "<!DOCTYPE":
            at = _after_doctype(text, at)
        else:
            break
    root = _ROOT.search(text, at)
    if root is None:
        raise ListingMalformed(
            "The answer is empty." if not text.strip() else "The answer is no XML document."
        )
    if text[root.start() : root.start() + 5].lower() == "<html":
        raise ListingMalformed("The answer is a web page and not the feed it should be.")
    return text[root.start() :]


def _after(text: str, mark: str, at: int) -> int:
    end = text.find(mark, at)
    return len(text) if end < 0 else end + len(mark)


def _after_doctype(text: str, at: int) -> int:
    quote = ""
    for place in range(at, min(len(text), at + 4_000)):
        letter = text[place]
        if quote:
            quote = "" if letter == quote else quote
        elif letter in "\"'":
            quote = letter
        elif letter == "[":
            raise ListingMalformed(
                "The answer declares entities of its own (a DTD); such documents are not read."
            )
        elif letter == ">":
            return place + 1
    raise ListingMalformed("The answer begins with a DOCTYPE that does not end.")


def _repaired(text: str) -> str:
    """Ampersands put right outside CDATA sections and comments."""
    parts: list[str] = []
    at = 0
    for start, end in _literals(text):
        parts.append(_ampersands(text[at:start]))
        parts.append(text[start:end])
        at = end
    parts.append(_ampersands(text[at:]))
    return "".join(parts)


def _ampersands(text: str) -> str:
    """All are taken for bare ones first, and then those that begin an entity put back: millions cost nothing so."""
    return _ENTITY.sub(_entity, text.replace("&", "&amp;")) if "&" in text else text


def _literals(text: str) -> Iterator[tuple[int, int]]:
    """Start and end of each CDATA section and comment."""
    nearest = {opening: text.find(opening) for opening, _ in _LITERALS}
    closings = dict(_LITERALS)
    while found := [(at, opening) for opening, at in nearest.items() if at >= 0]:
        start, opening = min(found)
        end = _after(text, closings[opening], start)
        yield start, end
        # Looked for again only where it was passed: one that is far off, or nowhere, is found once.
        nearest = {one: text.find(one, end) if 0 <= at < end else at for one, at in nearest.items()}


def _entity(found: re.Match[str]) -> str:
    name = found[1]
    if name in _OWN:
        return f"&{name}"
    if name.startswith("#"):
        number = int(name[2:-1], 16) if name[1] in "xX" else int(name[1:-1])
        fine = (
            number in {9, 10, 13}
            or 32 <= number < 0xD800
            or 0xE000 <= number < 0xFFFE
            or 0x10000 <= number < 0x110000
        )
        return f"&{name.lower()}" if fine else ""
    known = html5.get(name)
    return escape(known) if known else f"&amp;{name}"


def _parse(body: bytes, *, recover: bool) -> etree._Element | None:
    parser = etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        recover=recover,
        remove_comments=True,
        remove_pis=True,
        collect_ids=False,
    )
    try:
        return etree.fromstring(body, parser)
    except etree.XMLSyntaxError:
        return None


# --- taking things out of a tree --------------------------------------------------------------


def name(element: etree._Element) -> str:
    """The element's name without its namespace, in lower case."""
    return element.tag.rpartition("}")[2].lower()  # comments and the like were left out in parsing


def children(element: etree._Element, *names: str) -> Iterator[etree._Element]:
    """The element's children of these names, whatever their namespace."""
    return (child for child in element if name(child) in names)


def find(element: etree._Element, *path: str) -> etree._Element | None:
    """The first descendant along a path of names."""
    found: etree._Element | None = element
    for step in path:
        found = next(children(found, step), None) if found is not None else None
    return found


def text_of(element: etree._Element | None) -> str:
    """All text inside, tags left out, stripped."""
    return "".join(element.itertext()).strip() if element is not None else ""  # type: ignore[arg-type]


def text_at(element: etree._Element, *path: str) -> str:
    """The text of the first descendant along a path of names; empty if there is none."""
    return text_of(find(element, *path))


def moment(text: str) -> datetime | None:
    """A time as feeds write it, by RFC 822 or ISO 8601, in UTC; ``None`` for what is neither."""
    if found := documents.moment(text):
        return found
    try:
        parsed = parsedate_to_datetime(text[:80])
        return parsed.replace(tzinfo=UTC) if parsed.tzinfo is None else parsed.astimezone(UTC)
    except (ValueError, OverflowError, IndexError, TypeError):
        return None
