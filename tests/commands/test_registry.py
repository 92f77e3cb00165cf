"""The registry can be shown by every platform, and by Discord within its limits."""

import re

import pytest

from bot.commands import OFFERED, VERBS, Option, OptionKind, Verb, parse
from bot.commands.parse import QUERY_FIELDS
from bot.commands.verbs import ALIASES, BY_NAME
from bot.query.fields import ALIASES as QUERY_ALIASES
from bot.query.fields import DATES, EVERYWHERE, FIELDS, UNKNOWN_THERE

# https://discord.com/developers/docs/interactions/application-commands
DISCORD_NAME = re.compile(r"^[-_a-z0-9]{1,32}$")  # noqa: TID251 - a pattern of ours


def every_option() -> list[tuple[Verb, Option]]:
    return [(verb, option) for verb in VERBS for option in verb.options]


def test_all_that_the_product_promises_is_there():
    promised = "help setup subscribe list edit pause resume remove preview explain search paper digest web status settings"
    assert {*promised.split(), "forget-me"} <= {verb.name for verb in OFFERED}


def test_names_are_unique_also_among_aliases():
    names = [name for verb in VERBS for name in (verb.name, *verb.aliases)]
    assert len(names) == len(set(names))
    assert set(BY_NAME).isdisjoint(ALIASES)


def test_no_more_verbs_are_offered_than_discord_has_subcommands():
    assert len(OFFERED) <= 25
    assert not any(verb.button for verb in OFFERED)


@pytest.mark.parametrize("verb", VERBS, ids=lambda verb: verb.name)
def test_each_verb_fits_discord(verb: Verb):
    assert DISCORD_NAME.match(verb.name)
    assert 1 <= len(verb.summary) <= 100
    assert len(verb.options) <= 25
    assert len({option.name for option in verb.options}) == len(verb.options)
    required = [option.required for option in verb.options]
    assert required == sorted(required, reverse=True), "Discord wants required options first"


@pytest.mark.parametrize(("verb", "option"), every_option(), ids=lambda item: item.name)
def test_each_option_fits_discord(verb: Verb, option: Option):
    assert DISCORD_NAME.match(option.name)
    assert 1 <= len(option.description) <= 100
    # More than 25 are completed while somebody types (adapters.discord.commands): topics of help, and nothing else.
    assert len(option.choices) <= 25 or (verb.name, option.name) == ("help", "topic")
    assert len({choice.value for choice in option.choices}) == len(option.choices)
    assert all(1 <= len(choice.value) <= 100 and 1 <= len(choice.label) <= 100 for choice in option.choices)
    assert (option.kind in {OptionKind.CHOICE, OptionKind.BOOLEAN}) == bool(option.choices)


def test_the_whole_command_fits_discord():
    texts = ["papers"]
    for verb in OFFERED:
        texts += [verb.name, verb.summary]
        for option in verb.options:
            texts += [option.name, option.description]
            if len(option.choices) <= 25:
                texts += [part for choice in option.choices for part in (choice.value, choice.label)]
    assert sum(map(len, texts)) <= 8000


@pytest.mark.parametrize(("verb", "option"), every_option(), ids=lambda item: item.name)
def test_no_option_is_named_like_a_field_of_the_filter(verb: Verb, option: Option):
    assert option.name not in QUERY_FIELDS


def test_the_fields_kept_here_are_those_of_the_filter():
    """They are listed twice so that reading a command does not load the filter's machinery."""
    assert frozenset(FIELDS) == QUERY_FIELDS


@pytest.mark.parametrize("word", sorted({*FIELDS, *QUERY_ALIASES, *EVERYWHERE, *DATES, *UNKNOWN_THERE}))
def test_every_word_that_the_filter_has_an_answer_for_reaches_it(word: str):
    if word in {option.name for option in BY_NAME["subscribe"].options}:
        return
    assert parse(f"subscribe {word}:x").options == {"query": f"{word}:x"}


@pytest.mark.parametrize("verb", VERBS, ids=lambda verb: verb.name)
def test_free_words_and_defaults_name_what_exists(verb: Verb):
    options = {option.name: option for option in verb.options}
    assert not verb.free or verb.free in options
    for option in options.values():
        if option.kind is OptionKind.CHOICE and option.default and " " not in option.default:
            assert option.default in {choice.value for choice in option.choices}
        if option.kind is OptionKind.INTEGER and option.default:
            assert option.minimum <= int(option.default) <= option.maximum


@pytest.mark.parametrize("example", [example for verb in VERBS for example in verb.examples])
def test_examples_can_be_copied(example: str):
    command = parse(example)
    assert example in BY_NAME[command.verb].examples


def test_only_buttons_have_no_example():
    assert [verb.name for verb in VERBS if not verb.examples] == [verb.name for verb in VERBS if verb.button]
