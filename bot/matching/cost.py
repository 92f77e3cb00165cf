"""What a filter costs beside the walk through a paper, and how much is too much."""

from __future__ import annotations

from typing import Final

from bot.matching.plan import Sought, branches, grown, share, work
from bot.query import Query

MOST: Final = 250.0
"""Comparisons with a paper, on average: twenty times what the dearest real filter that we know costs (12.6), and about
ten microseconds. A thousand filters at the limit cost ten milliseconds a paper."""
WORTH_SAYING: Final = 25.0
"""From here on a preview shows the cost."""


def cost(query: Query) -> float:
    """How many comparisons a paper causes because of this filter, on average; 0.02 for most."""
    made: dict[Sought, int] = {}
    rare = [1.0]  # that of what every paper has

    def atom(sought: Sought) -> int:
        if sought not in made:
            made[sought] = len(rare)
            rare.append(share(sought))
        return made[sought]

    group = grown(query.root, atom)
    return sum(work(branch, rare) for branch in branches(group, rare))


def too_dear(query: Query) -> str | None:
    """Why a filter is refused for what it costs; ``None`` for nearly all."""
    spent = cost(query)
    if spent <= MOST:
        return None
    return (
        f"This filter would cost about {spent:,.0f} comparisons with every paper, and {MOST:,.0f} is the most: it has long "
        "groups of common words. Use rarer words, or split it into several subscriptions."
    )
