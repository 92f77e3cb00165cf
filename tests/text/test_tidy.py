"""What is stored is clean, bounded, and nothing else is changed."""

from __future__ import annotations

import unicodedata
from dataclasses import fields, replace
from datetime import UTC, date, datetime
from time import process_time

import pytest
import regex
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.models import Link, Paper, Sighting
from bot.testing.cards import ENORMOUS, PAPER
from bot.text.html import strip_html
from bot.text.tidy import ABSTRACT, AUTHOR, AUTHORS, CATEGORIES, TITLE, tidy, tidy_text

PLAIN = Paper(id="arxiv:2511.00001", title="A title")
HIDDEN = regex.compile(
    "[\x00-\x1f\x7f-\x9f\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\ud800-\udfff\U000e0000-\U000e007f]"
)


@pytest.mark.parametrize(
    ("given_", "kept"),
    [
        (
            "<p>We study <i>E. coli</i> at 10<sup>5</sup>&nbsp;K.</p><p>More.</p>",
            "We study E. coli at 10⁵ K. More.",
        ),
        ("<sup>14</sup>C and CO<sub>2</sub>", "¹⁴C and CO₂"),
        ("<jats:title>Abstract</jats:title><jats:p>A <jats:italic>b</jats:italic></jats:p>", "Abstract A b"),
        (
            "<mml:math><mml:msup><mml:mi>x</mml:mi><mml:mn>2</mml:mn></mml:msup><mml:annotation>x^2</mml:annotation></mml:math> up",
            "x² up",
        ),
        ("if a<b and c>d, p < 0.05", "if a<b and c>d, p < 0.05"),
        ("the <s> token, <think> and <image>", "the <s> token, <think> and <image>"),
        ("<think>aloud</think>", "<think>aloud</think>"),
        ("<b>n</b> <5 and a<b", "n <5 and a<b"),
        ("Q&amp;A, AT&T, R&D; &alpha;&#8211;&#x3b2;, &unknown;", "Q&A, AT&T, R&D; α–β, &unknown;"),
        ("&amp;lt;i&amp;gt;twice&amp;lt;/i&amp;gt;", "twice"),
        ("<script>alert(1)</script>Title<style>p{}</style>", "Title"),
        ("&lt;script&gt;alert(1)&lt;/script&gt;Title", "Title"),
        ('<a href="javascript:alert(1)">link</a>', "link"),
        ("<![CDATA[a < b]]> <!-- hidden --> c", "a < b c"),
        ("one\r\n\ttwo\u2028three\u00a0\u3000four \x85", "one two three four"),
        ("a\u200bb\u202ec\x1b[31m\x00d\ufeff\u2066e\U000e0041", "abc[31mde"),
        ("👨\u200d👩\u200d👧 🏳️\u200d🌈 می\u200cخواهم", "👨\u200d👩\u200d👧 🏳️\u200d🌈 می\u200cخواهم"),
        ("lat\u200din", "latin"),
        ("e\u0301tude", "étude"),
        ("half \ud83d an emoji", "half � an emoji"),
        ("half an \ud83d\ude00", "half an ��"),
    ],
)
def test_what_a_text_becomes(given_, kept):
    assert tidy_text(given_, 1_000) == kept
    assert tidy_text(kept, 1_000) == kept


def test_a_text_without_html_is_not_parsed():
    assert strip_html("a < b & c > d") == "a < b & c > d"


def test_paragraphs_are_folded():
    assert tidy(replace(PLAIN, abstract="  One\nline.\n\n  Two.  ")).abstract == "One line. Two."


def test_bounds():
    paper = tidy(
        replace(
            PLAIN,
            title="word " * 20_480,
            abstract="a sentence. " * 50_000,
            authors=("Name " * 100, *(f"Author {number}" for number in range(6_000))),
            categories=("cs.RO",) * 80,
        )
    )
    assert len(paper.title) <= TITLE
    assert paper.title.endswith("word…")
    assert len(paper.abstract) <= ABSTRACT
    assert len(paper.authors) == AUTHORS
    assert len(paper.authors[0]) <= AUTHOR
    assert len(paper.categories) == CATEGORIES


def test_only_web_links_survive():
    paper = tidy(
        replace(
            PLAIN,
            url="javascript:alert(1)",
            pdf_url=" https://arxiv.org/pdf/1 ",
            code_url="data:text/html,x",
            project_url="https://example.org/\u202egnp.exe",
            thumbnail_url="https://[broken",
            sightings=(
                Sighting(source="feed", url="ftp://example.org/", submitted_by="<b>Ann</b>"),
                Sighting(source="feed", url="http://example.org/a b"),
                Sighting(source="feed", url="https://example.org/?a=1&b=(2)"),
            ),
        )
    )
    assert paper.url == ""
    assert paper.pdf_url == "https://arxiv.org/pdf/1"
    assert (paper.code_url, paper.project_url, paper.thumbnail_url) == (None, None, None)
    assert [seen.url for seen in paper.sightings] == [None, None, "https://example.org/?a=1&b=(2)"]
    assert paper.sightings[0].submitted_by == "Ann"


def test_what_is_no_text_is_untouched():
    moment = datetime(2026, 11, 20, tzinfo=UTC)
    paper = replace(
        PLAIN, published=moment, updated=moment, version=3, upvotes=0, comments=None, stars=7, doi="10.1/<x>", withdrawn=True,
        first_seen=moment, sightings=(Sighting(source="arxiv", day=date(2026, 11, 20), seen_at=moment),),
    )  # fmt: skip
    assert tidy(paper) == paper


def test_a_paper_without_a_title_is_called_by_its_id():
    assert tidy(replace(PLAIN, title="<script>alert(1)</script>\u200b")).title == "2511.00001"


def test_empty_names_are_left_out():
    assert tidy(replace(PLAIN, authors=("Ann", " ", "\u200b", "Bo"), organization=" \n")).authors == (
        "Ann",
        "Bo",
    )
    assert tidy(replace(PLAIN, organization=" \n")).organization is None


@pytest.mark.parametrize("paper", [PAPER, ENORMOUS], ids=lambda paper: paper.id)
def test_example_papers_are_tidy(paper):
    assert tidy(paper) == paper


PIECES = st.sampled_from(
    [
        *(
            "<b>",
            "</b>",
            "<",
            ">",
            "&",
            "&lt;",
            "&amp;",
            "&#60;",
            "<p>",
            "<sup>2</sup>",
            "<script>",
            "</script>",
            "<!--",
        ),
        *(
            "-->",
            "\\alpha",
            "$",
            "{",
            "}",
            "^",
            "_",
            "~",
            "%",
            "\\textbf{",
            "\u200b",
            "\u200d",
            "\u202e",
            "\ud800",
        ),
        *(
            "\n",
            " ",
            "word",
            "5",
            "👩",
            "🏽",
            "é",
            "e\u0301",
            "漢",
            "\x1b",
            "\x00",
            "ا",
            "\u200c",
            "\\",
            "``",
            "''",
            "]]>",
            "<![CDATA[",
        ),
    ]
)
TEXTS = st.one_of(st.lists(PIECES, max_size=20).map("".join), st.text(max_size=80))


@given(title=TEXTS, abstract=TEXTS, authors=st.lists(TEXTS, max_size=3).map(tuple), url=TEXTS)
@settings(max_examples=300, deadline=None)
def test_tidy_is_clean_and_twice_is_once(title, abstract, authors, url):
    paper = tidy(replace(PLAIN, title=title, abstract=abstract, authors=authors, url="https://" + url))
    assert tidy(paper) == paper
    for text in (paper.title, paper.abstract, *paper.authors):
        assert not HIDDEN.search(text)
        assert unicodedata.is_normalized("NFC", text)
        assert text == " ".join(text.split())
    assert paper.title


def test_every_text_of_a_paper_is_tidied():
    """A field that is added to Paper must be looked at here."""
    dirty = "<b>x</b>\u202e"
    names = {"title", "abstract", "organization", "comment", "journal_ref"}
    lists = {"authors", "categories", "keywords"}
    links = {"url", "pdf_url", "code_url", "project_url", "thumbnail_url"}
    kept = {
        "id",
        "doi",
        "published",
        "updated",
        "version",
        "upvotes",
        "comments",
        "stars",
        "withdrawn",
        "sightings",
        "citations",
        "citations_by",
        "models",
        "datasets",
        "spaces",
        "readings",
    }
    links |= {"linked"}
    assert names | lists | links | kept | {"first_seen"} == {field.name for field in fields(Paper)}
    clean = tidy(replace(PLAIN, **dict.fromkeys(names, dirty), **dict.fromkeys(lists, (dirty,))))
    assert all(getattr(clean, name) == "x" for name in names)
    assert all(getattr(clean, name) == ("x",) for name in lists)
    good = Link(kind="model", name="x", url="https://huggingface.co/lab/x")
    given = (replace(good, name=dirty), replace(good, url="javascript:alert(1)"))
    assert tidy(replace(PLAIN, linked=given)).linked == (good,)


@pytest.mark.parametrize(
    "piece",
    [
        "<!--",
        "<![CDATA[",
        "<p a=",
        "<sup>",
        "&#",
        "\\(",
        "\\'",
        "\\c",
        "\\frac",
        "{",
        "$a",
        "^{_{",
        "\u200d",
        "``a",
    ],
)
def test_a_long_hostile_text_costs_little(piece):
    before = process_time()
    tidy_text(piece * (100_000 // len(piece)), ABSTRACT)
    assert process_time() - before < 10
