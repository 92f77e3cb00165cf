"""What a filter asks for, as a text: where a profile starts from."""

from __future__ import annotations

from bot.query import And, Like, Node, Or, Query, Term
from bot.text.ids import canonical_id


def asked(query: Query) -> str:
    """The words that a filter wants and the texts it gives as examples; nothing that it leaves out."""
    return " ".join(dict.fromkeys(_wanted(query.root)))


def _wanted(node: Node) -> list[str]:
    if isinstance(node, And | Or):
        return [text for child in node.children for text in _wanted(child)]
    if isinstance(node, Term):
        return [" ".join(node.words)]
    if isinstance(node, Like) and (" " in node.text or canonical_id(node.text) is None):
        return [node.text]
    return []
