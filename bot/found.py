"""Who wants a paper, in which order, and whether it is news to them (pure)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.models import Destination, Paper, Reason, Subscription, SubscriptionState, When


@dataclass(frozen=True, slots=True)
class Found:
    """A paper that one subscription wants."""

    subscription: Subscription
    paper: Paper
    reasons: tuple[Reason, ...]
    score: float


def speaks_now(subscription: Subscription) -> bool:
    """Whether it wants a card of its own, and now."""
    return subscription.cadence.when is When.INSTANT and subscription.state is not SubscriptionState.PAUSED


def precedence(one: Found) -> tuple[bool, bool, int]:
    """Instant ones first, paused ones last, older ones before newer: whoever plans first decides how it is said."""
    subscription = one.subscription
    return (
        not speaks_now(subscription),
        subscription.state is SubscriptionState.PAUSED,
        subscription.number,
    )


def older(paper: Paper, subscription: Subscription) -> bool:
    """Was the paper known before the subscription was made? Then its preview showed it."""
    made = subscription.created_at
    return made is not None and paper.first_seen is not None and paper.first_seen < made


def by_destination(found: Sequence[Found]) -> Mapping[Destination, Sequence[Found]]:
    """Those of one destination together: a paper is said there once, with all of their reasons."""
    grouped: dict[str, list[Found]] = defaultdict(list)
    for one in found:
        grouped[one.subscription.destination.key].append(one)
    return {group[0].subscription.destination: group for group in grouped.values()}
