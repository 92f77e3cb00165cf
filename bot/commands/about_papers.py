"""Verbs about papers.

The registry (:mod:`bot.commands.verbs`) joins and orders them.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from bot.commands.model import Option, OptionKind, Verb
from bot.commands.options import (
    ANY_SUBSCRIPTION,
    PAPER,
    QUERY,
    choices,
)

PAPERS: Final = (
    Verb(
        name="explain",
        summary="Why a paper came or did not come, step by step.",
        options=(replace(PAPER, required=False), ANY_SUBSCRIPTION),
        free="paper",
        slow=True,
        examples=("explain 2401.01234", "explain 2401.01234 subscription:7", "explain 7"),
    ),
    Verb(
        name="search",
        summary="Search the papers I know.",
        options=(
            replace(QUERY, required=True),
            Option(
                name="days",
                kind=OptionKind.INTEGER,
                description="How many days to look back.",
                default="30",
                minimum=1,
                maximum=365,
            ),
            Option(
                name="sort",
                kind=OptionKind.CHOICE,
                description="Which papers come first.",
                choices=choices(
                    ("relevance", "Best match first"),
                    ("new", "Newest first"),
                    ("upvotes", "Most upvotes first"),
                ),
                default="relevance",
            ),
            Option(
                name="delivered",
                kind=OptionKind.DESTINATION,
                description="Only papers that were posted there: here, me, or a channel.",
            ),
        ),
        aliases=("find",),
        free="query",
        slow=True,
        examples=(
            "search world models",
            'search author:"Sergey Levine" sort:new',
            "search cat:cs.RO days:90",
            "search diffusion delivered:here",
        ),
    ),
    Verb(
        name="paper",
        summary="Show one paper as a full card.",
        options=(PAPER,),
        aliases=("show",),
        free="paper",
        slow=True,
        examples=("paper 2401.01234", "paper https://arxiv.org/abs/2401.01234"),
    ),
    Verb(
        name="discuss",
        summary="Open the thread of a paper in a channel, or find the one that is there.",
        options=(
            PAPER,
            Option(
                name="in",
                kind=OptionKind.DESTINATION,
                description="In which channel.",
                default="here",
            ),
        ),
        aliases=("thread",),
        free="paper",
        examples=("discuss 2401.01234",),
    ),
    Verb(
        name="save",
        summary="Keep a paper on your own list.",
        options=(
            PAPER,
            Option(name="tag", kind=OptionKind.TEXT, description="A word to file it under."),
        ),
        aliases=("bookmark",),
        free="paper",
        examples=("save 2401.01234", "save 2401.01234 tag:reading-group"),
    ),
    Verb(
        name="saved",
        summary="Your saved papers, as a list or as a file.",
        options=(
            Option(
                name="format",
                kind=OptionKind.CHOICE,
                description="How to get them.",
                choices=choices(
                    ("list", "As a list here"),
                    ("bibtex", "BibTeX file"),
                    ("ris", "RIS file, for Zotero or EndNote"),
                    ("csv", "CSV file"),
                    ("json", "JSON file"),
                ),
                default="list",
            ),
            Option(name="tag", kind=OptionKind.TEXT, description="Only papers filed under this word."),
        ),
        free="format",
        examples=("saved", "saved bibtex tag:reading-group"),
    ),
    Verb(
        name="profile",
        summary="What is wanted here, as learnt from 👍 and 👎; why a paper scores as it does.",
        options=(
            Option(
                name="action",
                kind=OptionKind.CHOICE,
                description="What to do with it.",
                choices=choices(("show", "Show it"), ("export", "Export it"), ("erase", "Erase it")),
                default="show",
            ),
            Option(
                name="paper",
                kind=OptionKind.PAPER,
                description="Say why this paper scores as it does.",
            ),
        ),
        free="action",
        examples=("profile", "profile paper:2401.01234", "profile export"),
    ),
)
