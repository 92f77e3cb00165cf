"""``settings``, ``status`` and ``forget-me``: what holds here, how it goes, what is kept of somebody."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Final

from bot import __version__
from bot.cards import Action, ActionStyle, Attachment, Item, Span, spans
from bot.cards.paper import SOURCE_NAMES
from bot.cards.reply import Step, ladder, message, undo
from bot.commands.times import quiet_hours
from bot.commands.zones import zone
from bot.errors import CommandError
from bot.handlers.asked import Asked
from bot.handlers.listed import listed, source_step
from bot.handlers.rating import exported
from bot.handlers.undoing import keep_undo_of_settings
from bot.models import Destination, Person, SubscriptionState
from bot.ports import AdvisingRights, NamingRights, Reply
from bot.private import SOURCE
from bot.store import keys
from bot.store.records import encode
from bot.text.counted import count
from bot.text.when import ago

DEFAULTS: Final[Mapping[str, str]] = {
    "timezone": "UTC",
    "card": "compact",
    "threads": "on-demand",
    "thread_upvotes": "50",
    "profile": "order",
    "quiet_hours": "off",
    "managers": "none",
    "announcements": "on",
}

_READ: Final[Mapping[str, Callable[[str], object]]] = {"timezone": zone, "quiet_hours": quiet_hours}
_CLEARED: Final = {"none", "off", ""}


async def settings(asked: Asked) -> Reply:
    """Show what holds here, or change it."""
    where = asked.destination("here")
    given = {name: value for name, value in asked.command.options.items() if value}
    channel = where.key if where.direct else where.channel
    actions: list[Action] = []
    if given:
        await asked.require_manage(where)
        changed = {name: _checked(name, value) for name, value in given.items()}
        if changed.get("managers") and isinstance(asked.origin.rights, NamingRights):
            changed["managers"] = " ".join(await asked.origin.rights.named(changed["managers"].split()))
        before = await asked.preferences(where)
        await asked.store.preferences.put(where.platform, where.workspace, channel, changed)
        token = await keep_undo_of_settings(asked, channel, {name: before.get(name, "") for name in changed})
        actions = [undo(token)]
    held = await asked.preferences(where)
    if held.get("managers") and isinstance(asked.origin.rights, NamingRights):
        held = {**held, "managers": " ".join(await asked.origin.rights.spelled(held["managers"].split()))}
    rows = [
        Item(spans(Span(name, bold=True), ": ", held.get(name) or default))
        for name, default in DEFAULTS.items()
    ]
    place = "your direct messages" if where.direct else where.name or "this channel"
    title = f"Settings of {place}" + (" (changed)" if given else "")
    notes = [
        "They hold for new subscriptions here; `edit` changes one that is there.",
        "Change one with `settings timezone:Europe/Paris`.",
    ]
    return Reply(card=message(title, items=rows, notes=notes, actions=actions))


def _checked(name: str, value: str) -> str:
    if name == "managers":
        return "" if value.lower() in _CLEARED else " ".join(value.replace(",", " ").split())
    if name == "quiet_hours" and value.lower() in _CLEARED:
        return ""
    reader = _READ.get(name)
    read = reader(value) if reader else value
    return str(read) if name == "timezone" else value


async def status(asked: Asked) -> Reply:
    """Sources, queue, and whether this channel can be posted to."""
    where = asked.destination("here")
    steps = [
        source_step(source, await asked.store.papers.health(source), asked.now)
        for source in asked.services.sources
    ]
    steps += [
        source_step(
            feed.title or feed.name, await asked.store.papers.health(f"{SOURCE}{feed.name}"), asked.now
        )
        if not feed.quarantined
        else Step(
            passed=False, text=f"{feed.title or feed.name}: not read any more", note="`feeds` says why."
        )
        for feed in await asked.store.feeds.of(*asked.origin.workspace)
    ]
    steps += [
        Step(
            passed=None,
            text=f"{SOURCE_NAMES.get(family, family)} is left alone until {until:%H:%M} UTC",
            note=f"Because {reason}. Nothing is lost.",
        )
        for family, (until, reason) in (await asked.store.turns.cooling()).items()
        if until > asked.now
    ]
    lists = await listed(asked)
    steps += lists.steps
    steps += await _posting(asked, where)
    mine = [one for one in await asked.here() if one.state is SubscriptionState.ACTIVE]
    steps.append(Step(passed=bool(mine) or None, text=f"{count(len(mine), 'running subscription')} here"))
    shard = keys.shard_of(where)
    sent = await asked.store.deliveries.count_sent(shard, asked.now - timedelta(days=1))
    queued = await asked.store.papers.stream.length()
    known = await asked.store.papers.count()
    notes = [
        f"{known:,} papers known, {queued:,} waiting to be matched.",
        f"Paper Pigeon {__version__}, running since {ago(asked.services.started_at, asked.now)}.",
    ]
    if sent:
        notes.insert(0, f"{count(sent, 'message')} posted in the last day.")
    return Reply(card=lists.on(ladder("Status", steps, notes=notes)))


async def _posting(asked: Asked, where: Destination) -> list[Step]:
    """Whether cards can be posted there, what else is off, and how to give it."""
    rights = asked.origin.rights
    advising = rights if isinstance(rights, AdvisingRights) and not where.direct else None
    missing = [] if where.direct else await rights.missing(where)
    blocked = await asked.store.deliveries.blocked(where)
    if missing:
        note = advising.remedy(missing) if advising else ""
        return [Step(passed=False, text=f"I cannot post here: {', '.join(missing)} missing", note=note)]
    if blocked:
        return [Step(passed=False, text=f"I cannot post here: {blocked}")]
    steps = [Step(passed=True, text="I can post here")]
    if advising and (wished := await advising.wished(where)):
        text = f"Threads, files and looking back need {', '.join(wished)}"
        steps.append(Step(passed=None, text=text, note=advising.remedy(wished)))
    return steps


async def forget_me(asked: Asked) -> Reply:
    """Show, export or erase what is stored about the asker in this workspace."""
    platform, workspace = asked.origin.workspace
    person = asked.origin.person
    own = [
        one
        for one in await asked.store.subscriptions.of(platform, workspace)
        if one.destination.key == asked.origin.me.key
    ]
    made = [
        one
        for one in await asked.store.subscriptions.of(platform, workspace)
        if one.created_by.id == person.id and not one.destination.direct
    ]
    saved = await asked.store.saved.of(platform, workspace, person.id)
    rated = await asked.store.ratings.by(platform, workspace, person.id)
    feeds = await asked.store.web.feeds(platform, workspace, person.id)
    given = [one for one in await asked.store.feeds.of(platform, workspace) if one.added_by.id == person.id]
    action = asked.get("action", "show")
    if action == "export":
        content = {
            "subscriptions": [json.loads(encode(one)) for one in [*own, *made]],
            "saved": [
                {"paper": one.paper_id, "tag": one.tag, "at": one.saved_at.isoformat()} for one in saved
            ],
            "ratings": exported(rated),
            "given feeds": [{"name": one.name, "url": one.url} for one in given],
            "settings": dict(await asked.store.preferences.get(platform, workspace, asked.origin.me.key)),
            "feeds": sorted(feeds),
        }
        body = json.dumps(content, ensure_ascii=False, indent=1).encode()
        card = message("", "This is all I keep about you here.")
        return Reply(card=replace(card, files=(Attachment("paper-pigeon.json", body, "application/json"),)))
    if action == "erase":
        for one in own:
            await asked.store.deliveries.drop_pending(one)
            await asked.store.subscriptions.drop(one)
        for one in made:
            await asked.store.subscriptions.put(replace(one, created_by=Person(id="")))
        await asked.store.saved.erase(platform, workspace, person.id)
        await asked.store.feeds.forget_person(platform, workspace, person.id)
        await asked.store.ratings.erase_person(platform, workspace, person.id)
        await asked.store.preferences.erase(platform, workspace, asked.origin.me.key)
        await asked.store.web.revoke(platform, workspace, person.id)
        return Reply(
            card=message(
                "",
                f"Erased: {count(len(own), 'alert')} by direct message, {count(len(saved), 'saved paper')}, "
                f"{count(len(rated), 'rating')}, your settings and feed addresses, and your name at "
                f"{count(len(made), 'subscription')} of channels, kept without it.",
            )
        )
    if action != "show":
        raise CommandError("Say `forget-me`, `forget-me export` or `forget-me erase`.")
    lines = [
        f"{count(len(own), 'alert')} by direct message",
        count(len(saved), "saved paper"),
        f"{count(len(rated), 'paper')} that you rated 👍 or 👎",
        f"the addresses of {count(len(feeds), 'feed')}",
        f"your id and name as the maker of {count(len(made), 'subscription')} of channels",
        f"your id and name with {count(len(given), 'feed')} that you gave",
    ]
    return Reply(
        card=message(
            "What I keep about you here",
            *lines,
            actions=[
                Action("Export it", command="forget-me export"),
                Action(
                    "Erase it",
                    command="forget-me erase",
                    style=ActionStyle.DANGER,
                    confirm="Erase your alerts by direct message, your saved papers and your ratings? This cannot be undone.",
                ),
            ],
        )
    )
