"""``list``, ``pause``, ``resume`` and ``remove``."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Final

from bot.cards import Action, ActionStyle, Item, Span, spans
from bot.cards.reply import message, undo
from bot.commands.times import until
from bot.errors import CommandError
from bot.handlers.asked import RESTORABLE, Asked
from bot.handlers.subscribing import announcement
from bot.handlers.undoing import keep_undo
from bot.models import Subscription, SubscriptionState, When
from bot.ports import Reply
from bot.schedule import describe, due
from bot.text.counted import count

PAGE: Final = 20
UNDECIDED: Final = timedelta(minutes=10)
"""How long what was missed waits for a decision where no digest is due."""


async def list_subscriptions(asked: Asked) -> Reply:
    """The subscriptions here, with their numbers, states and next posts."""
    scope = asked.get("scope", "here")
    where = asked.destination("here")
    found = await (asked.placed(where) if scope == "here" else asked.subscriptions())
    if scope == "mine":
        found = [one for one in found if one.created_by.id == asked.origin.person.id]
    state = asked.get("state")
    found = [
        one
        for one in found
        if (one.state.value == state if state else one.state is not SubscriptionState.REMOVED)
    ]
    if not found:
        return Reply(card=message("", *await _none(asked, scope, state)))
    rows = [await _row(asked, one, with_place=scope != "here") for one in found[:PAGE]]
    more = (
        [f"{len(found) - PAGE} more are not shown: narrow it with scope: and state:."]
        if len(found) > PAGE
        else []
    )
    return Reply(card=message(_counted(len(found), scope), items=rows, notes=more))


async def pause(asked: Asked) -> Reply:
    """Stop one for a while; what matches meanwhile is kept."""
    subscription = await asked.subscription()
    await asked.require_manage(subscription.destination)
    if subscription.state is SubscriptionState.REMOVED:
        raise CommandError(
            f"Subscription {subscription.number} was removed. `resume {subscription.number}` restores it."
        )
    ends = until(asked.get("for"), asked.now, await asked.zone()) if asked.get("for") else None
    stored = await asked.store.subscriptions.put(
        replace(subscription, state=SubscriptionState.PAUSED, paused_until=ends)
    )
    await asked.store.deliveries.set_digest(stored, None)
    token = await keep_undo(asked, subscription, stored)
    said = f"Paused subscription {stored.number} «{stored.title}»"
    tail = (
        spans("Until ", Span(f"{ends:%a %d %b %H:%M} UTC", at=ends), ".") if ends else "Until you resume it."
    )
    return Reply(
        card=message(said, tail, "What matches meanwhile is kept.", actions=[_resume(stored), undo(token)]),
        announce=await announcement(asked, stored, said, token),
    )


async def resume(asked: Asked) -> Reply:
    """Start one again; what it gathered during the pause is sent or skipped as the person likes."""
    subscription = await asked.subscription()
    await asked.require_manage(subscription.destination)
    if subscription.state is SubscriptionState.BLOCKED:
        return await _tried_again(asked, subscription)
    missed = asked.get("missed", "ask")
    pending = await asked.store.deliveries.pending(subscription)
    if subscription.state is SubscriptionState.ACTIVE and not (pending and missed != "ask"):
        return Reply(card=message("", f"Subscription {subscription.number} is running."))
    stored = subscription
    if subscription.state is not SubscriptionState.ACTIVE:
        stored = await asked.store.subscriptions.put(
            replace(
                subscription,
                state=SubscriptionState.ACTIVE,
                paused_until=None,
                removed_at=None,
                state_reason="",
            )
        )
        last = await asked.store.deliveries.last_digest(stored)
        # Until the person decides about what was missed, it waits for the next digest: nothing is dropped.
        after = asked.now + UNDECIDED if stored.cadence.when is When.INSTANT else asked.now
        await asked.store.deliveries.set_digest(stored, due(stored.cadence, after, last=last))
    said = f"Resumed subscription {stored.number} «{stored.title}»"
    number = stored.number
    actions: list[Action] = []
    lines = [f"It posts {describe(stored.cadence)}."]
    if pending and missed == "send":
        sent = await asked.services.digests.close_now(stored, name=f"missed:{asked.now.isoformat()}")
        lines.append(f"What you missed comes now as one digest: {count(sent, 'paper')}.")
    elif pending and missed == "skip":
        await asked.store.deliveries.drop_pending(stored)
        lines.append(f"Skipped {count(len(pending), 'paper')} that matched during the pause.")
    elif pending:
        lines.append(f"{count(len(pending), 'paper')} matched during the pause. Send now?")
        actions = [
            Action(f"Send {len(pending)}", command=f"resume {number} missed:send", style=ActionStyle.PRIMARY),
            Action("Skip them", command=f"resume {number} missed:skip"),
        ]
    token = await keep_undo(asked, subscription, stored, pending=pending if missed == "skip" else ())
    return Reply(
        card=message(said, *lines, actions=[*actions, undo(token)]),
        announce=await announcement(asked, stored, said, token)
        if subscription.state is not SubscriptionState.ACTIVE
        else None,
    )


async def _tried_again(asked: Asked, subscription: Subscription) -> Reply:
    """Try a place that took no cards at once, rather than within the hour."""
    where = subscription.destination
    name = where.name or "that channel"
    missing = [] if where.direct else await asked.origin.rights.missing(where)
    if missing:
        raise CommandError(f"I still cannot post to {name}: {', '.join(missing)} missing.")
    await asked.services.destinations.took_a_card(where)
    return Reply(
        card=message("", f"I try {name} again now. What piled up comes as one digest when it takes cards.")
    )


async def remove(asked: Asked) -> Reply:
    """Delete one softly."""
    subscription = await asked.subscription()
    await asked.require_manage(subscription.destination)
    if subscription.state is SubscriptionState.REMOVED:
        return Reply(card=message("", f"Subscription {subscription.number} is removed already."))
    stored = await asked.store.subscriptions.put(
        replace(subscription, state=SubscriptionState.REMOVED, removed_at=asked.now)
    )
    await asked.store.deliveries.set_digest(stored, None)
    token = await keep_undo(asked, subscription, stored)
    said = f"Removed subscription {stored.number} «{stored.title}»"
    return Reply(
        card=message(
            said,
            f"`resume {stored.number}` brings it back for {RESTORABLE.days} days.",
            actions=[undo(token)],
        ),
        announce=await announcement(asked, stored, said, token),
    )


async def _none(asked: Asked, scope: str, state: str) -> list[str]:
    """That there is nothing to list, and what to do next."""
    said = f"No {f'{state} ' if state else ''}{_scope(scope)}{'' if state else ' yet'}."
    elsewhere = await asked.subscriptions(removed=False)
    if elsewhere and not (state or scope == "server"):
        return [f"{said} {count(len(elsewhere), 'subscription')} elsewhere: `list scope:server`."]
    if state:
        return [f"{said} `list` shows all that are not removed."]
    return [f"{said} Set one up with `subscribe`, or try a filter first: `preview diffusion -survey`."]


async def _row(asked: Asked, subscription: Subscription, *, with_place: bool) -> Item:
    number = subscription.number
    parts = [describe(subscription.cadence)]
    if with_place:
        where = subscription.destination
        parts.append("your direct messages" if where.direct else where.name or where.channel)
    waiting = len(await asked.store.deliveries.pending(subscription))
    if waiting:
        parts.append(f"{waiting} waiting")
    if subscription.state is not SubscriptionState.ACTIVE:
        reason = f": {subscription.state_reason}" if subscription.state_reason else ""
        parts.append(f"{subscription.state.value}{reason}")
    if subscription.created_by.name:
        parts.append(f"by {subscription.created_by.name}")
    parts.append(subscription.query if subscription.name else "")
    return Item(
        spans(Span(str(number), code=True), "  ", Span(subscription.title, bold=True)),
        note=spans(" · ".join(part for part in parts if part)),
        actions=_row_actions(subscription),
    )


def _row_actions(subscription: Subscription) -> tuple[Action, ...]:
    number = subscription.number
    if subscription.state is SubscriptionState.REMOVED:
        return (Action("Restore", command=f"resume {number}"),)
    running = subscription.state is not SubscriptionState.PAUSED
    return (
        Action("Edit", command=f"edit {number}"),
        Action("Pause", command=f"pause {number}") if running else _resume(subscription),
        Action("Next digest", command=f"digest {number}"),
        Action("Remove", command=f"remove {number}", style=ActionStyle.DANGER),
    )


def _resume(subscription: Subscription) -> Action:
    return Action("Resume", command=f"resume {subscription.number}")


_SCOPES: Final = {
    "here": "subscriptions here",
    "server": "subscriptions in this workspace",
    "mine": "subscriptions of yours",
}


def _scope(scope: str) -> str:
    return _SCOPES[scope]


def _counted(number: int, scope: str) -> str:
    return f"{count(number, 'subscription')}{_scope(scope).removeprefix('subscriptions')}"
