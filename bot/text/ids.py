"""Names of papers: from whatever people and listings write to the canonical id.

Canonical ids are ``arxiv:<id without version>``, ``doi:<lower case>`` and ``openreview:<forum>``. The forms of
arXiv's ids are described at https://info.arxiv.org/help/arxiv_identifier.html.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple
from urllib.parse import parse_qs, unquote, urlsplit

_NEW: Final = re.compile(r"([0-9]{2}(?:0[1-9]|1[0-2])\.[0-9]{4,5})(?:v([0-9]{1,3}))?")  # noqa: TID251
_OLD: Final = re.compile(r"([a-z][a-z-]{1,15})(?:\.[a-z]{2})?/([0-9]{7})(?:v([0-9]{1,3}))?", re.IGNORECASE)  # noqa: TID251
_DOI: Final = re.compile(r"10\.[0-9]{4,9}/\S{1,300}")  # noqa: TID251
_ARXIV_DOI: Final = "10.48550/arxiv."
_PREPRINT_VERSION: Final = re.compile(r"v[0-9]{1,3}(?:\.[a-z.-]{1,40})?$")  # noqa: TID251

_PAPER_SITES: Final = ("huggingface.co", "hf.co")
_ARXIV_SITES: Final = ("arxiv.org", "alphaxiv.org")
_ARXIV_PAGES: Final = ("abs", "pdf", "html", "ps", "format", "overview", "src", "e-print")
_PREPRINT_SITES: Final = ("biorxiv.org", "medrxiv.org")
_DOI_SITES: Final = ("doi.org", "dx.doi.org")
_OPENREVIEW_SITE: Final = "openreview.net"
_OPENREVIEW: Final = re.compile(r"(?:openreview:)?([A-Za-z0-9_-]{8,20})")  # noqa: TID251
_LONGEST: Final = 2_000


class ArxivId(NamedTuple):
    """An arXiv identifier taken apart."""

    base: str
    """Without version: ``2401.01234`` or ``hep-ex/0307015``."""
    version: int | None

    @property
    def canonical(self) -> str:
        """``arxiv:`` and the base."""
        return f"arxiv:{self.base}"


def arxiv_id(text: str) -> ArxivId | None:
    """Read a bare identifier, with or without ``arXiv:``, ``oai:arXiv.org:``, version or ``.pdf``."""
    text = text[:_LONGEST].strip()
    lowered = text.lower()
    for prefix in ("oai:arxiv.org:", "arxiv.org:", "arxiv:"):
        if lowered.startswith(prefix):
            text = text[len(prefix) :].strip()
            break
    text = text.split(" ", 1)[0].removesuffix(".pdf")  # «arXiv:2401.01234v2 [cs.RO]»
    if found := _NEW.fullmatch(text):
        return ArxivId(found[1], int(found[2]) if found[2] else None)
    if found := _OLD.fullmatch(text):
        return ArxivId(f"{found[1].lower()}/{found[2]}", int(found[3]) if found[3] else None)
    return None


def doi_of(text: str) -> str | None:
    """Read a DOI, bare, after ``doi:`` or in a link of doi.org; lower case, without trailing punctuation."""
    text = text[:_LONGEST].strip()
    lowered = text.lower()
    if lowered.startswith("doi:"):
        lowered = lowered[4:].strip()
    elif lowered.startswith(("http://", "https://")):
        host, path = _address(text)
        if host not in _DOI_SITES:
            return None
        lowered = unquote(path).lower().strip("/")
    found = _DOI.match(lowered)
    return found[0].rstrip(".,;:)]}>\"'") if found else None


def canonical_id(text: str) -> str | None:
    """The canonical id that a text or link names; ``None`` where it names no paper known by form.

    Read are bare ids, ``arXiv:`` and ``doi:``, canonical ids themselves, and links of arxiv.org,
    alphaxiv.org, huggingface.co/papers, doi.org, biorxiv.org, medrxiv.org and openreview.net.
    """
    text = text[:_LONGEST].strip().strip("<>")
    if text.startswith("openreview:"):
        return text if _OPENREVIEW.fullmatch(text) else None
    if found := arxiv_id(text):
        return found.canonical
    if doi := doi_of(text):
        if doi.startswith(_ARXIV_DOI) and (found := arxiv_id(doi.removeprefix(_ARXIV_DOI))):
            return found.canonical
        return f"doi:{doi}"
    return _linked(text)


def _linked(text: str) -> str | None:
    """The paper that a page's address names."""
    if "://" not in text:
        head = text.split("/", 1)[0].lower()
        if "." not in head or " " in head:
            return None
        text = f"https://{text}"
    host, path = _address(text)
    parts = path.strip("/").split("/")
    if host == _OPENREVIEW_SITE and parts[0] in {"forum", "pdf"}:
        forum = _OPENREVIEW.fullmatch(parse_qs(urlsplit(text).query).get("id", [""])[0])
        return f"openreview:{forum[1]}" if forum else None
    if _within(host, _ARXIV_SITES) and len(parts) > 1 and parts[0] in _ARXIV_PAGES:
        found = arxiv_id("/".join(parts[1:3])) or arxiv_id(parts[1])
        return found.canonical if found else None
    if host in _PAPER_SITES and len(parts) > 1 and parts[0] == "papers":
        found = arxiv_id(parts[1].removesuffix(".md"))
        return found.canonical if found else None
    if _within(host, _PREPRINT_SITES) and parts[0] == "content" and (doi := doi_of("/".join(parts[1:3]))):
        return f"doi:{_PREPRINT_VERSION.sub('', doi)}"
    return None


def _within(host: str, sites: tuple[str, ...]) -> bool:
    """Is it one of these sites, or below one?"""
    return any(host == site or host.endswith(f".{site}") for site in sites)


def _address(url: str) -> tuple[str, str]:
    """Host in lower case without «www.», and path; both empty for what is no http link."""
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").removeprefix("www.")
    except ValueError:
        return "", ""
    return (host, parts.path) if parts.scheme in {"http", "https"} else ("", "")
