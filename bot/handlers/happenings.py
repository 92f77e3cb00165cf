"""What platforms report by themselves: a channel deleted, a permission back, a workspace left."""

from __future__ import annotations

from dataclasses import replace

import structlog

from bot.delivery.destinations import Destinations
from bot.delivery.threads import forget_thread
from bot.models import Destination, Subscription, SubscriptionState
from bot.ports import Happening, HappeningKind
from bot.store import Store
from bot.store.subscriptions import ChangedByAnotherError

log = structlog.get_logger(__name__)


async def happened(happening: Happening, store: Store, destinations: Destinations) -> None:
    """Stop, resume or erase what the report is about. Repeated reports change nothing more."""
    where = happening.destination
    match happening.kind:
        case HappeningKind.DESTINATION_GONE:
            await destinations.gone(where, happening.detail or "It is gone.")
        case HappeningKind.DESTINATION_BACK:
            await destinations.took_a_card(where)
        case HappeningKind.WORKSPACE_LEFT:
            await store.feeds.drop_all(where.platform, where.workspace)
            for destination in await _destinations(store, where):
                await destinations.gone(destination, "I was removed from this workspace.")
            await store.web.revoke_workspace(where.platform, where.workspace)
        case HappeningKind.WORKSPACE_JOINED:
            for destination in await _destinations(store, where):
                await destinations.took_a_card(destination)
        case HappeningKind.PERSON_LEFT:
            await _stop_direct(store, where)
            await store.web.revoke(where.platform, where.workspace, where.channel)
        case HappeningKind.THREAD_GONE:
            await _forget_thread(store, where)


async def _destinations(store: Store, workspace: Destination) -> list[Destination]:
    found = {
        one.destination.key: one.destination
        for one in await store.subscriptions.of(workspace.platform, workspace.workspace)
        if one.state is not SubscriptionState.REMOVED
    }
    return list(found.values())


async def _forget_thread(store: Store, where: Destination) -> None:
    """A paper's thread was deleted: the next Discuss opens one anew instead of pointing at nothing."""
    if where.thread is None:
        return
    followed = await store.discussions.one(where.platform, where.workspace, where.thread)
    if followed is not None:
        await forget_thread(store, followed.destination, followed.paper, where.thread)


async def _stop_direct(store: Store, person: Destination) -> None:
    """Alerts of somebody who left end at once; a mistake can be undone for thirty days."""
    for one in await store.subscriptions.of(person.platform, person.workspace):
        if one.destination.key == person.key and one.state is not SubscriptionState.REMOVED:
            await _remove(store, one)


async def _remove(store: Store, subscription: Subscription) -> None:
    try:
        await store.subscriptions.put(
            replace(subscription, state=SubscriptionState.REMOVED, state_reason="They left the workspace.")
        )
    except ChangedByAnotherError:
        return  # they changed it at this moment, so they are there
    await store.deliveries.set_digest(subscription, None)
