"""Every card becomes a message that Discord takes, and loses neither its link nor its buttons."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.discord import embed, forum, marker
from adapters.discord.buttons import MENU, command_of
from adapters.discord.escape import clean
from adapters.discord.render import render
from bot.cards import (
    Action,
    Attachment,
    Card,
    CardKind,
    Code,
    Heading,
    Item,
    Note,
    Paragraph,
    Picture,
    Rule,
    Span,
)
from bot.cards.paper import PaperAction, paper_card
from bot.models import CardSize, Paper, Reason
from bot.testing.cards import EXAMPLE_CARDS
from tests.adapters.discord.test_escape import hostile_text, live
from tests.peers.discord_contract import Contract, components, load

KEY = "0123456789abcdef01234567"
GOLDEN = Path(__file__).with_name("golden")
NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)


def texts(body: dict[str, Any]) -> list[str]:
    return [part["content"] for part in components(body["components"]) if part["type"] == 10]


def problems(contract: Contract, body: dict[str, Any]) -> list[str]:
    return contract.problems("POST", "/channels/1/messages", {**body, "nonce": KEY, "enforce_nonce": True})


@pytest.mark.parametrize("name", EXAMPLE_CARDS)
def test_example_cards_meet_the_contract(name: str, contract: Contract) -> None:
    card = EXAMPLE_CARDS[name]
    assert problems(contract, render(card, key=KEY).body) == []
    assert (
        contract.problems(
            "PATCH", "/channels/1/messages/2", {**render(card).body, "content": None, "embeds": []}
        )
        == []
    )
    assert problems(contract, embed.fallback(card, key=KEY)) == []
    post = forum.post(card, render(card, key=KEY).body, {"available_tags": [{"id": "5", "name": "cs.RO"}]})
    assert contract.problems("POST", "/channels/1/threads", post) == []
    answer = {"type": 4, "data": render(card, private=True).body}
    assert contract.problems("POST", "/interactions/1/token/callback", answer) == []


@pytest.mark.parametrize("name", ["paper-compact", "paper-full", "digest", "reply-list", "error", "notice"])
def test_golden(name: str) -> None:
    """What a card looks like changes on purpose only. Delete the file and run again to renew it."""
    made = json.dumps(render(EXAMPLE_CARDS[name], key=KEY).body, indent=1, ensure_ascii=False) + "\n"
    path = GOLDEN / f"{name}.json"
    if not path.exists():
        path.parent.mkdir(exist_ok=True)
        path.write_text(made, encoding="utf-8")
        pytest.fail(f"{path.name} was written; look at it and commit it")
    assert made == path.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "name", [name for name in EXAMPLE_CARDS if "hostile" in name or name.startswith("digest")]
)
def test_hostile_papers_have_no_live_token(name: str) -> None:
    ours = {"masked link", "bare link", "bold or italic", "heading, quote or list"}
    for text in texts(render(EXAMPLE_CARDS[name]).body):
        without_our_dates = re.sub(r"<t:\d{9,}:R>", "", text)
        assert not set(live(without_our_dates)) - ours
        assert "](https://evil" not in text


def test_mentions_are_off_in_every_body() -> None:
    for card in EXAMPLE_CARDS.values():
        assert render(card).body["allowed_mentions"] == {"parse": []}
        assert embed.fallback(card)["allowed_mentions"] == {"parse": []}


hostile_line = hostile_text.map(lambda text: text[:400])
words = st.lists(hostile_line, min_size=1, max_size=12).map(" ".join)
papers = st.builds(
    Paper,
    id=st.just("arxiv:2401.01234"),
    title=st.one_of(words, st.integers(1, 60).map(lambda n: "A long title 👩🏽‍🔬 مرحبا " * n * 4)),
    abstract=st.one_of(words, st.integers(1, 400).map(lambda n: "Sentence with *stars* and _lines_. " * n)),
    authors=st.one_of(st.lists(hostile_line, max_size=5).map(tuple), st.just(("Somebody Somewhere",) * 500)),
    categories=st.lists(st.sampled_from(["cs.RO", "cs.LG", "@everyone"]), max_size=40).map(tuple),
    organization=st.none() | hostile_line,
    comment=st.none() | words,
    url=st.sampled_from(
        [
            "https://arxiv.org/abs/2401.01234",
            "https://e.org/" + "x" * 700,
            "https://e.org/" + "x" * 3000,
            "",
            "ftp://x",
        ]
    ),
    thumbnail_url=st.sampled_from(
        [None, "https://e.org/p.png", "file:///etc/passwd", "https://e.org/" + "p" * 3000]
    ),
    code_url=st.sampled_from([None, "https://github.com/a/b", "javascript:alert(1)"]),
    upvotes=st.none() | st.integers(0, 10**9),
)


@given(papers, st.sampled_from(CardSize), st.lists(hostile_line, max_size=4))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_paper_meets_the_contract(paper: Paper, size: CardSize, names: list[str]) -> None:
    contract = load()
    if contract is None:
        pytest.skip("Discord's OpenAPI file is not here")
    reasons = [Reason(term=name, field="title") for name in names]
    card = paper_card(
        paper,
        size=size,
        now=NOW,
        reasons=reasons,
        subscriptions=names,
        actions=frozenset(PaperAction),
        related=(paper,),
    )
    body = render(card, key=KEY).body
    assert problems(contract, body) == []
    assert problems(contract, embed.fallback(card, key=KEY)) == []
    if paper.url.startswith("https://arxiv.org") and clean(paper.title).strip():
        assert any(f"]({paper.url})" in text for text in texts(body)), "the link always survives"


blocks = st.one_of(
    st.builds(lambda t: Heading((Span(t),)), words),
    st.builds(lambda t: Paragraph((Span(t, bold=True),)), words),
    st.builds(lambda t: Note((Span(t, code=True),)), words),
    st.builds(
        lambda t, a: Item(
            (Span(t),), note=(Span(t),), action=Action(t, command=a), actions=(Action(t, command=a),)
        ),
        words,
        st.sampled_from(["pause s7", "edit s7", "x" * 90]),
    ),
    st.builds(Code, words),
    st.just(Rule()),
    st.builds(lambda t: Picture("https://e.org/p.png", t), words),
)


@given(
    st.lists(blocks, max_size=45),
    st.lists(
        st.builds(Action, words, command=st.sampled_from(["a", "b", "c" * 90]), more=st.booleans()),
        max_size=14,
    ),
)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_card_meets_the_contract(made: list[Any], actions: list[Action]) -> None:
    contract = load()
    if contract is None:
        pytest.skip("Discord's OpenAPI file is not here")
    card = Card(kind=CardKind.REPLY, blocks=tuple(made), actions=tuple(actions), fallback="x")
    assert problems(contract, render(card, key=KEY).body) == []


def test_a_list_too_long_for_buttons_keeps_them_in_the_menu() -> None:
    items = tuple(Item((Span(f"s{n}"),), action=Action("Edit", command=f"edit s{n}")) for n in range(1, 31))
    body = render(Card(kind=CardKind.REPLY, blocks=items, fallback="x")).body
    parts = list(components(body["components"]))
    commands = {command_of(part["custom_id"]) for part in parts if part["type"] == 2}
    menu = next(part for part in parts if part.get("custom_id") == MENU)
    commands |= {option["value"] for option in menu["options"]}
    assert commands == {f"edit s{n}" for n in range(1, 31)}
    assert len(parts) <= 40


def test_row_actions_are_named_after_their_row() -> None:
    card = EXAMPLE_CARDS["reply-list"]
    menu = next(p for p in components(render(card).body["components"]) if p.get("custom_id") == MENU)
    assert menu["options"][0]["label"].startswith("Edit · s") or "Pause · s1" in menu["options"][0]["label"]
    assert len(menu["options"]) <= 25


def test_two_buttons_of_one_command_stay_apart() -> None:
    card = Card(
        kind=CardKind.REPLY,
        blocks=(),
        actions=(Action("One", command="list"), Action("Two", command="list")),
        fallback="x",
    )
    buttons = [part for part in components(render(card).body["components"]) if part["type"] == 2]
    assert len({part["custom_id"] for part in buttons}) == 2
    assert {command_of(part["custom_id"]) for part in buttons} == {"list"}


@pytest.mark.parametrize("custom_id", ["", "p1:", "p2:list", "other", "p1", "p1-form:edit", "xp1:list"])
def test_foreign_controls_are_not_ours(custom_id: str) -> None:
    assert command_of(custom_id) is None


def test_a_title_is_never_cut_below_120_characters() -> None:
    blocks = (
        Heading((Span("word " * 100, url="https://e.org/a"),)),
        *(Paragraph((Span("*" * 1800),)) for _ in range(6)),
    )
    body = render(Card(kind=CardKind.PAPER, blocks=blocks, fallback="x")).body
    assert len(texts(body)[0]) > 120
    assert "](https://e.org/a)" in texts(body)[0]


def test_files_are_named_as_discord_keeps_them() -> None:
    file = Attachment("my saved papers (ä).bib", b"@misc{a}", "application/x-bibtex")
    made = render(Card(kind=CardKind.REPLY, blocks=(), files=(file, replace(file)), fallback="x"))
    names = [sent.name for sent in made.files]
    assert len(set(names)) == 2
    assert all(name.isascii() and " " not in name for name in names)
    shown = [part["file"]["url"] for part in components(made.body["components"]) if part["type"] == 13]
    assert shown == [f"attachment://{name}" for name in names]


def test_the_mark_is_found_again_and_only_by_its_key() -> None:
    body = render(EXAMPLE_CARDS["paper-compact"], key=KEY).body
    assert marker.bears({"components": body["components"]}, KEY)
    assert not marker.bears({"components": body["components"]}, "f" * 24)
    assert marker.bears(embed.fallback(EXAMPLE_CARDS["paper-compact"], key=KEY), KEY)
    assert not marker.bears({"content": "hello", "components": [{"type": 1, "components": []}]}, KEY)


def test_marks_do_not_meet_discords_own_numbers() -> None:
    for number in range(2000):
        first, second = marker.ids(f"{number:024x}")
        assert first != second
        assert 2**30 <= min(first, second) <= max(first, second) < 2**31


def test_a_forum_that_demands_a_tag_gets_one() -> None:
    card, body = EXAMPLE_CARDS["paper-sparse"], render(EXAMPLE_CARDS["paper-sparse"]).body
    described = {"flags": 1 << 4, "available_tags": [{"id": "9", "name": "whatever"}]}
    assert forum.post(card, body, described)["applied_tags"] == ["9"]
    assert "applied_tags" not in forum.post(card, body, {**described, "flags": 0})


def test_forum_tags_follow_the_categories() -> None:
    available = [
        {"id": "1", "name": "Robotics"},
        {"id": "2", "name": "CS.RO"},
        {"id": "3", "name": "cs"},
        {"id": "4", "name": "cs.LG", "moderated": True},
        {"id": "5", "name": "Papers"},
    ]
    assert forum.choose_tags(("cs.RO", "cs.LG"), available) == ["2", "3"]
    assert forum.choose_tags(("math.CO",), available) == []
    assert forum.choose_tags(("math.CO",), available, required=True) == ["5"]
    assert forum.choose_tags((), [{"id": "9", "name": "x"}], required=True) == ["9"]
    assert (
        len(
            forum.choose_tags(
                tuple(f"c{n}" for n in range(9)), [{"id": str(n), "name": f"c{n}"} for n in range(9)]
            )
        )
        == 5
    )
