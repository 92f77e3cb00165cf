"""What LaTeX's commands stand for: symbols (from pylatexenc), scripts, accents, and commands with arguments."""

from __future__ import annotations

from functools import cache
from typing import Final

_OWN: Final = {
    "arg": "arg", "ast": "∗", "backslash": "∖", "textbackslash": "∖", "bigO": "O", "colon": ":", "deg": "deg",
    "degree": "°", "eg": "e.g.", "etal": "et al.", "etc": "etc.", "ie": "i.e.", "ge": "≥", "geqslant": "≥",
    "leqslant": "≤", "hbar": "ħ", "lbrace": "{", "rbrace": "}", "lVert": "‖", "rVert": "‖", "lvert": "|",
    "rvert": "|", "mid": "|", "mod": "mod", "bmod": "mod", "prime": "′", "P": "¶", "S": "§", "sim": "∼",
    "textasciitilde": "∼", "textasciicircum": "^", "textbar": "|", "textgreater": ">", "textless": "<",
    "textunderscore": "_", "vert": "|", "Vert": "‖", "xspace": "", "par": " ", "newline": " ", "quad": " ",
    "qquad": " ", "space": " ", "item": " • ", "maketitle": "", "top": "⊤", "wr": "≀", "and": " ",
}  # fmt: skip
"""Where pylatexenc is silent, or says something that would be read as LaTeX again. A bare backslash is never
produced: ``\\backslash`` becomes «∖»."""

SWITCHES: Final = frozenset(
    {
        "bf", "it", "rm", "sf", "sc", "sl", "tt", "em", "cal", "small", "large", "Large", "footnotesize",
        "scriptsize", "tiny", "normalsize", "bfseries", "itshape", "scshape", "ttfamily", "sffamily",
        "rmfamily", "mdseries", "upshape", "displaystyle", "textstyle", "scriptstyle", "limits",
        "nolimits", "left", "right", "middle", "big", "Big", "bigg", "Bigg", "bigl", "bigr", "Bigl",
        "Bigr", "biggl", "biggr", "Biggl", "Biggr", "noindent", "protect", "nonumber", "notag",
        "centering", "ignorespaces", "unskip", "relax", "smallskip", "medskip", "bigskip", "hfill",
    }
)  # fmt: skip
"""Commands that change the look and leave no text."""

DROPPED: Final = {
    "label": 1,
    "color": 1,
    "vspace": 1,
    "hspace": 1,
    "begin": 1,
    "end": 1,
    "includegraphics": 1,
}
"""Commands that vanish with so many arguments: none of these is text."""

LAST: Final = {
    "textcolor": 2,
    "colorbox": 2,
    "fcolorbox": 3,
    "hyperlink": 2,
    "texorpdfstring": 2,
    "raisebox": 2,
}
"""Commands of so many arguments of which the last is the text."""

WORDS: Final = frozenset(
    {"mathrm", "text", "textrm", "operatorname", "mbox", "textup", "textnormal", "hbox", "mathop"}
)
"""Commands whose argument is running text even within mathematics."""

NEEDING: Final = frozenset({"footnote", "thanks", "ref", "eqref", "textbf", "textit", "emph", "underline"})
"""Commands that are nothing without their argument."""

ACCENTS: Final = {
    "'": "\u0301", "`": "\u0300", '"': "\u0308", "^": "\u0302", "~": "\u0303", "=": "\u0304", ".": "\u0307",
    "c": "\u0327", "H": "\u030b", "k": "\u0328", "b": "\u0331", "d": "\u0323", "r": "\u030a", "u": "\u0306",
    "v": "\u030c",
    "acute": "\u0301", "bar": "\u0304", "breve": "\u0306", "check": "\u030c", "ddot": "\u0308", "dot": "\u0307",
    "grave": "\u0300", "hat": "\u0302", "overline": "\u0305", "tilde": "\u0303", "vec": "\u20d7",
    "widehat": "\u0302", "widetilde": "\u0303", "not": "\u0338",
}  # fmt: skip
"""Commands that set a combining mark on the one letter that follows."""

PUNCTUATION: Final = {
    ",": " ",
    ";": " ",
    ":": " ",
    ">": " ",
    " ": " ",
    "!": "",
    "/": "",
    "-": "",
    "@": "",
    "|": "‖",
}
"""Commands of one character that is no letter; any other stands for itself (``\\%``), ``\\\\`` breaks the line."""

_ALPHABETS: Final = {"mathbb": "DOUBLE-STRUCK", "mathds": "DOUBLE-STRUCK", "mathcal": "SCRIPT", "mathscr": "SCRIPT",
                     "mathfrak": "FRAKTUR"}  # fmt: skip
_STARTS: Final = {"DOUBLE-STRUCK": 0x1D538, "SCRIPT": 0x1D49C, "FRAKTUR": 0x1D504}
_EARLIER: Final = {
    "DOUBLE-STRUCK": dict(zip("CHNPQRZ", "ℂℍℕℙℚℝℤ", strict=True)),
    "SCRIPT": dict(zip("BEFHILMR", "ℬℰℱℋℐℒℳℛ", strict=True)),
    "FRAKTUR": dict(zip("CHIRZ", "ℭℌℑℜℨ", strict=True)),
}
"""Letters that Unicode had before its block of mathematical letters, which leaves their places empty."""

_SUPERSCRIPTS: Final = dict(
    zip(
        "0123456789+-−=()abcdefghijklmnoprstuvwxyzABDEGHIJKLMNOPRTUVWβγδθ",
        "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖʳˢᵗᵘᵛʷˣʸᶻᴬᴮᴰᴱᴳᴴᴵᴶᴷᴸᴹᴺᴼᴾᴿᵀᵁⱽᵂᵝᵞᵟᶿ",
        strict=True,
    )
)
_SUBSCRIPTS: Final = dict(
    zip("0123456789+-−=()aehijklmnoprstuvxβγρφχ", "₀₁₂₃₄₅₆₇₈₉₊₋₋₌₍₎ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓᵦᵧᵨᵩᵪ", strict=True)
)
_RAISED_ALREADY: Final = {
    "∘": "°",
    "°": "°",
    "*": "*",
    "∗": "*",
    "⋆": "⋆",
    "′": "′",
    "†": "†",
    "‡": "‡",
    "⊤": "ᵀ",
}
_SHORT: Final = 4
"""A script of more letters is easier to read on the line: ``x_model``."""


@cache
def symbols() -> dict[str, str]:
    """Commands without arguments, by name, as Unicode. Built on first use: the import costs 0.1 s."""
    from pylatexenc.latex2text import get_default_latex_context_db  # noqa: PLC0415

    table: dict[str, str] = {}
    for spec in get_default_latex_context_db().iter_macro_specs():
        shown = spec.simplify_repl
        plain = isinstance(shown, str) and "%" not in shown and not set(shown) & set("\\<\n")
        if plain and (shown.strip() or spec.macroname in {"quad", "qquad"}):
            table.setdefault(spec.macroname, shown)
    return table | _OWN


def letter(command: str, text: str) -> str:
    r"""``\mathbb{R}`` as «ℝ»; words, and letters that no alphabet has, stay plain."""
    style = _ALPHABETS.get(command)
    if style is None or len(text) != 1 or not "A" <= text <= "Z":
        return text
    return _EARLIER[style].get(text) or chr(_STARTS[style] + ord(text) - ord("A"))


def script(sign: str, text: str) -> str:
    """``^`` or ``_`` and what it raises or lowers, in Unicode's own raised and lowered characters where it has them.

    Where it has not, the sign stays, with parentheses around all but a word: ``x^(a,b)``.
    """
    text = "".join(text.split())
    if sign == "^" and text and all(character in _RAISED_ALREADY for character in text):
        return "".join(_RAISED_ALREADY[character] for character in text)
    table = _SUPERSCRIPTS if sign == "^" else _SUBSCRIPTS
    short = len(text) <= _SHORT or not any(character.isalpha() for character in text)
    if text and short and all(character in table for character in text):
        return "".join(table[character] for character in text)
    if len(text) <= 1 or (text.isalnum() and text.isascii()):
        return f"{sign}{text}" if text else ""
    return f"{sign}({text})"
