"""What is registered at Discord: within its limits, for every verb, and the same each time."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from adapters.discord import commands, limits, permissions, plugin
from adapters.discord.invite import invite_url
from adapters.discord.locales import DESCRIPTIONS, MENU_NAMES
from adapters.discord.option_locales import OPTIONS
from bot.commands.model import OptionKind
from bot.commands.verbs import OFFERED
from tests.peers.discord_contract import Contract

NAME = re.compile(r"[-_\w]{1,32}")  # noqa: TID251 — our own pattern


def test_the_contract_takes_it(contract: Contract) -> None:
    assert contract.problems("PUT", "/applications/1/commands", commands.payload()) == []


def test_every_verb_is_there_and_nothing_else() -> None:
    root, *menus = commands.payload()
    assert [one["name"] for one in root["options"]] == [verb.name for verb in OFFERED]
    assert [one["name"] for one in menus] == [commands.DISCUSS, commands.SAVE]
    for made in (root, *menus):
        assert made["integration_types"] == [0, 1]
        assert made["contexts"] == [0, 1, 2]


def test_limits() -> None:
    root, *menus = commands.payload()
    assert len(root["options"]) <= limits.COMMAND_OPTIONS
    for verb, sub in zip(OFFERED, root["options"], strict=True):
        assert NAME.fullmatch(sub["name"])
        assert sub["name"] == sub["name"].lower()
        assert len(sub["options"]) == len(verb.options) <= limits.COMMAND_OPTIONS
        required = [option["required"] for option in sub["options"]]
        assert required == sorted(required, reverse=True)
        for option in sub["options"]:
            assert NAME.fullmatch(option["name"])
            assert not ("choices" in option and option.get("autocomplete"))
    for made in (root, *menus):
        assert characters(made) <= limits.COMMAND_TOTAL


LANGUAGES = {"de", "fr", "es-ES", "ja", "zh-CN"}


def test_everything_is_described_in_every_language() -> None:
    root, *menus = commands.payload()
    for sub in root["options"]:
        for made in (sub, *sub["options"]):
            there = made.get("description_localizations") or {}
            assert there.keys() == LANGUAGES, (sub["name"], made["name"], made["description"])
            assert all(0 < len(text) <= limits.COMMAND_DESCRIPTION for text in there.values())
    assert all(made["name_localizations"].keys() == LANGUAGES for made in menus)
    used = {option["description"] for sub in root["options"] for option in sub["options"]}
    assert OPTIONS.keys() == used, "no translation of what is said no more"
    assert DESCRIPTIONS.keys() == {"", *(sub["name"] for sub in root["options"])}


def characters(node: dict) -> int:
    """Names, descriptions and values of a command; of localisations the longest one counts."""
    total = 0
    for name in ("name", "description"):
        total += max(map(len, [node.get(name) or "", *(node.get(f"{name}_localizations") or {}).values()]))
    total += sum(len(choice["name"]) + len(str(choice["value"])) for choice in node.get("choices", ()))
    return total + sum(characters(option) for option in node.get("options", ()))


def test_options_are_of_the_kind_that_helps() -> None:
    root, *_ = commands.payload()
    kinds = {(verb.name, option.name): option for verb in OFFERED for option in verb.options}
    for sub in root["options"]:
        for made in sub["options"]:
            option = kinds[sub["name"], made["name"]]
            if option.kind is OptionKind.INTEGER:
                assert made["type"] == 4
                assert made.get("max_value") == option.maximum
            if option.kind is OptionKind.CHOICE:
                assert "choices" in made or made["autocomplete"]
            if option.kind in {
                OptionKind.SUBSCRIPTION,
                OptionKind.PAPER,
                OptionKind.DESTINATION,
                OptionKind.ZONE,
            }:
                assert made["autocomplete"]


def test_the_fingerprint_tells_change_from_none() -> None:
    first = commands.payload()
    assert commands.fingerprint(first) == commands.fingerprint(json.loads(json.dumps(commands.payload())))
    assert commands.fingerprint(first) != commands.fingerprint(commands.payload(OFFERED[:-1]))


def test_translations_are_of_verbs_that_exist_and_fit() -> None:
    assert set(DESCRIPTIONS) <= {"", *(verb.name for verb in OFFERED)}
    assert set(MENU_NAMES) == set(commands.MENUS.values())
    for texts in DESCRIPTIONS.values():
        assert all(0 < len(text) <= limits.COMMAND_DESCRIPTION for text in texts.values())
    for texts in MENU_NAMES.values():
        assert all(0 < len(text) <= 32 for text in texts.values())


def test_the_invitation_asks_for_eight_permissions() -> None:
    assert permissions.INVITED == 309237763136
    assert len(permissions.NAMES) == 8
    assert invite_url("42") == (
        "https://discord.com/oauth2/authorize?client_id=42&scope=bot+applications.commands&permissions=309237763136"
    )


def test_the_invitation_on_the_command_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PIGEON_DISCORD__TOKEN", raising=False)
    commands_of_ours = plugin.cli()
    run = CliRunner().invoke
    assert run(commands_of_ours, ["invite", "42"]).output == invite_url("42") + "\n"
    nobody = run(commands_of_ours, ["invite"])
    assert (nobody.exit_code, "PIGEON_DISCORD__TOKEN" in nobody.output) == (2, True)
    monkeypatch.setenv("PIGEON_DISCORD__TOKEN", "MTIzNDU2Nzg5.secret.part")
    known = run(commands_of_ours, ["invite"])
    assert "client_id=123456789&" in known.output
    assert "secret" not in known.output
    monkeypatch.setenv("PIGEON_DISCORD__TOKEN", "no token at all")
    assert run(commands_of_ours, ["invite"]).exit_code == 2


def test_the_plugin_does_not_load_discord_py() -> None:
    code = "import sys, adapters.discord as a; assert a.plugin.name == 'discord'; assert 'discord' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
