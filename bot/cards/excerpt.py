"""The words around what matched: an abstract cut down to the places that made a paper a match."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from bot.cards.card import Span, Spans
from bot.models import Reason
from bot.text.cut import ELLIPSIS, boundaries, cut

_FRAGMENTS: Final = 3
_JOIN: Final = f" {ELLIPSIS} "
_SLACK: Final = 24
"""How far a fragment's edge may move to fall between words, in code points."""

Place = tuple[int, int]


def excerpt(text: str, reasons: Sequence[Reason], *, field: str = "abstract", limit: int) -> Spans:
    """At most ``limit`` code points of ``text`` with the matched words bold.

    Where the text is longer it is up to three fragments around the first hits of different terms, joined by
    «…»; without a hit it is the beginning. ``reasons`` give their places as offsets in ``text``; places of
    other fields, and such as lie outside the text, are passed over.
    """
    edges = boundaries(text)
    hits = _hits(text, reasons, field, edges)
    if len(text) <= limit:
        return _marked(text, (0, len(text)), hits)
    first = _first_of_each(text, reasons, field, edges)
    if not first:
        return (Span(cut(text, limit)),)
    made: list[Span] = []
    windows = _windows(text, first, limit, edges)
    for number, window in enumerate(windows):
        made.append(Span(_JOIN if number else ELLIPSIS if window[0] > 0 else ""))
        made.extend(_marked(text, window, hits))
    made.append(Span(ELLIPSIS if windows[-1][1] < len(text) else ""))
    return tuple(span for span in made if span.text)


def beginning(text: str, reasons: Sequence[Reason], *, field: str = "abstract", limit: int) -> Spans:
    """The first ``limit`` code points of ``text``, cut at a word, with the matched words bold."""
    shown = cut(text, limit)
    kept = len(shown) if shown == text else len(shown) - len(ELLIPSIS)
    marked = _marked(text, (0, kept), _hits(text, reasons, field, boundaries(text)))
    return marked if shown == text else (*marked, Span(ELLIPSIS))


def _places(text: str, reason: Reason, field: str, edges: frozenset[int] | None) -> list[Place]:
    """The usable places of one reason, widened to whole characters."""
    if reason.field != field:
        return []
    found = []
    for start, end in reason.spans:
        if not 0 <= start < end <= len(text):
            continue
        while edges is not None and start not in edges:
            start -= 1  # noqa: PLW2901 - widened step by step; offset 0 is always an edge
        while edges is not None and end not in edges:
            end += 1  # noqa: PLW2901 - the text's length is always an edge
        found.append((start, end))
    return found


def _hits(text: str, reasons: Iterable[Reason], field: str, edges: frozenset[int] | None) -> list[Place]:
    """All places that matched, in order, those that touch or overlap joined."""
    joined: list[Place] = []
    for start, end in sorted(place for reason in reasons for place in _places(text, reason, field, edges)):
        if joined and start <= joined[-1][1]:
            joined[-1] = joined[-1][0], max(end, joined[-1][1])
        else:
            joined.append((start, end))
    return joined


def _first_of_each(
    text: str, reasons: Iterable[Reason], field: str, edges: frozenset[int] | None
) -> list[Place]:
    """The first place of each of the first few terms."""
    first: list[Place] = []
    for reason in reasons:
        places = _places(text, reason, field, edges)
        if places and min(places) not in first:
            first.append(min(places))
    return sorted(first[:_FRAGMENTS])


def _windows(text: str, hits: Sequence[Place], limit: int, edges: frozenset[int] | None) -> list[Place]:
    """Fragments around the hits, in order and apart, that together with their «…» stay within ``limit``."""
    room = (limit - len(_JOIN) * (len(hits) + 1)) // len(hits)
    windows: list[Place] = []
    for start, end in hits:
        lead = max(0, room - (end - start)) // 3
        left = _settle(text, max(0, start - lead), start, edges)
        right = _settle(text, min(len(text), left + room), max(end, left + 1), edges)
        right = min(right, left + room) if end - start < room else _floor(left + room, edges)
        if windows and left <= windows[-1][1]:
            windows[-1] = windows[-1][0], max(right, windows[-1][1])
        else:
            windows.append((left, right))
    spare = limit - sum(end - start for start, end in windows) - len(_JOIN) * (len(windows) + 1)
    left, right = windows[-1]
    windows[-1] = left, _settle(text, min(len(text), right + max(0, spare)), right - 1, edges)
    return [(left, _trimmed(text, right, floor=left + 1)) for left, right in windows]


def _settle(text: str, place: int, hit: int, edges: frozenset[int] | None) -> int:
    """Move an edge towards ``hit`` until it falls between words, or at least between characters."""
    if place in {0, len(text)}:
        return place
    step = 1 if hit >= place else -1
    for moved in range(place, hit, step):
        if abs(moved - place) > _SLACK:
            break
        if step > 0 and text[moved - 1].isspace() and (edges is None or moved in edges):
            return moved
        if step < 0 and text[moved].isspace() and (edges is None or moved in edges):
            return moved
    while edges is not None and place not in edges:
        place += step
    return place


def _trimmed(text: str, end: int, *, floor: int) -> int:
    """Before the punctuation that looks odd in front of «…»."""
    while end > floor and end < len(text) and text[end - 1] in " .,;:–—(":
        end -= 1
    return end


def _floor(place: int, edges: frozenset[int] | None) -> int:
    """The last edge at or before ``place``."""
    while edges is not None and place not in edges:
        place -= 1
    return place


def _marked(text: str, window: Place, hits: Iterable[Place]) -> Spans:
    """One fragment as spans, what matched in bold."""
    at, stop = window
    made: list[Span] = []
    for start, end in hits:
        if end <= at or start >= stop:
            continue
        made.append(Span(text[at : max(at, start)]))
        made.append(Span(text[max(at, start) : min(end, stop)], bold=True))
        at = min(end, stop)
    made.append(Span(text[at:stop]))
    return tuple(span for span in made if span.text)
