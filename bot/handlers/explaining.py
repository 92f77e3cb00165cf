"""``explain`` and «why this?»: stage by stage, why a paper came here or did not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from bot.cards import CardKind, Span, spans
from bot.cards.reply import Step, ladder
from bot.commands.check import numbered
from bot.errors import CommandError, NotFound
from bot.handlers.asked import Asked
from bot.handlers.listed import listed, source_step
from bot.handlers.stages import arrival, clause, delivery, nearnesses, thresholds
from bot.matching.meaning.recent import SCORE
from bot.models import DeliveryKind, Paper, Subscription, SubscriptionState, delivery_key
from bot.ports import Reply
from bot.query import Document, Query, evaluate, parse
from bot.schedule import describe
from bot.store.records import DamagedRecordError
from bot.text.cut import cut
from bot.text.ids import canonical_id

ELSEWHERE: Final = 50
"""Subscriptions of other places that are looked through for a paper."""


async def explain(asked: Asked) -> Reply:
    """A paper against every subscription here, or against one; or the last day of a subscription."""
    number = numbered(asked.get("paper"))
    if number is not None and not asked.get("subscription"):
        # No paper has such an id, and subscriptions are named so in every other command.
        asked = replace(asked, command=replace(asked.command, options={"subscription": str(number)}))
    if not asked.get("paper"):
        if not asked.get("subscription"):
            raise CommandError(
                "`explain` needs a paper, a subscription, or both: `explain 2401.01234`, `explain 7`."
            )
        return await _last_day(asked, await asked.subscription())
    try:
        paper = await asked.paper()
    except NotFound as error:
        return await _unknown(asked, str(error))
    except DamagedRecordError as error:
        step = Step(
            passed=False,
            text="It was fetched, but its record is damaged, so it is not matched",
            note=str(error),
        )
        return Reply(card=ladder(cut(asked.get("paper"), 80), [step]))
    chosen = [await asked.subscription()] if asked.get("subscription") else await asked.here()
    steps = await arrival(asked, paper)
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


async def _against(asked: Asked, paper: Paper, subscription: Subscription) -> list[Step]:
    where = subscription.destination
    head = spans(
        Span(f"{subscription.number} · {subscription.title}", bold=True),
        f" → {'you' if where.direct else where.name or where.channel}",
    )
    query = parse(subscription.query)
    nearness = await asked.services.meanings.nearness(query, paper)
    near = {like: SCORE * score for like, (score, least) in nearness.items() if score >= least}
    verdict = evaluate(query, Document.of(paper), near)
    steps = [Step(passed=verdict.matched, text=head, note=describe(subscription.cadence))]
    chosen = subscription.sources
    announced = not chosen or any(one.source in chosen for one in paper.sightings)
    if chosen:
        steps.append(Step(passed=announced, text=f"announced by {' or '.join(chosen)}"))
    counts = {**thresholds(query, paper, asked.now, await asked.zone()), **nearnesses(nearness)}
    steps += [clause(one, counts) for one in verdict.clauses]
    if not (verdict.matched and announced):
        return steps
    return [*steps, *await _afterwards(asked, subscription, query, paper)]


async def _afterwards(asked: Asked, subscription: Subscription, query: Query, paper: Paper) -> list[Step]:
    """What became of a paper that passes the filter; the last rung says where it stands."""
    steps: list[Step] = []
    where = subscription.destination
    record = await asked.store.deliveries.get(where, delivery_key(where, DeliveryKind.PAPER, paper.id))
    for_this = record is not None and subscription.number in record.subscriptions
    if record is None and await asked.store.papers.waits(paper.id):
        return [Step(passed=None, text="It came just now and waits to be matched")]
    if record is None and (why := await asked.store.aside.why(paper.id)) is not None:
        return [
            Step(
                passed=False,
                text=f"It could not be matched and was set aside: {why}",
                note="The operator can have it matched again: pigeon dead.",
            )
        ]
    old_news = paper.only_revised and not query.revisions
    if old_news:
        steps.append(
            Step(
                passed=False,
                text="Only a revision of it was announced, not the paper itself: it is older than that",
                note="Filters that ask for revisions get it: add `new-version:yes`.",
            )
        )
    made = subscription.created_at
    known_before = bool(made and paper.first_seen and paper.first_seen < made) and not for_this
    if known_before:
        steps.append(
            Step(
                passed=False,
                text="It was known before this subscription was made",
                note="Its preview showed such papers; only later ones are posted.",
            )
        )
    if record is not None:
        steps.append(await delivery(asked, subscription, record))
    elif await asked.services.meanings.refused(where, paper, {}):
        steps.append(
            Step(
                passed=False,
                text="The profile of this place leaves it out: it is nearer to what got 👎 than to what got 👍",
                note="`profile` shows the ratings; `settings profile:order` lets all through.",
            )
        )
    elif not known_before and not old_news:
        steps.append(await delivery(asked, subscription, None))
    return steps


async def _unknown(asked: Asked, sentence: str) -> Reply:
    """A paper that is not in the store: never fetched, or forgotten, which what was said of it outlives at times."""
    written = canonical_id(asked.get("paper"))
    paper_id = await asked.store.papers.names.canonical(written or asked.get("paper"))
    where = asked.destination("here")
    record = await asked.store.deliveries.get(where, delivery_key(where, DeliveryKind.PAPER, paper_id))
    if record is not None:
        steps = [
            Step(
                passed=True,
                text="It was fetched, and has been forgotten since",
                note=f"Papers are kept for {asked.store.papers.retention.days} days after a listing last brought them.",
            )
        ]
        for number in record.subscriptions:
            subscription = await asked.store.subscriptions.get(*asked.origin.workspace, number)
            if subscription is not None and await asked.may_see(subscription):
                step = await delivery(asked, subscription, record)
                head = spans(Span(f"{subscription.number} · {subscription.title}", bold=True))
                steps.append(Step(passed=step.passed, text=head, note=step.text))
        return Reply(card=ladder(paper_id, steps))
    steps = [Step(passed=False, text=sentence)]
    steps += [
        source_step(source, await asked.store.papers.health(source), asked.now)
        for source in asked.services.sources
    ]
    steps += [step for step in (await listed(asked)).steps if not step.passed]
    notes = ["If it should have come, a listing may bring it later: gaps are caught up."]
    card = ladder("", steps, notes=notes)
    return Reply(card=replace(card, kind=CardKind.ERROR, fallback=sentence, accent="error"))


async def _elsewhere(asked: Asked, paper: Paper) -> list[Step]:
    """Other places of this workspace that have the paper, as far as the asker may read them."""
    here = asked.destination("here").key
    steps = []
    for subscription in (await asked.subscriptions())[:ELSEWHERE]:
        where = subscription.destination
        if where.key == here:
            continue
        record = await asked.store.deliveries.get(where, delivery_key(where, DeliveryKind.PAPER, paper.id))
        if record is not None and subscription.number in record.subscriptions:
            place = "you" if where.direct else where.name or where.channel
            step = await delivery(asked, subscription, record)
            head = spans(Span(f"{subscription.number} · {subscription.title}", bold=True), f" → {place}")
            steps.append(Step(passed=step.passed, text=head, note=step.text))
    return steps


async def _last_day(asked: Asked, subscription: Subscription) -> Reply:
    replayed = await asked.services.replay.run(
        parse(subscription.query), days=1, sources=subscription.sources, workspace=subscription.workspace
    )
    steps: list[Step] = [
        _standing(subscription),
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


def _standing(subscription: Subscription) -> Step:
    """Whether the subscription runs."""
    match subscription.state:
        case SubscriptionState.ACTIVE:
            return Step(passed=True, text=f"It runs: {describe(subscription.cadence)}")
        case SubscriptionState.PAUSED:
            until = (
                f" until {subscription.paused_until:%a %d %b %H:%M} UTC" if subscription.paused_until else ""
            )
            return Step(
                passed=None, text=f"It is paused{until}", note=f"`resume {subscription.number}` ends that."
            )
        case SubscriptionState.BLOCKED:
            return Step(passed=False, text=f"Its destination takes no cards: {subscription.state_reason}")
        case SubscriptionState.REMOVED:
            return Step(passed=False, text="It was removed")


async def _one_of_the_day(asked: Asked, subscription: Subscription, paper: Paper) -> Sequence[Step]:
    step = (await _afterwards(asked, subscription, parse(subscription.query), paper))[-1]
    return [Step(passed=step.passed, text=cut(paper.title, 120), note=step.text)]
