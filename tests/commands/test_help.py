"""Help says what is there, and fits a screen."""

import pytest

from bot.cards import Card, Code, Item, Note, Paragraph, plain
from bot.commands import OFFERED, VERBS, check, parse
from bot.commands.help import TEXTS, help_card
from bot.commands.verbs import BY_NAME, TOPICS

NAMES = [choice.value for choice in BY_NAME["help"].options[0].choices]


def text_of(card: Card) -> str:
    lines = [card.title]
    for block in card.blocks:
        match block:
            case Paragraph(spans) | Note(spans):
                lines.append(plain(spans))
            case Item(spans, note):
                lines += [plain(spans), plain(note)]
            case Code(text):
                lines.append(text)
            case _:
                pass
    return "\n".join(line for line in lines if line)


@pytest.mark.parametrize("name", NAMES)
def test_each_topic_and_each_verb_has_a_card_that_fits_one_message(name):
    """4,000 characters and 40 components: https://discord.com/developers/docs/components/reference"""
    card = help_card(parse(f"help {name}").get("topic"))
    assert len(text_of(card)) < 3500
    assert len(card.blocks) + len(card.actions) <= 30
    assert card.fallback


def test_topics_with_a_text_are_those_that_are_offered():
    assert {choice.value for choice in TOPICS} == {*TEXTS, "all"}


@pytest.mark.parametrize("name", TEXTS)
def test_a_topic_names_few_commands_and_three_examples(name):
    text = TEXTS[name]
    assert len(text.verbs) <= 8
    assert {BY_NAME[verb].button for verb in text.verbs} == {False}
    assert len(text.examples) == 3
    for example in text.examples:
        assert parse(example).verb in text.verbs
        assert example in text_of(help_card(name))


def test_the_list_of_everything_is_everything():
    said = text_of(help_card("all"))
    for verb in OFFERED:
        assert (
            f"{verb.name} ★ {verb.summary}" in said if verb.manages else f"{verb.name} {verb.summary}" in said
        )
    assert not any(verb.summary in said for verb in VERBS if verb.button)


@pytest.mark.parametrize("verb", OFFERED, ids=lambda verb: verb.name)
def test_the_card_of_a_verb_shows_its_options_and_examples(verb):
    said = text_of(help_card(verb.name)) if verb.name != "help" else ""
    for option in verb.options if said else ():
        assert option.description in said
    for example in verb.examples if said else ():
        assert example in said


def test_buttons_of_help_carry_commands_that_are_read():
    for name in NAMES:
        for action in help_card(name).actions:
            assert action.command is not None
            assert len(action.command) <= 90
            assert check(parse(action.command)).verb in {verb.name for verb in OFFERED}
