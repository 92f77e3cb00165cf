"""What to offer while somebody types: the best choices first, never more than a picker shows. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from difflib import SequenceMatcher
from typing import Final

from bot.commands.categories import CATEGORIES
from bot.commands.model import Choice
from bot.commands.zones import city_of, offered

MOST: Final = 25
"""Discord's limit for choices and autocompletion
(https://discord.com/developers/docs/interactions/application-commands)."""
WIDEST: Final = 100
"""Characters of a choice's label and of its value there."""
_CATEGORY: Final = re.compile(r'(?:^|(?<=[\s(-]))cat:("?)([\w.*-]*)$', re.IGNORECASE)  # noqa: TID251 - ours


def rank(choices: Iterable[Choice], typed: str) -> Sequence[Choice]:
    """The choices that fit what was typed, best first, at most 25.

    First those of which the label or value starts with it, then those with a word that does, then those that
    hold it, then those that are nearly spelt so. With nothing typed the choices keep their order.
    """
    word = _folded(typed)
    known = [choice for choice in choices if len(choice.value) <= WIDEST]
    graded = [
        (grade, place) for place, choice in enumerate(known) if (grade := _grade(word, choice)) is not None
    ]
    if not graded and len(word) >= 3:
        # Only then, since it costs a hundred times as much as looking for the word itself.
        matcher = SequenceMatcher(None, b=word, autojunk=False)
        graded = [
            (-near, place) for place, choice in enumerate(known) if (near := _likeness(word, matcher, choice))
        ]
    return [_cut(known[place]) for _, place in sorted(graded)[:MOST]]


def complete_zone(typed: str) -> Sequence[Choice]:
    """Time zones for what was typed: a part of a name, or a city («san fr»)."""
    named = [Choice(name, name.replace("_", " ")) for name in offered()]
    found = rank(named, typed)
    city = city_of(typed)
    if city is None:
        return found
    first = Choice(city, city.replace("_", " "))
    return [first, *(choice for choice in found if choice.value != city)][:MOST]


def complete_query(typed: str) -> Sequence[Choice]:
    """Whole filters for a filter that is being typed: its last ``cat:`` filled in, else as it stands."""
    match = _CATEGORY.search(typed)
    if match is None or match.group(1):
        return [_cut(Choice(typed, typed))] if typed.strip() and len(typed) <= WIDEST else []
    start = typed[: match.start(2)]
    named = [Choice(name, f"{name} · {title}") for name, title in CATEGORIES.items()]
    filled = (Choice(start + choice.value, start + choice.label) for choice in rank(named, match.group(2)))
    return [_cut(choice) for choice in filled if len(choice.value) <= WIDEST]


def _grade(word: str, choice: Choice) -> float | None:
    """The lower the better; ``None`` where the word is in neither label nor value."""
    best: float | None = None
    for text in (_folded(choice.label), _folded(choice.value)):
        at = text.find(word)
        if at < 0:
            continue
        starts = at == 0 or re.search(rf"\b{re.escape(word)}", text) is not None
        grade = 3.0 if not starts else 2.0 if at else 1.0 if text != word else 0.0
        best = grade if best is None else min(best, grade)
    return best


def _likeness(word: str, matcher: SequenceMatcher[str], choice: Choice) -> float:
    """How nearly one of the choice's words is spelt like this one, which the matcher holds, from 0.7 to 1; 0 for less."""
    best = 0.0
    for part in re.split(r"[\s/·.,-]+", _folded(choice.label)):
        if part[:1] != word[:1]:  # few slip on the first letter, and most words are out at once
            continue
        matcher.set_seq1(part)
        if matcher.real_quick_ratio() >= 0.7 and matcher.quick_ratio() >= 0.7:
            best = max(best, matcher.ratio())
    return best if best >= 0.7 else 0.0


def _folded(text: str) -> str:
    return " ".join(text.casefold().replace("_", " ").split())


def _cut(choice: Choice) -> Choice:
    return choice if len(choice.label) <= WIDEST else replace(choice, label=choice.label[: WIDEST - 1] + "…")
