"""Leaves from what was typed: words, names, categories, flags, comparisons; and what is wrong with them."""

from __future__ import annotations

import re
from typing import Final, cast

from bot.query import fields, limits
from bot.query.authors import name_words
from bot.query.faults import Fault, nearest
from bot.query.lexer import Piece
from bot.query.tree import USUAL_RATE, Author, Category, Compare, Comparison, Flag, Leaf, Like, Term
from bot.text.ids import canonical_id
from bot.text.words import fold, tokens

GROUPABLE: Final = frozenset({*fields.WORD_FIELDS, *fields.FLAGS, "author", "cat"})
"""Fields that may stand before a parenthesis: ``title:(robot OR drone)``."""
_OPERATORS: Final = {
    ">=": ">=",
    "=>": ">=",
    "≥": ">=",
    "<=": "<=",
    "=<": "<=",
    "≤": "<=",
    ">": ">",
    "<": "<",
    "==": "=",
    "=": "=",
}
_SIGNS: Final = frozenset("<>=≥≤")
_SIGN = re.compile(r"and|or|not|andnot|adj\d*")  # noqa: TID251 - a pattern of ours
"""Words that are signs unless quoted, here or in Ovid's language."""


def leaf(field: str | None, value: str, weight: float, *, quoted: bool, start: int, end: int) -> Leaf:
    """The leaf that ``field:value`` means; ``start`` and ``end`` are its place in the text."""
    if field is None or field in fields.WORD_FIELDS:
        return _term(field, value, weight, quoted=quoted, start=start, end=end)
    if field == "author":
        return _author(value, weight, start, end)
    if field == "cat":
        return _category(value, weight, start, end)
    if weight != 1:
        raise Fault("a weight goes with words, names and categories only", start, end, f'{field}:"{value}"')
    if field == "like":
        return like(value, start=start, end=end)
    if field in fields.FLAGS:
        return _flag(field, value, start, end)
    if number_like(value):
        raise Fault(f"`{field}` is compared, not matched", start, end, f"{field}>={value}")
    raise Fault(f"`{field}` is a number to compare with", start, end, f"{field}>=10")


def name_like(name: str) -> bool:
    """Whether what stands before a colon can be a field: letters, hyphens, underscores."""
    return name.replace("-", "").replace("_", "").isalpha()


def number_like(text: str) -> bool:
    """Whether it is a plain decimal number."""
    return text.isascii() and text.replace(".", "", 1).isdigit()


def weight(power: str, piece: Piece) -> float:
    """The weight after ``^``."""
    value = round(float(power), 2) if number_like(power) and len(power) < 12 else 0.0
    if not limits.MIN_WEIGHT <= value <= limits.MAX_WEIGHT:
        why = f"a weight is a number from {limits.MIN_WEIGHT:g} to {limits.MAX_WEIGHT:g}"
        raise Fault(why, piece.start, piece.end, piece.text.partition("^")[0] + "^2")
    return value


def comparison_parts(text: str) -> tuple[str, str, str] | None:
    """Name, sign and number of ``upvotes>=20`` and ``stars:>100``; ``None`` if it is no comparison."""
    first = next((i for i, c in enumerate(text) if c in _SIGNS), -1)
    if first < 0:
        return None
    name, rest = text[:first].removesuffix(":"), text[first:]
    sign = rest[:2] if rest[:2] in _OPERATORS else rest[:1]
    number = rest[len(sign) :]
    known = fields.canonical(fold(name)) in fields.COUNTS
    if not known and (
        ":" in name or (number and not number_like(number)) or not (name == "" or name_like(name))
    ):
        return None
    return name, _OPERATORS[sign], number


def comparison(name: str, op: str, number: str, *, start: int, end: int) -> Compare:
    """A count against a number."""
    field = fields.canonical(fold(name))
    if field not in fields.COUNTS:
        digits = number if number.isdigit() else "10"
        meant = nearest(name, fields.COUNTS) or "upvotes"
        raise Fault(
            f"only {_list(fields.COUNTS)} can be compared" + (f"; did you mean `{meant}`?" if name else ""),
            start,
            end,
            f"{meant}{op}{digits}",
        )
    digits = number.replace(",", "")
    if not (digits.isascii() and digits.isdigit() and len(digits) < 12 and int(digits) <= limits.MAX_COUNT):
        why = f"`{field}{op}` needs a whole number of at most {limits.MAX_COUNT:,}"
        raise Fault(why, start, end, f"{field}{op}10")
    return Compare(field, cast("Comparison", op), int(digits))


def unknown_field(name: str, value: str, following: str, chunk: str, *, start: int, end: int) -> Fault:
    """What to say of a name before a colon that is no field."""
    folded = fold(name)
    paper = canonical_id(chunk) or (canonical_id(value) if folded in fields.IDS else None)
    if paper is not None:
        why = "that is one paper; type `paper` and its id to see it, or look for papers like it"
        return Fault(why, start, end, f"like:{paper.removeprefix('arxiv:')}")
    if folded in fields.DATES:
        why = "dates cannot be filtered: a subscription brings what appears from now on, and `search` takes days"
        return Fault(why, start, end, "")
    if folded in fields.UNKNOWN_THERE:
        return Fault(f"`{name}:` is not known here: {fields.UNKNOWN_THERE[folded]}", start, end, "")
    meant = nearest(folded, (*fields.FIELDS, *fields.ALIASES))
    if meant is not None:
        right = fields.ALIASES.get(meant, meant)
        return Fault(f"there is no field `{name}`; did you mean `{right}`?", start, end, f"{right}:{value}")
    why = f"there is no field `{name}`; the fields are {_list(fields.FIELDS)}"
    quoted = f'"{name} {value}"' if value else f'"{name}"' if following else ""
    return Fault(why, start, end, quoted.replace("*", ""))


def _term(field: str | None, value: str, weight_: float, *, quoted: bool, start: int, end: int) -> Term:
    scope = f"{field}:" if field else ""
    if not quoted and value.startswith("-") and field:
        raise Fault("the `-` goes before the field", start, end, f"-{field}:{value.lstrip('-')}")
    base, prefix = value.rstrip(), False
    if base.endswith("*") and not (quoted and (last := tokens(base)[-1:]) and last[0].exact.endswith("*")):
        base, prefix = base.rstrip("*").rstrip(), True
    words = _words(base)
    if not words:
        if value.strip("*") == "" and value:
            raise Fault(
                "`*` alone would bring every paper; name a listing instead", start, end, "source:arxiv"
            )
        raise Fault("there is no word in it to look for", start, end, "")
    if len(words) > limits.MAX_PHRASE:
        why = f"a phrase of {len(words)} words will never be met; {limits.MAX_PHRASE} is the most"
        raise Fault(why, start, end, f'{scope}"{" ".join(words[:8])}"')
    if sum(w.count("*") for w in words) != base.count("*"):
        kept = " ".join(base.replace("*", " ").split())
        raise Fault(
            "a `*` can only stand at the end of a word", start, end, scope + (f'"{kept}"' if quoted else kept)
        )
    if any(
        c in "?#" and base[i - 1 : i].isalnum() and base[i + 1 : i + 2].isalnum() for i, c in enumerate(base)
    ):
        kept = value.replace("?", "").replace("#", "")
        why = "`?` and `#` for a letter are not known here; write both spellings with `OR`"
        raise Fault(why, start, end, scope + (f'"{kept}"' if quoted else kept))
    if prefix and len(words[-1]) < limits.MIN_PREFIX:
        single = len(words[-1]) == 1 and words[-1].isascii()
        why = f"a `*` needs at least {limits.MIN_PREFIX} letters before it"
        if single and len(words) == 1:
            why += f'; for the algorithm write `"{words[-1].upper()}*"`'
        raise Fault(why, start, end, f'{scope}"{" ".join(words)}{"*" if single else ""}"')
    sign = field is None and len(words) == 1 and _SIGN.fullmatch(words[0]) is not None
    exact = quoted or sign or (not prefix and words[-1].endswith("*"))
    return Term(words, field, exact, prefix, weight_)


def _words(text: str) -> tuple[str, ...]:
    """The folded words of a text. Once more over the result: folding may bring out a sign that parts words."""
    words = [t.exact for t in tokens(text)]
    return tuple(t.exact for word in words for t in tokens(word))


def _author(value: str, weight_: float, start: int, end: int) -> Author:
    family, under, given = value.partition("_")
    name = " ".join((f"{family}, {given}" if under and family and given else value).split())
    if "*" in name:
        why = "`*` does not work in names; a family name alone finds all who bear it"
        raise Fault(why, start, end, f'author:"{name.replace("*", "")}"')
    if not name_words(name):
        raise Fault("there is no name in it", start, end, "author:Levine")
    return Author(name, weight_)


def _category(value: str, weight_: float, start: int, end: int) -> Category:
    pattern = " ".join(fold(value).split())
    stem = pattern.rstrip("*").rstrip(".")
    if not any(c.isalnum() for c in stem) or "*" in stem:
        why = "a category is written `cat:cs.RO`, or `cat:cs.*` for all of an archive"
        raise Fault(why, start, end, f"cat:{stem.split('*')[0].rstrip('.-') or 'cs'}.*")
    archive, dot, section = pattern.partition(".")
    # arXiv writes classes of two letters large (cs.RO) and all others small (cond-mat.soft).
    if dot and len(section) == 2 and section.isalpha() and section.isascii():
        pattern = f"{archive}.{section.upper()}"
    return Category(pattern.rstrip(".") if not pattern.endswith("*") else pattern.rstrip("*") + "*", weight_)


def _flag(field: str, value: str, start: int, end: int) -> Flag:
    wanted = " ".join(fold(value).split())
    wanted = fields.FLAG_ALIASES.get((field, wanted), wanted)
    allowed = fields.FLAGS[field]
    if allowed and wanted not in allowed:
        meant = nearest(wanted, allowed) or allowed[0]
        raise Fault(f"`{field}:` takes {_list(allowed, 'or')}, not «{value}»", start, end, f"{field}:{meant}")
    if not wanted.replace("-", "").replace("_", "").replace(".", "").isalnum() or not wanted.isascii():
        raise Fault(f"`{field}:` takes the name of a listing", start, end, f"{field}:arxiv")
    return Flag(field, wanted)


def like(value: str, rate: str | None = None, *, start: int, end: int) -> Like:
    """An example of meaning, and about how many papers a week are to be near enough: ``like:"…"~12``."""
    text = " ".join(value.split())
    about = (
        USUAL_RATE
        if rate is None
        else int(rate)
        if rate.isascii() and rate.isdigit() and len(rate) < 5
        else 0
    )
    if not 1 <= about <= limits.MAX_RATE:
        why = f"after the ~ stands about how many papers a week, from 1 to {limits.MAX_RATE}"
        raise Fault(why, start, end, f'like:"{text}"~12')
    paper = canonical_id(text) if " " not in text else None
    if paper is None and not _words(text):
        raise Fault("there is no text to compare with", start, end, 'like:"agents that plan"')
    return Like(paper.removeprefix("arxiv:") if paper else text, about)


def _list(names: tuple[str, ...], joiner: str = "and") -> str:
    return f"{', '.join(f'`{n}`' for n in names[:-1])} {joiner} `{names[-1]}`"
