"""The digest card: what its head, rows and foot say, and what can be done from it."""

from __future__ import annotations

from datetime import UTC, datetime

from bot.cards import Action, Item, Note, Rule, plain
from bot.cards.digest import DigestRow, digest_card, local_time
from bot.cards.paper import PaperAction
from bot.commands import parse
from bot.testing.cards import ENORMOUS, EXAMPLE_CARDS, PAPER, REASONS, SPARSE

KEY = "0123456789abcdef01234567"
ROWS = [DigestRow(PAPER, REASONS), DigestRow(SPARSE)]


def test_a_digest_says_what_when_and_how_many():
    card = EXAMPLE_CARDS["digest"]
    assert card.title == "Robotics · Fri 20 Nov · 8 of 31"
    foot = [plain(block.spans) for block in card.blocks if isinstance(block, Note)]
    assert foot[0] == "Next: Mon 09:00 (Europe/Paris) · 214 checked"
    assert foot[1].startswith("Hugging Face was unreachable")
    assert card.fallback.startswith("Robotics · Fri 20 Nov · 8 of 31: Diffusion Policies that Forget")


def test_a_whole_digest_counts_once_and_offers_no_rest():
    card = digest_card("Robotics", "Fri 20 Nov", ROWS, key=KEY, total=2)
    assert card.title == "Robotics · Fri 20 Nov · 2"
    assert card.actions == ()
    assert not any(isinstance(block, Rule | Note) for block in card.blocks)


def test_rows_have_two_lines_and_one_action():
    first, second = (
        block for block in digest_card("R", "d", ROWS, key=KEY, total=2).blocks if isinstance(block, Item)
    )
    assert plain(first.spans) == PAPER.title
    assert first.spans[0].url == PAPER.url
    assert plain(first.note) == (
        "Ada Uthor, Bo Two et al. (+5) · cs.RO · ▲ 41 · 💬 6 · ★ 1,210 · matched: diffusion policy (title), robot"
    )
    assert first.action == Action("Abstract", command="abstract 2511.01234")
    assert second.note == ()


def test_without_a_handler_for_abstracts_rows_link():
    card = digest_card("R", "d", ROWS, key=KEY, total=5, numbers=(7,), actions=())
    items = [block for block in card.blocks if isinstance(block, Item)]
    assert items[0].action == Action("Open", url=PAPER.url)
    assert items[1].action is None
    assert card.actions == ()


def test_actions_name_the_digest_and_its_subscriptions():
    card = digest_card("R", "d", ROWS, key=KEY, total=25, numbers=(7,))
    assert [(action.label, action.command) for action in card.actions] == [
        ("Show the other 23", f"rest {KEY}"),
        ("Pause", "pause s7"),
        ("Edit", "edit s7"),
    ]
    both = digest_card("R", "d", ROWS, key=KEY, total=2, numbers=(7, 12), actions=("pause",))
    assert [action.label for action in both.actions] == ["Pause s7", "Pause s12"]
    assert all(parse(action.command) for action in card.actions)


def test_ten_of_the_largest_rows_fit_a_discord_message():
    card = digest_card("R", "d", [DigestRow(ENORMOUS, REASONS)] * 10, key=KEY, total=10, actions=PaperAction)
    texts = [plain(block.spans) + plain(block.note) for block in card.blocks if isinstance(block, Item)]
    assert sum(len(text) + len(ENORMOUS.url) for text in texts) <= 3_800


def test_times_are_told_in_the_readers_zone():
    assert local_time(datetime(2026, 3, 29, 7, 0, tzinfo=UTC), "Europe/Paris") == "Sun 09:00 (Europe/Paris)"
    assert local_time(datetime(2026, 11, 20, 23, 30, tzinfo=UTC), "Asia/Tokyo") == "Sat 08:30 (Asia/Tokyo)"
