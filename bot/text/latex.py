"""LaTeX becomes Unicode, and no text is ever lost.

Titles and abstracts are prose with LaTeX sprinkled in, not LaTeX documents: ``%`` is a per cent sign and never starts a
comment, ``~10x`` is «about ten times», ``$5 to $10`` is money, ``{5, 10}`` is a set. arXiv itself shows such text as
it stands, but for accents and mathematics (https://info.arxiv.org/help/prep.html). So a small reader of our own walks the
text and touches only what is LaTeX beyond doubt; pylatexenc supplies its tables of symbols.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from bot.text.latex_symbols import (
    ACCENTS,
    DROPPED,
    LAST,
    NEEDING,
    PUNCTUATION,
    SWITCHES,
    WORDS,
    letter,
    script,
    symbols,
)

_ANY: Final = re.compile(r"[\\$^_~{`]")  # noqa: TID251
_NEXT: Final = re.compile(r"[\\$^_~{}]")  # noqa: TID251
_NAME: Final = re.compile(r"[A-Za-z]+\*?")  # noqa: TID251
_QUOTED: Final = re.compile(r"``([^`]{1,300}?)''")  # noqa: TID251
_MATHS: Final = re.compile(r"[\\^_{}=<>+]")  # noqa: TID251
_NOT_MATHS: Final = re.compile(r"^\s|\s$|^[\d.,]+\s+[A-Za-z]{2,}")  # noqa: TID251
_POWER: Final = re.compile(r"[-+]?\d+")  # noqa: TID251
_LONGEST_MATHS: Final = 600
"""Characters within which a formula ends; else its sign is only a sign."""
_DEEPEST: Final = 30
"""Groups within groups that are read; what lies deeper stays as it is."""
_STEP: Final = 6
"""A command that is another's argument without braces counts as so many groups: more than a few are nonsense."""
_PASSES: Final = 6


def latex(text: str) -> str:
    """The text with LaTeX replaced by Unicode; what cannot be read as LaTeX stays as it is.

    ``latex(latex(text)) == latex(text)``. Takes time in proportion to the length; clean text is returned at once.
    """
    for _ in range(_PASSES):
        if not _ANY.search(text):
            return text
        read = _Reader(text).read()
        if read == text:
            return text
        text = read
    return text


class _Reader:
    """One walk over a text. Offsets are in code points; ``end`` is exclusive throughout."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._closing = _braces(text)

    def read(self) -> str:
        return _QUOTED.sub(r"“\1”", self._convert(0, len(self._text), maths=False, depth=0))

    def _convert(self, at: int, end: int, *, maths: bool, depth: int) -> str:
        if depth > _DEEPEST:
            return self._text[at:end]
        made: list[str] = []
        while at < end:
            found = _NEXT.search(self._text, at, end)
            if found is None:
                break
            start = found.start()
            made.append(self._text[at:start])
            shown, at = self._special(start, end, maths=maths, depth=depth)
            made.append(shown)
        made.append(self._text[at:end])
        return "".join(made)

    def _special(self, at: int, end: int, *, maths: bool, depth: int) -> tuple[str, int]:
        """What the special character at ``at`` stands for, and where to go on."""
        sign = self._text[at]
        if sign == "\\":
            return self._command(at, end, maths=maths, depth=depth)
        if sign == "$" and not maths:
            return self._dollar(at, end, depth)
        if sign in "^_":
            return self._script(at, end, maths=maths, depth=depth)
        if sign == "~":
            return (" " if maths or self._is_tie(at) else "~"), at + 1
        if sign == "{":
            close = self._closing.get(at, end)
            if close < end and (maths or self._is_group(at, close)):
                return self._convert(at + 1, close, maths=maths, depth=depth + 1), close + 1
        return sign, at + 1

    # --- mathematics --------------------------------------------------------------------------

    def _dollar(self, at: int, end: int, depth: int) -> tuple[str, int]:
        width = 2 if self._text.startswith("$$", at) else 1
        close = at + width
        while True:
            close = self._text.find("$" * width, close, min(end, at + _LONGEST_MATHS))
            if close < 0:
                return "$" * width, at + width
            if self._text[close - 1] != "\\":
                break
            close += 1
        inside = self._text[at + width : close]
        money = self._text[close + width : close + width + 1].isdigit() or _NOT_MATHS.search(inside)
        if not inside.strip() or (money and not _MATHS.search(inside)):
            return "$" * width, at + width
        return self._convert(at + width, close, maths=True, depth=depth + 1).strip(), close + width

    def _script(self, at: int, end: int, *, maths: bool, depth: int) -> tuple[str, int]:
        """``x^{2}`` and ``x_i``. Outside mathematics only what is a script beyond doubt: file_name stays."""
        sign, after = self._text[at], at + 1
        based = at > 0 and not self._text[at - 1].isspace()
        if not maths:
            if not based:
                return sign, after
            if sign == "^" and (power := _POWER.match(self._text, after, end)):
                return script("^", power.group()), power.end()
            if not self._text.startswith("{", after) and not (sign == "_" and self._is_index(at)):
                return sign, after
        shown, stop = self._argument(after, end, maths=True, depth=depth)
        if stop is None:
            return sign, after
        return script(sign, shown), stop

    def _is_index(self, at: int) -> bool:
        """``x_i`` and ``L_2``: one letter and one letter or digit, alone."""
        around = self._text[max(0, at - 2) : at + 3]
        left, right = around.split("_", 1) if around.count("_") == 1 else ("", "")
        return (
            left[-1:].isalpha()
            and not left[:-1].isalnum()
            and (at < 2 or len(left) == 2)
            and right[:1].isalnum()
            and not (right[1:].isalnum() or right[1:] in {"_", "^", "{"})
        )

    # --- commands -----------------------------------------------------------------------------

    def _command(self, at: int, end: int, *, maths: bool, depth: int) -> tuple[str, int]:
        found = _NAME.match(self._text, at + 1, end)
        if found is None:
            return self._sign(at, end, maths=maths, depth=depth)
        name, after = found.group().rstrip("*"), found.end()
        if name in ACCENTS and (accented := self._accent(name, after, end, maths=maths, depth=depth)):
            return accented
        if name in SWITCHES:
            return "", after + (self._text[after : after + 1] == " ")
        if name in symbols() and name not in DROPPED:
            return symbols()[name], after + self._text.startswith("{}", after) * 2
        if name in DROPPED or name in LAST:
            return self._arguments(name, after, end, maths=maths, depth=depth)
        return self._wrapper(name, at, after, end, maths=maths, depth=depth)

    def _sign(self, at: int, end: int, *, maths: bool, depth: int) -> tuple[str, int]:
        """A backslash and something that is no letter."""
        sign = self._text[at + 1 : min(end, at + 2)]
        if sign in {"(", "["}:
            close = self._text.find("\\" + {"(": ")", "[": "]"}[sign], at + 2, min(end, at + _LONGEST_MATHS))
            if close >= 0:
                return self._convert(at + 2, close, maths=True, depth=depth + 1).strip(), close + 2
        if sign in ACCENTS and not (maths and sign == "="):
            accented = self._accent(sign, at + 2, end, maths=maths, depth=depth)
            if accented:
                return accented
        if sign == "\\":
            return " ", at + 2
        if sign in PUNCTUATION:
            return PUNCTUATION[sign], at + 2
        if sign and sign in "%&$#_{}~^'\"`.":
            return "∼" if sign == "~" else sign, at + 2 + self._text.startswith("{}", at + 2) * 2
        return "\\", at + 1

    def _accent(self, name: str, after: int, end: int, *, maths: bool, depth: int) -> tuple[str, int] | None:
        """A letter with its mark, or ``None`` where no single letter follows."""
        place = after
        if name.isalpha():
            while place < end and self._text[place] == " ":
                place += 1
            if place == after and place < end and self._text[place].isalnum():
                return None
        shown, stop = self._argument(place, end, maths=maths, depth=depth)
        if stop is None or not shown.strip():
            return None
        if len(name) > 1 and len(shown) > 1:
            return shown, stop
        base = {"ı": "i", "ȷ": "j"}.get(shown[0], shown[0])
        if name != "not" and not base.isalpha():
            return None
        return unicodedata.normalize("NFC", base + ACCENTS[name]) + shown[1:], stop

    def _arguments(self, name: str, after: int, end: int, *, maths: bool, depth: int) -> tuple[str, int]:
        """A command of which the last argument, or nothing, is text."""
        shown: str = ""
        for _ in range(DROPPED.get(name) or LAST[name]):
            after = self._optional(after, end)
            if not self._text.startswith("{", after):
                break
            text, stop = self._argument(after, end, maths=maths, depth=depth)
            if stop is None:
                break
            shown, after = text, stop
        if name in DROPPED:
            return (" " if name in {"begin", "end"} else ""), after
        return shown, after

    def _wrapper(
        self, name: str, at: int, after: int, end: int, *, maths: bool, depth: int
    ) -> tuple[str, int]:
        r"""A command that is shown by its arguments: ``\textbf{x}``, ``\frac{a}{b}``, or one that nobody knows."""
        place = self._optional(after, end)
        inner = maths and name not in WORDS
        shown, stop = ("", None)
        if self._text.startswith("{", place) or (
            maths and name in {"sqrt", "frac", "tfrac", "dfrac", "mathbb"}
        ):
            shown, stop = self._argument(place, end, maths=inner, depth=depth)
        if stop is None and (name in ACCENTS or name in NEEDING or name.startswith("cite")):
            return "", after
        if stop is None:
            # Nobody's command, without an argument: its name is what its authors read (\ours, \method). After a
            # letter or a colon it is rather a path or a stray backslash.
            known = at > 0 and (self._text[at - 1].isalnum() or self._text[at - 1] in ":\\")
            return ("\\", at + 1) if known and not maths else (name, after)
        if name in {"frac", "tfrac", "dfrac", "nicefrac", "sfrac", "binom", "href"}:
            second, further = self._argument(stop, end, maths=inner, depth=depth)
            if further is not None:
                return _pair(name, shown, second), further
        if name == "sqrt":
            return "√" + (shown if len(shown) == 1 or shown.isdigit() else f"({shown})"), stop
        if name in {"textsuperscript", "textsubscript"}:
            return script("^" if name == "textsuperscript" else "_", shown), stop
        if name == "unicode":
            return _character(shown), stop
        if name.startswith("cite") or name in {"ref", "eqref", "autoref"}:
            return f"[{shown}]", stop
        if name in {"footnote", "thanks"}:
            return f" ({shown.strip()})", stop
        return letter(name, shown), stop

    # --- pieces -------------------------------------------------------------------------------

    def _argument(self, at: int, end: int, *, maths: bool, depth: int) -> tuple[str, int | None]:
        """A group, a command or one character, and where it stops; ``None`` where there is nothing to take."""
        if at >= end or self._text[at].isspace() or self._text[at] in "}$":
            return "", None
        if self._text[at] == "{":
            close = self._closing.get(at, end)
            if close >= end:
                return "", None
            return self._convert(at + 1, close, maths=maths, depth=depth + 1), close + 1
        if self._text[at] == "\\" and depth < _DEEPEST:
            shown, stop = self._command(at, end, maths=maths, depth=depth + _STEP)
            return (shown, stop) if shown and shown != "\\" else ("", None)
        return self._text[at], at + 1

    def _optional(self, at: int, end: int) -> int:
        """Past ``[…]``, if it stands here and closes before a group begins."""
        if not self._text.startswith("[", at):
            return at
        close = self._text.find("]", at, min(end, at + 100))
        return close + 1 if close > 0 and self._text.startswith("{", close + 1) else at

    def _is_tie(self, at: int) -> bool:
        """Is this ``~`` LaTeX's unbreakable space (Fig.~1, 5~ms), rather than «about» or «to» (~10x, 5~10)?"""
        before, after = self._text[at - 1 : at] if at else "", self._text[at + 1 : at + 2]
        if not before or not (before.isalnum() or before in ".,;:)]}$%"):
            return False
        if before.isalnum() and "/" in self._text[max(0, at - 40) : at].rsplit(" ", 1)[-1]:
            return False
        if after.isdigit():
            return not any(
                character.isdigit() for character in self._text[max(0, at - 12) : at].rsplit(" ", 1)[-1]
            )
        return after.isalnum() or (bool(after) and after in "\\$([{ ")

    def _is_group(self, at: int, close: int) -> bool:
        """Are these braces LaTeX's, rather than a set's or a program's?"""
        inside = self._text[at + 1 : close]
        if inside.startswith("\\") and inside[1:2] not in {"{", "}"}:
            return True
        beside = self._text[at - 1 : at] if at else "", self._text[close + 1 : close + 2]
        if inside in {",", "=", ".", "-"}:
            return any(side.isalnum() for side in beside)
        return inside.isalpha() and any(side.isalpha() for side in beside)


def _pair(name: str, first: str, second: str) -> str:
    """The two arguments of a fraction, a binomial or a link."""
    if name == "href":
        return second if first == second or not first else f"{second} ({first})"
    if name == "binom":
        return f"({first} choose {second})"
    sides = [part if part.isalnum() else f"({part})" for part in (first, second)]
    return "/".join(sides)


def _character(code: str) -> str:
    """``x2013``, ``"2013`` or ``8211`` as the character; what is no number stays."""
    found = re.fullmatch(r"(?:[xX\"]([0-9A-Fa-f]{2,5})|(\d{2,6}))", code)
    number = int(found[1], 16) if found and found[1] else int(found[2]) if found else 0
    usable = 0xA0 <= number <= 0x10FFFF and not 0xD800 <= number <= 0xDFFF
    return chr(number) if usable else code


def _braces(text: str) -> dict[int, int]:
    """For each brace that opens a group the place of the one that closes it; escaped ones do not count."""
    closing: dict[int, int] = {}
    opened: list[int] = []
    for found in re.finditer(r"\\.|[{}]", text, re.DOTALL):
        if found.group() == "{":
            opened.append(found.start())
        elif found.group() == "}" and opened:
            closing[opened.pop()] = found.start()
    return closing
