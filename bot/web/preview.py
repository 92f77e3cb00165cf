"""The preview page: what a filter would have brought, for people without an account."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlencode

from bot.cards.html import fragment
from bot.cards.paper import PaperAction, paper_card
from bot.errors import QueryError
from bot.handlers import Handlers
from bot.handlers.previews import LOUD, TERMS, days_said, rate_said
from bot.handlers.replay import Replayed
from bot.query import Query, Variant, parse
from bot.text.counted import count
from bot.text.cut import cut
from bot.text.when import day
from bot.web.layout import bars, page, text, typed

LONGEST: Final = 1_000
"""Characters of a filter on this page. Longer ones are for chat, where it is known who asks."""
CARDS: Final = 10
DAYS: Final = (7, 14, 30)
EXAMPLES: Final = (
    "diffusion -survey",
    'agents (planning OR "tool use")',
    "cat:cs.RO upvotes>=5",
    'title:"world model"',
)


@dataclass(frozen=True, slots=True)
class Previewed:
    """A filter and what it would have brought."""

    query: Query
    replayed: Replayed
    variants: Sequence[tuple[Variant, int]]
    remarks: Sequence[str]


async def look(handlers: Handlers, written: str, days: int) -> Previewed:
    """Replay a filter over the stored papers.

    Raises:
        QueryError: it cannot be read.
        StoreUnavailable: the papers cannot be read.
    """
    query = parse(written)
    replay = handlers.replay
    replayed = await replay.run(query, days=days, best=CARDS)
    variants = (
        await replay.variants(query, days=days, wider=replayed.rate <= LOUD) if replayed.checked else []
    )
    return Previewed(query, replayed, variants, await handlers.remarks(query))


def days_of(given: str) -> int:
    """How many days were asked for; what is not offered is the least."""
    return next((days for days in DAYS if str(days) == given), DAYS[0])


def start(days: int) -> str:
    """The page before anything was typed."""
    return _page("", days, "", focus=True)


def result(written: str, days: int, found: Previewed, now: datetime) -> str:
    """The page with an answer."""
    replayed = found.replayed
    cards = "\n".join(
        fragment(
            paper_card(
                hit.paper, now=now, reasons=hit.verdict.reasons, actions=frozenset({PaperAction.LINKS})
            )
        )
        for hit in replayed.hits
    )
    said = (
        f"The best {len(replayed.hits)} of {replayed.count:,}"
        if replayed.count > len(replayed.hits)
        else "The papers"
    )
    below = f'<h2 class="section">{said}</h2>\n{cards}' if replayed.hits else ""
    return _page(written, days, f"{_summary(found, days, now)}\n{below}")


def unread(written: str, days: int, error: QueryError) -> str:
    """The page for a filter that cannot be read: where, why, and what may have been meant."""
    # The heading says that it cannot be read; whoever does not see the caret is told the place.
    sentence = str(error).split(" Try `")[0].removeprefix("I can't read the query").removeprefix(": ").strip()
    sentence = sentence[:1].upper() + sentence[1:]
    repair = ""
    if error.repair:
        repair = f'<p>Did you mean <a href="{_link(error.repair, days)}"><code>{text(error.repair)}</code></a>?</p>'
    shown = (
        '<section class="panel wrong" aria-labelledby="wrong">\n<h2 id="wrong">I cannot read this filter</h2>\n'
        f"{_pointed(error)}\n<p>{typed(sentence)}</p>\n{repair}</section>"
    )
    return _page(written, days, shown, invalid=True)


def refused(written: str, days: int, sentence: str) -> str:
    """The page where no preview can be made now."""
    shown = f'<section class="panel wrong" role="alert"><p>{typed(sentence)}</p></section>'
    return _page(written, days, shown)


def _page(written: str, days: int, shown: str, *, focus: bool = False, invalid: bool = False) -> str:
    title = f"{cut(written, 60)} · preview" if written else "Paper Pigeon: preview a filter"
    options = "".join(
        f'<option value="{one}"{" selected" if one == days else ""}>{one} days</option>' for one in DAYS
    )
    tried = (
        ""
        if written
        else (
            '<p class="examples">For example: '
            + " ".join(f'<a href="{_link(one, days)}"><code>{text(one)}</code></a>' for one in EXAMPLES)
            + "</p>"
        )
    )
    attributes = " autofocus" if focus else ""
    attributes += ' aria-invalid="true" aria-describedby="wrong"' if invalid else ""
    return page(
        title,
        "<h1>What would a filter bring?</h1>\n"
        '<p class="lead">Type a filter as you would in chat. You see the papers of the last days that it would have '
        "brought, and how many a day that is.</p>\n"
        '<form action="/" method="get" role="search">\n<label for="q">Filter</label>\n<div class="row">'
        f'<input id="q" name="q" value="{text(written)}" maxlength="{LONGEST}" autocomplete="off" autocapitalize="off" '
        f'spellcheck="false" enterkeyhint="search"{attributes}>'
        f'<select name="days" aria-label="How far to look back">{options}</select>'
        f"<button>Preview</button></div>\n</form>\n{tried}\n{shown}",
    )


def _summary(found: Previewed, days: int, now: datetime) -> str:
    replayed = found.replayed
    names = [day((now - timedelta(days=back)).date()) for back in range(days - 1, -1, -1)]
    facts = [*_terms(replayed), *_suggestions(found, days)]
    facts += [("Note", typed(one)) for one in found.remarks]
    listed = "".join(f"<dt>{name}</dt><dd>{said}</dd>" for name, said in facts)
    told = f"of {count(replayed.checked, 'paper')} in {days_said(replayed.days)}"
    chart = ""
    if replayed.count:
        told += f", {rate_said(replayed.rate)}"
        chart = bars(replayed.per_day, names)
    line = text(f"/papers subscribe {found.query.normal}")
    return (
        '<section class="panel" aria-label="What it would have brought">\n<div class="figure"><div>'
        f'<p class="big">{replayed.count:,}</p><p>{told}</p></div>{chart}</div>\n'
        f'<dl class="facts">{listed}</dl>\n'
        '<div class="copy"><label for="line">To get these papers, say in chat</label>'
        f'<input id="line" readonly value="{line}"></div>\n</section>'
    )


def _terms(replayed: Replayed) -> list[tuple[str, str]]:
    """Which terms did the work, where there are several that need not all be there."""
    if len({number for _, number in replayed.terms}) < 2:
        return []
    chips = [
        f'<span class="chip"><code>{text(cut(term, 40))}</code><b>{number:,}</b></span>'
        for term, number in replayed.terms[:TERMS]
    ]
    return [("What did the work", "".join(chips))]


def _suggestions(found: Previewed, days: int) -> list[tuple[str, str]]:
    """Wider or narrower filters, as links."""
    replayed = found.replayed
    if not replayed.checked:
        return [("Nothing yet", "No papers are stored: the first poll is still to come.")]
    if replayed.rate > LOUD:
        useful = sorted(
            ((one, n) for one, n in found.variants if 0 < n < replayed.count), key=lambda pair: -pair[1]
        )
        said = [_variant(one, days, f"{n:,}, {rate_said(n / replayed.days)}") for one, n in useful[:3]]
        return [("A lot; narrower", f"<ul>{''.join(said)}</ul>")] if said else []
    useful = sorted(((one, n) for one, n in found.variants if n > replayed.count), key=lambda pair: pair[1])
    if replayed.count:
        said = [_variant(one, days, f"{n - replayed.count:,} more") for one, n in useful[:3]]
        return [("Just missed", f"<ul>{''.join(said)}</ul>")] if said else []
    said = [_variant(one, days, f"{n:,}, {rate_said(n / replayed.days)}") for one, n in useful[:3]]
    if not said:
        return [("Nothing near it", "No wider form of it matched either. Try fewer or more general words.")]
    return [("Closest", f"<ul>{''.join(said)}</ul>")]


def _variant(variant: Variant, days: int, said: str) -> str:
    return f'<li><a href="{_link(variant.normal, days)}">{typed(variant.label)}</a>: {said}</li>'


def _link(query: str, days: int) -> str:
    return text("/?" + urlencode({"q": query, "days": days}, errors="replace"))


def _pointed(error: QueryError) -> str:
    """The line that was typed, with a caret under the place."""
    line = error.text.replace("\n", " ").replace("\t", " ")
    start, end = max(0, error.start), max(error.start + 1, error.end)
    first = max(0, start - 40)
    shown, lead = line[first : first + 110], "…" if first else ""
    under = " " * (start - first + len(lead)) + "^" * max(1, min(end, first + 110) - start)
    return f'<pre aria-hidden="true">{text(lead + shown)}\n<span class="mark">{under}</span></pre>'
