"""Every card, as Slack would take it: by its own schemas and lengths."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.slack import native, render
from bot.cards import (
    Action,
    ActionStyle,
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
from bot.testing.cards import EXAMPLE_CARDS
from tests.peers.slack_contract import ContractError, check_blocks, check_message

Draw = Callable[[Card], dict[str, Any]]
STYLES = {"classic": render.message, "native": native.message}

pytestmark = pytest.mark.usefixtures("contracts")


def buttons(part: Any) -> list[dict[str, Any]]:
    """Everything that can be pressed: buttons, and the rows of menus."""
    if isinstance(part, list):
        return [found for one in part for found in buttons(one)]
    if not isinstance(part, dict):
        return []
    own = (
        [part] if part.get("type") == "button" else part["options"] if part.get("type") == "overflow" else []
    )
    return own + [
        found for value in part.values() if isinstance(value, (dict, list)) for found in buttons(value)
    ]


def offered(card: Card) -> list[Action]:
    rows = [block for block in card.blocks if isinstance(block, Item)]
    beside = [action for row in rows for action in (row.action, *row.actions) if action is not None]
    return [*card.actions, *beside]


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("name", EXAMPLE_CARDS)
def test_slack_takes_every_example(name: str, style: str):
    message = STYLES[style](EXAMPLE_CARDS[name])
    check_message({"channel": "C1", **message})
    shown = json.dumps(message["blocks"], ensure_ascii=False)
    assert "<!channel" not in shown
    assert "<!here" not in shown
    assert "<@U" not in shown
    assert "<!subteam" not in shown


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("name", EXAMPLE_CARDS)
def test_no_action_of_a_card_is_lost(name: str, style: str):
    card = EXAMPLE_CARDS[name]
    commands = {action.command for action in offered(card)}
    message = STYLES[style](card)
    shown = {found["text"]["text"] for found in buttons(message["blocks"])}
    text = json.dumps(message["blocks"], ensure_ascii=False)
    linked = {
        action.label for action in card.actions if action.more and action.url and f"<{action.url}|" in text
    }
    assert {action.label for action in card.actions} == shown & {
        action.label for action in card.actions
    } | linked
    for found in buttons(message["blocks"]):
        if str(found.get("action_id", "")).startswith(render.COMMAND):
            assert found["value"] in commands


def test_one_menu_holds_what_is_seldom_pressed():
    links = [Action(f"Page {n}", url=f"https://example.org/{n}", more=True) for n in range(4)]
    verbs = [Action(f"Verb {n}", command=f"why {n}", more=True) for n in range(3)]
    said = Paragraph((Span("see "), Span("the page", url="https://example.org/3")))
    card = replace(EXAMPLE_CARDS["paper-compact"], thumbnail=None, blocks=(said,), actions=(*verbs, *links))
    (row,) = [block for block in render.message(card)["blocks"] if block["type"] == "actions"]
    *shown, menu = row["elements"]
    assert [one["text"]["text"] for one in shown] == ["Page 0"], (
        "a link that does not fit into the menu is a button"
    )
    labels = [option["text"]["text"] for option in menu["options"]]
    assert labels == ["Verb 0", "Verb 1", "Verb 2", "Page 1", "Page 2"], (
        "and what the text links is not there twice"
    )


def test_a_paper_is_a_linked_title_small_print_excerpt_and_buttons():
    message = render.message(EXAMPLE_CARDS["paper-compact"])
    kinds = [block["type"] for block in message["blocks"]]
    assert kinds == ["section", "section", "context", "actions"]
    title = message["blocks"][0]
    first, second = title["text"]["text"].split("\n")
    assert first == "*<https://arxiv.org/abs/2511.01234|Diffusion Policies that Forget>*"
    assert second.startswith("Ada Uthor, Bo Two")
    assert title["accessory"]["type"] == "image"
    row = message["blocks"][-1]["elements"]
    assert [element["type"] for element in row] == ["button", "button", "button", "overflow"]
    assert row[0] | {"text": 0} == {
        "type": "button",
        "text": 0,
        "action_id": "pigeon.1.0",
        "value": "abstract 2511.01234",
    }
    assert message["text"].startswith("Diffusion Policies that Forget")


def test_a_list_has_a_menu_beside_each_row():
    message = render.message(EXAMPLE_CARDS["reply-list"])
    rows = [block for block in message["blocks"] if block["type"] == "section"]
    assert len(rows) == 12
    assert [option["text"]["text"] for option in rows[0]["accessory"]["options"]] == [
        "Edit",
        "Pause",
        "Send now",
        "Remove",
    ]


def test_a_dangerous_action_asks_first():
    found = buttons(render.message(EXAMPLE_CARDS["reply-confirm"])["blocks"])[0]
    assert found["style"] == "danger"
    assert found["confirm"]["text"]["text"] == "Remove all twelve?"


def test_the_native_style_uses_slacks_own_blocks():
    paper = native.message(EXAMPLE_CARDS["paper-full"])["blocks"]
    assert [block["type"] for block in paper[:2]] == ["card", "container"]
    assert paper[1]["default_collapsed"] is True
    digest = native.message(EXAMPLE_CARDS["digest-largest"])["blocks"]
    carousel = next(block for block in digest if block["type"] == "carousel")
    assert len(carousel["elements"]) == 10


def test_a_native_title_gives_up_its_link_before_its_words():
    title = "A title of a hundred and forty characters " + "x" * 98
    card = Card(
        kind=CardKind.PAPER,
        blocks=(Heading((Span(title, url="https://arxiv.org/abs/2511.01234"),)),),
        fallback=title,
    )
    assert native.message(card)["blocks"][0]["title"]["text"] == f"*{title}*"


def test_without_pictures_nothing_has_to_be_fetched():
    for card in EXAMPLE_CARDS.values():
        assert "image_url" not in json.dumps(render.message(card, pictures=False))


def test_a_card_of_a_thousand_rows_keeps_its_buttons():
    card = Card(
        kind=CardKind.REPLY,
        blocks=tuple(Item((Span(f"row {number} " + "x" * 500),)) for number in range(1000)),
        actions=(Action("More", command="list"),),
        fallback="many",
    )
    blocks = render.message(card)["blocks"]
    check_blocks(blocks)
    assert blocks[-1]["elements"][0]["value"] == "list"
    assert "more than fits" in blocks[-2]["elements"][0]["text"]


def test_what_slack_cannot_carry_is_left_out():
    card = Card(
        kind=CardKind.REPLY,
        blocks=(Picture("ftp://x", "y"), Code("   "), Note(()), Heading((Span(""),))),
        actions=(Action("bad", url="javascript:x"), Action("none"), Action("ok", command="help")),
        fallback="f",
    )
    assert [found["text"]["text"] for found in buttons(render.message(card)["blocks"])] == ["ok"]


def test_the_contract_itself_refuses_what_slack_refuses():
    good = {"type": "section", "text": {"type": "mrkdwn", "text": "x"}}
    for bad in (
        [{"type": "section", "text": {"type": "mrkdwn", "text": "x" * 3001}}],
        [{"type": "sektion"}],
        [good] * 51,
        [good | {"colour": "red"}],
        [
            {
                "type": "actions",
                "elements": [
                    {"type": "button", "action_id": "a", "text": {"type": "plain_text", "text": "x" * 76}}
                ],
            }
        ],
        [{"type": "header", "text": {"type": "mrkdwn", "text": "x"}}],
    ):
        with pytest.raises(ContractError):
            check_blocks(bad)


TEXT = st.text(st.characters(exclude_categories=("Cs",)), max_size=60) | st.sampled_from(
    ["<!channel>", "&" * 700, "x" * 1500]
)
SPANS = st.lists(
    st.builds(
        Span,
        TEXT,
        bold=st.booleans(),
        code=st.booleans(),
        url=st.none() | st.builds("https://e.example/{}".format, TEXT),
    ),
    max_size=3,
).map(tuple)
ACTIONS = st.lists(
    st.builds(
        Action,
        label=TEXT.filter(str.strip),
        command=st.just("help") | st.builds("search {}".format, st.text("ab ", max_size=80)),
        style=st.sampled_from(ActionStyle),
        more=st.booleans(),
        confirm=st.none() | TEXT,
    ),
    max_size=30,
).map(tuple)
BLOCK = st.one_of(
    st.builds(Heading, SPANS),
    st.builds(Paragraph, SPANS),
    st.builds(Note, SPANS),
    st.builds(Item, SPANS, SPANS, st.none(), ACTIONS),
    st.builds(Code, TEXT),
    st.builds(Picture, st.builds("https://e.example/{}".format, TEXT), TEXT),
    st.just(Rule()),
)
CARDS = st.builds(
    Card,
    kind=st.sampled_from(CardKind),
    blocks=st.lists(BLOCK, max_size=30).map(tuple),
    actions=ACTIONS,
    fallback=TEXT,
)


@pytest.mark.filterwarnings("ignore:Generating overly large repr")
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(CARDS, st.sampled_from(sorted(STYLES)))
def test_slack_takes_any_card(card: Card, style: str):
    check_message({"channel": "C1", **STYLES[style](card)})


GOLDEN = Path(__file__).parent / "golden"


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("name", ["paper-compact", "paper-hostile", "digest", "reply-everything"])
def test_cards_look_as_they_looked(name: str, style: str):
    """Delete a file of tests/adapters/slack/golden to have it written anew, and look at the difference."""
    made = json.dumps(STYLES[style](EXAMPLE_CARDS[name]), indent=1, ensure_ascii=False) + "\n"
    path = GOLDEN / f"{name}.{style}.json"
    if not path.exists():
        path.parent.mkdir(exist_ok=True)
        path.write_text(made, encoding="utf-8")
    assert made == path.read_text(encoding="utf-8")
