"""Verbs, options and help are the same on every platform: all of it comes from the one registry."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest

from adapters.console.adapter import ConsoleAdapter
from adapters.discord import commands, limits
from adapters.discord.render import render as discord_payload
from adapters.slack import forms
from adapters.slack.desk import Asked
from adapters.slack.render import message as slack_payload
from bot.clock import SystemClock
from bot.commands.help import TEXTS, help_card
from bot.commands.model import OptionKind
from bot.commands.parse import parse
from bot.commands.verbs import BY_NAME, OFFERED, TOPICS
from bot.commands.write import write
from bot.ports import Reply

Options = dict[str, tuple[bool, str, tuple[str, ...]]]
"""Name of an option → is it required, what is said of it, the values that are offered."""


def of_the_registry() -> dict[str, Options]:
    return {
        verb.name: {
            option.name: (
                option.required,
                option.description,
                tuple(choice.value for choice in option.choices) if _chosen(option.kind) else (),
            )
            for option in verb.options
        }
        for verb in OFFERED
    }


def of_discord() -> dict[str, Options]:
    root, *_ = commands.payload()
    return {
        sub["name"]: {
            option["name"]: (
                option["required"],
                option["description"],
                _completed(sub["name"], option["name"])
                if option.get("autocomplete")
                else tuple(choice["value"] for choice in option.get("choices", ())),
            )
            for option in sub["options"]
        }
        for sub in root["options"]
    }


def _completed(verb: str, name: str) -> tuple[str, ...]:
    """Discord shows 25 choices at most; more of them are offered while somebody types."""
    (option,) = [option for option in BY_NAME[verb].options if option.name == name]
    assert not option.choices or len(option.choices) > limits.COMMAND_CHOICES
    return tuple(choice.value for choice in option.choices) if _chosen(option.kind) else ()


def of_slack() -> dict[str, Options]:
    return {verb.name: _fields(verb.name) for verb in OFFERED}


def _fields(name: str) -> Options:
    view = forms.view(forms.verb_form(BY_NAME[name]), Asked(workspace="T1", user="U1", channel="C1"))
    kinds = {option.name: option.kind for option in BY_NAME[name].options}
    found: Options = {}
    for block in view["blocks"]:
        field = str(block.get("block_id", "")).removeprefix(forms.FIELD)
        if field in kinds:
            rows = block["element"].get("options", ()) if _chosen(kinds[field]) else ()
            found[field] = (not block["optional"], block["hint"]["text"], tuple(row["value"] for row in rows))
    return found


def _chosen(kind: OptionKind) -> bool:
    return kind is OptionKind.CHOICE


@pytest.mark.parametrize("platform", [of_discord, of_slack], ids=["discord", "slack"])
def test_verbs_and_options_are_those_of_the_registry(platform: Any) -> None:
    assert platform() == of_the_registry()


@pytest.mark.parametrize("topic", [*(topic.value for topic in TOPICS), *(verb.name for verb in OFFERED)])
def test_help_says_the_same_everywhere(topic: str) -> None:
    card = help_card(topic)
    printed = io.StringIO()
    ConsoleAdapter(output=printed, commands=None, clock=SystemClock()).show(Reply(card=card))
    shown = {
        "console": printed.getvalue(),
        "discord": json.dumps(discord_payload(card).body, ensure_ascii=False),
        "slack": json.dumps(slack_payload(card), ensure_ascii=False),
    }
    verb = BY_NAME.get(topic)
    if verb is not None:
        said = [verb.summary, *(option.name for option in verb.options), *verb.examples]
    elif topic in TEXTS:
        said = [*TEXTS[topic].verbs, *TEXTS[topic].examples]
    else:
        said = [text for verb in OFFERED for text in (verb.name, verb.summary)]
    for platform, text in shown.items():
        plain = _bare(text)
        assert [word for word in said if _bare(word).lower() not in plain.lower()] == [], platform


def _bare(text: str) -> str:
    """Without what each platform needs to show a character as it is."""
    for mark in ("\\", "&gt;", "&lt;", "&amp;", "<", ">", '"', "`", "\u200b"):
        text = text.replace(mark, "")
    return text


@pytest.mark.parametrize("example", [example for verb in OFFERED for example in verb.examples])
def test_a_command_is_written_and_read_alike(example: str) -> None:
    command = parse(example)
    chosen = [{"name": name, "value": value} for name, value in command.options.items()]
    assert commands.given(chosen) == command.options, "chosen from Discord's menu"
    assert parse(write(command)) == command, "behind a button of any platform"
