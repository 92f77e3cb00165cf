"""The page that a signed link opens: what comes to one place, one's own alerts, saved papers, and feeds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from bot.cards.html import is_web
from bot.cards.paper import authors
from bot.links import Grant
from bot.models import Delivery, DeliveryKind, Destination, Paper, Subscription, SubscriptionState
from bot.schedule import describe
from bot.store import Store
from bot.store.saved import Saved
from bot.store.web import SAVED
from bot.text.cut import cut
from bot.web.layout import page, text, when

POSTED: Final = 40
"""Deliveries that are looked at, and papers of them that are shown, for each place."""
SHORT: Final = 8
"""Rows of a long list that are shown at once."""
KEPT: Final = 200
"""Saved papers that are shown, latest first."""
_STATES: Final = {
    SubscriptionState.PAUSED: "paused",
    SubscriptionState.BLOCKED: "blocked: the channel takes no cards",
}


@dataclass(frozen=True, slots=True)
class Posted:
    """A paper that was posted."""

    paper: Paper
    at: datetime
    message: str
    """The address of the message; empty where the platform has none."""


@dataclass(frozen=True, slots=True)
class Place:
    """What comes to one destination."""

    subscriptions: Sequence[Subscription]
    posted: Sequence[Posted]


@dataclass(frozen=True, slots=True)
class Mine:
    """All that one page shows."""

    grant: Grant
    here: Place | None
    """``None`` where they asked in their own direct messages."""
    own: Place
    saved: Sequence[tuple[Saved, Paper]]
    feeds: Mapping[str, str]
    zone: str


async def gather(store: Store, grant: Grant) -> Mine:
    """Read it, all of it from the workspace and for the person that the grant names.

    Raises:
        StoreUnavailable: it cannot be read.
    """
    platform, workspace = grant.platform, grant.workspace
    subscriptions = [
        one
        for one in await store.subscriptions.of(platform, workspace)
        if one.state is not SubscriptionState.REMOVED
    ]
    here = None if grant.direct else await _place(store, grant.place, subscriptions)
    own = await _place(store, grant.own, subscriptions)
    rows = (await store.saved.of(platform, workspace, grant.person))[:KEPT]
    known = await store.papers.many([one.paper_id for one in rows])
    settings = await store.preferences.get(
        platform, workspace, grant.place.key if grant.direct else grant.channel
    )
    return Mine(
        grant=grant,
        here=here,
        own=own,
        saved=[(one, known[one.paper_id]) for one in rows if one.paper_id in known],
        feeds=await store.web.feeds(platform, workspace, grant.person),
        zone=settings.get("timezone") or "UTC",
    )


async def posted_there(
    store: Store, where: Destination, *, number: int | None = None, most: int = POSTED
) -> list[Posted]:
    """The latest papers that were posted at a place, newest first; with ``number`` only those of a subscription."""
    found: dict[str, tuple[datetime, str]] = {}
    for one in await store.deliveries.posted(where, count=300 if number is not None else most):
        if one.sent_at is None or one.kind not in (DeliveryKind.PAPER, DeliveryKind.DIGEST):
            continue
        if number is not None and number not in _numbers(one):
            continue
        for paper_id in one.papers:
            found.setdefault(paper_id, (one.sent_at, one.message.url or "" if one.message else ""))
        if len(found) >= most:
            break
    known = await store.papers.many(list(found)[:most])
    return [Posted(known[paper_id], *found[paper_id]) for paper_id in known]


def _numbers(delivery: Delivery) -> set[int]:
    """Every subscription that a delivery speaks for, those that joined it later included."""
    return {*delivery.subscriptions, *(number for number, _ in delivery.reasons)}


async def _place(store: Store, where: Destination, subscriptions: Sequence[Subscription]) -> Place:
    return Place(
        [one for one in subscriptions if one.destination.key == where.key], await posted_there(store, where)
    )


def shown(mine: Mine, address: str) -> str:
    """The page; ``address`` is that of the site, for the feeds."""
    zone = ZoneInfo(mine.zone)
    parts = []
    if mine.here is not None:
        name = next((one.destination.name for one in mine.here.subscriptions if one.destination.name), "")
        title = name or "this channel"
        parts.append(_section(f"Subscriptions in {title}", _subscriptions(mine.here, "here")))
        parts.append(_section(f"Posted in {title} lately", _posted(mine.here, zone)))
    else:
        title = "you"
    if mine.here is None or mine.own.subscriptions or mine.own.posted:
        parts.append(_section("Your own alerts", _subscriptions(mine.own, "for you")))
        parts.append(_section("Sent to you lately", _posted(mine.own, zone)))
    parts.append(_section("Your saved papers", _saved(mine, zone)))
    parts.append(_section("Your feeds", _feeds(mine, address)))
    until = mine.grant.until.astimezone(zone)
    body = (
        f"<h1>What comes to {text(title)}</h1>\n"
        f'<p class="lead">This link is yours and good until {until:%H:%M} ({text(mine.zone)}). '
        "A new one: <code>/papers web</code>.</p>\n"
    )
    return page(f"What comes to {title}", body + "\n".join(parts))


def gone() -> tuple[str, str]:
    """What is said for a link that has expired."""
    return "This link has expired", "Links are good for 15 minutes. Type `/papers web` for a new one."


def _section(title: str, body: str) -> str:
    return f'<h2 class="section">{text(title)}</h2>\n{body}'


def _nothing(said: str) -> str:
    return f'<p class="quiet">{said}</p>'


def _rows(rows: Sequence[str]) -> str:
    return f'<ul class="list">{"".join(f"<li>{row}</li>" for row in rows)}</ul>'


def _long(rows: Sequence[str]) -> str:
    """The first rows, and the rest for whoever wants them."""
    if len(rows) <= SHORT + 2:
        return _rows(rows)
    more = f"<details><summary>{len(rows) - SHORT} more</summary>{_rows(rows[SHORT:])}</details>"
    return _rows(rows[:SHORT]) + more


def _subscriptions(place: Place, where: str) -> str:
    if not place.subscriptions:
        return _nothing(
            f'None {where} yet. In chat: <code>/papers subscribe</code>, or try a filter on <a href="/">this page</a>.'
        )
    return _rows([_subscription(one) for one in place.subscriptions])


def _subscription(one: Subscription) -> str:
    state = f'<span class="state">{_STATES[one.state]}</span>' if one.state in _STATES else ""
    named = f'<span class="name">{text(cut(one.name, 120))}</span>{state}<br>' if one.name else ""
    preview = text("/?" + urlencode({"q": one.query}, errors="replace"))
    return (
        f"{named}<code>{text(cut(one.query, 600))}</code>{'' if one.name else state}"
        f'<span class="note">{one.number} · {text(describe(one.cadence))} · <a href="{preview}">preview</a></span>'
    )


def _posted(place: Place, zone: ZoneInfo) -> str:
    if not place.posted:
        return _nothing("Nothing yet.")
    rows = []
    for one in place.posted:
        message = (
            f' · <a href="{text(one.message)}" rel="noopener noreferrer">message</a>'
            if is_web(one.message)
            else ""
        )
        rows.append(
            f'{_paper(one.paper)}<span class="note">{when(one.at, zone)}{message}{_by(one.paper)}</span>'
        )
    return _long(rows)


def _saved(mine: Mine, zone: ZoneInfo) -> str:
    if not mine.saved:
        return _nothing("None yet. Press Save under a card, or type <code>/papers save 2401.01234</code>.")
    rows = []
    for row, paper in mine.saved:
        tag = f' · <span class="chip">{text(row.tag)}</span>' if row.tag else ""
        rows.append(f'{_paper(paper)}<span class="note">{when(row.saved_at, zone)}{tag}{_by(paper)}</span>')
    return _long(rows)


def _feeds(mine: Mine, address: str) -> str:
    if not mine.feeds:
        return _nothing("None. <code>/papers web feeds</code> gives you addresses for your feed reader.")
    titles = {SAVED: "Your saved papers"}
    for place in (mine.here, mine.own):
        titles |= {
            str(one.number): f"{one.number} · {one.title}" for one in (place.subscriptions if place else ())
        }
    fields = []
    for at, (subject, token) in enumerate(
        sorted(mine.feeds.items(), key=lambda pair: (pair[0] != SAVED, pair[0]))
    ):
        title = titles.get(subject, f"Subscription {subject}")
        fields.append(
            f'<div class="copy"><label for="feed{at}">{text(cut(title, 100))}</label>'
            f'<input id="feed{at}" readonly value="{text(f"{address}/feed/{token}.atom")}"></div>'
        )
    note = '<p class="note">Whoever has an address can read that feed. <code>/papers web revoke</code> ends all of them.</p>'
    return "".join(fields) + note


def _paper(paper: Paper) -> str:
    title = text(cut(paper.title, 200))
    if is_web(paper.url):
        title = f'<a href="{text(paper.url)}" rel="noopener noreferrer">{title}</a>'
    return f'<span class="line name" dir="auto">{title}</span>'


def _by(paper: Paper) -> str:
    names = authors(paper, 2)
    return f" · {text(names)}" if names else ""
