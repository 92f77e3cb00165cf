"""👍 and 👎, and what they come to: ``like``, ``unlike``, ``unrate`` and ``profile``."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from bot.cards import Action, ActionStyle, Attachment, Card, Item, Span, spans
from bot.cards.reply import message
from bot.errors import CommandError
from bot.handlers.asked import Asked
from bot.matching.meaning import Profile
from bot.matching.meaning.profile import FEWEST, Why
from bot.models import Destination
from bot.ports import Reply
from bot.store.ratings import Rating
from bot.text.cut import cut

WORDS: Final = 12
PAPERS: Final = 5
BUTTON: Final = 90
"""The longest command that a button may carry."""


async def like(asked: Asked) -> Reply:
    """More like this."""
    return await _rate(asked, 1)


async def unlike(asked: Asked) -> Reply:
    """Less like this."""
    return await _rate(asked, -1)


async def unrate(asked: Asked) -> Reply:
    """Take one's own rating back."""
    paper = await asked.paper()
    there = await asked.store.ratings.drop(asked.destination("here"), paper.id, asked.origin.person.id)
    return Reply(card=message("", "Taken back." if there else "You had not rated it here."), replace=there)


async def _rate(asked: Asked, value: int) -> Reply:
    paper = await asked.paper()
    where = asked.destination("here")
    rating = Rating(paper.id, asked.origin.person.id, value, asked.now, paper.title, paper.abstract)
    await asked.store.ratings.put(where, rating)
    profile = await asked.services.meanings.profile(where)
    more = "More" if value > 0 else "Less"
    said = f"{more} like «{cut(paper.title, 120)}» {_place(where)}."
    count = len(profile.liked) + len(profile.unliked)
    if profile.speaks:
        note = f"{count} rated papers put digests here in order. `profile` shows what they come to."
    elif count >= FEWEST:
        note = "Rate one 👍, too: what is not wanted alone says little about what is."
    else:
        note = f"From {FEWEST} rated papers on, digests here are put in order by them; so far {count}."
    actions = [Action("Undo", command=f"unrate {paper.short_id}"), Action("Profile", command="profile")]
    return Reply(
        card=message(
            "", said, notes=[note], actions=[one for one in actions if len(one.command or "") <= BUTTON]
        )
    )


async def profile(asked: Asked) -> Reply:
    """What the ratings of this place come to; or all of them as a file; or none any more."""
    where = asked.destination("here")
    action = asked.get("action", "show")
    ratings = await asked.store.ratings.of(where)
    if action == "erase":
        await asked.require_manage(where)
        await asked.store.ratings.erase(where)
        return Reply(card=message("", f"Erased: {len(ratings)} ratings {_place(where)}."))
    if action == "export":
        body = json.dumps([_exported(one, asked) for one in ratings], ensure_ascii=False, indent=1).encode()
        card = message("", f"{len(ratings)} ratings {_place(where)}.")
        return Reply(card=replace(card, files=(Attachment("profile.json", body, "application/json"),)))
    if action != "show":
        raise CommandError("Say `profile`, `profile export` or `profile erase`.")
    learnt = await asked.services.meanings.profile(where)
    if asked.get("paper"):
        return Reply(card=await _why(asked, learnt))
    if not ratings:
        return Reply(
            card=message(
                "",
                f"Nobody has rated a paper {_place(where)} yet. Press 👍 or 👎 under a card: from {FEWEST} rated papers "
                "on, digests are put in order by them.",
            )
        )
    rows = [_row(one) for one in learnt.words(WORDS)]
    latest = [
        Item(
            (Span(f"{'👍' if one.value > 0 else '👎'} {cut(one.title, 140)}"),),
            action=_takes_back(one, asked),
        )
        for one in ratings[:PAPERS]
    ]
    use = (await asked.preferences(where)).get("profile") or "order"
    notes = [
        f"{len(learnt.liked)} liked, {len(learnt.unliked)} not. {USES[use]}",
        "Compared with "
        + asked.services.meanings.model
        + ". `profile paper:2401.01234` says why a paper scores as it does.",
    ]
    if not learnt.speaks:
        notes.insert(0, f"It says nothing yet: it takes {FEWEST} rated papers, one of them 👍.")
    erase = Action(
        "Erase it",
        command="profile erase",
        style=ActionStyle.DANGER,
        confirm=f"Erase all {len(ratings)} ratings {_place(where)}? This cannot be undone.",
    )
    return Reply(
        card=message(
            f"What is wanted {_place(where)}",
            "The words that weigh most, + for more and − for less, then the latest ratings:",
            items=[*rows, *latest],
            notes=notes,
            actions=[Action("Export it", command="profile export"), erase],
        )
    )


USES: Final = {
    "order": "Digests are put in order by it; `settings profile:filter` also leaves out what is nearer to 👎 than to 👍.",
    "filter": "Digests are put in order by it, and what is nearer to 👎 than to 👍 is left out.",
    "off": "It is not used: `settings profile:order` changes that.",
}


async def _why(asked: Asked, learnt: Profile) -> Card:
    """Why a paper has the score that it has."""
    paper = await asked.paper()
    meaning = (await asked.services.meanings.papers([paper], read=True))[paper.id]
    rows = [_row(one) for one in learnt.shared_words(meaning, WORDS)]
    rows += [_row(one) for one in learnt.papers(meaning, PAPERS)]
    refused = " It is nearer to what was not liked than to what was." if learnt.refuses(meaning) else ""
    return message(
        f"Score {learnt.score(meaning):+.2f}: {cut(paper.title, 140)}",
        f"What adds to it (+) and takes away (−): shared words, then rated papers.{refused}",
        items=rows,
    )


def _row(why: Why) -> Item:
    sign = "+" if why.share >= 0 else "−"
    return Item(spans(Span(f"{sign}{abs(why.share):.2f}", code=True), f" {cut(why.text, 140)}"))


def _takes_back(rating: Rating, asked: Asked) -> Action | None:
    short = rating.paper_id.removeprefix("arxiv:")
    written = f"unrate {short}"
    mine = rating.person == asked.origin.person.id
    return (
        Action("Take back", command=written) if mine and len(written) <= BUTTON and " " not in short else None
    )


def _exported(rating: Rating, asked: Asked) -> dict[str, object]:
    """Who rated is told only to themselves."""
    return {
        "paper": rating.paper_id,
        "title": rating.title,
        "rating": rating.value,
        "at": rating.at.isoformat(),
        "mine": rating.person == asked.origin.person.id,
    }


def _place(where: Destination) -> str:
    return "for you" if where.direct else f"in {where.name or 'this channel'}"


def exported(ratings: Sequence[tuple[str, Rating]]) -> list[dict[str, object]]:
    """One person's ratings in all places, for ``forget-me export``."""
    return [
        {"in": place, "paper": one.paper_id, "rating": one.value, "at": one.at.isoformat()}
        for place, one in ratings
    ]
