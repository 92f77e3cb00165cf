"""docs/commands.md names every command and option, and nothing else."""

import re
from pathlib import Path

import pytest

from bot.commands import OFFERED, parse

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "commands.md").read_text()
SECTIONS = dict(re.findall(r"^### `([a-z-]+)`.*?\n(.*?)(?=^##|\Z)", PAGE, re.MULTILINE | re.DOTALL))


def test_the_page_has_a_section_for_each_command_in_its_order():
    assert list(SECTIONS) == [verb.name for verb in OFFERED]


@pytest.mark.parametrize("verb", OFFERED, ids=lambda verb: verb.name)
def test_a_section_names_the_options_choices_and_examples(verb):
    section = SECTIONS[verb.name]
    named = re.findall(r"^\| `([a-z_]+)`", section, re.MULTILINE)
    assert named == [option.name for option in verb.options]
    assert verb.summary in section
    assert ("★" in PAGE.split(f"### `{verb.name}`")[1].split("\n")[0]) == verb.manages
    for option in verb.options if verb.name != "help" else ():
        assert all(f"`{choice.value}`" in section for choice in option.choices if option.kind == "choice")
    for block in re.findall(r"^```\n(.*?)^```", section, re.MULTILINE | re.DOTALL):
        assert tuple(block.splitlines()) == verb.examples
        assert {parse(line).verb for line in block.splitlines()} == {verb.name}
