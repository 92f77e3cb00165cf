"""Write a command as people type it: for buttons, for forms, and to show what to type. Pure."""

from __future__ import annotations

import re

from bot.commands.model import Command, OptionKind
from bot.commands.parse import parse
from bot.commands.verbs import BY_NAME
from bot.commands.written import escape, quote, words
from bot.errors import CommandError


def write(command: Command) -> str:
    """The written form of a command that :func:`bot.commands.check.check` has passed; it reads back as the same.

    The free words come first, without the name of their option wherever they can be read so; the other
    options follow in the registry's order.
    """
    verb = BY_NAME[command.verb]
    parts = [verb.name]
    for option in sorted(verb.options, key=lambda option: option.name != verb.free):
        if option.name not in command.options:
            continue
        value = command.options[option.name]
        if option.name == verb.free and _reads_plain(verb.name, option.name, value):
            parts.append(value)
        elif option.kind is not OptionKind.QUERY and re.fullmatch(r'[^\s"“”„‟]+', value):
            parts.append(f"{option.name}:{value}")
        else:
            parts.append(f"{option.name}:{quote(value)}")
    return escape(" ".join(parts))


def _reads_plain(verb: str, name: str, value: str) -> bool:
    """Would these free words be read as they stand, and stay apart from what follows?"""
    if any(word.open for word in words(value)):
        return False
    try:
        return parse(escape(f"{verb} {value} ")).options == {name: value}
    except CommandError:
        return False
