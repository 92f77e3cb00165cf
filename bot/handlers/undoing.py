"""``undo``: every answer that changed something carries a button that takes it back, for ten minutes, once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from bot.cards.reply import message
from bot.errors import CommandError, NotFound
from bot.handlers import feeds
from bot.handlers.asked import UNDO, Asked
from bot.models import Subscription, SubscriptionState
from bot.ports import Reply
from bot.schedule import due
from bot.store.records import decode, encode
from bot.store.saved import Saved


async def keep_undo(
    asked: Asked, before: Subscription, after: Subscription, *, pending: Sequence[tuple[str, float]] = ()
) -> str:
    """Keep what a subscription was, and what of its digest was dropped; the token that brings both back."""
    held = {"do": "put", "subscription": encode(before), "after": after.version, "pending": list(pending)}
    return await asked.store.drafts.keep(held, ttl=UNDO)


async def keep_undo_of_new(asked: Asked, made: Subscription) -> str:
    """Keep that a subscription was not there before."""
    return await asked.store.drafts.keep({"do": "remove", "number": made.number}, ttl=UNDO)


async def keep_undo_of_settings(asked: Asked, channel: str, before: Mapping[str, str]) -> str:
    """Keep what was set for a channel, or for somebody's direct messages; '' is «not set»."""
    return await asked.store.drafts.keep(
        {"do": "settings", "workspace": asked.origin.workspace, "channel": channel, "before": dict(before)},
        ttl=UNDO,
    )


async def keep_undo_of_saved(asked: Asked, paper_id: str, before: Saved | None) -> str:
    """Keep how a paper stood on the asker's own list; ``None`` for «not at all»."""
    held: dict[str, Any] = {
        "do": "saved",
        "workspace": asked.origin.workspace,
        "by": asked.origin.person.id,
        "paper": paper_id,
    }
    if before is not None:
        held |= {"at": before.saved_at.isoformat(), "tag": before.tag}
    return await asked.store.drafts.keep(held, ttl=UNDO)


async def undo_change(asked: Asked) -> Reply:
    """Take a change back, within ten minutes, once.

    Raises:
        NotFound: it was taken back already, is too long ago, or is not the asker's business.
        CommandError: the subscription was changed again since, and that would be lost.
    """
    held = await asked.store.drafts.look(asked.get("token"))
    if held is None:
        raise NotFound("There is nothing to undo: it was undone already, or is more than ten minutes old.")
    match held["do"]:
        case "settings":
            said = await _settings(asked, held)
        case "saved":
            said = await _saved(asked, held)
        case "put" | "remove":
            said = await _subscription(asked, held)
        case "unfeed" | "feed-back":
            said = await feeds.undone(asked, held)
        case _:
            raise NotFound("There is nothing to undo here.")
    return Reply(card=message("", said), replace=True)


async def _subscription(asked: Asked, held: Mapping[str, Any]) -> str:
    before = decode(Subscription, str(held["subscription"])) if held["do"] == "put" else None
    number = before.number if before else int(held["number"])
    current = await asked.store.subscriptions.get(*asked.origin.workspace, number)
    if current is None or not await asked.may_see(current):
        raise NotFound("There is nothing to undo here.")
    if before and before.workspace != asked.origin.workspace:
        raise NotFound("There is nothing to undo here.")
    await asked.require_manage(current.destination)
    if before and current.version != held["after"]:
        raise CommandError(
            f"Subscription {number} was changed again after that, and undoing this would lose it. "
            f"Undo the later change first, or use `edit {number}`."
        )
    await _take(asked)
    if before is None:
        gone = await asked.store.subscriptions.put(
            replace(current, state=SubscriptionState.REMOVED, removed_at=asked.now)
        )
        await asked.store.deliveries.set_digest(gone, None)
        return f"Undone: subscription {number} is gone again."
    stored = await asked.store.subscriptions.put(replace(before, version=current.version))
    if held["pending"]:
        await asked.store.deliveries.gather_again(stored, held["pending"])
    await asked.services.digests.reschedule(current, stored)
    if held["pending"] and stored.state is SubscriptionState.ACTIVE:
        last = await asked.store.deliveries.last_digest(stored)
        await asked.store.deliveries.set_digest(stored, due(stored.cadence, asked.now, last=last))
    return f"Undone: subscription {number} «{stored.title}» is as it was."


async def _settings(asked: Asked, held: Mapping[str, Any]) -> str:
    where = asked.destination("here")
    channel = where.key if where.direct else where.channel
    if (tuple(held["workspace"]), held["channel"]) != (asked.origin.workspace, channel):
        raise NotFound("There is nothing to undo here.")
    await asked.require_manage(where)
    await _take(asked)
    await asked.store.preferences.put(where.platform, where.workspace, channel, held["before"])
    return "Undone: the settings are as they were."


async def _saved(asked: Asked, held: Mapping[str, Any]) -> str:
    if (tuple(held["workspace"]), held["by"]) != (asked.origin.workspace, asked.origin.person.id):
        raise NotFound("There is nothing to undo here.")
    await _take(asked)
    place = (*asked.origin.workspace, asked.origin.person.id)
    if "at" not in held:
        await asked.store.saved.drop(*place, held["paper"])
        return "Undone: it is off your list again."
    before = Saved(held["paper"], datetime.fromisoformat(held["at"]), held["tag"])
    await asked.store.saved.keep(*place, before)
    return "Undone: it is on your list as it was."


async def _take(asked: Asked) -> None:
    if await asked.store.drafts.take(asked.get("token")) is None:
        raise NotFound("There is nothing to undo: somebody else was quicker.")
