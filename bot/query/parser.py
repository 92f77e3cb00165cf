"""Read a typed query: a recursive descent over the pieces of the lexer.

::

    query := all ("OR" all)*          AND binds tighter than OR
    all   := one ("AND"? one)*        words side by side are all wanted
    one   := ("-" | "NOT")* (group | leaf)
    group := (field ":")? "(" query ")"
    leaf  := (field ":")? (word | quotation) ("*")? ("^" weight)?  |  count op number

``and``, ``or`` and ``not`` are signs in any case; quoted they are words.
"""

from __future__ import annotations

from typing import Final

from bot.query import dialects, fields, limits, prose, values
from bot.query.faults import Fault, explained, shown
from bot.query.lexer import Kind, Piece, pieces
from bot.query.normal import printed
from bot.query.tree import And, Like, Node, Not, Or, Query, Term, all_of, any_of, leaves, none_of
from bot.text.words import STOP_WORDS, fold

_STARTS: Final = frozenset({Kind.WORD, Kind.QUOTED, Kind.OPEN, Kind.NOT})
_EXAMPLE: Final = "diffusion policy -survey"


def parse(text: str) -> Query:
    """Read ``text``.

    Raises:
        QueryError: it cannot be read, is too large, or would match every paper. The sentence names the place, and
            a repair that parses where one is known.
    """
    try:
        return _read(text)
    except Fault as fault:
        raise explained(text, fault, _read) from None


def _read(text: str) -> Query:
    if len(text) > limits.MAX_LENGTH:
        why = f"it has {len(text):,} characters and {limits.MAX_LENGTH:,} is the most"
        raise Fault(f"{why}; split it into several subscriptions", 0, len(text), whole=True)
    if not text.strip():
        raise Fault("it is empty", 0, len(text), _EXAMPLE, whole=True)
    if (sentence := prose.described(text)) is not None:
        raise Fault(prose.ADVICE, 0, len(text), f'like:"{sentence}"', whole=True)
    translated, notes = text, tuple[str, ...]()
    if (dialect := dialects.spoken(text)) is not None and not _is_normal(text):
        try:
            translated, notes = dialects.translated(text, dialect)
        except Fault as fault:
            fault.start, fault.end = 0, len(text)
            raise
    reader = _Reader(translated)
    try:
        root = reader.query()
        normal = printed(root)
        _check(translated, root, normal)
    except Fault as fault:
        if translated == text:
            raise
        # Places in the translation are no places in the typed text; the repair is one of the translation.
        fault.part = "" if fault.whole else shown(translated, fault)
        fault.mended = (
            None
            if fault.mended is None
            else translated[: fault.start] + fault.mended + translated[fault.end :]
        )
        fault.start, fault.end, fault.whole = 0, len(text), True
        raise
    return Query(root, normal, text, (*notes, *reader.notes))


def _is_normal(text: str) -> bool:
    """Whether it is a normal form, which is ours whatever it looks like."""
    try:
        return printed(_Reader(text).query()) == text
    except Fault:
        return False


def _check(text: str, root: Node, normal: str) -> None:
    """Refuse what would match every paper, and what has grown too long in the normal form."""
    if len(normal) > limits.MAX_LENGTH:
        raise Fault(
            f"written out it has {len(normal):,} characters and {limits.MAX_LENGTH:,} is the most",
            0,
            len(text),
            whole=True,
        )
    if (sentence := prose.described(normal)) is not None:
        raise Fault(prose.ADVICE, 0, len(text), f'like:"{sentence}"', whole=True)
    found = list(leaves(root))
    if sum(isinstance(leaf, Like) for leaf in found) > limits.MAX_LIKES:
        raise Fault(f"it has more than {limits.MAX_LIKES} examples of meaning", 0, len(text), whole=True)
    if _true_of_nothing(root):
        wanted = f"({text})" if isinstance(root, Or) else text
        why = (
            "it only says what to leave out, so it would bring nearly every paper; say what you want as well"
        )
        raise Fault(why, 0, len(text), f"cat:cs.LG {wanted}", whole=True)
    if all(_is_stop_word(leaf) for leaf in found):
        words = " ".join(word for leaf in found if isinstance(leaf, Term) for word in leaf.words)
        why = f"`{words}` stands in nearly every abstract; add a word that does not, or quote it to insist"
        raise Fault(why, 0, len(text), f'"{words}"', whole=True)


def brings_everything(root: Node) -> bool:
    """Whether it would match nearly every paper, so that it is refused."""
    return _true_of_nothing(root) or all(map(_is_stop_word, leaves(root)))


def _true_of_nothing(node: Node) -> bool:
    """Whether a paper passes of which no leaf is true: the query names nothing that it wants."""
    match node:
        case And(children):
            return all(map(_true_of_nothing, children))
        case Or(children):
            return any(map(_true_of_nothing, children))
        case Not(child):
            return not _true_of_nothing(child)
        case _:
            return False


def _is_stop_word(node: Node) -> bool:
    return isinstance(node, Term) and not (node.exact or node.prefix) and STOP_WORDS.issuperset(node.words)


class _Reader:
    """Goes through the pieces once."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.pieces = pieces(text)
        self.at = 0
        self.depth = 0
        self.terms = 0
        self.notes: list[str] = []

    def peek(self) -> Piece:
        """The piece that comes next."""
        return self.pieces[self.at]

    def query(self) -> Node:
        """The whole text."""
        node = self.any(None)
        if self.peek().kind is Kind.CLOSE:
            raise Fault("a `(` is missing for this `)`", self.peek().start, self.peek().end, "")
        return node

    def any(self, scope: str | None) -> Node:
        """Alternatives."""
        found = [self.all(scope)]
        while self.peek().kind is Kind.OR:
            self.at += 1
            found.append(self.all(scope))
        return any_of(found) if len(found) > 1 else found[0]

    def all(self, scope: str | None) -> Node:
        """What stands side by side."""
        found: list[Node] = []
        while True:
            piece = self.peek()
            if piece.kind in _STARTS:
                found.append(self.one(scope))
            elif piece.kind is Kind.AND and found and self.pieces[self.at + 1].kind in _STARTS:
                self.at += 1
            elif piece.kind is Kind.AND or not found:
                raise self.dangling()
            else:
                return all_of(found) if len(found) > 1 else found[0]

    def one(self, scope: str | None) -> Node:
        """A leaf or a group, or its opposite."""
        opposite = False
        while self.peek().kind is Kind.NOT:
            opposite = not opposite
            self.at += 1
        if self.peek().kind not in _STARTS:
            raise self.dangling()
        node = self.group(scope, self.peek().start) if self.peek().kind is Kind.OPEN else self.leaf(scope)
        return none_of(node) if opposite else node

    def group(self, scope: str | None, start: int) -> Node:
        """What stands in parentheses; the scope of the group is that of every word in it."""
        opening = self.peek()
        self.at += 1
        self.depth += 1
        if self.depth > limits.MAX_DEPTH:
            raise Fault(
                f"parentheses stand in each other more than {limits.MAX_DEPTH} deep",
                opening.start,
                opening.end,
            )
        if self.peek().kind is Kind.CLOSE:
            raise Fault("there is nothing between the parentheses", start, self.peek().end, "")
        node = self.any(scope)
        if self.peek().kind is not Kind.CLOSE:
            raise self.unclosed(opening)
        self.depth -= 1
        self.at += 1
        after = self.peek()
        if after.glued and after.kind is Kind.WORD and after.text[0] in "^*":
            raise Fault(f"`{after.text}` belongs to a word, not to a group", after.start, after.end, "")
        return node

    def leaf(self, scope: str | None) -> Node:
        """A word, a quotation, a comparison; or a group behind a field."""
        self.terms += 1
        if self.terms > limits.MAX_TERMS:
            why = f"it has more than {limits.MAX_TERMS} terms; split it into several subscriptions"
            raise Fault(why, self.peek().start, self.peek().end, whole=True)
        piece = self.peek()
        self.at += 1
        if piece.kind is Kind.QUOTED:
            return self.quoted(piece, scope, piece.start)
        if (comparison := self.comparison(piece)) is not None:
            return comparison
        name, colon, value = piece.text.partition(":")
        if not colon or not name or not values.name_like(name):
            return self.bare(piece, scope, piece.text, piece.start)
        field = self.field(piece, name)
        if value:
            return self.bare(piece, field, value, piece.start)
        after = self.peek()
        if after.kind is Kind.OPEN and (field is None or field in values.GROUPABLE):
            return self.group(field, piece.start)
        if after.kind is Kind.QUOTED:
            self.at += 1
            return self.quoted(after, field, piece.start)
        if after.kind is Kind.WORD:
            self.at += 1
            return self.bare(after, field, after.text, piece.start)
        raise Fault(f"`{piece.text}` needs a value after the colon", piece.start, piece.end, "")

    def quoted(self, piece: Piece, field: str | None, start: int) -> Node:
        """A quotation, and the star or weight glued to it."""
        end, value, weight = piece.end, piece.text, 1.0
        after = self.peek()
        if field == "like" and after.glued and after.kind is Kind.WORD and after.text[0] == "~":
            self.at += 1
            return values.like(value, after.text[1:], start=start, end=after.end)
        if after.glued and after.kind is Kind.WORD and after.text[0] in "*^":
            self.at += 1
            star, _, power = after.text.partition("^")
            end, value = after.end, value + ("*" if star == "*" else "")
            weight = values.weight(power, after) if power else 1.0
        return values.leaf(field, value, weight, quoted=True, start=start, end=end)

    def bare(self, piece: Piece, field: str | None, value: str, start: int) -> Node:
        """An unquoted word and its weight."""
        if field == "like" and (about := value.rpartition("~"))[0]:
            return values.like(about[0], about[2], start=start, end=piece.end)
        body, caret, power = value.rpartition("^")
        weight = 1.0
        if caret and body and values.number_like(power):
            value, weight = body, values.weight(power, piece)
        if field == "author":
            self.note_author(value)
        return values.leaf(field, value, weight, quoted=False, start=start, end=piece.end)

    def comparison(self, piece: Piece) -> Node | None:
        """``upvotes>=20``, with or without spaces around the sign; ``None`` if the word is no comparison."""
        parts = values.comparison_parts(piece.text)
        end = piece.end
        if (
            parts is None
            and fields.canonical(fold(piece.text)) in fields.COUNTS
            and self.peek().kind is Kind.WORD
        ):
            parts = values.comparison_parts(piece.text + self.peek().text)
            if parts is not None:
                end = self.peek().end
                self.at += 1
        if parts is None:
            return None
        name, op, number = parts
        if not number and self.peek().kind is Kind.WORD and values.number_like(self.peek().text):
            number, end = self.peek().text, self.peek().end
            self.at += 1
        return values.comparison(name, op, number, start=piece.start, end=end)

    def field(self, piece: Piece, name: str) -> str | None:
        """The field that a name before a colon means; ``None`` for arXiv's ``all:``."""
        folded = fold(name)
        if folded in fields.EVERYWHERE:
            return None
        if (field := fields.canonical(folded)) is None:
            value = piece.text.partition(":")[2]
            end = piece.end
            if value.startswith("["):  # a range of dates: submittedDate:[20240101 TO 20240201]
                close = self.text.find("]", piece.start)
                end = close + 1 if close > 0 else len(self.text)
            following = (
                self.peek().text if not value and self.peek().kind in {Kind.WORD, Kind.QUOTED} else value
            )
            raise values.unknown_field(name, value, following, piece.text, start=piece.start, end=end)
        return field

    def note_author(self, value: str) -> None:
        """Say it if a name was probably meant to go on: ``author:Sergey Levine``."""
        after = self.peek()
        if value.istitle() and after.kind is Kind.WORD and after.text.isalpha() and after.text.istitle():
            self.notes.append(
                f"`author:{value} {after.text}` reads as an author {value} and the word {after.text.lower()}; "
                f'for one name write `author:"{value} {after.text}"`'
            )

    def dangling(self) -> Fault:
        """An operator without what it joins, or an empty place."""
        piece, before = self.peek(), self.pieces[self.at - 1] if self.at else None
        if piece.kind in {Kind.AND, Kind.OR}:
            side = "before" if before is None or before.kind is Kind.OPEN else None
            if (
                side is None
                and piece.kind is Kind.AND
                and before is not None
                and before.kind not in {Kind.AND, Kind.OR, Kind.NOT}
            ):
                side = "after"
            if side is not None:
                if side == "after" and self.depth and self.pieces[self.at + 1].kind is Kind.END:
                    return self.unclosed(self.innermost())
                return Fault(f"`{piece.text}` needs something {side} it", piece.start, piece.end, "")
        if before is None:
            return Fault("there is nothing in it to look for", piece.start, piece.end, "")
        if before.kind is Kind.OPEN and piece.kind is Kind.CLOSE:
            return Fault("there is nothing between the parentheses", before.start, piece.end, "")
        if piece.kind is Kind.END and self.depth:
            return self.unclosed(self.innermost())
        return Fault(f"`{before.text}` needs something after it", before.start, before.end, "")

    def innermost(self) -> Piece:
        """The last parenthesis still open."""
        opened: list[Piece] = []
        for piece in self.pieces[: self.at + 1]:
            if piece.kind is Kind.OPEN:
                opened.append(piece)
            elif piece.kind is Kind.CLOSE and opened:
                opened.pop()
        return opened[-1]

    def unclosed(self, opening: Piece) -> Fault:
        """A parenthesis that never closes; a sign left hanging before the end gets a word to join."""
        last = self.pieces[-2]
        inside = self.text[opening.start :].rstrip()
        hangs = last.kind in {Kind.AND, Kind.OR, Kind.NOT, Kind.OPEN}
        word = ("" if last.kind is Kind.OPEN or last.text == "-" else " ") + "planning" if hangs else ""
        return Fault("a `)` is missing", opening.start, len(self.text), f"{inside}{word})")
