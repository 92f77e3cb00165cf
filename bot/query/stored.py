"""Read queries that were read before: what a store holds is the normal form, which needs no repairs and no sentences.

An index reads a hundred thousand of them at its start. The tree is the one that :func:`bot.query.parse` gives; what
is not plainly a normal form, or large, is left to it. Common leaves are read once.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from bot.errors import QueryError
from bot.query.authors import name_words
from bot.query.limits import MAX_DEPTH, MAX_LENGTH, MAX_TERMS
from bot.query.normal import printed
from bot.query.parser import brings_everything, parse
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
    all_of,
    any_of,
    none_of,
)

_PIECES: Final = re.compile(r'[()]|-(?=\S)|[^\s()"]*"[^"]*"[^\s()"]*|[^\s()"]+')  # noqa: TID251 - a pattern of ours
_BESIDES: Final = re.compile(r'[^\s"]+(?:"[^"]*"[^\s"]*)?|"[^"]*"[^\s"]*')  # noqa: TID251 - a pattern of ours
_SCOPE = r"(?:(title|abstract|keyword|org):)?"
_WORDS: Final = re.compile(_SCOPE + r"([a-z0-9]+(?:-[a-z0-9]+)*)")  # noqa: TID251 - a pattern of ours
_QUOTED: Final = re.compile(_SCOPE + r'"([a-z0-9]+(?: [a-z0-9]+)*)"')  # noqa: TID251 - a pattern of ours
_NAMED: Final = re.compile(r'author:"([A-Za-zÀ-ɏ.-]+(?: [A-Za-zÀ-ɏ.-]+)+)"')  # noqa: TID251 - a pattern of ours
_SIGN: Final = re.compile(r"and|or|not|andnot|adj\d*")  # noqa: TID251 - a pattern of ours
_BESIDE: Final = Category("never")


class _NotPlainError(Exception):
    """It has to be read with care."""


def stored(normal: str) -> Query:
    """Read a query's normal form.

    Raises:
        QueryError: it is none, and cannot be read as typed text either.
    """
    if len(normal) > MAX_LENGTH or normal.count("(") > MAX_DEPTH:
        return parse(normal)  # which refuses what is too large, or too deep to be walked
    if "(" not in normal and (flat := _flat(normal)) is not None:
        return flat
    pieces: list[str] = _PIECES.findall(normal)
    if len(pieces) > MAX_TERMS:
        return parse(normal)
    pieces.append("")
    try:
        root, at = _any(pieces, 0)
    except (_NotPlainError, QueryError):
        return parse(normal)
    if pieces[at] or printed(root) != normal or brings_everything(root):
        return parse(normal)
    return Query(root, normal, normal)


def _flat(normal: str) -> Query | None:
    """Read one list of leaves, as most are; ``None`` for anything else.

    Each of its leaves prints as it stands here, so if none fell away the list does.
    """
    either = " OR " in normal
    parts = normal.split(" OR ") if either else [normal] if " " not in normal else _BESIDES.findall(normal)
    if len(parts) > MAX_TERMS:
        return None
    if not either and " ".join(parts) != normal:
        return None  # something else stands between them
    try:
        found: list[Node] = [Not(_leaf(part[1:])) if part[:1] == "-" else _leaf(part) for part in parts]
    except (_NotPlainError, QueryError):
        return None
    if len(found) == 1:
        root = found[0]
    else:
        root = any_of(found) if either else all_of(found)
        if not isinstance(root, And | Or) or len(root.children) != len(found):
            return None
    return None if brings_everything(root) else Query(root, normal, normal)


def _any(pieces: list[str], at: int) -> tuple[Node, int]:
    node, at = _all(pieces, at)
    if pieces[at] != "OR":
        return node, at
    found = [node]
    while pieces[at] == "OR":
        node, at = _all(pieces, at + 1)
        found.append(node)
    return any_of(found), at


def _all(pieces: list[str], at: int) -> tuple[Node, int]:
    found: list[Node] = []
    while pieces[at] not in {"", ")", "OR"}:
        wanted = True
        while pieces[at] == "-":
            wanted, at = not wanted, at + 1
        if pieces[at] == "(":
            node, at = _any(pieces, at + 1)
            if pieces[at] != ")":
                raise _NotPlainError
        else:
            node = _leaf(pieces[at])
        at += 1
        found.append(node if wanted else none_of(node))
    if not found:
        raise _NotPlainError
    return (found[0] if len(found) == 1 else all_of(found)), at


@lru_cache(maxsize=1 << 12)
def _leaf(text: str) -> Leaf:
    if (plain := _WORDS.fullmatch(text)) is not None:
        words = tuple(plain[2].split("-"))
        if len(words) > 1 or _SIGN.fullmatch(words[0]) is None:
            return Term(words, plain[1])
    elif (quoted := _QUOTED.fullmatch(text)) is not None:
        return Term(tuple(quoted[2].split(" ")), quoted[1], exact=True)
    elif (named := _NAMED.fullmatch(text)) is not None and name_words(named[1]):
        return Author(named[1])
    # In company, so that it may stand there whatever it is.
    root = parse(f"{text} cat:{_BESIDE.pattern}").root if text not in {"", "(", ")", "-", "OR"} else None
    match root:
        case And((Term() | Author() | Category() | Compare() | Flag() | Like() as leaf, beside)) if (
            beside == _BESIDE and printed(leaf) == text
        ):
            return leaf
        case _:
            raise _NotPlainError
