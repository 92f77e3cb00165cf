"""``help``, ``setup`` and the first message after an invitation."""

from __future__ import annotations

from typing import Final

from bot.cards import Action, ActionStyle, Card, Span, spans
from bot.cards.paper import paper_card
from bot.cards.reply import message
from bot.commands.help import help_card
from bot.handlers.asked import Asked
from bot.ports import Reply
from bot.query import parse

TOPICS: Final = {
    "Robot learning": "robot (policy OR manipulation)",
    "World models": '"world model"',
    "Language models": '"language model"',
    "Vision": "cat:cs.CV",
    "Much discussed": "upvotes>=30",
}
"""Filters to begin with: a name for the button, and what it looks for."""


async def help_(asked: Asked) -> Reply:
    """A topic, or one command."""
    return Reply(card=help_card(asked.get("topic", "getting-started")))


async def welcome(asked: Asked) -> Reply:
    """Three ways to begin. Nothing is posted until somebody chooses."""
    match asked.get("choice"):
        case "channel":
            return await setup(asked)
        case "me":
            return Reply(
                card=_topics(
                    "What should I send you by direct message?", " to:me", "Then confirm the preview."
                )
            )
        case "example":
            return await _example(asked)
        case _:
            return Reply(
                card=message(
                    "Hello, I am Paper Pigeon",
                    "I post new papers that match your interests, each once, and say why.",
                    "Nothing is posted until you choose.",
                    actions=[
                        Action("Set up this channel", command="welcome channel", style=ActionStyle.PRIMARY),
                        Action("Just me, by DM", command="welcome me"),
                        Action("Show me an example", command="welcome example"),
                    ],
                )
            )


async def setup(asked: Asked) -> Reply:
    """Choose a topic to begin with; its preview asks for the rest."""
    where = asked.destination("here")
    await asked.require_manage(where)
    missing = [] if where.direct else await asked.origin.rights.missing(where)
    lines = []
    if missing:
        lines.append(f"First give me what I need to post here: {', '.join(missing)}.")
    card = _topics(
        f"What should {where.name or 'this channel'} get?",
        "",
        "Papers come as one digest on weekdays at 09:00; add when:instant, at:08:30 or timezone:Europe/Paris to change that.",
        *lines,
    )
    return Reply(card=card)


async def _example(asked: Asked) -> Reply:
    replayed = await asked.services.replay.run(parse("upvotes>=1"), days=7, best=1, order="upvotes")
    if not replayed.hits:
        return Reply(
            card=message("", "No papers are stored yet; the first poll is under way. Try again in a minute.")
        )
    best = replayed.hits[0]
    return Reply(
        card=paper_card(
            best.paper,
            now=asked.now,
            reasons=best.verdict.reasons,
            subscriptions=["an example"],
            actions=asked.services.composer.paper_actions(asked.origin.where.platform),
        )
    )


def _topics(title: str, tail: str, note: str, *lines: str) -> Card:
    return message(
        title,
        *lines,
        spans(
            "Take a topic, or write your own: ",
            Span(f"subscribe diffusion (policy OR planning){tail}", code=True),
        ),
        notes=[note],
        actions=[Action(name, command=f"subscribe {query}{tail}") for name, query in TOPICS.items()],
    )
