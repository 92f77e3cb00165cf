"""LaTeX to Unicode: what is read, what is left alone, and that no text is lost."""

from __future__ import annotations

import gzip
import json
import string
from pathlib import Path

import pytest
import regex
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.text.latex import latex
from bot.text.tidy import ABSTRACT, TITLE, tidy_text


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (r"50% fewer steps and 12\% less memory", "50% fewer steps and 12% less memory"),
        ("~10x faster, 5~ms, Fig.~1, Smith~et al., 5~10", "~10x faster, 5 ms, Fig. 1, Smith et al., 5~10"),
        ("available~(MLLMs) at www.x.edu/~name", "available (MLLMs) at www.x.edu/~name"),
        ("$5 to $10 a page", "$5 to $10 a page"),
        (r"\$5 and \$10", "$5 and $10"),
        ("costs $5", "costs $5"),
        (r"Sch\"olkopf, Sch{\"o}lkopf, Sch\"{o}lkopf", "Schölkopf, Schölkopf, Schölkopf"),
        (
            r"H\'enon, na\"{\i}ve, \c{C}a\u{g}lar, Erd\H{o}s, Erd\H os, \L{}ukasz, \AA",
            "Hénon, naïve, Çağlar, Erdős, Erdős, Łukasz, Å",
        ),
        (r"$\mathcal{O}(n \log n)$", "𝒪(n log n)"),
        (r"$\mathbb{R}^{n \times d}$", "ℝ^(n×d)"),
        (r"\textbf{bold}, \emph{slanted} and {\it so}", "bold, slanted and so"),
        (r"\texttt{a\_b}", "a_b"),
        (
            "$x^2_i$, $x_{ij}$, $10^{-3}$, 10^5, x_i, $H^*$, $x^{\\top}$, $90^\\circ$",
            "x²ᵢ, xᵢⱼ, 10⁻³, 10⁵, xᵢ, H*, xᵀ, 90°",
        ),
        ("file_name, snake_case_2, a^b, N^{*}", "file_name, snake_case_2, a^b, N*"),
        (r"$x_{\text{model}}$", "x_model"),
        (r"$\frac{a}{b}$ and $\frac{a+b}{2}$", "a/b and (a+b)/2"),
        (r"$\sqrt{T}$, \sqrt{x+1}", "√T, √(x+1)"),
        (r"\href{http://a.b}{code} \url{http://a.b/c_d}", "code (http://a.b) http://a.b/c_d"),
        (r"as in \cite{foo}", "as in [foo]"),
        (r"\foo{bar} baz", "bar baz"),
        (r"\ours beats \method.", "ours beats method."),
        (r"C:\dir\name", r"C:\dir\name"),
        (r"the sets {5, 10} and $\{0, 1\}$", "the sets {5, 10} and {0, 1}"),
        ("3{,}003 Martin-L{ö}f", "3,003 Martin-Löf"),
        ("``quoted'' text", "“quoted” text"),
        (r"\(x\) and $$E=mc^2$$", "x and E=mc²"),
        (r"$\not\in$ $\hat{x}$", "∉ x̂"),
        (r"\begin{center}text\end{center}", " text "),
        (r"A\xspace B, \textcolor{red}{red} \unicode{x2013}", "A B, red –"),
        (r"Q\&A \# \_ \{", "Q&A # _ {"),
        ("a lone \\", "a lone \\"),
        (r"\textbf{never closed", "{never closed"),
        ("$never closed", "$never closed"),
        ("x^", "x^"),
        ("", ""),
    ],
)
def test_what_latex_becomes(written, read):
    assert latex(written) == read
    assert latex(read) == read


@given(
    st.text(alphabet=string.ascii_letters + string.digits + " .,;:!?()[]%&#+-=<>*/|'\"éαß漢👍", max_size=200)
)
@settings(max_examples=200)
def test_text_without_latex_is_left_alone(text):
    assert latex(text) == text


PIECES = st.sampled_from(
    [
        *(
            "\\",
            "$",
            "{",
            "}",
            "^",
            "_",
            "~",
            "%",
            "`",
            "'",
            " ",
            "5",
            "x",
            "10",
            "word",
            "\\\\",
            "$$",
            "[",
            "]",
            "(",
            ")",
        ),
        *(
            r"\alpha",
            r"\textbf",
            r"\frac",
            r"\sqrt",
            r"\%",
            r"\$",
            r"\{",
            r"\}",
            r"\"",
            r"\'",
            r"\mathbb",
            r"\cite",
        ),
        *(r"\foo", r"\(", r"\)", r"\begin", r"\end", r"\href", r"\c", r"\bf", r"\~", r"\^", r"\_", "é", "漢"),
    ]
)


@given(st.lists(PIECES, max_size=30).map("".join))
@settings(max_examples=600)
def test_any_text_is_read_without_an_error_and_twice_is_once(text):
    read = latex(text)
    assert latex(read) == read


@given(
    st.lists(
        st.sampled_from(["50%", "20\\%", "$x$", "~", "\\textbf{a}", "word", "$5", "{", "%", "\n"]),
        max_size=20,
    )
)
@settings(max_examples=200)
def test_nothing_behind_a_percent_sign_is_lost(pieces):
    text = " ".join(pieces)
    assert latex(text).count("%") == text.count("%")
    assert latex(text).count("word") == text.count("word")


def test_depth_and_length_have_no_price():
    deep = "\\textbf{" * 3_000 + "x" + "}" * 3_000
    assert "x" in latex(deep)
    assert "x" in latex("{" * 50_000 + "x" + "$" * 20_000 + "\\" * 20_000)


def test_the_recorded_papers_keep_their_text(recordings: Path):
    """20,000 titles and abstracts as arXiv has them: not one per cent sign is lost, hardly a command is left."""
    left = 0
    with gzip.open(recordings / "arxiv" / "metadata_20k.jsonl.gz", "rt", encoding="utf-8") as lines:
        for number, line in enumerate(lines):
            if number % 4:  # a quarter is enough for every day; --run-long takes them all
                continue
            left += _check(json.loads(line))
    assert left <= 3


@pytest.mark.long
def test_all_recorded_papers_keep_their_text(recordings: Path):
    with gzip.open(recordings / "arxiv" / "metadata_20k.jsonl.gz", "rt", encoding="utf-8") as lines:
        assert sum(_check(json.loads(line)) for line in lines) <= 5


def _check(record: dict[str, str]) -> int:
    """Check one paper; tell how many of its texts still hold a command."""
    left = 0
    for text, limit in ((record["title"], TITLE), (record["summary"] or "", ABSTRACT)):
        clean = tidy_text(text, limit)
        assert clean.count("%") == text.count("%"), text
        assert tidy_text(clean, limit) == clean, text
        assert not text.strip() or len(clean) > 0.4 * len(" ".join(text.split())), text
        left += bool(regex.search(r"\\[A-Za-z]", clean))
    return left
