"""Answers: their shapes, and that all of it is said in one plain line, too."""

from __future__ import annotations

from bot.cards import CardKind, Heading, Item, Note, Paragraph, Span, plain
from bot.cards.reply import Step, error_card, ladder, message, undo


def test_a_message_has_a_title_lines_and_small_print():
    card = message(
        "Paused", "s7 rests.", (Span("until "), Span("Monday", bold=True)), notes=("Nothing is lost.",)
    )
    assert [type(block) for block in card.blocks] == [Heading, Paragraph, Paragraph, Note]
    assert card.kind is CardKind.REPLY
    assert card.fallback == "Paused: s7 rests. until Monday"


def test_empty_lines_are_left_out():
    card = message("", "", "Done.", notes=("",))
    assert [plain(block.spans) for block in card.blocks] == ["Done."]
    assert card.fallback == "Done."
    assert message("").fallback


def test_an_error_is_the_sentence():
    card = error_card("There is no s9 here. `list` shows what there is.", actions=(undo("t-1"),))
    assert card.kind is CardKind.ERROR
    assert card.fallback == "There is no s9 here. `list` shows what there is."
    assert card.actions[0].command == "undo t-1"


def test_backticks_enclose_what_can_be_typed():
    (block,) = error_card("Try `list`, or a lone ` here.").blocks
    assert [(span.text, span.code) for span in block.spans] == [
        ("Try ", False),
        ("list", True),
        (", or a lone ` here.", False),
    ]


def test_a_ladder_shows_what_passed_what_failed_and_what_was_not_reached():
    card = ladder(
        "Why",
        (Step(passed=True, text="fetched"), Step(passed=False, text="query", note="x"), Step(None, "sent")),
    )
    items = [block for block in card.blocks if isinstance(block, Item)]
    assert [plain(item.spans) for item in items] == ["✓ fetched", "✗ query", "– sent"]
    assert plain(items[1].note) == "x"
