"""«More» and «Fewer»: about how many papers a week are near enough to the examples of a filter."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from bot.cards.reply import message, undo
from bot.commands import Command
from bot.errors import CommandError, NotFound
from bot.handlers.asked import Asked
from bot.handlers.subscribing import announcement, question
from bot.handlers.undoing import keep_undo
from bot.models import Subscription
from bot.ports import Reply
from bot.query import And, Like, Node, Not, Or, Query, parse, printed
from bot.query.limits import MAX_RATE
from bot.store.records import decode

RATES: Final = (1, 2, 3, 5, 8, 12, 20, 30, 50, 80, 120, 200, 300, MAX_RATE)
"""Papers a week; each step is about half as many again."""
NUMBER: Final = 9
"""Most digits of a subscription's number; what is longer is the token of a question."""


async def more(asked: Asked) -> Reply:
    """One step more."""
    return await _changed(asked, more=True)


async def fewer(asked: Asked) -> Reply:
    """One step fewer."""
    return await _changed(asked, more=False)


def step(query: Query, *, more: bool) -> Query:
    """The filter with the rate of each of its examples one step up or down."""
    return parse(_written(query.root, more=more))


async def _changed(asked: Asked, *, more: bool) -> Reply:
    which = asked.get("which")
    if not which.lstrip("sS").isdigit() or len(which) > NUMBER:
        draft = await asked.store.drafts.look(which)
        if draft is None or draft.get("do") != "subscribe" or draft.get("by") != asked.origin.person.id:
            raise NotFound("That question is no longer open: it was answered, or is more than an hour old.")
        wanted = _stepped(decode(Subscription, str(draft["subscription"])), more=more)
        await asked.store.drafts.take(which)
        return replace(await question(asked, wanted), replace=True)
    about = replace(asked, command=Command(verb=asked.command.verb, options={"subscription": which}))
    before = await about.subscription()
    await asked.require_manage(before.destination)
    wanted = _stepped(before, more=more)
    if wanted == before:
        raise CommandError(
            f"That is as {'many' if more else 'few'} as a filter by meaning brings. "
            "Change the text of its examples with `edit`, or add words to it."
        )
    stored = await asked.store.subscriptions.put(wanted)
    token = await keep_undo(asked, before, stored)
    said = f"Subscription {stored.number} now asks for {_rates(stored)}"
    return Reply(
        card=message(
            said, notes=["What its words and conditions leave out is left out still."], actions=[undo(token)]
        ),
        announce=await announcement(asked, stored, said, token),
    )


def _stepped(subscription: Subscription, *, more: bool) -> Subscription:
    query = parse(subscription.query)
    if not query.likes:
        raise CommandError(
            'Only a filter by meaning, like:"agents that plan", knows more and fewer. Change others with `edit`.'
        )
    return replace(subscription, query=step(query, more=more).normal)


def _rates(subscription: Subscription) -> str:
    rates = list(dict.fromkeys(str(one.rate) for one in parse(subscription.query).likes))
    return f"about {' or '.join(rates)} papers a week that are near in meaning"


def _written(node: Node, *, more: bool) -> str:
    if isinstance(node, And | Or):
        sign = " OR " if isinstance(node, Or) else " "
        return sign.join(f"({_written(child, more=more)})" for child in node.children)
    if isinstance(node, Not):
        return f"-({_written(node.child, more=more)})"
    if isinstance(node, Like):
        above = [one for one in RATES if one > node.rate][:1]
        below = [one for one in RATES if one < node.rate][-1:]
        return printed(replace(node, rate=((above if more else below) or [node.rate])[0]))
    return printed(node)
