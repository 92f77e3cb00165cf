"""What a filter asks for that no listing here is asked for: it would be silent for ever, and nobody would know why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from bot.commands.categories import CATEGORIES
from bot.query import And, Category, Flag, Leaf, Node, Or, Query

SHOWN = 6
"""Watched categories that a sentence names."""


def unwatched(query: Query, sources: Sequence[str], categories: Mapping[str, Sequence[str]]) -> list[str]:
    """A sentence for each category or listing that ``query`` wants and that is not read.

    ``sources`` are the names of the listings that are read, ``categories`` what those are asked for that announce by
    category. Only arXiv's own categories are known to belong to a listing.
    """
    said = []
    for leaf in dict.fromkeys(_wanted(query.root)):
        match leaf:
            case Flag("source", name) if name not in sources:
                said.append(
                    f"I do not read a listing called «{name}», so nothing comes of `source:{name}`. "
                    f"Those I read: {', '.join(sources)}."
                )
            case Category():
                said += _category(leaf, categories.get("arxiv", ()))
    return said


def _category(wanted: Category, watched: Sequence[str]) -> Iterator[str]:
    asked = [name for name in CATEGORIES if wanted.accepts(name)]
    if not watched or not asked or any(_covers(one, wanted, asked) for one in watched):
        return
    shown = ", ".join(watched[:SHOWN]) + (" …" if len(watched) > SHOWN else "")
    yield (
        f"I do not watch `{wanted.pattern}`: of it come only papers that are cross-listed to {shown}. "
        "Whoever runs me can add it to PIGEON_ARXIV__CATEGORIES."
    )


def _covers(watched: str, wanted: Category, asked: Sequence[str]) -> bool:
    """Whether a watched category (or archive) has to do with what is wanted."""
    return wanted.accepts(watched) or any(Category(watched).accepts(name) for name in asked)


def _wanted(node: Node) -> Iterator[Leaf]:
    """The leaves that are wanted, and not those that are left out."""
    match node:
        case And(children) | Or(children):
            for child in children:
                yield from _wanted(child)
        case Category() | Flag():
            yield node
