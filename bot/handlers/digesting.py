"""``digest``, «Show the rest» and «Send now»."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from bot.cards import Action
from bot.cards.digest import digest_card, local_time
from bot.cards.reply import message
from bot.errors import CommandError, NotFound
from bot.handlers.asked import Asked
from bot.models import DeliveryKind, SubscriptionState
from bot.ports import Reply
from bot.schedule import describe

PAGE: Final = 10


async def digest(asked: Asked) -> Reply:
    """The next digest as it stands, or post it now."""
    if asked.get("action") == "send-now":
        return await send_now(asked)
    subscription = await asked.subscription()
    pending = await asked.store.deliveries.pending(subscription)
    due = await asked.store.deliveries.next_digest(subscription)
    if not pending:
        return Reply(
            card=message(
                "",
                f"Nothing waits for subscription {subscription.number} «{subscription.title}». It posts {describe(subscription.cadence)}.",
            )
        )
    shown = [paper_id for paper_id, _ in pending[: subscription.limit]]
    papers = await asked.store.papers.many(shown)
    rows = await asked.services.composer.rows(
        subscription.destination, [papers[one] for one in shown if one in papers]
    )
    when = f"due {local_time(due, subscription.cadence.zone)}" if due else "while it is paused"
    card = digest_card(
        subscription.title,
        when,
        rows,
        key="",
        total=len(pending),
        numbers=(),
        zone=subscription.cadence.zone,
        actions=(),
        notes=["This is a look ahead: nothing was posted."],
    )
    return Reply(card=card)


async def send_now(asked: Asked) -> Reply:
    """Post what a digest has gathered, outside its schedule."""
    subscription = await asked.subscription()
    await asked.require_manage(subscription.destination)
    if subscription.state is SubscriptionState.REMOVED:
        raise CommandError("That subscription was removed; restore it first with `resume`.")
    count = await asked.services.digests.close_now(subscription, name=f"now:{asked.now.isoformat()}")
    if not count:
        return Reply(card=message("", "Nothing waits there, so nothing is posted."))
    return Reply(card=message("", f"A digest of {count} papers is on its way."))


async def rest(asked: Asked) -> Reply:
    """What a digest had no room for, page by page."""
    where = asked.destination("here")
    found = await asked.store.deliveries.get(where, asked.get("digest"))
    if (
        found is None
        or found.kind is not DeliveryKind.DIGEST
        or not _may_see(asked, found.destination.key, where.key)
    ):
        raise NotFound("That digest is no longer kept. `search` finds its papers.")
    subscription = None
    if found.subscriptions:
        platform, workspace = asked.origin.workspace
        subscription = await asked.store.subscriptions.get(platform, workspace, found.subscriptions[0])
    limit = subscription.limit if subscription else PAGE
    left = found.papers[limit:]
    page = max(1, int(asked.get("page", "1")))
    part = left[(page - 1) * PAGE : page * PAGE]
    papers = await asked.store.papers.many(part)
    rows = await asked.services.composer.rows(
        found.destination, [papers[one] for one in part if one in papers]
    )
    if not rows:
        return Reply(card=message("", "That was all of it."))
    pages = -(-len(left) // PAGE)
    card = digest_card(
        subscription.title if subscription else "The rest",
        f"the rest, page {page} of {pages}",
        rows,
        key=found.key,
        total=len(rows),
        actions=asked.services.composer.paper_actions(asked.origin.where.platform),
    )
    if page < pages:
        following = Action("Next page", command=f"rest {found.key} page:{page + 1}")
        card = replace(card, actions=(*card.actions, following))
    return Reply(card=card)


def _may_see(asked: Asked, of: str, here: str) -> bool:
    """A digest is shown where it was posted; one in direct messages only to its reader."""
    return of in {here, asked.origin.me.key}
