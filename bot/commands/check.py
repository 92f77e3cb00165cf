"""Check a command against the registry, and bring its options into one form. Pure.

Written commands, forms, slash commands and buttons all pass through here, so that a handler sees the
same text whichever way it came.
"""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import Final

from bot.commands.model import Command, Option, OptionKind, Verb
from bot.commands.verbs import ALIASES, BY_NAME
from bot.commands.written import short
from bot.errors import CommandError

_NUMBER: Final = re.compile(r"[s#]?(\d{1,9})(?:\s*·.*)?", re.IGNORECASE | re.DOTALL)  # noqa: TID251 - ours
_YES: Final = frozenset(("on", "yes", "true", "1", "y"))
_NO: Final = frozenset(("off", "no", "false", "0", "n"))


def check(command: Command) -> Command:
    """Return the command with its options in their one form and in the registry's order.

    Raises a :class:`bot.errors.CommandError` for an option that is missing, unknown or not one of its
    choices. What needs the store, the platform or the time of day is checked by whoever carries it out.
    """
    verb = BY_NAME.get(command.verb)
    if verb is None:
        raise CommandError(f"I don't know the command `{command.verb[:40]}`. `help` shows what I can do.")
    known = {option.name: option for option in verb.options}
    for name in command.options:
        if name not in known:
            raise CommandError(
                f"`{verb.name}` has no option `{name[:40]}`. `help {verb.name}` shows those it has."
            )
    checked: dict[str, str] = {}
    for option in verb.options:
        value = command.options.get(option.name, "").strip()
        if option.required and not value:
            raise CommandError(_missing(verb, option))
        if option.name in command.options:
            checked[option.name] = _value(option, value)
    return Command(verb=verb.name, options=checked)


def numbered(text: str) -> int | None:
    """The subscription's number that a text is: ``7``, ``s7``, ``#7``, or a row of completion («7 · robotics · …»)."""
    match = _NUMBER.fullmatch(text.strip())
    return int(match.group(1)) or None if match else None


def subscription_number(text: str) -> int:
    """The same where there must be one.

    Raises:
        CommandError: it is something else.
    """
    number = numbered(text)
    if number is None:
        raise CommandError(
            f"«{short(text)}» is not the number of a subscription. Numbers look like 7 or s7; `list` shows them."
        )
    return number


def on_off(text: str) -> bool:
    """Read a yes or no: ``on``, ``yes``, ``true`` and their opposites."""
    word = text.strip().lower()
    if word in _YES:
        return True
    if word in _NO:
        return False
    raise CommandError(f"«{short(text)}» is neither on nor off. Type `on` or `off`.")


def whole_number(text: str, option: Option) -> int:
    """Read a whole number within the option's bounds."""
    digits = text.strip().replace(",", "").replace("_", "")
    if not re.fullmatch(r"[+-]?\d{1,9}", digits, re.ASCII):
        raise CommandError(
            f"`{option.name}` takes a whole number{_bounds(option)}, and «{short(text)}» is none."
        )
    number = int(digits)
    low = option.minimum is not None and number < option.minimum
    high = option.maximum is not None and number > option.maximum
    if low or high:
        raise CommandError(f"`{option.name}` takes a whole number{_bounds(option)}, and {number:,} is not.")
    return number


def _value(option: Option, value: str) -> str:
    if not value:
        return ""
    match option.kind:
        case OptionKind.CHOICE:
            return _choice(option, value)
        case OptionKind.BOOLEAN:
            return "on" if on_off(value) else "off"
        case OptionKind.INTEGER:
            return str(whole_number(value, option))
        case OptionKind.SUBSCRIPTION:
            return str(subscription_number(value))
        case _:
            return value


def _choice(option: Option, value: str) -> str:
    word = value.lower()
    for choice in option.choices:
        if choice.value in {word, ALIASES.get(word)} or choice.label.lower() == word:
            return choice.value
    known = [choice.value for choice in option.choices]
    near = get_close_matches(word[:40], known, n=1, cutoff=0.6)
    meant = f"Did you mean `{near[0]}`? " if near else ""
    listed = [f"`{name}`" for name in known[:8]]
    offer = (
        f"{', '.join(listed[:-1])} or {listed[-1]}" if len(known) <= 8 else f"one of {', '.join(listed)}, …"
    )
    raise CommandError(f"`{option.name}` cannot be «{short(value)}». {meant}Choose {offer}.")


def _missing(verb: Verb, option: Option) -> str:
    example = f" For example: `{verb.examples[0]}`." if verb.examples else ""
    return f"`{verb.name}` needs to know: {option.description[0].lower()}{option.description[1:]}{example}"


def _bounds(option: Option) -> str:
    if option.minimum is None or option.maximum is None:
        return ""
    return f" from {option.minimum:,} to {option.maximum:,}"
