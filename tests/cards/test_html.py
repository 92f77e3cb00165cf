"""Cards as HTML: nothing live survives, nothing is fetched, and it says what the terminal says."""

from __future__ import annotations

import os
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.console.layout import layout
from adapters.console.plain import plain_text
from bot.cards import Action, Card, CardKind, Heading, Item, Paragraph, Picture, Span
from bot.cards.html import POLICY, fragment, page
from bot.cards.paper import authors, counts, paper_card
from bot.models import CardSize, Paper
from bot.testing.cards import EXAMPLE_CARDS, HOSTILE, NOW, PAPER, REASONS

GOLDEN = Path(__file__).parent / "golden"
ELEMENTS = frozenset(
    [
        "html",
        "head",
        "meta",
        "title",
        "style",
        "body",
        "header",
        "h1",
        "h2",
        "main",
        "article",
        "p",
        "b",
        "i",
        "code",
        "pre",
        "hr",
        "ul",
        "li",
        "a",
        "span",
        "div",
        "details",
        "summary",
        "time",
        "br",
    ]
)
VOID = frozenset({"meta", "hr", "br"})


class Reader(HTMLParser):
    """Reads what was made as a browser would, and keeps elements, attributes and text."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.text = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open[-1:] != ["style"]:
            self.text += data


def check(text: str) -> Reader:
    """The page is well formed, of known elements only, and can neither run nor fetch anything."""
    read = Reader(text)
    assert read.open == []
    for element, attributes in read.elements:
        assert element in ELEMENTS
        assert not any(
            name.startswith("on") or name in {"src", "srcset", "style", "action"} for name in attributes
        )
        if "href" in attributes:
            assert re.match("https?://", attributes["href"] or "")
            assert attributes["rel"] == "noopener noreferrer"
    return read


def test_a_page_is_whole_and_asks_nothing_of_the_network():
    made = page(EXAMPLE_CARDS.values(), "Cards </title><script>", subtitle="«x» & y")
    read = check(made)
    assert made.startswith("<!DOCTYPE html>")
    assert POLICY in [attributes.get("content") for _, attributes in read.elements]
    assert "default-src 'none'" in POLICY
    assert "url(" not in made
    assert "@import" not in made
    assert "prefers-color-scheme:dark" in made
    assert "Cards </title><script>" in read.text
    made.encode("utf-8")


@pytest.mark.parametrize("name", EXAMPLE_CARDS)
def test_every_example_says_in_html_what_it_says_in_a_pipe(name):
    card = EXAMPLE_CARDS[name]
    html, console = check(fragment(card)), plain_text("", layout(card))
    for block in card.blocks:
        spans = [*getattr(block, "spans", ()), *getattr(block, "note", ())]
        for span in spans:
            for line in span.text.split("\n"):
                assert line in html.text
                assert line in console
            if span.url:
                assert span.url in [attributes.get("href") for _, attributes in html.elements]
                assert span.url in console


@pytest.mark.parametrize("name", ["paper-full", "paper-hostile", "digest", "reply-everything"])
def test_the_html_looks_as_it_did(name):
    made = fragment(EXAMPLE_CARDS[name]) + "\n"
    kept = GOLDEN / f"{name}.html"
    if os.environ.get("PIGEON_GOLDEN") == "write":
        kept.parent.mkdir(exist_ok=True)
        kept.write_text(made, encoding="utf-8")
    assert made == kept.read_text(encoding="utf-8")


HOSTILE_TEXT = st.lists(
    st.sampled_from(
        [
            *(
                "</script>",
                "<script>",
                "<img src=x onerror=alert(1)>",
                "'",
                '"',
                "&lt;",
                "&",
                "@everyone",
                "<!channel>",
                "-->",
            ),
            *(
                "\u202e",
                "\x00",
                "\ud800",
                "👩🏽‍🔬",
                "שלום",
                "]]>",
                "javascript:",
                "\n",
                "\\",
                "word",
                " ",
                "</title>",
                "</style>",
            ),
        ]
    ),
    max_size=20,
).map("".join)


@given(
    title=HOSTILE_TEXT, abstract=HOSTILE_TEXT, names=st.lists(HOSTILE_TEXT, max_size=500), url=HOSTILE_TEXT
)
@settings(max_examples=80, deadline=None)
def test_no_paper_breaks_out_of_the_page(title, abstract, names, url):
    paper = Paper(
        id="arxiv:2511.00001",
        title=title,
        abstract=abstract,
        authors=tuple(names),
        url=url,
        pdf_url=f"https://x.example/{url}",
    )
    card = paper_card(paper, size=CardSize.FULL, now=NOW)
    check(page([card], title))


@given(
    title=st.text(st.characters(exclude_categories=("C", "Z")), min_size=1, max_size=3_000),
    names=st.lists(
        st.text(st.characters(exclude_categories=("C", "Z")), min_size=1, max_size=50), max_size=500
    ),
    upvotes=st.none() | st.integers(0, 10**6),
)
@settings(max_examples=40, deadline=None)
def test_html_and_terminal_agree_on_title_link_authors_and_counts(title, names, upvotes):
    paper = Paper(
        id="arxiv:2511.00001",
        title=title,
        authors=tuple(names),
        upvotes=upvotes,
        stars=3,
        url="https://arxiv.org/abs/2511.00001",
    )
    card = paper_card(paper, now=NOW)
    html, console = check(fragment(card)), plain_text("", layout(card))
    for fact in (title, authors(paper), counts(paper)):
        assert fact in html.text
        assert fact in console
    assert paper.url in console
    assert paper.url in [attributes.get("href") for _, attributes in html.elements]


@pytest.mark.parametrize(
    "url",
    ["javascript:alert(1)", "data:text/html,x", "JAVASCRIPT:x", " javascript:x", "//x.example", "http://[x"],
)
def test_only_web_addresses_become_links(url):
    card = Card(
        kind=CardKind.REPLY,
        blocks=(
            Heading((Span("t", url=url),)),
            Item((Span("i", url=url),)),
            Picture(url, alt="p"),
            Paragraph((Span("x", url=url),)),
        ),
        actions=(Action("Go", url=url),),
        fallback="t",
    )
    assert not [attributes for element, attributes in check(fragment(card)).elements if element == "a"]


def test_matched_words_are_bold_and_the_date_is_a_time():
    made = fragment(paper_card(PAPER, reasons=REASONS, now=NOW))
    assert "<b>diffusion policies</b>" in made
    assert '<time datetime="2026-11-20T07:00:00+00:00" title="2026-11-20 07:00 UTC">2 h ago</time>' in made


def test_the_hostile_paper_is_inert():
    made = page([paper_card(HOSTILE, size=CardSize.FULL, now=NOW)], HOSTILE.title)
    assert "<script" not in made
    assert "<img" not in made
    assert HOSTILE.title in check(made).text
