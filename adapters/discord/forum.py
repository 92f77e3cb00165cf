"""Forum channels as destinations: one post a paper, with tags from its categories.

https://discord.com/developers/docs/resources/channel#start-thread-in-forum-or-media-channel
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from adapters.discord import escape, limits
from bot.cards import Card
from bot.text.cut import Unit, cut

_TAG_REQUIRED: Final = 1 << 4
"""https://discord.com/developers/docs/resources/channel#channel-object-channel-flags"""


def post(card: Card, message: Mapping[str, Any], forum: Mapping[str, Any]) -> dict[str, Any]:
    """The body that opens a post: its title is the card's, its first message the card."""
    title = cut(escape.line(card.title), limits.THREAD_NAME, unit=Unit.UTF16) or "Paper"
    body: dict[str, Any] = {
        "name": title,
        "auto_archive_duration": limits.AUTO_ARCHIVE_MINUTES,
        "message": dict(message),
    }
    required = bool(int(forum.get("flags") or 0) & _TAG_REQUIRED)
    if chosen := choose_tags(card.tags, forum.get("available_tags") or (), required=required):
        body["applied_tags"] = chosen
    return body


def choose_tags(
    categories: Sequence[str], available: Sequence[Mapping[str, Any]], *, required: bool = False
) -> list[str]:
    """The ids of at most five of the forum's tags, those of the first categories first.

    A tag fits a category by its whole name (``cs.RO``) or by the archive before the dot (``cs``); case does
    not matter. Where the forum demands a tag and none fits, «Papers» or «Other», else its first free one, is taken.
    """
    free = [tag for tag in available if not tag.get("moderated")]
    by_name = {str(tag.get("name", "")).strip().casefold(): str(tag["id"]) for tag in free}
    names = [category.casefold()[: limits.TAG_NAME] for category in categories]
    names += [category.partition(".")[0].casefold() for category in categories]
    found = list(dict.fromkeys(by_name[name] for name in names if name in by_name))
    if not found and required:
        rest = [by_name[name] for name in ("papers", "paper", "other") if name in by_name]
        found = rest[:1] or [str(tag["id"]) for tag in free[:1]]
    return found[: limits.APPLIED_TAGS]
