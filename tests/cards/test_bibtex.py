"""References: each reads back as what went in, whatever is in it."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.cards.bibtex import bibtex, cite_key, ris
from bot.models import Paper
from bot.testing.cards import PAPER, SPARSE, WORLDLY

BACK = {
    r"\textbackslash{}": "\\",
    r"\textbraceleft{}": "{",
    r"\textbraceright{}": "}",
    r"\textasciitilde{}": "~",
    r"\textasciicircum{}": "^",
    r"\%": "%",
    r"\&": "&",
    r"\#": "#",
    r"\$": "$",
    r"\_": "_",
}


def entries(text: str) -> list[tuple[str, dict[str, str]]]:
    """Read BibTeX as BibTeX does: braces are counted, also behind a backslash."""
    found = []
    at = 0
    while (start := text.find("@misc{", at)) >= 0:
        key, at = re.match(r"([^,\s]+),", text[start + 6 :])[1], start + 6
        values: dict[str, str] = {}
        at += len(key) + 1
        while not text[at:].lstrip().startswith("}"):
            name, rest = re.match(r"\s*(\w+) = (.*)", text[at:], re.DOTALL).groups()
            at = len(text) - len(rest)
            if rest.startswith("{"):
                depth = end = 0
                while depth or not end:
                    depth += (rest[end] == "{") - (rest[end] == "}")
                    end += 1
                end -= 1
                values[name] = rest[1:end]
                at += end + 1
            else:
                values[name] = re.match(r"\w+", rest)[0]
                at += len(values[name])
            assert text[at] == ","
            at += 1
        found.append((key, values))
    return found


def text_of(value: str) -> str:
    """A field without its escapes and without braces that only protect."""
    marks = "|".join(re.escape(mark) for mark in BACK) + "|[{}]"
    return re.sub(marks, lambda found: BACK.get(found.group(), ""), value)


def test_a_paper_of_arxiv():
    ((key, fields),) = entries(bibtex([PAPER]))
    assert key == "uthor2026diffusion"
    assert fields["title"] == "Diffusion Policies that Forget"
    assert fields["author"].startswith("Uthor, Ada and Two, Bo and Three, Chía and Four, D.")
    assert (fields["eprint"], fields["archiveprefix"], fields["primaryclass"]) == (
        "2511.01234",
        "arXiv",
        "cs.RO",
    )
    assert (fields["year"], fields["month"]) == ("2026", "nov")


def test_keys_are_unique_and_plain():
    keys = [key for key, _ in entries(bibtex([PAPER] * 30 + [WORLDLY, SPARSE]))]
    assert len(set(keys)) == 32
    assert keys[:3] == ["uthor2026diffusion", "uthor2026diffusiona", "uthor2026diffusionb"]
    assert all(re.fullmatch("[a-z0-9-]+", key) for key in keys)


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("Laurens van der Maaten", "van der Maaten, Laurens"),
        ("Levine, Sergey", "Levine, Sergey"),
        ("Aristotle", "{Aristotle}"),
        ("王小明", "{王小明}"),
        ("山田 花子", "{山田 花子}"),
        ("Salt and Pepper", "{and Pepper}, Salt"),
        ("Smith, John, Jr.", "Smith, {John, Jr.}"),
    ],
)
def test_names(name, written):
    ((_, fields),) = entries(bibtex([replace(SPARSE, authors=(name,))]))
    assert fields["author"] == written


def test_acronyms_keep_their_capitals():
    ((_, fields),) = entries(
        bibtex([replace(SPARSE, title="DreamerV3 and LLMs for A Robot: GPT-4 under 50% {x}")])
    )
    assert fields["title"] == (
        r"{DreamerV3} and {LLMs} for A Robot: {GPT}-4 under 50\% \textbraceleft{}x\textbraceright{}"
    )


TEXT = st.text(st.characters(exclude_categories=("C", "Zl", "Zp")), min_size=1, max_size=60).map(
    lambda text: " ".join(text.split())
)
SIGNS = st.text(alphabet="{}\\%&#$_~^ ab,@\"'=-", min_size=1, max_size=30).map(
    lambda text: " ".join(text.split())
)


@given(title=TEXT | SIGNS, names=st.lists(TEXT | SIGNS, max_size=4), note=TEXT | SIGNS)
@settings(max_examples=200, deadline=None)
def test_what_is_written_reads_back(title, names, note):
    names = [name for name in names if name]
    paper = Paper(
        id="doi:10.1/a_b{c}",
        title=title,
        authors=tuple(names),
        comment=note,
        published=datetime(2026, 5, 1, tzinfo=UTC),
        url="https://example.org/a_b?c={d}&e=%20",
    )
    ((key, fields),) = entries(bibtex([paper]))
    assert key == cite_key(paper)
    assert text_of(fields.get("title", "")) == title
    assert text_of(fields.get("note", "")) == note
    assert fields["url"] == "https://example.org/a_b?c=%7Bd%7D&e=%20"
    assert fields["doi"] == "10.1/a_b%7Bc%7D"


@given(title=TEXT | SIGNS, names=st.lists(TEXT, max_size=4))
@settings(max_examples=100, deadline=None)
def test_ris_has_one_line_for_each_fact(title, names):
    paper = replace(SPARSE, title=title, authors=tuple(names), abstract="One. Two.")
    lines = ris([paper]).split("\r\n")
    assert lines[0] == "TY  - GEN"
    assert lines[-3:] == ["ER  - ", "", ""]
    assert all(re.match(r"[A-Z][A-Z0-9]  - ", line) for line in lines[:-2])
    assert not title or f"TI  - {title}" in lines
    assert "AB  - One. Two." in lines
    assert "DO  - 10.1101/2026.11.18.123456" in lines
