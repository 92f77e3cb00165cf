"""The one mention that a card may carry: the group that its subscription names."""

from dataclasses import replace

import pytest

from adapters.discord.render import render
from adapters.slack.render import message
from bot.testing.cards import EXAMPLE_CARDS
from tests.peers.discord_contract import rules


@pytest.mark.parametrize("name", sorted(EXAMPLE_CARDS))
def test_discord_mentions_the_role_and_nobody_else(name: str) -> None:
    made = render(replace(EXAMPLE_CARDS[name], mention="123456789012345678"))
    assert made.body["allowed_mentions"] == {"parse": [], "roles": ["123456789012345678"]}
    assert made.body["components"][0]["components"][0]["content"] == "<@&123456789012345678>"
    assert rules(made.body) == []
    assert render(EXAMPLE_CARDS[name]).body["allowed_mentions"] == {"parse": []}


def test_slack_mentions_the_user_group() -> None:
    card = EXAMPLE_CARDS[min(EXAMPLE_CARDS)]
    assert message(replace(card, mention="S0123ABC"))["blocks"][0]["text"]["text"] == "<!subteam^S0123ABC>"
    assert "subteam" not in str(message(card))


@pytest.mark.parametrize("mention", ["everyone", "<!channel>", "@here", "1> <@&2"])
def test_what_is_no_id_mentions_nobody(mention: str) -> None:
    card = replace(EXAMPLE_CARDS[min(EXAMPLE_CARDS)], mention=mention)
    assert render(card).body["allowed_mentions"] == {"parse": []}
    assert "<!channel>" not in str(message(card)["blocks"])
