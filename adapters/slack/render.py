"""Card → Block Kit (https://docs.slack.dev/reference/block-kit): the classic blocks, which every client shows.

A button's value is the written command; nothing of it is kept in memory, so buttons outlive restarts.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import count
from typing import Any, Final

from adapters.slack import limits, mrkdwn
from adapters.slack.limits import cut, units
from bot.cards import (
    Action,
    ActionStyle,
    Block,
    Card,
    CardKind,
    Code,
    Heading,
    Item,
    Note,
    Paragraph,
    Picture,
    Rule,
    Span,
)

Blocks = list[dict[str, Any]]

COMMAND: Final = "pigeon.1."
"""Begins the action id of a control whose value is a written command; the number is the format's version."""
LINK: Final = "pigeon.link."
"""Begins the action id of a button that only opens an address."""


def text_of(card: Card) -> str:
    """The whole card as a line, for notifications and screen readers."""
    return mrkdwn.fitted(card.fallback, limits.MESSAGE_TEXT) or "Paper Pigeon"


def message(card: Card, *, pictures: bool = True) -> dict[str, Any]:
    """Text and classic blocks of a message."""
    return {"text": text_of(card), "blocks": fit(blocks(card, pictures=pictures), limits.MESSAGE_BLOCKS)}


def has_pictures(card: Card) -> bool:
    """Does Slack have to fetch anything to show the card?"""
    return card.thumbnail is not None or any(isinstance(block, Picture) for block in card.blocks)


def blocks(card: Card, *, pictures: bool = True, numbers: Iterator[int] | None = None) -> Blocks:
    """A card's classic blocks. ``numbers`` keeps action ids apart where several cards share a surface."""
    numbers = numbers or count()
    made: Blocks = []
    if card.mention.startswith("S") and card.mention.isalnum() and card.mention.isascii():
        # The one mention that a message may hold, and its id is the platform's own.
        made.append(section(f"<!subteam^{card.mention}>"))
    for block in card.blocks:
        made.extend(_block(block, card, numbers, pictures=pictures))
    if pictures and card.thumbnail is not None:
        made = _illustrated(made, card.thumbnail)
    made.extend(actions(_unsaid(card), numbers))
    return made or _section(mrkdwn.write((Span(card.fallback),), limits.SECTION_TEXT)) or [section("…")]


def _illustrated(made: Blocks, thumbnail: Picture) -> Blocks:
    """The picture beside the first text; the small print that follows joins that text, to fill the height."""
    image = _image(thumbnail)
    if image is None or not made or made[0]["type"] != "section" or "accessory" in made[0]:
        return made
    first, rest = {**made[0], "accessory": image}, made[1:]
    if rest and rest[0]["type"] == "context":
        joined = f"{first['text']['text']}\n{rest[0]['elements'][0]['text']}"
        if units(joined) <= limits.SECTION_TEXT:
            first, rest = {**first, "text": mrkdwn.text_object(joined)}, rest[1:]
    return [first, *rest]


def _block(block: Block, card: Card, numbers: Iterator[int], *, pictures: bool) -> Blocks:
    match block:
        case Heading(spans):
            return _heading(spans, card)
        case Paragraph(spans):
            return _section(mrkdwn.write(spans, limits.SECTION_TEXT))
        case Note(spans):
            return context(mrkdwn.write(spans, limits.CONTEXT_TEXT))
        case Item():
            return _item(block, numbers)
        case Code(text):
            return _section(mrkdwn.preformatted(text, limits.SECTION_TEXT)) if text.strip() else []
        case Picture():
            image = _image(block) if pictures else None
            return [] if image is None else [image]
        case Rule():
            return [{"type": "divider"}]


def _heading(spans: Sequence[Span], card: Card) -> Blocks:
    text = mrkdwn.line(spans)
    styled = any(span.url or span.code or span.at for span in spans)
    if not styled and card.kind is not CardKind.PAPER and text and units(text) <= limits.HEADER_TEXT:
        return [{"type": "header", "text": mrkdwn.plain_object(text, limits.HEADER_TEXT)}]
    bold = [Span(s.text, bold=not s.code and s.at is None, code=s.code, url=s.url, at=s.at) for s in spans]
    return _section(mrkdwn.write(bold, limits.SECTION_TEXT))


def _item(item: Item, numbers: Iterator[int]) -> Blocks:
    line = mrkdwn.write(item.spans, limits.SECTION_TEXT // 2)
    note = mrkdwn.write(item.note, limits.SECTION_TEXT // 2 - 1)
    made = _section("\n".join(part for part in (line, note) if part.strip()))
    offered = [action for action in (item.action, *item.actions) if action is not None]
    if made and len(offered) == 1:
        made[0].update(_accessory(button(offered[0], numbers)))
    elif made and offered:
        made[0].update(_accessory(overflow(offered[: limits.OVERFLOW_OPTIONS], numbers)))
    return made


def _accessory(element: dict[str, Any] | None) -> dict[str, Any]:
    return {} if element is None else {"accessory": element}


def section(markup: str) -> dict[str, Any]:
    """A section of written markup."""
    return {"type": "section", "text": mrkdwn.text_object(markup)}


def _section(markup: str) -> Blocks:
    return [section(markup)] if markup.strip() else []


def context(markup: str) -> Blocks:
    """Small print; nothing where there is nothing to say."""
    return [{"type": "context", "elements": [mrkdwn.text_object(markup)]}] if markup.strip() else []


def _image(picture: Picture) -> dict[str, Any] | None:
    url = mrkdwn.safe_url(picture.url)
    if url is None or not url.startswith("http") or units(url) > limits.IMAGE_URL:
        return None
    return {"type": "image", "image_url": url, "alt_text": cut(picture.alt, limits.ALT_TEXT) or "picture"}


# --- controls ---------------------------------------------------------------------------------


def _unsaid(card: Card) -> list[Action]:
    """The card's actions, without those behind «⋯» that only open what is linked in its text already."""
    linked = {span.url for block in card.blocks for span in _spans(block) if span.url}
    return [action for action in card.actions if not (action.more and action.url in linked)]


def _spans(block: Block) -> Sequence[Span]:
    match block:
        case Heading(spans) | Paragraph(spans) | Note(spans):
            return spans
        case Item():
            return (*block.spans, *block.note)
    return ()


def actions(offered: Sequence[Action], numbers: Iterator[int]) -> Blocks:
    """One row: the buttons, then a menu «⋯» of what belongs behind one. Links that do not fit there are buttons."""
    more = [action for action in offered if action.more]
    step = limits.OVERFLOW_OPTIONS
    links = [action for action in more if action.url is not None][: max(0, len(more) - step)]
    more = [action for action in more if action not in links]
    row = [button(action, numbers) for action in (*(one for one in offered if not one.more), *links)]
    row += [overflow(more[at : at + step], numbers) for at in range(0, len(more), step)]
    elements = [element for element in row if element is not None][: limits.ACTIONS_ELEMENTS]
    return [{"type": "actions", "elements": elements}] if elements else []


def button(action: Action, numbers: Iterator[int]) -> dict[str, Any] | None:
    """A button, or ``None`` where its address or command is none that Slack takes."""
    made: dict[str, Any] = {"type": "button", "text": mrkdwn.plain_object(action.label, limits.BUTTON_TEXT)}
    if action.url is not None:
        url = mrkdwn.safe_url(action.url)
        if url is None or units(url) > limits.BUTTON_URL:
            return None
        made |= {"action_id": f"{LINK}{next(numbers)}", "url": url}
    elif action.command is not None and units(action.command) <= limits.BUTTON_VALUE:
        made |= {"action_id": f"{COMMAND}{next(numbers)}", "value": action.command}
    else:
        return None
    if action.style is not ActionStyle.PLAIN:
        made["style"] = action.style.value
    if action.confirm:
        made["confirm"] = {
            "title": mrkdwn.plain_object(action.label, limits.CONFIRM_TITLE),
            "text": mrkdwn.plain_object(action.confirm, limits.CONFIRM_TEXT),
            "confirm": mrkdwn.plain_object(action.label, limits.CONFIRM_BUTTON),
            "deny": mrkdwn.plain_object("Cancel", limits.CONFIRM_BUTTON),
        }
    return made


def overflow(offered: Sequence[Action], numbers: Iterator[int]) -> dict[str, Any] | None:
    """A menu «⋯» of at most five actions."""
    options: list[dict[str, Any]] = []
    for action in offered:
        option: dict[str, Any] = {"text": mrkdwn.plain_object(action.label, limits.OPTION_TEXT)}
        if action.url is not None:
            url = mrkdwn.safe_url(action.url)
            if url is None or units(url) > limits.BUTTON_URL:
                continue
            option |= {"url": url, "value": LINK}
        elif action.command is not None and units(action.command) <= limits.OPTION_VALUE:
            option["value"] = action.command
        else:
            continue
        options.append(option)
    return (
        {"type": "overflow", "action_id": f"{COMMAND}{next(numbers)}", "options": options}
        if options
        else None
    )


# --- whole surfaces ---------------------------------------------------------------------------


def fit(made: Blocks, most: int, *, text: int = limits.MESSAGE_BLOCKS_TEXT) -> Blocks:
    """At most so many blocks and so much text: the last row of buttons stays, blocks before it go."""
    if len(made) <= most and sum(map(weight, made)) <= text:
        return made
    tail = made[-1:] if made[-1]["type"] == "actions" else []
    rest = context("… and more than fits here.")
    room = text - sum(map(weight, tail + rest))
    kept: Blocks = []
    for block in made[: len(made) - len(tail)]:
        room -= weight(block)
        if room < 0 or len(kept) + len(tail) + len(rest) >= most:
            break
        kept.append(block)
    return kept + rest + tail


def weight(part: Any) -> int:
    """How much text a block holds, in UTF-16 units."""
    if isinstance(part, dict):
        own = units(part["text"]) if isinstance(part.get("text"), str) else 0
        return own + sum(weight(value) for value in part.values() if isinstance(value, (dict, list)))
    return sum(weight(value) for value in part) if isinstance(part, list) else 0
