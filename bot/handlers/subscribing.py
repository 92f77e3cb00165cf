"""``subscribe``, ``edit`` and the buttons Confirm, Cancel and Undo."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any, Final

from bot.cards import Action, ActionStyle, Card, Field, Form, Span, spans
from bot.cards.reply import message, undo
from bot.commands import BY_NAME, Command
from bot.commands.cadence import cadence
from bot.commands.times import quiet_hours, written_time
from bot.errors import CommandError, NotAllowed, NotFound
from bot.handlers import feeds
from bot.handlers.asked import DRAFT, Asked
from bot.handlers.previews import by_meaning, preview_card
from bot.handlers.undoing import keep_undo, keep_undo_of_new
from bot.matching.cost import too_dear
from bot.models import (
    DAY_NAMES,
    Cadence,
    CardSize,
    Delivery,
    DeliveryKind,
    Destination,
    Person,
    Subscription,
    When,
    delivery_key,
)
from bot.ports import Reply
from bot.query import parse
from bot.schedule import describe, due
from bot.store.records import decode, encode

MOST: Final = 500
"""Subscriptions a workspace may have: far above what a lab uses, far below what a mistake makes."""


async def subscribe(asked: Asked) -> Reply:
    """Show what the last seven days would have brought, then ask."""
    if not asked.get("query"):
        return Reply(
            card=message(
                "What are you looking for?",
                spans(
                    "Write a filter after the word, for example: ",
                    Span("subscribe diffusion -survey", code=True),
                ),
            ),
            form=_form("New subscription", "subscribe", {}),
        )
    wanted = await _wanted(asked, None)
    await asked.require_manage(wanted.destination)
    if len(await asked.store.subscriptions.of(*asked.origin.workspace)) >= MOST:
        raise CommandError(
            f"This workspace has {MOST} subscriptions, which is as many as I keep. Remove one first, or join "
            "two with OR."
        )
    return await question(asked, wanted)


async def question(asked: Asked, wanted: Subscription) -> Reply:
    """Whether to subscribe so, with what the last seven days would have brought."""
    query = parse(wanted.query)
    replayed = await asked.services.replay.run(
        query, days=7, sources=wanted.sources, workspace=wanted.workspace
    )
    token = await asked.store.drafts.keep(
        {"do": "subscribe", "subscription": encode(wanted), "by": asked.origin.person.id}, ttl=DRAFT
    )
    card = await preview_card(
        asked,
        query,
        replayed,
        title=f"Subscribe {_place(wanted.destination)}, {describe(wanted.cadence)}?",
        notes=await _hindrances(asked, wanted.destination),
        actions=[
            Action("Confirm", command=f"confirm {token}", style=ActionStyle.PRIMARY),
            Action("Cancel", command=f"cancel {token}"),
            *by_meaning(query, token),
        ],
    )
    return Reply(card=card)


async def edit(asked: Asked) -> Reply:
    """Change a subscription: at once where fields were given, else in a dialogue that holds its values."""
    subscription = await asked.subscription()
    await asked.require_manage(subscription.destination)
    values = _values(subscription)
    told = {name: value for name, value in asked.command.options.items() if name != "subscription" and value}
    if not told:
        shown = " · ".join(f"{name}: {value}" for name, value in values.items() if value)
        return Reply(
            card=message(
                f"Subscription {subscription.number}",
                shown,
                notes=[
                    f"Change it with `edit {subscription.number} when:daily at:08:30`, or any of its options."
                ],
            ),
            form=_form(f"Edit {subscription.number}", f"edit {subscription.number}", values),
        )
    # A dialogue gives back all it showed; what is as it was is no change, and must not contradict one.
    given = {name: value for name, value in told.items() if value != values.get(name)}
    if not given:
        return Reply(card=message("", "Nothing to change: it is already so."))
    asked = replace(asked, command=Command(verb="edit", options=given))
    wanted = await _wanted(asked, subscription)
    await asked.require_manage(wanted.destination)
    changes = _difference(subscription, wanted)
    if not changes:
        return Reply(card=message("", "Nothing to change: it is already so."))
    stored = await asked.store.subscriptions.put(wanted)
    await asked.services.digests.reschedule(subscription, stored)
    token = await keep_undo(asked, subscription, stored)
    said = f"Changed subscription {stored.number} «{stored.title}»"
    return Reply(
        card=message(said, *changes, actions=[undo(token)]),
        announce=await announcement(asked, stored, f"{said}: {'; '.join(changes)}", token),
    )


async def confirm(asked: Asked) -> Reply:
    """Do what a preview offered."""
    draft = await asked.store.drafts.take(asked.get("token"))
    if draft is not None and draft.get("do") == "feed":
        return await feeds.confirmed(asked, draft)
    if draft is None or draft.get("do") != "subscribe":
        raise NotFound("That question is no longer open: it was answered already, or more than an hour ago.")
    wanted = decode(Subscription, str(draft["subscription"]))
    if wanted.workspace != asked.origin.workspace or draft.get("by") != asked.origin.person.id:
        raise NotAllowed("Only the person who asked may confirm it. Make your own with `subscribe`.")
    await asked.require_manage(wanted.destination)
    made = await asked.store.subscriptions.create(replace(wanted, created_at=asked.now))
    token = await keep_undo_of_new(asked, made)
    where = _place(made.destination)
    said = f"Subscribed {where} to «{made.title}»"
    next_due = due(made.cadence, asked.now)
    return Reply(
        card=message(
            said,
            spans("Number ", Span(str(made.number), code=True), ", filter ", Span(made.query, code=True)),
            f"It posts {describe(made.cadence)}."
            if made.cadence.when is When.INSTANT
            else spans(
                f"It posts {describe(made.cadence)}. Next: ",
                Span(f"{next_due:%a %d %b %H:%M} UTC", at=next_due),
            ),
            notes=[f"Change it with `edit {made.number}`, see all with `list`."],
            actions=[undo(token)],
        ),
        announce=await announcement(asked, made, said, token),
        replace=True,
    )


async def cancel(asked: Asked) -> Reply:
    """Forget a question."""
    await asked.store.drafts.take(asked.get("token"))
    return Reply(card=message("", "Left as it was."), replace=True)


async def announcement(asked: Asked, subscription: Subscription, said: str, token: str) -> Card | None:
    """One public line in the channel it is about; nothing for direct messages or where it is switched off.

    Where the command was typed elsewhere, the line is posted to the channel it is about: who reads along
    where somebody types must not learn of another, perhaps private, channel.
    """
    where = subscription.destination
    if where.direct or (await asked.preferences(where)).get("announcements") == "off":
        return None
    who = asked.origin.person.name
    line = f"{said}{f' ({who})' if who else ''}."
    if where.key == asked.destination("here").key:
        return message("", line, actions=[undo(token)])
    await asked.store.deliveries.plan(
        Delivery(
            key=delivery_key(where, DeliveryKind.NOTICE, f"change:{token}"),
            kind=DeliveryKind.NOTICE,
            destination=where,
            papers=(),
            due=asked.now,
            note=line,
        ),
        now=asked.now,
    )
    return None


async def _hindrances(asked: Asked, destination: Destination) -> list[str]:
    """What stands in the way of posting there, said before somebody confirms."""
    missing = [] if destination.direct else await asked.origin.rights.missing(destination)
    if not missing:
        return []
    return [f"I cannot post there yet: {', '.join(missing)} missing. Papers wait until I can."]


async def _wanted(asked: Asked, current: Subscription | None) -> Subscription:
    """The subscription that the options describe, on the ground of the current one or of what holds here."""
    preferences = await asked.preferences()
    text = asked.get("query") or (current.query if current else "")
    if upvotes := asked.get("min_upvotes"):
        text = f"({text}) upvotes>={upvotes}"
    query = parse(text)
    if (refusal := too_dear(query)) is not None:
        raise CommandError(refusal)
    destination = (
        asked.destination(asked.get("to")) if asked.get("to") or current is None else current.destination
    )
    default = Cadence(
        zone=await asked.zone(),
        quiet=quiet_hours(preferences["quiet_hours"]) if preferences.get("quiet_hours") else None,
    )
    size = asked.get("card") or (current.card.value if current else preferences.get("card", ""))
    values: dict[str, Any] = {
        "query": query.normal,
        "destination": destination,
        "cadence": cadence(asked.command, default=default, current=current.cadence if current else None),
        "card": CardSize(size or CardSize.COMPACT),
        "limit": int(asked.get("limit") or (current.limit if current else 10)),
        "name": _cleared(asked.get("name"), current.name if current else "")[:60],
        "mention": _mention(asked.get("mention"), current.mention if current else ""),
        "sources": await _sources(asked, current),
    }
    if current is not None:
        return replace(current, **values)
    person = asked.origin.person
    return Subscription(number=0, created_by=Person(id=person.id, name=person.name), **values)


def _cleared(text: str, current: str) -> str:
    return "" if text.lower() in {"none", "off", "-"} else text or current


def _mention(text: str, current: str) -> str:
    """The id of a role or user group, however the platform writes a mention of it."""
    if not text or text.lower() in {"none", "off", "-"}:
        return "" if text else current
    found = text.strip().strip("<>").removeprefix("@&").removeprefix("!subteam^").partition("|")[0]
    if not (found.isascii() and found.isalnum() and any(char.isdigit() for char in found)):
        raise CommandError(
            f"«{text[:40]}» is not a role or user group I can mention. Pick it from the list that opens after «@»; "
            "everybody at once cannot be mentioned."
        )
    return found


async def _sources(asked: Asked, current: Subscription | None) -> tuple[str, ...]:
    text = asked.get("sources")
    if not text:
        return current.sources if current else ()
    if text.lower() == "all":
        return ()
    names = tuple(dict.fromkeys(text.lower().replace(",", " ").split()))
    readable = await asked.readable()
    for name in names:
        if name not in readable:
            raise CommandError(
                f"I do not read a listing called «{name}». Those I read: {', '.join(readable)}."
            )
    return names


def _place(destination: Destination) -> str:
    return "you, by direct message," if destination.direct else destination.name or destination.channel


def _values(subscription: Subscription) -> dict[str, str]:
    """What holds, as people would write it; times only where the rhythm has any."""
    cadence_, where = subscription.cadence, subscription.destination
    values = {
        "query": subscription.query,
        "to": "me" if where.direct else f"<#{where.channel}|{where.name.lstrip('#')}>",
        "when": cadence_.when.value,
        "name": subscription.name,
        "timezone": cadence_.zone,
        "card": subscription.card.value,
        "limit": str(subscription.limit),
        "sources": ",".join(subscription.sources),
        "mention": subscription.mention,
    }
    if cadence_.when in {When.DAILY, When.WEEKLY}:
        values["at"] = written_time(cadence_.at, complete=cadence_.complete)
        values["days"] = ",".join(DAY_NAMES[day] for day in sorted(cadence_.days))
    if cadence_.quiet:
        values["quiet_hours"] = "-".join(f"{end:%H:%M}" for end in cadence_.quiet)
    return values


_ASKED: Final = (
    "query", "to", "when", "at", "name",
    "days", "timezone", "quiet_hours", "card", "limit",
    "sources", "mention",
)  # fmt: skip
"""What a dialogue asks for, in fives: that is what a modal of Discord holds. The first five suffice for most."""
_CLEARED: Final = {"name": "none", "mention": "none", "quiet_hours": "off", "sources": "all"}


def _form(title: str, command: str, values: Mapping[str, str]) -> Form:
    verb = BY_NAME["subscribe"]
    options = {option.name: option for option in verb.options}
    return Form(
        title=title,
        command=command,
        fields=tuple(
            Field(
                name=name,
                label=name.replace("_", " ").capitalize(),
                value=values.get(name, ""),
                hint=options[name].description,
                choices=tuple((choice.value, choice.label) for choice in options[name].choices),
                required=name == "query",
                long=name == "query",
                cleared=_CLEARED.get(name, ""),
            )
            for name in _ASKED
        ),
    )


def _difference(before: Subscription, after: Subscription) -> list[str]:
    changes = []
    for field in fields(Subscription):
        old, new = getattr(before, field.name), getattr(after, field.name)
        if old == new:
            continue
        if field.name == "cadence":
            changes.append(f"when: {describe(old)} → {describe(new)}")
        elif field.name == "destination":
            changes.append(f"to: {_place(old)} → {_place(new)}")
        elif field.name != "version":
            changes.append(f"{field.name}: {_shown(old)} → {_shown(new)}")
    return changes


def _shown(value: object) -> str:
    if isinstance(value, tuple):
        return ", ".join(map(str, value)) or "all"
    return str(value) or "none"
