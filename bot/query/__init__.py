"""The filter language: ``diffusion (policy OR "robot learning") -survey author:"Sergey Levine" upvotes>=20``.

:func:`parse` reads a query or raises :class:`bot.errors.QueryError`; its ``normal`` form is what is stored and echoed,
and :func:`stored` reads that quickly.
:class:`Document` prepares a paper once; :func:`evaluate` holds it against a query and says why (or why not).
:func:`near` proposes wider and narrower queries. The language is described for its users in ``docs/query.md``. Pure.
"""

from bot.query.document import Document, Words
from bot.query.evaluate import Clause, Similarity, Verdict, evaluate
from bot.query.near import Variant, near
from bot.query.normal import printed
from bot.query.parser import parse
from bot.query.stored import stored
from bot.query.tree import (
    And,
    Author,
    Category,
    Compare,
    Flag,
    Leaf,
    Like,
    Node,
    Not,
    Or,
    Query,
    Term,
    leaves,
)

__all__ = [
    "And",
    "Author",
    "Category",
    "Clause",
    "Compare",
    "Document",
    "Flag",
    "Leaf",
    "Like",
    "Node",
    "Not",
    "Or",
    "Query",
    "Similarity",
    "Term",
    "Variant",
    "Verdict",
    "Words",
    "evaluate",
    "leaves",
    "near",
    "parse",
    "printed",
    "stored",
]
