"""``explain`` and «why this?»: stage by stage, why a paper came here or did not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from bot.cards import Span, spans
from bot.cards.paper import SOURCE_NAMES
from bot.cards.reply import Step, ladder
from bot.errors import CommandError
from bot.handlers.asked import Asked
from bot.models import (
    Delivery,
    DeliveryKind,
    DeliveryState,
    Paper,
    Subscription,
    SubscriptionState,
    delivery_key,
)
from bot.ports import Reply
from bot.query import Clause, Document, evaluate, parse
from bot.schedule import describe
from bot.text.cut import cut
from bot.text.when import ago

ELSEWHERE: Final = 50
"""Subscriptions of other places that are looked through for a paper."""


async def explain(asked: Asked) -> Reply:
    """A paper against every subscription here, or against one; or the last day of a subscription."""
    if not asked.get("paper"):
        if not asked.get("subscription"):
            raise CommandError(
                "`explain` needs a paper, a subscription, or both: `explain 2401.01234`, `explain subscription:7`."
            )
        return await _last_day(asked, await asked.subscription())
    paper = await asked.paper()
    chosen = [await asked.subscription()] if asked.get("subscription") else await asked.here()
    steps = _arrival(asked, paper)
    for subscription in chosen:
        steps += await _against(asked, paper, subscription)
    if not asked.get("subscription"):
        steps += await _elsewhere(asked, paper)
    notes = []
    if not chosen:
        notes = [
            "There are no subscriptions here. `subscribe` makes one; `explain … subscription:7` asks about another."
        ]
    return Reply(card=ladder(cut(paper.title, 160), steps, notes=notes))


async def why(asked: Asked) -> Reply:
    """The button «why this?»."""
    return await explain(asked)


def _arrival(asked: Asked, paper: Paper) -> list[Step]:
    seen = [
        f"{SOURCE_NAMES.get(one.source, one.source)} ({one.announce.value}"
        + (f", {ago(one.seen_at, asked.now)}" if one.seen_at else "")
        + ")"
        for one in paper.sightings
    ]
    merged = (
        " Its listings were merged into one paper."
        if len({one.source for one in paper.sightings}) > 1
        else ""
    )
    first = f"First seen {ago(paper.first_seen, asked.now)}." if paper.first_seen else ""
    return [Step(passed=True, text=f"Fetched from {', '.join(seen) or 'a listing'}", note=f"{first}{merged}")]


async def _against(asked: Asked, paper: Paper, subscription: Subscription) -> list[Step]:
    where = subscription.destination
    head = spans(
        Span(f"{subscription.number} · {subscription.title}", bold=True),
        f" → {'you' if where.direct else where.name or where.channel}",
    )
    query = parse(subscription.query)
    near = await asked.services.meanings.similarity(query, paper)
    verdict = evaluate(query, Document.of(paper), near)
    steps = [Step(passed=verdict.matched, text=head, note=describe(subscription.cadence))]
    if subscription.sources:
        from_wanted = any(one.source in subscription.sources for one in paper.sightings)
        steps.append(Step(passed=from_wanted, text=f"announced by {' or '.join(subscription.sources)}"))
    steps += [_clause(clause) for clause in verdict.clauses]
    if not verdict.matched:
        return steps
    if paper.only_revised and not query.revisions:
        steps.append(
            Step(
                passed=False,
                text="Only a revision of it was announced, not the paper itself: it is older than that",
                note="Filters that ask for revisions get it: add `new-version:yes`.",
            )
        )
    made = subscription.created_at
    if made and paper.first_seen and paper.first_seen < made:
        steps.append(
            Step(
                passed=False,
                text="It was known before this subscription was made",
                note="Its preview showed such papers; only later ones are posted.",
            )
        )
    record = await asked.store.deliveries.get(where, delivery_key(where, DeliveryKind.PAPER, paper.id))
    if record is None and await asked.services.meanings.refused(where, paper, {}):
        steps.append(
            Step(
                passed=False,
                text="The profile of this place leaves it out: it is nearer to what got 👎 than to what got 👍",
                note="`profile` shows the ratings; `settings profile:order` lets all through.",
            )
        )
        return steps
    steps.append(await _delivery(asked, subscription, record))
    return steps


async def _elsewhere(asked: Asked, paper: Paper) -> list[Step]:
    """Other places of this workspace that have the paper, as far as the asker may read them."""
    here = asked.destination("here").key
    steps = []
    for subscription in (await asked.subscriptions())[:ELSEWHERE]:
        where = subscription.destination
        if where.key == here or not (where.direct or await asked.origin.rights.may_read(where)):
            continue
        record = await asked.store.deliveries.get(where, delivery_key(where, DeliveryKind.PAPER, paper.id))
        if record is not None and subscription.number in record.subscriptions:
            place = "you" if where.direct else where.name or where.channel
            step = await _delivery(asked, subscription, record)
            head = spans(Span(f"{subscription.number} · {subscription.title}", bold=True), f" → {place}")
            steps.append(Step(passed=step.passed, text=head, note=step.text))
    return steps


def _clause(clause: Clause) -> Step:
    return Step(passed=clause.satisfied, text=spans(Span(clause.text, code=True)), note=clause.note)


async def _delivery(asked: Asked, subscription: Subscription, record: Delivery | None) -> Step:
    """How far the paper has come on its way to the destination."""
    if subscription.state is SubscriptionState.REMOVED:
        return Step(passed=False, text="The subscription was removed")
    if subscription.state is SubscriptionState.BLOCKED:
        return Step(
            passed=False,
            text=f"The destination takes no cards: {subscription.state_reason}",
            note="It waits there and is tried every hour.",
        )
    if record is None:
        return Step(passed=None, text="Not planned: it does not count as new for this subscription")
    digest = record.digest and await asked.store.deliveries.get(subscription.destination, record.digest)
    if digest:
        record = digest
    match record.state:
        case DeliveryState.SENT:
            moment = record.sent_at or asked.now
            link = (
                Span("see it", url=record.message.url) if record.message and record.message.url else Span("")
            )
            text = spans(f"Sent {ago(moment, asked.now)}{' in a digest' if digest else ''} ", link)
            return Step(passed=True, text=text)
        case DeliveryState.PENDING:
            due = await asked.store.deliveries.next_digest(subscription)
            said = "Waits for the digest" if due else "Kept while the subscription is paused"
            return Step(
                passed=None,
                text=spans(
                    said, " of " if due else "", Span(f"{due:%a %d %b %H:%M} UTC", at=due) if due else ""
                ),
            )
        case DeliveryState.DEAD:
            return Step(
                passed=False,
                text=f"Given up: {record.why}",
                note="The operator can replay it: pigeon dead replay.",
            )
        case _:
            later = record.due is not None and record.due > asked.now
            said = f"Planned for {record.due:%a %d %b %H:%M} UTC" if later and record.due else "On its way"
            return Step(passed=None, text=said, note=record.why)


async def _last_day(asked: Asked, subscription: Subscription) -> Reply:
    replayed = await asked.services.replay.run(
        parse(subscription.query), days=1, sources=subscription.sources
    )
    steps: list[Step] = [
        Step(passed=True, text=f"{replayed.checked:,} papers came in the last day"),
        Step(
            passed=bool(replayed.count),
            text=f"{replayed.count:,} passed the filter",
            note=subscription.query,
        ),
    ]
    for hit in replayed.hits[:10]:
        steps += await _one_of_the_day(asked, subscription, hit.paper)
    if not replayed.hits:
        variants = await asked.services.replay.variants(
            parse(subscription.query), days=1, wider=True, sources=subscription.sources
        )
        near = [f"{variant.label}: {count}" for variant, count in variants if count][:3]
        notes = [f"Nearest: {' · '.join(near)}"] if near else []
        return Reply(card=ladder(f"{subscription.number} · {subscription.title}", steps, notes=notes))
    return Reply(card=ladder(f"{subscription.number} · {subscription.title}", steps))


async def _one_of_the_day(asked: Asked, subscription: Subscription, paper: Paper) -> Sequence[Step]:
    where = subscription.destination
    record = await asked.store.deliveries.get(where, delivery_key(where, DeliveryKind.PAPER, paper.id))
    step = await _delivery(asked, subscription, record)
    return [Step(passed=step.passed, text=cut(paper.title, 120), note=step.text)]
