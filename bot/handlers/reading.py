"""``save``, ``saved`` and ``discuss``: what people do with a paper once it has come."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from bot.cards import Action, Attachment, Item, Span, spans
from bot.cards.bibtex import bibtex, ris
from bot.cards.paper import authors
from bot.cards.reply import error_card, message, undo
from bot.delivery.threads import forget_thread
from bot.errors import CommandError, NotAllowed
from bot.handlers.asked import Asked
from bot.handlers.undoing import keep_undo_of_saved
from bot.models import DeliveryKind, DeliveryState, Destination, Paper, delivery_key
from bot.ports import LookingRights, Reply
from bot.store.saved import Saved
from bot.text.cut import cut

PAGE: Final = 10
LOOKS: Final = 10
"""How often the thread is looked for before the answer says that it is on its way."""


async def save(asked: Asked) -> Reply:
    """Put a paper on one's own list."""
    paper = await asked.paper()
    tag = asked.get("tag").lower()[:40]
    place = (*asked.origin.workspace, asked.origin.person.id)
    before = await asked.store.saved.get(*place, paper.id)
    new = await asked.store.saved.keep(*place, Saved(paper.id, asked.now, tag))
    token = await keep_undo_of_saved(asked, paper.id, before)
    under = f" under «{tag}»" if tag else ""
    said = f"Saved{under}: {paper.title}" if new else f"It was on your list already{under}: {paper.title}"
    return Reply(card=message("", said, actions=[undo(token), Action("My list", command="saved")]))


async def unsave(asked: Asked) -> Reply:
    """Take a paper off one's own list."""
    paper = await asked.paper()
    platform, workspace = asked.origin.workspace
    before = await asked.store.saved.get(platform, workspace, asked.origin.person.id, paper.id)
    if before is None:
        return Reply(card=message("", "It was not on your list."))
    await asked.store.saved.drop(platform, workspace, asked.origin.person.id, paper.id)
    token = await keep_undo_of_saved(asked, paper.id, before)
    return Reply(card=message("", "Taken off your list.", actions=[undo(token)]))


async def saved(asked: Asked) -> Reply:
    """One's own list, here or as a file."""
    platform, workspace = asked.origin.workspace
    rows = await asked.store.saved.of(platform, workspace, asked.origin.person.id)
    tag = asked.get("tag").lower()
    rows = [row for row in rows if not tag or row.tag == tag]
    if not rows:
        hint = "Press Save under a card, or write `save 2401.01234`."
        return Reply(card=message("", f"Your list is empty{f' under «{tag}»' if tag else ''}. {hint}"))
    known = await asked.store.papers.many([row.paper_id for row in rows])
    papers = [known[row.paper_id] for row in rows if row.paper_id in known]
    form = asked.get("format", "list")
    if form != "list":
        made = _file(form, papers, {row.paper_id: row for row in rows})
        return Reply(card=replace(message("", f"{len(papers)} papers."), files=(made,)))
    items = [
        Item(
            (Span(cut(paper.title, 160), bold=True, url=paper.url or None),),
            note=spans(" · ".join(part for part in (authors(paper, 2), paper.short_id) if part)),
        )
        for paper in papers[:PAGE]
    ]
    notes = [f"{len(rows)} saved. `saved bibtex` gives all of them as a file."]
    return Reply(card=message("Your saved papers", items=items, notes=notes))


async def discuss(asked: Asked) -> Reply:
    """Open the one thread of a paper in a channel, or show the one that is there."""
    paper = await asked.paper()
    where = asked.destination(asked.get("in"))
    if where.platform not in asked.services.threading or where.direct:
        raise CommandError("There are no threads here. Discuss it in a channel of Discord or Slack.")
    if not await asked.origin.rights.may_read(where):
        raise NotAllowed("You cannot read that channel, so you cannot open a thread there.")
    preferences = await asked.preferences(where)
    if preferences.get("threads") == "never":
        raise CommandError(
            "Threads are switched off in this channel. Those who manage it can change that: `settings threads:on-demand`."
        )
    await _forget_if_deleted(asked, paper, where)
    key = await asked.services.threads.plan(paper, where)
    for _ in range(LOOKS):
        found = await asked.store.deliveries.get(where, key)
        if found is not None and found.state is DeliveryState.SENT and found.message is not None:
            link = [Action("Open the thread", url=found.message.url)] if found.message.url else []
            return Reply(card=message("", f"The thread of «{cut(paper.title, 120)}» is open.", actions=link))
        if found is not None and found.state is DeliveryState.DEAD:
            return Reply(card=error_card(found.why or "The thread could not be opened."))
        await asked.services.clock.sleep(0.2)
    return Reply(card=message("", f"The thread of «{cut(paper.title, 120)}» will be there in a moment."))


async def _forget_if_deleted(asked: Asked, paper: Paper, where: Destination) -> None:
    """A thread may have been deleted while nobody here was connected to be told of it."""
    rights = asked.origin.rights
    if not isinstance(rights, LookingRights):
        return
    opened = await asked.store.deliveries.get(where, delivery_key(where, DeliveryKind.THREAD, paper.id))
    thread = opened.message.thread if opened is not None and opened.message is not None else None
    if thread is not None and not await rights.stands(replace(where, thread=thread)):
        await forget_thread(asked.store, where, paper.id, thread)


def _file(form: str, papers: Sequence[Paper], rows: dict[str, Saved]) -> Attachment:
    match form:
        case "bibtex":
            return Attachment("saved.bib", bibtex(papers).encode(), "application/x-bibtex")
        case "ris":
            return Attachment("saved.ris", ris(papers).encode(), "application/x-research-info-systems")
        case "csv":
            out = io.StringIO()
            writer = csv.writer(out)
            writer.writerow(["id", "title", "authors", "url", "saved", "tag"])
            for paper in papers:
                row = rows[paper.id]
                cells = [
                    paper.id,
                    paper.title,
                    "; ".join(paper.authors),
                    paper.url,
                    row.saved_at.isoformat(),
                    row.tag,
                ]
                writer.writerow([_inert(cell) for cell in cells])
            return Attachment("saved.csv", out.getvalue().encode(), "text/csv")
        case _:
            listed = [
                {
                    "id": paper.id,
                    "title": paper.title,
                    "authors": paper.authors,
                    "url": paper.url,
                    "tag": rows[paper.id].tag,
                }
                for paper in papers
            ]
            return Attachment(
                "saved.json", json.dumps(listed, ensure_ascii=False, indent=1).encode(), "application/json"
            )


def _inert(cell: str) -> str:
    """A title that begins like a formula must not be one in a spreadsheet."""
    return f"'{cell}" if cell[:1] in {"=", "+", "-", "@", "\t"} else cell
