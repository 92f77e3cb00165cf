"""The paper card. The order of its fields is fixed, so that eyes learn it; what is unknown is left out."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from bot.cards.card import (
    Action,
    Block,
    Card,
    CardKind,
    Heading,
    Note,
    Paragraph,
    Picture,
    Span,
    Spans,
)
from bot.cards.excerpt import beginning, excerpt
from bot.models import CardSize, Paper, Reason, Sighting
from bot.text.counted import count
from bot.text.cut import cut
from bot.text.when import ago

EXCERPT: Final = 240
"""Code points of a compact card's excerpt."""
ABSTRACT: Final = 1_800
"""Code points of a full card's abstract: Discord counts 4,000 over the whole message
(https://discord.com/developers/docs/components/reference#text-display)."""
COMMAND: Final = 90
"""The longest written command a button may carry (see :class:`bot.cards.card.Action`)."""
_AUTHORS: Final = {CardSize.COMPACT: 3, CardSize.FULL: 15}
_LABELS: Final = 5
"""Matched terms named on a card; more are counted."""
_NAMES: Final = 3
"""Subscriptions named on a card; more are counted."""
_PEOPLE: Final = 8
"""People named who subscribed; more are counted."""
_RELATED: Final = 3
_DOT: Final = " · "
_PUBLISHED: Final = frozenset({"crossref", "pubmed", "openreview"})
"""Listings that show a paper where it was published rather than as a preprint."""

SOURCE_NAMES: Final = {
    "arxiv": "arXiv",
    "biorxiv": "bioRxiv",
    "huggingface": "Hugging Face",
    "medrxiv": "medRxiv",
    "crossref": "Crossref",
    "openalex": "OpenAlex",
    "openreview": "OpenReview",
    "semanticscholar": "Semantic Scholar",
    "pubmed": "PubMed",
}
"""How the best-known sources write themselves; others are shown by their own name."""


class PaperAction(StrEnum):
    """What a paper card can offer. The caller names those that its handlers answer: no button is ever dead."""

    ABSTRACT = "abstract"
    DISCUSS = "discuss"
    SAVE = "save"
    LINKS = "links"
    """The listing's page and the PDF; behind «⋯» code, project and Hugging Face."""
    BIBTEX = "bibtex"
    WHY = "why"
    RATE = "rate"
    """👍 and 👎."""


DEFAULT_ACTIONS: Final = frozenset({PaperAction.ABSTRACT, PaperAction.LINKS})


def paper_card(
    paper: Paper,
    *,
    size: CardSize = CardSize.COMPACT,
    now: datetime,
    reasons: Sequence[Reason] = (),
    subscriptions: Sequence[str] = (),
    people: Sequence[str] = (),
    discuss_count: int | None = None,
    related: Sequence[Paper] = (),
    discussed: Mapping[str, Span] = MappingProxyType({}),
    actions: Collection[str] = DEFAULT_ACTIONS,
) -> Card:
    """One paper as a card.

    ``paper`` is tidy (:func:`bot.text.tidy.tidy`). ``reasons`` say what matched, their places in the tidy
    title and abstract; ``subscriptions`` are the titles of those it is posted for, ``people`` the names of who made
    them. ``now`` words the date where the platform does not. ``discuss_count`` is the number of posts in its thread, ``None`` without one.
    ``discussed`` says of related papers, by their ids, where they are talked about; only where all who see the card may read.
    ``actions`` are values of :class:`PaperAction`.
    """
    full = size is CardSize.FULL
    blocks: list[Block] = [Heading((Span(paper.title, url=paper.url or None),))]
    if line := byline(paper, size=size, now=now):
        blocks.append(Note(line))
    if paper.abstract:
        text = (
            beginning(paper.abstract, reasons, limit=ABSTRACT)
            if full
            else excerpt(paper.abstract, reasons, limit=EXCERPT)
        )
        blocks.append(Paragraph(text))
    if full:
        blocks.extend(_details(paper))
    if line := _last_line(paper, reasons, subscriptions, people):
        blocks.append(Note(line))
    if related:
        blocks.append(Note(_related(related[:_RELATED], discussed)))
    return Card(
        kind=CardKind.PAPER,
        blocks=tuple(blocks),
        actions=tuple(_actions(paper, frozenset(actions), discuss_count)),
        fallback=_fallback(paper),
        accent=home(paper),
        thumbnail=Picture(paper.thumbnail_url, alt=paper.title) if paper.thumbnail_url else None,
        tags=paper.categories,
    )


def byline(paper: Paper, *, size: CardSize = CardSize.COMPACT, now: datetime) -> Spans:
    """Authors, organisation, category, date, and whether it is a revision or withdrawn."""
    parts: list[Span] = []
    if paper.authors:
        parts.append(Span(authors(paper, _AUTHORS[size])))
    if paper.organization:
        parts.append(Span(cut(paper.organization, 80)))
    if paper.categories:
        shown = paper.categories if size is CardSize.FULL else paper.categories[:1]
        parts.append(Span(" ".join(shown)))
    revised = paper.version is not None and paper.version > 1
    moment = (paper.updated if revised else None) or paper.published or paper.first_seen
    if moment:
        parts.append(Span(ago(moment, now), at=moment))
    if revised:
        parts.append(Span(f"v{paper.version}", bold=True))
    if paper.withdrawn:
        parts.append(Span("withdrawn", bold=True))
    return _dotted(parts)


def authors(paper: Paper, most: int = 3) -> str:
    """``A. Uthor, B. Two, C. Three et al. (+4)``: the first ``most`` authors and how many more there are."""
    names = ", ".join(cut(name, 60) for name in paper.authors[:most])
    left = len(paper.authors) - most
    return f"{names} et al. (+{left:,})" if left > 0 else names


def counts(paper: Paper) -> str:
    """``▲ 41 · 💬 6 · ★ 210``; a count that is not known is not shown, and 0 is not «unknown»."""
    known = (("▲", paper.upvotes), ("💬", paper.comments), ("★", paper.stars))
    return _DOT.join(f"{sign} {number:,}" for sign, number in known if number is not None)


def matched(reasons: Iterable[Reason]) -> str:
    """``diffusion policy (title), robot``: each term once, with the place where that says more."""
    labels: dict[str, str] = {}
    for reason in reasons:
        term = reason.term
        if reason.field in {"title", "abstract"}:
            term = term.removeprefix(f"{reason.field}:").strip('"')
        label = cut(term, 40)
        if reason.field == "title":
            labels[label] = f"{label} (title)"
        else:
            labels.setdefault(label, label)
    return _listed(list(labels.values()), _LABELS)


def home(paper: Paper) -> str:
    """The source that a paper's own page belongs to: its id's scheme, else the first that showed it."""
    scheme = paper.id.partition(":")[0]
    if scheme == "arxiv" or not paper.sightings:
        return scheme
    return paper.sightings[0].source


def command(verb: str, paper: Paper) -> str | None:
    """``abstract 2401.01234``; ``None`` where the id cannot be written in one short command."""
    written = f"{verb} {paper.short_id}"
    plain_id = paper.short_id.isascii() and not set(paper.short_id) & set(" \t\"'()")
    return written if len(written) <= COMMAND and plain_id else None


def _dotted(parts: Iterable[Span]) -> Spans:
    made: list[Span] = []
    for part in parts:
        if made:
            made.append(Span(_DOT))
        made.append(part)
    return tuple(made)


def _listed(names: Sequence[str], most: int) -> str:
    """``a, b and 3 more``."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def _details(paper: Paper) -> list[Block]:
    """What only a full card shows: the authors' note, where it appeared, and further addresses."""
    blocks: list[Block] = []
    said = [text for text in (paper.comment, paper.journal_ref) if text]
    if said:
        blocks.append(Note(_dotted(Span(cut(text, 300), italic=True) for text in said)))
    if known := _known_of(paper):
        blocks.append(Note(known))
    if past := _history(paper):
        blocks.append(Note(past))
    if links := [Span(label, url=url) for label, url in _more_links(paper)]:
        blocks.append(Note(_dotted(links)))
    return blocks


def _known_of(paper: Paper) -> Spans:
    """Citations with who counted them, and what on the Hub goes with it; unknown is left out."""
    parts: list[Spans] = []
    if paper.citations is not None:
        by = SOURCE_NAMES.get(paper.citations_by or "", paper.citations_by or "")
        parts.append((Span(f"{count(paper.citations, 'citation')}{f' ({by})' if by else ''}"),))
    for kind, total in (("model", paper.models), ("dataset", paper.datasets), ("space", paper.spaces)):
        links = [Span(cut(one.name, 60), url=one.url) for one in paper.linked if one.kind == kind]
        if not total and not links:
            continue
        number = count(total or len(links), "Space" if kind == "space" else kind)
        listed = [one for link in links for one in (Span(", "), link)][1:]
        parts.append((Span(f"{number}: "), *listed) if links else (Span(number),))
    return tuple(span for at, part in enumerate(parts) for span in ((Span(_DOT),) if at else ()) + part)


def _history(paper: Paper) -> Spans:
    """When which listing first showed it, oldest first; only where a preprint and a publication have become one."""
    first: dict[str, Sighting] = {}
    for seen in paper.sightings:
        first.setdefault(seen.source, seen)
    if len(first) < 2 or not first.keys() & _PUBLISHED:
        return ()
    dated = []
    for seen in first.values():
        day = seen.day if seen.day is not None or seen.seen_at is None else seen.seen_at.date()
        if day is not None:
            dated.append((day, seen))
    return (
        Span("history: "),
        *_dotted(
            Span(f"{SOURCE_NAMES.get(seen.source, seen.source)} {day.day} {day:%b %Y}", url=seen.url)
            for day, seen in sorted(dated, key=lambda one: one[0])
        ),
    )


def _more_links(paper: Paper) -> list[tuple[str, str]]:
    """Addresses besides the paper's own page and its PDF."""
    found = [("Code", paper.code_url), ("Project", paper.project_url)]
    found += [("Hugging Face", seen.url) for seen in paper.sightings if seen.source == "huggingface"]
    return [(label, url) for label, url in dict(found).items() if url]


def _last_line(
    paper: Paper, reasons: Sequence[Reason], subscriptions: Sequence[str], people: Sequence[str]
) -> Spans:
    parts: list[Span] = []
    if known := counts(paper):
        parts.append(Span(known))
    own = home(paper)
    also = {seen.source: seen.url for seen in paper.sightings if seen.source != own}
    if len({seen.source for seen in paper.sightings}) > 1:
        parts.extend(Span(f"also on {SOURCE_NAMES.get(name, name)}", url=url) for name, url in also.items())
    if reasons:
        parts.append(Span(f"matched: {matched(reasons)}"))
    if subscriptions:
        parts.append(Span(_listed([f"«{cut(name, 60)}»" for name in subscriptions], _NAMES)))
    if known_people := [cut(name, 40) for name in dict.fromkeys(people) if name]:
        parts.append(Span(f"subscribed by {_listed(known_people, _PEOPLE)}"))
    return _dotted(parts)


def _related(papers: Sequence[Paper], discussed: Mapping[str, Span]) -> Spans:
    parts: list[Span] = []
    for at, other in enumerate(papers):
        parts += [Span(_DOT if at else "related: "), Span(cut(other.title, 80), url=other.url or None)]
        if other.id in discussed:
            parts += [Span(" ("), discussed[other.id], Span(")")]
    return tuple(parts)


def _actions(paper: Paper, wanted: frozenset[str], discuss_count: int | None) -> list[Action]:
    """Buttons in their fixed order; those behind «⋯» last."""
    discuss = f"Discuss ({discuss_count})" if discuss_count else "Discuss"
    named = [
        (PaperAction.ABSTRACT, "Abstract", "abstract", False),
        (PaperAction.DISCUSS, discuss, "discuss", False),
        (PaperAction.SAVE, "Save", "save", False),
        (PaperAction.BIBTEX, "BibTeX", "bibtex", True),
        (PaperAction.WHY, "Why this?", "why", True),
        (PaperAction.RATE, "👍", "like", True),
        (PaperAction.RATE, "👎", "unlike", True),
    ]
    made = []
    for action, label, verb, more in named:
        written = command(verb, paper)
        if action in wanted and written:
            made.append(Action(label, command=written, more=more))
    if PaperAction.LINKS in wanted:
        if paper.url:
            made.append(Action("arXiv" if home(paper) == "arxiv" else "Page", url=paper.url))
        if paper.pdf_url:
            made.append(Action("PDF", url=paper.pdf_url))
        made.extend(Action(label, url=url, more=True) for label, url in _more_links(paper))
    return sorted(made, key=lambda action: action.more)


def _fallback(paper: Paper) -> str:
    """Who wrote what, and where to read it, in one plain line."""
    parts = [cut(paper.title, 300)]
    if paper.authors:
        parts.append(authors(paper))
    parts.extend(paper.categories[:1])
    if paper.url:
        parts.append(paper.url)
    return _DOT.join(parts)
