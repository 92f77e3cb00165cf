"""Print a tree: the normal form, which parses to the same tree."""

from __future__ import annotations

from functools import lru_cache

from bot.query.tree import USUAL_RATE, And, Author, Category, Compare, Flag, Leaf, Like, Node, Not, Or, Term
from bot.text.ids import canonical_id
from bot.text.words import unspaced


def printed(node: Node) -> str:
    """The normal form of ``node``."""
    match node:
        case And(children) | Or(children):
            return composed(node, [printed(child) for child in children])
        case Not(child):
            return composed(node, [printed(child)])
        case _:
            return _leaf(node)


def composed(node: And | Or | Not, parts: list[str]) -> str:
    """The normal form of a group or a negation whose parts are printed already."""
    match node:
        case And(children):
            return " ".join(
                f"({p})" if isinstance(c, Or) else p for c, p in zip(children, parts, strict=True)
            )
        case Or(children):
            return " OR ".join(
                f"({p})" if isinstance(c, And) else p for c, p in zip(children, parts, strict=True)
            )
        case Not(child):
            return f"-({parts[0]})" if isinstance(child, And | Or) else f"-{parts[0]}"


@lru_cache(maxsize=1 << 12)
def _leaf(node: Leaf) -> str:
    match node:
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
        case Like(text, rate):
            value = f'"{text}"' if " " in text or canonical_id(text) is None else _value(text)
            return f"like:{value}{'' if rate == USUAL_RATE else f'~{rate}'}"


def _term(term: Term) -> str:
    star = "*" if term.prefix else ""
    if term.exact:
        words = f'"{" ".join(term.words)}{star}"'
    else:
        words = term.words[0]
        for before, word in zip(term.words, term.words[1:], strict=False):
            words += ("" if unspaced(before) and unspaced(word) else "-") + word
        words += star
    scope = f"{term.field}:" if term.field else ""
    return f"{scope}{words}{_weight(term.weight)}"


def _value(value: str) -> str:
    """Bare where nothing in it could be read as anything else."""
    bare = all(c.isascii() and (c.isalnum() or c in "._*-/:") for c in value)
    return value if bare and value else f'"{value}"'


def _weight(weight: float) -> str:
    return "" if weight == 1 else f"^{weight:g}"
