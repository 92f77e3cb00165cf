"""A card as an embed: only where Discord refuses the card's components, which would be a bug of ours.

https://discord.com/developers/docs/resources/message#embed-object
"""

from __future__ import annotations

from typing import Any

from adapters.discord import escape, limits, marker
from adapters.discord.buttons import Controls
from adapters.discord.render import NO_MENTIONS
from bot.cards import Card, Heading
from bot.text.cut import Unit, cut


def fallback(card: Card, *, key: str = "") -> dict[str, Any]:
    """The body of a plain message that says the same in one embed, with the link buttons."""
    title = cut(escape.escape(card.title), limits.EMBED_TITLE, unit=Unit.UTF16) or "Paper Pigeon"
    text = cut(escape.escape(card.fallback), limits.EMBED_DESCRIPTION, unit=Unit.UTF16)
    embed: dict[str, Any] = {"title": title}
    if text and text != title:
        embed["description"] = text
    url = next(
        (
            url
            for block in card.blocks
            if isinstance(block, Heading)
            for span in block.spans
            if (url := span.url)
        ),
        None,
    ) or next((action.url for action in card.actions if action.url), None)
    if safe := escape.safe_url(url, limits.MEDIA_URL - limits.NONCE - 10):
        embed["url"] = safe.partition("#")[0] + (marker.fragment(key) if key else "")
    body: dict[str, Any] = {"embeds": [embed], "allowed_mentions": NO_MENTIONS}
    if rows := Controls().rows(action for action in card.actions if not action.more):
        body["components"] = rows
    return body
