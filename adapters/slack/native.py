"""Card → Slack's own ``card``, ``carousel`` and ``container`` blocks, for workspaces whose clients know them.

https://docs.slack.dev/reference/block-kit/blocks/card-block (and ``carousel-block``, ``container-block``).
What these blocks cannot hold stays in classic blocks around them; kinds of cards that gain nothing are
classic altogether.
"""

from __future__ import annotations

from itertools import count
from typing import Any

from adapters.slack import limits, mrkdwn, render
from adapters.slack.limits import units
from adapters.slack.render import Blocks
from bot.cards import Card, CardKind, Heading, Item, Note, Paragraph, Picture, Span


def message(card: Card) -> dict[str, Any]:
    """Text and native blocks of a message."""
    match card.kind:
        case CardKind.PAPER:
            made = _paper(card)
        case CardKind.DIGEST:
            made = _digest(card)
        case _:
            return render.message(card)
    return {"text": render.text_of(card), "blocks": render.fit(made, limits.MESSAGE_BLOCKS)}


def _paper(card: Card) -> Blocks:
    """The card with title, authors and excerpt; a long abstract in a collapsed container; small print; buttons."""
    numbers = count()
    title = next((block for block in card.blocks if isinstance(block, Heading)), None)
    subtitle = next((block for block in card.blocks if isinstance(block, Note)), None)
    body = next((block for block in card.blocks if isinstance(block, Paragraph)), None)
    if title is None or not mrkdwn.write(title.spans, limits.CARD_TITLE).strip():
        return render.blocks(card)
    buttons = [action for action in card.actions if not action.more]
    shown = [drawn for action in buttons[: limits.CARD_ACTIONS] if (drawn := render.button(action, numbers))]
    native: dict[str, Any] = {"type": "card"}
    native |= _title(title.spans)
    if subtitle is not None:
        native |= _run("subtitle", subtitle.spans, limits.CARD_SUBTITLE)
    if body is not None:
        native |= _run("body", body.spans, limits.CARD_BODY)
    if card.thumbnail is not None and (icon := _icon(card.thumbnail)):
        native["icon"] = icon
    if shown:
        native["actions"] = shown
    made: Blocks = [native]
    if body is not None and units(mrkdwn.write(body.spans, limits.SECTION_TEXT)) > limits.CARD_BODY:
        whole = render.section(mrkdwn.write(body.spans, limits.SECTION_TEXT))
        made.append(
            {
                "type": "container",
                "title": mrkdwn.plain_object("The whole text", limits.CONTAINER_TITLE),
                "child_blocks": [whole],
                "is_collapsible": True,
                "default_collapsed": True,
            }
        )
    used = {id(part) for part in (title, subtitle, body) if part is not None}
    rest = tuple(block for block in card.blocks if id(block) not in used)
    others = (*buttons[limits.CARD_ACTIONS :], *(action for action in card.actions if action.more))
    left = Card(kind=card.kind, blocks=rest, actions=others, fallback=card.fallback)
    return made + (render.blocks(left, numbers=numbers) if rest or others else [])


def _digest(card: Card) -> Blocks:
    """The papers side by side; everything else above and below them."""
    numbers = count()
    items = [block for block in card.blocks if isinstance(block, Item)]
    if not items or len(items) > limits.CAROUSEL_CARDS:
        return render.blocks(card)
    carousel: dict[str, Any] = {"type": "carousel", "elements": [_card(item, numbers) for item in items]}
    first = card.blocks.index(items[0])
    before = tuple(block for block in card.blocks[:first])
    after = tuple(block for block in card.blocks[first:] if not isinstance(block, Item))
    made: Blocks = []
    if before:
        made += render.blocks(Card(kind=card.kind, blocks=before, fallback=card.fallback), numbers=numbers)
    made.append(carousel)
    if after or card.actions:
        rest = Card(kind=card.kind, blocks=after, actions=card.actions, fallback=card.fallback)
        made += render.blocks(rest, numbers=numbers)
    return made


def _card(item: Item, numbers: Any) -> dict[str, Any]:
    made: dict[str, Any] = {"type": "card"}
    made |= _title(item.spans) or {"title": mrkdwn.text_object("…")}
    made |= _run("subtitle", item.note, limits.CARD_SUBTITLE)
    offered = [action for action in (item.action, *item.actions) if action is not None]
    buttons = [
        drawn for action in offered[: limits.CARD_ACTIONS] if (drawn := render.button(action, numbers))
    ]
    if buttons:
        made["actions"] = buttons
    return made


def _bold(spans: tuple[Span, ...]) -> tuple[Span, ...]:
    return tuple(
        Span(s.text, bold=not s.code and s.at is None, code=s.code, url=s.url, at=s.at) for s in spans
    )


def _title(spans: tuple[Span, ...]) -> dict[str, Any]:
    """The title with its link where both fit; else the title alone, since a button has the link, too."""
    whole = mrkdwn.write(_bold(spans), limits.SECTION_TEXT)
    if units(whole) > limits.CARD_TITLE:
        spans = tuple(Span(span.text, code=span.code) for span in spans)
    return _run("title", _bold(spans), limits.CARD_TITLE)


def _run(name: str, spans: tuple[Span, ...], limit: int) -> dict[str, Any]:
    """The field of that name, or nothing where there is nothing to say."""
    markup = mrkdwn.write(spans, limit)
    return {name: mrkdwn.text_object(markup)} if markup.strip() else {}


def _icon(picture: Picture) -> dict[str, Any] | None:
    url = mrkdwn.safe_url(picture.url)
    if url is None or units(url) > limits.IMAGE_URL:
        return None
    return {
        "type": "image",
        "image_url": url,
        "alt_text": limits.cut(picture.alt, limits.ALT_TEXT) or "picture",
    }
