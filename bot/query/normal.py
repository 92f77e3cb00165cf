"""Print a tree: the normal form, which parses to the same tree."""

from __future__ import annotations

from typing import Final

from bot.query.tree import And, Author, Category, Compare, Flag, Like, Node, Not, Or, Term
from bot.text.ids import canonical_id

_SINGLE: Final = "\u3041"
"""From here on (kana, Han) each character is a word, and a run of them is printed without hyphens."""


def printed(node: Node) -> str:
    """The normal form of ``node``."""
    match node:
        case And(children):
            return " ".join(_grouped(c) if isinstance(c, Or) else printed(c) for c in children)
        case Or(children):
            return " OR ".join(_grouped(c) if isinstance(c, And) else printed(c) for c in children)
        case Not(child):
            return "-" + (_grouped(child) if isinstance(child, And | Or) else printed(child))
        case Term():
            return _term(node)
        case Author(name, weight):
            return f"author:{_value(name)}{_weight(weight)}"
        case Category(pattern, weight):
            return f"cat:{_value(pattern)}{_weight(weight)}"
        case Compare(field, op, number):
            return f"{field}{op}{number}"
        case Flag(field, value):
            return f"{field}:{_value(value)}"
        case Like(text):
            return f'like:"{text}"' if " " in text or canonical_id(text) is None else f"like:{_value(text)}"


def _grouped(node: Node) -> str:
    return f"({printed(node)})"


def _term(term: Term) -> str:
    star = "*" if term.prefix else ""
    if term.exact:
        words = f'"{" ".join(term.words)}{star}"'
    else:
        words = term.words[0]
        for before, word in zip(term.words, term.words[1:], strict=False):
            words += ("" if before[-1] >= _SINGLE and word[0] >= _SINGLE else "-") + word
        words += star
    scope = f"{term.field}:" if term.field else ""
    return f"{scope}{words}{_weight(term.weight)}"


def _value(value: str) -> str:
    """Bare where nothing in it could be read as anything else."""
    bare = all(c.isascii() and (c.isalnum() or c in "._*-/:") for c in value)
    return value if bare and value else f'"{value}"'


def _weight(weight: float) -> str:
    return "" if weight == 1 else f"^{weight:g}"
