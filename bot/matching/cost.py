"""What a filter costs beside the walk through a paper, and how much is too much."""

from __future__ import annotations

from typing import Final

from bot.matching.atoms import Atom
from bot.matching.plan import Sought, grown, places, share, work
from bot.query import Query

MOST: Final = 250.0
"""Comparisons with a paper, on average: twenty times what the dearest real filter that we know costs (12.6), and about
ten microseconds. A thousand filters at the limit cost ten milliseconds a paper."""
WORTH_SAYING: Final = 25.0
"""From here on a preview shows the cost."""


def cost(query: Query) -> float:
    """How many comparisons a paper causes because of this filter, on average; 0.02 for most."""
    made: dict[Sought, Atom] = {}

    def atom(sought: Sought) -> Atom:
        if sought not in made:
            made[sought] = Atom(share(sought))
        return made[sought]

    return sum(work(place) for place in places(grown(query.root, atom), 0))


def too_dear(query: Query) -> str | None:
    """Why a filter is refused for what it costs; ``None`` for nearly all."""
    spent = cost(query)
    if spent <= MOST:
        return None
    return (
        f"This filter would cost about {spent:,.0f} comparisons with every paper, and {MOST:,.0f} is the most: it has long "
        "groups of common words. Use rarer words, or split it into several subscriptions."
    )
