"""Read queries that were read before: what a store holds is the normal form, which needs no repairs and no sentences.

An index reads a hundred thousand of them at its start. The tree is the one that :func:`bot.query.parse` gives; what
is not plainly a normal form, or large, is left to it. Common leaves are read once.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final, get_args

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
    with_compounds,
)
from bot.text.words import STOP_WORDS

_PIECES: Final = re.compile(r'[()]|-(?=\S)|[^\s()"]*"[^"]*"[^\s()"]*|[^\s()"]+')  # noqa: TID251 - a pattern of ours
_BESIDES: Final = re.compile(r'[^\s"]+(?:"[^"]*"[^\s"]*)?|"[^"]*"[^\s"]*')  # noqa: TID251 - a pattern of ours
_SCOPE = r"(?:(title|abstract|keyword|org):)?"
_WORDS: Final = re.compile(_SCOPE + r"([a-z0-9]+(?:-[a-z0-9]+)*)")  # noqa: TID251 - a pattern of ours
_QUOTED: Final = re.compile(_SCOPE + r'"([a-z0-9]+(?: [a-z0-9]+)*)"')  # noqa: TID251 - a pattern of ours
_NAMED: Final = re.compile(r'author:"([A-Za-zÀ-ɏ.-]+(?: [A-Za-zÀ-ɏ.-]+)+)"')  # noqa: TID251 - a pattern of ours
_SIGN: Final = re.compile(r"and|or|not|andnot|adj\d*")  # noqa: TID251 - a pattern of ours
_BESIDE: Final = Category("never")
_LEAVES: Final = frozenset(get_args(Leaf))


class _NotPlainError(Exception):
    """It has to be read with care."""


def stored(normal: str) -> Query:
    """Read a query's normal form.

    Raises:
        QueryError: it is none, and cannot be read as typed text either.
    """
    if len(normal) > MAX_LENGTH or normal.count(" ") >= MAX_TERMS or normal.count("(") > MAX_DEPTH:
        return parse(normal)  # which refuses what is too large, or too deep to be walked
    try:
        root = _nested(normal) if "(" in normal else _flat(normal)
    except (_NotPlainError, QueryError):
        return parse(normal)
    if not _says_something(root) and brings_everything(root):
        return parse(normal)
    return Query(root, normal, normal)


def _flat(normal: str) -> Node:
    """Read one list of leaves, as most are."""
    either = " OR " in normal
    if either:
        texts = normal.split(" OR ")
    elif '"' not in normal:
        texts = normal.split(" ")
    else:
        texts = _BESIDES.findall(normal)
        if " ".join(texts) != normal:
            raise _NotPlainError  # something else stands between them
    return _together(
        texts, [Not(_leaf(one[1:])) if one[:1] == "-" else _leaf(one) for one in texts], either=either
    )


def _nested(normal: str) -> Node:
    """Read lists within lists."""
    root, text, _ = _list([*_PIECES.findall(normal), ""], 0)
    if text != normal:
        raise _NotPlainError
    return root


def _list(pieces: list[str], at: int) -> tuple[Node, str, int]:
    """A list that begins at a piece, its text as it is printed, and the piece behind it."""
    found: list[Node] = []
    texts: list[str] = []
    either = False
    while True:
        sign = "-" if pieces[at] == "-" else ""
        at += bool(sign)
        if pieces[at] == "(":
            node, text, at = _list(pieces, at + 1)
            if pieces[at] != ")" or not isinstance(node, And | Or):
                raise _NotPlainError
            text = f"{sign}({text})"
        else:
            node, text = _leaf(pieces[at]), sign + pieces[at]
        found.append(Not(node) if sign else node)
        texts.append(text)
        at += 1
        if pieces[at] in {"", ")"}:
            break
        either = pieces[at] == "OR"  # of a list that has both, the text comes out as another
        at += either
    return _together(texts, found, either=either), (" OR " if either else " ").join(texts), at


def _together(texts: list[str], found: list[Node], *, either: bool) -> Node:
    """The tree of a list.

    Each part prints as it stands there, so if none is there twice, and none is a list that would be one with
    this, the list prints as it stands there as well.
    """
    if len(found) == 1 and not isinstance(found[0], And | Or):
        return found[0]
    kind = Or if either else And
    if len(found) == 1 or len(set(texts)) != len(texts) or kind in map(type, found):
        raise _NotPlainError
    return Or(tuple(found)) if either else And(with_compounds(found))


def _says_something(root: Node) -> bool:
    """Whether it plainly does not bring everything: it wants a leaf, and not a stop word alone."""
    if isinstance(root, Or) and not _LEAVES.issuperset(map(type, root.children)):
        return False
    for part in root.children if isinstance(root, And | Or) else (root,):
        if isinstance(part, Term):
            if not STOP_WORDS.issuperset(part.words):
                return True
        elif type(part) in _LEAVES:
            return True
    return False


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
