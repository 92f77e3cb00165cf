"""What ``help`` answers: a card for each topic, and one for each verb, made from the registry. Pure.

A topic names at most eight commands, shows three examples to copy and fits one screen.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from bot.cards import Action, ActionStyle, Block, Card, Code, Item, Span, spans
from bot.cards.reply import message
from bot.commands.model import Option, OptionKind, Verb
from bot.commands.verbs import BY_NAME, OFFERED, TOPICS

_CALL: Final = "Type these after `/papers`, or after mentioning me; in a terminal just as they stand."


@dataclass(frozen=True, slots=True)
class Topic:
    """The text of one topic."""

    lines: tuple[str, ...]
    verbs: tuple[str, ...]
    examples: tuple[str, ...]
    """Three, in the written form."""
    notes: tuple[str, ...] = ()


TEXTS: Final = {
    "getting-started": Topic(
        lines=(
            (
                "I watch Hugging Face Daily Papers, arXiv and other listings, and post the papers that match your "
                "filters: each once, with the reason why."
            ),
        ),
        verbs=("setup", "subscribe", "preview", "list", "pause", "search", "explain", "status"),
        examples=(
            "preview diffusion -survey",
            'subscribe author:"Sergey Levine" to:me',
            "explain 2401.01234",
        ),
    ),
    "query": Topic(
        lines=(
            (
                "All words must be there; OR, |, brackets and - work as you would expect. Words find their other "
                "forms (policy finds policies); between quotes they are taken as they are, and diffus* finds what begins so."
            ),
            (
                "Fields: title: abstract: author: cat: org: source: keyword: announce: has: like:, and counts such "
                "as upvotes>=20, comments>5, stars>100. cat:cs.* takes all of computer science."
            ),
        ),
        verbs=("preview", "search", "subscribe"),
        examples=(
            'preview diffusion (policy OR "robot learning") -survey',
            'preview author:"Sergey Levine" cat:cs.RO has:code',
            'preview like:"agents that plan" upvotes>=20',
        ),
        notes=("preview says how many papers a day a filter would bring, before anybody is disturbed.",),
    ),
    "digests": Topic(
        lines=(
            (
                "A subscription posts one digest on weekdays at 09:00 unless you choose otherwise: when:instant, hourly, "
                "daily or weekly; at: and days: for digests; timezone: for your own clock. at:complete waits until the "
                "day's lists are proven complete, until 11:00 at the latest."
            ),
            (
                "A digest shows the best first, up to limit:, and keeps the rest one click away. In quiet hours, in "
                "pauses and while a channel is closed, papers wait; none is dropped."
            ),
        ),
        verbs=("subscribe", "edit", "digest", "pause", "resume", "settings"),
        examples=(
            "edit 7 when:weekly days:fri at:16:00",
            "pause 7 for:1w",
            "settings quiet_hours:22:00-07:00",
        ),
    ),
    "threads": Topic(
        lines=(
            (
                "Discuss under a card opens the one thread of that paper in that channel, however many people press it. "
                "The thread begins with the abstract and the links."
            ),
            "Managers may turn threads off in settings.",
        ),
        verbs=("discuss", "settings"),
        examples=(
            "discuss 2401.01234",
            "settings threads:never",
            "settings threads:on-demand",
        ),
    ),
    "privacy": Topic(
        lines=(
            (
                "I store subscriptions with the platform's id of whoever made them, saved papers, your 👍 and 👎, and "
                "where each card was posted. I do not read the messages of a channel."
            ),
            (
                "Nothing of one server or workspace is shown in another. Only people who may manage a channel change its "
                "subscriptions; your own direct messages are yours alone."
            ),
        ),
        verbs=("forget-me", "settings"),
        examples=("forget-me", "forget-me export", "forget-me erase"),
    ),
}
"""The topics with a text of their own; ``all`` is made from the registry."""

MORE: Final = {
    "feeds": (
        (
            "What a feed brings is matched by the subscriptions here and is seen in no other workspace. A filter that "
            "names the feed (source:) gets nothing but its items."
        ),
    ),
}
"""What the help of a verb says besides what the registry knows."""


def help_card(topic: str) -> Card:
    """The card of a topic or of a verb, as :func:`bot.commands.check.check` lets pass."""
    if topic == "all":
        return _everything()
    if topic in TEXTS:
        return _topic(topic)
    return _verb(BY_NAME[topic])


def _topic(name: str) -> Card:
    text = TEXTS[name]
    label = next(choice.label for choice in TOPICS if choice.value == name)
    return message(
        label,
        *text.lines,
        items=[*_rows(BY_NAME[verb] for verb in text.verbs), Code("\n".join(text.examples))],
        notes=(*text.notes, _CALL),
        actions=[
            Action("Set up", command="setup", style=ActionStyle.PRIMARY),
            Action("Try a preview", command=TEXTS["getting-started"].examples[0]),
            *(
                Action(choice.label, command=f"help {choice.value}")
                for choice in TOPICS
                if choice.value != name and choice.value in {"query", "digests", "all"}
            ),
        ],
    )


def _everything() -> Card:
    return message(
        "Every command",
        items=_rows(OFFERED),
        notes=("★ needs the right to manage the channel; your own direct messages are always yours.", _CALL),
    )


def _rows(verbs: Iterable[Verb]) -> list[Block]:
    return [
        Item(spans(Span(verb.name, code=True), " ★ " if verb.manages else " ", verb.summary))
        for verb in verbs
    ]


def _verb(verb: Verb) -> Card:
    items: list[Block] = [_option(verb, option) for option in verb.options]
    if verb.examples:
        items.append(Code("\n".join(verb.examples)))
    lines = [verb.summary, *MORE.get(verb.name, ())]
    if verb.manages:
        lines.append(
            "In a channel this needs the right to manage it; your own direct messages are always yours."
        )
    other = f"Also: {', '.join(verb.aliases)}." if verb.aliases else ""
    return message(verb.name, *lines, items=items, notes=(other, _CALL))


def _option(verb: Verb, option: Option) -> Item:
    name = option.name if option.name == verb.free else f"{option.name}:"
    said = [option.description]
    if option.kind is OptionKind.CHOICE and len(option.choices) <= 6:
        said.append(f"{', '.join(choice.value for choice in option.choices)}.")
    if option.default:
        said.append(f"Without it: {option.default}.")
    elif not option.required:
        said.append("May be left out.")
    return Item(spans(Span(name, code=True), " ", " ".join(said)))
