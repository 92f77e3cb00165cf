"""Read a written command: ``subscribe diffusion cat:cs.RO when:daily name:"our robots"``. Pure.

Only names of the verb's own options are taken as options. Whatever else has a colon (``cat:cs.RO``,
``title:world-model``) is part of the filter and stays in its place among the free words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from difflib import get_close_matches
from typing import Final

from bot.commands.check import check
from bot.commands.model import Command, Option, OptionKind, Verb
from bot.commands.verbs import ALIASES, BY_NAME, OFFERED
from bot.commands.written import Word, short, unescape, unquote, words
from bot.errors import CommandError

QUERY_FIELDS: Final = frozenset(
    (
        "title",
        "abstract",
        "author",
        "cat",
        "org",
        "source",
        "announce",
        "has",
        "keyword",
        "like",
        "new-version",
    )
) | {"upvotes", "comments", "stars"}
"""The fields of the filter language: never names of options."""

LONGEST: Final = 8000
"""Characters of one written command; more than any platform lets people type in one go."""

_CALL: Final = re.compile(  # noqa: TID251 - a pattern of ours
    r"(?:[/@]?papers|pigeon|@(?:paper[ -]?)?pigeon|<@[!&]?\w+>)(?:[,:]?\s+|[,:]?$)", re.IGNORECASE
)


def parse(line: str) -> Command:
    """Read one written command. An empty one asks for help.

    A leading ``/papers`` or mention of the bot is left out. Raises a :class:`bot.errors.CommandError`
    whose sentence says what to type instead.
    """
    if len(line) > LONGEST:
        raise CommandError(
            f"That is {len(line):,} characters, and I read commands of up to {LONGEST:,}. "
            "Make it shorter, or split the filter into several subscriptions."
        )
    text = unescape(line).strip()
    while call := _CALL.match(text):
        text = text[call.end() :]
    if not text:
        return Command(verb="help")
    verb, rest = _verb(text)
    return check(_options(verb, list(words(rest))))


def _verb(text: str) -> tuple[Verb, str]:
    first, *others = text.split(maxsplit=2)
    if others:
        pair = f"{first} {others[0]}".lower()
        if pair in ALIASES:
            return BY_NAME[ALIASES[pair]], " ".join(others[1:])
    name = first.lower().removeprefix("/")
    verb = BY_NAME.get(ALIASES.get(name, name))
    if verb is None:
        raise CommandError(_unknown_verb(first))
    return verb, text[len(first) :]


def _unknown_verb(name: str) -> str:
    """The sentence for a verb that does not exist, with the nearest one that does."""
    shown = short(name, 40)
    known = [*(verb.name for verb in OFFERED), *(alias for alias in ALIASES if " " not in alias)]
    near = get_close_matches(name.lower()[:40], known, n=1, cutoff=0.6)
    if not near:
        return f"I don't know the command `{shown}`. `help` shows what I can do."
    return f"I don't know the command `{shown}`. Did you mean `{ALIASES.get(near[0], near[0])}`? `help` shows them all."


def _options(verb: Verb, written: list[Word]) -> Command:
    known = {option.name: option for option in verb.options}
    free = known.get(verb.free)
    given: dict[str, str] = {}
    loose: list[str] = []
    running = loose  # where free words go: after an unquoted «query:» they go on with it
    queries: dict[str, list[str]] = {}
    rest = iter(written)
    for word in rest:
        option = known.get(word.key)
        if option is None:
            _refuse_misspelt(verb, word, free)
            running.append(word.text)
            continue
        if option.name in given or option.name in queries:
            raise CommandError(f"`{option.name}:` is given twice. Keep one of them.")
        value, quoted = _value(option, word, rest, known)
        if option.kind is not OptionKind.QUERY or quoted:
            given[option.name] = value
            continue
        running = loose if option is free else []
        running.append(value)
        queries[option.name] = running
    for name, run in queries.items():
        if run is not loose:
            given[name] = " ".join(run)
    if loose:
        _take_loose(verb, free, given, " ".join(loose))
    return Command(verb=verb.name, options=given)


def _value(option: Option, word: Word, rest: Iterator[Word], known: Mapping[str, Option]) -> tuple[str, bool]:
    """The value of an option and whether it was quoted; the next word where a space follows the colon."""
    if not word.value and not word.quoted:
        after = next(rest, None)
        if after is None or after.key in known:
            raise CommandError(f"`{word.key}:` needs a value. {_hint(option)}")
        inner = unquote(after.text)
        word = replace(after, value=after.text if inner is None else inner, quoted=inner is not None)
    if word.open:
        raise CommandError(f'The quote after `{option.name}:` is never closed. Put a `"` at its end.')
    return word.value, word.quoted


def _take_loose(verb: Verb, free: Option | None, given: dict[str, str], text: str) -> None:
    if free is None:
        raise CommandError(
            f"`{verb.name}` takes no «{short(text)}». "
            + (f"Its options are {_names(verb)}." if verb.options else "Type it alone.")
        )
    if free.name in given:
        raise CommandError(
            f"`{free.name}:` is given, and so is «{short(text)}» beside it. "
            f"Put the whole of it behind `{verb.name}`, or all between quotes."
        )
    given[free.name] = text


def _refuse_misspelt(verb: Verb, word: Word, free: Option | None) -> None:
    """Stop at ``wen:daily``, which would otherwise be searched for; leave fields of the filter alone."""
    if not word.key or word.key.replace("_", "-") in QUERY_FIELDS or "//" in word.value[:2]:
        return
    names = [option.name for option in verb.options]
    takes_query = free is not None and free.kind is OptionKind.QUERY
    known = [*names, *QUERY_FIELDS] if takes_query else names
    near = get_close_matches(word.key, known, n=1, cutoff=0.75 if takes_query else 0.6)
    typed = f"{word.key}:"
    if near and near[0] in names:
        raise CommandError(f"`{verb.name}` has no option `{typed}`. Did you mean `{near[0]}:`?")
    if free is None:
        raise CommandError(f"`{verb.name}` has no option `{typed}`. " + _offer(verb))


def _offer(verb: Verb) -> str:
    return f"Its options are {_names(verb)}." if verb.options else "It has no options; type it alone."


def _names(verb: Verb) -> str:
    return ", ".join(f"`{option.name}:`" for option in verb.options)


def _hint(option: Option) -> str:
    if option.choices:
        return "Choose " + " or ".join(f"`{choice.value}`" for choice in option.choices) + "."
    return option.description
