"""``web``: a signed link to the page of this place, and addresses of feeds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from urllib.parse import urlsplit

from bot.cards import Action, ActionStyle, Item, Span, spans
from bot.cards.reply import message
from bot.errors import CommandError, NotAllowed
from bot.handlers.asked import Asked
from bot.links import LASTS, grant, sign
from bot.models import Subscription, SubscriptionState
from bot.ports import Reply
from bot.store.web import SAVED, Feed
from bot.text.counted import count
from bot.text.cut import cut

MOST_FEEDS: Final = 100
"""Feeds of subscriptions that one answer makes."""
SHOWN: Final = 12
"""Feeds whose addresses stand in one answer: more of them do not fit a message of Discord."""
MINUTES: Final = int(LASTS.total_seconds() // 60)


async def web(asked: Asked) -> Reply:
    """Give a link, give addresses of feeds, or end those there are."""
    match asked.get("action", "open"):
        case "revoke":
            return await _revoke(asked)
        case "feeds":
            return await _feeds(asked)
        case _:
            return await _open(asked)


async def _open(asked: Asked) -> Reply:
    address = await _address(asked)
    await _require_read(asked)
    place = asked.destination("here")
    secret = await asked.store.web.secret()
    link = f"{address}/w/{sign(secret, grant(place, asked.origin.person.id, asked.now))}"
    shown = (
        "Your alerts" if place.direct else f"What comes to {place.name or 'this channel'}, your own alerts"
    )
    return Reply(
        card=message(
            "Your page",
            f"{shown}, your saved papers and your feeds, on one page.",
            notes=[
                f"The link is good for {MINUTES} minutes. Whoever has it sees what you see: do not pass it on.",
                *_only_here(address),
            ],
            actions=[
                Action("Open the page", url=link, style=ActionStyle.PRIMARY),
                Action("Feeds", command="web feeds"),
            ],
        )
    )


async def _feeds(asked: Asked) -> Reply:
    address = await _address(asked)
    await _require_read(asked)
    items = [await _feed(asked, address, SAVED, "Your saved papers")]
    for one in await _here_and_mine(asked):
        title = f"{one.number} · {cut(one.title, 80)}"
        items.append(await _feed(asked, address, str(one.number), title, one.destination.key))
    more = len(items) - SHOWN
    return Reply(
        card=message(
            "Feeds for your feed reader",
            "Each brings what was posted by a subscription, or your saved papers, as Atom.",
            items=items[:SHOWN],
            notes=[
                *([f"{more:,} more stand on your page: `web` gives a link to it."] if more > 0 else []),
                "They are yours: whoever has an address can read that feed. `web revoke` ends all of them.",
                *_only_here(address),
            ],
            actions=[
                Action(
                    "End them",
                    command="web revoke",
                    style=ActionStyle.DANGER,
                    confirm="End all your feed addresses here? Feed readers that use them stop.",
                )
            ],
        )
    )


async def _revoke(asked: Asked) -> Reply:
    ended = await asked.store.web.revoke(*asked.origin.workspace, asked.origin.person.id)
    if not ended:
        return Reply(card=message("", "You have no feed addresses here. `web feeds` makes them."))
    said = f"Ended {count(ended, 'feed address') if ended == 1 else f'{ended:,} feed addresses'}."
    return Reply(card=message("", f"{said} `web feeds` makes new ones."))


async def _feed(asked: Asked, address: str, subject: str, title: str, place: str = "") -> Item:
    platform, workspace = asked.origin.workspace
    token = await asked.store.web.feed(Feed(platform, workspace, asked.origin.person.id, subject, place))
    return Item((Span(title, bold=True),), note=spans(Span(f"{address}/feed/{token}.atom", code=True)))


async def _here_and_mine(asked: Asked) -> Sequence[Subscription]:
    """The subscriptions whose papers the asker may read: those here, and their own alerts."""
    mine = await asked.placed(asked.origin.me)
    there = [*await asked.here(), *(one for one in mine if one.state is not SubscriptionState.REMOVED)]
    return sorted({one.number: one for one in there}.values(), key=lambda one: one.number)[:MOST_FEEDS]


async def _require_read(asked: Asked) -> None:
    where = asked.destination("here")
    if not where.direct and not await asked.origin.rights.may_read(where):
        raise NotAllowed("You cannot read this channel, so I cannot show you what was posted here.")


async def _address(asked: Asked) -> str:
    address = await asked.store.web.address()
    if address is None:
        raise CommandError(
            "No web page is served here. Whoever operates me can start one: the role `web`, and PIGEON_WEB_URL for its "
            "address."
        )
    return address


def _only_here(address: str) -> list[str]:
    """What a reader needs to know of an address that only one machine can open."""
    if urlsplit(address).hostname not in {"127.0.0.1", "localhost", "::1"}:
        return []
    return ["It opens on the machine that I run on, and nowhere else, until my operator sets PIGEON_WEB_URL."]
