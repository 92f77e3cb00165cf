"""The rungs of «why did I (not) get this?»: how a paper came, what its counts were, how far it is on its way."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from bot.cards import Span, spans
from bot.cards.paper import SOURCE_NAMES
from bot.cards.reply import Step
from bot.handlers.asked import Asked
from bot.models import (
    Delivery,
    DeliveryState,
    MessageRef,
    Paper,
    Subscription,
    SubscriptionState,
)
from bot.query import Clause, Like, Query
from bot.query.normal import printed
from bot.query.tree import Compare, leaves
from bot.schedule import is_quiet
from bot.text.ids import canonical_id
from bot.text.when import ago, day

PARTS: Final = 6
"""Parts of a group that are told one by one."""


async def arrival(asked: Asked, paper: Paper) -> list[Step]:
    """How a paper came to be known."""
    seen = [
        f"{SOURCE_NAMES.get(one.source, one.source)} ({one.announce.value}"
        + (f", {ago(one.seen_at, asked.now)}" if one.seen_at else "")
        + ")"
        for one in paper.sightings
    ]
    said = [f"First seen {ago(paper.first_seen, asked.now)}."] if paper.first_seen else []
    if len({one.source for one in paper.sightings}) > 1:
        said.append("Its listings were merged into one paper.")
    steps = [Step(passed=True, text=f"Fetched from {', '.join(seen) or 'a listing'}", note=" ".join(said))]
    written = canonical_id(asked.get("paper"))
    if written is not None and written != paper.id:
        steps.append(
            Step(
                passed=True,
                text=f"The same paper as {paper.short_id}",
                note="It is kept under that id, and posted once in a place.",
            )
        )
    if await _in_first_listing(asked, paper):
        steps.append(
            Step(
                passed=None,
                text="It was in the first listing that I read of this source",
                note="Of such a listing a place gets three cards at once and the rest in one digest.",
            )
        )
    return steps


async def _in_first_listing(asked: Asked, paper: Paper) -> bool:
    if not paper.sightings or paper.first_seen is None:
        return False
    began = (await asked.store.papers.health(paper.sightings[0].source)).get("began_at")
    return began is not None and paper.first_seen <= datetime.fromisoformat(began)


def clause(found: Clause, counts: Mapping[str, str]) -> Step:
    """A clause of a filter; ``counts`` says more of those that compare a count."""
    note = counts.get(found.text, found.note)
    if not note and found.clauses:
        told = [
            f"{'✓' if one.satisfied else '✗'} {one.text}: {counts.get(one.text, one.note)}".rstrip(": ")
            for one in found.clauses[:PARTS]
        ]
        more = len(found.clauses) - PARTS
        note = " · ".join(told) + (f" · {more} more" if more > 0 else "")
    return Step(passed=found.satisfied, text=spans(Span(found.text, code=True)), note=note)


def thresholds(query: Query, paper: Paper, now: datetime, zone: str) -> dict[str, str]:
    """For each comparison of a query, as printed: «it had 11 at 09:00, 41 now»."""
    found = {}
    for leaf in leaves(query.root):
        if not isinstance(leaf, Compare):
            continue
        count: int | None = getattr(paper, leaf.field)
        read = [(one.at, getattr(one, leaf.field)) for one in paper.readings]
        known = [(at, number) for at, number in read if number is not None]
        if count is None or not known:
            continue
        other = [(at, number) for at, number in known if leaf.holds(number) is not leaf.holds(count)]
        if other:
            at, number = other[-1]
            found[printed(leaf)] = f"it had {number:,} {_moment(at, now, zone)}, {count:,} now"
        else:
            since = next(at for at, number in known if number == count) if (known[-1][1] == count) else None
            found[printed(leaf)] = f"it has {count:,}" + (
                f", read {_moment(since, now, zone)}" if since else ""
            )
    return found


def nearnesses(found: Mapping[Like, tuple[float, float]]) -> dict[str, str]:
    """For each example of a query, as printed: how near the paper is, and where near enough begins."""
    return {
        printed(
            like
        ): f"near in meaning: {score:.2f}; near enough, for about {like.rate} a week, begins at {least:.2f}"
        if score >= least
        else f"not near enough in meaning: {score:.2f}; for about {like.rate} a week it takes {least:.2f}"
        for like, (score, least) in found.items()
    }


def _moment(at: datetime, now: datetime, zone: str) -> str:
    local, today = at.astimezone(ZoneInfo(zone)), now.astimezone(ZoneInfo(zone)).date()
    return f"at {local:%H:%M}" if local.date() == today else f"on {day(local.date())} at {local:%H:%M}"


async def delivery(asked: Asked, subscription: Subscription, record: Delivery | None) -> Step:
    """How far a paper has come on its way to the destination of a subscription that it passes."""
    if record is None:
        return _not_planned(subscription)
    digest = record.digest and await asked.store.deliveries.get(subscription.destination, record.digest)
    if digest:
        record = digest
    if record.state is DeliveryState.SENT:
        moment = record.sent_at or asked.now
        said = f"Sent {ago(moment, asked.now)}{' in a digest' if digest else ''}"
        link = _link(record.message)
        return Step(passed=True, text=spans(said, *((" ", link) if link else ())))
    if record.state is DeliveryState.DEAD:
        doubt = " It may have been posted all the same: an answer was lost." if record.doubt_at else ""
        return Step(
            passed=False,
            text=f"Given up: {record.why}{doubt}",
            note="The operator can replay it: pigeon dead replay.",
        )
    if subscription.state is SubscriptionState.REMOVED:
        return Step(passed=False, text="The subscription was removed")
    blocked = await asked.store.deliveries.blocked(subscription.destination)
    if subscription.state is SubscriptionState.BLOCKED or blocked:
        return Step(
            passed=False,
            text=f"The destination takes no cards: {subscription.state_reason or blocked}",
            note="It waits there and is tried every hour.",
        )
    if record.state is DeliveryState.PENDING:
        return await _gathered(asked, subscription, record)
    return _under_way(asked, subscription, record)


def _not_planned(subscription: Subscription) -> Step:
    if subscription.state is SubscriptionState.REMOVED:
        return Step(passed=False, text="The subscription was removed")
    if subscription.version > 1:
        return Step(
            passed=None,
            text="Not planned: it did not count as new for this subscription",
            note="The subscription was changed since it was made; what was known before a change is not posted.",
        )
    return Step(
        passed=None,
        text="Not planned: it did not count as new for this subscription",
        note="What it passes now it did not pass when it came.",
    )


async def _gathered(asked: Asked, subscription: Subscription, record: Delivery) -> Step:
    """It waits in a digest: of this subscription, or of another of the same place."""
    for number in dict.fromkeys((subscription.number, *record.subscriptions)):
        held = await asked.store.subscriptions.get(*subscription.workspace, number)
        if held is None or not any(
            one in record.papers for one, _ in await asked.store.deliveries.pending(held)
        ):
            continue
        due = await asked.store.deliveries.next_digest(held)
        whose = "" if number == subscription.number else f" of subscription {number}"
        if due is not None:
            return Step(
                passed=None,
                text=spans(f"Waits for the digest{whose} of ", Span(f"{due:%a %d %b %H:%M} UTC", at=due)),
            )
        if held.state is SubscriptionState.PAUSED:
            until = f" until {held.paused_until:%a %d %b %H:%M} UTC" if held.paused_until else ""
            return Step(
                passed=None,
                text=f"Kept while {'the subscription' if not whose else f'subscription {number}'} is paused{until}",
                note=f"`resume {number}` brings it.",
            )
    return Step(passed=None, text="Waits for the next digest")


def _under_way(asked: Asked, subscription: Subscription, record: Delivery) -> Step:
    """Planned, or an attempt was made."""
    if record.state is DeliveryState.INTENT and record.why:
        return Step(
            passed=None,
            text="Posted or not: the answer to the last attempt was lost",
            note=f"{record.why} I look for it there before it is posted again. Attempts so far: {record.attempts}.",
        )
    if record.state is DeliveryState.INTENT:
        return Step(passed=None, text="It is being posted this very moment")
    if record.due is not None and record.due > asked.now:
        quiet = is_quiet(subscription.cadence, asked.now)
        return Step(
            passed=None,
            text=spans(
                "Waits for the end of the quiet hours: " if quiet else "Planned for ",
                Span(f"{record.due:%a %d %b %H:%M} UTC", at=record.due),
            ),
            note=record.why,
        )
    if record.why:
        return Step(
            passed=None,
            text="Waits for another attempt",
            note=f"{record.why} Attempts so far: {record.attempts}.",
        )
    if subscription.state is SubscriptionState.PAUSED:
        return Step(passed=None, text="Kept while the subscription is paused")
    return Step(passed=None, text="On its way: it waits for its turn in this place")


def _link(message: MessageRef | None) -> Span | None:
    return Span("see it", url=message.url) if message and message.url else None
