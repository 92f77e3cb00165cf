"""``feeds``: feeds that a workspace gave in chat. They are read for everybody who gave them, and for nobody else."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from bot.cards import Action, ActionStyle, Item, Span, spans
from bot.cards.reply import message, undo
from bot.errors import CommandError, ListingBusy, ListingError, NotAllowed, NotFound
from bot.handlers.asked import DRAFT, UNDO, Asked
from bot.models import Person
from bot.ports import GivenFeeds, Reply
from bot.private import SOURCE, feed_name
from bot.store.feeds import GivenFeed
from bot.store.limits import Full, Place
from bot.store.records import decode, encode
from bot.text.counted import count
from bot.text.cut import cut
from bot.text.when import ago

LONGEST: Final = 1_000
LOOKS: Final = 20
"""First looks that a workspace may take in an hour: each is a request of ours to a stranger."""


async def feeds(asked: Asked) -> Reply:
    """List them, take a first look at a new one, or take one away."""
    if asked.get("add") and asked.get("remove"):
        raise CommandError("Add and remove in two steps: `feeds` takes one of them at a time.")
    if asked.get("remove"):
        return await _remove(asked, asked.get("remove"))
    if asked.get("add"):
        return await _look(asked, asked.get("add").strip("<>").strip())
    return await _list(asked)


async def confirmed(asked: Asked, draft: Mapping[str, Any]) -> Reply:
    """Add the feed that somebody looked at."""
    feed = decode(GivenFeed, str(draft["feed"]))
    if tuple(draft["workspace"]) != asked.origin.workspace or draft.get("by") != asked.origin.person.id:
        raise NotAllowed("Only the person who asked may confirm it. Give the feed yourself with `feeds`.")
    await _require(asked)
    if not await asked.store.feeds.put(*asked.origin.workspace, feed, most=_given(asked).most):
        raise CommandError(_full(asked))
    token = await _keep_undo(asked, "unfeed", feed)
    return Reply(
        card=message(
            f"Reading «{feed.title or feed.name}»",
            spans("Its name is ", Span(feed.name, code=True), ", every half hour from now on."),
            notes=[
                "What it brings is matched by the subscriptions here, and seen in no other workspace.",
                f"Only this feed: subscribe source:{feed.name}",
            ],
            actions=[undo(token)],
        ),
        replace=True,
    )


async def undone(asked: Asked, held: Mapping[str, Any]) -> str:
    """Take back that a feed was added or removed."""
    if tuple(held["workspace"]) != asked.origin.workspace:
        raise NotFound("There is nothing to undo here.")
    await _require(asked)
    if await asked.store.drafts.take(asked.get("token")) is None:
        raise NotFound("There is nothing to undo: somebody else was quicker.")
    feed = decode(GivenFeed, str(held["feed"]))
    if held["do"] == "unfeed":
        await asked.store.feeds.drop(*asked.origin.workspace, feed.name)
        return f"Undone: {feed.name} is not read here any more."
    if not await asked.store.feeds.put(*asked.origin.workspace, feed, most=_given(asked).most):
        raise CommandError(_full(asked))
    return f"Undone: {feed.name} is read again."


async def _list(asked: Asked) -> Reply:
    held = await asked.store.feeds.of(*asked.origin.workspace)
    most = _given(asked).most
    if not held:
        return Reply(
            card=message(
                "No feeds were given here",
                spans("Give one by its address: ", Span("feeds https://example.org/feed.xml", code=True)),
                notes=[
                    f"RSS or Atom; up to {most}. What a feed brings is seen here and in no other workspace."
                ],
            )
        )
    rows = [
        Item(
            (Span(one.title or one.name, bold=True, url=one.url),),
            note=spans(Span(one.name, code=True), f" · {await _state(asked, one)}"),
            action=Action("Remove", command=f"feeds remove:{one.name}", style=ActionStyle.DANGER),
        )
        for one in held
    ]
    return Reply(card=message(f"{count(len(held), 'feed')} of {most}", items=rows))


async def _state(asked: Asked, feed: GivenFeed) -> str:
    if feed.quarantined:
        return "not read any more: its answers were too much to read; give it again when it is mended"
    health = await asked.store.papers.health(f"{SOURCE}{feed.name}")
    good, bad = (
        datetime.fromisoformat(health[name]) if name in health else None
        for name in ("succeeded_at", "failed_at")
    )
    if bad is not None and (good is None or bad > good):
        return f"failed {ago(bad, asked.now)}: {health.get('why', '')}"
    return f"read {ago(good, asked.now)}" if good else "not read yet"


async def _look(asked: Asked, url: str) -> Reply:
    """Read it once, and ask."""
    await _require(asked)
    given = _given(asked)
    if len(url) > LONGEST or not url.lower().startswith(("https://", "http://")):
        raise CommandError(
            f"«{cut(url, 60)}» is not the address of a feed. Write it whole: `feeds https://example.org/feed.xml`."
        )
    try:
        name = feed_name(url)
    except ValueError:
        raise CommandError("That is not an address I can read. Copy it from the feed's own page.") from None
    held = {one.name: one for one in await asked.store.feeds.of(*asked.origin.workspace)}
    if name in held and not held[name].quarantined:
        raise CommandError(f"That feed is read here already, as `{name}`. `feeds` shows all.")
    if name not in held and len(held) >= given.most:
        raise CommandError(_full(asked))
    place = Place(f"look:{'/'.join(asked.origin.workspace)}", LOOKS, 3_600, patience=0, burst=LOOKS)
    taken = await asked.store.limits.take([place])
    if isinstance(taken, Full):
        raise CommandError(
            f"You looked at many feeds within the hour. Try again in {int(taken.wait // 60) + 1} minutes."
        )
    try:
        look = await given.look(url)
    except ListingBusy as error:
        raise CommandError(f"That feed cannot be read now: {error}") from error
    except ListingError as error:
        raise CommandError(f"I cannot take that feed: {error}") from error
    person = asked.origin.person
    feed = GivenFeed(
        name=name,
        url=url,
        title=cut(look.title, 120),
        added_by=Person(id=person.id, name=person.name),
        added_at=asked.now,
    )
    token = await asked.store.drafts.keep(
        {"do": "feed", "feed": encode(feed), "workspace": asked.origin.workspace, "by": person.id}, ttl=DRAFT
    )
    return Reply(
        card=message(
            f"Read «{feed.title or name}» here?",
            f"It has {count(look.items, 'item')}." + (" The newest:" if look.newest else ""),
            items=[Item((Span(cut(title, 160)),)) for title in look.newest],
            notes=["What is in it now counts as known; what comes from now on is matched."],
            actions=[
                Action("Confirm", command=f"confirm {token}", style=ActionStyle.PRIMARY),
                Action("Cancel", command=f"cancel {token}"),
            ],
        )
    )


async def _remove(asked: Asked, written: str) -> Reply:
    await _require(asked)
    name = written.strip().lower()
    held = {one.name: one for one in await asked.store.feeds.of(*asked.origin.workspace)}
    feed = held.get(name) or next((one for one in held.values() if one.url == written.strip("<> ")), None)
    if feed is None:
        raise NotFound(f"There is no feed «{cut(written, 60)}» here. `feeds` shows those there are.")
    await asked.store.feeds.drop(*asked.origin.workspace, feed.name)
    token = await _keep_undo(asked, "feed-back", feed)
    return Reply(
        card=message(
            "",
            f"«{feed.title or feed.name}» is not read here any more. Subscriptions that name it stay, and get nothing from it.",
            actions=[undo(token)],
        )
    )


async def _require(asked: Asked) -> None:
    await asked.require_manage(asked.destination("here"))


def _given(asked: Asked) -> GivenFeeds:
    if asked.services.given is None:
        raise CommandError(
            "Whoever runs me does not take feeds in chat. They can add yours to PIGEON_FEEDS__URLS."
        )
    return asked.services.given


def _full(asked: Asked) -> str:
    return f"{_given(asked).most} feeds are read here, which is as many as I take. Remove one first."


async def _keep_undo(asked: Asked, do: str, feed: GivenFeed) -> str:
    held = {"do": do, "feed": encode(feed), "workspace": asked.origin.workspace}
    return await asked.store.drafts.keep(held, ttl=UNDO)
